"""Trees of price levels: each node hangs in one place, and its keys are on the right sides all the way up (invariant 6)."""

from collections import defaultdict
from typing import NamedTuple

from rollup.audit.rows import Written, row_of
from rollup.audit.violation import BOOK, ensure
from rollup.market.levels import BRANCH, LEVEL, level_key
from rollup.market.terms import BUY, SELL
from rollup.state.layout import State
from rollup.state.limits import LEVEL_BITS


class Holder(NamedTuple):
    """Where a node hangs: under a branch, on the side of a bit; or, `branch` 0, at the root of an instrument's side."""

    branch: int
    instrument: int
    side: int


class Trees:
    """Who holds each node."""

    sections = ("levels", "instruments")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.holders: dict[int, set[Holder]] = defaultdict(set)
        self.nodes: set[int] = set()
        self.instruments: set[int] = set()

    def take(self, change: Written) -> None:
        """Note who holds whom now, and no longer."""
        for row, present in ((change.before, False), (change.after, True)):
            if change.section == "instruments":
                held = [(row.book[side], Holder(0, change.index, side)) for side in (BUY, SELL)]
            elif row.kind == BRANCH:
                held = [(row.zero, Holder(change.index, 0, 0)), (row.one, Holder(change.index, 0, 1))]
            else:
                held = []
            for node, holder in held:
                if present:
                    self.holders[node].add(holder)
                else:
                    self.holders[node].discard(holder)
                self.nodes.add(node)
        if change.section == "levels":
            self.nodes.add(change.index)
        elif tuple(change.before.book) != tuple(change.after.book):
            self.instruments.add(change.index)

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        nodes, instruments, self.nodes, self.instruments = self.nodes, self.instruments, set(), set()
        for node in sorted(nodes - {0}):
            kind, holders = row_of(state, "levels", node).kind, self.holders[node]
            ensure(len(holders) == (kind != 0), BOOK, f"node {node} of kind {kind} hangs in {len(holders)} places")
            if kind:
                ensure(kind in {LEVEL, BRANCH}, BOOK, f"node {node} has kind {kind}")
                instruments.add(self.check_node(state, node))
        for instrument in sorted(instruments):
            check_best(state, instrument)

    def check_node(self, state: State, node: int) -> int:
        """Check a node's keys against every branch above it, and a branch's two sides; return its instrument. Raises Violation."""
        row = row_of(state, "levels", node)
        low, high = end_key(state, node, 0), end_key(state, node, 1)
        above = row.bit if row.kind == BRANCH else -1
        if row.kind == BRANCH:
            ensure(row.zero != 0 != row.one, BOOK, f"branch {node} lacks a child")
            inner = end_key(state, row.zero, 1), end_key(state, row.one, 0)
            parts = {low >> row.bit, inner[0] >> row.bit}, {inner[1] >> row.bit, high >> row.bit}
            apart = len(parts[0]) == len(parts[1]) == 1 and low >> row.bit ^ 1 == high >> row.bit and low >> row.bit & 1 == 0
            ensure(apart, BOOK, f"keys under node {node} on the wrong side of bit {row.bit}")
        for _ in range(LEVEL_BITS + 1):
            (holder,) = self.holders[node] if len(self.holders[node]) == 1 else (Holder(0, 0, 0),)
            if holder.branch == 0:
                ensure(holder.instrument != 0, BOOK, f"node {node} hangs nowhere")
                return holder.instrument
            bit = row_of(state, "levels", holder.branch).bit
            ensure(above < bit < LEVEL_BITS, BOOK, f"bit of node {holder.branch}")
            ensure(low >> bit & 1 == high >> bit & 1 == holder.side, BOOK, f"key {low} on the wrong side of bit {bit}")
            node, above = holder.branch, bit
        ensure(False, BOOK, f"node {node} hangs in a circle")
        return 0

    def root_of(self, node: int) -> tuple[int, int]:
        """Return the instrument and side whose tree a node is in; zeros where it hangs nowhere."""
        for _ in range(LEVEL_BITS + 1):
            holder = next(iter(self.holders[node]), Holder(0, 0, 0))
            if holder.branch == 0:
                return holder.instrument, holder.side
            node = holder.branch
        return 0, 0


def end_key(state: State, node: int, side: int) -> int:
    """Return the lowest (side 0) or highest key under a node. Raises Violation where there is none."""
    for _ in range(LEVEL_BITS + 1):
        row = row_of(state, "levels", node)
        if row.kind == LEVEL:
            key: int = row.key
            return key
        ensure(row.kind == BRANCH, BOOK, f"node {node} has kind {row.kind}")
        node = row.one if side else row.zero
    ensure(False, BOOK, f"no level under node {node}")
    return 0


def check_best(state: State, instrument: int) -> None:
    """Check that an instrument's best bid is below its best ask."""
    bids, asks = row_of(state, "instruments", instrument).book
    if bids and asks:
        bid, ask = level_key(BUY, end_key(state, bids, 0)), end_key(state, asks, 0)
        ensure(bid < ask, BOOK, f"book of instrument {instrument} is crossed")
