"""One step by what all accounts had before it and have after it (invariants 3 and 7), and the whole state behind it."""

from typing import NamedTuple

from rollup.audit.rows import row_of, system_of
from rollup.audit.violation import MARGIN, NONCES, Violation
from rollup.audit.whole.audit import audit_state
from rollup.market.margin import health
from rollup.market.terms import IN_AUCTION
from rollup.state.layout import Record, State
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

TAKING = ("PLACE_ORDER", "REPLACE", "MASS_QUOTE", "TRIGGER", "EXECUTE_BLOCK", "SET_MARGIN_MODEL", "BID")
"""Kinds that take risk."""

LEAVING = ("TRANSFER", "TRANSFER_POSITION", "TRANSFER_COLLATERAL", "WITHDRAW", "WITHDRAW_COLLATERAL")
"""Kinds that take away what covers risk."""


class Standing(NamedTuple):
    """What an account had."""

    initial_e8: int
    reserved_e8: int
    nonce: int


def standings_of(state: State) -> dict[int, Standing]:
    """Return how every account stands, between two steps."""
    found = {}
    for n in range(1, system_of(state).accounts + 1):
        account = row_of(state, "accounts", n)
        found[n] = Standing(health(state, n, 0, 0, 0)[0], account.reserved_e8, account.nonce)
    commit(state)
    return found


def audit_step(state: State, before: dict[int, Standing], record: Record, receipt: Record) -> list[Violation]:
    """Return what is wrong behind a step: in the whole state, and in any account beside how it stood before."""
    found, after = audit_state(state), standings_of(state)
    fallen = [n for n, standing in before.items() if after[n].nonce < standing.nonce]
    if fallen:
        found.append(Violation(NONCES, f"nonces of accounts {fallen} have fallen"))
    if receipt.status == Status.OK and Kind(record.kind).name in {*TAKING, *LEAVING}:
        found += [Violation(MARGIN, f"account {n} stands worse, and has not its margin") for n in lacking(state, before, after)]
    return found


def lacking(state: State, before: dict[int, Standing], after: dict[int, Standing]) -> list[int]:
    """Return the accounts that are worse off and lack initial margin, counting what they reserve if that is more than before."""
    found = []
    for n, now in after.items():
        was = before.get(n, Standing(0, 0, 0))
        more = now.reserved_e8 > was.reserved_e8
        free, had = (each.initial_e8 - (each.reserved_e8 if more else 0) for each in (now, was))
        if free < min(had, 0) and row_of(state, "accounts", n).status != IN_AUCTION:
            found.append(n)
    return found
