"""An expired option is traded as a hidden transfer, and a holder asks to be settled twice (Derive audit DRV-20, Opyn 2020)."""

from rollup.devnet.drills.director import DAY_S
from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.market.terms import BUY
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

PRICE = 2_100
QUANTITY_E6 = 5_000_000

ABOVE = SPOT + 6_000
"""Price of the underlying at expiry, USD."""


async def play(scene: Scene) -> None:
    """Trade, let the option expire, try to go on trading it, and settle both sides."""
    floor = await open_floor(scene)
    buyer, seller, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, seller, PRICE, QUANTITY_E6))
    await floor.expect("settling_waits_for_expiry", Status.INSTRUMENT_LIVE, settle(floor, other, buyer))
    expiry_s = scene.genesis.instruments[scene.desk.instrument - 1].expiry_s
    head = await scene.chronicle.client.head()
    await floor.pass_time(expiry_s - head.time_s - 3_000)
    for _ in range(3):
        await floor.prices(ABOVE)
        await floor.pass_time(1_500)
    await floor.prices(ABOVE)
    await floor.expect("expired_order_refused", Status.INSTRUMENT_EXPIRED, floor.order(other, BUY, PRICE, 100_000))
    await floor.expect("expired_trade_refused", Status.INSTRUMENT_EXPIRED, floor.deal(other, seller, PRICE, 100_000))
    before = [(await floor.look(trader))["cash_e8"] for trader in (buyer, seller)]
    await floor.expect("settling_waits_for_the_price", Status.NOT_FIXED, settle(floor, other, buyer))
    await floor.expect("price_fixed", Status.OK, fix(floor, other))
    await floor.expect("price_fixed_once", Status.ALREADY_FIXED, fix(floor, buyer))
    await floor.expect("buyer_settled_by_anybody", Status.OK, settle(floor, other, buyer))
    await floor.expect("settled_once", Status.NO_POSITION, settle(floor, other, buyer))
    await floor.expect("seller_settled", Status.OK, settle(floor, buyer, seller))
    after = [(await floor.look(trader))["cash_e8"] for trader in (buyer, seller)]
    paid, owed = after[0] - before[0], before[1] - after[1]
    floor.note("pay_off_is_the_average", holds=0 < paid <= owed <= paid + 1 and abs(paid - 5 * (ABOVE - SPOT) * 10**8) < 10**10)
    await floor.settle()


async def settle(floor: Floor, caller: Trader, holder: Trader) -> Status:
    """Settle a holder."""
    return await floor.act(caller, Kind.SETTLE, instrument=floor.scene.desk.instrument, counterparty=holder.account.number)


async def fix(floor: Floor, caller: Trader) -> Status:
    """Fix the settlement price of the first expiry."""
    feed = floor.scene.genesis.instruments[floor.scene.desk.instrument - 1].forward_feed
    return await floor.act(caller, Kind.FIX_SETTLEMENT, feed=feed)


DRILL = Drill(
    fault="an expired option is ordered, traded, and settled twice",
    expectation="nothing expired trades; each holder is paid once, by the average price, and what one gets the other pays",
    play=play,
    deadline_s=30 * DAY_S,
    covers=("B10", "B20"),
)
