"""Every drill by its name. A new one is one file in the package of its kind, which is loaded when it is run, and one line here."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from rollup.devnet.drills.scenario import Scenario

NODE_DRILLS: Mapping[str, str] = MappingProxyType(
    {
        "honest-day": "Nobody does wrong: trading, deposits, and a withdrawal paid on L1 after the seven-day window.",
        "invalid-state-root": "A verifier asserts a wrong state root.",
        "invalid-step": "Three verifiers lie at the first, a middle and the last transaction of one batch.",
        "false-challenge": "A verifier challenges an honest assertion.",
        "sequencer-crash": "The sequencer dies again and again, also in the middle of a write.",
        "verifier-crash-mid-dispute": "The only honest verifier dies in the middle of a dispute.",
        "l1-reorg": "L1 reorganises under the poster, the verifiers and a dispute.",
        "forced-inclusion": "The sequencer censors a user, who goes past it.",
        "garbage-batches": "Batches of noise, of broken bodies, and of signed nonsense.",
        "crowded-queue": "A forced step is lied about while L1's queue is crowded.",
        "bad-disks": "An honest verifier is started on old, foreign and damaged disks, and on a liar's.",
        "two-faces": "The sequencer promises one step to two customers, and a verifier attests a wrong root.",
        "malicious-guardian": "The guardian pauses at the worst moment, tries to confirm a lie, and freezes.",
        "withheld-data": "Batches come without their data: a hash, nothing, or not at all.",
        "congestion": "Every block of L1 is full while a lie has to be answered.",
        "replays": "Executed transactions come again, at the door, in L1's queue and in a batch.",
        "liquidation": "An account is liquidated; its owner tries to flee, and bidders try to cheat.",
        "insolvency": "An account owes more than it has.",
        "deleveraging": "An insolvent account is closed against those who profit.",
        "stale-feed": "The oracles fall silent while an account is under water.",
        "self-healing": "Feeds are silent, L1 is behind, prices jump: margins rise by themselves, and fall again.",
        "replayed-feed": "Reports are replayed, dated ahead, too few, or leap.",
        "odd-feeds": "The price of the underlying is next to nothing, then near the bound; so is its volatility.",
        "oracle-flood": "Traders flood the sequencer while prices are reported.",
        "settlement-spike": "The price is pushed up for a moment inside the settlement window.",
        "funding-at-peaks": "A short has his funding applied at every peak of the premium.",
        "expired-option": "An expired option is traded, and settled twice.",
        "listing": "Strangers list what the rule does not allow, again and again, and go on with what is over.",
        "margin-withdrawal": "A trader takes the margin out and leaves the position.",
        "self-trade": "Accounts of one owner trade far from the mark, and with themselves.",
        "lowered-cap": "Caps fall below what accounts hold.",
        "dust": "Many odd little trades.",
        "dust-positions": "An account is filled with positions of the least size.",
        "own-insolvency": "An account gives all that it has to another of its owner's, and is liquidated by it.",
        "recycled-profit": "A trader pushes the price of what he holds, and buys more of it with the profit.",
        "rounded-once": "A settlement price is the mean of odd prices, and odd quantities are settled at it.",
        "split-transfer": "A portfolio is moved in pieces, and to be liquidated in the middle.",
        "protection-swept": "A maker's protected quotes are swept by two accounts at once.",
        "early-trigger": "A stop-loss is to be fired before its price has come.",
        "scenario-lie": "A verifier reads one price in one scenario one unit too high.",
        "revoked-key": "A session key signs after it was revoked, and beyond its scope.",
        "stranger-withdraws": "Somebody else starts your withdrawal, or sends it again.",
        "market-day": "A day of a full option chain: the price falls by 30 %, accounts are liquidated, options expire.",
    }
)
"""What nodes play on virtual time, in `rollup/devnet/drills`, and what goes wrong in it."""

GAMES: Mapping[str, str] = MappingProxyType(
    {
        "slander": "A liar claims the right end by a wrong way.",
        "sybil-flood": "A thousand Sybils assert a thousand wrong roots in one block.",
        "last-second": "A rival comes in the last block of the window.",
        "silence": "Liars fall silent, each after another of its turns.",
        "false-flag": "Who has asserted the truth does nothing for it.",
        "front-running": "Every honest transaction is copied and sent first.",
        "bounty-theft": "A thief copies every honest proof.",
        "self-slash": "An attacker stakes the truth and a lie against it.",
        "censorship-budget": "L1 censors the honest player for seven days in all.",
        "deep-reorganisation": "L1 replaces its newest blocks again and again in a dispute.",
        "clock-theft": "Timers are carried up and assertions confirmed in every order, again and again.",
        "after-the-end": "Every move is made again after the dispute is settled.",
        "forged-proofs": "A forger sends every honest proof ahead of it, with something wrong in each copy.",
        "absurd-fields": "Assertions about batches that are not there, on parents that do not exist.",
        "wrong-branch": "A liar builds batch after batch on a wrong assertion.",
        "every-step": "A batch is lied about at each of its steps.",
        "no-rival": "A liar never makes the rival of the leaf that would be proved.",
        "exhaustion": "Sixty-four bonds against one: sub-games are opened and left, so that the honest side runs dry.",
        "node-spam": "A dispute is filled with nodes, so that a move costs more than a block.",
        "extended-clocks": "Liars move in the last block that still stops a clock, at every depth.",
        "early-withdrawal": "Withdrawals are asked for from their proof on, a forged one too.",
    }
)
"""What players play on L1 alone, in `rollup/devnet/games`, and what goes wrong in it."""

SEARCHES: Mapping[str, str] = MappingProxyType({"every-game": "Every legal move of a liar on a small trace, in every order."})
"""What is searched through instead of played, in `rollup/devnet/games`, and what goes wrong in it."""

CATALOGUE: Mapping[str, str] = MappingProxyType({**NODE_DRILLS, **GAMES, **SEARCHES})
"""Every drill and what goes wrong in it."""


def load(name: str) -> Scenario:
    """Return a drill of the catalogue. Raises KeyError."""
    if name not in CATALOGUE:
        raise KeyError(name)
    package = "drills" if name in NODE_DRILLS else "games"
    found = import_module(f"rollup.devnet.{package}.{name.replace('-', '_')}").DRILL
    assert isinstance(found, Scenario)
    return found
