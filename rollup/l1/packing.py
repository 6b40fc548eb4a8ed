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


def fit(values: Words) -> Column | None:
    """Return the narrowest column that holds some values, or None for zeros alone."""
    if not values.any():
        return None
    base = int(values.min())
    differences = values.view(np.uint64) - np.uint64(base & WORD_MASK)
    scale = _common_divisor(differences)
    return Column(base, scale, (int(differences.max()) // scale).bit_length())


def pack(table: Sequence[tuple[Column, Words]]) -> bytes:
    """Return the rows of a table of columns with their values, which the columns must hold."""
    stride = sum(column.width for column, _ in table)
    if stride == 0:
        return b""
    lanes = np.zeros((len(table[0][1]), -(-stride // 64)), np.uint64)
    offset = 0
    for column, values in table:
        if column.width:
            differences = values.view(np.uint64) - np.uint64(column.base & WORD_MASK)
            _place(lanes, offset, column.width, differences // np.uint64(column.scale))
        offset += column.width
    rows = lanes.astype(">u8").view(np.uint8)
    if stride % 8 == 0:
        return np.ascontiguousarray(rows[:, : stride // 8]).tobytes()
    return np.packbits(np.unpackbits(rows, axis=1, count=stride)).tobytes()


def unpack(data: npt.NDArray[np.uint8], start: int, stride: int, rows: int, columns: Sequence[Column]) -> list[Words]:
    """Return the values of each column in `rows` rows that begin at bit `start` of the data and every `stride` bits after."""
    aligned = _aligned(data, start + stride * np.arange(rows, dtype=np.int64), sum(column.width for column in columns))
    values, offset = [], 0
    for column in columns:
        bits = _field(aligned, offset, column.width) * np.uint64(column.scale) + np.uint64(column.base & WORD_MASK)
        values.append(bits.view(np.int64))
        offset += column.width
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


def _aligned(data: npt.NDArray[np.uint8], starts: Words, width: int) -> npt.NDArray[np.uint8]:
    """Return the bits from each start on as rows of whole bytes, 9 more than `width` needs, so that fields may be read past it."""
    count = -(-width // 8)
    positions = (starts >> 3)[:, None] + np.arange(count + 1)
    windows = np.append(data, np.uint8(0))[np.minimum(positions, len(data))].astype(np.uint16)
    shift = (starts & 7).astype(np.uint16)[:, None]
    rows = np.zeros((len(starts), count + 9), np.uint8)
    rows[:, :count] = ((windows[:, :-1] << np.uint16(8) | windows[:, 1:]) << shift) >> np.uint16(8)
    return rows


def _field(rows: npt.NDArray[np.uint8], offset: int, width: int) -> Bits:
    """Return `width` bits of each row, `offset` bits from the left."""
    if width == 0:
        return np.zeros(len(rows), np.uint64)
    first, skipped = divmod(offset, 8)
    bits = np.ascontiguousarray(rows[:, first : first + 8]).view(">u8")[:, 0].astype(np.uint64) << np.uint64(skipped)
    if skipped + width > 64:
        bits |= rows[:, first + 8].astype(np.uint64) >> np.uint64(8 - skipped)
    return bits >> np.uint64(64 - width)
