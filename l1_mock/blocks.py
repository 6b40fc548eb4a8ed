"""What the chain keeps: blocks with their receipts, and patches, which are changes by a developer's hand between two blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import rlp

from l1_mock.contracts.framework import Log
from l1_mock.empty_run import EmptyRun
from l1_mock.headers import Header, bloom_of
from l1_mock.transactions import LEGACY, Transaction
from l1_mock.trie import ordered_root
from l1_mock.world import Difference


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction did in its block."""

    transaction: Transaction
    success: bool
    reason: str
    """Why it failed, for people; empty where it did not."""
    gas_used: int
    cumulative_gas: int
    """Gas of the block up to and with this transaction."""
    gas_price: int
    """Wei that it paid a gas."""
    logs: tuple[Log, ...]
    bloom: bytes
    index: int
    """Position in the block."""
    first_log: int
    """Position in the block of its first log."""

    def encode(self) -> bytes:
        """Encode the receipt as the receipts' trie holds it (EIP-2718)."""
        logs = [[log.address, list(log.topics), log.data] for log in self.logs]
        body = bytes(rlp.encode([int(self.success), self.cumulative_gas, self.bloom, logs]))
        kind = self.transaction.kind
        return body if kind == LEGACY else bytes([kind]) + body


@dataclass(frozen=True, slots=True)
class FullBlock:
    """A block with transactions."""

    sealed: Header
    digest: bytes
    """Its hash."""
    receipts: tuple[Receipt, ...]
    difference: Difference
    """What it changed in the world."""

    @property
    def first(self) -> int:
        """Its number."""
        return self.sealed.number

    @property
    def last(self) -> int:
        """Its number."""
        return self.sealed.number

    def header(self, _number: int) -> Header:
        """Return its header."""
        return self.sealed

    def hash(self, _number: int) -> bytes:
        """Return its hash."""
        return self.digest

    def base_fee(self, _number: int) -> int:
        """Return its base fee, in wei a gas."""
        return self.sealed.base_fee

    def timestamp(self, _number: int) -> int:
        """Return its time, in seconds."""
        return self.sealed.timestamp


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the world made between blocks, on top of block `number`."""

    number: int
    difference: Difference


Item: TypeAlias = FullBlock | EmptyRun | Patch
"""An entry of the chain's history."""


@dataclass(frozen=True, slots=True)
class Place:
    """A block of the chain: its number, and the item of history that holds it."""

    number: int
    item: FullBlock | EmptyRun

    @property
    def header(self) -> Header:
        """Its header."""
        return self.item.header(self.number)

    @property
    def hash(self) -> bytes:
        """Its hash."""
        return self.item.hash(self.number)

    @property
    def timestamp(self) -> int:
        """Its time, in seconds."""
        return self.item.timestamp(self.number)

    @property
    def base_fee(self) -> int:
        """Its base fee, in wei a gas."""
        return self.item.base_fee(self.number)

    @property
    def gas_used(self) -> int:
        """Gas that its transactions used."""
        return self.item.sealed.gas_used if isinstance(self.item, FullBlock) else 0

    @property
    def gas_limit(self) -> int:
        """Most gas that it could have used."""
        return self._like.gas_limit

    @property
    def state_root(self) -> bytes:
        """Its state root. Unlike the header, this needs no hash of an earlier block."""
        return self._like.state_root

    @property
    def _like(self) -> Header:
        """A header that agrees with its own in what does not change along a run."""
        return self.item.sealed if isinstance(self.item, FullBlock) else self.item.strand.first

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Its receipts, in order."""
        return self.item.receipts if isinstance(self.item, FullBlock) else ()


def roots_of(receipts: Sequence[Receipt]) -> tuple[bytes, bytes, bytes]:
    """Compute the roots of transactions and receipts, and the bloom filter, of a block with these receipts."""
    return (
        ordered_root([receipt.transaction.raw for receipt in receipts]),
        ordered_root([receipt.encode() for receipt in receipts]),
        bloom_of(log for receipt in receipts for log in receipt.logs),
    )
