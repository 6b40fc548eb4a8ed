"""Who may do what: provenance, signature, owner, session key and nonce, before anything is executed.

Order of checks (MARKET, transactions): decode → expiry → signature → signer → nonce → scope. The nonce comes before the scope, since
a signer without the scope is REJECTED, which uses the nonce.
"""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.market.terms import IN_AUCTION
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import NONCE_AHEAD_S, NONCE_MAX, NONCES_A_SECOND, SESSION_KEYS
from rollup.state.table import read, write
from rollup.transition.kinds import NONCELESS, SCOPE_OWNER, SCOPE_TRADE, SCOPE_TRANSFER, SCOPE_WITHDRAW, SIGNED_FIRST, SIGNED_LAST, Kind
from rollup.transition.parts import has_parts, is_mirrored
from rollup.transition.status import REJECTED_FIRST, Status

POSTED = 0
"""Source of a record: a batch's body."""
QUEUED = 1
"""Source of a record: L1's queue."""
HEADER = 2
"""Source of a record: a batch's header."""

OWNER = -1
"""What `signer_scope` gives for the owner."""
STRANGER = 0
"""What `signer_scope` gives for neither the owner nor a live session key."""


@kernel
def authorise(state: State, records: Sequence[Record], index: int) -> int:
    """May this step be executed? OK, an INVALID status, KEY_SCOPE or IN_AUCTION."""
    tx = records[index]
    if not has_provenance(tx):
        return Status.INVALID_KIND
    if not SIGNED_FIRST <= tx.kind <= SIGNED_LAST:
        return Status.OK
    if not has_parts(records, index):
        return Status.INVALID_PARTS
    now = read(state.system, 0).time_s
    for place in range(index, index + tx.parts + 1):
        if records[place].expiry_s < now:
            return Status.INVALID_EXPIRED
        if records[place].authentic != 1:
            return Status.INVALID_SIGNATURE
    if tx.kind in NONCELESS:
        return Status.OK
    # Who has not signed the same trade has no part in it: his nonce is not for others to use up.
    if tx.kind == Kind.EXECUTE_BLOCK and not is_mirrored(records, index):
        return Status.INVALID_TERMS
    status = authorise_account(state, tx, tx.kind)
    if tx.kind == Kind.EXECUTE_BLOCK and (status == Status.OK or status >= REJECTED_FIRST):
        other = authorise_account(state, records[index + tx.number], tx.kind)
        if other != Status.OK:
            return other
    return status


@kernel
def has_provenance(tx: Record) -> bool:
    """Did the record come the way that its kind has to come?"""
    if tx.kind == Kind.BEGIN_BATCH:
        return bool(tx.source == HEADER)
    if tx.kind in (Kind.DEPOSIT, Kind.EXIT, Kind.DEPOSIT_COLLATERAL, Kind.POSTED):
        return bool(tx.source == QUEUED)
    return bool(SIGNED_FIRST <= tx.kind <= SIGNED_LAST) and tx.source in (POSTED, QUEUED)


@kernel
def authorise_account(state: State, tx: Record, kind: int) -> int:
    """Is the account there, the owner its owner, the signer one of its own, the nonce unused, and the scope enough?"""
    if not 0 < tx.account <= read(state.system, 0).accounts:
        return Status.INVALID_ACCOUNT
    account = read(state.accounts, tx.account)
    if not same_address(tx.owner, account.owner):
        return Status.INVALID_SIGNER
    scope = signer_scope(state, tx)
    if scope == STRANGER:
        return Status.INVALID_SIGNER
    if not account.nonce < tx.nonce < NONCE_MAX or (scope != OWNER and is_far_ahead(state, tx.nonce)):
        return Status.INVALID_NONCE
    if scope != OWNER and scope & required_scope(kind) == 0:
        return Status.KEY_SCOPE
    if account.status == IN_AUCTION and moves_assets(kind):
        return Status.IN_AUCTION
    return Status.OK


@kernel
def signer_scope(state: State, tx: Record) -> int:
    """OWNER, the scope of the account's session key that signed, or STRANGER."""
    return scope_in(state, tx, tx.account)


@kernel
def scope_in(state: State, tx: Record, account_id: int) -> int:
    """What the signer may do in an account of the owner's: OWNER, the scope of the session key there that signed, or STRANGER."""
    if same_address(tx.signer, tx.owner):
        return OWNER
    now = read(state.system, 0).time_s
    for slot in range(SESSION_KEYS):
        key = read(state.keys, account_id * SESSION_KEYS + slot)
        if key.scope != 0 and key.expiry_s >= now and same_address(tx.signer, key.address):
            return int(key.scope)
    return STRANGER


@kernel
def is_far_ahead(state: State, nonce: int) -> bool:
    """Is a nonce beyond what a clock of nanoseconds says? Else a session key could use up all, and its owner never act again."""
    return bool(nonce // NONCES_A_SECOND > read(state.system, 0).time_s + NONCE_AHEAD_S)


@kernel
def required_scope(kind: int) -> int:
    """The scope that a session key needs for a kind."""
    if kind in (Kind.TRANSFER, Kind.TRANSFER_POSITION, Kind.TRANSFER_COLLATERAL):
        return SCOPE_TRANSFER
    if kind in (Kind.WITHDRAW, Kind.WITHDRAW_COLLATERAL):
        return SCOPE_WITHDRAW
    if kind in (Kind.REGISTER_KEY, Kind.REVOKE_KEY, Kind.SET_PARAMETER, Kind.SET_MARGIN_MODEL, Kind.SET_SCENARIO):
        return SCOPE_OWNER
    return SCOPE_TRADE


@kernel
def moves_assets(kind: int) -> bool:
    """Does a kind need an account that is its owner's to dispose of? Keys, cancels and what is done for others do not."""
    free = (
        Kind.REGISTER_KEY,
        Kind.REVOKE_KEY,
        Kind.CANCEL,
        Kind.CANCEL_ALL,
        Kind.SET_PROTECTION,
        Kind.SETTLE,
        Kind.SET_PARAMETER,
        Kind.SET_SCENARIO,
        Kind.START_AUCTION,
        Kind.END_AUCTION,
        Kind.DELEVERAGE,
    )
    return kind not in free


@kernel
def use_nonces(state: State, records: Sequence[Record], index: int, receipt: Record) -> None:
    """Use the nonce of each account that has authorised the transaction."""
    tx = records[index]
    if not SIGNED_FIRST <= tx.kind <= SIGNED_LAST or tx.kind in NONCELESS:
        return
    receipt.account = tx.account
    receipt.nonce = tx.nonce
    write(state.accounts, tx.account).nonce = tx.nonce
    if tx.kind == Kind.EXECUTE_BLOCK:
        part = records[index + tx.number]
        account = write(state.accounts, part.account)
        account.nonce = max(account.nonce, part.nonce)
