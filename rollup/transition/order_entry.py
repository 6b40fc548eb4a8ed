"""Order entry: what every order goes through, whoever brings it.

Order of checks (MARKET, transactions): fields → instrument → tick, lot → reduce-only → pause, band, oracles → fee cap → size → margin.
"""

from rollup.core.kernel import kernel
from rollup.market.book import join_book, open_order, remove_order, set_terms, slot_of
from rollup.market.fees import cash_change, fee_each
from rollup.market.matching import crossing_order, match
from rollup.market.order import Order, with_terms
from rollup.market.positions import fits, signed_quantity
from rollup.market.protection import is_frozen
from rollup.market.reserve import reducible, reserve_of
from rollup.market.risk import judge_made
from rollup.market.settling import settle_touched
from rollup.market.terms import (
    BUY,
    BY_MARK,
    FILL_OR_KILL,
    FORCE_SHIFT,
    GOOD_TILL_CANCEL,
    MARKET,
    OPTIONS_ALL,
    POST_ONLY,
    PROTECTED,
    REDUCE_ONLY,
    SELL,
    TRIGGER,
)
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import MONEY_MAX, PRICE_MAX, RESERVE_MAX
from rollup.state.table import read, write
from rollup.transition.status import BY_VERDICT, Status
from rollup.transition.tradable import check_contract, check_fees, check_price, edge_of_band, spot_of


@kernel
def enter_order(state: State, order: Order, order_id: int, reserved_e8: int, receipt: Record) -> int:
    """Check an order, fill it against at most FILLS resting ones, and rest what is left (GTC), drop it (IOC), or undo all (FOK).

    What a GTC order could still fill after FILLS orders is dropped, so that the book is never crossed. An order that is open already has
    an id, and is not in the book; it keeps its id if it comes to rest, and ends otherwise. `reserved_e8` is what the account reserved
    before.
    """
    status = check_fields(state, order)
    if status == Status.OK:
        status = check_contract(state, order)
    if status != Status.OK:
        return status
    if order.options & TRIGGER != 0:
        return let_wait(state, order, order_id, receipt)
    order = as_executable(state, order)
    status = check_terms(state, order)
    if status != Status.OK:
        return status
    settle_touched(state, order.account)
    left, verdict = match(state, order, spot_of(state, order.instrument), receipt)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    if order.time_in_force == FILL_OR_KILL and receipt.filled_e6 < order.quantity_e6:
        return Status.FOK_UNFILLED
    if left > 0 and order.time_in_force == GOOD_TILL_CANCEL and crossing_order(state, order) == 0:
        status = rest(state, order, left, order_id, receipt)
        if status != Status.OK:
            return status
    elif order_id != 0:
        remove_order(state, order_id)
    return check_margin(state, order, read(state.accounts, order.account).reserved_e8 - reserved_e8, receipt)


@kernel
def check_fields(state: State, order: Order) -> int:
    """Ranges of the fields that say how an order works."""
    if not (BUY <= order.side <= SELL and GOOD_TILL_CANCEL <= order.time_in_force <= FILL_OR_KILL):
        return Status.OUT_OF_RANGE
    if not 0 <= order.options <= OPTIONS_ALL or order.options & ~OPTIONS_ALL != 0:
        return Status.OUT_OF_RANGE
    if order.options & POST_ONLY != 0 and order.time_in_force != GOOD_TILL_CANCEL:
        return Status.OUT_OF_RANGE
    if order.options & MARKET != 0 and order.time_in_force == GOOD_TILL_CANCEL:
        return Status.OUT_OF_RANGE
    if not has_trigger_fields(order):
        return Status.OUT_OF_RANGE
    if order.expiry_s != 0 and order.expiry_s < read(state.system, 0).time_s:
        return Status.OUT_OF_RANGE
    if order.options & PROTECTED != 0 and is_frozen(state, order.account):
        return Status.MMP_FROZEN
    return Status.OK


@kernel
def has_trigger_fields(order: Order) -> bool:
    """Does an order wait for one thing, at a price, or for nothing? Protection is for what quotes, so nothing that waits has it."""
    waits = order.options & TRIGGER
    if waits == 0:
        return order.trigger_e8 == 0 and order.options & BY_MARK == 0
    return waits != TRIGGER and 0 < order.trigger_e8 < PRICE_MAX and order.options & PROTECTED == 0


@kernel
def let_wait(state: State, order: Order, order_id: int, receipt: Record) -> int:
    """Let a stop-loss or take-profit wait: it is open, outside the book, and reserves nothing. All else is asked when it is fired."""
    if order_id == 0:
        slot = slot_of(read(state.resting, order.account), 0)
        if slot < 0:
            return Status.OPEN_ORDERS_FULL
        order_id = open_order(state, order.account, slot)
    if order_id == 0:
        return Status.BOOK_FULL
    set_terms(state, order_id, order, order.quantity_e6, 0)
    write(state.orders, order_id).options = order.options | order.time_in_force << FORCE_SHIFT
    receipt.order = order_id
    return Status.OK


@kernel
def as_executable(state: State, order: Order) -> Order:
    """The order as it can be executed now: a market order at the band's edge, a reduce-only one for no more than it may reduce."""
    price, quantity = order.price_e8, order.quantity_e6
    if order.options & MARKET != 0:
        price = edge_of_band(state, order)
    if order.options & REDUCE_ONLY != 0:
        quantity = min(quantity, reducible(state, order.account, order.instrument, order.side))
    return with_terms(order, price, quantity)


@kernel
def check_terms(state: State, order: Order) -> int:
    """All checks of an executable order that come before the book is looked at."""
    if order.quantity_e6 == 0:
        return Status.REDUCE_ONLY
    status = check_price(state, order)
    if status == Status.OK:
        status = check_fees(state, order, highest_rate(state, order.options))
    return status


@kernel
def highest_rate(state: State, options: int) -> int:
    """The rate of fees that an order may come to pay: a post-only one is never a taker."""
    parameters = read(state.parameters, 0)
    if options & POST_ONLY != 0:
        return int(parameters.maker_fee_e9)
    return int(max(parameters.maker_fee_e9, parameters.taker_fee_e9))


@kernel
def rest(state: State, order: Order, left_e6: int, order_id: int, receipt: Record) -> int:
    """Put what is left into the book, and reserve margin for it; whether the account has that is asked by `check_margin`."""
    status, reserve = plan_rest(state, order, left_e6)
    if status == Status.OK and order_id == 0 and slot_of(read(state.resting, order.account), 0) < 0:
        return Status.OPEN_ORDERS_FULL
    if status != Status.OK:
        return status
    return put_in_book(state, order, left_e6, order_id, reserve, receipt)


@kernel
def plan_rest(state: State, order: Order, left_e6: int) -> tuple[int, int]:
    """May an order's rest come to rest, as far as caps go, and what would it reserve: a status, and 1e-8 USD."""
    each = fee_each(state, spot_of(state, order.instrument), order.price_e8, read(state.parameters, 0).maker_fee_e9)
    bought, cash = signed_quantity(order.side, left_e6), cash_change(order.side, left_e6, order.price_e8, each)
    verdict = fits(state, order.account, order.instrument, bought, cash)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict], 0
    reserve = reserve_of(state, order, left_e6, each)
    if reserve >= RESERVE_MAX:
        return Status.OVERFLOW, 0
    return Status.OK, reserve


@kernel
def put_in_book(state: State, order: Order, left_e6: int, order_id: int, reserve_e8: int, receipt: Record) -> int:
    """Give an order that has none (id 0) a row in a free slot, which there is, and let it rest: BOOK_FULL where rows have run out."""
    if order_id == 0:
        order_id = open_order(state, order.account, slot_of(read(state.resting, order.account), 0))
    if order_id == 0:
        return Status.BOOK_FULL
    set_terms(state, order_id, order, left_e6, receipt.filled_e6)
    if not join_book(state, order_id, reserve_e8):
        return Status.BOOK_FULL
    receipt.order = order_id
    return Status.OK


@kernel
def check_margin(state: State, order: Order, reserved_e8: int, receipt: Record) -> int:
    """Initial margin after an order's fills, and after the account has come to reserve `reserved_e8` more; room for the fees."""
    if read(state.system, 0).insurance_e8 >= MONEY_MAX:
        return Status.OVERFLOW
    if receipt.fills == 0 and reserved_e8 <= 0:
        return Status.OK
    bought = signed_quantity(order.side, receipt.filled_e6)
    cash = -receipt.cost_e8 - receipt.fee_e8
    return BY_VERDICT[judge_made(state, order.account, order.instrument, bought, cash, reserved_e8)]
