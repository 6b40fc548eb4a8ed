"""CANCEL_ALL: end an account's open orders, or those of a market, an expiry, an instrument, a side, or quotes."""

from rollup.core.kernel import kernel
from rollup.market.book import remove_order
from rollup.market.terms import BUY, BUYS_ONLY, CANCEL_ALL_BITS, QUOTE, QUOTES_ONLY, SELLS_ONLY
from rollup.state.layout import Record, State
from rollup.state.limits import OPEN_ORDERS
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def apply_cancel_all(state: State, tx: Record, receipt: Record) -> int:
    """Remove those of the account's orders, at most OPEN_ORDERS, that everything in the transaction is true of; OK also where none is.

    Never paused. Statuses: OUT_OF_RANGE.
    """
    if not 0 <= tx.options <= CANCEL_ALL_BITS:
        return Status.OUT_OF_RANGE
    for slot in range(OPEN_ORDERS):
        order_id = read(state.resting, tx.account).order[slot]
        if order_id != 0 and is_meant(state, tx, read(state.orders, order_id)):
            remove_order(state, order_id)
            receipt.cancelled += 1
    return Status.OK


@kernel
def is_meant(state: State, tx: Record, order: Record) -> bool:
    """Is a cancel about this order?"""
    instrument = read(state.instruments, order.instrument)
    if tx.instrument not in (0, order.instrument) or tx.number not in (0, instrument.market):
        return False
    if tx.timestamp_s not in (0, instrument.expiry_s):
        return False
    sides = tx.options & (BUYS_ONLY | SELLS_ONLY)
    if sides not in (0, BUYS_ONLY | SELLS_ONLY, BUYS_ONLY if order.side == BUY else SELLS_ONLY):
        return False
    return bool(tx.options & QUOTES_ONLY == 0 or order.options & QUOTE != 0)
