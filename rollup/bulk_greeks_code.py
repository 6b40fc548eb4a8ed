"""Machine code that values many options: the kernels of `rollup.market.greeks` in a loop.

One rule: the same numbers as `rollup.bulk_greeks.PLAIN`, from the same cache as the transition's machine code and under its lock. Importing
this module imports numba; a node that runs plain never does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from numba import njit, types

from rollup.bulk_greeks import GREEK_COLUMNS, OPTION_COLUMNS, PRICED_COLUMNS, BulkGreeks, Numbers, check_shape
from rollup.market.greeks import greeks, implied_vol
from rollup.state.compiled import compile_kernels
from rollup.state.linking import WholeLibrary, making
from rollup.transition.machine import standard_transition
from rollup.transition.machine_code import LOCK, caching_in, fingerprint, locked, silent

ROWS = types.Array(types.int64, 2, "C")
COLUMN = types.Array(types.int64, 1, "C")


def warm_bulk_greeks(cache_directory: Path, progress: Callable[[str], None] = silent) -> BulkGreeks:
    """Return the machine code, out of the cache; what is not there is compiled, which takes seconds, and put there."""
    directory = Path(cache_directory).joinpath(fingerprint(standard_transition()))
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory.joinpath(LOCK)), caching_in(directory):
        progress("machine code: Greeks")
        value, imply = compiled(value_rows, ROWS, ROWS), compiled(imply_rows, ROWS, COLUMN)

    def greeks_of(options: Numbers) -> Numbers:
        check_shape(options, OPTION_COLUMNS)
        results = np.empty((len(options), GREEK_COLUMNS), np.int64)
        value(np.ascontiguousarray(options), results)
        return results

    def implied_vols_of(priced: Numbers) -> Numbers:
        check_shape(priced, PRICED_COLUMNS)
        results = np.empty(len(priced), np.int64)
        imply(np.ascontiguousarray(priced), results)
        return results

    return BulkGreeks(greeks_of, implied_vols_of)


def compiled(loop: Any, *arguments: Any) -> Any:
    """Load or compile a loop over rows, with compiled kernels in place of the plain ones."""
    space = dict(loop.__globals__)
    copies = compile_kernels([greeks, implied_vol])
    space |= {function.__name__: copies[function] for function in (greeks, implied_vol)}
    copy = FunctionType(loop.__code__, space, loop.__name__)
    copy.__module__, copy.__qualname__ = loop.__module__, loop.__qualname__
    dispatcher = njit(nogil=True, cache=True)(copy)
    with making(WholeLibrary):
        dispatcher.compile(arguments)
    return dispatcher


def value_rows(options: Any, results: Any) -> None:
    """Value each row of options into a row of results."""
    for row in range(len(options)):
        results[row, 0], results[row, 1], results[row, 2], results[row, 3], results[row, 4] = greeks(
            options[row, 0], options[row, 1], options[row, 2], options[row, 3], options[row, 4], options[row, 5]
        )


def imply_rows(priced: Any, results: Any) -> None:
    """Find the volatility of each row of prices."""
    for row in range(len(priced)):
        results[row] = implied_vol(priced[row, 0], priced[row, 1], priced[row, 2], priced[row, 3], priced[row, 4])
