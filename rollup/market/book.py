"""Resting orders: lists by age in each price level, and the slots that tell an account's own.

`older` and `newer` link the orders of a level; `oldest` is the first to be filled. Ids are reused, so an order is known by its id
and its nonce together.
"""

from rollup.core.kernel import kernel
from rollup.market.levels import add_level, drop_level, level_key
from rollup.state.layout import Record, State
from rollup.state.limits import OPEN_ORDERS, ORDER_BITS
from rollup.state.table import read, write


@kernel
def rest_order(state: State, tx: Record, quantity_e6: int, slot: int) -> int:
    """Append an order to its price level and to its account's slot; its id, or 0 where the book has no rows left."""
    ticks = tx.price_e8 // read(state.instruments, tx.instrument).tick_e8
    order_id = take_order(state)
    level_id = add_level(state, tx.instrument, tx.side, level_key(tx.side, ticks))
    if order_id == 0 or level_id == 0:
        return 0
    level = write(state.levels, level_id)
    order = write(state.orders, order_id)
    order.account, order.instrument, order.side = tx.account, tx.instrument, tx.side
    order.price_e8, order.quantity_e6, order.max_fee_e8 = tx.price_e8, quantity_e6, tx.max_fee_e8
    order.expiry_s, order.nonce, order.slot, order.level = tx.timestamp_s, tx.nonce, slot, level_id
    order.older, order.newer = level.newest, 0
    if level.newest == 0:
        level.oldest = order_id
    else:
        write(state.orders, level.newest).newer = order_id
    level.newest = order_id
    level.quantity_e6 += quantity_e6
    write(state.resting, tx.account).order[slot] = order_id
    write(state.accounts, tx.account).open_orders += 1
    return order_id


@kernel
def open_slot(resting: Record) -> int:
    """A free slot for a resting order, or -1."""
    for slot in range(OPEN_ORDERS):
        if resting.order[slot] == 0:
            return slot
    return -1


@kernel
def take_order(state: State) -> int:
    """A row for a new order: the last one freed, else a fresh one, else 0."""
    system = write(state.system, 0)
    order_id = system.order_free
    if order_id != 0:
        system.order_free = read(state.orders, order_id).newer
    elif system.orders + 1 < 1 << ORDER_BITS:
        system.orders += 1
        order_id = system.orders
    return int(order_id)


@kernel
def reduce_order(state: State, order_id: int, quantity_e6: int) -> None:
    """Take a filled quantity from a resting order; one that is filled leaves the book."""
    order = write(state.orders, order_id)
    if order.quantity_e6 == quantity_e6:
        remove_order(state, order_id)
        return
    order.quantity_e6 -= quantity_e6
    write(state.levels, order.level).quantity_e6 -= quantity_e6


@kernel
def remove_order(state: State, order_id: int) -> None:
    """Take an order out of its level, its account's slot and the book; its row goes to the free list."""
    order = write(state.orders, order_id)
    level = write(state.levels, order.level)
    if order.older == 0:
        level.oldest = order.newer
    else:
        write(state.orders, order.older).newer = order.newer
    if order.newer == 0:
        level.newest = order.older
    else:
        write(state.orders, order.newer).older = order.older
    level.quantity_e6 -= order.quantity_e6
    if level.oldest == 0:
        drop_level(state, order.instrument, order.side, level.key)
    write(state.resting, order.account).order[order.slot] = 0
    write(state.accounts, order.account).open_orders -= 1
    free_order(state, order_id)


@kernel
def cancel_orders(state: State, account_id: int) -> int:
    """Take all of an account's orders, at most OPEN_ORDERS, out of the book: how many there were."""
    cancelled = 0
    for slot in range(OPEN_ORDERS):
        order_id = read(state.resting, account_id).order[slot]
        if order_id != 0:
            remove_order(state, order_id)
            cancelled += 1
    return cancelled


@kernel
def free_order(state: State, order_id: int) -> None:
    """Clear a row and put it in front of the free list."""
    system = write(state.system, 0)
    order = write(state.orders, order_id)
    order.account, order.instrument, order.side, order.price_e8, order.quantity_e6, order.level = 0, 0, 0, 0, 0, 0
    order.older, order.slot, order.expiry_s, order.nonce, order.max_fee_e8 = 0, 0, 0, 0, 0
    order.newer = system.order_free
    system.order_free = order_id
