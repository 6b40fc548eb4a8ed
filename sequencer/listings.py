"""What there is to do about instruments: strikes that the rule asks for, prices that can be fixed, holders to settle, what is over.

Pure: a machine in. One rule: a view names a bounded number of things and is right about each; what is left comes up once these are done.
"""

from collections.abc import Iterator

from rollup.core.calendar import DAY_S, FRIDAY, QUARTER, WEEK, expiry_on, last_friday, month_of
from rollup.core.errors import shown
from rollup.core.genesis import FeedKind
from rollup.core.transport import JSON, RpcError
from rollup.market.listing import find_expiry, is_strike_empty
from rollup.market.listing_rule import CLASSES, ZONES, classes_of, is_strike, width_of
from rollup.market.settlement_window import settlement_of, window_mean
from rollup.state.layout import Record, State
from rollup.state.limits import ACCOUNT_BITS, STRIKES
from rollup.state.table import read
from rollup.transition.list_instrument import check_room, check_rule
from rollup.transition.machine import Machine
from rollup.transition.status import Status
from sequencer.looking import INVALID_PARAMS
from sequencer.naming import scalar, symbol_of
from sequencer.valuing import positions_of

MOST = 64
"""Strikes, or positions, that are told at a time; the others follow after these."""

ACCOUNTS_SCANNED = 1_024
"""Accounts that one view looks at."""

Strike = tuple[int, int, int]
"""Market, expiry and strike of what may be listed; the strike 0 is the future."""


def listings_view(machine: Machine) -> JSON:
    """Return strikes that anybody may list now, forward feeds whose price anybody may fix, and expiries that are over.

    `over` names the forward feeds of expiries whose price is fixed, how many strikes they have still, and whether somebody holds any.
    """
    state = machine.fork(()).state
    feeds = [(number, read(state.feeds, number)) for number in machine.where("feeds", "expiry_s", read(state.system, 0).feeds)]
    forwards = [(number, feed) for number, feed in feeds if feed.kind == FeedKind.FORWARD]
    fixable: list[JSON] = [number for number, feed in forwards if feed.settlement_e8 == 0 and window_mean(feed) > 0]
    over: list[JSON] = [
        {"feed": number, "strikes": feed.strikes, "held": is_held(state, number)} for number, feed in forwards if feed.settlement_e8 != 0
    ]
    listable: list[JSON] = [
        {"market": market, "symbol": symbol_of(machine, market), "expiry_s": expiry_s, "strike_e8": strike_e8}
        for market, expiry_s, strike_e8 in strikes_wanted(state)
    ]
    return {"time_s": read(state.system, 0).time_s, "listable": listable, "fixable": fixable, "over": over}


def strikes_wanted(state: State) -> list[Strike]:
    """Return the first strikes that the rule allows and that are not listed: by market, expiry, and distance from spot."""
    found: list[Strike] = []
    for market in range(1, read(state.system, 0).markets + 1):
        for expiry_s in expiries_ahead(read(state.parameters, 0), read(state.system, 0).time_s):
            forward = find_expiry(state, market, expiry_s)
            there = strikes_listed(state, forward)
            for strike_e8 in strikes_of_rule(state, market, expiry_s):
                if strike_e8 not in there and check_room(state, market, forward, strike_e8) == Status.OK:
                    found.append((market, expiry_s, strike_e8))
                if len(found) == MOST:
                    return found
    return found


def strikes_listed(state: State, forward: int) -> dict[int, int]:
    """Return the strikes of an expiry that are listed, and the first instrument of each."""
    found, number = dict[int, int](), read(state.feeds, forward).last_listed
    while number:
        row = read(state.instruments, number)
        found[row.strike_e8] = number
        number = row.listed_before
    return found


def is_held(state: State, forward: int) -> bool:
    """Does anybody hold any instrument of an expiry?"""
    return not all(is_strike_empty(state, first) for first in strikes_listed(state, forward).values())


def expiries_ahead(parameters: Record, now_s: int) -> list[int]:
    """Return the expiries that the rule's schedule has now, in order."""
    first, month = now_s // DAY_S, month_of(now_s // DAY_S)
    fridays = first + (FRIDAY - first) % WEEK
    months = max(parameters.listing_months, QUARTER * parameters.listing_quarters) + QUARTER
    days = {first + ahead for ahead in range(parameters.listing_days + 1)}
    days |= {fridays + WEEK * ahead for ahead in range(parameters.listing_weeks + 1)}
    days |= {last_friday(month + ahead) for ahead in range(months)}
    return sorted(expiry_on(day) for day in days if classes_of(parameters, expiry_on(day), now_s))


def strikes_of_rule(state: State, market_id: int, expiry_s: int) -> list[int]:
    """Return the strikes that the rule allows for an expiry now, nearest to spot first, the future before all."""
    parameters, market = read(state.parameters, 0), read(state.markets, market_id)
    spot, classes = read(state.feeds, market.spot_feed).number, classes_of(parameters, expiry_s, read(state.system, 0).time_s)
    strikes = {
        strike
        for term in range(CLASSES)
        for zone in range(ZONES)
        for strike in multiples(max(market.strike_step_e8, 1) << (term + zone), spot, width_of(parameters, 1 << term, spot))
        if is_strike(parameters, market, classes, spot, strike)
    }
    nearest = sorted(strikes, key=lambda strike: (abs(strike - spot), strike))
    # What does not hang on the strike, a fresh feed say, is asked of one strike for all.
    firsts = [strike for strike in (0, *nearest[:1]) if check_rule(state, market_id, expiry_s, strike) == Status.OK]
    return firsts + nearest[1:] if set(nearest[:1]) <= set(firsts) else firsts


def multiples(step: int, middle: int, width: int) -> Iterator[int]:
    """Yield the multiples of a step around the middle, about as far as the width, at most as many as an expiry may have either way."""
    reach = min(width // step + 1, STRIKES)
    near = middle // step
    return (place * step for place in range(near - reach, near + reach + 1) if place > 0)


def unsettled_view(machine: Machine, first: int = 1) -> JSON:
    """Return positions of accounts from `first` on that can be settled, and where to go on; `next` is null at the end.

    Raises RpcError for a number that no account can have.
    """
    if not 0 < first < 1 << ACCOUNT_BITS:
        raise RpcError(INVALID_PARAMS, f"{shown(first)} is no account's number")
    state, system = machine.fork(()).state, machine.row("system", 0)
    accounts, number = scalar(system, "accounts"), first
    positions: list[JSON] = []
    while number <= accounts and number < first + ACCOUNTS_SCANNED and len(positions) < MOST:
        if 0 < scalar(machine.row("accounts", number), "expiry_s") <= scalar(system, "time_s"):
            held = [instrument for instrument, _ in positions_of(state, number) or []]
            positions += [{"account": number, "instrument": each} for each in held if settlement_of(state, read(state.instruments, each))]
        number += 1
    return {"positions": positions, "next": number if number <= accounts else None}
