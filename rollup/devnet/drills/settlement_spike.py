"""The price is pushed up for a moment inside the settlement window."""

from rollup.devnet.drills.director import DAY_S
from rollup.devnet.drills.expired_option import fix, settle
from rollup.devnet.drills.floor import SPOT, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.transition.status import Status

PRICE, QUANTITY_E6 = 2_100, 1_000_000

SPIKE = SPOT * 14 // 10
"""The price for a moment, USD: almost all that the band allows at once."""

SPIKE_S = 60
"""How long it lasts."""


async def play(scene: Scene) -> None:
    """Trade, spike shortly before expiry, and settle."""
    floor = await open_floor(scene)
    buyer, seller, _ = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, seller, PRICE, QUANTITY_E6))
    expiry_s = scene.genesis.instruments[scene.desk.instrument - 1].expiry_s
    window_s = scene.genesis.parameters.settlement_window_s
    await floor.pass_time(expiry_s - window_s - 600 - await floor.now_s())
    await floor.prices(SPOT)
    await floor.pass_time(expiry_s - 900 - await floor.now_s())
    await floor.prices(SPIKE)
    started_s = await floor.now_s()
    await floor.pass_time(SPIKE_S)
    await floor.prices(SPOT)
    lasted_s = await floor.now_s() - started_s
    await floor.pass_time(expiry_s + 300 - await floor.now_s())
    await floor.prices(SPOT)
    before_e8 = (await floor.look(buyer))["cash_e8"]
    await floor.expect("price_fixed", Status.OK, fix(floor, seller))
    await floor.expect("settled", Status.OK, settle(floor, seller, buyer))
    gain = ((await floor.look(buyer))["cash_e8"] - before_e8) // 10**8
    scene.figures |= {"spike_usd": SPIKE - SPOT, "spike_s": lasted_s, "moved_usd": gain}
    floor.note("spike_counts_for_its_time", holds=gain <= (SPIKE - SPOT) * (lasted_s + 120) // window_s)
    await floor.expect("seller_settled", Status.OK, settle(floor, buyer, seller))
    await floor.settle()


DRILL = Drill(
    fault=f"the spot price jumps from {SPOT} to {SPIKE} USD for a moment inside the settlement window",
    expectation="the settlement price moves by the spike's share of the window, not by the spike",
    play=play,
    deadline_s=30 * DAY_S,
    covers=("B25",),
)
