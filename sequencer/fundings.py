"""What there is to do about funding: positions in perpetuals that have funding to pay or to get. Pure: a machine in.

One rule: a view looks at a bounded part of the accounts and says where the next part begins.
"""

from rollup.core.errors import shown
from rollup.core.instrument_names import PERPETUAL
from rollup.core.transport import JSON, RpcError
from rollup.market.positions import funding_due
from rollup.state.limits import ACCOUNT_BITS
from rollup.state.table import read
from rollup.transition.machine import Machine
from sequencer.listings import ACCOUNTS_SCANNED, MOST
from sequencer.looking import INVALID_PARAMS
from sequencer.naming import scalar
from sequencer.valuing import positions_of


def fundings_view(machine: Machine, first: int = 1) -> JSON:
    """Return positions of accounts from `first` on whose funding is due, and what it adds to their cash; `next` is null at the end.

    Raises RpcError for a number that no account can have.
    """
    if not 0 < first < 1 << ACCOUNT_BITS:
        raise RpcError(INVALID_PARAMS, f"{shown(first)} is no account's number")
    state, accounts = machine.fork(()).state, scalar(machine.row("system", 0), "accounts")
    positions: list[JSON] = []
    number = first
    while number <= accounts and number < first + ACCOUNTS_SCANNED and len(positions) < MOST:
        if scalar(machine.row("accounts", number), "positions"):
            held = [each for each, _ in positions_of(state, number) or [] if read(state.instruments, each).option_type == PERPETUAL]
            dues = [(each, funding_due(state, number, each)) for each in held]
            positions += [{"account": number, "instrument": each, "due_e8": due} for each, due in dues if due]
        number += 1
    return {"positions": positions, "next": number if number <= accounts else None}
