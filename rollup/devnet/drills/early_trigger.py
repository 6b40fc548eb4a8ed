"""Somebody wants a stop-loss fired before its price has come: by asking, by a lone false report, by the order's old name."""

from rollup.core.development import development_secret
from rollup.core.genesis import FeedKind
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import REPORT_AGE_S, Trader
from rollup.market.terms import BUY, REDUCE_ONLY, SELL, STOP_LOSS
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

PRICE, LOW, QUANTITY_E6 = 2_100, 1_000, 2_000_000
STOP = 95_000
"""Price of the underlying that the stop-loss waits for, USD."""


async def play(scene: Scene) -> None:
    """Hold calls with a stop-loss, try to have it fired early, then let the price fall."""
    floor = await open_floor(scene)
    holder, vulture, seller = floor.traders
    await floor.expect("bought", Status.OK, floor.deal(holder, seller, PRICE, QUANTITY_E6))
    stop = {"trigger_e8": STOP * E8, "options": STOP_LOSS | REDUCE_ONLY}
    told = await floor.submit(scene.desk.order(holder.account, SELL, LOW, QUANTITY_E6, **stop))
    floor.note("stop_waits", holds=told.status == Status.OK and told.order > 0)
    nonce = holder.account.nonce
    await floor.expect("low_bid_rests", Status.OK, floor.order(vulture, BUY, LOW, QUANTITY_E6))
    await floor.expect("not_before_its_price", Status.NOT_TRIGGERED, fire(floor, vulture, told.order, nonce))
    floor.note("a_lone_report_counts_nothing", holds=await lone_report(floor, STOP - 5_000) != Status.OK)
    await floor.expect("not_by_a_lone_report", Status.NOT_TRIGGERED, fire(floor, vulture, told.order, nonce))
    await floor.expect("not_by_another_name", Status.UNKNOWN_ORDER, fire(floor, vulture, told.order, nonce + 1))
    floor.note("nothing_was_sold", holds=await floor.holding(holder) == QUANTITY_E6)
    await floor.prices(STOP + 1)
    await floor.expect("not_a_dollar_early", Status.NOT_TRIGGERED, fire(floor, vulture, told.order, nonce))
    await floor.prices(STOP)
    await floor.expect("fired_by_anybody", Status.OK, fire(floor, seller, told.order, nonce))
    floor.note("position_closed", holds=await floor.holding(holder) == 0 and await floor.holding(vulture) == QUANTITY_E6)
    await floor.expect("fired_once", Status.UNKNOWN_ORDER, fire(floor, seller, told.order, nonce))
    await floor.settle()


async def fire(floor: Floor, caller: Trader, order: int, nonce: int) -> Status:
    """Ask for a waiting order to be fired."""
    return await floor.act(caller, Kind.TRIGGER, order=order, number=nonce)


async def lone_report(floor: Floor, spot: int) -> Status:
    """Report a spot price by one reporter alone."""
    desk, feed = floor.scene.desk, floor.scene.genesis.feed_id(FeedKind.SPOT, 1)
    signed = desk.report(feed, await floor.now_s() - REPORT_AGE_S, secrets=[development_secret("reporter-1")], number=spot * E8)
    return (await floor.submit(signed)).status


DRILL = Drill(
    fault=f"a stop-loss at {STOP} USD is to be fired while the underlying is at {SPOT}",
    expectation="it waits for the oracles' price, to the dollar; then anybody fires it, once",
    play=play,
)
