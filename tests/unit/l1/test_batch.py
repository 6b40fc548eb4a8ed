"""A batch's body: small, exact, and readable by L1 one record at a time, whatever bytes were posted."""

import numpy as np
import pytest
from batches import anything, orders
from hypothesis import given
from hypothesis import strategies as st

from l1_mock.admission import TRANSACTION_BYTES_MAX
from rollup.core.address import rows_from_addresses
from rollup.core.errors import EncodeError
from rollup.l1.batch import body_reader, chunks_of_record, decode_body, encode_body, record_from_chunks
from rollup.l1.body_encoding import MIXERS, RUN_MIN, segment_runs
from rollup.l1.body_layout import DIRECTORY_BYTES, ENTRY_BYTES, RECORD_COLUMNS, SEGMENTS_MAX, read_directory
from rollup.l1.body_length import RECORDS_SURE, length_bound
from rollup.l1.chunks import BODY_BYTES_MAX, CHUNK_BYTES, chunk_root, prove, proven_reader
from rollup.l1.packing import COLUMN_BYTES
from rollup.l1.records import ADDRESS_FIELDS
from rollup.state.layout import TX
from rollup.state.limits import STEPS

CHUNKS_MAX = 18
"""Most chunks that a record can take: see the test."""


def agree(body: bytes, count: int, places) -> None:
    """Both readers give the same records and signatures."""
    records, signatures = decode_body(body, count)
    assert len(records) == len(signatures) == count
    for place in places:
        record, signature = record_from_chunks(body_reader(body), count, place)
        assert np.array_equal(record, records[place : place + 1])
        assert signature == signatures[place].tobytes()


@pytest.mark.parametrize("count", [1, 2, 47, 48, 49, 200])
@pytest.mark.parametrize("seed", range(4))
def test_anything_reads_back(count, seed):
    records, signatures = anything(count, seed)
    body = encode_body(records, signatures)
    decoded, posted = decode_body(body, count)
    assert np.array_equal(decoded, records)
    assert np.array_equal(posted, signatures)
    agree(body, count, range(0, count, 7))


def test_a_market_day_is_small():
    records, signatures = orders(4096, 256)
    body = encode_body(records, signatures)
    assert np.array_equal(decode_body(body, 4096)[0], records)
    assert len(body) / 4096 / 64 <= 1.13
    assert max(len(chunks_of_record(body, 4096, place)) for place in range(0, 4096, 512)) <= 8


def test_of_the_largest_records_that_there_can_be_a_batch_has_fewer():
    """Rejected transactions go into batches too, whatever numbers their senders wrote: a batch of them must not be too long for L1.

    So a batch of such records has fewer.
    """
    rng = np.random.default_rng(5)
    records = rng.integers(-(1 << 63), (1 << 63) - 1, STEPS * TX.itemsize // 8, dtype=np.int64).view(TX)
    for name in ADDRESS_FIELDS:
        records[name] = rows_from_addresses(rng.integers(0, 256, (STEPS, 20), dtype=np.uint8))
    body = encode_body(records, rng.integers(0, 256, (STEPS, 64), dtype=np.uint8))
    more_descriptions = SEGMENTS_MAX * len(RECORD_COLUMNS) * COLUMN_BYTES
    assert RECORDS_SURE < STEPS
    assert len(body) <= length_bound([records]) <= len(body) + more_descriptions + 10 * STEPS
    sure = encode_body(records[:RECORDS_SURE], np.full((RECORDS_SURE, 64), 255, np.uint8))
    assert len(sure) <= length_bound([records[:RECORDS_SURE]]) <= BODY_BYTES_MAX < TRANSACTION_BYTES_MAX - 1024
    assert length_bound([records[: RECORDS_SURE + 1]]) > BODY_BYTES_MAX


@given(st.integers(0, 2**32), st.integers(1, 300), st.integers(0, 4))
def test_no_body_is_longer_than_its_bound(seed, count, columns):
    """Nor is that of some of its records; and it says how long a market day is, not how long the worst would be."""
    rng = np.random.default_rng(seed)
    records, _ = anything(count, seed % 1_000) if columns == 0 else orders(count, 16)
    if columns > 1:
        wide = rng.choice([name for name in RECORD_COLUMNS if name not in {"identity", "address"}], columns - 1)
        for name in wide:
            records[name] = rng.integers(-(1 << 63), (1 << 63) - 1, count, dtype=np.int64)
    signatures = np.full((count, 64), 255, np.uint8)
    some = np.sort(rng.permutation(count)[: rng.integers(0, count + 1)])
    bound = length_bound([records[: count // 2], records[count // 2 :]])
    assert len(encode_body(records, signatures)) <= bound
    assert len(encode_body(records[some], signatures[some])) <= bound


def test_a_full_market_day_is_sure_to_fit():
    records, _ = orders(STEPS, 256)
    assert length_bound([records]) <= BODY_BYTES_MAX
    assert length_bound([]) < 20_000


def test_the_recovery_byte_is_not_posted():
    records, signatures = orders(5, 2)
    longer = np.concatenate([signatures, np.full((5, 1), 27, np.uint8)], axis=1)
    assert encode_body(records, longer) == encode_body(records, signatures)


def test_nothing():
    assert encode_body(np.zeros(0, TX), np.zeros((0, 64), np.uint8)) == b""
    assert len(decode_body(b"", 0)[0]) == 0
    agree(b"", 3, range(3))
    assert not decode_body(b"", 3)[0].view(np.int64).any()


def test_beyond_the_count_are_zeros():
    records, signatures = orders(5, 2)
    body = encode_body(records, signatures)
    for count, place in ((5, 5), (5, 6), (5, -1), (5, 1 << 40), (3, 3), (3, 4)):
        record, signature = record_from_chunks(body_reader(body), count, place)
        assert not record.view(np.int64).any()
        assert not any(signature)
    agree(body, 9, range(9))
    agree(body, 3, range(3))


@pytest.mark.parametrize("shift", [1, 2, 3, 1 << 40, (1 << 63) - 1, -1, -2, -(1 << 63)])
def test_an_identity_that_is_not_there_is_nobody(shift):
    records, signatures = orders(3, 3)
    records["account"] = [1, 2, 3]
    body = bytearray(encode_body(records, signatures))
    segment = read_directory(body_reader(bytes(body))).segments[0]
    assert segment.columns[0] == 0
    body[segment.description : segment.description + 8] = shift.to_bytes(8, "big", signed=True)
    agree(bytes(body), 3, range(3))
    accounts = decode_body(bytes(body), 3)[0]["account"].tolist()
    assert accounts.count(0) == min(abs(shift), 3)
    assert len(set(accounts) - {0}) == 3 - accounts.count(0)


def test_identities_of_one_mixture_stay_apart():
    records, signatures = orders(2, 1)
    records["account"][1] = np.uint64(int(records["account"][0]) + int(MIXERS[1]) & (1 << 64) - 1).astype(np.int64)
    records["owner"][1, 0] = np.uint64(int(records["owner"][0, 0]) - int(MIXERS[0]) & (1 << 64) - 1).astype(np.int64)
    records["signer"][1] = records["signer"][0]
    decoded, _ = decode_body(encode_body(records, signatures), 2)
    assert np.array_equal(decoded, records)


@given(st.binary(max_size=700), st.integers(0, 30), st.booleans())
def test_any_bytes_decode(data, count, versioned):
    body = b"\x01" + data if versioned else data
    agree(body, count, range(count))


@given(st.data())
def test_a_damaged_body_decodes(data):
    records, signatures = anything(data.draw(st.sampled_from([3, 20, 60])), data.draw(st.integers(0, 5)))
    body = bytearray(encode_body(records, signatures))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, min(len(body), 300) - 1))
        body[place] = data.draw(st.integers(0, 255))
    agree(bytes(body[: data.draw(st.integers(0, len(body)))]), len(records), range(0, len(records), 5))


@given(st.data())
def test_l1_opens_a_record_from_proven_chunks(data):
    count = data.draw(st.sampled_from([1, 30, 300]))
    records, signatures = anything(count, data.draw(st.integers(0, 5)))
    body, place = encode_body(records, signatures), data.draw(st.integers(0, count - 1))
    proof = prove(body, chunks_of_record(body, count, place))
    record, signature = record_from_chunks(proven_reader(proof, len(body), chunk_root(body)), count, place)
    assert np.array_equal(record, records[place : place + 1])
    assert signature == signatures[place].tobytes()


@given(st.binary(min_size=DIRECTORY_BYTES, max_size=DIRECTORY_BYTES), st.integers(0, 4095))
def test_the_chunks_of_a_record_are_bounded_whatever_was_posted(data, place):
    """Directory 1; a description of 22 columns 3 and of 4 columns 2, a row of 22 x 64 bits 2, of 4 x 64 bits 2, three addresses 2 each,
    a signature 2."""
    body = b"\x01" + data[1:] + bytes(50_000)
    assert len(chunks_of_record(body, 4096, place)) <= CHUNKS_MAX
    assert DIRECTORY_BYTES <= CHUNK_BYTES
    assert ENTRY_BYTES * (1 + SEGMENTS_MAX) + 4 == DIRECTORY_BYTES
    assert len(RECORD_COLUMNS) <= 32


def runs_of(kinds):
    return segment_runs(np.array(kinds, np.int64))


def test_segments():
    assert runs_of([]) == []
    assert runs_of([11] * 5) == [(0, 5)]
    alternating = [11, 12] * 100
    assert runs_of(alternating) == [(0, 200)]
    runs = runs_of([11] * RUN_MIN + [12, 11, 13] + [12] * RUN_MIN)
    assert runs == [(0, RUN_MIN), (RUN_MIN, RUN_MIN + 3), (RUN_MIN + 3, 2 * RUN_MIN + 3)]
    many = runs_of([kind for number in range(80) for kind in [11 + number % 2] * RUN_MIN])
    assert len(many) == SEGMENTS_MAX
    assert [first for first, _ in many[1:]] == [last for _, last in many[:-1]]


@given(st.lists(st.integers(10, 13), max_size=300))
def test_segments_cover_everything_in_order(kinds):
    runs = runs_of(kinds)
    assert [place for first, last in runs for place in range(first, last)] == list(range(len(kinds)))
    assert len(runs) <= SEGMENTS_MAX


def test_segments_are_in_the_directory():
    records, signatures = orders(RUN_MIN, 3)
    cancels = records.copy()
    cancels["kind"] = 12
    body = encode_body(np.concatenate([records, cancels]), np.concatenate([signatures, signatures]))
    directory = read_directory(body_reader(body))
    assert [segment.rows for segment in directory.segments] == [RUN_MIN, RUN_MIN]
    assert directory.segments[1].description - directory.segments[0].description == COLUMN_BYTES * len(directory.segments[0].columns)


def test_our_own_mistakes():
    records, signatures = orders(3, 2)
    with pytest.raises(EncodeError):
        encode_body(records, signatures[:2])
    records["owner"][0, 2] = 1 << 32
    with pytest.raises(EncodeError, match="address"):
        encode_body(records, signatures)
