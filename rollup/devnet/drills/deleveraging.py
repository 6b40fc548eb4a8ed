"""An insolvent account is closed against those who profit: not against others, and not for more than is missing (October 2025)."""

from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.insolvency import JUMP
from rollup.devnet.drills.liquidation import PRICE, QUANTITY_E6, start
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

PART_E6 = 5_000_000


async def play(scene: Scene) -> None:
    """Let an account become insolvent, and deleverage it in two steps."""
    floor = await open_floor(scene)
    debtor, winner, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(winner, debtor, PRICE, QUANTITY_E6))
    await floor.expect("not_while_solvent", Status.NO_AUCTION, close(floor, debtor, winner, PART_E6))
    await floor.prices(JUMP)
    await floor.expect("auction_starts", Status.OK, start(floor, other, debtor))
    before = await floor.look(winner)
    await floor.expect("no_position_no_deleveraging", Status.NOT_OPPOSITE, close(floor, debtor, other, PART_E6))
    await floor.expect("not_more_than_is_held", Status.NOT_OPPOSITE, close(floor, debtor, winner, QUANTITY_E6 + 10_000))
    await floor.expect("a_part_is_closed", Status.OK, close(floor, debtor, winner, PART_E6))
    floor.note("positions_shrink_together", holds=await floor.holding(winner) == QUANTITY_E6 - PART_E6 == -await floor.holding(debtor))
    await floor.expect("the_rest_is_closed", Status.OK, close(floor, debtor, winner, QUANTITY_E6 - PART_E6))
    ended = await floor.act(other, Kind.END_AUCTION, counterparty=debtor.account.number)
    floor.note("auction_ends", holds=ended in (Status.OK, Status.NO_AUCTION))
    after = await floor.look(winner)
    floor.note("winner_keeps_what_he_paid_in", holds=after["cash_e8"] >= before["cash_e8"])
    floor.note("shortfall_is_covered", holds=(await floor.look(debtor))["cash_e8"] >= 0)
    await floor.settle()


async def close(floor: Floor, debtor: Trader, winner: Trader, quantity_e6: int) -> Status:
    """Close a part of the debtor's position against somebody's."""
    terms = {"counterparty": debtor.account.number, "number": winner.account.number, "quantity_e6": quantity_e6}
    return await floor.act(winner, Kind.DELEVERAGE, instrument=floor.scene.desk.instrument, **terms)


DRILL = Drill(
    fault="an account owes more than it has, and insurance cannot pay for it",
    expectation="its positions are closed at the mark against one who profits, bounded by what is missing and by the profit",
    play=play,
    covers=("B23",),
)
