"""PLACE_ORDER: match a limit order, and rest what is left of it.

Order of checks (MARKET, transactions): fields → pause → instrument → tick, lot, band → fee cap → oracles → size → margin → execute.
"""

from rollup.core.kernel import kernel
from rollup.market.book import open_slot, rest_order
from rollup.market.fees import fee_each
from rollup.market.matching import cash_change, crossing_order, match, signed_quantity
from rollup.market.positions import fits
from rollup.market.risk import judge_made, judge_planned
from rollup.market.terms import BUY, FILL_OR_KILL, GOOD_TILL_CANCEL, OPTIONS_ALL, POST_ONLY, SELL
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import MONEY_MAX
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status
from rollup.transition.tradable import check_fees, check_price, check_tradable, spot_of


@kernel
def apply_place_order(state: State, tx: Record, receipt: Record) -> int:
    """Fill against at most FILLS resting orders; then rest (GTC), drop (IOC), or undo all if anything is left (FOK).

    What a GTC order could still fill after FILLS orders is dropped, so that the book is never crossed.
    """
    status = check_order(state, tx)
    if status != Status.OK:
        return status
    left, verdict = match(state, tx, spot_of(state, tx.instrument), receipt)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    if left > 0 and tx.time_in_force == FILL_OR_KILL:
        return Status.FOK_UNFILLED
    if receipt.fills > 0:
        bought = signed_quantity(tx.side, receipt.filled_e6)
        verdict = judge_made(state, tx.account, tx.instrument, bought, -receipt.cost_e8 - receipt.fee_e8)
        if verdict != Verdict.PASS:
            return BY_VERDICT[verdict]
    if read(state.system, 0).insurance_e8 >= MONEY_MAX:
        return Status.OVERFLOW
    if left > 0 and tx.time_in_force == GOOD_TILL_CANCEL and crossing_order(state, tx) == 0:
        return rest(state, tx, left, receipt)
    return Status.OK


@kernel
def check_order(state: State, tx: Record) -> int:
    """All checks that come before the book is looked at."""
    if not (BUY <= tx.side <= SELL and GOOD_TILL_CANCEL <= tx.time_in_force <= FILL_OR_KILL and 0 <= tx.options <= OPTIONS_ALL):
        return Status.OUT_OF_RANGE
    if tx.options & POST_ONLY != 0 and tx.time_in_force != GOOD_TILL_CANCEL:
        return Status.OUT_OF_RANGE
    if tx.timestamp_s != 0 and tx.timestamp_s < read(state.system, 0).time_s:
        return Status.OUT_OF_RANGE
    bought = signed_quantity(tx.side, tx.quantity_e6)
    status = check_tradable(state, tx, bought)
    if status == Status.OK:
        status = check_price(state, tx, bought)
    if status == Status.OK:
        status = check_fees(state, tx, highest_rate(state, tx.options))
    return status


@kernel
def highest_rate(state: State, options: int) -> int:
    """The rate of fees that an order may come to pay: a post-only one is never a taker."""
    parameters = read(state.parameters, 0)
    if options & POST_ONLY != 0:
        return int(parameters.maker_fee_e9)
    return int(max(parameters.maker_fee_e9, parameters.taker_fee_e9))


@kernel
def rest(state: State, tx: Record, left_e6: int, receipt: Record) -> int:
    """Put what is left into the book, if the account could pay for it now."""
    slot = open_slot(read(state.resting, tx.account))
    if slot < 0:
        return Status.OPEN_ORDERS_FULL
    bought = signed_quantity(tx.side, left_e6)
    each = fee_each(state, spot_of(state, tx.instrument), tx.price_e8, read(state.parameters, 0).maker_fee_e9)
    cash = cash_change(tx.side, left_e6, tx.price_e8, each)
    verdict = fits(state, tx.account, tx.instrument, bought, cash)
    if verdict == Verdict.PASS:
        verdict = judge_planned(state, tx.account, tx.instrument, bought, cash)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    receipt.order = rest_order(state, tx, left_e6, slot)
    if receipt.order == 0:
        return Status.BOOK_FULL
    return Status.OK
