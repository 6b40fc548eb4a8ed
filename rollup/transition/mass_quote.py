"""MASS_QUOTE: up to 32 quotes at once, in place of the account's earlier ones on the same instruments and sides.

    records = up to 16, each a bid, an ask or both on one instrument        the first one is the head; each is signed

One rule: an old price never outlives a mass quote. The earlier quotes go first, all of them; then each new one is judged by itself, and
one that may not rest (it would meet another order, its price or margin is not right, its feeds are silent …) is dropped and its bit set
in the receipt, while the others rest. Quotes are post-only and protected. An instrument may be named more than once: quotes in depth.
"""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.market.book import remove_order, slot_of
from rollup.market.matching import crossing_order, end_maker, is_over
from rollup.market.order import Order
from rollup.market.protection import is_frozen
from rollup.market.risk import reservable
from rollup.market.settling import settle_touched
from rollup.market.terms import BOTH_SIDES, BUY, GOOD_TILL_CANCEL, POST_ONLY, PROTECTED, QUOTE, SELL
from rollup.state.layout import Record, State
from rollup.state.limits import FILLS, OPEN_ORDERS, PARTS, QUOTE_ROWS
from rollup.state.table import read, touched
from rollup.transition.order_entry import plan_rest, put_in_book
from rollup.transition.status import Status
from rollup.transition.tradable import check_contract, check_fees, check_price

QUOTE_OPTIONS = POST_ONLY | PROTECTED | QUOTE
"""Options of every quote."""


@kernel
def apply_mass_quote(state: State, records: Sequence[Record], index: int, receipt: Record) -> int:
    """Take the earlier quotes away, then let new ones rest for as long as margin, slots and QUOTE_ROWS last.

    The receipt says how many orders ended, and which quotes were dropped. Statuses: OUT_OF_RANGE (a side that there is not), MMP_FROZEN,
    BOOK_FULL.
    """
    tx = records[index]
    count = min(tx.number, PARTS + 1)
    for place in range(count):
        if not BUY <= records[index + place].side <= BOTH_SIDES:
            return Status.OUT_OF_RANGE
    if is_frozen(state, tx.account):
        return Status.MMP_FROZEN
    settle_touched(state, tx.account)
    before = read(state.accounts, tx.account).reserved_e8
    withdraw_quotes(state, records, index, count, receipt)
    most = receipt.cancelled + FILLS
    # What the earlier quotes reserved may be reserved again, even where margin is short: that makes nothing worse.
    room = max(reservable(state, tx.account), before - read(state.accounts, tx.account).reserved_e8)
    for place in range(count):
        for side in (BUY, SELL):
            quote = quote_of(records[index + place], side)
            if quote.quantity_e6 != 0:
                status, reserved = rest_quote(state, quote, room, most, receipt)
                room -= reserved
                if status == Status.BOOK_FULL:
                    return status
                if status != Status.OK:
                    receipt.dropped |= 1 << (2 * place + side)
    receipt.order = 0
    return Status.OK


@kernel
def withdraw_quotes(state: State, records: Sequence[Record], index: int, count: int, receipt: Record) -> None:
    """Remove the account's quotes on every instrument and side that the records name."""
    account_id = records[index].account
    for slot in range(OPEN_ORDERS):
        order_id = read(state.resting, account_id).order[slot]
        if order_id != 0:
            order = read(state.orders, order_id)
            if order.options & QUOTE != 0 and is_named(records, index, count, order):
                remove_order(state, order_id)
                receipt.cancelled += 1


@kernel
def is_named(records: Sequence[Record], index: int, count: int, order: Record) -> bool:
    """Is any of the records about an order's instrument and side?"""
    for place in range(index, index + count):
        if records[place].instrument == order.instrument and records[place].side in (order.side, BOTH_SIDES):
            return True
    return False


@kernel
def quote_of(tx: Record, side: int) -> Order:
    """A record's quote on one side, as an order; of no quantity where it has none there."""
    price, quantity = tx.price_e8, tx.quantity_e6
    if side == SELL:
        price, quantity = tx.amount_e8, tx.expected_e6
    if tx.side not in (side, BOTH_SIDES):
        quantity = 0
    options = int(QUOTE_OPTIONS)
    return Order(
        tx.account, tx.instrument, side, price, quantity, int(GOOD_TILL_CANCEL), options, tx.max_fee_e8, tx.timestamp_s, tx.nonce, 0
    )


@kernel
def rest_quote(state: State, quote: Order, room_e8: int, most: int, receipt: Record) -> tuple[int, int]:
    """Let one quote rest if it may, and if no more than `most` orders have ended by then: a status, and what it reserves."""
    status = check_quote(state, quote)
    if status == Status.OK:
        status = clear_way(state, quote, most, receipt)
    if status != Status.OK:
        return status, 0
    status, reserve = plan_rest(state, quote, quote.quantity_e6)
    if status != Status.OK:
        return status, 0
    if reserve > 0 and reserve > room_e8:
        return Status.INITIAL_MARGIN, 0
    if slot_of(read(state.resting, quote.account), 0) < 0:
        return Status.OPEN_ORDERS_FULL, 0
    return put_in_book(state, quote, quote.quantity_e6, 0, reserve, receipt), reserve


@kernel
def check_quote(state: State, quote: Order) -> int:
    """All checks of a quote that come before the book is looked at."""
    if quote.expiry_s != 0 and quote.expiry_s < read(state.system, 0).time_s:
        return Status.OUT_OF_RANGE
    status = check_contract(state, quote)
    if status == Status.OK:
        status = check_price(state, quote)
    if status == Status.OK:
        status = check_fees(state, quote, read(state.parameters, 0).maker_fee_e9)
    return status


@kernel
def clear_way(state: State, quote: Order, most: int, receipt: Record) -> int:
    """Remove orders that are over from where a quote would meet them: OK once it meets none.

    WOULD_CROSS where it does, or where QUOTE_ROWS or the `most` orders that may end are used up.
    """
    for _ in range(FILLS + 1):
        if touched(state.levels) >= QUOTE_ROWS:
            break
        maker_id = crossing_order(state, quote)
        if maker_id == 0:
            return Status.OK
        if receipt.cancelled == most or not is_over(state, read(state.orders, maker_id)):
            break
        end_maker(state, maker_id, receipt)
    return Status.WOULD_CROSS
