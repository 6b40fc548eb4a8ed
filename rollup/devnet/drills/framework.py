"""A drill: what goes wrong, what must come of it, and by when; and how one is run to its verdict.

One rule: a drill says nothing of how nodes work. It starts them, breaks something, waits, and leaves the judgement to the invariants,
which are the same for every drill.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from time import perf_counter

import trio

from rollup.core.development import GENESIS_TIME_S
from rollup.devnet.drills.director import DAY_S, DeadlineMissed
from rollup.devnet.drills.evidence import Evidence, gather
from rollup.devnet.drills.invariants import INVARIANTS, assertions
from rollup.devnet.drills.scene import Cast, Lane, Scene, compose
from rollup.devnet.simulation.run import run_world
from rollup.devnet.simulation.world import World
from rollup.dispute.game import Status

PLAY_S = 3_600
"""How long nodes are given to act, in seconds of the simulation: what the director lets pass on L1 does not count."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """One scenario."""

    fault: str
    """What goes wrong, in a sentence."""
    expectation: str
    """What must come of it."""
    play: Callable[[Scene], Awaitable[None]]
    """Does it. Raises DeadlineMissed where something did not come about in time."""
    parties: Cast = field(default_factory=Cast)
    deadline_s: float = 9 * DAY_S
    """When all must be over, on L1's clock, counted from genesis: the window and two days, unless the drill says otherwise."""
    covers: tuple[str, ...] = ()
    """Numbers of the catalogue of attacks that it plays: A for disputes, B for the market, C for nodes, network and disk."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a drill, as `optroll drill run --format json` prints it."""

    drill: str
    seed: int
    lane: str
    verdict: str
    invariants: dict[str, bool]
    figures: dict[str, int]
    missed: str
    """What did not come about in time; empty where everything did."""
    virtual_seconds: int
    wall_seconds: float
    trace_digest: str
    replay: str

    @property
    def is_safe(self) -> bool:
        """Whether every invariant held."""
        return self.verdict == "safe"

    def fields(self) -> dict[str, object]:
        """Return the report as JSON's object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a world came to."""

    invariants: dict[str, bool]
    figures: dict[str, int]
    missed: str
    elapsed_s: int


def silent(_text: str) -> None:
    """Say nothing."""


def run_drill(name: str, drill: Drill, seed: int, say: Say = silent, lane: Lane = Lane.BISECTION) -> Report:
    """Run a drill in a world of its own, on either lane, and judge it."""
    started = perf_counter()

    async def main(world: World) -> Outcome:
        return await perform(world, drill, say, lane)

    result = run_world(seed, main, start_s=float(GENESIS_TIME_S))
    outcome = result.value
    verdict = "safe" if all(outcome.invariants.values()) else "unsafe"
    return Report(
        drill=name,
        seed=seed,
        lane=lane.value,
        verdict=verdict,
        invariants=outcome.invariants,
        figures=outcome.figures,
        missed=outcome.missed,
        virtual_seconds=outcome.elapsed_s,
        wall_seconds=round(perf_counter() - started, 3),
        trace_digest=result.trace_digest,
        replay=f"optroll drill run {name} --seed {seed}" + (f" --lane {lane.value}" if lane != Lane.BISECTION else ""),
    )


async def perform(world: World, drill: Drill, say: Say, lane: Lane) -> Outcome:
    """Play a drill and gather what is to be judged."""
    scene = await compose(world, drill.parties, say, lane)
    missed = await played(scene, drill)
    evidence = await gather(scene)
    elapsed_s = evidence.chronicle.head.time_s - scene.genesis.chain.time_s
    in_time = not missed and elapsed_s <= drill.deadline_s
    found = {name: holds(evidence) for name, holds in INVARIANTS.items()}
    return Outcome({**found, "in_time": in_time, **scene.verdicts}, {**figures(evidence), **scene.figures}, missed, elapsed_s)


async def played(scene: Scene, drill: Drill) -> str:
    """Play a drill; return what did not come about in time, or nothing."""
    missed = f"the drill's end within {PLAY_S} seconds beside those that the director let pass"
    try:
        with trio.move_on_after(PLAY_S):
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
