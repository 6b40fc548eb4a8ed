"""Builds batches: from transactions in order to receipts, roots and sealed bodies. Pure: no clock, no disk, no network.

One rule: what leaves here as a sealed batch derives from its own bytes to the same records and the same root, or it does not
leave. A batch is opened, grows by groups (each becomes durable and acknowledged as one), and is sealed.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rollup.core.errors import RollupError
from rollup.core.keccak import keccak_many
from rollup.l1.batch import decode_body
from rollup.l1.body_encoding import encode_body
from rollup.l1.body_length import RECORDS_SURE, length_bound
from rollup.l1.chunks import BODY_BYTES_MAX, KeccakMany, chunk_root
from rollup.l1.derivation import DerivedBatch
from rollup.l1.header import BatchHeader, QueueEntry
from rollup.l1.promise import beginning
from rollup.l1.records import begin_record, concatenated, words_of
from rollup.state.layout import TX
from rollup.state.limits import PARTS, STEPS
from rollup.state.rows import Change, RowsBySection, pack_rows
from rollup.transition.kinds import NONCELESS, Kind
from rollup.transition.machine import Machine
from rollup.transition.status import REJECTED_FIRST, Status

Records = npt.NDArray[np.void]
Receipts = npt.NDArray[np.void]
Signatures = npt.NDArray[np.uint8]

NOT_INCLUDED = -1
"""Index of a transaction that was no valid step and went into no batch."""

UNSIGNED = ("source", "authentic")
"""Fields of a record that no body holds: whoever derives it sets them."""

PROMISES_KEPT = 4_096
"""Batches back that may be made anew."""

Measure = Callable[[str, int], AbstractContextManager[None]]
"""(stage, records) → a context whose time is noted."""


def unmeasured(_stage: str, _records: int) -> AbstractContextManager[None]:
    """Note nothing."""
    return nullcontext()


class SealMismatch(RollupError):
    """The sealed bytes do not decode to the records that were executed: posting them would be a fraud against ourselves."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the last sealed batch: what the next one continues."""

    index: int
    """Index of that batch, -1 at genesis."""
    acc: bytes
    """Its accumulator; the genesis hash at genesis."""
    time_s: int
    queue_next: int
    queue_acc: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that were executed together: what one synced write makes durable.

    `records`, `receipts` and `signatures` are of the steps that went into the batch, from step `first` on; `submitted` holds the
    receipt of every record handed in and `steps` its step (`NOT_INCLUDED` where it was invalid, so that it changed nothing).
    """

    batch: int
    first: int
    records: Records
    signatures: Signatures
    receipts: Receipts
    submitted: Receipts
    steps: npt.NDArray[np.int64]
    root: bytes
    beginning: bytes
    """What its batch began with, as promises name it."""


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A batch that is ready for L1."""

    header: BatchHeader
    acc: bytes
    body: bytes
    root: bytes
    change: Change


class GroupLike(Protocol):
    """A group as a journal keeps it."""

    @property
    def batch(self) -> int:
        """Index of its batch."""

    @property
    def opening(self) -> Records:
        """The batch's begin and its queue entries, where it opened the batch."""

    @property
    def time_s(self) -> int:
        """Time of its batch."""

    @property
    def queue_to(self) -> int:
        """End of the queue entries that its batch takes."""

    @property
    def queue_acc(self) -> bytes:
        """The queue's accumulator there."""

    @property
    def records(self) -> Records:
        """Its posted steps."""

    @property
    def signatures(self) -> Signatures:
        """Their signatures."""


@dataclass(slots=True)
class OpenBatch:
    """The batch that is growing."""

    index: int
    time_s: int
    queue_to: int
    queue_acc: bytes
    steps: int
    records: list[Records]
    signatures: list[Signatures]


class Producer:
    """Executes groups into the open batch and seals it.

    `batch_records` bounds a batch's posted records (at most `STEPS` less its begin and queue entries).
    """

    def __init__(self, machine: Machine, head: Head, *, batch_records: int = STEPS) -> None:
        """Continue from `head`, whose state `machine` holds."""
        self.machine = machine
        self.head = head
        self.root = head.root
        self.batch_records = batch_records
        self.open: OpenBatch | None = None
        self.promised: dict[int, set[int]] = {}
        """By index, the times of the batches in which something was promised."""
        self.hash_many: KeccakMany = keccak_many
        self.measure: Measure = unmeasured

    def begin(self, time_s: int, queue: list[QueueEntry]) -> Group:
        """Open a batch: execute its begin and its queue entries. `time_s` is clamped to be no earlier than the last batch's.

        Raises RollupError where the state is not that of the head, so that the begin has no effect.
        """
        time_s = max(time_s, self.head.time_s)
        while time_s in self.promised.get(self.head.index + 1, ()):
            time_s += 1
        queue_to = self.head.queue_next + len(queue)
        begin = begin_record(self.head.index + 1, time_s, queue_to)
        records = concatenated([begin, *(entry.record for entry in queue)])
        queue_acc = queue[-1].acc if queue else self.head.queue_acc
        self.open = OpenBatch(self.head.index + 1, time_s, queue_to, queue_acc, 0, [], [])
        receipts = self.machine.execute(records, 0, len(records))
        if receipts["status"][0] != Status.OK:
            raise RollupError("begin of a batch", received=Status(int(receipts["status"][0])).name, expected=Status.OK.name)
        return self.close_group(records, np.zeros((len(records), 64), np.uint8), receipts)

    def room(self) -> int:
        """Return how many more records the open batch takes."""
        if self.open is None:
            return 0
        return min(STEPS - self.open.steps, self.batch_records - self.posted())

    def fitting(self, records: Records) -> int:
        """Return how many of these records, from the front, the open batch takes: within its steps, and within a body that L1 takes."""
        room, posted = min(self.room(), len(records)), self.posted()
        parts = [*self.batch().records, records[:room]]
        if posted + room <= RECORDS_SURE or length_bound(parts) <= BODY_BYTES_MAX:
            return room
        return max(0, RECORDS_SURE - posted)

    def posted(self) -> int:
        """Return how many posted records the open batch has."""
        return 0 if self.open is None else sum(len(part) for part in self.open.records)

    def is_empty(self) -> bool:
        """Say whether a batch is open that nobody would miss: it has no posted records, and takes no queue entries."""
        return self.open is not None and not self.open.records and self.open.queue_to == self.head.queue_next

    def add(self, records: Records, signatures: Signatures) -> Group:
        """Execute whole transactions, at most `room()` records, keep the valid ones in the batch and return what became of each."""
        if self.open is None or len(records) > self.room():
            raise RollupError("records for the open batch", received=len(records), expected=f"at most {self.room()}")
        with self.measure("apply", len(records)):
            receipts = self.machine.execute(records, 0, len(records))
        kept = included(records, receipts)
        # Nearly always everything is kept, and then nothing needs to be copied.
        parts = (records, signatures, receipts) if kept.all() else (records[kept], signatures[kept], receipts[kept])
        group = self.close_group(*parts)
        steps = np.full(len(records), NOT_INCLUDED, np.int64)
        steps[kept] = group.first + np.arange(len(group.records))
        if len(group.records):
            self.note_promise(self.open.index, self.open.time_s)
            self.open.records.append(group.records)
            self.open.signatures.append(group.signatures)
        return replace(group, submitted=receipts, steps=steps)

    def note_promise(self, index: int, time_s: int) -> None:
        """Note that something is promised in a batch of a time: one that takes its place is of another, so that no two begin alike."""
        self.promised.setdefault(index, set()).add(time_s)
        self.promised.pop(index - PROMISES_KEPT, None)

    def close_group(self, records: Records, signatures: Signatures, receipts: Receipts) -> Group:
        """Count the steps in, and fold the rows they wrote into the root."""
        batch = self.batch()
        first = batch.steps
        batch.steps += len(records)
        with self.measure("root", len(records)):
            self.root = self.machine.root()
        steps = first + np.arange(len(records))
        numbers = (batch.index, batch.time_s, self.head.queue_next, batch.queue_to)
        begun = beginning(self.head.acc, numbers, batch.queue_acc)
        return Group(batch.index, first, records, signatures, receipts, receipts, steps, self.root, begun)

    def seal(self) -> SealedBatch:
        """Close the open batch: encode its body, prove that the body decodes to it, and move the head. Raises SealMismatch."""
        batch = self.batch()
        # Under load a batch is one group, and nothing needs to be copied.
        records = batch.records[0] if len(batch.records) == 1 else concatenated(batch.records)
        signatures = np.concatenate(batch.signatures) if batch.signatures else np.zeros((0, 64), np.uint8)
        body = encode_body(records, signatures)
        check_body(body, records, signatures)
        header = BatchHeader(
            index=batch.index,
            parent=self.head.acc,
            chunk_root=chunk_root(body, self.hash_many),
            time_s=batch.time_s,
            queue_from=self.head.queue_next,
            queue_to=batch.queue_to,
            queue_acc=batch.queue_acc,
            count=len(records),
        )
        self.head = Head(batch.index, header.acc(), batch.time_s, batch.queue_to, batch.queue_acc, self.root)
        self.open = None
        return SealedBatch(header, header.acc(), body, self.root, self.machine.close_batch())

    def adopt(self, batch: DerivedBatch) -> SealedBatch:
        """Execute a batch that L1 derived, and make it the head. None may be open. Raises RollupError where it does not follow the head."""
        header = batch.header
        if self.open is not None or header.parent != self.head.acc:
            raise RollupError("parent of an adopted batch", received=header.parent, expected=self.head.acc)
        self.machine.execute(batch.records, 0, len(batch.records))
        self.root = self.machine.root()
        self.head = Head(header.index, batch.acc, header.time_s, header.queue_to, header.queue_acc, self.root)
        return SealedBatch(header, batch.acc, batch.body, self.root, self.machine.close_batch())

    def undo(self, changes: Sequence[Change], head: Head) -> RowsBySection:
        """Take back the open batch and the batches with these changes, oldest first; return the rows that this restored."""
        last = self.machine.close_batch()
        rows: dict[str, dict[int, list[int]]] = {}
        for change in reversed([*changes, last]):
            for section, (indices, words) in change.before.items():
                rows.setdefault(section, {}).update(zip(indices.tolist(), words.tolist(), strict=True))
        restored = {section: pack_rows(section, images) for section, images in rows.items()}
        self.load(restored, head)
        return restored

    def load(self, rows: RowsBySection, head: Head) -> None:
        """Set rows, and continue from another head; no batch is open then."""
        self.machine.load(rows)
        self.head, self.root, self.open = head, head.root, None

    def replay(self, group: GroupLike) -> None:
        """Execute a group of the open batch again, as it was journalled."""
        if len(group.opening):
            self.open = OpenBatch(group.batch, group.time_s, group.queue_to, group.queue_acc, len(group.opening), [], [])
            self.machine.execute(group.opening, 0, len(group.opening))
        records = group.records
        if len(records):
            self.machine.execute(records, 0, len(records))
            self.note_promise(self.batch().index, self.batch().time_s)
            self.batch().records.append(records)
            self.batch().signatures.append(group.signatures)
            self.batch().steps += len(records)
        self.root = self.machine.root()

    def batch(self) -> OpenBatch:
        """Return the open batch; a programmer's error where there is none."""
        if self.open is None:
            raise RollupError("batch", received="none open", expected="an open one")
        return self.open


def included(records: Records, receipts: Receipts) -> npt.NDArray[np.bool_]:
    """Say which records belong in the batch: what changes nothing stays out, or strangers could fill batches for free.

    That is an invalid transaction, and a rejected one of a kind that uses no nonce; with their continuations.
    """
    status = receipts["status"]
    uses_nonce = (status >= REJECTED_FIRST) & ~np.isin(records["kind"], NONCELESS)
    valid: npt.NDArray[np.bool_] = (status == Status.OK) | uses_nonce
    kept = valid.copy()
    for head in np.flatnonzero(valid & (records["parts"] > 0)):
        parts = int(records["parts"][head])
        if 0 < parts <= PARTS:
            following = slice(head + 1, head + 1 + parts)
            kept[following] |= records["kind"][following] == Kind.CONTINUATION
    return kept


def check_body(body: bytes, records: Records, signatures: Signatures) -> None:
    """Decode a body again and compare every signed field. Raises SealMismatch."""
    decoded, decoded_signatures = decode_body(body, len(records))
    for name in UNSIGNED:
        decoded[name] = records[name]
    if not np.array_equal(words_of(decoded), words_of(records)):
        name = next(name for name in TX.names or () if not np.array_equal(decoded[name], records[name]))
        raise SealMismatch("field of a sealed record", received=f"another {name}", expected="what was executed")
    if not np.array_equal(decoded_signatures, signatures):
        raise SealMismatch("sealed signatures", received="others", expected="those that were checked")
