"""Packed tables: what is packed unpacks, and both readers agree on any bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.l1.packing import Column, decode_columns, encode_columns, fit, pack, read_row, unpack, wrap64

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
COLUMNS = st.builds(Column, INT64, st.integers(0, (1 << 64) - 1), st.integers(0, 64))


def reader(data: bytes):
    return lambda offset, length: data[offset : offset + length].ljust(length, b"\0")


@given(
    st.integers(1, 20),
    st.lists(st.tuples(INT64, st.sampled_from([1, 3, 1000, 1 << 40]), st.integers(0, 62)), min_size=1, max_size=9),
    st.randoms(),
)
def test_what_is_packed_unpacks(rows, kinds, random):
    table = np.array([[wrap64(base + scale * random.getrandbits(bits)) for _ in range(rows)] for base, scale, bits in kinds], np.int64)
    present, columns, bits = fit(table)
    assert present == [place for place, values in enumerate(table) if values.any()]
    assert decode_columns(encode_columns(columns)) == columns
    data = pack(columns, bits)
    stride = sum(column.width for column in columns)
    assert len(data) == -(-rows * stride // 8)
    assert np.array_equal(unpack(np.frombuffer(data, np.uint8), 0, stride, rows, columns).T, table[present])


@given(
    st.binary(max_size=80),
    st.lists(COLUMNS, max_size=6),
    st.integers(0, 12),
    st.sampled_from([0, 1, 7, 8, 61, 64, 65, 65_535]),
    st.integers(0, 99),
)
def test_both_readers_agree_on_any_bits(data, columns, rows, stride, start):
    unpacked = unpack(np.frombuffer(data, np.uint8), start, stride, rows, columns)
    for row in range(rows):
        assert unpacked[row].tolist() == read_row(reader(data), start + stride * row, columns)


@pytest.mark.parametrize("before", range(9))
@pytest.mark.parametrize("width", [57, 58, 63, 64])
def test_a_wide_field_may_begin_at_any_bit(before, width):
    columns = [Column(0, 1, before), Column(-5, 3, width)]
    data = bytes(range(200, 256)) * 2
    unpacked = unpack(np.frombuffer(data, np.uint8), 3, 77, 9, columns)
    assert unpacked.tolist() == [read_row(reader(data), 3 + 77 * row, columns) for row in range(9)]


def column_of(values):
    present, columns, _ = fit(np.array([values], np.int64))
    return columns[0] if present else None


def test_fit_is_narrow():
    assert column_of([0, 0]) is None
    assert column_of([7, 7]) == Column(7, 1, 0)
    assert column_of([1000, 1500, 3000]) == Column(1000, 500, 3)
    assert column_of([-(1 << 63), (1 << 63) - 1]) == Column(-(1 << 63), (1 << 64) - 1, 1)
    steps = np.arange(1000) * 30
    steps[900] += 10
    assert column_of(steps) == Column(0, 10, 12)
