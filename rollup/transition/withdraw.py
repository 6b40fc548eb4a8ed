"""WITHDRAW: cash leaves for L1, as a row of the outgoing messages that L1 can be shown a proof of."""

from rollup.core.kernel import kernel
from rollup.market.cash import pay_in
from rollup.market.insurance import insure
from rollup.market.risk import judge_made
from rollup.market.settling import settle_touched
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX, MONEY_MAX
from rollup.state.table import read
from rollup.transition.outgoing import pay_out
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_withdraw(state: State, tx: Record, receipt: Record) -> int:
    """Take `amount_e8` out for `address` on L1; initial margin is kept. Never paused: an exit is nobody's to stop.

    The fee goes to the insurance fund and the haircut to the deficit; together they take at most `max_fee_e8` of the amount. Cash may go
    below 0 where outrights, which were paid for in full, are worth more than is missing. No less than the least withdrawal, unless it is
    all that there is. Statuses: OUT_OF_RANGE, INSUFFICIENT_CASH, FEE_CAP, INITIAL_MARGIN, STALE_ORACLE (with positions that need a mark),
    OVERFLOW.
    """
    settle_touched(state, tx.account)
    cash = read(state.accounts, tx.account).cash_e8
    least = read(state.parameters, 0).withdrawal_min_e8
    if not 0 < tx.amount_e8 < AMOUNT_MAX or (tx.amount_e8 < least and tx.amount_e8 != cash):
        return Status.OUT_OF_RANGE
    if tx.address[0] == 0 and tx.address[1] == 0 and tx.address[2] == 0:
        return Status.OUT_OF_RANGE
    pay_in(state, tx.account, -tx.amount_e8)
    verdict = judge_made(state, tx.account, 0, 0, -tx.amount_e8, 0)
    if verdict == Verdict.MARGIN and cash < tx.amount_e8:
        return Status.INSUFFICIENT_CASH
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    fee = read(state.parameters, 0).withdrawal_fee_e8
    if tx.amount_e8 <= fee:
        return Status.INSUFFICIENT_CASH
    insure(state, fee)
    if read(state.system, 0).insurance_e8 >= MONEY_MAX:
        return Status.OVERFLOW
    receipt.fee_e8 = fee
    return pay_out(state, tx.account, tx.address, tx.amount_e8 - fee, tx.max_fee_e8 - fee, receipt)
