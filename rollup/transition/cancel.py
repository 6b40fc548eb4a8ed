"""CANCEL: take one resting order out of the book."""

from rollup.core.kernel import kernel
from rollup.market.book import remove_order
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def apply_cancel(state: State, tx: Record, receipt: Record) -> int:
    """Remove the account's order with id `order` and, if `number` is not 0, that nonce. UNKNOWN_ORDER if it is not there. Never paused."""
    if not 0 < tx.order <= read(state.system, 0).orders:
        return Status.UNKNOWN_ORDER
    order = read(state.orders, tx.order)
    if order.account != tx.account or tx.number not in (0, order.nonce):
        return Status.UNKNOWN_ORDER
    remove_order(state, tx.order)
    receipt.order = tx.order
    receipt.cancelled = 1
    return Status.OK
