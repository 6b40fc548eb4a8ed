"""Block headers as Ethereum encodes and hashes them (Yellow Paper §4.3 with EIP-1559's base fee, after the merge: EIP-3675).

`state_root` is not a trie's root, since contracts here are Python: it is a hash chain over the transactions and receipts so far, which
determine the state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import rlp

from l1_mock.contracts.framework import Log
from l1_mock.trie import EMPTY_ROOT
from rollup.core.keccak import keccak256

OMMERS_HASH = keccak256(rlp.encode([]))
"""Hash of the list of uncles, which is always empty (EIP-3675)."""
EMPTY_BLOOM = bytes(256)
"""Bloom filter of no logs."""
MIX_HASH = bytes(32)
"""Ethereum's beacon randomness; the mock has none, so that chains are reproducible."""
PROOF_OF_WORK_NONCE = bytes(8)
"""Zero since the merge (EIP-3675)."""
GENESIS_PARENT = bytes(32)
"""Parent hash of block 0."""


@dataclass(frozen=True, slots=True)
class Header:
    """What varies between the headers of this chain."""

    parent_hash: bytes
    number: int
    timestamp: int
    """Unix time in seconds."""
    base_fee: int
    """Wei a gas."""
    gas_limit: int
    state_root: bytes
    extra_data: bytes
    """Counts the reorgs so far, so that a block mined again never has the hash of the one it replaces."""
    coinbase: bytes = bytes(20)
    transactions_root: bytes = EMPTY_ROOT
    receipts_root: bytes = EMPTY_ROOT
    logs_bloom: bytes = EMPTY_BLOOM
    gas_used: int = 0

    def encode(self) -> bytes:
        """Encode the header by RLP."""
        return bytes(
            rlp.encode(
                [
                    self.parent_hash,
                    OMMERS_HASH,
                    self.coinbase,
                    self.state_root,
                    self.transactions_root,
                    self.receipts_root,
                    self.logs_bloom,
                    0,
                    self.number,
                    self.gas_limit,
                    self.gas_used,
                    self.timestamp,
                    self.extra_data,
                    MIX_HASH,
                    PROOF_OF_WORK_NONCE,
                    self.base_fee,
                ],
            ),
        )

    def hash(self) -> bytes:
        """Compute the block hash."""
        return keccak256(self.encode())


def next_state_root(parent: bytes, transactions_root: bytes, receipts_root: bytes) -> bytes:
    """Compute the state root after a block that is not empty; an empty one keeps its parent's."""
    return keccak256(parent + transactions_root + receipts_root)


def bloom_of(logs: Iterable[Log]) -> bytes:
    """Compute the bloom filter of logs (Yellow Paper §4.3.1)."""
    bits = 0
    for log in logs:
        bits |= _bloom_bits(log.address)
        for topic in log.topics:
            bits |= _bloom_bits(topic)
    return bits.to_bytes(256, "big") if bits else EMPTY_BLOOM


@lru_cache(maxsize=65_536)
def _bloom_bits(entry: bytes) -> int:
    """Return the three bits that an address or topic sets: the low 11 bits of its hash's first three pairs of bytes."""
    digest = keccak256(entry)
    bits = 0
    for start in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[start : start + 2], "big") & 2047)
    return bits
