"""WITHDRAW_COLLATERAL: a market's underlying leaves for L1."""

from rollup.core.kernel import kernel
from rollup.market.assets import value_in_cash
from rollup.market.collateral import add_collateral, is_market
from rollup.market.risk import free_health, judge_since
from rollup.market.settling import settle_touched
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.table import read, write
from rollup.transition.outgoing import send_collateral
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_withdraw_collateral(state: State, tx: Record, receipt: Record) -> int:
    """Take `quantity_e6` of market `number`'s underlying out for `address` on L1; initial margin is kept. Never paused, and no haircut.

    Statuses: UNKNOWN_MARKET, OUT_OF_RANGE, INSUFFICIENT_COLLATERAL, INITIAL_MARGIN, STALE_ORACLE (where its price or others' are needed).
    """
    if not is_market(state, tx.number):
        return Status.UNKNOWN_MARKET
    if tx.quantity_e6 <= 0 or (tx.address[0] == 0 and tx.address[1] == 0 and tx.address[2] == 0):
        return Status.OUT_OF_RANGE
    if read(state.collateral, tx.account).quantity_e6[tx.number] < tx.quantity_e6:
        return Status.INSUFFICIENT_COLLATERAL
    settle_touched(state, tx.account)
    before = free_health(state, tx.account)
    add_collateral(state, tx.account, tx.number, -tx.quantity_e6)
    verdict = judge_since(state, tx.account, before, -value_in_cash(state, tx.number, tx.quantity_e6))
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    write(state.markets, tx.number).vault_e6 -= tx.quantity_e6
    send_collateral(state, tx.account, tx.address, tx.number, tx.quantity_e6, receipt)
    return Status.OK
