"""Greeks and implied volatilities of many options at once.

One rule: the same numbers as the kernels of `rollup.market.greeks`, to the unit, so a mark that a node shows is the mark that margin is
made of. This is the plain way; `rollup.bulk_greeks_code` is the same in machine code.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rollup.market.greeks import greeks, implied_vol

Numbers = npt.NDArray[np.int64]

OPTION_COLUMNS = 6
"""Columns of options: forward, strike, volatility, seconds, type, discount, in the units of `greeks`."""

GREEK_COLUMNS = 5
"""Columns of what becomes of them: price, delta, gamma, vega, theta."""

PRICED_COLUMNS = 5
"""Columns of prices: price, forward, strike, seconds, type, in the units of `implied_vol`."""


class BulkGreeks(NamedTuple):
    """What values many options."""

    greeks: Callable[[Numbers], Numbers]
    """(n, OPTION_COLUMNS) → (n, GREEK_COLUMNS)."""
    implied_vols: Callable[[Numbers], Numbers]
    """(n, PRICED_COLUMNS) → n volatilities, −1 where none gives the price."""


def plain_greeks(options: Numbers) -> Numbers:
    """Value options one after the other."""
    check_shape(options, OPTION_COLUMNS)
    return np.array([greeks(*row) for row in options.tolist()], np.int64).reshape(-1, GREEK_COLUMNS)


def plain_implied_vols(priced: Numbers) -> Numbers:
    """Find volatilities one after the other."""
    check_shape(priced, PRICED_COLUMNS)
    return np.array([implied_vol(*row) for row in priced.tolist()], np.int64)


def check_shape(rows: Numbers, columns: int) -> None:
    """Raise ValueError unless these are rows of so many 64-bit integers."""
    if rows.dtype != np.int64 or rows.ndim != 2 or rows.shape[1] != columns:
        raise ValueError(f"an array of {rows.dtype} and shape {rows.shape}, expected rows of {columns} int64")


PLAIN = BulkGreeks(plain_greeks, plain_implied_vols)
"""Values options without machine code: 25 µs an option, and 40 times as much for an implied volatility."""
