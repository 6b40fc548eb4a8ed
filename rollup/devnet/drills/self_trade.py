"""Two own accounts trade far from the mark, and one with itself, so that insurance pays for the loser (DRV-23, DRV-24)."""

from rollup.devnet.drills.floor import SPOT, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.market.terms import BUY, SELL
from rollup.transition.status import Status

QUANTITY_E6 = 1_000_000
FAR = 80_000
"""A price that no band allows, USD."""

MID = 2_100


async def play(scene: Scene) -> None:
    """Trade too dear, too cheap, with oneself, and within the band."""
    floor = await open_floor(scene)
    one, other, _ = floor.traders
    marks = await scene.ask("sequencer", "optroll_getFeeds")
    await floor.expect("too_dear_refused", Status.PRICE_BAND, floor.deal(one, other, FAR, QUANTITY_E6))
    await floor.expect("too_dear_order_refused", Status.PRICE_BAND, floor.order(one, BUY, FAR, QUANTITY_E6))
    await floor.expect("self_trade_refused", Status.SELF_TRADE, floor.deal(one, one, MID, QUANTITY_E6))
    await floor.expect("rests", Status.OK, floor.order(one, SELL, MID, QUANTITY_E6))
    await floor.order(one, BUY, MID, QUANTITY_E6)
    floor.note("an_order_never_meets_its_own", holds=await floor.holding(one) == 0)
    await floor.expect("within_the_band", Status.OK, floor.deal(one, other, MID, QUANTITY_E6))
    floor.note("no_trade_moves_a_mark", holds=marks == await scene.ask("sequencer", "optroll_getFeeds"))
    await floor.settle()


DRILL = Drill(
    fault=f"accounts of one owner trade at {FAR} USD what is worth about {MID}, with the underlying at {SPOT}, and with themselves",
    expectation="prices are held to a band around the oracles' mark, nobody trades with himself, and no trade moves a mark",
    play=play,
    covers=("B13",),
)
