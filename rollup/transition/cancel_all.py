"""CANCEL_ALL: end all of an account's open orders."""

from rollup.core.kernel import kernel
from rollup.market.book import cancel_orders
from rollup.state.layout import Record, State
from rollup.transition.status import Status


@kernel
def apply_cancel_all(state: State, tx: Record, receipt: Record) -> int:
    """Remove the account's orders, at most OPEN_ORDERS of them; OK also where there are none. Never paused."""
    receipt.cancelled = cancel_orders(state, tx.account)
    return Status.OK
