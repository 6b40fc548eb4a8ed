"""B19: a price made of several numbers is rounded on the way, so that who trades the parts gains what was rounded."""

from itertools import pairwise
from typing import cast

from rollup.core.genesis import FeedKind
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.director import DAY_S
from rollup.devnet.drills.expired_option import fix, settle
from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import REPORT_AGE_S
from rollup.transition.status import Status

PRICE, LOTS = 2_100, 37
"""An odd number of lots, so that what is paid has a rest."""

LEGS_E8 = (SPOT * E8 + 314_159_265_359, SPOT * E8 + 271_828_182_846, SPOT * E8 + 141_421_356_237)
"""Prices inside the window whose mean is no whole unit, and whose parts are none either."""


async def play(scene: Scene) -> None:
    """Let three prices make up the settlement price, and settle both sides of an odd quantity."""
    floor = await open_floor(scene)
    buyer, seller, other = floor.traders
    option = scene.genesis.instruments[scene.desk.instrument - 1]
    quantity_e6 = LOTS * option.lot_e6
    await floor.expect("sold", Status.OK, floor.deal(buyer, seller, PRICE, quantity_e6))
    window_s, expiry_s = scene.genesis.parameters.settlement_window_s, option.expiry_s
    await floor.pass_time(expiry_s - window_s - 300 - await floor.now_s())
    seen = [await observe(floor, SPOT * E8 + 1)]
    for price_e8 in LEGS_E8:
        seen.append(await observe(floor, price_e8))
        await floor.pass_time(window_s // 4)
    await floor.pass_time(expiry_s + 300 - await floor.now_s())
    seen.append(await observe(floor, SPOT * E8))
    await floor.expect("price_fixed", Status.OK, fix(floor, other))
    mean_e8, rest = mean(seen, expiry_s - window_s, expiry_s)
    floor.note("there_is_something_to_round", holds=rest != 0)
    paid, owed = [await cash_of_settling(floor, at) for at in (0, 1)]
    worth, unit = quantity_e6 * (mean_e8 - option.strike_e8), 10**6
    floor.note("buyer_gets_it_rounded_down_once", holds=paid == worth // unit)
    floor.note("seller_pays_it_rounded_up_once", holds=owed == -worth // unit)
    scene.figures |= {"rest_of_the_mean": rest, "dust_e8": -owed - paid}
    await floor.settle()
    floor.note("the_mean_is_rounded_once", holds=settlement(scene, option.forward_feed) == mean_e8)


async def observe(floor: Floor, price_e8: int) -> tuple[int, int]:
    """Report a spot price, once time has moved on; when it was observed, and the price."""
    market, desk = floor.market, floor.scene.desk
    while (time_s := await floor.now_s() - REPORT_AGE_S) <= market.reported_s:
        await market.reporters.sleep(1)
    market.reported_s = time_s
    told = await floor.submit(desk.report(floor.scene.genesis.feed_id(FeedKind.SPOT, 1), time_s, number=price_e8))
    floor.note("prices_accepted", holds=told.status == Status.OK)
    return time_s, price_e8


def mean(seen: list[tuple[int, int]], start_s: int, end_s: int) -> tuple[int, int]:
    """Return the mean of observed prices over a window, each in force until the next one's observation, and what is left over."""
    total = sum(price_e8 * max(0, min(until_s, end_s) - max(since_s, start_s)) for (since_s, price_e8), (until_s, _) in pairwise(seen))
    return divmod(total, end_s - start_s)


async def cash_of_settling(floor: Floor, place: int) -> int:
    """Settle a trader, and return what that changes of its cash."""
    trader = floor.traders[place]
    before_e8 = (await floor.look(trader))["cash_e8"]
    await floor.expect("settled", Status.OK, settle(floor, floor.traders[2], trader))
    return (await floor.look(trader))["cash_e8"] - before_e8


def settlement(scene: Scene, feed: int) -> int:
    """Return a feed's settlement price as a replay of L1 finds it."""
    oracle = Oracle(scene.genesis)
    oracle.replay(scene.chronicle.batches)
    return cast("int", oracle.machine.row("feeds", feed)["settlement_e8"])


DRILL = Drill(
    fault="the settlement price is the mean of three odd prices, and an odd quantity is settled at it",
    expectation="the mean is exact until it is rounded once; each side's payment is rounded once, against it",
    play=play,
    deadline_s=30 * DAY_S,
    covers=("B19",),
)
