"""Books in a whole state (invariant 6): trees, levels, links, slots and free lists, each walked from its root."""

from collections.abc import Iterator, Mapping
from typing import Any

from rollup.audit.rows import row_of, system_of
from rollup.audit.violation import BOOK, ensure
from rollup.market.levels import BRANCH, LEVEL, level_key
from rollup.market.terms import BUY, SELL, TRIGGER
from rollup.state.layout import Record, State
from rollup.state.limits import LEVEL_BITS, OPEN_ORDERS, RESERVE_MAX


def check_book(state: State) -> None:
    """Trees, levels, orders, slots and free lists agree, and no book is crossed."""
    live_orders: set[int] = set()
    nodes: set[int] = set()
    system = system_of(state)
    for i in range(1, system.instruments + 1):
        best: dict[int, int] = {}
        for side in (BUY, SELL):
            levels = list(walk(state, row_of(state, "instruments", i).book[side], nodes))
            keys = [level.key for level in levels]
            ensure(keys == sorted(set(keys)), BOOK, f"keys of instrument {i}")
            for level in levels:
                check_level(state, level, i, side, live_orders)
            if keys:
                best[side] = keys[0]
        crossed = len(best) == 2 and level_key(BUY, best[BUY]) >= best[SELL]
        ensure(not crossed, BOOK, f"book of instrument {i} is crossed")
    check_slots(state, live_orders)
    orders: Any = state.orders.rows
    levels_: Any = state.levels.rows
    check_free(orders, system.order_free, "newer", set(range(1, system.orders + 1)) - live_orders)
    check_free(levels_, system.level_free, "zero", set(range(1, system.levels + 1)) - nodes)


def walk(state: State, node: int, nodes: set[int], above: int = LEVEL_BITS) -> Iterator[Record]:
    """Yield the levels under a node, in order of key; each node is met once, and bits fall on the way down."""
    if node == 0:
        return
    ensure(node not in nodes, BOOK, f"node {node} hangs in two places")
    nodes.add(node)
    row = row_of(state, "levels", node)
    if row.kind == LEVEL:
        yield row
        return
    ensure(row.kind == BRANCH, BOOK, f"node {node} has kind {row.kind}")
    ensure(0 <= row.bit < above, BOOK, f"bit of node {node}")
    for child, bit in ((row.zero, 0), (row.one, 1)):
        ensure(child != 0, BOOK, f"branch {node} lacks a child")
        for level in walk(state, child, nodes, row.bit):
            ensure(level.key >> row.bit & 1 == bit, BOOK, f"key {level.key} on the wrong side of bit {row.bit}")
            yield level


def check_level(state: State, level: Record, instrument: int, side: int, live_orders: set[int]) -> None:
    """Check that a level's orders are linked both ways, oldest first, and its quantity is their sum; add them to those that live."""
    ensure(level.oldest != 0, BOOK, f"an empty level of instrument {instrument}")
    older, order_id, total = 0, level.oldest, 0
    while order_id != 0:
        order = row_of(state, "orders", order_id)
        ensure(order_id not in live_orders, BOOK, f"order {order_id} rests twice")
        live_orders.add(order_id)
        ensure((order.instrument, order.side, order.older) == (instrument, side, older), BOOK, f"links of order {order_id}")
        ensure(order.quantity_e6 > 0, BOOK, f"order {order_id} has nothing left")
        tick_e8 = row_of(state, "instruments", instrument).tick_e8
        ensure(order.price_e8 == level_key(side, level.key) * tick_e8, BOOK, f"price of order {order_id}")
        ensure(row_of(state, "levels", order.level).key == level.key, BOOK, f"level of order {order_id}")
        ensure(order_id in row_of(state, "resting", order.account).order, BOOK, f"slot of order {order_id}")
        total += order.quantity_e6
        older, order_id = order_id, order.newer
    ensure(older == level.newest, BOOK, "newest order of a level")
    ensure(total == level.quantity_e6, BOOK, "quantity of a level")


def check_slots(state: State, live_orders: set[int]) -> None:
    """Check that accounts know their open orders and no others, and reserve what these do; add those that wait to those that live."""
    known: list[int] = []
    waiting: set[int] = set()
    for n in range(1, system_of(state).accounts + 1):
        account = row_of(state, "accounts", n)
        mine = [order for order in row_of(state, "resting", n).order if order != 0]
        orders = [row_of(state, "orders", order) for order in mine]
        ensure(len(mine) == account.open_orders <= OPEN_ORDERS, BOOK, f"number of orders of account {n}")
        ensure(all(order.account == n and 0 <= order.reserved_e8 < RESERVE_MAX for order in orders), BOOK, f"orders of account {n}")
        waiting |= {number for number, order in zip(mine, orders, strict=True) if waits(order)}
        ensure(sum(order.reserved_e8 for order in orders) == account.reserved_e8, BOOK, f"what account {n} reserves")
        known += mine
    ensure(sorted(known) == sorted(live_orders | waiting), BOOK, "orders in slots, orders in books and orders that wait")
    ensure(not live_orders & waiting, BOOK, "an order waits and is in a book")
    live_orders |= waiting


def waits(order: Record) -> bool:
    """Return whether an open order waits for its trigger, outside the book."""
    ensure((order.level == 0) == (order.options & TRIGGER != 0) == (order.trigger_e8 != 0), BOOK, "an order waits without a trigger")
    alone = (order.older, order.newer, order.reserved_e8, order.filled_e6) == (0, 0, 0, 0)
    ensure(order.level != 0 or alone, BOOK, "an order that waits is linked or reserves")
    return bool(order.level == 0)


def check_free(rows: Mapping[int, Record], first: int, link: str, expected: set[int]) -> None:
    """Check that a free list holds exactly the rows that are not in use, cleared."""
    found: set[int] = set()
    while first != 0:
        ensure(first not in found, BOOK, "a free list goes round")
        found.add(first)
        row = rows[first]
        following = getattr(row, link)
        ensure(sum(map(abs, row.words())) == following, BOOK, f"free row {first} is not clear")
        first = following
    ensure(found == expected, BOOK, f"free rows {sorted(found ^ expected)}")
