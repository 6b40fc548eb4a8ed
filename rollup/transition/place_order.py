"""PLACE_ORDER: a new order."""

from rollup.core.kernel import kernel
from rollup.market.order import signed_order
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.order_entry import enter_order


@kernel
def apply_place_order(state: State, tx: Record, receipt: Record) -> int:
    """Enter the signed order (`rollup.transition.order_entry`): its fills, and the id of what rests, are in the receipt."""
    reserved = read(state.accounts, tx.account).reserved_e8
    return enter_order(state, signed_order(tx, tx.instrument, tx.side), 0, reserved, receipt)
