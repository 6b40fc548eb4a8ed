"""SET_PARAMETER: the governor changes a parameter, from a time that he names."""

from rollup.core.kernel import kernel
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import PAUSE_MAX_S, TIME_MAX
from rollup.state.table import copy_row, read, write
from rollup.transition.model_parameters import PORTFOLIO_FIRST, set_model_parameter
from rollup.transition.parameters import HIGHEST, LOWEST, SETTABLE_LAST, Parameter, set_parameter
from rollup.transition.status import Status


@kernel
def apply_set_parameter(state: State, tx: Record) -> int:
    """Let parameter `order` be `number` from the first batch at or after `timestamp_s`.

    Changes that wait come into force together, at the latest of their times. Statuses: NOT_GOVERNOR, UNKNOWN_PARAMETER, OUT_OF_RANGE.
    """
    system = read(state.system, 0)
    if not same_address(tx.owner, system.governor):
        return Status.NOT_GOVERNOR
    if not 0 <= tx.order <= SETTABLE_LAST or LOWEST[tx.order] > HIGHEST[tx.order]:
        return Status.UNKNOWN_PARAMETER
    if tx.order == Parameter.PAUSE:
        return pause(state, tx.number)
    if not LOWEST[tx.order] <= tx.number <= HIGHEST[tx.order]:
        return Status.OUT_OF_RANGE
    if not system.time_s < tx.timestamp_s < TIME_MAX:
        return Status.OUT_OF_RANGE
    if read(state.parameters, 1).effective_s == 0:
        copy_row(state.parameters, 0, 1)
        copy_row(state.models, 0, 1)
        write(state.parameters, 1).effective_s = tx.timestamp_s
    coming = write(state.parameters, 1)
    coming.effective_s = max(coming.effective_s, tx.timestamp_s)
    if tx.order < PORTFOLIO_FIRST:
        set_parameter(coming, tx.order, tx.number)
    else:
        set_model_parameter(write(state.models, 1), tx.order, tx.number)
    return Status.OK


@kernel
def pause(state: State, until_s: int) -> int:
    """Stop risk-increasing actions until a time not too far off, which ends it by itself; 0 ends it now."""
    now = read(state.system, 0).time_s
    if until_s != 0 and not now <= until_s <= now + PAUSE_MAX_S:
        return Status.OUT_OF_RANGE
    write(state.system, 0).paused_until_s = until_s
    return Status.OK
