"""TRADE: a bilateral trade, which both sides have signed on mirrored terms."""

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_up
from rollup.market.fees import fee_each
from rollup.market.insurance import insure
from rollup.market.matching import cash_change, note_fill, signed_quantity
from rollup.market.positions import buy, fits
from rollup.market.risk import judge_made
from rollup.market.terms import BUY, SELL
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import MONEY_MAX
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status
from rollup.transition.tradable import check_fees, check_price, check_tradable, spot_of


@kernel
def apply_trade(state: State, tx: Record, part: Record, receipt: Record) -> int:
    """Exchange the quantity at the price between the head's account, which pays the taker's fee, and the part's, which pays the maker's.

    Both sides' caps and initial margins are checked after the trade, as one step.
    """
    status = check_trade(state, tx, part)
    if status != Status.OK:
        return status
    parameters = read(state.parameters, 0)
    spot = spot_of(state, tx.instrument)
    each = fee_each(state, spot, tx.price_e8, parameters.taker_fee_e9)
    cash = cash_change(tx.side, tx.quantity_e6, tx.price_e8, each)
    part_each = fee_each(state, spot, tx.price_e8, parameters.maker_fee_e9)
    part_cash = cash_change(part.side, tx.quantity_e6, tx.price_e8, part_each)
    interest = read(state.instruments, tx.instrument).open_interest_e6
    status = exchange(state, tx, part, cash, part_cash)
    if status != Status.OK:
        return status
    insure(state, -(cash + part_cash))
    note_fill(receipt, 0, part.account, tx.quantity_e6, tx.price_e8, cash, cost_up(tx.quantity_e6, each))
    if interest < read(state.instruments, tx.instrument).open_interest_e6 > parameters.open_interest_max_e6:
        return Status.OPEN_INTEREST_CAP
    if read(state.system, 0).insurance_e8 >= MONEY_MAX:
        return Status.OVERFLOW
    return Status.OK


@kernel
def check_trade(state: State, tx: Record, part: Record) -> int:
    """Mirrored terms, then what holds for any order, for each side."""
    if tx.account == part.account:
        return Status.SELF_TRADE
    if tx.counterparty != part.account or part.counterparty != tx.account:
        return Status.INVALID_TERMS
    if tx.instrument != part.instrument or tx.price_e8 != part.price_e8 or tx.quantity_e6 != part.quantity_e6:
        return Status.INVALID_TERMS
    if not (BUY <= tx.side <= SELL and part.side == 1 - tx.side):
        return Status.INVALID_TERMS
    parameters = read(state.parameters, 0)
    status = check_side(state, tx, parameters.taker_fee_e9)
    if status == Status.OK:
        status = check_side(state, part, parameters.maker_fee_e9)
    return status


@kernel
def check_side(state: State, tx: Record, rate_e9: int) -> int:
    """The checks of one side's terms, with its rate of fees."""
    bought = signed_quantity(tx.side, tx.quantity_e6)
    status = check_tradable(state, tx, bought)
    if status == Status.OK:
        status = check_price(state, tx, bought)
    if status == Status.OK:
        status = check_fees(state, tx, rate_e9)
    return status


@kernel
def exchange(state: State, tx: Record, part: Record, cash_e8: int, part_cash_e8: int) -> int:
    """Move positions and cash of both sides, then ask for both margins."""
    bought = signed_quantity(tx.side, tx.quantity_e6)
    verdict = fits(state, tx.account, tx.instrument, bought, cash_e8)
    if verdict == Verdict.PASS:
        verdict = fits(state, part.account, tx.instrument, -bought, part_cash_e8)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    buy(state, tx.account, tx.instrument, bought, cash_e8)
    buy(state, part.account, tx.instrument, -bought, part_cash_e8)
    verdict = judge_made(state, tx.account, tx.instrument, bought, cash_e8)
    if verdict == Verdict.PASS:
        verdict = judge_made(state, part.account, tx.instrument, -bought, part_cash_e8)
    return BY_VERDICT[verdict]
