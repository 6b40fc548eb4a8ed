"""The governor lowers a cap below what accounts hold (Derive audit DRV-22)."""

from rollup.devnet.drills.floor import SPOT, open_floor, open_governor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status

PRICE, HELD_E6, LOT_E6 = 2_100, 5_000_000, 100_000


async def play(scene: Scene) -> None:
    """Hold, lower both caps under it, and try to grow and to shrink."""
    floor = await open_floor(scene)
    governor = await open_governor(scene)
    buyer, seller, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, seller, PRICE, HELD_E6))
    await floor.govern(governor, Parameter.POSITION_MAX_E6, HELD_E6 // 2)
    await floor.prices(SPOT)
    await floor.expect("growth_refused", Status.POSITION_CAP, floor.deal(buyer, seller, PRICE, LOT_E6))
    await floor.expect("reduction_passes", Status.OK, floor.deal(seller, buyer, PRICE, LOT_E6))
    await floor.govern(governor, Parameter.OPEN_INTEREST_MAX_E6, HELD_E6 // 2)
    await floor.prices(SPOT)
    await floor.expect("interest_refused", Status.OPEN_INTEREST_CAP, floor.deal(other, governor, PRICE, LOT_E6))
    await floor.expect("reduction_passes", Status.OK, floor.deal(seller, buyer, PRICE, LOT_E6))
    floor.note("held_less", holds=await floor.holding(buyer) == HELD_E6 - 2 * LOT_E6)
    await floor.settle()


DRILL = Drill(
    fault="the caps of positions and of open interest fall below what accounts hold",
    expectation="nothing grows past a cap, and every reduction passes",
    play=play,
    covers=("B11",),
)
