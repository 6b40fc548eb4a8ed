"""The state transition: one step, and a run of steps.

One rule: `apply` is total. Every record gives a receipt with a status, nothing raises, and a step that fails leaves no trace but,
where it was authorised, its used nonce. A transaction that needs several records is applied whole at its head; the step of a
continuation record is the identity.
"""

from collections.abc import Sequence

from rollup.core.kernel import entry, kernel
from rollup.state.layout import Record, State
from rollup.state.limits import FILLS
from rollup.state.table import commit, faulted, revert
from rollup.transition.authorise import authorise, use_nonces
from rollup.transition.dispatch import dispatch
from rollup.transition.kinds import Kind
from rollup.transition.status import REJECTED_FIRST, Status


@entry
def apply(state: State, records: Sequence[Record], index: int, receipt: Record) -> None:
    """Execute the step `records[index]`, whose continuation records follow it, and write its receipt. The caller commits."""
    tx = records[index]
    clear_receipt(receipt)
    if tx.kind == Kind.CONTINUATION:
        receipt.status = int(Status.CONTINUED)
        return
    status = authorise(state, records, index)
    if status == Status.OK:
        status = dispatch(state, records, index, receipt)
    if status != Status.OK:
        revert(state)
        clear_receipt(receipt)
    if status == Status.OK or status >= REJECTED_FIRST:
        use_nonces(state, records, index, receipt)
    if faulted(state):
        revert(state)
        clear_receipt(receipt)
        status = Status.FAULT
    receipt.status = int(status)


@entry
def apply_batch(state: State, records: Sequence[Record], receipts: Sequence[Record], first: int, last: int) -> None:
    """Execute and commit the steps from `first` to before `last`; `receipts` has a place for each record."""
    for index in range(first, last):
        apply(state, records, index, receipts[index])
        commit(state)


@kernel
def clear_receipt(receipt: Record) -> None:
    """Set every field to 0."""
    receipt.status, receipt.account, receipt.nonce, receipt.order, receipt.message = 0, 0, 0, 0, 0
    receipt.opened = 0
    receipt.filled_e6, receipt.cost_e8, receipt.fee_e8, receipt.fills, receipt.cancelled, receipt.dropped = 0, 0, 0, 0, 0, 0
    for place in range(FILLS):
        receipt.fill_order[place] = 0
        receipt.fill_account[place] = 0
        receipt.fill_quantity_e6[place] = 0
        receipt.fill_price_e8[place] = 0
