"""Rows of a plain state for audits: reading one as it is, and telling which a step has written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rollup.state.layout import Record, State
from rollup.state.plain import row_type
from rollup.state.rows import DEPTHS, DTYPES
from rollup.state.table import SAVED, SAVED_FROM

Snapshot = dict[str, dict[int, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Written:
    """A row that a step has written, before and after."""

    section: str
    index: int
    before: Record
    after: Record


def row_of(state: State, section: str, index: int) -> Record:
    """Return a row as it stands, to be looked at only."""
    return getattr(state, section).rows[index]


def system_of(state: State) -> Record:
    """Return the rollup's own row."""
    return row_of(state, "system", 0)


def written(state: State) -> list[Written]:
    """Return the rows that the present step has written, or the last one while no other has begun to write."""
    changes = []
    for section in DTYPES:
        table: Any = getattr(state, section)
        images = len(table.mark)
        for place in range(table.log[SAVED]):
            slot = table.log[SAVED_FROM + place]
            changes.append(Written(section, slot, table.rows[images + place], table.rows[slot]))
    return changes


def present(state: State) -> Iterator[tuple[str, int, Record]]:
    """Yield every row that is not all zeros, with its section and index."""
    for section, depth in DEPTHS.items():
        rows: Any = getattr(state, section).rows
        for index in sorted(rows):
            if index < 1 << depth and any(rows[index].words()):
                yield section, index, rows[index]


def snapshot(state: State) -> Snapshot:
    """Return the words of every row that is not all zeros, by section and index."""
    found: Snapshot = {section: {} for section in DEPTHS}
    for section, index, row in present(state):
        found[section][index] = tuple(row.words())
    return found


def zero_row(section: str) -> Record:
    """Return a row of zeros."""
    return row_type(DTYPES[section])()


def order_key(state: State, instrument_id: int) -> tuple[int, ...]:
    """Return what positions are sorted by: market, expiry, strike, type and id (`rollup.market.positions`)."""
    row = row_of(state, "instruments", instrument_id)
    return row.market, row.expiry_s, row.strike_e8, row.option_type, instrument_id
