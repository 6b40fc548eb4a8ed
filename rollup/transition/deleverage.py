"""DELEVERAGE: anybody closes a part of an insolvent account's position against one who profits."""

from rollup.core.kernel import kernel
from rollup.market.auction import GOES_ON, Standing, outcome, standing
from rollup.market.deleveraging import concession, is_uninsured, profit_of
from rollup.market.feeds import is_stale
from rollup.market.margin import health
from rollup.market.portfolio_share import hand_contracts
from rollup.market.positions import position_of, sign
from rollup.market.terms import IN_AUCTION, INSOLVENT
from rollup.market.valuation import marked_part
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import CASH_MAX, QUANTITY_MAX
from rollup.state.table import read, write
from rollup.transition.status import BY_VERDICT, Status
from rollup.transition.tradable import check_live


@kernel
def apply_deleverage(state: State, tx: Record, receipt: Record) -> int:
    """Close `quantity_e6` of `instrument` between `counterparty`, whose insolvent auction the fund cannot pay for, and account `number`.

    That one must hold the other side, be worth more than was paid into it, and keep its maintenance margin or lose none of it. Both
    positions are closed at the mark, and it gives up its part of the shortfall (`rollup.market.deleveraging`): `fee_e8` of the receipt.
    """
    status = check_auction(state, tx)
    if status == Status.OK:
        status = check_sides(state, tx)
    if status != Status.OK:
        return status
    stands = standing(state, tx.counterparty)
    profit, seen = profit_of(state, tx.number)
    _, before, oldest = health(state, tx.number, 0, 0, 0)
    if is_stale(state, min(stands[2], seen, oldest)):
        return Status.STALE_ORACLE
    if outcome(state, tx.counterparty, stands) != GOES_ON:
        return Status.AUCTION_OVER
    if not is_uninsured(state, tx.counterparty, stands):
        return Status.INSURED
    if profit <= 0:
        return Status.NOT_PROFITABLE
    status = exchange_positions(state, tx, stands, profit, receipt)
    if status != Status.OK:
        return status
    _, after, _ = health(state, tx.number, 0, 0, 0)
    if after < min(before, 0):
        return Status.MAINTENANCE_MARGIN
    return Status.OK


@kernel
def check_auction(state: State, tx: Record) -> int:
    """Is there an insolvent auction, and another account that is not in one?"""
    accounts = read(state.system, 0).accounts
    if not 0 < tx.counterparty <= accounts or not 0 < tx.number <= accounts or tx.number == tx.counterparty:
        return Status.UNKNOWN_COUNTERPARTY
    kind = read(state.auctions, tx.counterparty).kind
    if kind == 0:
        return Status.NO_AUCTION
    if kind != INSOLVENT:
        return Status.AUCTION_KIND
    if read(state.accounts, tx.number).status == IN_AUCTION:
        return Status.IN_AUCTION
    return Status.OK


@kernel
def check_sides(state: State, tx: Record) -> int:
    """Do they hold opposite sides of a live instrument, each at least the quantity?"""
    status = check_live(state, tx.instrument)
    if status != Status.OK:
        return status
    if not 0 < tx.quantity_e6 < QUANTITY_MAX:
        return Status.OUT_OF_RANGE
    held = position_of(state, tx.counterparty, tx.instrument)
    other = position_of(state, tx.number, tx.instrument)
    if sign(held) * sign(other) >= 0 or tx.quantity_e6 > min(abs(held), abs(other)):
        return Status.NOT_OPPOSITE
    return Status.OK


@kernel
def exchange_positions(state: State, tx: Record, stands: Standing, profit_e8: int, receipt: Record) -> int:
    """Close both positions at the mark and the concession: OVERFLOW where cash would leave its bound."""
    held = position_of(state, tx.counterparty, tx.instrument)
    value = marked_part(state, tx.instrument, tx.quantity_e6)
    given = min(concession(state, tx.counterparty, stands, value), profit_e8)
    if held < 0:
        given = min(given, value)
    paid = given + sign(held) * value
    account, other = write(state.accounts, tx.counterparty), write(state.accounts, tx.number)
    account.cash_e8 += paid
    other.cash_e8 -= paid
    write(state.auctions, tx.counterparty).sequence += 1
    if abs(account.cash_e8) >= CASH_MAX or abs(other.cash_e8) >= CASH_MAX:
        return Status.OVERFLOW
    receipt.filled_e6, receipt.cost_e8, receipt.fee_e8 = tx.quantity_e6, paid - given, given
    verdict = hand_contracts(state, tx.counterparty, tx.number, tx.instrument, sign(held) * tx.quantity_e6)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    return Status.OK
