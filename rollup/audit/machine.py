"""A plain machine that audits itself: every step by what it has written, every batch in full."""

from collections.abc import Sequence

from rollup.audit.rows import written
from rollup.audit.running.audit import RunningAudit
from rollup.audit.violation import Violation
from rollup.audit.whole.audit import audit_state
from rollup.audit.whole.step import audit_step, standings_of
from rollup.state.layout import RECEIPT
from rollup.state.plain import Row, plain_row
from rollup.state.rows import Change, RowsBySection
from rollup.state.table import commit
from rollup.transition.machine import LazyRecords, PlainMachine, Records, Transition, packed

FINDINGS_MAX = 64
"""Findings that are kept: the first ones say what went wrong."""


class AuditedMachine(PlainMachine):
    """The plain machine, which gives the same bytes, and notes in `violations` what should never be."""

    def __init__(self, transition: Transition | None = None, *, thorough: bool = False) -> None:
        """Make a machine at the state of zeros. A thorough one audits every step in full as well: slow, where the state is large."""
        super().__init__(transition)
        self.thorough = thorough
        self.violations: list[Violation] = []
        self.steps = 0
        """Steps audited by what they have written."""
        self.batches = 0
        """Batches audited in full."""
        self._running: RunningAudit | None = None

    def load(self, rows: RowsBySection) -> None:
        """See `Machine`. Sums begin anew."""
        super().load(rows)
        self._running = None

    def execute(self, records: Records, first: int, last: int) -> Records:
        """See `Machine`."""
        self.version += 1
        return packed(self._run(LazyRecords(records), first, last), RECEIPT)

    def trace(self, records: Records, first: int, last: int, stride: int) -> tuple[Records, list[bytes]]:
        """See `Machine`."""
        self.version += 1
        lazy, receipts, roots = LazyRecords(records), [], []
        for start in range(first, last, stride):
            receipts += self._run(lazy, start, min(start + stride, last))
            roots.append(self.root())
        return packed(receipts, RECEIPT), roots

    def close_batch(self) -> Change:
        """See `Machine`."""
        self._note(audit_state(self.state))
        self.batches += 1
        return super().close_batch()

    def _run(self, records: LazyRecords, first: int, last: int) -> list[Row]:
        if self._running is None:
            self._running = RunningAudit(self.state)
            self._note(self._running.verify())
        receipts = []
        for index in range(first, last):
            receipt = plain_row(RECEIPT)
            standings = standings_of(self.state) if self.thorough else {}
            self.transition.apply(self.state, records, index, receipt)
            changes = written(self.state)
            commit(self.state)
            self._note(self._running.step(changes, records[index], receipt))
            if self.thorough:
                self._note(audit_step(self.state, standings, records[index], receipt))
            receipts.append(receipt)
            self.steps += 1
        return receipts

    def _note(self, found: Sequence[Violation]) -> None:
        self.violations += found[: FINDINGS_MAX - len(self.violations)]
