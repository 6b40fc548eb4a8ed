"""The durable producer: what it says has happened is on the disk. Blocking; a node runs it in a thread, one call at a time.

One rule: an effect is journalled before it is told. A start continues exactly where the last returned call ended: batches are loaded
from their rows, the groups of an unfinished batch are executed again, and every root must come out as it was journalled.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from rollup.core.codec import decode, encode
from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.entry_codec import ENTRY_LIMITS, decode_entry, decode_rows, encode_entry, encode_rows
from rollup.journal import Journal
from rollup.l1.batch import decode_body
from rollup.l1.body_encoding import encode_body
from rollup.l1.derivation import DerivedBatch
from rollup.l1.header import QueueEntry
from rollup.l1.records import concatenated
from rollup.snapshots import latest_snapshot, write_snapshot
from rollup.state.genesis import genesis_rows
from rollup.transition.machine import Machine
from sequencer.entries import TYPES, BatchEntry, Entry, GroupEntry, RollbackEntry, SettledEntry
from sequencer.producer import Group, Head, OpenBatch, Producer, SealedBatch

Records = npt.NDArray[np.void]
Signatures = npt.NDArray[np.uint8]

BATCHES_KEPT = 256
"""Sealed batches that can still be rolled back, counted from the newest snapshot or from the first that L1 does not have."""


class RecoveryFailed(RollupError):
    """The journal's entries do not lead to the roots that they name."""


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A sealed batch and where its entry is in the journal."""

    head: Head
    height: int


class Ledger:
    """A producer with a journal under it."""

    def __init__(self, machine: Machine, journal: Journal, genesis: Genesis, *, batch_records: int) -> None:
        """Recover from the journal, or start from genesis. Raises RecoveryFailed, StoreError."""
        self.journal = journal
        self.sealed: dict[int, SealedPlace] = {}
        """The sealed batches that the journal still holds, by index."""
        self.groups: dict[int, GroupEntry] = {}
        """Groups of the open batch, by where they are in the journal."""
        self.held: list[Group] | None = None
        """Groups that wait for the end of `together`; None outside of it."""
        self.owed: list[int] = []
        """Where the entries are whose transactions a roll-back has set free, until they have been executed again."""
        self.origin = genesis_head(machine, genesis)
        head, loaded = self._load_base(machine)
        self.producer = Producer(machine, head, batch_records=batch_records)
        for height, payload in journal.records(journal.first):
            self._replay(decode_entry(payload, TYPES), height, effective=height >= loaded)
        for group in self.groups.values():
            self.producer.replay(group)
            self._check_root(group.root)

    @property
    def head(self) -> Head:
        """The end of the last sealed batch."""
        return self.producer.head

    def begin(self, time_s: int, queue: list[QueueEntry]) -> Group:
        """Open a batch with L1's queue entries, durably."""
        return self._keep(self.producer.begin(time_s, queue))

    def add(self, records: Records, signatures: Signatures) -> Group:
        """Execute transactions, durably."""
        group = self.producer.add(records, signatures)
        return self._keep(group) if len(group.records) else group

    def take_back(self) -> None:
        """Undo the open batch, which was begun within this `together`, so that nothing of it is on the disk."""
        assert self.held is not None, "outside of `together`, what is done is on the disk"
        assert self.held[0].first == 0, "the batch was begun earlier"
        self.producer.undo([], self.head)
        self.held = []

    def seal(self) -> BatchEntry:
        """Seal the open batch, durably."""
        return self._close(self.producer.seal())

    def adopt(self, batch: DerivedBatch) -> BatchEntry:
        """Follow a batch of L1's that this node did not make; none may be open. Raises RollupError where it does not follow the head."""
        return self._close(self.producer.adopt(batch))

    def roll_back(self, index: int) -> None:
        """Make batch `index` the head again; the posted transactions of what is dropped are owed from then on.

        Raises RollupError where `index` is no longer kept, RecoveryFailed where its state does not come out.
        """
        head = self._head_at(index)
        dropped = [self.entry(number) for number in range(index + 1, self.head.index + 1)]
        rows = self.producer.undo([entry.change for entry in dropped], head)
        self._check_root(head.root)
        self.journal.append(encode_entry(RollbackEntry(index, rows), TYPES))
        self._forget_after(index)

    def freed(self) -> tuple[Records, Signatures]:
        """Return the transactions that are owed, oldest first. Their signatures have to be checked again before they are added."""
        parts = [posted_of(decode_entry(self.journal.read(height), TYPES)) for height in self.owed]
        return (
            concatenated(records for records, _ in parts),
            np.concatenate([np.zeros((0, 64), np.uint8), *(signatures for _, signatures in parts)]),
        )

    def settle(self) -> None:
        """Note that everything owed has been executed again, as far as it is still valid."""
        self.journal.append(encode_entry(SettledEntry(), TYPES))
        self.owed = []

    def entry(self, index: int) -> BatchEntry:
        """Return a sealed batch from the journal. Raises KeyError where it is not kept, StoreError."""
        return cast("BatchEntry", decode_entry(self.journal.read(self.sealed[index].height), TYPES))

    def snapshot(self, unposted: int) -> None:
        """Write the sealed state, and forget batches that are too old to be rolled back. Only while no batch is open.

        `unposted` is the first batch that L1 does not have: it and what follows it are still needed, however many there are.
        """
        head = self.head
        fields = encode({name: getattr(head, name) for name in Head.__dataclass_fields__})
        rows = self.producer.machine.snapshot()
        parts = [encode(encode_rows({name: rows[name]})) for name in rows]
        write_snapshot(self.journal, self.journal.count, [fields, *parts])
        oldest = min(head.index, unposted) - BATCHES_KEPT
        for index in [index for index in self.sealed if index < oldest]:
            del self.sealed[index]
        if oldest in self.sealed:
            self.journal.prune(self.sealed[oldest].height)

    def _load_base(self, machine: Machine) -> tuple[Head, int]:
        """Return the head that the newest snapshot (or genesis) ends with, and the journal's height there; the machine holds its state."""
        found = latest_snapshot(self.journal)
        if found is None:
            return self.origin, 0
        fields, *parts = (decode(part, ENTRY_LIMITS) for part in found.parts)
        for part in parts:
            machine.load(decode_rows(part))
        head = Head(**cast("dict[str, object]", fields))  # type: ignore[arg-type]  # as `snapshot` wrote it
        if machine.root() != head.root:
            raise RecoveryFailed("state root of the snapshot", received=machine.root(), expected=head.root)
        return head, found.height

    def _replay(self, entry: Entry, height: int, *, effective: bool) -> None:
        """Take an entry; those from before the snapshot only say which batches are kept, and where something was promised."""
        if isinstance(entry, GroupEntry | BatchEntry) and entry.count:
            self.producer.note_promise(entry.batch if isinstance(entry, GroupEntry) else entry.index, entry.time_s)
        if isinstance(entry, GroupEntry):
            self.groups[height] = entry
            return
        if isinstance(entry, SettledEntry):
            self.owed = []
            return
        if isinstance(entry, BatchEntry):
            rows, head = entry.change.after, head_of(entry)
            self._remember(head, height)
        else:
            rows, head = entry.rows, self._head_at(entry.index)
            self._forget_after(entry.index)
        if effective:
            self.producer.load(rows, head)
            self._check_root(head.root)

    def _check_root(self, expected: bytes) -> None:
        root = self.producer.machine.root()
        if root != expected:
            raise RecoveryFailed("state root after a journalled entry", received=root, expected=expected)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make everything that is done within the block durable at its end, with one entry, or none where it ended in a sealed batch.

        Nothing of it may be told before. After an exception the ledger must not be used any more.
        """
        self.held = []
        yield
        held, self.held = self.held, None
        if held:
            self._write(held)

    def _keep(self, group: Group) -> Group:
        if self.held is None:
            self._write([group])
        else:
            self.held.append(group)
        return group

    def _write(self, groups: list[Group]) -> None:
        count = sum(len(group.records) for group in groups)
        with self.producer.measure("encode", count):
            entry = group_entry(self.producer.batch(), groups)
            payload = encode_entry(entry, TYPES)
        with self.producer.measure("journal", count):
            self.groups[self.journal.append(payload)] = entry

    def _close(self, sealed: SealedBatch) -> BatchEntry:
        header = sealed.header
        entry = BatchEntry(
            header.index,
            header.parent,
            header.chunk_root,
            header.time_s,
            header.queue_from,
            header.queue_to,
            header.queue_acc,
            header.count,
            sealed.acc,
            sealed.body,
            sealed.root,
            sealed.change,
        )
        self._remember(head_of(entry), self.journal.append(encode_entry(entry, TYPES)))
        return entry

    def _remember(self, head: Head, height: int) -> None:
        if self.held is not None:
            self.held = []
        self.sealed[head.index] = SealedPlace(head, height)
        self.groups = {}

    def _forget_after(self, index: int) -> None:
        """Drop the batches after one, and the open one; their transactions are owed."""
        self.owed += [place.height for number, place in sorted(self.sealed.items()) if number > index]
        self.owed += [height for height, group in self.groups.items() if group.count > 0]
        self.sealed = {number: place for number, place in self.sealed.items() if number <= index}
        self.groups = {}

    def _head_at(self, index: int) -> Head:
        """Return the end of a batch that can be rolled back to: all after it are kept."""
        if index == self.origin.index and min(self.sealed, default=0) == 0:
            return self.origin
        if index not in self.sealed:
            raise RollupError("batch to roll back to", received=index, expected=f"one of those kept, {sorted(self.sealed)[:1]} and later")
        return self.sealed[index].head


def genesis_head(machine: Machine, genesis: Genesis) -> Head:
    """Load the genesis state into a machine of zeros, and return what the first batch continues."""
    machine.load(genesis_rows(genesis))
    return Head(-1, genesis.genesis_hash, genesis.chain.time_s, 0, bytes(32), machine.root())


def group_entry(batch: OpenBatch, groups: list[Group]) -> GroupEntry:
    """Return the journal's entry of consecutive groups of a batch."""
    posted = [group for group in groups if group.first > 0]
    records = concatenated(group.records for group in posted)
    signatures = np.concatenate([np.zeros((0, 64), np.uint8), *(group.signatures for group in posted)])
    return GroupEntry(
        batch=batch.index,
        first=groups[0].first,
        time_s=batch.time_s,
        queue_to=batch.queue_to,
        queue_acc=batch.queue_acc,
        opening=concatenated(group.records for group in groups if group.first == 0),
        count=len(records),
        body=encode_body(records, signatures) if len(records) else b"",
        flags=np.packbits(records["authentic"] != 0).tobytes(),
        root=groups[-1].root,
    )


def head_of(entry: BatchEntry) -> Head:
    """Return the end of a sealed batch."""
    return Head(entry.index, entry.acc, entry.time_s, entry.queue_to, entry.queue_acc, entry.root)


def posted_of(entry: Entry) -> tuple[Records, Signatures]:
    """Return the transactions of users in a batch's entry, or in a group's."""
    if isinstance(entry, BatchEntry):
        return decode_body(entry.body, entry.count)
    assert isinstance(entry, GroupEntry)
    return entry.records, entry.signatures
