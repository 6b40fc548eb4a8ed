"""The coefficient table in memory, checked against its hash.

One rule: all nodes compute with the same table, bit for bit. Its hash is here, in the source, and in genesis; a file that does
not match it stops the program at the import.
"""

from pathlib import Path
from typing import cast

import numpy as np

from rollup.core.keccak import keccak256
from rollup.core.kernel import compiled_as, kernel
from rollup.core.mathematics.layout import ROW_WORDS, ROWS

TABLE_HASH = bytes.fromhex("accec85f50bf6737e98fd6e4ba36ec611de64fd01a75eacff06ee6e49a010b0b")
"""Keccak-256 of the table's bytes, which `rollup.core.mathematics.generate` writes."""

Coefficients = tuple[int, int, int, int, int, int, int, int]
"""One row: c0 … c6 and the exponent."""


class TableCorrupt(Exception):
    """The file of coefficients is not the one that this program was written with."""

    def __init__(self, *, received: bytes, expected: bytes) -> None:
        super().__init__(f"the coefficient table's hash is {received.hex()}, expected {expected.hex()}: install the program again")
        self.received = received
        self.expected = expected


def load_table(path: Path, expected: bytes) -> bytes:
    """Return the bytes of a table. Raises TableCorrupt unless they have the expected hash."""
    table = path.read_bytes()
    received = keccak256(table)
    if received != expected:
        raise TableCorrupt(received=received, expected=expected)
    return table


WORDS = np.frombuffer(load_table(Path(__file__).with_name("coefficients.bin"), TABLE_HASH), np.dtype("<i8"))
"""The table as the compiled mode reads it."""

PLAIN_ROWS = tuple(cast("Coefficients", tuple(row)) for row in WORDS.reshape(ROWS, ROW_WORDS).tolist())
"""The table as the plain mode reads it: Python's integers, since numpy's are slow one by one."""


@kernel
def coefficients_compiled(row: int) -> Coefficients:
    """Stand for `coefficients` where tuples are not indexed and arrays are fast."""
    at = row * ROW_WORDS
    return (
        WORDS[at], WORDS[at + 1], WORDS[at + 2], WORDS[at + 3],
        WORDS[at + 4], WORDS[at + 5], WORDS[at + 6], WORDS[at + 7],
    )  # fmt: skip


@compiled_as(coefficients_compiled)
def coefficients(row: int) -> Coefficients:
    """Return a row of the table, for 0 ≤ row < ROWS (the callers' clamps prove it)."""
    return PLAIN_ROWS[row]
