"""DEPOSIT_COLLATERAL: a market's underlying that came in through L1's bridge."""

from rollup.core.kernel import kernel
from rollup.market.collateral import add_collateral, has_room, is_market
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import MONEY_MAX, QUANTITY_MAX
from rollup.state.table import read, write
from rollup.transition.open_account import open_account
from rollup.transition.outgoing import send_collateral
from rollup.transition.status import Status


@kernel
def apply_deposit_collateral(state: State, tx: Record, receipt: Record) -> int:
    """Credit `quantity_e6` of market `number`'s underlying to the account named, or to a new one of `owner`, as DEPOSIT does cash.

    What no account can take goes back to `owner` on L1, in a message. Statuses: INVALID_FIELD.
    """
    if not is_market(state, tx.number) or not 0 < tx.quantity_e6 < QUANTITY_MAX:
        return Status.INVALID_FIELD
    account_id = account_for(state, tx)
    if account_id == 0:
        send_collateral(state, 0, tx.owner, tx.number, tx.quantity_e6, receipt)
        return Status.OK
    add_collateral(state, account_id, tx.number, tx.quantity_e6)
    write(state.markets, tx.number).vault_e6 += tx.quantity_e6
    receipt.account = account_id
    return Status.OK


@kernel
def account_for(state: State, tx: Record) -> int:
    """The account that a deposit goes to, opened if need be; 0 where the vault or the accounts are full."""
    system = read(state.system, 0)
    if read(state.markets, tx.number).vault_e6 + tx.quantity_e6 >= MONEY_MAX:
        return 0
    is_own = 0 < tx.account <= system.accounts and same_address(read(state.accounts, tx.account).owner, tx.owner)
    if is_own and has_room(state, tx.account, tx.number, tx.quantity_e6):
        return int(tx.account)
    return open_account(state, tx.owner)
