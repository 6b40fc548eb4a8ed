"""TRIGGER: anybody fires a stop-loss or take-profit whose price has come."""

from rollup.core.kernel import kernel
from rollup.market.book import remove_order
from rollup.market.matching import is_over
from rollup.market.order import fired_order
from rollup.market.reserve import reducible
from rollup.market.terms import REDUCE_ONLY, TRIGGER
from rollup.market.trigger import is_too_late, judge_trigger
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.order_entry import enter_order
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_trigger(state: State, tx: Record, receipt: Record) -> int:
    """Enter the waiting order `order` with nonce `number` as the order that it becomes; the receipt has its account and nonce.

    It keeps its id if it comes to rest, and is gone otherwise, also where it may only reduce and there is nothing to reduce. One whose own
    time, or whose instrument's, has come ends unfired. One that is refused as an order (margin, a fee above its maximum, not all to be had
    at once …) goes on waiting, as if nothing had happened. Statuses: UNKNOWN_ORDER, STALE_ORACLE, NOT_TRIGGERED, those of an order.
    """
    if not 0 < tx.order <= read(state.system, 0).orders:
        return Status.UNKNOWN_ORDER
    row = read(state.orders, tx.order)
    if row.options & TRIGGER == 0 or row.nonce != tx.number:
        return Status.UNKNOWN_ORDER
    receipt.account, receipt.nonce = row.account, row.nonce
    if is_over(state, row) or is_too_late(state, row):
        return end(state, tx.order, receipt)
    verdict = judge_trigger(state, row)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    if row.options & REDUCE_ONLY != 0 and reducible(state, row.account, row.instrument, row.side) == 0:
        return end(state, tx.order, receipt)
    return enter_order(state, fired_order(row), tx.order, read(state.accounts, row.account).reserved_e8, receipt)


@kernel
def end(state: State, order_id: int, receipt: Record) -> int:
    """End a waiting order that cannot trade any more."""
    remove_order(state, order_id)
    receipt.cancelled = 1
    return Status.OK
