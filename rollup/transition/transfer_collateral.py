"""TRANSFER_COLLATERAL: a market's underlying from one account to another."""

from rollup.core.kernel import kernel
from rollup.market.assets import value_in_cash
from rollup.market.collateral import add_collateral, has_room, is_market
from rollup.market.feeds import is_stale
from rollup.market.risk import free_health, judge_since
from rollup.market.settling import settle_touched
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_transfer_collateral(state: State, tx: Record) -> int:
    """Move `quantity_e6` of market `number`'s underlying to the account `counterparty`; the sender keeps its initial margin.

    Its price has to be known, since what receives it rests on that from then on: dust of an underlying whose feed is silent would keep
    anybody's account from withdrawing, and from being liquidated.

    Statuses: UNKNOWN_MARKET, OUT_OF_RANGE, UNKNOWN_COUNTERPARTY, PAUSED, INSUFFICIENT_COLLATERAL, OVERFLOW, INITIAL_MARGIN, STALE_ORACLE.
    """
    system = read(state.system, 0)
    if not is_market(state, tx.number):
        return Status.UNKNOWN_MARKET
    if tx.quantity_e6 <= 0:
        return Status.OUT_OF_RANGE
    if not 0 < tx.counterparty <= system.accounts or tx.counterparty == tx.account:
        return Status.UNKNOWN_COUNTERPARTY
    if system.time_s < system.paused_until_s:
        return Status.PAUSED
    if read(state.collateral, tx.account).quantity_e6[tx.number] < tx.quantity_e6:
        return Status.INSUFFICIENT_COLLATERAL
    if not has_room(state, tx.counterparty, tx.number, tx.quantity_e6):
        return Status.OVERFLOW
    if is_stale(state, read(state.feeds, read(state.markets, tx.number).spot_feed).timestamp_s):
        return Status.STALE_ORACLE
    settle_touched(state, tx.account)
    before = free_health(state, tx.account)
    add_collateral(state, tx.account, tx.number, -tx.quantity_e6)
    add_collateral(state, tx.counterparty, tx.number, tx.quantity_e6)
    return BY_VERDICT[judge_since(state, tx.account, before, -value_in_cash(state, tx.number, tx.quantity_e6))]
