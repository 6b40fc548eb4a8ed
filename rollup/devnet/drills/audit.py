"""What can only be judged when a drill is over: of transactions and balances, which are asked of L1 then; beside what its inspector found.

One rule: it goes on with the inspector's rulings, and adds to their violations; each names its block.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from rollup.devnet.arena.ground import GAS_PRICE
from rollup.devnet.arena.result import MEANINGS
from rollup.devnet.arena.rules import RATIO
from rollup.devnet.drills.costs import Spent, sides, spending
from rollup.devnet.drills.inspector import Inspector
from rollup.devnet.drills.scene import Scene
from rollup.dispute.game import Event
from rollup.dispute.schedule import added_uncensored

MEANT: Mapping[str, Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "propose": {"Asserted": ("parent", 0)},
        "proposeLeaves": {"Asserted": ("parent", 0)},
        "bisect": {"Bisected": ("node", 0)},
        "prove": {"Proved": ("node", 0)},
        "refute": {"Refuted": ("id", 0), "Rejected": ("id", 0), "Slashed": ("id", 0)},
        "confirm": {"Confirmed": ("id", 0)},
        "reject": {"Rejected": ("id", 0), "Slashed": ("id", 0)},
        "refund": {"Refunded": ("node", 0)},
        "sweep": {"Swept": ("pool", 0)},
        "reclaim": {"Reclaimed": ("id", 0)},
    }
)
"""What each call of an honest verifier may do: the events, and which of their arguments is which of the call's."""

CARRIED = frozenset({"Updated", "BondPaid", "BondBurned", "BountyNoted", "Committed", "Claimed", "Published"})
"""Events that other moves carry along: timers and sums, which nothing can be mistaken about."""

NAMES = sorted(MEANINGS)
"""The invariants of a drill that nodes played, by DISPUTE's names."""


async def audit(scene: Scene, hindered_blocks: int) -> list[Spent]:
    """Judge what is left: S5, S7, L2 and E2; return the transactions. `hindered_blocks` were taken from the honest side by the drill."""
    inspector, spent = scene.inspector, await spending(scene)
    for each in spent:
        if each.sender in inspector.rulings.terms.honest:
            for event in each.events:
                inspector.rulings.hold("S5", is_meant(inspector, each, event), event.block, f"{each.called} did {event.name}")
    await judge_escrow(scene, spent)
    late = [batch for batch, blocks in inspector.delays().items() if blocks > allowed(scene, batch) + hindered_blocks]
    inspector.rulings.hold("L2", not late, scene.chronicle.head.number, f"later than any number of rivals explains: batches {late}")
    defence, attack = sides(scene, spent)
    staked = attack.stake_wei + attack.gas * GAS_PRICE
    ratio_held = not inspector.rulings.answers or staked >= RATIO * defence.gas * GAS_PRICE
    inspector.rulings.hold("E2", ratio_held, scene.chronicle.head.number, f"{staked} wei against {defence.gas} gas")
    return spent


def allowed(scene: Scene, batch: int) -> int:
    """Return the blocks that a batch may wait without censorship, whatever rivals there are; a leap that it falls into goes to its end."""
    rules, arrived = scene.inspector.rules, scene.inspector.rulings.batches[batch][2]
    wait = rules.delay + 1
    spare = 2 * wait if rules.published_leaves else added_uncensored(rules.delay, rules.height)
    due = arrived + rules.window + spare + batch * wait
    return max([due, *(end + wait for start, end in scene.leaps if start <= due < end)]) - arrived


def is_meant(inspector: Inspector, each: Spent, event: Event) -> bool:
    """Whether an event is what an honest call was meant to do: about what it names, on the batch that it names."""
    if event.name in CARRIED:
        return True
    argument, place = MEANT.get(each.called, {}).get(event.name, ("", 0))
    if not argument or event.arguments[argument] != each.arguments[place]:
        return False
    batches = inspector.rulings.batches
    return event.name != "Asserted" or batches[cast("int", event.arguments["batch"])][0] == each.arguments[1]


async def judge_escrow(scene: Scene, spent: list[Spent]) -> None:
    """Check S7 after every block: what the contract holds is what came with assertions, less what was paid and burned."""
    client, kept = scene.chronicle.client, 0
    address = client.address_of("assertions")
    changes: dict[int, int] = {}
    for each in spent:
        taken = each.wei if any(event.name == "Asserted" for event in each.events) else 0
        gone = sum(cast("int", event.arguments["amount"]) for event in each.events if event.name in {"BondPaid", "BondBurned"})
        changes[each.block] = changes.get(each.block, 0) + taken - gone
    for block, change in sorted(changes.items()):
        kept += change
        held = await client.balance(address, block)
        scene.inspector.rulings.hold("S7", held == kept, block, f"held {held}, owed {kept}")
