"""Rows outside of a host: how genesis, journals and snapshots carry them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rollup.state.layout import SECTIONS

RowsBySection = dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
"""By section: indices (n,), and the words of each row (n, words). Sections without rows may be left out."""

DTYPES: dict[str, np.dtype[np.void]] = {name: dtype for name, dtype, _ in SECTIONS}
"""The record of each section."""

DEPTHS: dict[str, int] = {name: depth for name, _, depth in SECTIONS}
"""The depth of each section's tree: it has 2^depth rows."""

WIDTHS: dict[str, int] = {name: dtype.itemsize // 8 for name, dtype, _ in SECTIONS}
"""Words of a row of each section."""


class Change(NamedTuple):
    """The rows that a batch has written, in order of index: as they were before it, and as they are after it."""

    before: RowsBySection
    after: RowsBySection


def pack_rows(section: str, rows: dict[int, list[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return rows (index → words) as arrays, in order of index."""
    indices = sorted(rows)
    words = np.array([rows[index] for index in indices], np.int64).reshape(len(indices), WIDTHS[section])
    return np.array(indices, np.int64), words
