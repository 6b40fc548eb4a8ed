"""Running a world: trio on virtual time, with every choice of its scheduler taken from the seed.

One rule: the same seed gives the same trace, in any process. trio shuffles its ready tasks on purpose; two private switches make it
shuffle the same way each time. Both are needed (measured with trio 0.35), and a test runs fresh processes to see that they suffice.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import trio
from trio._core import _run as scheduler
from trio.testing import MockClock

from rollup.devnet.simulation.trace import TraceEntry
from rollup.devnet.simulation.world import World

Value = TypeVar("Value")

START_S = 1_800_000_000.0
"""Unix time at which worlds begin: 2027-01-15 08:00 UTC."""

ENTRIES_KEPT = 1000
"""Latest entries of the trace that a result carries, unless asked for more."""


@dataclass(frozen=True, slots=True)
class WorldResult(Generic[Value]):
    """What a world came to."""

    value: Value
    trace_digest: str
    """SHA-256 of everything that happened, in hex."""
    virtual_seconds: float
    entries: tuple[TraceEntry, ...]
    """The last of what happened."""


def run_world(
    seed: int, main: Callable[[World], Awaitable[Value]], *, start_s: float = START_S, entries_kept: int | None = ENTRIES_KEPT
) -> WorldResult[Value]:
    """Run `main` in a new world until it returns, then end the world. `entries_kept` None keeps the whole trace.

    Raises whatever `main` or a node raises, with a note that names the seed.
    """
    with deterministic_scheduling(seed):
        try:
            return trio.run(_run, seed, main, start_s, entries_kept, clock=MockClock(autojump_threshold=0))
        except BaseException as error:
            error.add_note(f"in the world of seed {seed}")
            raise


@contextmanager
def deterministic_scheduling(seed: int) -> Iterator[None]:
    """Have trio take its choices from the seed."""
    switches = vars(scheduler)  # There is no public way.
    before = {name: switches[name] for name in ("_ALLOW_DETERMINISTIC_SCHEDULING", "_r")}
    switches.update(_ALLOW_DETERMINISTIC_SCHEDULING=True, _r=Random(f"{seed}/scheduler"))
    try:
        yield
    finally:
        switches.update(before)


async def _run(seed: int, main: Callable[[World], Awaitable[Value]], start_s: float, entries_kept: int | None) -> WorldResult[Value]:
    async with trio.open_nursery() as nursery:
        world = World(seed, nursery, start_s=start_s, entries_kept=entries_kept)
        value = await main(world)
        result = WorldResult(value, world.trace.digest(), trio.current_time(), tuple(world.trace.entries))
        nursery.cancel_scope.cancel()
    return result
