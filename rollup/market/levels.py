"""The price levels of one side of an instrument's book: a crit-bit tree, so that the best price is its leftmost leaf.

A node is a level (a leaf with its key) or a branch on one bit of the key; bits fall from root to leaf, so no path has more than
LEVEL_BITS branches. Ask keys are prices in ticks; bid keys are mirrored, so that on both sides the best key is the lowest.
See D. J. Bernstein, "Crit-bit trees".
"""

from rollup.core.kernel import kernel
from rollup.market.terms import BUY
from rollup.state.layout import Record, State
from rollup.state.limits import LEVEL_BITS, LEVEL_ROW_BITS, TICK_MAX
from rollup.state.table import read, write

LEVEL = 1
"""Kind of a node: a price level."""
BRANCH = 2
"""Kind of a node: a branch."""


@kernel
def level_key(side: int, ticks: int) -> int:
    """Key of a price in ticks, 0 < ticks < TICK_MAX."""
    if side == BUY:
        return TICK_MAX - ticks
    return ticks


@kernel
def best_level(state: State, instrument_id: int, side: int) -> int:
    """The level with the lowest key, or 0 where there is none."""
    node = read(state.instruments, instrument_id).book[side]
    for _ in range(LEVEL_BITS):
        if node == 0:
            break
        row = read(state.levels, node)
        if row.kind != BRANCH:
            break
        node = row.zero
    return int(node)


@kernel
def child(row: Record, key: int) -> int:
    """The child of a branch on the side of a key."""
    if key >> row.bit & 1 == 1:
        return int(row.one)
    return int(row.zero)


@kernel
def highest_bit(x: int) -> int:
    """Position of the highest bit of 0 < x < 2^32."""
    position = 0
    for half in (16, 8, 4, 2, 1):
        if x >> (position + half) != 0:
            position += half
    return position


@kernel
def add_level(state: State, instrument_id: int, side: int, key: int) -> int:
    """Find or make the level of a key; 0 where no rows are left."""
    root = read(state.instruments, instrument_id).book[side]
    if root == 0:
        level = take_node(state, LEVEL)
        write(state.levels, level).key = key
        write(state.instruments, instrument_id).book[side] = level
        return level
    near = descend(state, root, key)
    apart = read(state.levels, near).key ^ key
    if apart == 0:
        return near
    return split(state, instrument_id, side, key, highest_bit(apart))


@kernel
def descend(state: State, root: int, key: int) -> int:
    """The leaf that a key's bits lead to."""
    node = root
    for _ in range(LEVEL_BITS):
        row = read(state.levels, node)
        if row.kind != BRANCH:
            break
        node = child(row, key)
    return int(node)


@kernel
def split(state: State, instrument_id: int, side: int, key: int, bit: int) -> int:
    """Put a new level, and a branch on `bit` above it, into the tree; 0 where no rows are left."""
    level = take_node(state, LEVEL)
    branch = take_node(state, BRANCH)
    if level == 0 or branch == 0:
        return 0
    write(state.levels, level).key = key
    parent, node = 0, read(state.instruments, instrument_id).book[side]
    for _ in range(LEVEL_BITS):
        row = read(state.levels, node)
        if row.kind != BRANCH or row.bit < bit:
            break
        parent = node
        node = child(row, key)
    fork = write(state.levels, branch)
    fork.bit = bit
    if key >> bit & 1 == 1:
        fork.zero = node
        fork.one = level
    else:
        fork.zero = level
        fork.one = node
    attach(state, instrument_id, side, parent, key, branch)
    return level


@kernel
def attach(state: State, instrument_id: int, side: int, parent: int, key: int, node: int) -> None:
    """Hang a node under a branch, on the side of a key, or at the root where `parent` is 0."""
    if parent == 0:
        write(state.instruments, instrument_id).book[side] = node
        return
    row = write(state.levels, parent)
    if key >> row.bit & 1 == 1:
        row.one = node
    else:
        row.zero = node


@kernel
def drop_level(state: State, instrument_id: int, side: int, key: int) -> None:
    """Take a level that has no orders out of the tree; its branch's other child moves up."""
    above, parent = 0, 0
    node = read(state.instruments, instrument_id).book[side]
    for _ in range(LEVEL_BITS):
        row = read(state.levels, node)
        if row.kind != BRANCH:
            break
        above = parent
        parent = node
        node = child(row, key)
    if parent == 0:
        write(state.instruments, instrument_id).book[side] = 0
    else:
        fork = read(state.levels, parent)
        sibling = fork.zero if key >> fork.bit & 1 == 1 else fork.one
        attach(state, instrument_id, side, above, key, sibling)
        free_node(state, parent)
    free_node(state, node)


@kernel
def take_node(state: State, kind: int) -> int:
    """A row for a new node: the last one freed, else a fresh one, else 0."""
    system = write(state.system, 0)
    node = system.level_free
    if node != 0:
        system.level_free = read(state.levels, node).zero
    elif system.levels + 1 < 1 << LEVEL_ROW_BITS:
        system.levels += 1
        node = system.levels
    else:
        return 0
    row = write(state.levels, node)
    row.kind = kind
    row.zero = 0
    return int(node)


@kernel
def free_node(state: State, node: int) -> None:
    """Clear a row and put it in front of the free list."""
    system = write(state.system, 0)
    row = write(state.levels, node)
    row.kind, row.key, row.oldest, row.newest, row.quantity_e6, row.bit, row.one = 0, 0, 0, 0, 0, 0, 0
    row.zero = system.level_free
    system.level_free = node
