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
