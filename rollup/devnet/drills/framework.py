"""A drill that nodes play: who takes part, what is done to them, and what the invariants say of it in the end.

One rule: a drill says nothing of how nodes work. It starts them, breaks something, waits, and leaves the judgement to the invariants,
which are the same for every drill.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import trio

from rollup.core.development import GENESIS_TIME_S
from rollup.devnet.drills.audit import NAMES, audit
from rollup.devnet.drills.costs import costs
from rollup.devnet.drills.director import DAY_S, DeadlineMissed
from rollup.devnet.drills.evidence import Evidence, gather
from rollup.devnet.drills.invariants import INVARIANTS, assertions
from rollup.devnet.drills.scenario import Lane, Outcome, Say, Scenario, Ticket
from rollup.devnet.drills.scene import Cast, Scene, compose
from rollup.devnet.drills.telling import source_of
from rollup.devnet.simulation.run import run_world
from rollup.devnet.simulation.world import World
from rollup.devnet.story.telling import tell
from rollup.dispute.game import Status

PLAY_S = 3_600
"""How long nodes are given to act, in seconds of the simulation: what the director lets pass on L1 does not count."""


@dataclass(frozen=True, kw_only=True)
class Drill(Scenario):
    """One scenario that nodes play, on virtual time."""

    play: Callable[[Scene], Awaitable[None]]
    """Does it. Raises DeadlineMissed where something did not come about in time."""
    parties: Cast = field(default_factory=Cast)
    deadline_s: float = 9 * DAY_S
    """When all must be over: the window and two days, unless the drill says otherwise."""
    play_s: float = PLAY_S
    """How long nodes are given to act."""
    hindered_blocks: int = 0
    """Blocks for which the drill keeps the honest side from acting: so much later may all be."""

    def perform(self, ticket: Ticket, say: Say) -> Outcome:
        """Run the nodes in a world of their own."""

        async def main(world: World) -> Outcome:
            return await judge(world, self, ticket.lane, say)

        result = run_world(ticket.seed, main, start_s=float(GENESIS_TIME_S))
        return replace(result.value, trace_digest=result.trace_digest)


async def judge(world: World, drill: Drill, lane: Lane, say: Say) -> Outcome:
    """Play a drill and gather what is to be judged."""
    scene = await compose(world, drill.parties, say, lane)
    missed = await played(scene, drill)
    evidence = await gather(scene)
    elapsed_s = evidence.chronicle.head.time_s - scene.genesis.chain.time_s
    in_time = not missed and elapsed_s <= drill.deadline_s
    found = {name: holds(evidence) for name, holds in INVARIANTS.items()}
    spent, rulings = await audit(scene, drill.hindered_blocks), scene.inspector.rulings
    invariants = {**{name: name not in rulings.violations for name in NAMES}, **found, "in_time": in_time, **scene.verdicts}
    missed = "; ".join([*filter(None, [missed]), *(f"{name}: {what}" for name, what in rulings.violations.items())])
    told = {**figures(evidence), **costs(scene, spent), **scene.figures}
    return Outcome(invariants, told, missed, elapsed_s, trace_digest="", tell=lambda: tell(source_of(scene, evidence)))


async def played(scene: Scene, drill: Drill) -> str:
    """Play a drill; return what did not come about in time, or nothing."""
    missed = f"the drill's end within {drill.play_s} seconds beside those that the director let pass"
    try:
        with trio.move_on_after(drill.play_s):
            await drill.play(scene)
            missed = ""
    except* DeadlineMissed as group:
        missed = "; ".join(str(error) for error in leaves(group))
    if missed:
        scene.say(missed)
    return missed


def leaves(group: BaseExceptionGroup[DeadlineMissed]) -> list[DeadlineMissed]:
    """Return the exceptions in a group and the groups in it, as nurseries nest them."""
    found: list[DeadlineMissed] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def figures(evidence: Evidence) -> dict[str, int]:
    """Return the numbers that every drill reports."""
    made, game, chronicle = assertions(evidence), evidence.game, evidence.chronicle
    confirmed = [item for item in made if item.status == Status.CONFIRMED]
    window = chronicle.genesis.dispute.window_blocks
    return {
        "l1_blocks": chronicle.head.number,
        "window_blocks": window,
        "batches": len(chronicle.batches),
        "transactions": sum(told.promised for told in evidence.books.acknowledged),
        "resent": evidence.books.resent,
        "refused": evidence.books.refused,
        "assertions": len(made),
        "confirmed": len(confirmed),
        "rejected": sum(item.status == Status.REJECTED for item in made),
        "bisections": len(list(chronicle.events("assertions", "Bisected"))),
        "proofs": len(list(chronicle.events("assertions", "Proved"))),
        "refutations": len(list(chronicle.events("assertions", "Refuted"))),
        "nodes": len(game.nodes),
        "attestations": len(list(chronicle.events("attestations", "Attested"))),
        "reorganisations": chronicle.reorganisations,
        "blocks_beyond_window": max((item.confirmed_at - item.created_at - window for item in confirmed), default=0),
    }
