"""Packed tables: rows of bit fields, one after another without gaps, any of which can be read alone.

    table  = row …, most significant bit first
    row    = a field a column present, in column order: `width` bits
    column = base i64 ‖ scale u64 ‖ width u8, big-endian

One rule: a field means wrap64(base + scale × bits), a column that is absent means 0, and bits beyond the end of the data are 0.
So any bytes decode, and `unpack` (all rows, vectorised) and `read_row` (one row, from a few bytes) agree on every input.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Reader: TypeAlias = Callable[[int, int], bytes]
"""(offset, length) → that many bytes of the data, zeros beyond its end."""

COLUMN_BYTES = 17
"""A column's description."""

WIDTH_MAX = 64
"""Bits of a field, at most; a greater width in the data means this one."""

WORD_MASK = (1 << 64) - 1
"""A 64-bit word."""

SAMPLE = 32
"""How many differences are reduced to a common divisor at a time; the rest only have to confirm it."""


class Column(NamedTuple):
    """How the fields of one column are to be read."""

    base: int
    scale: int
    width: int


def fit(table: Words) -> tuple[list[int], list[Column], Bits]:
    """Return which rows of a table, (columns, values), are not zeros alone, the narrowest columns for them, and their fields' bits."""
    lowest, highest = table.min(axis=1), table.max(axis=1)
    present = np.flatnonzero(lowest | highest)
    bits = table[present].view(np.uint64) - lowest[present].view(np.uint64)[:, None]
    divisors = np.gcd.reduce(bits[:, :SAMPLE], axis=1)
    columns = []
    for place, number in enumerate(present.tolist()):
        scale = 1 if divisors[place] == 1 else _common_divisor(bits[place])
        if scale > 1:
            bits[place] //= np.uint64(scale)
        base, span = int(lowest[number]), int(highest[number]) - int(lowest[number])
        columns.append(Column(base, scale, (span // scale).bit_length()))
    return present.tolist(), columns, bits


def pack(columns: Sequence[Column], bits: Bits) -> bytes:
    """Return the rows of a table of columns whose fields have these bits, (columns, rows)."""
    stride = sum(column.width for column in columns)
    if stride == 0:
        return b""
    lanes = np.zeros((bits.shape[1], -(-stride // 64)), np.uint64)
    offset = 0
    for column, fields in zip(columns, bits, strict=True):
        if column.width:
            _place(lanes, offset, column.width, fields)
        offset += column.width
    rows = lanes.astype(">u8").view(np.uint8)
    if stride % 8 == 0:
        return np.ascontiguousarray(rows[:, : stride // 8]).tobytes()
    return np.packbits(np.unpackbits(rows, axis=1, count=stride)).tobytes()


def unpack(data: npt.NDArray[np.uint8], start: int, stride: int, rows: int, columns: Sequence[Column]) -> Words:
    """Return the values, (rows, columns), of rows that begin at bit `start` of the data and every `stride` bits after."""
    base = np.array([column.base & WORD_MASK for column in columns], np.uint64)
    scale, width = (np.array(part, np.uint64) for part in ([column.scale for column in columns], [column.width for column in columns]))
    bits_at = start + stride * np.arange(rows)[:, None] + (np.cumsum(width) - width).astype(np.int64)
    padded = np.append(data, np.zeros(9, np.uint8))
    # Eight bytes from each place on, as one number: a view, whose elements overlap.
    windows = np.ndarray(len(data) + 1, ">u8", padded, strides=(1,))
    places, skipped = np.minimum(bits_at >> 3, len(data)), (bits_at & 7).astype(np.uint64)
    bits = windows[places].astype(np.uint64) << skipped
    if (width > 57).any():
        bits |= padded[places + 8] >> (np.uint64(8) - skipped)
    bits >>= np.uint64(64) - np.maximum(width, np.uint64(1))
    bits[:, width == 0] = 0
    values: Words = (bits * scale + base).view(np.int64)
    return values


def read_row(read: Reader, start: int, columns: Sequence[Column]) -> list[int]:
    """Return the values of one row that begins at bit `start`: what `unpack` gives for it."""
    width = sum(column.width for column in columns)
    first, skipped = divmod(start, 8)
    length = -(-(skipped + width) // 8)
    row = int.from_bytes(read(first, length), "big") >> 8 * length - skipped - width
    values = []
    for column in columns:
        width -= column.width
        bits = row >> width & (1 << column.width) - 1
        values.append(wrap64(column.base + column.scale * bits))
    return values


def encode_columns(columns: Sequence[Column]) -> bytes:
    """Return the descriptions of columns."""
    return b"".join(
        column.base.to_bytes(8, "big", signed=True) + column.scale.to_bytes(8, "big") + bytes([column.width]) for column in columns
    )


def decode_columns(data: bytes) -> list[Column]:
    """Return the columns of their descriptions."""
    return [
        Column(
            int.from_bytes(data[at : at + 8], "big", signed=True),
            int.from_bytes(data[at + 8 : at + 16], "big"),
            min(data[at + 16], WIDTH_MAX),
        )
        for at in range(0, len(data), COLUMN_BYTES)
    ]


def wrap64(number: int) -> int:
    """Return the signed 64-bit integer that a number wraps to."""
    return (number + (1 << 63) & WORD_MASK) - (1 << 63)


def _common_divisor(differences: Bits) -> int:
    """Return the greatest common divisor of some differences, at least 1; zeros do not count."""
    divisor = np.uint64(0)
    rest = differences
    while len(rest):
        divisor = np.gcd(divisor, np.gcd.reduce(rest[:SAMPLE]))
        if divisor == 1:
            break
        rest = rest[rest % divisor != 0] if divisor else rest[rest != 0]
    return max(1, int(divisor))


def _place(lanes: Bits, offset: int, width: int, bits: Bits) -> None:
    """Or a column's bits into rows of 64-bit lanes, `offset` bits from the left."""
    lane, room = offset // 64, 64 - offset % 64 - width
    if room >= 0:
        lanes[:, lane] |= bits << np.uint64(room)
    else:
        lanes[:, lane] |= bits >> np.uint64(-room)
        lanes[:, lane + 1] |= bits << np.uint64(64 + room)
