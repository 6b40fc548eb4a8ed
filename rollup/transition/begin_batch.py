"""BEGIN_BATCH: time moves, and parameters that were waiting come into force."""

from rollup.core.kernel import kernel
from rollup.market.funding import accrue
from rollup.market.strain import await_batch
from rollup.state.layout import Record, State
from rollup.state.limits import MARKETS, NONCE_MAX, TIME_MAX
from rollup.state.table import copy_row, read, write
from rollup.transition.model_parameters import clear_models
from rollup.transition.parameters import clear_parameters
from rollup.transition.status import Status


@kernel
def apply_begin_batch(state: State, tx: Record) -> int:
    """Batch `amount_e8` begins at `timestamp_s` and takes L1's queue up to `number`. Time never moves back; INVALID_FIELD if it would."""
    system = read(state.system, 0)
    if not system.time_s <= tx.timestamp_s < TIME_MAX:
        return Status.INVALID_FIELD
    if not (system.batch <= tx.amount_e8 < NONCE_MAX and system.queue_next <= tx.number < NONCE_MAX):
        return Status.INVALID_FIELD
    system = write(state.system, 0)
    system.time_s = tx.timestamp_s
    system.batch = tx.amount_e8 + 1
    system.queue_next = tx.number
    await_batch(system)
    if 0 < read(state.parameters, 1).effective_s <= tx.timestamp_s:
        for market_id in range(1, min(read(state.system, 0).markets, MARKETS) + 1):
            accrue(state, market_id)
        version = read(state.parameters, 0).version
        copy_row(state.parameters, 1, 0)
        write(state.parameters, 0).version = version + 1
        clear_parameters(write(state.parameters, 1))
        copy_row(state.models, 1, 0)
        clear_models(write(state.models, 1))
    return Status.OK
