"""Whether an account that lacks its maintenance margin can be put up for sale: by trying, and taking it back (invariant 4)."""

import numpy as np

from rollup.market.auction import standing
from rollup.market.feeds import is_stale
from rollup.market.margin import health
from rollup.market.terms import IN_AUCTION
from rollup.state.layout import RECEIPT, TX, State
from rollup.state.plain import plain_records, plain_row
from rollup.state.table import commit, faulted, revert
from rollup.transition.kinds import Kind
from rollup.transition.start_auction import apply_start_auction
from rollup.transition.status import Status


def can_be_sold(state: State, account: int) -> bool:
    """Return whether START_AUCTION would succeed, or need not: maintenance margin is there, a feed is silent, or it is for sale already."""
    _, maintenance, oldest = health(state, account, 0, 0, 0)
    waived = maintenance >= 0 or is_stale(state, min(oldest, standing(state, account)[2])) or is_for_sale(state, account)
    commit(state)
    return waived or try_sale(state, account)


def is_for_sale(state: State, account: int) -> bool:
    """Return whether an account is in auction."""
    rows = state.accounts.rows
    return bool(rows[account].status == IN_AUCTION)


def try_sale(state: State, account: int) -> bool:
    """Start an auction, undo it, and return whether it was one."""
    record = np.zeros(1, TX)
    record["kind"], record["counterparty"] = Kind.START_AUCTION, account
    status = apply_start_auction(state, plain_records(record)[0], plain_row(RECEIPT))
    succeeded = status == Status.OK and not faulted(state)
    revert(state)
    commit(state)
    return succeeded
