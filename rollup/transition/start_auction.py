"""START_AUCTION: anybody puts an account that lacks its maintenance margin up for sale."""

from rollup.core.kernel import kernel
from rollup.market.auction import Standing, begin_auction, is_hopeless, liquidation_fee, standing
from rollup.market.book import cancel_orders
from rollup.market.feeds import is_stale
from rollup.market.insurance import insure
from rollup.market.terms import IN_AUCTION, INSOLVENT, SOLVENT
from rollup.state.layout import Record, State
from rollup.state.limits import CASH_MAX, MONEY_MAX
from rollup.state.table import read, write
from rollup.transition.status import Status


@kernel
def apply_start_auction(state: State, tx: Record, receipt: Record) -> int:
    """Begin the auction of `counterparty`: solvent if its portfolio is worth something, else insolvent. Its orders are cancelled.

    From here to the end it cannot order, trade, transfer or withdraw. A solvent one pays the liquidation fee to the insurance fund.
    Statuses: UNKNOWN_COUNTERPARTY, IN_AUCTION, STALE_ORACLE, NOT_LIQUIDATABLE.
    """
    if not 0 < tx.counterparty <= read(state.system, 0).accounts:
        return Status.UNKNOWN_COUNTERPARTY
    if read(state.accounts, tx.counterparty).status == IN_AUCTION:
        return Status.IN_AUCTION
    stands = standing(state, tx.counterparty)
    if is_stale(state, stands[2]):
        return Status.STALE_ORACLE
    if stands[0] >= 0:
        return Status.NOT_LIQUIDATABLE
    receipt.cancelled = cancel_orders(state, tx.counterparty)
    if stands[1] > 0 and not is_hopeless(stands):
        receipt.fee_e8 = charge(state, tx.counterparty, stands)
        begin_auction(state, tx.counterparty, SOLVENT)
    else:
        begin_auction(state, tx.counterparty, INSOLVENT)
    return Status.OK


@kernel
def charge(state: State, account_id: int, stands: Standing) -> int:
    """Take the liquidation fee, or as much of it as leaves every number in its bounds: what was taken."""
    account = write(state.accounts, account_id)
    room = min(CASH_MAX - 1 + account.cash_e8, MONEY_MAX - 1 - read(state.system, 0).insurance_e8)
    fee = max(min(liquidation_fee(state, stands), room), 0)
    account.cash_e8 -= fee
    insure(state, fee)
    return int(fee)
