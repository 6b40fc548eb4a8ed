"""Headers, bloom filters, tries, and the headers of runs of empty blocks."""

import pytest
import rlp
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from l1_mock.contracts.framework import Log
from l1_mock.empty_run import EmptyRun, Strand, rlp_integer
from l1_mock.headers import EMPTY_BLOOM, Header, bloom_of
from l1_mock.trie import ordered_root
from tests.unit.l1_mock.effort import calls_of

FIRST = Header(b"p" * 32, 5, 1_000, 10**9, 60_000_000, b"s" * 32, b"optroll")


@pytest.mark.parametrize(
    ("count", "root"),
    [
        (0, "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
        (1, "82ce349cc112fb3d479d7aa5cab0e8034c5f0ca6376c57cc1ed1cb3561a02ae0"),
        (2, "6edbe05902230889d0fda747b3e7f75517ae57eebc9f9204f0a2991c1ce262e4"),
        (3, "244aa07abe74f654c8e4dbe755f15fcf18e7c321c4b95c01d3503ca6d83a512d"),
        (16, "faafede7f1aa4721a3cc3fbb06045bdb75f339a8e00829f7917e15527e4fce91"),
        (17, "4f1fa445263c9d34ca9bccb919f6e394da70416c939f5f44b6513b59688dee67"),
        (128, "68fdf6a13e406b6164008d5bcf70467a00af0d3454d129515e534ac58c3beff6"),
        (129, "8b9f32f055fd8f95cac0801751006ecafd9fed3a5162ac15c9d3ecbbef5db9e1"),
        (300, "d8a2468b31687fd7197c78edb895b8a62ef591eb7046708a5c82187900bdd9d8"),
    ],
)
def test_roots_of_ordered_tries(count, root):
    """Roots computed by py-trie's HexaryTrie over the same pairs."""
    values = [(keccak(bytes([index % 256])) * 9)[: 1 + index * 37 % 200] for index in range(count)]
    assert ordered_root(values).hex() == root


def test_a_header_is_sixteen_fields_of_rlp():
    header = rlp.decode(FIRST.encode())
    assert len(header) == 16
    assert header[0] == b"p" * 32
    assert FIRST.hash() == keccak(FIRST.encode())


def test_the_bloom_filter_holds_addresses_and_topics():
    log = Log(b"a" * 20, (b"t" * 32, b"u" * 32), b"data")
    bloom = int.from_bytes(bloom_of([log]), "big")
    for entry in (log.address, *log.topics):
        digest = keccak(entry)
        assert all(bloom >> (int.from_bytes(digest[at : at + 2], "big") % 2048) & 1 for at in (0, 2, 4))
    assert bloom.bit_count() <= 9
    assert bloom_of([]) == EMPTY_BLOOM


@given(st.integers(0, 2**256 - 1))
def test_integers_encode_as_by_the_library(value):
    assert rlp_integer(value) == rlp.encode(value)


@given(st.integers(0, 2**40), st.integers(0, 5_000), st.integers(0, 2**60), st.integers(0, 2**40))
def test_the_template_gives_the_hashes_of_the_headers(start, interval, base_fee, number):
    first = Header(b"p" * 32, number, start // 1_000, base_fee, 60_000_000, b"s" * 32, b"optroll\1")
    run = EmptyRun(Strand(first, start, interval), 5)
    parent = first.parent_hash
    for at in range(number, number + 5):
        header = run.header(at)
        assert header.parent_hash == parent
        assert header.timestamp == run.timestamp(at) == (start + (at - number) * interval) // 1_000
        parent = run.hash(at)
        assert header.hash() == parent


def test_hashes_do_not_depend_on_the_order_of_asking():
    ahead, behind = Strand(FIRST, 1_000_000, 12_000), Strand(FIRST, 1_000_000, 12_000)
    last = ahead.hash(300)
    assert [behind.hash(index) for index in range(301)] == [ahead.hash(index) for index in range(301)]
    assert behind.hash(300) == last


def test_a_hash_is_found_within_the_run_only():
    strand = Strand(FIRST, 1_000_000, 12_000)
    run = EmptyRun(strand, 10)
    assert run.strand.find(strand.hash(7), 10) == 7
    assert run.strand.find(strand.hash(10), 10) is None
    assert run.strand.find(strand.hash(7)[1:] + b"\0", 10) is None


def test_the_base_fee_settles():
    strand = Strand(FIRST, 1_000_000, 12_000)
    assert strand.base_fee(1) == 875_000_000
    assert strand.base_fee(100_000) == 7


def test_a_week_of_headers_is_a_few_calls_a_header():
    def effort(blocks):
        return calls_of(lambda: Strand(FIRST, 1_000_000, 12_000).hash(blocks))

    first, second, third = effort(5_000), effort(10_000), effort(15_000)
    assert third - second == second - first <= 5_000 * 15
