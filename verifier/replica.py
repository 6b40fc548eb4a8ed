"""A verifier's own copy of the rollup: every batch of L1, executed, traced and archived. Pure but for the archive that it is given.

One rule: nothing is believed that was not executed here. A start loads rows and checks their root; what is said about a batch is said only
once L1 has been read to that batch again and has the same accumulator (`claims_seen`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.dispute.bisection import Node
from rollup.dispute.prior import encode_prior
from rollup.dispute.refutation import encode_leaves, leaf_count, roots_of
from rollup.dispute.trace import Trace, commit, first_base, height_of
from rollup.l1.action import authenticate
from rollup.l1.batch import decode_body
from rollup.l1.chunks import KeccakMany
from rollup.l1.derivation import DerivedBatch
from rollup.l1.forced import record_of_entry
from rollup.l1.records import Records, begin_record, concatenated
from rollup.l1.step_proof import build_steps, leaf_steps
from rollup.l1.withdrawal import RING, prove_withdrawal
from rollup.state.genesis import genesis_rows
from rollup.state.rows import RowsBySection, pack_rows
from rollup.transition.machine import Machine, PlainMachine
from verifier.divergence import Finding, Parting, examine
from verifier.entries import BatchEntry, Entry, RollbackEntry
from verifier.strategy import Claim

TRACES_KEPT = 32
"""Traces kept in memory: those that were made last, of new batches and of old ones that were asked for."""

BATCHES_KEPT = 4_096
"""Batches that are kept to be defended, counted from the newest snapshot."""

Report = Callable[[int, list[bytes]], list[bytes]]
"""(batch, state roots after each leaf) → the roots that are claimed."""


class ReplicaBroken(RollupError):
    """The data directory does not lead to the roots that it names: it must not be acted upon."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a replica works with."""

    genesis: Genesis
    checker: SignatureChecker
    hash_many: KeccakMany


class Archive(Protocol):
    """What a replica is kept in: entries in order, and now and then the whole state. Writes are durable when they return."""

    def base(self) -> tuple[RowsBySection, bytes] | None:
        """Return the rows and the root of the newest whole state, or None where there is none."""

    def entries(self) -> Iterator[tuple[int, Entry, bool]]:
        """Yield place and entry of all that is kept, and whether it is newer than the whole state."""

    def append(self, entry: Entry) -> int:
        """Keep an entry; return its place."""

    def read(self, place: int) -> Entry:
        """Return an entry."""

    def keep(self, rows: RowsBySection, root: bytes, oldest: int | None) -> None:
        """Keep a whole state; entries before the place `oldest` may be forgotten."""


def honest(_batch: int, roots: list[bytes]) -> list[bytes]:
    """Claim what was found."""
    return roots


class Replica:
    """The chain as executed here."""

    def __init__(self, machine: Machine, archive: Archive, tools: Tools, *, report: Report = honest, stride: int = 0) -> None:
        """Recover from the archive, or start from genesis. Raises ReplicaBroken, StoreError.

        `stride` is the number of steps between two roots of a trace: the rollup's own, unless a measurement says otherwise.
        """
        self.stride = stride or tools.genesis.dispute.txs_per_leaf
        self.machine = machine
        self.archive = archive
        self.tools = tools
        self.report = report
        self.claims: dict[int, Claim] = {}
        """What was found, by batch."""
        self.places: dict[int, int] = {}
        """Where each batch's entry is in the archive."""
        self.traces: dict[int, Trace] = {}
        """The traces in memory."""
        self.seen = -1
        """The last batch that L1 was read to, in this life, and found to have the same accumulator."""
        machine.load(genesis_rows(tools.genesis))
        self.genesis_root = machine.root()
        self.roots = {-1: self.genesis_root}
        """State root after each batch."""
        base = archive.base()
        if base is not None:
            machine.load(base[0])
            self._check_root(base[1])
        for place, entry, is_newer in archive.entries():
            self._replay(entry, place, effective=is_newer)

    @property
    def head(self) -> int:
        """Index of the last executed batch, -1 at genesis."""
        return max(self.claims, default=-1)

    @property
    def root(self) -> bytes:
        """State root after it."""
        return self.roots[self.head]

    def knows(self, batch: DerivedBatch) -> bool:
        """Say whether this very batch was executed before."""
        known = self.claims.get(batch.index)
        return known is not None and known.accumulator == batch.acc

    def authenticate(self, batch: DerivedBatch, first: int, last: int) -> None:
        """Check the signatures of some of a batch's steps; needs no state, so it may run beside anything else."""
        records, tools = batch.records[first:last], self.tools
        authenticate(records, batch.signatures[first:last], tools.genesis, tools.checker, tools.hash_many)

    def take(self, batch: DerivedBatch) -> None:
        """Execute a batch that L1 has, authenticated, unless it is known; what L1 no longer has goes.

        A batch older than the archive is passed over: the first one that is kept vouches for it by its accumulator.
        Raises ReplicaBroken where L1's chain parts from the archive's further back than can be undone.
        """
        if batch.index < min(self.places, default=0):
            return
        if batch.index in self.claims and not self.knows(batch):
            self.roll_back(batch.index - 1)
        if not self.knows(batch):
            if batch.index != self.head + 1:
                raise ReplicaBroken("index of a batch", received=batch.index, expected=self.head + 1)
            self._execute(batch)
        self.seen = batch.index

    def roll_back(self, index: int) -> None:
        """Forget every batch after `index`. Where that is older than the archive, they are only doubted, until L1 is read again."""
        self.seen = min(self.seen, index)
        dropped = [number for number in sorted(self.claims) if number > index]
        if not dropped or (index not in self.places and (index, min(self.places, default=0)) != (-1, 0)):
            return
        rows = merged([self.entry(number).change.before for number in dropped])
        self.archive.append(RollbackEntry(index, rows))
        self.machine.load(rows)
        self._forget_after(index)

    def trace(self, index: int) -> Trace:
        """Return a batch's trace, from memory or by executing the batch again on an older state.

        Raises ReplicaBroken where it is not the one that the archive has: what a disk says of a batch is not acted upon unexecuted.
        """
        if index not in self.traces:
            fork, records = self._before(index)
            before = fork.root()
            _, roots = fork.trace(records, 0, len(records), self.stride)
            trace = self._committed(index, before, roots, len(records))
            if trace.root != self.claims[index].trace_root:
                raise ReplicaBroken("trace root of the data directory", received=self.claims[index].trace_root, expected=trace.root)
            self._keep_trace(index, trace)
        return self.traces[index]

    def prove(self, index: int, leaf: int, node: Node) -> bytes:
        """Return the proof of one leaf of a batch, for a node whose origin is the honest parent assertion."""
        trace = self.trace(index)
        base = first_base(node.origin, self.entry(index).acc, trace.before)
        return encode_prior(base, trace, leaf) + self._steps(index, leaf)

    def refute(self, index: int, leaf: int, published: bytes) -> bytes:
        """Return the proof that, of the roots which an assertion of a batch has published, the one after this leaf is wrong.

        The roots before it are right.
        """
        trace = self.trace(index)
        return encode_leaves(commit(trace.before, roots_of(published), trace.height), leaf) + self._steps(index, leaf)

    def leaves(self, index: int) -> bytes:
        """Return the state roots that an assertion of a batch publishes."""
        entry = self.entry(index)
        steps = 1 + len(entry.queue) + entry.count
        return b"".join(self.trace(index).roots[: leaf_count(steps, self.stride)])

    def _steps(self, index: int, leaf: int) -> bytes:
        """Return the proof of one leaf's steps."""
        entry = self.entry(index)
        fork, records, covered = self.before_leaf(index, leaf)
        return build_steps(fork, records, covered, entry.body, entry.queue)

    def before_leaf(self, index: int, leaf: int) -> tuple[PlainMachine, Records, range]:
        """Return a machine at the state before a leaf of a batch, the batch's records, and the steps that the leaf covers."""
        fork, records = self._before(index)
        covered = leaf_steps(leaf, self.stride, len(records))
        fork.execute(records, 0, leaf * self.stride if covered else len(records))
        return fork, records, covered

    def examine(self, index: int, parting: Parting) -> Finding | None:
        """Look into the leaf at which a claim about a batch parts from the truth; None where it is not one leaf, or is not kept here."""
        if not parting.is_single or index not in self.places:
            return None
        fork, records, covered = self.before_leaf(index, parting.first)
        fork.root()
        fork.close_batch()
        return examine(fork, records, covered, parting.first, parting.hash)

    def prove_message(self, index: int, message: int) -> bytes | None:
        """Return the proof of an outgoing message in the state after a batch, or None where it is not there yet, or no more."""
        fork = self.machine.fork([self.entry(number).change for number in range(index + 1, self.head + 1)])
        written = cast("int", fork.row("system", 0)["messages"])
        if not max(0, written - RING) < message <= written:
            return None
        fork.root()
        return prove_withdrawal(fork, message)

    def entry(self, index: int) -> BatchEntry:
        """Return an executed batch from the archive. Raises KeyError where it is not kept, StoreError."""
        return cast("BatchEntry", self.archive.read(self.places[index]))

    def snapshot(self) -> None:
        """Write the present state, and forget batches that are too old to be disputed."""
        oldest = self.head - BATCHES_KEPT
        self.archive.keep(self.machine.snapshot(), self.machine.root(), self.places.get(oldest))
        self.places = {index: place for index, place in self.places.items() if index >= oldest}

    def _execute(self, batch: DerivedBatch) -> None:
        _, roots = self.machine.trace(batch.records, 0, len(batch.records), self.stride)
        change = self.machine.close_batch()
        trace = self._committed(batch.index, self.root, roots, len(batch.records))
        header = batch.header
        entry = BatchEntry(
            header.index,
            batch.acc,
            header.chunk_root,
            header.parent,
            header.time_s,
            header.queue_from,
            header.queue_to,
            header.queue_acc,
            header.count,
            batch.body,
            [item.data for item in batch.entries],
            roots[-1],
            trace.end,
            trace.root,
            list(trace.last_leaf_proof()),
            change,
        )
        self._remember(entry, self.archive.append(entry))
        self._keep_trace(batch.index, trace)

    def _committed(self, index: int, before: bytes, roots: list[bytes], steps: int) -> Trace:
        """Commit to what is claimed of a batch; it starts from what is claimed of the one before, if that is known here."""
        claimed = self.claims[index - 1].end_root if index - 1 in self.claims else before
        return commit(claimed, self.report(index, roots), height_of(steps, self.stride))

    def _before(self, index: int) -> tuple[PlainMachine, Records]:
        """Return a machine at the state before a batch, and the batch's records."""
        undo = [self.entry(number).change for number in range(index, self.head + 1)]
        return self.machine.fork(undo), self.records(self.entry(index))

    def records(self, entry: BatchEntry) -> Records:
        """Return the records of a batch's steps, authenticated."""
        queued = [record_of_entry(data) for data in entry.queue]
        posted, posted_signatures = decode_body(entry.body, entry.count)
        begin = begin_record(entry.index, entry.time_s, entry.queue_to)
        records = concatenated([begin, *(record for record, _ in queued), posted])
        signatures = np.concatenate([np.zeros((1, 64), np.uint8), *(signature for _, signature in queued), posted_signatures])
        authenticate(records, signatures, self.tools.genesis, self.tools.checker, self.tools.hash_many)
        return records

    def _replay(self, entry: Entry, place: int, *, effective: bool) -> None:
        if isinstance(entry, BatchEntry):
            self._remember(entry, place)
            rows = entry.change.after
        else:
            self._forget_after(entry.index)
            rows = entry.rows
        if effective:
            self.machine.load(rows)
            self._check_root(self.root)
        if self.report is honest and isinstance(entry, BatchEntry) and entry.claimed != entry.root:
            raise ReplicaBroken("claim of the data directory", received=entry.claimed, expected=entry.root)

    def _check_root(self, expected: bytes) -> None:
        root = self.machine.root()
        if root != expected:
            raise ReplicaBroken("state root of the data directory", received=root, expected=expected)

    def _remember(self, entry: BatchEntry, place: int) -> None:
        self.claims[entry.index] = Claim(entry.index, entry.acc, entry.trace_root, entry.claimed, tuple(entry.proof))
        self.roots[entry.index] = entry.root
        self.places[entry.index] = place

    def _forget_after(self, index: int) -> None:
        for kept in (self.claims, self.roots, self.places, self.traces):
            for number in [number for number in kept if number > index]:
                del kept[number]

    def _keep_trace(self, index: int, trace: Trace) -> None:
        self.traces[index] = trace
        while len(self.traces) > TRACES_KEPT:
            del self.traces[next(iter(self.traces))]


def merged(images: Sequence[RowsBySection]) -> RowsBySection:
    """Return the rows as they were before several batches, given the images from before each, oldest first."""
    rows: dict[str, dict[int, list[int]]] = {}
    for image in reversed(images):
        for section, (indices, words) in image.items():
            rows.setdefault(section, {}).update(zip(indices.tolist(), words.tolist(), strict=True))
    return {section: pack_rows(section, found) for section, found in rows.items()}
