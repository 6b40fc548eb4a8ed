"""The auditor of a day: replays L1's batches as they come, and finds every broken invariant, at the step that broke it."""

from collections import Counter

from rollup.audit.exits import check_exits
from rollup.audit.replay import Replay
from rollup.audit.violation import TITLES
from rollup.devnet.drills.evidence import root_of
from rollup.devnet.drills.scene import Scene
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

NAMES = {
    1: "money",
    2: "positions",
    3: "margin_kept",
    4: "liquidation_starts",
    5: "auctions",
    6: "books",
    7: "nonces_and_fills",
    8: "dust",
    9: "health",
    10: "replay",
    11: "exits",
}
"""What verdicts call the invariants."""


SEEN = (
    Kind.MASS_QUOTE,
    Kind.PLACE_ORDER,
    Kind.EXECUTE_BLOCK,
    Kind.TRIGGER,
    Kind.SURFACE_UPDATE,
    Kind.START_AUCTION,
    Kind.BID,
    Kind.DELEVERAGE,
    Kind.END_AUCTION,
    Kind.FIX_SETTLEMENT,
    Kind.SETTLE,
    Kind.WITHDRAW,
    Kind.EXIT,
)
"""What must have happened, or the day has shown nothing."""


class Auditor:
    """Watches one scene."""

    def __init__(self, scene: Scene) -> None:
        """Begin at genesis."""
        self.scene = scene
        self.replay = Replay(scene.genesis)
        self.told = 0
        self.done: Counter[str] = Counter()
        """Steps that did what they asked for, by kind."""

    async def follow(self) -> None:
        """Audit the batches that came since the last time, and compare what every node says of each. Raises TransportError."""
        await self.scene.chronicle.read()
        batches = self.scene.chronicle.batches
        for index in range(len(self.replay.roots) - 1, len(batches)):
            receipts = self.replay.take(batches[index])
            self.done.update(Kind(kind).name.lower() for kind in batches[index].records["kind"][receipts["status"] == Status.OK].tolist())
            nodes = ["sequencer", *self.scene.honest]
            self.replay.compare(index, {node: await root_of(self.scene, node, index) for node in nodes})
        found = self.replay.violations
        for violation in found[self.told :]:
            self.scene.say(str(violation))
        self.told = len(found)

    def finish(self) -> None:
        """Note a verdict for each invariant, and how much was audited."""
        scene, replay = self.scene, self.replay
        pending = scene.chronicle.follower.derivation.pending()
        replay.exits.waiting(pending)
        batches = [scene.chronicle.batches[index] for index in sorted(scene.chronicle.batches)]
        found = [*replay.violations, *check_exits(scene.genesis, batches, pending)]
        broken = {violation.invariant for violation in found}
        scene.verdicts |= {f"invariant_{number}_{NAMES[number]}": number not in broken for number in TITLES}
        scene.verdicts |= {f"seen_{kind.name.lower()}": self.done[kind.name.lower()] > 0 for kind in SEEN}
        scene.figures |= {f"{name}_done": count for name, count in sorted(self.done.items())}
        scene.figures |= {"steps_audited": replay.machine.steps, "batches_audited": replay.machine.batches}
