"""B21: profit that is not yet taken buys ever more of the same, until nobody is left who could buy it back (dYdX, YFI, November 2023)."""

from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import PERPETUAL
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.floor import SPOT, Floor, open_floor, open_governor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import REPORT_AGE_S, Trader
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status

CAP_E6 = 60_000_000
"""Cap of an instrument's open interest: margin rises from half of it on."""

SELLERS = 4
FIRST_E6, MORE_E6 = 5_000_000, 7_000_000
"""What each seller sells at first, and what the profit is to buy then."""

RISE = 103_000
"""Price to which the underlying is pushed, USD."""


async def play(scene: Scene) -> None:
    """Buy perpetuals, push the price, and buy more with the profit; then the same where margin does not rise with open interest."""
    floor = await open_floor(scene, 1 + SELLERS)
    governor = await open_governor(scene)
    pumper, *sellers = floor.traders
    perpetual = [each.option_type for each in scene.genesis.instruments].index(PERPETUAL) + 1
    await floor.govern(governor, Parameter.OPEN_INTEREST_MAX_E6, CAP_E6)
    await report(floor, SPOT)
    for seller in sellers:
        await floor.expect("first_bought", Status.OK, floor.deal(pumper, seller, SPOT, FIRST_E6, perpetual))
    await report(floor, RISE)
    gained = (await floor.look(pumper))["initial_health_e8"]
    floor.note("there_is_profit_to_spend", holds=gained > 0)
    bought = await buy_more(floor, pumper, sellers[1:], perpetual)
    scene.figures |= {"cap_e6": CAP_E6, "bought_e6": bought}
    floor.note("profit_buys_less_the_more_there_is", holds=bought < len(sellers[1:]) * MORE_E6)
    await floor.govern(governor, Parameter.CROWDING_MOST_E9, 0)
    await report(floor, RISE)
    unbound = await buy_more(floor, pumper, sellers[1:], perpetual)
    scene.figures["bought_without_e6"] = unbound
    floor.note("without_it_profit_buys_more", holds=unbound == len(sellers[1:]) * MORE_E6)
    await floor.expect("the_cap_holds", Status.OPEN_INTEREST_CAP, floor.deal(pumper, sellers[0], RISE, CAP_E6, perpetual))
    await floor.expect("the_way_out_is_open", Status.OK, floor.deal(sellers[0], pumper, RISE, FIRST_E6, perpetual))
    await floor.settle()


async def buy_more(floor: Floor, pumper: Trader, sellers: list[Trader], perpetual: int) -> int:
    """Buy more of every seller that margin allows for; what was bought."""
    told = [await floor.deal(pumper, seller, RISE, MORE_E6, perpetual) for seller in sellers]
    floor.note("margin_alone_refuses", holds=set(told) <= {Status.OK, Status.INITIAL_MARGIN})
    return MORE_E6 * told.count(Status.OK)


async def report(floor: Floor, spot: int) -> None:
    """Report all prices, the perpetual's too."""
    await floor.prices(spot)
    feed, time_s = floor.scene.genesis.feed_id(FeedKind.PERPETUAL, 1), await floor.now_s() - REPORT_AGE_S
    signed = floor.scene.desk.report(feed, time_s, number=spot * E8)
    floor.note("prices_accepted", holds=(await floor.submit(signed)).status == Status.OK)


DRILL = Drill(
    fault="a trader pushes the price of what he holds, and buys more of it with the profit that this shows",
    expectation="the nearer open interest is to its cap, the more margin a contract takes: profit buys less and less; the way out is open",
    play=play,
    covers=("B21",),
)
