"""Stretches of empty blocks at even intervals, whose headers are made only when somebody asks.

A week of empty slots is one small object. Each header contains the hash of the one before, so asking for the last hash makes all of
them, from a template: only parent, number, time and base fee differ.
"""

from dataclasses import dataclass, replace

import rlp

from l1_mock.gas import next_base_fee
from l1_mock.headers import EMPTY_BLOOM, MIX_HASH, OMMERS_HASH, PROOF_OF_WORK_NONCE, Header
from l1_mock.timing import SECOND
from l1_mock.trie import EMPTY_ROOT
from l1_mock.world import Difference
from rollup.core.keccak import keccak256

HASH = 32
"""Bytes of a block hash."""
NO_CHANGE = Difference()
"""What an empty block changes."""


class Strand:
    """An endless sequence of empty blocks, a pure function of its first header; hashes are computed as far as asked for, and kept."""

    __slots__ = ("_hashes", "_head", "_tail", "base_fees", "first", "interval", "start")

    def __init__(self, first: Header, start: int, interval: int) -> None:
        """Start with `first`, at the time `start`, and go on with blocks like it every `interval`, both in milliseconds."""
        self.first = first
        self.start = start
        self.interval = interval
        self.base_fees = [first.base_fee]
        self._hashes = bytearray()
        self._head = rlp_items(OMMERS_HASH, first.coinbase, first.state_root, EMPTY_ROOT, EMPTY_ROOT, EMPTY_BLOOM, b"")
        self._tail = rlp_items(first.extra_data, MIX_HASH, PROOF_OF_WORK_NONCE)

    def time(self, index: int) -> int:
        """Return the time of the block at `index`, in milliseconds."""
        return self.start + index * self.interval

    def base_fee(self, index: int) -> int:
        """Compute the base fee of the block at `index`. It falls until rounding stops it; from there on it stays."""
        fees = self.base_fees
        while len(fees) <= index:
            following = next_base_fee(fees[-1], 0, self.first.gas_limit)
            if following == fees[-1]:
                return following
            fees.append(following)
        return fees[index]

    def header(self, index: int) -> Header:
        """Make the header at `index`."""
        return replace(
            self.first,
            parent_hash=self.hash(index - 1) if index else self.first.parent_hash,
            number=self.first.number + index,
            timestamp=self.time(index) // SECOND,
            base_fee=self.base_fee(index),
        )

    def hash(self, index: int) -> bytes:
        """Compute the hash of the block at `index`, and of all before it."""
        if len(self._hashes) <= index * HASH:
            self._extend(index + 1)
        return bytes(self._hashes[index * HASH : index * HASH + HASH])

    def find(self, digest: bytes, count: int) -> int | None:
        """Return the index of the block with this hash among the first `count`, or None."""
        self.hash(count - 1)
        start = self._hashes.find(digest, 0, count * HASH)
        while start >= 0 and start % HASH:
            start = self._hashes.find(digest, start + 1, count * HASH)
        return start // HASH if start >= 0 else None

    def _extend(self, count: int) -> None:
        hashes, first = self._hashes, self.first
        done = len(hashes) // HASH
        parent = bytes(hashes[-HASH:]) or first.parent_hash
        gas = rlp_items(first.gas_limit, 0)
        number, time = first.number + done, self.time(done)
        for index in range(done, count):
            fields = (
                b"\xa0"
                + parent
                + self._head
                + rlp_integer(number)
                + gas
                + rlp_integer(time // SECOND)
                + self._tail
                + rlp_integer(self.base_fee(index))
            )
            parent = keccak256(b"\xf9" + len(fields).to_bytes(2, "big") + fields)
            hashes += parent
            number += 1
            time += self.interval


@dataclass(frozen=True, slots=True)
class EmptyRun:
    """The first `count` blocks of a strand, as they stand in a chain."""

    strand: Strand
    count: int
    difference: Difference = NO_CHANGE

    @property
    def first(self) -> int:
        """Number of its first block."""
        return self.strand.first.number

    @property
    def last(self) -> int:
        """Number of its last block."""
        return self.strand.first.number + self.count - 1

    def header(self, number: int) -> Header:
        """Return the header of the block with this number."""
        return self.strand.header(number - self.first)

    def hash(self, number: int) -> bytes:
        """Return the hash of the block with this number."""
        return self.strand.hash(number - self.first)

    def base_fee(self, number: int) -> int:
        """Return the base fee of the block with this number, in wei a gas."""
        return self.strand.base_fee(number - self.first)

    def timestamp(self, number: int) -> int:
        """Return the time of the block with this number, in seconds."""
        return self.strand.time(number - self.first) // SECOND


def rlp_integer(value: int) -> bytes:
    """Encode an integer as the rlp library does, without its cost. For numbers of a header: below 2^440."""
    if value < 0x80:
        return bytes((value,)) if value else b"\x80"
    length = (value.bit_length() + 7) // 8
    return bytes((0x80 + length,)) + value.to_bytes(length, "big")


def rlp_items(*items: bytes | int) -> bytes:
    """Encode items as they stand inside a list."""
    return b"".join(rlp.encode(item) for item in items)
