"""WITHDRAW: cash leaves for L1, as a row of the outgoing messages that L1 can be shown a proof of."""

from rollup.core.kernel import kernel
from rollup.market.cash import pay_in
from rollup.market.insurance import haircut
from rollup.market.risk import judge_made
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX, MESSAGE_BITS
from rollup.state.table import read, write
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_withdraw(state: State, tx: Record, receipt: Record) -> int:
    """Take `amount_e8` out for `address` on L1; initial margin is kept. Never paused: an exit is nobody's to stop.

    Cash may go below 0 where outrights, which were paid for in full, are worth more than is missing. No less than the least withdrawal,
    unless it is all that there is. Statuses: OUT_OF_RANGE, INSUFFICIENT_CASH, MESSAGES_FULL,
    INITIAL_MARGIN, STALE_ORACLE (with positions that need a mark).
    """
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
    return send(state, tx, receipt)


@kernel
def send(state: State, tx: Record, receipt: Record) -> int:
    """Write the message, and let its money leave the vault. While there is a deficit it bears its part of it."""
    system = write(state.system, 0)
    if system.messages + 1 >= 1 << MESSAGE_BITS:
        return Status.MESSAGES_FULL
    lost = haircut(state, tx.amount_e8)
    if tx.amount_e8 > system.vault_e8 + system.deficit_e8 or lost == tx.amount_e8:
        return Status.INSUFFICIENT_CASH
    system.messages += 1
    system.deficit_e8 -= lost
    system.vault_e8 -= tx.amount_e8 - lost
    message = write(state.messages, system.messages)
    message.amount_e8, message.account, message.batch = tx.amount_e8 - lost, tx.account, system.batch - 1
    for word in range(3):
        message.recipient[word] = tx.address[word]
    receipt.message = system.messages
    return Status.OK
