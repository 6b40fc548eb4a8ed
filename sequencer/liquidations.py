"""What a liquidator wants to know: accounts that lack their maintenance margin, auctions and what they ask, the fund and the deficit. Pure.

One rule: a view weighs a bounded part of the accounts and says where the next part begins.
"""

from rollup.core.errors import shown
from rollup.core.transport import JSON, RpcError
from rollup.market.auction import (
    BANKRUPT,
    GOES_ON,
    RESTORED,
    RUN_OUT,
    SOLD_AWAY,
    cost_of_share,
    is_hopeless,
    outcome,
    share_for_sale,
    share_insured,
    standing,
)
from rollup.market.auction_terms import ONE_Q60
from rollup.market.feeds import NEVER_S, is_stale
from rollup.market.terms import INSOLVENT, SOLVENT
from rollup.state.layout import State
from rollup.state.limits import ACCOUNT_BITS, RATIO_ONE
from rollup.transition.machine import Machine
from sequencer.looking import INVALID_PARAMS
from sequencer.naming import scalar

ACCOUNTS_SCANNED = 1_024
"""Accounts that one view looks at."""

POSITIONS_WEIGHED = 512
"""Positions that one view weighs, and those of one account more."""

KINDS = {SOLVENT: "solvent", INSOLVENT: "insolvent"}
"""Names of the kinds of auction."""

OUTCOMES = {GOES_ON: "goes_on", RESTORED: "restored", RUN_OUT: "run_out", BANKRUPT: "bankrupt", SOLD_AWAY: "sold_away"}
"""Names of what has become of an auction; all but the first wait for END_AUCTION."""


def liquidations_view(machine: Machine, first: int = 1) -> JSON:
    """Return the accounts from `first` on that are under water or in auction, and where to go on; `next` is null at the end.

    Raises RpcError for a number that no account can have.
    """
    if not 0 < first < 1 << ACCOUNT_BITS:
        raise RpcError(INVALID_PARAMS, f"{shown(first)} is no account's number")
    system = machine.row("system", 0)
    accounts, state = scalar(system, "accounts"), machine.fork(()).state
    sinking: list[JSON] = []
    auctions: list[JSON] = []
    number, weighed = first, 0
    while number <= accounts and number < first + ACCOUNTS_SCANNED and weighed < POSITIONS_WEIGHED:
        account = machine.row("accounts", number)
        weighed += scalar(account, "positions")
        if scalar(machine.row("auctions", number), "kind"):
            auctions.append(auction_view(machine, state, number))
        elif scalar(account, "positions") or scalar(account, "cash_e8") < 0:
            sinking += sinking_view(state, number)
        number += 1
    return {
        "insurance_e8": scalar(system, "insurance_e8"),
        "deficit_e8": scalar(system, "deficit_e8"),
        "sinking": sinking,
        "auctions": auctions,
        "next": number if number <= accounts else None,
    }


def sinking_view(state: State, number: int) -> list[JSON]:
    """Return an account that START_AUCTION would take, or nothing."""
    maintenance, mark, oldest = standing(state, number)
    if maintenance >= 0 or is_stale(state, oldest):
        return []
    return [{"account": number, "maintenance_health_e8": maintenance, "mark_to_market_e8": mark}]


def auction_view(machine: Machine, state: State, number: int) -> JSON:
    """Return an auction, and what the largest bid that it takes now would buy and cost."""
    row, stands = machine.row("auctions", number), standing(state, number)
    maintenance, mark, oldest = stands
    became = outcome(state, number, stands)
    view: dict[str, JSON] = {
        "account": number,
        "kind": KINDS[scalar(row, "kind")],
        "sequence": scalar(row, "sequence"),
        "started_s": scalar(row, "started_s"),
        "reserved_e8": scalar(row, "reserved_e8"),
        "maintenance_health_e8": maintenance,
        "mark_to_market_e8": mark,
        "oldest_feed_s": None if oldest == NEVER_S else oldest,
        "outcome": OUTCOMES[became],
    }
    if became != GOES_ON or is_hopeless(stands):
        return {**view, "share_e9": 0, "cost_e8": 0}
    share = share_for_sale(state, number, stands) if scalar(row, "kind") == SOLVENT else share_insured(state, number, stands)
    return {**view, "share_e9": share * RATIO_ONE // ONE_Q60, "cost_e8": cost_of_share(state, number, stands, share)}
