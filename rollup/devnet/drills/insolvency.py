"""An account owes more than it has: insurance pays first, the rest is shared once, and no later than its auction (DRV2-04, -05, B23)."""

from rollup.devnet.drills.desk import E8, E9
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.liquidation import ANY_E8, PRICE, QUANTITY_E6, bid, start
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.market.terms import INSOLVENT, SOLVENT
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

JUMP = 130_000
"""Price of the underlying at which the account is worth less than nothing, USD."""

PAID_S = 3_600
"""After which an insolvent auction pays all that is missing."""


async def play(scene: Scene) -> None:
    """Let the price jump past the account's money, and clear it away."""
    floor = await open_floor(scene)
    debtor, bidder, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(bidder, debtor, PRICE, QUANTITY_E6))
    await floor.prices(JUMP)
    before = await money(floor)
    await floor.expect("auction_starts", Status.OK, start(floor, other, debtor))
    await floor.expect("solvent_bid_refused", Status.AUCTION_KIND, bid(floor, other, debtor, side=SOLVENT))
    await floor.expect("auction_goes_on", Status.AUCTION_LIVE, floor.act(other, Kind.END_AUCTION, counterparty=debtor.account.number))
    await floor.pass_time(PAID_S)
    await floor.prices(JUMP)
    await floor.expect("insolvent_bid_taken", Status.OK, bid(floor, bidder, debtor, side=INSOLVENT, number=E9, amount_e8=ANY_E8))
    await over(floor, other, debtor)
    await floor.expect("socialised_once", Status.NO_AUCTION, floor.act(other, Kind.END_AUCTION, counterparty=debtor.account.number))
    floor.note("debt_is_gone", holds=(await floor.look(debtor))["cash_e8"] >= 0)
    floor.note("nobody_gains_but_the_bidder", holds=(await floor.look(other))["cash_e8"] <= before)
    await floor.expect("others_withdraw", Status.OK, leave(floor, other))
    await floor.settle()


async def money(floor: Floor) -> int:
    """Cash of the trader who looks on."""
    return (await floor.look(floor.traders[2]))["cash_e8"]


async def over(floor: Floor, caller: Trader, debtor: Trader) -> None:
    """End the auction, if the last bid has not."""
    ended = await floor.act(caller, Kind.END_AUCTION, counterparty=debtor.account.number)
    floor.note("auction_ends", holds=ended in (Status.OK, Status.NO_AUCTION))


async def leave(floor: Floor, trader: Trader) -> Status:
    """Withdraw: a haircut may be taken, but nobody is locked in by somebody else's debt."""
    return await floor.act(trader, Kind.WITHDRAW, amount_e8=100_000 * E8, max_fee_e8=100_000 * E8, address=trader.account.address)


DRILL = Drill(
    fault="the price jumps so far that an account owes more than it has",
    expectation="a bidder is paid from insurance and, once, by all; the debt ends with its auction, and others can leave",
    play=play,
    covers=("B16", "B17"),
)
