"""REPLACE: an order takes the place of another one, or nothing happens."""

from rollup.core.kernel import kernel
from rollup.market.book import is_open, leave_book, reduce_order
from rollup.market.order import Order, signed_order
from rollup.market.protection import is_dead
from rollup.market.terms import GOOD_TILL_CANCEL
from rollup.state.layout import Record, State
from rollup.state.table import read, write
from rollup.transition.order_entry import check_fields, enter_order
from rollup.transition.status import Status
from rollup.transition.tradable import check_contract, check_fees


@kernel
def apply_replace(state: State, tx: Record, receipt: Record) -> int:
    """Let the signed order take the place of order `order` with nonce `number`, if exactly `expected_e6` of that is filled by now.

    It is an order of its own, on the same instrument and side, with nothing filled yet, and keeps the id for as long as it is open. Where
    nothing but the quantity changes, and to less, it keeps its place in the queue; else it is entered as any other, with the margin that
    the old one reserved. Statuses: UNKNOWN_ORDER, FILL_MISMATCH, those of an order; the old one stays then.
    """
    if tx.number == 0 or not is_open(state, tx.order, tx.account, tx.number):
        return Status.UNKNOWN_ORDER
    old = read(state.orders, tx.order)
    if old.filled_e6 != tx.expected_e6:
        return Status.FILL_MISMATCH
    order = signed_order(tx, old.instrument, old.side)
    if keeps_its_place(state, order, old):
        return shrink(state, order, tx.order, receipt)
    reserved = read(state.accounts, tx.account).reserved_e8
    if old.level != 0:
        leave_book(state, tx.order)
    return enter_order(state, order, tx.order, reserved, receipt)


@kernel
def keeps_its_place(state: State, order: Order, old: Record) -> bool:
    """Does an order ask for no more than one that rests, at the same price and in the same way?"""
    if old.level == 0 or order.time_in_force != GOOD_TILL_CANCEL or order.price_e8 != old.price_e8 or order.options != old.options:
        return False
    return bool(0 < order.quantity_e6 <= old.quantity_e6) and not is_dead(state, old)


@kernel
def shrink(state: State, order: Order, order_id: int, receipt: Record) -> int:
    """Take from a resting order what is not wanted any more, and let the rest be the new one."""
    status = check_fields(state, order)
    if status == Status.OK:
        status = check_contract(state, order)
    if status == Status.OK:
        status = check_fees(state, order, read(state.parameters, 0).maker_fee_e9)
    if status != Status.OK:
        return status
    row = write(state.orders, order_id)
    if row.quantity_e6 > order.quantity_e6:
        reduce_order(state, order_id, row.quantity_e6 - order.quantity_e6)
    row.nonce, row.expiry_s, row.max_fee_e8, row.filled_e6 = order.nonce, order.expiry_s, order.max_fee_e8, 0
    receipt.order = order_id
    return Status.OK
