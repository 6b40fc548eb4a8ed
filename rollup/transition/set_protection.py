"""SET_PROTECTION: how much of an account's protected orders may be filled in an interval."""

from rollup.core.kernel import kernel
from rollup.state.layout import Record, State
from rollup.state.limits import PROTECTION_MAX_S, QUANTITY_MAX
from rollup.state.table import write
from rollup.transition.status import Status


@kernel
def apply_set_protection(state: State, tx: Record) -> int:
    """Set interval `number` and freeze `timestamp_s` (seconds), and the limits of quantity and net delta; this also ends a freeze.

    An interval of 0 ends the protection, a freeze of 0 lasts until it is set again, a limit of 0 is none; an interval needs a limit.
    What protection has struck stays dead. Statuses: OUT_OF_RANGE.
    """
    if not (0 <= tx.number <= PROTECTION_MAX_S and 0 <= tx.timestamp_s <= PROTECTION_MAX_S):
        return Status.OUT_OF_RANGE
    if not (0 <= tx.quantity_e6 < QUANTITY_MAX and 0 <= tx.expected_e6 < QUANTITY_MAX):
        return Status.OUT_OF_RANGE
    if tx.number > 0 and tx.quantity_e6 == 0 and tx.expected_e6 == 0:
        return Status.OUT_OF_RANGE
    protection = write(state.protections, tx.account)
    protection.interval_s, protection.freeze_s = tx.number, tx.timestamp_s
    protection.quantity_limit_e6, protection.delta_limit_e6 = tx.quantity_e6, tx.expected_e6
    protection.window_s, protection.filled_e6, protection.delta_e6, protection.frozen_until_s = 0, 0, 0, 0
    return Status.OK
