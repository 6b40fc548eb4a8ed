"""The inbox: what was posted, in order, and the queue by which anybody gets a transaction in.

One rule: everything that a dispute needs about a batch is computed here, from the bytes as they were posted and from L1's own queue, so
neither a batch's length nor its content can be claimed, only looked up.
The accumulators are defined in `rollup.l1.header`. Storage, by key:

    "batches"       number of batches         ("batch", i)   BatchRecord
    "queued"        length of the queue       ("entry", i)   EntryRecord
    "buffer"        BufferRecord, once a batch has taken entries
"""

from dataclasses import dataclass
from typing import ClassVar

from l1_mock.contracts.framework import Call
from l1_mock.gas import keccak_cost
from rollup.l1.chunks import BODY_BYTES_MAX, CHUNK_BYTES, chunk_root
from rollup.l1.delay_buffer import DelayBuffer, DelayRules, full
from rollup.l1.forced import RECORD_BYTES, encode_posted, record_kind
from rollup.l1.header import EMPTY_QUEUE, BatchHeader, queue_accumulator
from rollup.state.limits import STEPS
from rollup.transition.kinds import SIGNED_FIRST

ACCUMULATED_BYTES = 133
"""What a batch's accumulator hashes."""


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """Immutables of the inbox. Delays are L1 blocks, ages are seconds."""

    genesis_hash: bytes
    genesis_time_s: int
    poster: bytes
    """The one address that may post."""
    bridge: bytes
    """The one address whose queue entries need no signature and no fee."""
    assertions: bytes
    """Where it stands whether the rollup goes on."""
    delay: DelayRules
    forced_batch_max: int
    batch_age_max_s: int
    queue_fee_wei: int


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as stored."""

    storage_slots: ClassVar[int] = 4

    accumulator: bytes
    chunk_root: bytes
    time_s: int
    queue_from: int
    queue_to: int
    count: int
    """Records in its body."""
    block: int


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """A queue entry as stored: the accumulator with it, and the block it came in. The record itself is in the event."""

    storage_slots: ClassVar[int] = 2

    accumulator: bytes
    block: int


@dataclass(frozen=True, slots=True)
class BufferRecord:
    """The delay buffer as stored."""

    storage_slots: ClassVar[int] = 1

    left: int
    since: int
    counted_to: int


RECORDS = (BatchRecord, EntryRecord, BufferRecord)
"""Everything that the contract keeps which is not a number."""


def post_batch(call: Call, parent: bytes, time_s: int, queue_to: int, queue_acc_to: bytes, count: int, body: bytes) -> None:
    """Post the next batch: queue entries up to `queue_to`, then `count` records in `body`. Only the poster may.

    `parent` and the queue's accumulator name what the batch was built on, so a reorg of L1 makes it revert instead of mean something else.
    """
    fixed = call.settings(InboxSettings)
    call.require(call.sender == fixed.poster, "only the poster posts batches")
    _require_going(call)
    head = _head(call)
    call.require(head.accumulator == parent, "the batch follows another parent")
    call.require(head.time_s <= time_s <= call.timestamp, "time: before the last batch or after this block")
    call.require(time_s + fixed.batch_age_max_s >= call.timestamp, "time: too far behind this block")
    call.require(head.queue_to <= queue_to <= _queued(call), "queue: beyond its end or already taken")
    call.require(queue_acc(call, queue_to) == queue_acc_to, "queue: another accumulator")
    enough = queue_to - head.queue_to >= fixed.forced_batch_max or not _overdue(call, queue_to)
    call.require(enough, "queue: an overdue entry is left out")
    call.require(1 + queue_to - head.queue_to + count <= STEPS, "too many steps")
    call.require(len(body) <= BODY_BYTES_MAX, "the body is too long")
    root = _chunk_root(call, body)
    header = BatchHeader(batch_count(call), parent, root, time_s, head.queue_to, queue_to, queue_acc_to, count)
    _append(call, header, forced=False)


def force_include(call: Call) -> None:
    """Make a batch of queue entries alone, once the oldest is overdue. Anybody may, and the sequencer has to follow."""
    fixed = call.settings(InboxSettings)
    _require_going(call)
    head = _head(call)
    call.require(_overdue(call, head.queue_to), "no queue entry is overdue")
    queue_to = min(_queued(call), head.queue_to + fixed.forced_batch_max)
    root, taken = _chunk_root(call, b""), queue_acc(call, queue_to)
    header = BatchHeader(batch_count(call), head.accumulator, root, call.timestamp, head.queue_to, queue_to, taken, 0)
    _append(call, header, forced=True)


def enqueue(call: Call, record: bytes) -> int:
    """Queue a transaction with its signature for a fee, which goes to the poster; return its place.

    The bridge queues deposits, without either. What the bytes mean is for the transition to say; nothing here can fail because of them.
    """
    fixed = call.settings(InboxSettings)
    _require_going(call)
    call.require(len(record) == RECORD_BYTES, "a queue entry has another length")
    if call.sender != fixed.bridge:
        call.require(record_kind(record) >= SIGNED_FIRST, "only signed kinds may be queued")
        call.require(call.value >= fixed.queue_fee_wei, "the fee is too low")
    return _queue(call, record)


def note_posted(call: Call) -> int:
    """Queue how many batches there are, for a fee, so that the state learns how far behind L1 is; return its place. Anybody may."""
    _require_going(call)
    call.require(call.value >= call.settings(InboxSettings).queue_fee_wei, "the fee is too low")
    return _queue(call, encode_posted(batch_count(call)))


def _queue(call: Call, record: bytes) -> int:
    """Append a record to the queue, and send what was paid for that to the poster."""
    if call.value:
        call.transfer(call.settings(InboxSettings).poster, call.value)
    index = _queued(call)
    call.charge_keccak(len(record))
    call.charge_keccak(65)
    accumulator = queue_accumulator(queue_acc(call, index), record)
    call.storage["entry", index] = EntryRecord(accumulator, call.block_number)
    call.storage["queued"] = index + 1
    call.emit("Queued", index=index, acc=accumulator, record=record, l1Block=call.block_number)
    return index


def batch_count(call: Call) -> int:
    """Return the number of batches."""
    return call.storage.get("batches", 0)


def batch(call: Call, index: int) -> tuple[object, ...]:
    """Return what L1 knows of a batch: accumulator, chunk root, time, queue from and to, records posted, block. Reverts beyond the end."""
    found = _get_batch(call, index)
    return found.accumulator, found.chunk_root, found.time_s, found.queue_from, found.queue_to, found.count, found.block


def queue_length(call: Call) -> int:
    """Return the number of entries ever queued."""
    return _queued(call)


def queue_entry(call: Call, index: int) -> tuple[bytes, int]:
    """Return the accumulator with an entry, and the block it came in. Reverts beyond the end."""
    entry = _get_entry(call, index)
    return entry.accumulator, entry.block


def queue_acc(call: Call, length: int) -> bytes:
    """Return the accumulator of the queue's first `length` entries. Reverts beyond the end."""
    return _get_entry(call, length - 1).accumulator if length else EMPTY_QUEUE


def forced_delay(call: Call) -> int:
    """Return how many blocks a queue entry may wait now before it is overdue."""
    return _buffer(call).bound(call.settings(InboxSettings).delay, call.block_number)


def waiting_since(call: Call) -> int:
    """Return the block in which the oldest entry came that no batch has taken, or 0 where all are taken."""
    head = _head(call)
    return _get_entry(call, head.queue_to).block if head.queue_to < _queued(call) else 0


def _require_going(call: Call) -> None:
    """Revert once the rollup is closed: what came after would never be confirmed."""
    found = call.call(call.settings(InboxSettings).assertions, "closed")
    call.require(found == (0, 0), "the rollup is closed")


def _append(call: Call, new: BatchHeader, *, forced: bool) -> None:
    call.charge_keccak(ACCUMULATED_BYTES)
    accumulator = new.acc()
    if new.queue_to > new.queue_from:
        buffer = _buffer(call).after(call.settings(InboxSettings).delay, _get_entry(call, new.queue_from).block, call.block_number)
        call.storage["buffer"] = BufferRecord(buffer.left, buffer.since, buffer.counted_to)
    call.storage["batch", new.index] = BatchRecord(
        accumulator, new.chunk_root, new.time_s, new.queue_from, new.queue_to, new.count, call.block_number
    )
    call.storage["batches"] = new.index + 1
    call.emit(
        "BatchPosted",
        index=new.index,
        acc=accumulator,
        chunkRoot=new.chunk_root,
        time=new.time_s,
        queueFrom=new.queue_from,
        queueTo=new.queue_to,
        count=new.count,
        forced=forced,
    )


def _head(call: Call) -> BatchRecord:
    """Return the last batch, or one that stands for genesis."""
    count = batch_count(call)
    if count:
        return _get_batch(call, count - 1)
    fixed = call.settings(InboxSettings)
    return BatchRecord(fixed.genesis_hash, bytes(32), fixed.genesis_time_s, 0, 0, 0, 0)


def _overdue(call: Call, index: int) -> bool:
    """Tell whether a queue entry exists and has waited longer than it may."""
    return index < _queued(call) and _get_entry(call, index).block + forced_delay(call) < call.block_number


def _buffer(call: Call) -> DelayBuffer:
    found = call.storage.find("buffer", BufferRecord)
    return DelayBuffer(found.left, found.since, found.counted_to) if found else full(call.settings(InboxSettings).delay)


def _queued(call: Call) -> int:
    return call.storage.get("queued", 0)


def _get_batch(call: Call, index: int) -> BatchRecord:
    found = call.storage.find(("batch", index), BatchRecord)
    if found is None:
        call.revert("no such batch")
    return found


def _get_entry(call: Call, index: int) -> EntryRecord:
    found = call.storage.find(("entry", index), EntryRecord)
    if found is None:
        call.revert("no such queue entry")
    return found


def _chunk_root(call: Call, body: bytes) -> bytes:
    """Hash the body into the tree of its chunks, at its price: each chunk, each pair above, and the length."""
    chunks = max(1, -(-len(body) // CHUNK_BYTES))
    call.charge(chunks * (keccak_cost(CHUNK_BYTES + 1) + keccak_cost(65)) + keccak_cost(41))
    return chunk_root(body)
