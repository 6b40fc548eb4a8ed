"""TRANSFER: cash from one account to another."""

from rollup.core.kernel import kernel
from rollup.market.cash import pay_in
from rollup.market.risk import judge_made
from rollup.market.settling import settle_touched
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX, CASH_MAX
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_transfer(state: State, tx: Record) -> int:
    """Move `amount_e8` to the account `counterparty`; the sender keeps its initial margin, cash or what outrights are worth."""
    system = read(state.system, 0)
    if not 0 < tx.amount_e8 < AMOUNT_MAX:
        return Status.OUT_OF_RANGE
    if not 0 < tx.counterparty <= system.accounts or tx.counterparty == tx.account:
        return Status.UNKNOWN_COUNTERPARTY
    if system.time_s < system.paused_until_s:
        return Status.PAUSED
    if read(state.accounts, tx.counterparty).cash_e8 + tx.amount_e8 >= CASH_MAX:
        return Status.OVERFLOW
    settle_touched(state, tx.account)
    cash = read(state.accounts, tx.account).cash_e8
    pay_in(state, tx.account, -tx.amount_e8)
    pay_in(state, tx.counterparty, tx.amount_e8)
    verdict = judge_made(state, tx.account, 0, 0, -tx.amount_e8, 0)
    if verdict == Verdict.MARGIN and cash < tx.amount_e8:
        return Status.INSUFFICIENT_CASH
    return BY_VERDICT[verdict]
