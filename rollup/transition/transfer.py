"""TRANSFER: cash from one account to another, which it may open."""

from rollup.core.kernel import kernel
from rollup.market.cash import pay_in
from rollup.market.risk import judge_made
from rollup.market.settling import settle_touched
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX, CASH_MAX
from rollup.state.table import read
from rollup.transition.open_account import open_account
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_transfer(state: State, tx: Record, receipt: Record) -> int:
    """Move `amount_e8` to the account `counterparty`, 0 for a new one of the same owner, which the receipt names as `opened`.

    The sender keeps its initial margin, cash or what outrights are worth. Nothing less than a least amount opens an account. Statuses:
    OUT_OF_RANGE, UNKNOWN_COUNTERPARTY, PAUSED, ACCOUNTS_FULL, OVERFLOW, INSUFFICIENT_CASH, INITIAL_MARGIN, STALE_ORACLE.
    """
    system = read(state.system, 0)
    if not 0 < tx.amount_e8 < AMOUNT_MAX:
        return Status.OUT_OF_RANGE
    if not 0 <= tx.counterparty <= system.accounts or tx.counterparty == tx.account:
        return Status.UNKNOWN_COUNTERPARTY
    if system.time_s < system.paused_until_s:
        return Status.PAUSED
    target = tx.counterparty
    if target == 0:
        if tx.amount_e8 < read(state.parameters, 0).account_min_e8:
            return Status.OUT_OF_RANGE
        target = receipt.opened = open_account(state, tx.owner)
    if target == 0:
        return Status.ACCOUNTS_FULL
    if read(state.accounts, target).cash_e8 + tx.amount_e8 >= CASH_MAX:
        return Status.OVERFLOW
    settle_touched(state, tx.account)
    cash = read(state.accounts, tx.account).cash_e8
    pay_in(state, tx.account, -tx.amount_e8)
    pay_in(state, target, tx.amount_e8)
    verdict = judge_made(state, tx.account, 0, 0, -tx.amount_e8, 0)
    if verdict == Verdict.MARGIN and cash < tx.amount_e8:
        return Status.INSUFFICIENT_CASH
    return BY_VERDICT[verdict]
