"""CANCEL: end one open order."""

from rollup.core.kernel import kernel
from rollup.market.book import is_open, remove_order
from rollup.state.layout import Record, State
from rollup.transition.status import Status


@kernel
def apply_cancel(state: State, tx: Record, receipt: Record) -> int:
    """Remove the account's order with id `order` and, if `number` is not 0, that nonce. UNKNOWN_ORDER if it is not there. Never paused."""
    if not is_open(state, tx.order, tx.account, tx.number):
        return Status.UNKNOWN_ORDER
    remove_order(state, tx.order)
    receipt.order = tx.order
    receipt.cancelled = 1
    return Status.OK
