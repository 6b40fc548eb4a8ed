"""The machine: a state, its trees, and the transition that moves it.

One rule: whoever holds a machine cannot tell how it runs. `PlainMachine` starts at once; `CompiledMachine` (in `machine_compiled`) is
the same thing as machine code; every method gives the same bytes, or it is a bug.

A batch is `execute` (or `trace`) of its steps in one or several calls, `root` whenever wanted, and `close_batch`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from rollup.core.merkle import multiproof
from rollup.state.layout import RECEIPT, State, Table
from rollup.state.limits import SAVES
from rollup.state.plain import Row, Rows, derived_tables, plain_records, plain_row, plain_table
from rollup.state.rows import DEPTHS, DTYPES, Change, RowsBySection, pack_rows
from rollup.state.table import (
    CHANGED,
    DIRTY_FROM,
    LOGGED,
    STALED,
    TOUCHED_FROM,
    commit,
    refresh_table,
    revert,
    sweep,
)
from rollup.state.tree import StateTree, leaf_hash
from rollup.state.witness import SectionWitness, Witness

Records = npt.NDArray[np.void]
"""Records of dtype TX, or receipts of dtype RECEIPT."""


class Transition(NamedTuple):
    """What a machine runs: kernels of these names in `rollup.transition.apply`, or toys of the same signature."""

    apply: Callable[..., Any]
    """(state, records, index, receipt): one step, not yet committed."""
    apply_batch: Callable[..., Any]
    """(state, records, receipts, first, last): steps, each committed."""


class StaleForkError(Exception):
    """A fork was used after the machine below it had moved on: a programmer's error."""


class Source(Protocol):
    """What a fork lies over: rows and nodes of a machine that stands still."""

    def words(self, section: str, index: int) -> list[int]:
        """Return the words of a row. Raises IndexError where the section has no such row."""

    def node(self, section: str, position: int) -> bytes:
        """Return a node of a section's tree; every row's hash has been taken."""

    def indices(self, section: str) -> set[int]:
        """Return the indices of all rows that may hold anything but zeros."""


class Machine(Source, Protocol):
    """A state that can be run forward, rooted, looked at, proven and forked."""

    def load(self, rows: RowsBySection) -> None:
        """Set rows outside of any step: genesis, a snapshot, a journal. They do not count as written by the batch.

        Each row of a section at most once. Raises IndexError where a section has no such row.
        """

    def execute(self, records: Records, first: int, last: int) -> Records:
        """Run steps first … last − 1 and return their receipts. A head may look at the records behind `last`."""

    def trace(self, records: Records, first: int, last: int, stride: int) -> tuple[Records, list[bytes]]:
        """Run as `execute` does; return the receipts, and the state root after every `stride` steps and after the last."""

    def root(self) -> bytes:
        """Return the state root."""

    def close_batch(self) -> Change:
        """Return the rows written since the last call, before and after, and begin anew."""

    def snapshot(self) -> RowsBySection:
        """Return every row that is not all zeros."""

    def rows(self, section: str) -> Iterator[tuple[int, list[int]]]:
        """Return the rows of a section that are not all zeros, with their indices, in order."""

    def row(self, section: str, index: int) -> dict[str, int | list[int]]:
        """Return a row by field names."""

    def where(self, section: str, field: str, last: int) -> list[int]:
        """Return the indices of a section's rows up to `last` whose field, of one word, is not 0, in order."""

    def witness(self, records: Records, index: int) -> Witness:
        """Return what step `index` needs of the present state, which stays as it is."""

    def fork(self, undo: Sequence[Change]) -> PlainMachine:
        """Return a machine at an earlier state: before the batches whose changes, oldest first, are given.

        It shares what it does not change, so it is cheap to make, and it is good until this machine moves on.
        """


class PlainMachine:
    """A machine on plain Python objects."""

    def __init__(self, transition: Transition | None = None, below: Source | None = None) -> None:
        """Make a machine at the state of zeros, or at the state of the machine below."""
        self.transition = transition or standard_transition()
        self.below = below
        self.version = 0
        self.state = State(*(overlay_table(section, below) for section in DTYPES), *derived_tables())
        self.tree = StateTree(below.node if below else None)

    def load(self, rows: RowsBySection) -> None:
        """See `Machine`."""
        self.version += 1
        for section, (indices, words) in rows.items():
            check_rows(section, indices)
            table_rows = self.table(section).rows
            leaves = {}
            for index, row in zip(indices.tolist(), words.tolist(), strict=True):
                table_rows[index].set_words(row)
                leaves[index] = leaf_hash(section, row)
            self.tree.sections[section].update(leaves)

    def execute(self, records: Records, first: int, last: int) -> Records:
        """See `Machine`."""
        self.version += 1
        receipts = {step: plain_row(RECEIPT) for step in range(first, last)}
        self.transition.apply_batch(self.state, LazyRecords(records), receipts, first, last)
        return packed([receipts[step] for step in range(first, last)], RECEIPT)

    def trace(self, records: Records, first: int, last: int, stride: int) -> tuple[Records, list[bytes]]:
        """See `Machine`."""
        self.version += 1
        lazy = LazyRecords(records)
        receipts = {step: plain_row(RECEIPT) for step in range(first, last)}
        roots = []
        for start in range(first, last, stride):
            self.transition.apply_batch(self.state, lazy, receipts, start, min(start + stride, last))
            roots.append(self.root())
        return packed([receipts[step] for step in range(first, last)], RECEIPT), roots

    def root(self) -> bytes:
        """See `Machine`."""
        for section in DTYPES:
            table = self.table(section)
            if table.log[STALED]:
                start = DIRTY_FROM + len(table.mark)
                slots = [table.log[start + i] for i in range(table.log[STALED])]
                leaves = {slot: leaf_hash(section, table.rows[slot].words()) for slot in slots}
                self.tree.sections[section].update(leaves)
                refresh_table(table)
        return self.tree.root()

    def close_batch(self) -> Change:
        """See `Machine`."""
        before, after = {}, {}
        for section in DTYPES:
            table = self.table(section)
            images = len(table.mark) + SAVES
            slots = [table.log[DIRTY_FROM + i] for i in range(table.log[CHANGED])]
            before[section] = pack_rows(section, {slot: table.rows[images + i].words() for i, slot in enumerate(slots)})
            after[section] = pack_rows(section, {slot: table.rows[slot].words() for slot in slots})
        sweep(self.state)
        return Change(before, after)

    def snapshot(self) -> RowsBySection:
        """See `Machine`."""
        return {section: pack_rows(section, dict(self.rows(section))) for section in DTYPES}

    def rows(self, section: str) -> Iterator[tuple[int, list[int]]]:
        """See `Machine`."""
        for index in sorted(self.indices(section)):
            words = self.words(section, index)
            if any(words):
                yield index, words

    def row(self, section: str, index: int) -> dict[str, int | list[int]]:
        """See `Machine`."""
        return named(section, self.words(section, index))

    def where(self, section: str, field: str, last: int) -> list[int]:
        """See `Machine`."""
        word = word_of(section, field)
        return [index for index in sorted(self.indices(section)) if index <= last and self.words(section, index)[word] != 0]

    def words(self, section: str, index: int) -> list[int]:
        """See `Source`."""
        check_index(section, index)
        return cast("list[int]", self.table(section).rows.words(index))

    def node(self, section: str, position: int) -> bytes:
        """See `Source`."""
        return self.tree.node(section, position)

    def indices(self, section: str) -> set[int]:
        """See `Source`."""
        own = {slot for slot in self.table(section).rows if slot < 1 << DEPTHS[section]}
        return own | self.below.indices(section) if self.below else own

    def witness(self, records: Records, index: int) -> Witness:
        """See `Machine`."""
        self.root()
        self.transition.apply(self.state, LazyRecords(records), index, plain_row(RECEIPT))
        touched = {section: self.touched(section) for section in DTYPES}
        revert(self.state)
        commit(self.state)
        return Witness(tuple(self.section_witness(section, slots) for section, slots in touched.items()))

    def touched(self, section: str) -> list[int]:
        """Return the indices of the rows that the present step has touched, in order."""
        table = self.table(section)
        slots = {table.log[TOUCHED_FROM + i] for i in range(table.log[LOGGED])}
        return sorted(slots - {len(table.mark) - 1})

    def section_witness(self, section: str, indices: list[int]) -> SectionWitness:
        """Return one section's part of a witness for some rows."""
        if not indices:
            return SectionWitness((), (), (self.node(section, 1),))
        words = tuple(tuple(self.words(section, index)) for index in indices)
        siblings = multiproof(self.tree.sections[section].node, indices, DEPTHS[section])
        return SectionWitness(tuple(indices), words, tuple(siblings))

    def fork(self, undo: Sequence[Change]) -> PlainMachine:
        """See `Machine`."""
        return fork_over(self, undo)

    def table(self, section: str) -> Any:
        """Return a section's table."""
        return getattr(self.state, section)


class LazyRecords:
    """Records that become plain rows when looked at."""

    def __init__(self, array: Records) -> None:
        """Hold an array of records."""
        self.array = array
        self.made: dict[int, Row] = {}

    def __len__(self) -> int:
        """Count the records."""
        return len(self.array)

    def __getitem__(self, index: int) -> Row:
        """Return one record."""
        if index not in self.made:
            self.made[index] = plain_records(self.array[index : index + 1])[0]
        return self.made[index]


class Standing:
    """A machine seen by its forks: it must not move."""

    def __init__(self, machine: Any) -> None:
        """Take its rows and trees as they are now."""
        machine.root()
        self.machine = machine
        self.version = machine.version

    def check(self) -> None:
        """Raise StaleForkError where the machine has moved."""
        if self.machine.version != self.version:
            raise StaleForkError(f"the machine below is at version {self.machine.version}, the fork was made at {self.version}")

    def words(self, section: str, index: int) -> list[int]:
        """See `Source`."""
        self.check()
        return cast("list[int]", self.machine.words(section, index))

    def node(self, section: str, position: int) -> bytes:
        """See `Source`."""
        self.check()
        return cast("bytes", self.machine.node(section, position))

    def indices(self, section: str) -> set[int]:
        """See `Source`."""
        self.check()
        return cast("set[int]", self.machine.indices(section))


def fork_over(machine: Any, undo: Sequence[Change]) -> PlainMachine:
    """Return a plain machine over another one of any kind, with some batches undone."""
    fork = PlainMachine(machine.transition, Standing(machine))
    oldest: RowsBySection = {}
    for section in DTYPES:
        images: dict[int, list[int]] = {}
        for change in reversed(undo):
            if section in change.before:
                indices, words = change.before[section]
                images.update(zip(indices.tolist(), words.tolist(), strict=True))
        oldest[section] = pack_rows(section, images)
    fork.load(oldest)
    return fork


def overlay_table(section: str, below: Source | None) -> Table:
    """Make a section's table over the rows of a machine, or over zeros."""
    return plain_table(Rows(DTYPES[section], 1 << DEPTHS[section], partial(below.words, section) if below else None))


def packed(rows: list[Row], dtype: np.dtype[np.void]) -> Records:
    """Return plain rows as an array of records."""
    words = np.array([row.words() for row in rows], np.int64).reshape(len(rows), dtype.itemsize // 8)
    return words.view(dtype).reshape(len(rows))


def check_index(section: str, index: int) -> None:
    """Raise IndexError where a section has no such row."""
    if not 0 <= index < 1 << DEPTHS[section]:
        raise IndexError(f"row {index} of {section}, which has 2^{DEPTHS[section]}")


def check_rows(section: str, indices: npt.NDArray[np.int64]) -> None:
    """Raise IndexError unless a section has all these rows."""
    if len(indices):
        check_index(section, int(indices.min()))
        check_index(section, int(indices.max()))


def named(section: str, words: Sequence[int]) -> dict[str, int | list[int]]:
    """Return the words of a row by field names."""
    fields: dict[str, int | list[int]] = {}
    dtype = DTYPES[section]
    start = 0
    for name in dtype.names or ():
        length = dtype[name].shape[0] if dtype[name].shape else 0
        fields[name] = list(words[start : start + length]) if length else words[start]
        start += length or 1
    return fields


def word_of(section: str, field: str) -> int:
    """Return the place of a field's first word in a row."""
    fields = DTYPES[section].fields
    assert fields is not None
    return int(fields[field][1]) // 8


def standard_transition() -> Transition:
    """Return the rollup's own transition."""
    from rollup.transition.apply import apply, apply_batch

    return Transition(apply, apply_batch)
