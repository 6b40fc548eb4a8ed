"""What perpetuals' pools owe as running sums, and how much dust their payments may have left (invariant 8)."""

from collections import defaultdict

from rollup.audit.rows import Written, row_of
from rollup.audit.violation import DUST, ensure
from rollup.core.instrument_names import PERPETUAL
from rollup.state.layout import Record, State
from rollup.state.limits import QUANTITY_ONE

PAYMENTS_A_CHANGE = 2
"""Payments that one step's change of a position may stand for: where it is taken away, and where it is added."""


class Funding:
    """By instrument: Σ quantity, Σ quantity · index paid up to, and the payments so far."""

    sections = ("holdings", "instruments")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.held: dict[int, int] = defaultdict(int)
        self.paid: dict[int, int] = defaultdict(int)
        self.payments: dict[int, int] = defaultdict(int)
        self.instruments: set[int] = set()

    def take(self, change: Written) -> None:
        """Add what a row has changed by."""
        if change.section == "instruments":
            self.instruments.add(change.index)
            return
        before, after = places(change.before), places(change.after)
        for i in before.keys() | after.keys():
            old, new = before.get(i, (0, 0)), after.get(i, (0, 0))
            if old != new:
                self.held[i] += new[0] - old[0]
                self.paid[i] += new[0] * new[1] - old[0] * old[1]
                self.payments[i] += PAYMENTS_A_CHANGE
                self.instruments.add(i)

    def verify(self, state: State) -> None:
        """Compare what was touched with the pools. Raises Violation."""
        instruments, self.instruments = self.instruments, set()
        for i in sorted(instruments - {0}):
            row = row_of(state, "instruments", i)
            if row.option_type != PERPETUAL:
                continue
            # Both in units of 1e-6 · 1e-8 USD, so that nothing is rounded.
            dust = row.pool_e8 * QUANTITY_ONE - (self.paid[i] - row.funding_e8 * self.held[i])
            most = self.payments[i] * QUANTITY_ONE
            ensure(0 <= dust <= most, DUST, f"pool of perpetual {i}: {dust / QUANTITY_ONE:.6f} units beyond what is owed")
            ensure(row.open_interest_e6 != 0 or row.pool_e8 == 0, DUST, f"pool of perpetual {i}, which nobody holds")


def places(page: Record) -> dict[int, tuple[int, int]]:
    """Return quantity and index paid up to of each instrument on a page."""
    columns = zip(page.instrument, page.quantity_e6, page.funding_e8, strict=True)
    return {i: (quantity, paid) for i, quantity, paid in columns if i}
