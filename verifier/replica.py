"""A verifier's own copy of the rollup: every batch of L1, executed, traced and journalled. Blocking and without I/O but its journal.

One rule: nothing is believed that was not executed here. A start loads rows and checks their root; what is said about a batch is said only
once L1 has been read to that batch again and has the same accumulator (`claims_seen`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from rollup.core.codec import decode, encode
from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.dispute.bisection import Node
from rollup.dispute.prior import encode_prior
from rollup.dispute.trace import Trace, commit, first_base, height_of
from rollup.entry_codec import ENTRY_LIMITS, decode_entry, decode_rows, encode_entry, encode_rows
from rollup.journal import Journal
from rollup.l1.action import authenticate
from rollup.l1.batch import decode_body
from rollup.l1.chunks import KeccakMany
from rollup.l1.derivation import DerivedBatch
from rollup.l1.forced import record_of_entry
from rollup.l1.records import Records, begin_record
from rollup.l1.step_proof import build_steps, leaf_steps
from rollup.snapshots import latest_snapshot, write_snapshot
from rollup.state.genesis import genesis_rows
from rollup.state.rows import RowsBySection, pack_rows
from rollup.transition.machine import Machine, PlainMachine
from verifier.entries import TYPES, BatchEntry, Entry
from verifier.entries import RollbackEntry as Rollback
from verifier.strategy import Claim

TRACES_KEPT = 32
"""Traces kept in memory: the newest, and those that were asked for again."""

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


def honest(_batch: int, roots: list[bytes]) -> list[bytes]:
    """Claim what was found."""
    return roots


class Replica:
    """The chain as executed here."""

    def __init__(self, machine: Machine, journal: Journal, tools: Tools, *, report: Report = honest) -> None:
        """Recover from the journal, or start from genesis. Raises ReplicaBroken, StoreError."""
        self.machine = machine
        self.journal = journal
        self.tools = tools
        self.report = report
        self.claims: dict[int, Claim] = {}
        """What was found, by batch."""
        self.heights: dict[int, int] = {}
        """Where each batch's entry is in the journal."""
        self.traces: dict[int, Trace] = {}
        """The traces in memory."""
        self.seen = -1
        """The last batch that L1 was read to, in this life, and found to have the same accumulator."""
        machine.load(genesis_rows(tools.genesis))
        self.genesis_root = machine.root()
        self.roots = {-1: self.genesis_root}
        """State root after each batch."""
        loaded = self._load_snapshot()
        for height, payload in journal.records(journal.first):
            self._replay(decode_entry(payload, TYPES), height, effective=height >= loaded)

    @property
    def head(self) -> int:
        """Index of the last executed batch, -1 at genesis."""
        return max(self.claims, default=-1)

    @property
    def root(self) -> bytes:
        """State root after it."""
        return self.roots[self.head]

    def take(self, batch: DerivedBatch) -> None:
        """Execute a batch that L1 has, unless it was executed before; what L1 no longer has goes."""
        known = self.claims.get(batch.index)
        if known is not None and known.accumulator != batch.acc:
            self.roll_back(batch.index - 1)
            known = None
        if known is None:
            if batch.index != self.head + 1:
                raise ReplicaBroken("index of a batch", received=batch.index, expected=self.head + 1)
            self._execute(batch)
        self.seen = batch.index

    def roll_back(self, index: int) -> None:
        """Forget every batch after `index`."""
        self.seen = min(self.seen, index)
        dropped = [number for number in sorted(self.claims) if number > index]
        if not dropped:
            return
        rows = merged([self.entry(number).change.before for number in dropped])
        self.journal.append(encode_entry(Rollback(index, rows), TYPES))
        self.machine.load(rows)
        self._forget_after(index)

    def trace(self, index: int) -> Trace:
        """Return a batch's trace, from memory or by executing the batch again on an older state."""
        if index not in self.traces:
            fork, records = self._before(index)
            _, roots = fork.trace(records, 0, len(records), self._stride)
            self._keep_trace(index, self._committed(index, roots, len(records)))
        return self.traces[index]

    def prove(self, index: int, leaf: int, node: Node) -> bytes:
        """Return the proof of one leaf of a batch, for a node whose origin is the honest parent assertion."""
        entry, trace = self.entry(index), self.trace(index)
        fork, records = self._before(index)
        covered = leaf_steps(leaf, self._stride, len(records))
        fork.execute(records, 0, leaf * self._stride if covered else len(records))
        base = first_base(node.origin, entry.acc, trace.before)
        return encode_prior(base, trace, leaf) + build_steps(fork, records, covered, entry.body, entry.queue)

    def entry(self, index: int) -> BatchEntry:
        """Return an executed batch from the journal. Raises KeyError where it is not kept, StoreError."""
        return cast("BatchEntry", decode_entry(self.journal.read(self.heights[index]), TYPES))

    def snapshot(self) -> None:
        """Write the present state, and forget batches that are too old to be disputed."""
        rows = self.machine.snapshot()
        parts = [encode(encode_rows({name: rows[name]})) for name in rows]
        write_snapshot(self.journal, self.journal.count, [encode({"root": self.machine.root()}), *parts])
        oldest = self.head - BATCHES_KEPT
        if oldest in self.heights:
            self.journal.prune(self.heights[oldest])
            self.heights = {index: height for index, height in self.heights.items() if index >= oldest}

    @property
    def _stride(self) -> int:
        return self.tools.genesis.dispute.txs_per_leaf

    def _execute(self, batch: DerivedBatch) -> None:
        genesis = self.tools.genesis
        authenticate(batch.records, batch.signatures, genesis, self.tools.checker, self.tools.hash_many)
        _, roots = self.machine.trace(batch.records, 0, len(batch.records), self._stride)
        change = self.machine.close_batch()
        trace = self._committed(batch.index, roots, len(batch.records))
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
        self._remember(entry, self.journal.append(encode_entry(entry, TYPES)))
        self._keep_trace(batch.index, trace)

    def _committed(self, index: int, roots: list[bytes], steps: int) -> Trace:
        before = self.claims[index - 1].end_root if index - 1 in self.claims else self.genesis_root
        return commit(before, self.report(index, roots), height_of(steps, self._stride))

    def _before(self, index: int) -> tuple[PlainMachine, Records]:
        """Return a machine at the state before a batch, and the batch's records."""
        undo = [self.entry(number).change for number in range(index, self.head + 1)]
        return self.machine.fork(undo), self._records(self.entry(index))

    def _records(self, entry: BatchEntry) -> Records:
        queued = [record_of_entry(data) for data in entry.queue]
        posted, posted_signatures = decode_body(entry.body, entry.count)
        begin = begin_record(entry.index, entry.time_s, entry.queue_to)
        records = np.concatenate([begin, *(record for record, _ in queued), posted])
        signatures = np.concatenate([np.zeros((1, 64), np.uint8), *(signature for _, signature in queued), posted_signatures])
        authenticate(records, signatures, self.tools.genesis, self.tools.checker, self.tools.hash_many)
        return records

    def _load_snapshot(self) -> int:
        """Load the newest snapshot, if any; return the journal's height there."""
        found = latest_snapshot(self.journal)
        if found is None:
            return 0
        fields, *parts = (decode(part, ENTRY_LIMITS) for part in found.parts)
        for part in parts:
            self.machine.load(decode_rows(part))
        self._check_root(cast("bytes", cast("dict[str, object]", fields)["root"]))
        return found.height

    def _replay(self, entry: Entry, height: int, *, effective: bool) -> None:
        if isinstance(entry, BatchEntry):
            self._remember(entry, height)
            rows = entry.change.after
        else:
            self._forget_after(entry.index)
            rows = entry.rows
        if effective:
            self.machine.load(rows)
            self._check_root(self.root)

    def _check_root(self, expected: bytes) -> None:
        root = self.machine.root()
        if root != expected:
            raise ReplicaBroken("state root of the data directory", received=root, expected=expected)

    def _remember(self, entry: BatchEntry, height: int) -> None:
        self.claims[entry.index] = Claim(entry.index, entry.acc, entry.trace_root, entry.claimed, tuple(entry.proof))
        self.roots[entry.index] = entry.root
        self.heights[entry.index] = height

    def _forget_after(self, index: int) -> None:
        for kept in (self.claims, self.roots, self.heights, self.traces):
            for number in [number for number in kept if number > index]:
                del kept[number]

    def _keep_trace(self, index: int, trace: Trace) -> None:
        self.traces[index] = trace
        while len(self.traces) > TRACES_KEPT:
            del self.traces[min(self.traces)]


def merged(images: Sequence[RowsBySection]) -> RowsBySection:
    """Return the rows as they were before several batches, given the images from before each, oldest first."""
    rows: dict[str, dict[int, list[int]]] = {}
    for image in reversed(images):
        for section, (indices, words) in image.items():
            rows.setdefault(section, {}).update(zip(indices.tolist(), words.tolist(), strict=True))
    return {section: pack_rows(section, found) for section, found in rows.items()}
