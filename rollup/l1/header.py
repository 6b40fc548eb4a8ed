"""A batch's header, the accumulators that chain batches and queue entries, and L1's blocks and logs as we read them.

    acc_i       = keccak(20 ‖ acc_{i-1} ‖ chunk_root ‖ u64 index ‖ u64 time ‖ u64 queue_from ‖ u64 queue_to ‖ queue_acc ‖ u32 count)
    queue_acc_i = keccak(21 ‖ queue_acc_{i-1} ‖ keccak(entry))

The parent of the first batch is the genesis hash, and the queue's first accumulator is zeros.

One rule: an accumulator is all that a batch is. Who has the same one has the same records in the same order, from genesis on.
"""

from dataclasses import dataclass, field

from rollup.core.keccak import HASH_BYTES, keccak256
from rollup.l1.records import Records

BATCH_PREFIX = b"\x20"
"""First byte of what is hashed to a batch's accumulator."""

QUEUE_PREFIX = b"\x21"
"""First byte of what is hashed to a queue entry's accumulator."""

BLOOM_BITS = 2_048
"""Bits of a block's filter (Yellow Paper §4.3.1)."""

EMPTY_QUEUE = bytes(HASH_BYTES)
"""Accumulator of a queue without entries."""


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """All that L1 knows of a batch."""

    index: int
    parent: bytes
    """Accumulator of the batch before, or the genesis hash."""
    chunk_root: bytes
    time_s: int
    queue_from: int
    queue_to: int
    """The batch takes the queue entries from the one up to the other, exclusive."""
    queue_acc: bytes
    """Accumulator of the queue up to `queue_to`."""
    count: int
    """Records in the body."""

    @property
    def steps(self) -> int:
        """Steps of the batch: its begin, its queue entries, its records."""
        return 1 + self.queue_to - self.queue_from + self.count

    def acc(self) -> bytes:
        """Return the batch's accumulator."""
        numbers = (self.index, self.time_s, self.queue_from, self.queue_to)
        packed = b"".join(number.to_bytes(8, "big") for number in numbers)
        return keccak256(BATCH_PREFIX + self.parent + self.chunk_root + packed + self.queue_acc + self.count.to_bytes(4, "big"))


@dataclass(frozen=True, slots=True, eq=False)
class QueueEntry:
    """An entry of L1's queue."""

    index: int
    acc: bytes
    """Accumulator of the queue with this entry."""
    record: Records
    """An array of one, `source` set."""
    signature: bytes
    """64 bytes."""
    data: bytes
    """The entry as L1 has it."""
    l1_block: int
    """Number of the block that brought it."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """An L1 block."""

    number: int
    hash: bytes
    parent: bytes
    time_s: int
    bloom: bytes = field(default=b"", compare=False, repr=False)
    """Filter of what its logs name, where it is known."""

    def may_name(self, address: bytes) -> bool:
        """Whether a log of the block may be an address's: surely not where one of the address's three bits is not set."""
        bits = int.from_bytes(self.bloom, "big")
        digest = keccak256(address)
        places = (int.from_bytes(digest[start : start + 2], "big") % BLOOM_BITS for start in (0, 2, 4))
        return all(bits >> place & 1 for place in places)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log, and where on L1 it is."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: bytes
    transaction: bytes
    """Hash of the transaction that wrote it."""
    index: int
    """Place in the block."""


def queue_accumulator(before: bytes, entry: bytes) -> bytes:
    """Return the queue's accumulator with one more entry."""
    return keccak256(QUEUE_PREFIX + before + keccak256(entry))
