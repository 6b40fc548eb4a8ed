"""DEPOSIT: money that came in through L1's bridge."""

from rollup.core.kernel import kernel
from rollup.market.cash import pay_in
from rollup.market.terms import LIVE
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import ACCOUNT_BITS, AMOUNT_MAX, CASH_MAX, MONEY_MAX
from rollup.state.table import read, write
from rollup.transition.status import Status


@kernel
def apply_deposit(state: State, tx: Record, receipt: Record) -> int:
    """Credit `amount_e8` to the account named, or to a new one of `owner` if there is none such that is his and has room.

    So a mistaken account loses no money. Statuses: INVALID_FIELD, OVERFLOW, ACCOUNTS_FULL.
    """
    if not 0 < tx.amount_e8 < AMOUNT_MAX:
        return Status.INVALID_FIELD
    system = write(state.system, 0)
    if system.vault_e8 + tx.amount_e8 >= MONEY_MAX:
        return Status.OVERFLOW
    account_id = tx.account
    if not may_credit(state, tx):
        if system.accounts + 1 >= 1 << ACCOUNT_BITS:
            return Status.ACCOUNTS_FULL
        system.accounts += 1
        account_id = system.accounts
        opened = write(state.accounts, account_id)
        opened.status = LIVE
        for word in range(3):
            opened.owner[word] = tx.owner[word]
    pay_in(state, account_id, tx.amount_e8)
    system.vault_e8 += tx.amount_e8
    receipt.account = account_id
    return Status.OK


@kernel
def may_credit(state: State, tx: Record) -> bool:
    """Is the account there, the depositor's own, and able to hold the amount?"""
    if not 0 < tx.account <= read(state.system, 0).accounts:
        return False
    account = read(state.accounts, tx.account)
    return same_address(account.owner, tx.owner) and account.cash_e8 + tx.amount_e8 < CASH_MAX
