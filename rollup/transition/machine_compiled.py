"""The machine as machine code.

One rule: it gives the same bytes as `PlainMachine`, many times faster. What is rare (witnesses, forks) is done by a plain machine
that lies over its arrays.

Importing this module imports numba; a node that runs plain never does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from rollup.state.compiled import Arrays, CompiledState, lazy_zeros
from rollup.state.compiled_tree import BASES, EVENTS, NODES, new_events, shape_of_trees
from rollup.state.layout import RECEIPT, TX
from rollup.state.limits import SAVES
from rollup.state.rows import DEPTHS, DTYPES, Change, RowsBySection
from rollup.state.table import CHANGED, DIRTY_FROM, STALE, STALED
from rollup.state.tree import empty_nodes
from rollup.state.witness import Witness
from rollup.transition.machine import (
    PlainMachine,
    Records,
    Transition,
    check_index,
    check_rows,
    fork_over,
    named,
    standard_transition,
    word_of,
)
from rollup.transition.machine_code import Program


class CompiledMachine:
    """A machine on arrays. See `rollup.transition.machine.Machine` for what its methods mean."""

    def __init__(self, program: Program, transition: Transition | None = None) -> None:
        """Make a machine at the state of zeros; `program` is the code of this transition, from `machine_code.warm`."""
        self.program = program
        self.transition = transition or standard_transition()
        self.version = 0
        self.state = CompiledState()
        self.tree = lazy_zeros(NODES * 4, np.uint64).reshape(NODES, 4)
        self.shape = shape_of_trees()
        self.events = new_events()

    def load(self, rows: RowsBySection) -> None:
        """See `Machine`."""
        self.version += 1
        for section, (indices, words) in rows.items():
            check_rows(section, indices)
            arrays = self.arrays(section)
            arrays.rows[indices] = words
            fresh = indices[arrays.mark[indices] & STALE == 0]
            stale, listed = stale_from(arrays), int(arrays.log[STALED])
            arrays.log[stale + listed : stale + listed + len(fresh)] = fresh
            arrays.log[STALED] = listed + len(fresh)
            arrays.mark[fresh] |= STALE

    def execute(self, records: Records, first: int, last: int) -> Records:
        """See `Machine`."""
        records, receipts = ready(records), np.zeros(len(records), RECEIPT)
        self.run(records, receipts, first, last, 0)
        return receipts[first:last]

    def trace(self, records: Records, first: int, last: int, stride: int) -> tuple[Records, list[bytes]]:
        """See `Machine`."""
        records, receipts = ready(records), np.zeros(len(records), RECEIPT)
        roots: list[bytes] = []
        at = first
        while at < last:
            behind = self.run(records, receipts, at, last, stride)
            roots += self.fold(-(-(behind - at) // stride))
            # The last group's rows may not all have found room among the events.
            roots[-1] = self.root()
            at = behind
        return receipts[first:last], roots

    def run(self, records: Records, receipts: Records, first: int, last: int, stride: int) -> int:
        """Call the compiled entry."""
        self.version += 1
        addresses = (self.state.addresses.ctypes.data, records.ctypes.data, receipts.ctypes.data)
        if not 0 <= first <= last <= len(records):
            raise IndexError(f"steps {first} to {last} of {len(records)}")
        return int(self.program.run(*addresses, len(records), first, last, stride, self.shape, self.events))

    def root(self) -> bytes:
        """See `Machine`."""
        while True:
            found = self.program.collect(self.state.addresses.ctypes.data, self.shape, self.events)
            root = self.fold(1)[0]
            if found < EVENTS:
                return root

    def fold(self, versions: int) -> list[bytes]:
        """Take the events into the trees; return the root after each version."""
        roots = self.program.fold(self.tree, self.shape, self.events, versions)
        return [root.tobytes() for root in roots]

    def close_batch(self) -> Change:
        """See `Machine`."""
        before: RowsBySection = {}
        after: RowsBySection = {}
        for section in DTYPES:
            arrays = self.arrays(section)
            count = int(arrays.log[CHANGED])
            listed = arrays.log[DIRTY_FROM : DIRTY_FROM + count]
            order = np.argsort(listed)
            slots = listed[order]
            images = len(arrays.mark) + SAVES
            before[section] = slots, arrays.rows[images : images + count][order]
            after[section] = slots, arrays.rows[slots]
            arrays.mark[slots] &= STALE
            arrays.log[CHANGED] = 0
        return Change(before, after)

    def snapshot(self) -> RowsBySection:
        """See `Machine`."""
        rows: RowsBySection = {}
        for section in DTYPES:
            indices = self.set_indices(section)
            words = self.arrays(section).rows[indices]
            full = words.any(axis=1)
            rows[section] = indices[full], words[full]
        return rows

    def rows(self, section: str) -> Iterator[tuple[int, list[int]]]:
        """See `Machine`."""
        for index in self.set_indices(section).tolist():
            words = self.words(section, index)
            if any(words):
                yield index, words

    def row(self, section: str, index: int) -> dict[str, int | list[int]]:
        """See `Machine`."""
        return named(section, self.words(section, index))

    def where(self, section: str, field: str, last: int) -> list[int]:
        """See `Machine`."""
        found: list[int] = np.flatnonzero(self.arrays(section).rows[: last + 1, word_of(section, field)]).tolist()
        return found

    def words(self, section: str, index: int) -> list[int]:
        """See `Source`."""
        check_index(section, index)
        words: list[int] = self.arrays(section).rows[index].tolist()
        return words

    def node(self, section: str, position: int) -> bytes:
        """See `Source`."""
        node = self.tree[BASES[section] + position]
        return node.tobytes() if node.any() else empty_nodes(section)[position.bit_length() - 1]

    def indices(self, section: str) -> set[int]:
        """See `Source`."""
        return set(self.set_indices(section).tolist())

    def set_indices(self, section: str) -> npt.NDArray[np.int64]:
        """Return, in order, the indices of all leaves that were ever set: those under nodes that were."""
        self.root()
        base, depth = BASES[section], DEPTHS[section]
        positions = np.array([1])
        positions = positions[self.tree[base + positions].any(axis=1)]
        for _ in range(depth):
            positions = np.stack((2 * positions, 2 * positions + 1), axis=1).reshape(-1)
            positions = positions[self.tree[base + positions].any(axis=1)]
        return cast("npt.NDArray[np.int64]", positions - (1 << depth))

    def witness(self, records: Records, index: int) -> Witness:
        """See `Machine`."""
        return self.fork(()).witness(records, index)

    def fork(self, undo: Sequence[Change]) -> PlainMachine:
        """See `Machine`."""
        return fork_over(self, undo)

    def arrays(self, section: str) -> Arrays:
        """Return a section's arrays."""
        return self.state.sections[section]


def stale_from(arrays: Arrays) -> int:
    """Return the place of the list of stale slots in a log."""
    return DIRTY_FROM + len(arrays.mark)


def ready(records: Records) -> Records:
    """Return records as the compiled code takes them: of dtype TX, one behind the other."""
    if records.dtype != TX:
        raise TypeError(f"records of dtype {records.dtype}, expected {TX}")
    return np.ascontiguousarray(records)


def change_over(plain: PlainMachine, program: Program) -> CompiledMachine:
    """Return a compiled machine at the state of a plain one, which must be between two batches: just closed."""
    if any(getattr(plain.state, section).log[CHANGED] for section in DTYPES):
        raise ValueError("a machine changes over between two batches only; close this one first")
    compiled = CompiledMachine(program, plain.transition)
    compiled.load(plain.snapshot())
    return compiled
