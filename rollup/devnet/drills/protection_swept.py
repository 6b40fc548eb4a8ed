"""A maker's quotes are swept by two accounts in one moment: his protection must end it, whoever comes and in how many pieces."""

from rollup.devnet.drills.floor import open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, PROTECTED, SELL
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

LIMIT_E6, EACH_E6 = 1_000_000, 500_000
"""What may be filled within the interval, and what each quote offers."""

QUOTES = 6
INTERVAL_S, FREEZE_S = 3_600, 1_800
DEAREST = 2_200


async def play(scene: Scene) -> None:
    """Quote more than is protected, sweep it at once and in pieces, wait, and quote again."""
    floor = await open_floor(scene)
    maker, one, other = floor.traders
    terms = {"number": INTERVAL_S, "timestamp_s": FREEZE_S, "quantity_e6": LIMIT_E6}
    await floor.expect("protected", Status.OK, floor.act(maker, Kind.SET_PROTECTION, **terms))
    for place in range(QUOTES):
        quote = floor.order(maker, SELL, 2_100 + 10 * place, EACH_E6, options=PROTECTED)
        await floor.expect("quotes_rest", Status.OK, quote)
    await floor.order(one, BUY, DEAREST, EACH_E6, time_in_force=IMMEDIATE_OR_CANCEL)
    await floor.order(other, BUY, DEAREST, QUOTES * EACH_E6, time_in_force=IMMEDIATE_OR_CANCEL)
    await floor.order(one, BUY, DEAREST, QUOTES * EACH_E6, time_in_force=IMMEDIATE_OR_CANCEL)
    sold_e6 = -await floor.holding(maker)
    scene.figures |= {"offered_e6": QUOTES * EACH_E6, "limit_e6": LIMIT_E6, "sold_e6": sold_e6}
    floor.note("no_more_than_the_limit_and_one_fill", holds=LIMIT_E6 < sold_e6 <= LIMIT_E6 + EACH_E6)
    again = floor.order(maker, SELL, 2_100, EACH_E6, options=PROTECTED)
    await floor.expect("frozen", Status.MMP_FROZEN, again)
    await floor.expect("what_is_not_protected_is_free", Status.OK, floor.order(maker, SELL, 2_190, EACH_E6))
    await floor.pass_time(FREEZE_S + 60)
    await floor.prices(100_000)
    await floor.expect("thawed", Status.OK, floor.order(maker, SELL, 2_150, EACH_E6, options=PROTECTED))
    await floor.order(other, BUY, DEAREST, QUOTES * EACH_E6, time_in_force=IMMEDIATE_OR_CANCEL)
    floor.note("the_dead_stay_dead", holds=-await floor.holding(maker) == sold_e6 + 2 * EACH_E6)
    await floor.settle()


DRILL = Drill(
    fault=f"{QUOTES} protected quotes are swept by two accounts, in three orders within one interval",
    expectation="the fill that passes the limit is the last; dead quotes never trade, and new ones wait for the freeze to end",
    play=play,
)
