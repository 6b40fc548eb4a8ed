"""Forced entries in time (invariant 11): none is passed over once it is overdue, and an exit that is executed pays, or says why not.

A batch may leave an overdue entry waiting only where it takes as many of the queue as a batch must take at most. With no batch at all
nothing is passed over: then anybody closes the rollup after the liveness bound (`l1_mock/contracts/safety.py`).
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Self

from rollup.audit.violation import EXITS, Violation
from rollup.core.genesis import Genesis
from rollup.l1.derivation import DerivedBatch
from rollup.l1.header import QueueEntry
from rollup.l1.records import Records
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

REFUSALS = frozenset({Status.INVALID_ACCOUNT, Status.INVALID_SIGNER, Status.OUT_OF_RANGE, Status.IN_AUCTION, Status.INSUFFICIENT_CASH})
"""What an exit may be refused for. No pause, no order and no open position is among them."""


class Exits:
    """The batches so far, by block and by what they took of the queue."""

    def __init__(self, overdue_blocks: int, forced_batch_max: int) -> None:
        """Begin without a batch. An entry is overdue after so many blocks at the latest."""
        self.overdue_blocks = overdue_blocks
        self.forced_batch_max = forced_batch_max
        self.blocks: list[int] = []
        self.short = [0]
        """How many of the first n batches took less of the queue than a batch must take at most."""
        self.violations: list[Violation] = []

    @classmethod
    def of(cls, genesis: Genesis) -> Self:
        """Return the watch of a rollup."""
        return cls(genesis.inbox.forced_delay_blocks, genesis.inbox.forced_batch_max)

    def take(self, batch: DerivedBatch, receipts: Records) -> None:
        """Note the next batch, and judge the entries that it takes."""
        self.blocks.append(batch.l1_block.number)
        self.short.append(self.short[-1] + (batch.header.queue_to - batch.header.queue_from < self.forced_batch_max))
        for entry in batch.entries:
            self.judge(entry, len(self.blocks) - 1)
        self.violations += refused(batch, receipts)

    def judge(self, entry: QueueEntry, taken: int) -> None:
        """Note an entry that was taken by a later batch than it had to be; or, not taken yet, `taken` being the number of batches."""
        first = bisect_right(self.blocks, entry.l1_block + self.overdue_blocks)
        passed = self.short[max(taken, first)] - self.short[first]
        if passed:
            self.violations.append(Violation(EXITS, f"{passed} batches passed over queue entry {entry.index}, which was overdue"))

    def waiting(self, pending: Sequence[QueueEntry]) -> None:
        """Judge the entries that no batch has taken yet."""
        for entry in pending:
            self.judge(entry, len(self.blocks))


def refused(batch: DerivedBatch, receipts: Records) -> list[Violation]:
    """Return the exits of a batch that were refused without a reason that there may be."""
    steps = range(1, 1 + len(batch.entries))
    exits = [(step, Status(int(receipts["status"][step]))) for step in steps if batch.records["kind"][step] == Kind.EXIT]
    return [
        Violation(EXITS, f"the exit at step {step} of batch {batch.index} ended {status.name}")
        for step, status in exits
        if status != Status.OK and status not in REFUSALS
    ]


def check_exits(genesis: Genesis, batches: Sequence[DerivedBatch], pending: Sequence[QueueEntry]) -> list[Violation]:
    """Look at every entry beside every batch; return the entries that were passed over although they were overdue."""
    most, bound, found = genesis.inbox.forced_batch_max, genesis.inbox.forced_delay_blocks, list[Violation]()
    for entry in [*(entry for batch in batches for entry in batch.entries), *pending]:
        passing = [
            batch
            for batch in batches
            if batch.header.queue_to <= entry.index
            and entry.l1_block + bound < batch.l1_block.number
            and batch.header.queue_to - batch.header.queue_from < most
        ]
        if passing:
            found.append(Violation(EXITS, f"batch {passing[0].index} passed over queue entry {entry.index}"))
    return found
