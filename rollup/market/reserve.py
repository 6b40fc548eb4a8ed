"""Open-order margin: what a resting order keeps of its account's initial health, so that it can be paid for when it is met.

One rule: an order reserves what an account that has nothing else would lack, by the standard model, if the order were filled: price,
fee and initial requirement of the new position, less what it would be paid. That is fixed when the order comes to rest, shrinks with it
as it is filled, and needs neither the account's margin model nor its portfolio. What closes a position reserves nothing: a reduce-only
order, and of another order as much as the position still covers beside the account's older orders on the same side.

Reserves stand in the way of new risk only: of orders, trades, transfers and withdrawals. A resting order that is met needs initial
margin, and is not refused for what other orders reserve.
"""

from rollup.core.kernel import kernel
from rollup.market.fees import cash_change
from rollup.market.order import Order
from rollup.market.positions import position_of, signed_quantity
from rollup.market.standard import standard_health
from rollup.market.terms import BUY, REDUCE_ONLY
from rollup.state.layout import State
from rollup.state.limits import OPEN_ORDERS
from rollup.state.table import read

NOBODY = 0
"""The null account: it has no cash and no positions."""


@kernel
def reserve_of(state: State, order: Order, quantity_e6: int, fee_e8: int) -> int:
    """What `quantity_e6` of an order reserves, 1e-8 USD, at a fee for one contract; it may be more than may be reserved (RESERVE_MAX)."""
    if order.options & REDUCE_ONLY != 0:
        return 0
    adds = quantity_e6 - min(quantity_e6, covered(state, order))
    if adds == 0:
        return 0
    cash = cash_change(order.side, adds, order.price_e8, fee_e8)
    initial, _, _ = standard_health(state, NOBODY, order.instrument, signed_quantity(order.side, adds), cash)
    return max(-initial, 0)


@kernel
def covered(state: State, order: Order) -> int:
    """How much of an order could only close what its account holds, all its orders that rest on the same side being filled before."""
    open_e6 = closable(state, order.account, order.instrument, order.side)
    if open_e6 == 0:
        return 0
    for slot in range(OPEN_ORDERS):
        order_id = read(state.resting, order.account).order[slot]
        if order_id != 0:
            other = read(state.orders, order_id)
            if other.level != 0 and other.instrument == order.instrument and other.side == order.side:
                open_e6 -= other.quantity_e6
    return max(open_e6, 0)


@kernel
def closable(state: State, account_id: int, instrument_id: int, side: int) -> int:
    """The quantity of a position that buying, or selling, would close; 0 where it would open or add to one."""
    held = position_of(state, account_id, instrument_id)
    if side == BUY:
        return max(-held, 0)
    return max(held, 0)


@kernel
def reducible(state: State, account_id: int, instrument_id: int, side: int) -> int:
    """The whole lots that a reduce-only order may trade now."""
    lot = read(state.instruments, instrument_id).lot_e6
    return int(closable(state, account_id, instrument_id, side) // lot * lot)
