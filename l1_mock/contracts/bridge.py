"""The bridge: money in by the queue, money out by a proof against a confirmed assertion.

One rule: what leaves was proved to be owed, under an assertion that was confirmed long enough ago, and leaves once. Exits need nobody's
consent and have no pause. (DISPUTE "Safety net".) Storage, by key:

    ("proven", assertion, message)   ProvenRecord
    ("finalized", message)           1 once it was paid

and what `l1_mock.contracts.escape` keeps.
"""

from dataclasses import dataclass
from typing import ClassVar

from l1_mock.contracts import escape
from l1_mock.contracts.framework import Call
from l1_mock.gas import keccak_cost
from rollup.dispute.game import Status
from rollup.l1.forced import encode_collateral, encode_deposit, encode_exit
from rollup.l1.withdrawal import WithdrawalInvalid, open_withdrawal
from rollup.state.limits import AMOUNT_MAX, QUANTITY_MAX


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """Immutables of the bridge. Delays are L1 blocks."""

    token: bytes
    inbox: bytes
    assertions: bytes
    queue_fee_wei: int
    claim_blocks: int
    assets: tuple[bytes, ...]
    """Tokens of the markets' underlyings, by market; zeros where one is not taken."""
    maturity_blocks: int
    airgap_blocks: int


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """A withdrawal proven under one assertion."""

    storage_slots: ClassVar[int] = 2

    recipient: bytes
    amount: int
    market: int
    """0 for cash, in 1e-8 USD; else whose underlying it is, in 1e-6 pieces."""
    block: int
    """When it was proven."""


RECORDS = (ProvenRecord, *escape.RECORDS)
"""Everything that the contract keeps which is not a number."""


def deposit(call: Call, account: int, amount_e8: int) -> int:
    """Take the sender's tokens and queue their deposit to an account, or to a new one of the sender's where it is 0; return its place.

    The token must have been approved. What has no account to go to is the transition's to handle, never lost here.
    """
    fixed = call.settings(BridgeSettings)
    call.require(0 < amount_e8 < AMOUNT_MAX, "the amount is zero or too large")
    call.require(account < 1 << 63, "no such account")
    call.require(call.call(fixed.token, "transferFrom", call.sender, call.address, amount_e8) is True, "the token was not transferred")
    index = call.call(fixed.inbox, "enqueue", encode_deposit(account, amount_e8, call.sender))
    assert isinstance(index, int)
    escape.note_deposit(call, index, amount_e8, 0)
    call.emit("Deposited", sender=call.sender, account=account, amount=amount_e8, entry=index)
    return index


def deposit_collateral(call: Call, market: int, account: int, quantity_e6: int) -> int:
    """Take the sender's tokens of a market's underlying and queue their deposit, as `deposit` does; return its place."""
    fixed = call.settings(BridgeSettings)
    token = token_of(fixed, market)
    call.require(market > 0 and any(token), "no such collateral")
    call.require(0 < quantity_e6 < QUANTITY_MAX, "the amount is zero or too large")
    call.require(account < 1 << 63, "no such account")
    call.require(call.call(token, "transferFrom", call.sender, call.address, quantity_e6) is True, "the token was not transferred")
    index = call.call(fixed.inbox, "enqueue", encode_collateral(market, account, quantity_e6, call.sender))
    assert isinstance(index, int)
    escape.note_deposit(call, index, quantity_e6, market)
    call.emit("CollateralDeposited", sender=call.sender, account=account, market=market, amount=quantity_e6, entry=index)
    return index


def token_of(fixed: BridgeSettings, market: int) -> bytes:
    """Return the token of a market's underlying, or that of cash for market 0; zeros where there is none."""
    if market == 0:
        return fixed.token
    return fixed.assets[market - 1] if market <= len(fixed.assets) else bytes(20)


def force_exit(call: Call, account: int, recipient: bytes) -> int:
    """Queue an exit of the sender's account for a fee: its orders are cancelled, all that is free goes to `recipient`; return its place.

    The sender's address is all the proof that it takes: no signature of the rollup's, and no nonce. Whether the account is the sender's
    is for the transition to say.
    """
    fixed = call.settings(BridgeSettings)
    call.require(account < 1 << 63, "no such account")
    call.require(recipient != bytes(20), "no recipient")
    call.require(call.value >= fixed.queue_fee_wei, "the fee is too low")
    index = call.call(fixed.inbox, "enqueue", encode_exit(account, call.sender, recipient), value=call.value)
    assert isinstance(index, int)
    call.emit("ExitQueued", sender=call.sender, account=account, recipient=recipient, entry=index)
    return index


def prove_withdrawal(call: Call, assertion: bytes, message: int, proof: bytes) -> None:
    """Show that a message is in the state that an assertion leads to. The clock of maturity starts; proven already is a no-op.

    The assertion may still be open. Proofs are kept by assertion, so one under a wrong assertion cannot stand in the way of another.
    """
    fixed = call.settings(BridgeSettings)
    if ("proven", assertion, message) in call.storage:
        return
    end_root, status, _ = _assertion(call, fixed, assertion)
    call.require(status in {Status.OPEN, Status.CONFIRMED}, "no such assertion, or a rejected one")
    call.charge(len(proof) // 32 * keccak_cost(64))
    try:
        recipient, amount, market = open_withdrawal(end_root, message, proof)
    except WithdrawalInvalid as error:
        call.revert(str(error))
    call.require(amount > 0, "there is no such message yet")
    call.storage["proven", assertion, message] = ProvenRecord(recipient, amount, market, call.block_number)
    call.emit("WithdrawalProven", assertion=assertion, message=message, recipient=recipient, amount=amount)


def finalize_withdrawal(call: Call, assertion: bytes, message: int) -> None:
    """Pay a proven withdrawal to its recipient: assertion confirmed, maturity and air-gap passed, and never twice. Anybody may call."""
    fixed = call.settings(BridgeSettings)
    proven = call.storage.find(("proven", assertion, message), ProvenRecord)
    if proven is None:
        call.revert("not proven under this assertion")
    call.require(("finalized", message) not in call.storage, "paid already")
    _, status, confirmed_at = _assertion(call, fixed, assertion)
    call.require(status == Status.CONFIRMED, "the assertion is not confirmed")
    call.require(call.block_number > proven.block + fixed.maturity_blocks, "the proof has not matured")
    call.require(call.block_number > confirmed_at + fixed.airgap_blocks, "the air-gap has not passed")
    call.storage["finalized", message] = 1
    token, whose = token_of(fixed, proven.market), {"assertion": assertion, "message": message, "recipient": proven.recipient}
    call.require(call.call(token, "transfer", proven.recipient, proven.amount) is True, "the token was not transferred")
    if proven.market:
        call.emit("CollateralFinalized", **whose, market=proven.market, amount=proven.amount)
    else:
        call.emit("WithdrawalFinalized", **whose, amount=proven.amount)


def prove_exit(call: Call, account: int, proof: bytes) -> None:
    """Show what an account is worth, once the rollup is closed."""
    escape.prove_exit(call, _hatch(call), account, proof)


def finalize_exit(call: Call, account: int) -> None:
    """Pay an account that was shown."""
    escape.finalize_exit(call, _hatch(call), account)


def reclaim_deposit(call: Call, entry: int) -> None:
    """Give back a deposit that was never taken, once the rollup is closed."""
    escape.reclaim_deposit(call, _hatch(call), entry)


def view_exit(call: Call, account: int) -> tuple[bytes, int, bool]:
    """Return the owner of an account that was shown, what it is owed, and whether it was paid; zeros where it was not shown."""
    found = call.storage.find(("exit", account), escape.ExitRecord)
    return (found.owner, found.owed_e8, bool(found.is_paid)) if found else (bytes(20), 0, False)


def _hatch(call: Call) -> escape.EscapeSettings:
    fixed = call.settings(BridgeSettings)
    return escape.EscapeSettings((fixed.token, *fixed.assets), fixed.inbox, fixed.assertions, fixed.claim_blocks)


def proven_at(call: Call, assertion: bytes, message: int) -> int:
    """Return the block in which a withdrawal was proven under an assertion, or 0."""
    proven = call.storage.find(("proven", assertion, message), ProvenRecord)
    return proven.block if proven else 0


def finalized(call: Call, message: int) -> bool:
    """Tell whether a withdrawal was paid."""
    return ("finalized", message) in call.storage


def _assertion(call: Call, fixed: BridgeSettings, identity: bytes) -> tuple[bytes, int, int]:
    """Return an assertion's end root, status, and block of its verdict."""
    found = call.call(fixed.assertions, "assertion", identity)
    assert isinstance(found, tuple)
    _parent, _batches, end_root, _root, _staker, _bond, _created, settled_at, status = found
    return end_root, status, settled_at
