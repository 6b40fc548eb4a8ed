"""The plain host: rows are small Python objects in a dictionary, and integers are exact.

One rule: everything here looks to a kernel as the arrays of the compiled host do. It starts at once, it is the readable truth, and
it is stricter: a row that the step has not asked to `write` is frozen, and a change of it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt

from rollup.state.derived import DERIVED
from rollup.state.layout import SECTIONS, State, Table
from rollup.state.table import TOUCHED_FROM, WRITTEN


class FrozenRowError(Exception):
    """A row was changed that the step had not asked to write: a programmer's error."""


class Words(list[int]):
    """A field of several words."""

    __slots__ = ()


class FrozenWords(Words):
    """A field of several words that may not be changed now."""

    __slots__ = ()

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        """Refuse."""
        msg = f"word {index} of a row that was only read"
        raise FrozenRowError(msg)


class Row:
    """A record as an object: its fields are attributes, plain integers or `Words`. Subclasses carry the fields of a dtype."""

    __slots__ = ()
    FIELDS: tuple[tuple[str, int], ...] = ()
    """Name and number of words of each field; 0 for a scalar."""
    ARRAYS: tuple[str, ...] = ()
    """Names of the fields of several words."""
    FREE: type[Row]
    FROZEN: type[Row]

    def __init__(self) -> None:
        """Make a row of zeros."""
        for name, length in self.FIELDS:
            object.__setattr__(self, name, Words([0] * length) if length else 0)

    def load(self, other: Row) -> None:
        """Become a copy of another row of the same kind, whether frozen or not."""
        for name, length in self.FIELDS:
            value = getattr(other, name)
            if length:
                list.__setitem__(getattr(self, name), slice(None), value)
            else:
                object.__setattr__(self, name, value)

    def freeze(self) -> None:
        """Forbid changes."""
        object.__setattr__(self, "__class__", self.FROZEN)
        for name in self.ARRAYS:
            getattr(self, name).__class__ = FrozenWords

    def thaw(self) -> None:
        """Allow changes."""
        object.__setattr__(self, "__class__", self.FREE)
        for name in self.ARRAYS:
            getattr(self, name).__class__ = Words

    def words(self) -> list[int]:
        """All fields in order, as their words."""
        words: list[int] = []
        for name, length in self.FIELDS:
            value = getattr(self, name)
            if length:
                words += value
            else:
                words.append(value)
        return words

    def set_words(self, words: Sequence[int]) -> None:
        """Set all fields from their words."""
        start = 0
        for name, length in self.FIELDS:
            if length:
                list.__setitem__(getattr(self, name), slice(None), words[start : start + length])
            else:
                object.__setattr__(self, name, words[start])
            start += length or 1


def refuse(row: Row, name: str, value: object) -> NoReturn:
    """Stand for `__setattr__` of a frozen row."""
    msg = f"{name} = {value} on a row that was only read: {row.words()}"
    raise FrozenRowError(msg)


@cache
def row_type(dtype: np.dtype[np.void]) -> type[Row]:
    """The class of the rows of a record type."""
    fields = tuple((name, dtype[name].shape[0] if dtype[name].shape else 0) for name in dtype.names or ())
    arrays = tuple(name for name, length in fields if length)
    free = type("Row", (Row,), {"__slots__": tuple(name for name, _ in fields), "FIELDS": fields, "ARRAYS": arrays})
    frozen = type("FrozenRow", (free,), {"__slots__": (), "__setattr__": refuse})
    free.FREE, free.FROZEN = free, frozen  # type: ignore[attr-defined]
    return cast("type[Row]", free)


class Rows(dict[int, Row]):
    """The rows of a section by slot, which come into being when first asked for: as zeros, or as copies of those of another host.

    Behind the slots come the spare row and the images (see `rollup.state.table`), which begin as zeros.
    """

    def __init__(self, dtype: np.dtype[np.void], slots: int, below: Callable[[int], list[int]] | None = None) -> None:
        """Make a section whose rows are, until they change, those whose words `below` gives, or else zeros."""
        super().__init__()
        self.row_type = row_type(dtype)
        self.slots = slots
        self.below = below

    def __missing__(self, slot: int) -> Row:
        """Make a row, frozen until it is written."""
        row = self.row_type()
        if self.below and slot < self.slots:
            row.set_words(self.below(slot))
        row.freeze()
        dict.__setitem__(self, slot, row)
        return row

    def __setitem__(self, slot: int, row: Row) -> None:
        """Copy a row into a slot, as an array does."""
        self[slot].load(row)

    def words(self, slot: int) -> list[int]:
        """Return the words of a row, without making it where it is not there."""
        row = self.get(slot)
        if row is not None:
            return row.words()
        return self.below(slot) if self.below else self.row_type().words()


class Marks(dict[int, int]):
    """A mark for each slot, 0 until set. A row can be changed as long as its mark says written, and the spare one always."""

    def __init__(self, rows: Rows) -> None:
        """Make the marks of these rows and of the spare row behind them."""
        super().__init__()
        self.rows = rows
        self.slots = rows.slots
        rows[rows.slots].thaw()

    def __missing__(self, slot: int) -> int:
        """Be zero."""
        return 0

    def __len__(self) -> int:
        """As many as there are slots, and one for the spare row."""
        return self.slots + 1

    def __setitem__(self, slot: int, mark: int) -> None:
        """Set a mark, and with it whether the row may be changed."""
        if (mark ^ self[slot]) & WRITTEN and slot != self.slots:
            row = self.rows[slot]
            if mark & WRITTEN:
                row.thaw()
            else:
                row.freeze()
        dict.__setitem__(self, slot, mark)


class Log(dict[int, int]):
    """Cells that are 0 until set."""

    def __init__(self) -> None:
        """Make the counters, which are read at every step."""
        super().__init__(dict.fromkeys(range(TOUCHED_FROM), 0))

    def __missing__(self, cell: int) -> int:
        """Be zero."""
        return 0


def plain_table(rows: Rows, keys: Sequence[int] = ()) -> Table:
    """Make one section: slot = index, or the rows whose indices are `keys`, in order."""
    return Table(cast("Any", rows), cast("Any", tuple(keys)), cast("Any", Marks(rows)), cast("Any", Log()))


class FreeRows(dict[int, Row]):
    """Rows that come into being when first asked for, and may always be changed."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        """Make none yet."""
        super().__init__()
        self.row_type = row_type(dtype)

    def __missing__(self, slot: int) -> Row:
        """Make a row of zeros."""
        row = self[slot] = self.row_type()
        return row


def derived_tables() -> list[Table]:
    """Make the tables that stand beside the sections, empty."""
    return [Table(cast("Any", FreeRows(dtype)), cast("Any", ()), cast("Any", {}), cast("Any", {})) for _, dtype, _ in DERIVED]


def plain_state() -> State:
    """Make a state of zeros."""
    return State(*(plain_table(Rows(dtype, 1 << depth)) for _, dtype, depth in SECTIONS), *derived_tables())


def plain_records(array: npt.NDArray[np.void]) -> list[Row]:
    """Turn an array of records into frozen plain rows, for kernels to read."""
    make = row_type(array.dtype)
    rows = []
    for words in words_of(array).tolist():
        row = make()
        row.set_words(words)
        row.freeze()
        rows.append(row)
    return rows


def words_of(array: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    """Return the words of records, (n, words)."""
    return np.ascontiguousarray(array).view(np.int64).reshape(len(array), array.dtype.itemsize // 8)


def plain_row(dtype: np.dtype[np.void]) -> Row:
    """Make a row of zeros that may be changed: a receipt, say."""
    return row_type(dtype)()
