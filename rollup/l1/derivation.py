"""From L1's blocks to the rollup's batches: the one reading of L1 that sequencer and verifiers share.

One rule: L2 is a pure function of L1. Everything that a node of L1 serves is checked against the accumulators as far as it can be, so a
batch that comes out of here is the batch that L1 has, or a DerivationInvalid says what does not fit: it never means a user's mistake.

The records that come out have `source` set and `authentic` 0: checking signatures is expensive and pure, so it is left to whoever has
threads (`rollup.l1.action.authenticate`).
"""

from bisect import bisect_right
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak_many
from rollup.l1.abi import INTERFACES
from rollup.l1.batch import decode_body
from rollup.l1.chunks import KeccakMany, chunk_root
from rollup.l1.delay_buffer import DelayBuffer, delay_rules, full
from rollup.l1.forced import record_of_entry
from rollup.l1.header import EMPTY_QUEUE, BatchHeader, BlockRef, LogEntry, QueueEntry, queue_accumulator
from rollup.l1.records import Records, begin_record, concatenated

__all__ = [
    "BatchHeader",
    "BlockRef",
    "Checkpoint",
    "Derivation",
    "DerivationInvalid",
    "DerivedBatch",
    "L1Reorganised",
    "LogEntry",
    "QueueEntry",
    "begin_record",
]

EVENTS = INTERFACES["inbox"].events
"""The inbox's events."""

POST_BATCH = INTERFACES["inbox"].functions["postBatch"]
"""The call that carries a body."""


Known = Callable[[int], bytes | None]
"""The accumulator that the caller has for a batch, by index, or None."""


def nobody_knows(_index: int) -> bytes | None:
    """Know no batch."""
    return None


class DerivationInvalid(RollupError):
    """What a node of L1 serves does not fit together: a log, a body or an entry that is not what the accumulators say."""


class L1Reorganised(RollupError):
    """A block does not follow the last one: roll back to a common one first."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the derivation has come with a block."""

    block: BlockRef
    next_index: int
    """Index of the next batch."""
    acc: bytes
    """Accumulator of the last one, or the genesis hash."""
    time_s: int
    queue_to: int
    """Queue entries that batches have taken."""
    queue_acc: bytes
    """Accumulator of the queue up to there."""
    queue_length: int
    """Queue entries that there are."""
    buffer: DelayBuffer
    """How long an entry may wait."""


@dataclass(frozen=True, slots=True, eq=False)
class DerivedBatch:
    """A batch as L1 has it: steps in order, from its begin. One that was spared has the steps before its body alone."""

    header: BatchHeader
    acc: bytes
    records: Records
    signatures: npt.NDArray[np.uint8]
    """(steps, 64); zeros for the begin."""
    body: bytes
    entries: tuple[QueueEntry, ...]
    """The queue entries that it takes."""
    l1_block: BlockRef
    forced: bool

    @property
    def index(self) -> int:
        """The batch's index, from 0."""
        return self.header.index


class Derivation:
    """Reads blocks in order. Blocks without logs of the inbox may be left out."""

    def __init__(
        self, genesis: Genesis, *, start: Checkpoint | None = None, entries: Sequence[QueueEntry] = (), hash_many: KeccakMany = keccak_many
    ) -> None:
        """Begin at genesis, or behind a checkpoint with the queue entries that no batch had taken by then."""
        nowhere = BlockRef(-1, bytes(32), bytes(32), 0)
        self._delay = delay_rules(genesis)
        first = Checkpoint(nowhere, 0, genesis.genesis_hash, genesis.chain.time_s, 0, EMPTY_QUEUE, 0, full(self._delay))
        self._inbox = genesis.contracts.inbox
        self._hash_many = hash_many
        self._known: Known = nobody_knows
        self._checkpoints = [start or first]
        self._entries = {entry.index: entry for entry in entries}

    def spare(self, known: Known) -> None:
        """Leave out the bodies of batches whose accumulator the caller knows by index: who made a batch need not read it again."""
        self._known = known

    def hash_with(self, hash_many: KeccakMany) -> None:
        """Use another implementation of the same hash from now on."""
        self._hash_many = hash_many

    @property
    def head(self) -> Checkpoint:
        """How far the derivation has come."""
        return self._checkpoints[-1]

    def pending(self) -> list[QueueEntry]:
        """Return the queue entries that no batch has taken yet, in order."""
        return [self._entries[index] for index in range(self.head.queue_to, self.head.queue_length)]

    def entries_from(self, index: int) -> list[QueueEntry]:
        """Return the queue entries from `index` on, in order, of those that no batch on L1 has taken."""
        return [self._entries[number] for number in range(max(index, self.head.queue_to), self.head.queue_length)]

    def queue_acc(self, length: int) -> bytes | None:
        """Return the accumulator of the queue's first `length` entries, or None where L1 has fewer, or it is no longer kept."""
        if length == self.head.queue_to:
            return self.head.queue_acc
        if length == 0:
            return EMPTY_QUEUE
        entry = self._entries.get(length - 1)
        return None if entry is None else entry.acc

    def forced_delay(self, block: int) -> int:
        """Return how many blocks L1 lets a queue entry wait, as of a block, before a batch must take it."""
        return self.head.buffer.bound(self._delay, block)

    def bodies_wanted(self, logs: Sequence[LogEntry]) -> list[bytes]:
        """Return the hashes of the transactions whose calldata `feed` will need with these logs."""
        posted = [log for log in logs if log.address == self._inbox and log.topics[:1] == (EVENTS["BatchPosted"].topic,)]
        said = [(log.transaction, EVENTS["BatchPosted"].decode_log(log.topics, log.data)) for log in posted]
        return [transaction for transaction, event in said if not event["forced"] and not self._is_known(event)]

    def _is_known(self, said: dict[str, object]) -> bool:
        return self._known(number(said["index"])) == said["acc"]

    def feed(self, block: BlockRef, logs: Sequence[LogEntry], calldata: Mapping[bytes, bytes]) -> list[DerivedBatch]:
        """Read one block's logs and the calldata of the transactions named by `bodies_wanted`; return the batches in it.

        All or nothing: raises L1Reorganised, DerivationInvalid or DecodeError, and then nothing was read.
        """
        last = self.head.block
        if block.number <= last.number or (block.number == last.number + 1 and last.number >= 0 and block.parent != last.hash):
            raise L1Reorganised("block", received=(block.number, block.parent), expected=(last.number + 1, last.hash))
        fresh: dict[int, QueueEntry] = {}
        point, entries, batches = replace(self.head, block=block), ChainMap(fresh, self._entries), []
        for log in sorted((log for log in logs if log.address == self._inbox), key=lambda log: log.index):
            event = INTERFACES["inbox"].topics.get(log.topics[0]) if log.topics else None
            if event is EVENTS["Queued"]:
                entry = read_entry(point, event.decode_log(log.topics, log.data), last_of(entries, point))
                fresh[entry.index] = entry
                point = replace(point, queue_length=entry.index + 1)
            elif event is EVENTS["BatchPosted"]:
                said = event.decode_log(log.topics, log.data)
                header, body = self._header(point, entries, said, calldata.get(log.transaction, b""))
                spared = header.count if self._is_known(said) else 0
                batches.append(derived(header, body, entries, (block, bool(said["forced"])), spared=spared))
                oldest = entries[header.queue_from].l1_block if header.queue_to > header.queue_from else None
                point = replace(
                    point,
                    buffer=point.buffer if oldest is None else point.buffer.after(self._delay, oldest, block.number),
                    next_index=header.index + 1,
                    acc=batches[-1].acc,
                    time_s=header.time_s,
                    queue_to=header.queue_to,
                    queue_acc=header.queue_acc,
                )
        self._checkpoints.append(point)
        self._entries.update(fresh)
        return batches

    def rollback(self, number: int) -> int:
        """Forget every block above `number`; return the index of the first batch that is gone. Raises L1Reorganised beyond memory."""
        kept = bisect_right(self._checkpoints, number, key=lambda point: point.block.number)
        if kept == 0:
            raise L1Reorganised("block to roll back to", received=number, expected=f"at least {self._checkpoints[0].block.number}")
        del self._checkpoints[kept:]
        self._entries = {index: entry for index, entry in self._entries.items() if index < self.head.queue_length}
        return self.head.next_index

    def forget(self, number: int) -> None:
        """Give up the memory of what only a roll-back to below block `number` would need."""
        kept = max(0, bisect_right(self._checkpoints, number, key=lambda point: point.block.number) - 1)
        del self._checkpoints[:kept]
        first = self._checkpoints[0].queue_to
        self._entries = {index: entry for index, entry in self._entries.items() if index >= first}

    def blocks(self) -> list[BlockRef]:
        """Return the blocks that can be rolled back to, oldest first."""
        return [point.block for point in self._checkpoints]

    def _header(
        self, point: Checkpoint, entries: Mapping[int, QueueEntry], said: dict[str, object], calldata: bytes
    ) -> tuple[BatchHeader, bytes]:
        """Return a batch's header, rebuilt from what we know, and its body. Raises DerivationInvalid where L1's accumulator differs."""
        known = self._is_known(said)
        body = b"" if said["forced"] or known else calldata_body(calldata)
        queue_to, time_s, count = (number(said[name]) for name in ("queueTo", "time", "count"))
        if not point.queue_to <= queue_to <= point.queue_length:
            raise DerivationInvalid("queue entries of a batch", received=queue_to, expected=f"{point.queue_to} to {point.queue_length}")
        queue_acc = entries[queue_to - 1].acc if queue_to > point.queue_to else point.queue_acc
        root = said["chunkRoot"] if known else chunk_root(body, self._hash_many)
        assert isinstance(root, bytes)
        header = BatchHeader(point.next_index, point.acc, root, time_s, point.queue_to, queue_to, queue_acc, count)
        if header.acc() != said["acc"]:
            raise DerivationInvalid(f"accumulator of batch {header.index}", received=said["acc"], expected=header.acc())
        return header, body


def derived(
    header: BatchHeader, body: bytes, entries: Mapping[int, QueueEntry], origin: tuple[BlockRef, bool], *, spared: int = 0
) -> DerivedBatch:
    """Return the steps of a batch: its begin, its queue entries, its posted records but for the last `spared`."""
    taken = tuple(entries[index] for index in range(header.queue_from, header.queue_to))
    posted, posted_signatures = decode_body(body, header.count - spared)
    begin = begin_record(header.index, header.time_s, header.queue_to)
    queued_signatures = np.frombuffer(bytes(64) + b"".join(entry.signature for entry in taken), np.uint8).reshape(-1, 64)
    return DerivedBatch(
        header=header,
        acc=header.acc(),
        records=concatenated((begin, *(entry.record for entry in taken), posted)),
        signatures=np.concatenate((queued_signatures, posted_signatures)),
        body=body,
        entries=taken,
        l1_block=origin[0],
        forced=origin[1],
    )


def read_entry(point: Checkpoint, said: dict[str, object], before: bytes) -> QueueEntry:
    """Return the queue entry that a log brings, behind the accumulator `before`. Raises DerivationInvalid."""
    data, acc = said["record"], said["acc"]
    assert isinstance(data, bytes)
    assert isinstance(acc, bytes)
    expected = queue_accumulator(before, data)
    if (said["index"], acc) != (point.queue_length, expected):
        raise DerivationInvalid("queue entry", received=(said["index"], acc.hex()), expected=(point.queue_length, expected.hex()))
    record, signature = record_of_entry(data)
    return QueueEntry(point.queue_length, acc, record, signature.tobytes(), data, number(said["l1Block"]))


def last_of(entries: Mapping[int, QueueEntry], point: Checkpoint) -> bytes:
    """Return the accumulator of the queue's last entry."""
    return entries[point.queue_length - 1].acc if point.queue_length > point.queue_to else point.queue_acc


def calldata_body(calldata: bytes) -> bytes:
    """Return the body that a call of the inbox posts. Raises DecodeError."""
    body = POST_BATCH.decode_call(calldata)[-1]
    assert isinstance(body, bytes)
    return body


def number(value: object) -> int:
    """Return an argument that the ABI says is an integer."""
    assert isinstance(value, int)
    return value
