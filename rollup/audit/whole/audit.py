"""All checks over a whole state.

One rule: a check is one function and one line in `CHECKS`; it reads, and leaves the state as it found it.
"""

from collections.abc import Callable

from rollup.audit.violation import Violation
from rollup.audit.whole.accounts import check_auctions, check_health, check_liquidation, check_nonces, check_protections
from rollup.audit.whole.book import check_book
from rollup.audit.whole.listings import check_listings
from rollup.audit.whole.money import check_collateral, check_funding, check_money
from rollup.audit.whole.positions import check_positions, check_windows
from rollup.state.layout import State

CHECKS: tuple[Callable[[State], None], ...] = (
    check_money,
    check_collateral,
    check_positions,
    check_windows,
    check_listings,
    check_funding,
    check_book,
    check_auctions,
    check_protections,
    check_nonces,
    check_health,
    check_liquidation,
)
"""Every check, in the order in which it is made."""


def check_all(state: State, *, is_listed: bool = True) -> None:
    """Check a plain state between two steps; where instruments were put into it without being listed, all but the lists.

    Raises Violation at the first thing that is wrong.
    """
    for check in CHECKS:
        if is_listed or check is not check_listings:
            check(state)


def audit_state(state: State) -> list[Violation]:
    """Return what is wrong in a plain state between two steps: the first finding of every check."""
    found = []
    for check in CHECKS:
        try:
            check(state)
        except Violation as violation:
            found.append(violation)
    return found
