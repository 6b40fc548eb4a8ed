"""A trader withdraws the margin and leaves the vault the position (Hyperliquid, March 2025)."""

from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

PRICE, QUANTITY_E6 = 2_100, 20_000_000


async def play(scene: Scene) -> None:
    """Sell options, then try to take out more than is free: at once, in pieces, and by way of another account."""
    floor = await open_floor(scene)
    seller, buyer, _ = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, seller, PRICE, QUANTITY_E6))
    view = await floor.look(seller)
    free_e8 = view["initial_health_e8"]
    floor.note("something_is_bound", holds=0 < free_e8 < view["cash_e8"])
    await floor.expect("all_refused", Status.INITIAL_MARGIN, take(floor, seller, view["cash_e8"]))
    await floor.expect("one_unit_too_many_refused", Status.INITIAL_MARGIN, take(floor, seller, free_e8 + 1))
    away = {"counterparty": buyer.account.number, "amount_e8": free_e8 + 1}
    await floor.expect("by_transfer_refused", Status.INITIAL_MARGIN, floor.act(seller, Kind.TRANSFER, **away))
    pieces = [await take(floor, seller, free_e8 // 2) for _ in range(3)]
    floor.note("pieces_add_up", holds=pieces == [Status.OK, Status.OK, Status.INITIAL_MARGIN])
    floor.note("margin_stays", holds=(await floor.look(seller))["initial_health_e8"] >= 0)
    await floor.expect("least_withdrawal_kept", Status.OUT_OF_RANGE, take(floor, buyer, E8 // 2))
    await floor.settle()


async def take(floor: Floor, trader: Trader, amount_e8: int) -> Status:
    """Withdraw an amount."""
    return await floor.act(trader, Kind.WITHDRAW, amount_e8=amount_e8, address=trader.account.address)


DRILL = Drill(
    fault="a short seller tries to take the margin out: at once, by one unit too many, by transfer, in pieces",
    expectation="withdrawals and transfers keep the initial margin, to the unit",
    play=play,
    covers=("B22",),
)
