"""REVOKE_KEY: take a session key's powers back."""

from rollup.core.kernel import kernel
from rollup.state.layout import Record, State
from rollup.state.limits import SESSION_KEYS
from rollup.state.table import write
from rollup.transition.register_key import find_key
from rollup.transition.status import Status


@kernel
def apply_revoke_key(state: State, tx: Record) -> int:
    """Forget the session key `address`: it signs nothing from this step on, and its slot is free. UNKNOWN_KEY if there is none."""
    slot = find_key(state, tx)
    if slot < 0:
        return Status.UNKNOWN_KEY
    key = write(state.keys, tx.account * SESSION_KEYS + slot)
    key.scope, key.expiry_s = 0, 0
    for word in range(3):
        key.address[word] = 0
    return Status.OK
