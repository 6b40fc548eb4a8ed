"""CANCEL_ALL: take all of an account's resting orders out of the book."""

from rollup.core.kernel import kernel
from rollup.market.book import remove_order
from rollup.state.layout import Record, State
from rollup.state.limits import OPEN_ORDERS
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def apply_cancel_all(state: State, tx: Record, receipt: Record) -> int:
    """Remove the account's orders, at most OPEN_ORDERS of them; OK also where there are none. Never paused."""
    for slot in range(OPEN_ORDERS):
        order_id = read(state.resting, tx.account).order[slot]
        if order_id != 0:
            remove_order(state, order_id)
            receipt.cancelled += 1
    return Status.OK
