"""DEPOSIT: money that came in through L1's bridge."""

from rollup.core.kernel import kernel
from rollup.market.cash import pay_in
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX, CASH_MAX, MONEY_MAX
from rollup.state.table import read, write
from rollup.transition.open_account import open_account
from rollup.transition.outgoing import send
from rollup.transition.status import Status


@kernel
def apply_deposit(state: State, tx: Record, receipt: Record) -> int:
    """Credit `amount_e8` to the account named, or to a new one of `owner` if there is none such that is his and has room.

    What no account can take goes back to `owner` on L1, in a message; so no money is lost by a mistake, or because the rollup is full.
    Statuses: INVALID_FIELD.
    """
    if not 0 < tx.amount_e8 < AMOUNT_MAX:
        return Status.INVALID_FIELD
    account_id = account_for(state, tx)
    if account_id == 0:
        send(state, 0, tx.owner, tx.amount_e8, receipt)
        return Status.OK
    pay_in(state, account_id, tx.amount_e8)
    write(state.system, 0).vault_e8 += tx.amount_e8
    receipt.account = account_id
    return Status.OK


@kernel
def account_for(state: State, tx: Record) -> int:
    """The account that a deposit goes to, opened if need be; 0 where the vault or the accounts are full."""
    system = read(state.system, 0)
    if system.vault_e8 + tx.amount_e8 >= MONEY_MAX:
        return 0
    if may_credit(state, tx):
        return int(tx.account)
    return open_account(state, tx.owner)


@kernel
def may_credit(state: State, tx: Record) -> bool:
    """Is the account there, the depositor's own, and able to hold the amount?"""
    if not 0 < tx.account <= read(state.system, 0).accounts:
        return False
    account = read(state.accounts, tx.account)
    return same_address(account.owner, tx.owner) and account.cash_e8 + tx.amount_e8 < CASH_MAX
