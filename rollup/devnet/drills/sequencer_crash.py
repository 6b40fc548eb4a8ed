"""The sequencer is killed again and again, also in the middle of a write, while traders trade on."""

import trio

from rollup.devnet.drills.director import settle
from rollup.devnet.drills.faults import crash_and_restart
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import exchange

CRASHES = 5


async def play(scene: Scene) -> None:
    """Crash the sequencer under load."""
    market = exchange(scene)
    await market.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(market.trade, 24)
        for _ in range(CRASHES):
            await crash_and_restart(scene, "sequencer")
    await settle(scene)


DRILL = Drill(
    fault=f"the sequencer dies {CRASHES} times, at seeded moments, also between a write and its sync",
    expectation="every acknowledged transaction is executed exactly once",
    play=play,
    covers=("C1",),
)
