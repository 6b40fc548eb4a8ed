"""POSTED: L1 tells, through its queue, how many batches it has. So the state learns of its own lag from L1 alone.

Nobody signs it and nobody can make it up: the inbox writes it out of its own storage when anybody asks for it
(`l1_mock.contracts.inbox.note_posted`), and like a deposit it is part of the queue's accumulator. A batch cannot know when it will be
posted itself, since the sequencer answers for it before; so the state takes the time from the beginning of a batch until it is told that
L1 has it. While a batch is waited for, none other is; the next one to begin after L1 has told is the next that is waited for, so an idle
rollup waits for none.
"""

from rollup.core.kernel import kernel
from rollup.market.strain import note_posted
from rollup.state.layout import Record, State
from rollup.state.limits import NONCE_MAX
from rollup.transition.status import Status


@kernel
def apply_posted(state: State, tx: Record) -> int:
    """L1 has `number` batches. Statuses: INVALID_FIELD."""
    if not 0 <= tx.number < NONCE_MAX:
        return Status.INVALID_FIELD
    note_posted(state, tx.number)
    return Status.OK
