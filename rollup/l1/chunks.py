"""The tree of chunks that L1 makes of a batch's body, and proofs of some chunks.

    leaf       = keccak(10 ‖ chunk, zero-padded to 256 bytes)
    node       = keccak(11 ‖ left ‖ right)
    chunk_root = keccak(12 ‖ u64 length ‖ root)

One rule: the leaves are padded to a power of two with the zero chunk's leaf, and the length is hashed too, so a root says exactly
which bytes were posted. A proof is of a set of chunks; a chunk at or beyond the padded end needs none, it is zeros.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rollup.core.errors import RollupError
from rollup.core.keccak import HASH_BYTES, keccak256, keccak_many
from rollup.core.merkle import proof_positions, verify_multiproof
from rollup.l1.packing import Reader

KeccakMany: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]
"""(n, length) messages → (n, 32) hashes."""

CHUNK_BYTES = 256
"""Bytes of a chunk."""

BODY_BYTES_MAX = 976 << 10
"""Longest body: with its calldata and its tree of chunks, posting it stays under 2^24 gas, what Ethereum allows one transaction (EIP-7825).

A sequencer ends a batch before its body could be longer, see `rollup.l1.body_length`.
"""

LEAF_PREFIX, NODE_PREFIX, ROOT_PREFIX = b"\x10", b"\x11", b"\x12"
"""First bytes of what is hashed."""


class ChunksInvalid(RollupError):
    """A proof of chunks that does not lead to the batch's chunk root."""


class ChunkMissing(RollupError):
    """A chunk that is read and was not proven."""


@dataclass(frozen=True, slots=True)
class ChunkProof:
    """Some chunks of a body, by number, and the multiproof that they are its chunks."""

    chunks: Mapping[int, bytes]
    siblings: tuple[bytes, ...]


def chunk_root(body: bytes, hash_many: KeccakMany = keccak_many) -> bytes:
    """Return the commitment to a body."""
    return _root(len(body), _levels(body, hash_many)[-1][0].tobytes())


def prove(body: bytes, numbers: Sequence[int], hash_many: KeccakMany = keccak_many) -> ChunkProof:
    """Return the proof of some chunks; numbers beyond the padded end are left out, for they need none."""
    levels = _levels(body, hash_many)
    depth = len(levels) - 1
    inside = sorted({number for number in numbers if 0 <= number < 1 << depth})
    siblings = [
        levels[depth + 1 - position.bit_length()][position - (1 << position.bit_length() - 1)]
        for position in proof_positions(inside, depth)
    ]
    return ChunkProof({number: _chunk(body, number) for number in inside}, tuple(sibling.tobytes() for sibling in siblings))


def proven_reader(proof: ChunkProof, length: int, root: bytes) -> Reader:
    """Return a reader of the proven chunks of a body, of which L1 keeps the length and the chunk root.

    Raises ChunksInvalid where the proof does not lead to that root; the reader raises ChunkMissing beyond what was proven.
    """
    depth = depth_of(length)
    for number, chunk in proof.chunks.items():
        if len(chunk) != CHUNK_BYTES or not 0 <= number < 1 << depth:
            raise ChunksInvalid("chunk", received=(number, len(chunk)), expected=f"{CHUNK_BYTES} bytes, number below {1 << depth}")
    leaves = {number: keccak256(LEAF_PREFIX + chunk) for number, chunk in proof.chunks.items()}
    proven = _root(length, verify_multiproof(leaves, depth, proof.siblings, NODE_PREFIX))
    if proven != root:
        raise ChunksInvalid("chunk root", received=proven, expected=root)

    def read(offset: int, wanted: int) -> bytes:
        first, last = offset // CHUNK_BYTES, -(-(offset + wanted) // CHUNK_BYTES)
        joined = b"".join(_proven(proof, number, 1 << depth) for number in range(first, last))
        return joined[offset - first * CHUNK_BYTES :][:wanted]

    return read


def depth_of(length: int) -> int:
    """Return the depth of the tree over a body of so many bytes; an empty one has one chunk of zeros."""
    return max(0, -(-length // CHUNK_BYTES) - 1).bit_length()


def _proven(proof: ChunkProof, number: int, size: int) -> bytes:
    if number >= size:
        return bytes(CHUNK_BYTES)
    if number not in proof.chunks:
        raise ChunkMissing("chunk", received="no proof", expected=f"a proof of chunk {number}")
    return proof.chunks[number]


def _root(length: int, root: bytes) -> bytes:
    return keccak256(ROOT_PREFIX + length.to_bytes(8, "big") + root)


def _chunk(body: bytes, number: int) -> bytes:
    return body[CHUNK_BYTES * number : CHUNK_BYTES * (number + 1)].ljust(CHUNK_BYTES, b"\0")


def _levels(body: bytes, hash_many: KeccakMany) -> list[npt.NDArray[np.uint8]]:
    """Return the levels of the tree, the leaves first."""
    size = 1 << depth_of(len(body))
    padded = np.zeros((size, 1 + CHUNK_BYTES), np.uint8)
    padded[:, 0] = LEAF_PREFIX[0]
    padded[:, 1:] = np.frombuffer(body.ljust(size * CHUNK_BYTES, b"\0"), np.uint8).reshape(size, CHUNK_BYTES)
    levels = [hash_many(padded)]
    while len(levels[-1]) > 1:
        pairs = levels[-1].reshape(-1, 2 * HASH_BYTES)
        nodes = np.full((len(pairs), 1 + 2 * HASH_BYTES), NODE_PREFIX[0], np.uint8)
        nodes[:, 1:] = pairs
        levels.append(hash_many(nodes))
    return levels
