"""Open orders: their rows, the slots that tell an account's own, and lists by age in each price level of the book.

`older` and `newer` link the orders of a level; `oldest` is the first to be filled. Ids are reused, so an order is known by its id
and its nonce together. An open order without a level is not in the book: it waits for its trigger.
"""

from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.market.levels import add_level, drop_level, level_key
from rollup.market.order import Order
from rollup.state.layout import Record, State
from rollup.state.limits import OPEN_ORDERS, ORDER_BITS
from rollup.state.table import read, write


@kernel
def open_order(state: State, account_id: int, slot: int) -> int:
    """Give an account a row for an order, in one of its free slots: the order's id, or 0 where there are no rows left."""
    order_id = take_order(state)
    if order_id != 0:
        write(state.orders, order_id).account = account_id
        write(state.resting, account_id).order[slot] = order_id
        write(state.accounts, account_id).open_orders += 1
    return order_id


@kernel
def slot_of(resting: Record, order_id: int) -> int:
    """The slot that holds one of an account's orders, a free one if the id is 0, or -1."""
    for slot in range(OPEN_ORDERS):
        if resting.order[slot] == order_id:
            return slot
    return -1


@kernel
def take_order(state: State) -> int:
    """A row for a new order: the last one freed, else a fresh one, else 0."""
    system = write(state.system, 0)
    order_id = system.order_free
    if order_id != 0:
        system.order_free = read(state.orders, order_id).newer
        write(state.orders, order_id).newer = 0
    elif system.orders + 1 < 1 << ORDER_BITS:
        system.orders += 1
        order_id = system.orders
    return int(order_id)


@kernel
def set_terms(state: State, order_id: int, order: Order, quantity_e6: int, filled_e6: int) -> None:
    """Write what an order asks for into its row: `quantity_e6` of it remains, `filled_e6` is filled."""
    row = write(state.orders, order_id)
    row.instrument, row.side, row.price_e8, row.quantity_e6 = order.instrument, order.side, order.price_e8, quantity_e6
    row.expiry_s, row.nonce, row.max_fee_e8 = order.expiry_s, order.nonce, order.max_fee_e8
    row.options, row.filled_e6, row.trigger_e8 = order.options, filled_e6, order.trigger_e8


@kernel
def join_book(state: State, order_id: int, reserved_e8: int) -> bool:
    """Append an open order to its price level, and reserve margin for it; false where the book has no rows left."""
    order = write(state.orders, order_id)
    ticks = order.price_e8 // read(state.instruments, order.instrument).tick_e8
    level_id = add_level(state, order.instrument, order.side, level_key(order.side, ticks))
    if level_id == 0:
        return False
    level = write(state.levels, level_id)
    order.level, order.older, order.newer = level_id, level.newest, 0
    if level.newest == 0:
        level.oldest = order_id
    else:
        write(state.orders, level.newest).newer = order_id
    level.newest = order_id
    level.quantity_e6 += order.quantity_e6
    order.reserved_e8 = reserved_e8
    write(state.accounts, order.account).reserved_e8 += reserved_e8
    return True


@kernel
def reduce_order(state: State, order_id: int, quantity_e6: int) -> None:
    """Take a quantity from a resting order, and its share from what it reserves (rounded down); one without any left is gone."""
    order = write(state.orders, order_id)
    if order.quantity_e6 == quantity_e6:
        remove_order(state, order_id)
        return
    released = mul_div_down(order.reserved_e8, quantity_e6, order.quantity_e6)
    order.reserved_e8 -= released
    order.quantity_e6 -= quantity_e6
    write(state.accounts, order.account).reserved_e8 -= released
    write(state.levels, order.level).quantity_e6 -= quantity_e6


@kernel
def leave_book(state: State, order_id: int) -> None:
    """Take an order out of its price level, and release what it reserves; it stays open."""
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
    write(state.accounts, order.account).reserved_e8 -= order.reserved_e8
    order.level, order.older, order.newer, order.reserved_e8 = 0, 0, 0, 0


@kernel
def remove_order(state: State, order_id: int) -> None:
    """End an open order, wherever it is; its row goes to the free list."""
    order = write(state.orders, order_id)
    if order.level != 0:
        leave_book(state, order_id)
    resting = write(state.resting, order.account)
    resting.order[slot_of(resting, order_id)] = 0
    write(state.accounts, order.account).open_orders -= 1
    free_order(state, order_id)


@kernel
def cancel_orders(state: State, account_id: int) -> int:
    """End all of an account's open orders, at most OPEN_ORDERS: how many there were."""
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
    order.older, order.expiry_s, order.nonce, order.max_fee_e8 = 0, 0, 0, 0
    order.options, order.filled_e6, order.reserved_e8, order.trigger_e8 = 0, 0, 0, 0
    order.newer = system.order_free
    system.order_free = order_id


@kernel
def is_open(state: State, order_id: int, account_id: int, nonce: int) -> bool:
    """Is there an open order of this id, of this account and, unless that is 0, with this nonce?"""
    if not 0 < order_id <= read(state.system, 0).orders:
        return False
    order = read(state.orders, order_id)
    return bool(order.account == account_id) and nonce in (0, order.nonce)
