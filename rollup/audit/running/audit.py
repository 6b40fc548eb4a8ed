"""All running checks over one state.

One rule: a check takes every change of the sections that it names, and verifies what these may have broken, no more: a step costs what it
has touched. Beside `rollup.audit.whole` it needs a start: it is fed with all rows that are there, as if one step had written them.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from rollup.audit.rows import Written, present, zero_row
from rollup.audit.running.accounts import Accounts
from rollup.audit.running.flow import check_flow
from rollup.audit.running.free_rows import FreeRows
from rollup.audit.running.funding import Funding
from rollup.audit.running.listings import Listings
from rollup.audit.running.money import Money
from rollup.audit.running.orders import Orders
from rollup.audit.running.positions import Positions
from rollup.audit.running.receipts import check_receipt
from rollup.audit.running.risk import check_risk
from rollup.audit.running.trees import Trees
from rollup.audit.running.windows import Windows
from rollup.audit.violation import Violation
from rollup.state.layout import Record, State
from rollup.state.rows import DTYPES


class Check(Protocol):
    """One running check."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections whose changes it takes."""

    def take(self, change: Written) -> None:
        """Add what a row has changed by, and note what it may have broken."""

    def verify(self, state: State) -> None:
        """Look at what was touched, and forget that it was. Raises Violation."""


class RunningAudit:
    """The running checks of one plain state."""

    def __init__(self, state: State) -> None:
        """Begin with a state between two steps."""
        self.state = state
        trees = Trees()
        orders = FreeRows("orders", "newer", "account", "order_free", "orders")
        levels = FreeRows("levels", "zero", "kind", "level_free", "levels")
        self.checks: tuple[Check, ...] = (
            Money(),
            Positions(),
            Windows(),
            Listings(),
            Funding(),
            trees,
            Orders(trees),
            orders,
            levels,
            Accounts(),
        )
        self.takers: dict[str, list[Check]] = defaultdict(list)
        for check in self.checks:
            for section in check.sections:
                self.takers[section].append(check)
        zeros = {section: zero_row(section) for section in DTYPES}
        self.take([Written(section, index, zeros[section], row) for section, index, row in present(state)])

    def take(self, changes: Sequence[Written]) -> None:
        """Feed every check with what has changed."""
        for change in changes:
            for check in self.takers[change.section]:
                check.take(change)

    def verify(self) -> list[Violation]:
        """Return what is wrong: the first finding of every check."""
        found = []
        for check in self.checks:
            try:
                check.verify(self.state)
            except Violation as violation:
                found.append(violation)
        return found

    def step(self, changes: Sequence[Written], record: Record, receipt: Record) -> list[Violation]:
        """Return what a step has broken, behind its commit and before the next one."""
        self.take(changes)
        found = self.verify()
        parts = (
            partial(check_flow, changes, record, receipt),
            partial(check_receipt, record, receipt),
            partial(check_risk, self.state, changes, record, receipt),
        )
        for part in parts:
            try:
                part()
            except Violation as violation:
                found.append(violation)
        return found
