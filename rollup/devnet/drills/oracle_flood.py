"""Traders flood the sequencer so that the oracle's update comes late, and stale prices can be sniped."""

import trio

from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL

ORDERS = 40
"""Orders of each trader, one after another without a pause."""

LATEST_S = 10
"""When an update must be answered at the latest, virtual seconds."""


async def play(scene: Scene) -> None:
    """Let every trader shout while prices are reported."""
    floor = await open_floor(scene, traders=5)
    slowest_s = 0.0
    async with trio.open_nursery() as nursery:
        for trader in floor.traders:
            nursery.start_soon(shout, floor, trader)
        for turn in range(3):
            await floor.prices(SPOT + turn)
            slowest_s = max(slowest_s, await waited(floor, SPOT + turn))
    scene.figures["slowest_update_ms"] = int(slowest_s * 1_000)
    floor.note("updates_keep_priority", holds=slowest_s <= LATEST_S)
    await floor.settle()


async def shout(floor: Floor, trader: Trader) -> None:
    """Send order after order that nobody will take."""
    for _ in range(ORDERS):
        signed = floor.scene.desk.order(trader.account, BUY, 5, 10_000, time_in_force=IMMEDIATE_OR_CANCEL)
        await trader.customer.submit(signed)


async def waited(floor: Floor, spot: int) -> float:
    """How long one round of updates takes to be answered, virtual seconds."""
    market = floor.market
    while await floor.now_s() - 60 <= market.reported_s:
        await market.reporters.sleep(1.0)
    started_s = market.reporters.now()
    await floor.prices(spot)
    return market.reporters.now() - started_s


DRILL = Drill(
    fault=f"five traders send {ORDERS} orders each as fast as they are answered, while prices are reported",
    expectation="updates are executed before orders that wait with them, and answered within seconds",
    play=play,
    covers=("B29",),
)
