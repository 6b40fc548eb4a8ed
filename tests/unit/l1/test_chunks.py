"""The tree of chunks: binding to every byte and to the length, and proofs that show no more than they prove."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.keccak import keccak256
from rollup.core.merkle import ProofInvalid
from rollup.l1.chunks import CHUNK_BYTES, ChunkMissing, ChunksInvalid, chunk_root, depth_of, prove, proven_reader
from rollup.state.keccak_bytes import compiled_keccak_many

BODIES = st.builds(
    lambda head, length: (head * 9)[:8].ljust(length, head or b"a")[:length], st.binary(min_size=1, max_size=1), st.integers(0, 3000)
)


def naive_root(body: bytes) -> bytes:
    """The definition, written out."""
    count = 1
    while count * CHUNK_BYTES < len(body):
        count *= 2
    level = [keccak256(b"\x10" + body[256 * i : 256 * (i + 1)].ljust(256, b"\0")) for i in range(count)]
    while len(level) > 1:
        level = [keccak256(b"\x11" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return keccak256(b"\x12" + len(body).to_bytes(8, "big") + level[0])


@given(BODIES)
def test_the_root_is_the_definition(body):
    assert chunk_root(body) == naive_root(body)
    assert chunk_root(body, compiled_keccak_many) == naive_root(body)


@pytest.mark.parametrize(("length", "depth"), [(0, 0), (1, 0), (256, 0), (257, 1), (512, 1), (513, 2), (512 << 10, 11)])
def test_depth(length, depth):
    assert depth_of(length) == depth


def test_a_zero_more_is_another_body():
    assert len({chunk_root(bytes(length)) for length in range(5)}) == 5


@given(BODIES, st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_proven_chunks_read_as_the_body(body, numbers):
    proof = prove(body, numbers)
    if not proof.chunks:
        return
    read = proven_reader(proof, len(body), chunk_root(body))
    for number in numbers:
        offset = CHUNK_BYTES * number
        assert read(offset, CHUNK_BYTES) == body[offset : offset + CHUNK_BYTES].ljust(CHUNK_BYTES, b"\0")
        assert read(offset + 5, 9) == body[offset + 5 : offset + 14].ljust(9, b"\0")


def test_what_was_not_proven_cannot_be_read():
    body = bytes(range(256)) * 4
    read = proven_reader(prove(body, [1]), len(body), chunk_root(body))
    assert read(300, 20) == body[300:320]
    for offset in (0, 255, 500):
        with pytest.raises(ChunkMissing):
            read(offset, 20)
    assert read(1024, 20) == bytes(20)


@given(st.data())
def test_no_changed_proof_passes(data):
    body = bytes((place + place // 256) % 256 for place in range(256 * 7))
    proof, root = prove(body, [0, 2, 5]), chunk_root(body)
    number = data.draw(st.sampled_from([0, 2, 5]))
    chunk = bytearray(proof.chunks[number])
    chunk[data.draw(st.integers(0, 255))] ^= data.draw(st.integers(1, 255))
    place = data.draw(st.integers(0, len(proof.siblings) - 1))
    siblings = [*proof.siblings[:place], keccak256(b"another"), *proof.siblings[place + 1 :]]
    moved = {**proof.chunks, number + 1: proof.chunks[number]}
    del moved[number]
    for changed in (
        replace(proof, chunks={**proof.chunks, number: bytes(chunk)}),
        replace(proof, siblings=tuple(siblings)),
        replace(proof, siblings=proof.siblings[:-1]),
        replace(proof, siblings=(*proof.siblings, bytes(32))),
        replace(proof, chunks=moved),
        replace(proof, chunks={**proof.chunks, 8: bytes(256)}),
        replace(proof, chunks={**proof.chunks, number: bytes(255)}),
    ):
        with pytest.raises((ChunksInvalid, ProofInvalid)):
            proven_reader(changed, len(body), root)
    for length in (len(body) - 1, len(body) + 1, 2 * len(body)):
        with pytest.raises((ChunksInvalid, ProofInvalid)):
            proven_reader(proof, length, root)
