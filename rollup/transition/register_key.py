"""REGISTER_KEY: give a session key part of an account's powers for a while."""

from rollup.core.kernel import kernel
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import SESSION_KEYS, TIME_MAX
from rollup.state.table import read, write
from rollup.transition.kinds import SCOPES_ALL
from rollup.transition.status import Status


@kernel
def apply_register_key(state: State, tx: Record) -> int:
    """Give `address` the powers `scope` until `timestamp_s`, in place of what it had. Statuses: OUT_OF_RANGE, KEYS_FULL."""
    if not (0 < tx.scope <= SCOPES_ALL and read(state.system, 0).time_s <= tx.timestamp_s < TIME_MAX):
        return Status.OUT_OF_RANGE
    slot = find_key(state, tx)
    if slot < 0:
        slot = free_key(state, tx.account)
    if slot < 0:
        return Status.KEYS_FULL
    key = write(state.keys, tx.account * SESSION_KEYS + slot)
    key.scope, key.expiry_s = tx.scope, tx.timestamp_s
    for word in range(3):
        key.address[word] = tx.address[word]
    return Status.OK


@kernel
def find_key(state: State, tx: Record) -> int:
    """Slot of the key with the transaction's address, or -1."""
    for slot in range(SESSION_KEYS):
        key = read(state.keys, tx.account * SESSION_KEYS + slot)
        if key.scope != 0 and same_address(key.address, tx.address):
            return slot
    return -1


@kernel
def free_key(state: State, account_id: int) -> int:
    """A slot that is empty, or whose key has expired, or -1."""
    now = read(state.system, 0).time_s
    for slot in range(SESSION_KEYS):
        key = read(state.keys, account_id * SESSION_KEYS + slot)
        if key.scope == 0 or key.expiry_s < now:
            return slot
    return -1
