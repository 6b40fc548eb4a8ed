"""The coefficient table: its hash, its shape, and that the generator writes it byte for byte."""

from pathlib import Path

import pytest

from rollup.core import genesis
from rollup.core.development import development_genesis
from rollup.core.keccak import keccak256
from rollup.core.mathematics import generate, layout, tables

FILE = Path(tables.__file__).with_name("coefficients.bin")


def test_the_generator_reproduces_the_committed_table():
    assert generate.encode(generate.table()) == FILE.read_bytes()


def test_the_hash_in_the_source_is_the_tables():
    assert keccak256(FILE.read_bytes()) == tables.TABLE_HASH


def test_the_table_has_its_documented_shape():
    assert len(FILE.read_bytes()) == layout.ROWS * layout.ROW_WORDS * 8
    assert len(tables.PLAIN_ROWS) == layout.ROWS
    assert [int(word) for word in tables.coefficients_compiled(layout.LN_ROW)] == list(tables.coefficients(layout.LN_ROW))


def test_one_flipped_bit_stops_the_load(tmp_path):
    spoilt = bytearray(FILE.read_bytes())
    spoilt[12345] ^= 4
    path = tmp_path / "coefficients.bin"
    path.write_bytes(spoilt)
    with pytest.raises(tables.TableCorrupt) as caught:
        tables.load_table(path, tables.TABLE_HASH)
    assert caught.value.expected == tables.TABLE_HASH
    assert caught.value.received == keccak256(bytes(spoilt))


def test_every_row_keeps_the_bounds_that_the_evaluation_needs():
    for row in tables.PLAIN_ROWS:
        assert abs(row[0]) <= 1 << 61
        assert sum(map(abs, row[1:7])) <= layout.WIDE_LIMIT
        assert sum(map(abs, row[4:7])) <= layout.NARROW_LIMIT


def test_exponents_of_the_tail_never_fall_and_the_others_are_zero():
    exponents = [row[7] for row in tables.PLAIN_ROWS]
    tail = exponents[layout.TAIL_ROW : layout.TAIL_ROW + layout.TAIL_ROWS]
    assert tail == sorted(tail)
    assert (tail[0], tail[-1]) == (0, 62)
    assert not any(exponents[layout.LN_ROW :])


def test_another_table_would_make_another_rollup(monkeypatch):
    ours = development_genesis().genesis_hash
    monkeypatch.setattr(genesis, "TABLE_HASH", keccak256(b"another table"))
    assert development_genesis().genesis_hash != ours
    monkeypatch.undo()
    assert development_genesis().genesis_hash == ours
