"""The escape hatch of the bridge: how everybody leaves once the rollup is closed (`l1_mock.contracts.closing`).

One rule: what leaves is a part of what the last confirmed state says that L1 holds for its accounts, so all of it can be paid, once each.
Withdrawals out of that state are paid as ever, for their money had left the vault; deposits that it had not taken go back.

In two steps, so that nobody is too late by minutes: accounts are shown until `claim_blocks` after the closing, by anybody for their owners;
then each is paid its worth (`rollup.l1.exit_proof`), or if all together are owed more than there is, the same share of it. Who is shown
later is paid from what those in time have left.

What is kept back of an account's collateral for its debt is owed to whom the debt leaves short. The insurance fund has borne a debt first,
so where all are paid in full, what is kept back stays with the fund. Else those in time get it, in proportion to what each is owed: as much
of it as is worth, by the last prices, what they lack together. Debtors have to be shown in time for that, by whoever is short.
Storage, by key:

    ("exit", account)   ExitRecord               "exits"           ExitsRecord
    ("kept", market)    quantity kept back from those in time, 1e-6 pieces
    ("deposit", entry)  DepositRecord, until it was given back
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from l1_mock.contracts.framework import Call
from l1_mock.contracts.step_check import CallMeter
from rollup.l1.exit_proof import ExitInvalid, open_worth


@dataclass(frozen=True, slots=True)
class EscapeSettings:
    """Immutables of the escape hatch."""

    tokens: tuple[bytes, ...]
    """Cash, then the markets' underlyings."""
    inbox: bytes
    assertions: bytes
    claim_blocks: int


@dataclass(frozen=True, slots=True)
class ExitRecord:
    """An account that was shown: whose it is, what it is owed, and whether it was in time and is paid."""

    storage_slots: ClassVar[int] = 3

    owner: bytes
    owed_e8: int
    is_late: int
    is_paid: int
    collateral_e6: tuple[int, ...]
    """What it is given back of the markets' underlyings, by market."""


@dataclass(frozen=True, slots=True)
class ExitsRecord:
    """All of them together: what the vault held, what those in time are worth, and what is promised to those who came late."""

    storage_slots: ClassVar[int] = 2

    vault_e8: int
    claimed_e8: int
    late_e8: int
    kept_e8: int = 0
    """What is worth what is kept back, in cash."""

    @property
    def lacking_e8(self) -> int:
        """What those in time are owed beyond what there is."""
        return max(0, self.claimed_e8 - self.vault_e8)


@dataclass(frozen=True, slots=True)
class DepositRecord:
    """A deposit: to whom it goes back where the last confirmed state has not taken it."""

    storage_slots: ClassVar[int] = 1

    owner: bytes
    amount: int
    market: int
    """0 for cash."""


RECORDS = (ExitRecord, ExitsRecord, DepositRecord)
"""Everything that the hatch keeps."""


def prove_exit(call: Call, fixed: EscapeSettings, account: int, proof: bytes) -> None:
    """Show what an account is worth in the last confirmed state of a closed rollup. Once for each account; shown already is a no-op."""
    closed_at = _closed_at(call, fixed)
    if ("exit", account) in call.storage:
        return
    _, end_root = final_state(call, fixed)
    try:
        found = open_worth(end_root, account, proof, CallMeter(call))
    except ExitInvalid as error:
        call.revert(str(error))
    known = call.storage.get("exits", ExitsRecord(found.vault_e8, 0, 0))
    is_late = call.block_number > closed_at + fixed.claim_blocks
    if is_late:
        owed = min(found.worth_e8, max(0, known.vault_e8 - known.claimed_e8 - known.late_e8))
        call.storage["exits"] = replace(known, late_e8=known.late_e8 + owed)
    else:
        owed = found.worth_e8
        call.storage["exits"] = replace(known, claimed_e8=known.claimed_e8 + owed, kept_e8=known.kept_e8 + found.kept_e8)
        _keep(call, found.kept_e6)
    useful = any(found.collateral_e6) or (any(found.kept_e6) and not is_late)
    call.require(owed > 0 or useful, "nothing is owed to this account")
    call.storage["exit", account] = ExitRecord(found.owner, owed, int(is_late), 0, found.collateral_e6)
    call.emit("ExitProven", account=account, owner=found.owner, amount=owed)


def finalize_exit(call: Call, fixed: EscapeSettings, account: int) -> None:
    """Pay an account that was shown to its owner, once, after the time for showing them. Anybody may call."""
    record = call.storage.find(("exit", account), ExitRecord)
    if record is None:
        call.revert("the account was not shown")
    call.require(not record.is_paid, "paid already")
    call.require(call.block_number > _closed_at(call, fixed) + fixed.claim_blocks, "accounts may still be shown")
    exits = call.storage.get("exits", ExitsRecord(0, 0, 0))
    amount, more = record.owed_e8, [0] * len(record.collateral_e6)
    if not record.is_late and exits.lacking_e8:
        # Rounded down: the shares never add up to more than there is.
        amount = record.owed_e8 * exits.vault_e8 // exits.claimed_e8
        more = [_share(call, exits, market, record.owed_e8) for market in range(1, len(more) + 1)]
    call.storage["exit", account] = replace(record, is_paid=1)
    _pay(call, fixed.tokens[0], record.owner, amount)
    call.emit("ExitFinalized", account=account, owner=record.owner, amount=amount)
    for market, quantities in enumerate(zip(record.collateral_e6, more, strict=True), 1):
        quantity_e6 = sum(quantities)
        if quantity_e6:
            _pay(call, fixed.tokens[market], record.owner, quantity_e6)
            call.emit("CollateralReturned", account=account, owner=record.owner, market=market, amount=quantity_e6)


def _keep(call: Call, kept_e6: tuple[int, ...]) -> None:
    """Add what is kept back of one account's collateral to what those in time may get."""
    for market, quantity_e6 in enumerate(kept_e6, 1):
        if quantity_e6:
            call.storage["kept", market] = call.storage.get(("kept", market), 0) + quantity_e6


def _share(call: Call, exits: ExitsRecord, market: int, owed_e8: int) -> int:
    """Return what one who is owed so much, and lacks some of it, gets of what is kept back of a market's underlying; rounded down."""
    kept_e6 = call.storage.get(("kept", market), 0)
    if not kept_e6 or not exits.kept_e8:
        return 0
    return kept_e6 * min(exits.lacking_e8, exits.kept_e8) * owed_e8 // (exits.kept_e8 * exits.claimed_e8)


def note_deposit(call: Call, entry: int, amount: int, market: int) -> None:
    """Remember whose a deposit is, and of what; market 0 is cash."""
    call.storage["deposit", entry] = DepositRecord(call.sender, amount, market)


def reclaim_deposit(call: Call, fixed: EscapeSettings, entry: int) -> None:
    """Give back a deposit that the last confirmed state of a closed rollup has not taken, once. Anybody may call."""
    _closed_at(call, fixed)
    record = call.storage.find(("deposit", entry), DepositRecord)
    if record is None:
        call.revert("no such deposit, or given back already")
    batches, _ = final_state(call, fixed)
    taken = 0
    if batches:
        found = call.call(fixed.inbox, "batch", batches - 1)
        assert isinstance(found, tuple)
        taken = found[4]
    call.require(entry >= taken, "the last confirmed state has taken this deposit")
    del call.storage["deposit", entry]
    _pay(call, fixed.tokens[record.market], record.owner, record.amount)
    call.emit("DepositReclaimed", entry=entry, owner=record.owner, amount=record.amount)


def _pay(call: Call, token: bytes, owner: bytes, amount: int) -> None:
    call.require(call.call(token, "transfer", owner, amount) is True, "the token was not transferred")


def final_state(call: Call, fixed: EscapeSettings) -> tuple[int, bytes]:
    """Return the number of batches up to the last confirmed assertion, and its end root."""
    latest = call.call(fixed.assertions, "latestConfirmed")
    found = call.call(fixed.assertions, "assertion", latest)
    assert isinstance(found, tuple)
    return found[1], found[2]


def _closed_at(call: Call, fixed: EscapeSettings) -> int:
    """Return the block in which the rollup was closed; revert while it goes on."""
    found = call.call(fixed.assertions, "closed")
    assert isinstance(found, tuple)
    call.require(found[0] > 0, "the rollup is not closed")
    block = found[0]
    assert isinstance(block, int)
    return block
