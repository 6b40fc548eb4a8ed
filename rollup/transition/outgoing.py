"""Messages: money on its way to L1, as rows that L1 can be shown a proof of.

One rule: the table of messages is a ring. A message keeps its row until as many came after it as there are rows, far more than a batch
has steps; L1 is shown it under the state root of its own batch, or any confirmed one soon after, and what is proven there stays so.
So there is no last message, and nobody can fill the table for others.
"""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.market.insurance import haircut
from rollup.state.layout import Record, State
from rollup.state.limits import MESSAGE_BITS
from rollup.state.table import read, write
from rollup.transition.status import Status

MESSAGES = 1 << MESSAGE_BITS
"""Rows of the ring."""


@kernel
def pay_out(state: State, account_id: int, recipient: Sequence[int], amount_e8: int, most_e8: int, receipt: Record) -> int:
    """Let money that has left an account's cash leave the vault, in a message. While there is a deficit it bears its part of it.

    Statuses: INSUFFICIENT_CASH where the vault does not hold it, or nothing remains of it; FEE_CAP where that part is more than `most_e8`.
    """
    system = read(state.system, 0)
    lost = haircut(state, amount_e8)
    if amount_e8 > system.vault_e8 + system.deficit_e8 or lost == amount_e8:
        return Status.INSUFFICIENT_CASH
    if lost > most_e8:
        return Status.FEE_CAP
    receipt.fee_e8 += lost
    system = write(state.system, 0)
    system.deficit_e8 -= lost
    system.vault_e8 -= amount_e8 - lost
    send(state, account_id, recipient, amount_e8 - lost, receipt)
    return Status.OK


@kernel
def send(state: State, account_id: int, recipient: Sequence[int], amount_e8: int, receipt: Record) -> None:
    """Write a message; its money is not in the vault. Numbers count from 1; 0 for the account where it never came to one."""
    system = write(state.system, 0)
    system.messages += 1
    message = write(state.messages, system.messages % MESSAGES)
    message.amount_e8, message.account, message.batch, message.number = amount_e8, account_id, system.batch - 1, system.messages
    message.market, message.quantity_e6 = 0, 0
    for word in range(3):
        message.recipient[word] = recipient[word]
    receipt.message = system.messages


@kernel
def send_collateral(state: State, account_id: int, recipient: Sequence[int], market_id: int, quantity_e6: int, receipt: Record) -> None:
    """Write a message of a market's underlying, which is not in its vault."""
    send(state, account_id, recipient, 0, receipt)
    message = write(state.messages, read(state.system, 0).messages % MESSAGES)
    message.market, message.quantity_e6 = market_id, quantity_e6
