"""B12: one owner's accounts trade at any price, so that one of them gains what insurance pays for the other (Derive audit DRV-23)."""

from typing import cast

from rollup.devnet.drills.desk import E8, E9
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.liquidation import ANY_E8, JUMP, bid, start
from rollup.devnet.drills.scene import Scene
from rollup.market.terms import SOLVENT
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

ABOVE_BAND = 60_000
"""A price beyond the band, USD."""

GIFT = 5
"""The least price that there is, USD: a sale at it gives the buyer all that the option is worth."""

STEP_E6 = 5_000_000


async def play(scene: Scene) -> None:
    """Sell one's own other account as much as margin allows for as little as can be; let the price move; be liquidated by oneself."""
    floor = await open_floor(scene)
    winner, loser, keeper = floor.traders
    before_e8, fund_e8 = await cash(floor), await insurance(floor)
    await floor.expect("beyond_the_band_refused", Status.PRICE_BAND, floor.deal(winner, loser, ABOVE_BAND, STEP_E6))
    sold_e6 = 0
    while await floor.deal(winner, loser, GIFT, STEP_E6) == Status.OK:
        sold_e6 += STEP_E6
    scene.figures["sold_e6"] = sold_e6
    await floor.expect("margin_ends_it", Status.INITIAL_MARGIN, floor.deal(winner, loser, GIFT, STEP_E6))
    floor.note("what_was_given_was_the_losers", holds=(await floor.look(loser))["maintenance_health_e8"] >= 0 < sold_e6)
    await floor.expect("nothing_to_liquidate", Status.NOT_LIQUIDATABLE, start(floor, keeper, loser))
    money = {"counterparty": winner.account.number, "amount_e8": (await floor.look(loser))["cash_e8"] // 2}
    await floor.expect("margin_is_not_carried_off", Status.INITIAL_MARGIN, floor.act(loser, Kind.TRANSFER, **money))
    await floor.prices(JUMP)
    await floor.expect("auction_starts", Status.OK, start(floor, keeper, loser))
    await floor.expect("own_bid_taken", Status.OK, bid(floor, winner, loser, number=E9, amount_e8=ANY_E8, side=SOLVENT))
    floor.note("insurance_pays_nothing", holds=await insurance(floor) >= fund_e8)
    floor.note("no_deficit", holds=await figure(floor, "deficit_e8") == 0)
    scene.figures["fund_gained_usd"] = (await insurance(floor) - fund_e8) // E8
    floor.note("together_they_gain_nothing", holds=await cash(floor) <= before_e8)
    await floor.settle()


async def cash(floor: Floor) -> int:
    """Return the cash of the two accounts together: positions are each other's."""
    return sum([(await floor.look(trader))["cash_e8"] for trader in floor.traders[:2]])


async def insurance(floor: Floor) -> int:
    """Return the insurance fund, 1e-8 USD."""
    return await figure(floor, "insurance_e8")


async def figure(floor: Floor, name: str) -> int:
    """Return a figure of the liquidations' view."""
    return cast("dict[str, int]", await floor.scene.ask("sequencer", "optroll_getLiquidations", 1))[name]


DRILL = Drill(
    fault="an account sells options to another of its owner's for next to nothing until margin ends it, and is liquidated by that one",
    expectation="what one gains was the other's: the loser keeps its margin, insurance pays nothing, and both together gain nothing",
    play=play,
    covers=("B12",),
)
