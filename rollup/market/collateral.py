"""Holding a market's underlying itself: collateral beside cash, moved into accounts, between them, and out.

One rule: of each underlying, what all accounts hold is what L1 holds for them (`vault_e6` of its market).
"""

from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.market.auction_terms import ONE_Q60
from rollup.market.verdict import Verdict
from rollup.state.layout import State
from rollup.state.limits import ASSETS, QUANTITY_MAX
from rollup.state.table import read, write


@kernel
def is_market(state: State, market_id: int) -> bool:
    """Is there such a market, with a place for its underlying?"""
    return bool(0 < market_id < ASSETS and market_id <= read(state.system, 0).markets)


@kernel
def has_room(state: State, account_id: int, market_id: int, quantity_e6: int) -> bool:
    """Can an account hold so much more of an underlying?"""
    return bool(read(state.collateral, account_id).quantity_e6[market_id] + quantity_e6 < QUANTITY_MAX)


@kernel
def add_collateral(state: State, account_id: int, market_id: int, quantity_e6: int) -> None:
    """Add to what an account holds of an underlying (take from it, if negative); the caller has seen that it is there, and room."""
    write(state.collateral, account_id).quantity_e6[market_id] += quantity_e6


@kernel
def holds_collateral(state: State, account_id: int) -> bool:
    """Does an account hold any underlying?"""
    row, found = read(state.collateral, account_id), 0
    for market_id in range(1, ASSETS):
        found |= row.quantity_e6[market_id]
    return bool(found != 0)


@kernel
def hand_collateral(state: State, giver_id: int, taker_id: int, share_q60: int) -> int:
    """Hand over a share of every underlying, rounded down: a verdict on the taker."""
    for market_id in range(1, ASSETS):
        held = read(state.collateral, giver_id).quantity_e6[market_id]
        quantity = mul_div_down(held, share_q60, ONE_Q60)
        if quantity != 0:
            if not has_room(state, taker_id, market_id, quantity):
                return Verdict.OVERFLOW
            add_collateral(state, giver_id, market_id, -quantity)
            add_collateral(state, taker_id, market_id, quantity)
    return Verdict.PASS
