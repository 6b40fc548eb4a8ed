"""Margin of the accounts that a step has touched: sound (9), kept by who takes risk (3), and lacking it means to be sellable (4)."""

from collections.abc import Sequence

from rollup.audit.earlier import earlier_state
from rollup.audit.rows import Written, row_of
from rollup.audit.sale import can_be_sold
from rollup.audit.violation import LIQUIDATION, MARGIN, ensure
from rollup.audit.whole.accounts import check_healths
from rollup.market.margin import health
from rollup.market.terms import IN_AUCTION
from rollup.state.layout import Record, State
from rollup.state.limits import PAGES
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

RISKY = frozenset(
    {
        Kind.PLACE_ORDER,
        Kind.REPLACE,
        Kind.MASS_QUOTE,
        Kind.TRIGGER,
        Kind.EXECUTE_BLOCK,
        Kind.TRANSFER,
        Kind.TRANSFER_POSITION,
        Kind.TRANSFER_COLLATERAL,
        Kind.WITHDRAW,
        Kind.WITHDRAW_COLLATERAL,
        Kind.SET_MARGIN_MODEL,
        Kind.BID,
    }
)
"""Kinds after which whoever they touched must have initial margin, or lack no more than before. Liquidation's other steps take risk off."""

MATERIAL = ("cash_e8", "margin_model", "status")
"""Fields of an account that its health rests on, beside its holdings."""


def check_risk(state: State, changes: Sequence[Written], record: Record, receipt: Record) -> None:
    """Check the accounts that a step has touched, behind its commit and before the next one. Raises Violation."""
    moved, reserving = touched_accounts(changes)
    healths = {n: health(state, n, 0, 0, 0) for n in sorted(moved)}
    commit(state)
    for n, found in healths.items():
        check_healths(n, found)
    if receipt.status == Status.OK and record.kind in RISKY:
        free = {n: health(state, n, 0, 0, 0)[0] if n not in healths else healths[n][0] for n in sorted(moved | reserving)}
        commit(state)
        check_margins(state, changes, free, reserving)
    for n, (_, maintenance, _) in healths.items():
        if maintenance < 0:
            ensure(can_be_sold(state, n), LIQUIDATION, f"account {n} lacks maintenance margin and cannot be put up for sale")


def check_margins(state: State, changes: Sequence[Written], initial: dict[int, int], reserving: set[int]) -> None:
    """Check that each account has initial margin, also for what it reserves anew, or lacks no more than before. Raises Violation."""
    lacking = []
    for n, found in initial.items():
        account = row_of(state, "accounts", n)
        kept = account.reserved_e8 if n in reserving else 0
        if found < kept and account.status != IN_AUCTION:
            lacking.append((n, found, kept))
    if not lacking:
        return
    earlier = earlier_state(state, changes)
    for n, found, kept in lacking:
        before, _, _ = health(earlier, n, 0, 0, 0)
        was_kept = row_of(earlier, "accounts", n).reserved_e8 if kept else 0
        ensure(
            found - kept >= before - was_kept, MARGIN, f"account {n} has {found} beside {kept} reserved, and had {before} and {was_kept}"
        )


def touched_accounts(changes: Sequence[Written]) -> tuple[set[int], set[int]]:
    """Return the accounts whose health may have changed, and those that reserve more than before."""
    moved: set[int] = set()
    reserving: set[int] = set()
    for change in changes:
        if change.section == "holdings":
            moved.add(change.index // PAGES)
        elif change.section == "collateral":
            moved.add(change.index)
        elif change.section == "accounts":
            if any(getattr(change.before, name) != getattr(change.after, name) for name in MATERIAL):
                moved.add(change.index)
            if change.after.reserved_e8 > change.before.reserved_e8:
                reserving.add(change.index)
    return moved - {0}, reserving
