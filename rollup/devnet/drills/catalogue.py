"""Every drill by its name. A new drill is one file and one line here; the file is loaded when the drill is run."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from rollup.devnet.drills.framework import Drill

CATALOGUE: Mapping[str, str] = MappingProxyType(
    {
        "honest-day": "Nobody does wrong: trading, deposits, and a withdrawal paid on L1 after the seven-day window.",
        "invalid-state-root": "A verifier asserts a wrong state root.",
        "invalid-step": "Three verifiers lie at the first, a middle and the last transaction of one batch.",
        "false-challenge": "A verifier challenges an honest assertion.",
        "sequencer-crash": "The sequencer dies again and again, also in the middle of a write.",
        "verifier-crash-mid-dispute": "The only honest verifier dies in the middle of a dispute.",
        "l1-reorg": "L1 reorganises under the poster, the verifiers and a dispute.",
        "forced-inclusion": "The sequencer censors a user, who goes past it.",
        "liquidation": "An account is liquidated; its owner tries to flee, and bidders try to cheat.",
        "insolvency": "An account owes more than it has.",
        "deleveraging": "An insolvent account is closed against those who profit.",
        "stale-feed": "The oracles fall silent while an account is under water.",
        "replayed-feed": "Reports are replayed, dated ahead, too few, or leap.",
        "odd-feeds": "The price of the underlying is next to nothing, then near the bound; so is its volatility.",
        "oracle-flood": "Traders flood the sequencer while prices are reported.",
        "settlement-spike": "The price is pushed up for a moment inside the settlement window.",
        "funding-at-peaks": "A short has his funding applied at every peak of the premium.",
        "expired-option": "An expired option is traded, and settled twice.",
        "margin-withdrawal": "A trader takes the margin out and leaves the position.",
        "self-trade": "Accounts of one owner trade far from the mark, and with themselves.",
        "lowered-cap": "Caps fall below what accounts hold.",
        "dust": "Many odd little trades.",
        "revoked-key": "A session key signs after it was revoked, and beyond its scope.",
        "stranger-withdraws": "Somebody else starts your withdrawal, or sends it again.",
    }
)
"""Every drill and what goes wrong in it."""


def load(name: str) -> Drill:
    """Return a drill of the catalogue. Raises KeyError."""
    if name not in CATALOGUE:
        raise KeyError(name)
    found = import_module(f"rollup.devnet.drills.{name.replace('-', '_')}").DRILL
    assert isinstance(found, Drill)
    return found
