"""EXIT: the owner of an account asks for all its free cash, on L1 itself, without a signature of the rollup's."""

from rollup.core.kernel import kernel
from rollup.market.book import cancel_orders
from rollup.market.cash import pay_in
from rollup.market.feeds import is_stale
from rollup.market.margin import health
from rollup.market.terms import IN_AUCTION
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX
from rollup.state.table import read
from rollup.transition.outgoing import pay_out
from rollup.transition.status import Status


@kernel
def apply_exit(state: State, tx: Record, receipt: Record) -> int:
    """Cancel the account's orders and send `address` all the cash that its initial margin leaves. Never paused, and no least amount.

    OK also where there is no such cash: the orders are gone then. Statuses: INVALID_ACCOUNT, INVALID_SIGNER (not the owner),
    OUT_OF_RANGE (nobody's address), IN_AUCTION, INSUFFICIENT_CASH.
    """
    if not 0 < tx.account <= read(state.system, 0).accounts:
        return Status.INVALID_ACCOUNT
    account = read(state.accounts, tx.account)
    if not same_address(account.owner, tx.owner):
        return Status.INVALID_SIGNER
    if tx.address[0] == 0 and tx.address[1] == 0 and tx.address[2] == 0:
        return Status.OUT_OF_RANGE
    if account.status == IN_AUCTION:
        return Status.IN_AUCTION
    receipt.account = tx.account
    receipt.cancelled = cancel_orders(state, tx.account)
    amount = free_cash(state, tx.account)
    if amount <= 0:
        return Status.OK
    pay_in(state, tx.account, -amount)
    return pay_out(state, tx.account, tx.address, amount, amount, receipt)


@kernel
def free_cash(state: State, account_id: int) -> int:
    """Cash that an account can do without, 1e-8 USD; none while its positions cannot be judged."""
    cash = read(state.accounts, account_id).cash_e8
    initial, _, oldest = health(state, account_id, 0, 0, 0)
    if is_stale(state, oldest):
        return 0
    amount = min(cash, initial, AMOUNT_MAX - 1)
    after, _, _ = health(state, account_id, 0, 0, -amount)
    if after < 0:
        return 0
    return int(amount)
