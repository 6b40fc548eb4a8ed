"""Greeks for people: of an instrument, an expiry, or what an account holds. Pure: a machine in, JSON out.

One rule: what the state says is read while nothing is executed, by the kernels that margin uses; what follows from it is computed after
that, for all instruments at once. So a mark here is the mark that margin is made of, to the unit, and looking holds nobody up.

Units: as `rollup.market.greeks`; of a position, what one contract has times the quantity, rounded to nearest. No rate discounts, as in
the margin's marks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rollup.bulk_greeks import GREEK_COLUMNS, OPTION_COLUMNS, PRICED_COLUMNS, BulkGreeks, Numbers
from rollup.core.errors import NameInvalid, shown
from rollup.core.instrument_names import CALL, FUTURE, PUT, parse_instrument_name
from rollup.core.transport import JSON, RpcError
from rollup.market.feeds import is_stale, observe
from rollup.market.greeks import DISCOUNT_ONE
from rollup.market.levels import best_level
from rollup.market.marks import payoff
from rollup.market.positions import count_of, page_of
from rollup.market.settlement_window import settlement_of
from rollup.market.terms import BUY, SELL
from rollup.state.layout import State
from rollup.state.limits import PAGE_POSITIONS, QUANTITY_ONE, TICK_MAX
from rollup.state.table import read
from rollup.transition.machine import Machine
from sequencer.looking import INVALID_PARAMS
from sequencer.naming import find_instrument, instruments_of_expiry, is_listed, name_of, symbol_of

EXPECTED = 'expected {"instrument": name or number}, {"expiry": a name such as "BTC-20261225"} or {"account": number}'
"""What a selection looks like."""

NUMBERS = ("mark_e8", "delta_e9", "gamma_e12", "vega_e8", "theta_e8")
"""What is told of an instrument, in the order of the columns of `greeks`."""

DELTA_ONE = 1_000_000_000
"""Delta of an outright."""

Position = tuple[int, int]
"""Instrument and quantity, 1e-6 contracts."""


class Quote(NamedTuple):
    """What the state says of one instrument."""

    instrument: str
    market: str
    option_type: int
    strike_e8: int
    seconds: int
    forward_e8: int
    vol_e9: int
    settled_e8: int | None
    """What one contract pays, once that is fixed."""
    bid_e8: int
    ask_e8: int
    """Best prices of the book, 0 where there is none."""
    seen_s: int
    stale: bool
    quantity_e6: int | None
    """What the account holds, where one was asked for."""

    @property
    def is_option(self) -> bool:
        """Is it an option that can still be priced?"""
        return self.option_type in (CALL, PUT) and self.settled_e8 is None and self.forward_e8 > 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the state says of the instruments that were asked for, at one time."""

    time_s: int
    quotes: list[Quote]
    of_account: bool


def take_reading(machine: Machine, selection: JSON) -> Reading | None:
    """Read what a selection names, or None where it is an account that there is not. Raises RpcError for what names nothing."""
    if not isinstance(selection, dict) or len(selection) != 1:
        raise RpcError(INVALID_PARAMS, EXPECTED)
    ((sort, wanted),) = selection.items()
    state: State = machine.fork(()).state
    if sort == "account":
        positions = positions_of(state, wanted)
        if positions is None:
            return None
        quotes = [quote(machine, state, number, quantity) for number, quantity in positions]
    elif sort == "instrument":
        quotes = [quote(machine, state, instrument_of(machine, wanted), None)]
    elif sort == "expiry":
        quotes = [quote(machine, state, number, None) for number in expiring(machine, wanted)]
    else:
        raise RpcError(INVALID_PARAMS, EXPECTED)
    return Reading(read(state.system, 0).time_s, quotes, sort == "account")


def positions_of(state: State, account: JSON) -> list[Position] | None:
    """Return what an account holds, or None where there is none. Raises RpcError for what is no number."""
    if not isinstance(account, int) or isinstance(account, bool):
        raise RpcError(INVALID_PARAMS, f"an account is a number, not {shown(repr(account))}")
    if not 0 < account <= read(state.system, 0).accounts:
        return None
    places = ((page_of(state, account, place), place % PAGE_POSITIONS) for place in range(count_of(state, account)))
    return [(page.instrument[slot], page.quantity_e6[slot]) for page, slot in places]


def instrument_of(machine: Machine, wanted: JSON) -> int:
    """Return an instrument's number, by name or number. Raises RpcError where there is none."""
    number = find_instrument(machine, wanted) if isinstance(wanted, str) else wanted
    if not isinstance(number, int) or isinstance(number, bool) or not is_listed(machine, number):
        raise RpcError(INVALID_PARAMS, f"there is no instrument {shown(repr(wanted))}")
    return number


def expiring(machine: Machine, wanted: JSON) -> list[int]:
    """Return the numbers of a market's instruments of one expiry, options and future. Raises RpcError where there are none."""
    try:
        name = parse_instrument_name(wanted if isinstance(wanted, str) else "")
    except NameInvalid as error:
        raise RpcError(INVALID_PARAMS, f"an expiry is named as BTC-20261225, not {shown(repr(wanted))}") from error
    if name.option_type != FUTURE:
        raise RpcError(INVALID_PARAMS, f"{wanted} is an instrument; its expiry would be named as BTC-20261225")
    found = instruments_of_expiry(machine, name)
    if not found:
        raise RpcError(INVALID_PARAMS, f"nothing expires at {wanted}")
    return found


def quote(machine: Machine, state: State, number: int, quantity_e6: int | None) -> Quote:
    """Read one instrument."""
    instrument = read(state.instruments, number)
    _, forward, vol, _, seen = observe(state, instrument)
    fixed = settlement_of(state, instrument)
    return Quote(
        name_of(machine, number) or "",
        symbol_of(machine, instrument.market),
        instrument.option_type,
        instrument.strike_e8,
        max(instrument.expiry_s - read(state.system, 0).time_s, 0),
        forward,
        vol,
        payoff(instrument, fixed) if fixed else None,
        best_price(state, number, BUY),
        best_price(state, number, SELL),
        seen,
        is_stale(state, seen),
        quantity_e6,
    )


def best_price(state: State, number: int, side: int) -> int:
    """Return the best price on one side of a book, 1e-8 USD, or 0."""
    level = best_level(state, number, side)
    if level == 0:
        return 0
    key: int = read(state.levels, level).key
    return (TICK_MAX - key if side == BUY else key) * int(read(state.instruments, number).tick_e8)


def valued(reading: Reading, bulk: BulkGreeks) -> JSON:
    """Return marks, Greeks and implied volatilities of what was read, and an account's totals."""
    numbers, vols = greeks_of(reading.quotes, bulk), vols_of(reading.quotes, bulk)
    rows: list[JSON] = [row(*each) for each in zip(reading.quotes, numbers, vols, strict=True)]
    found: dict[str, JSON] = {"time_s": reading.time_s, "instruments": rows}
    if reading.of_account:
        found["totals"] = totals(reading.quotes, numbers)
    return found


def greeks_of(quotes: list[Quote], bulk: BulkGreeks) -> list[list[int] | None]:
    """Return the five numbers of each instrument, or None while there is no price of its underlying."""
    options = [(q.forward_e8, q.strike_e8, q.vol_e9, q.seconds, q.option_type, DISCOUNT_ONE) for q in quotes if q.is_option]
    priced = iter(bulk.greeks(table(options, OPTION_COLUMNS)).tolist())
    return [next(priced) if each.is_option else outright(each) for each in quotes]


def outright(quote: Quote) -> list[int] | None:
    """Return the numbers of what is no longer, or never was, an option: worth its pay-off, or moving with its forward."""
    if quote.settled_e8 is not None:
        return [quote.settled_e8, *[0] * (GREEK_COLUMNS - 1)]
    return [quote.forward_e8, DELTA_ONE, 0, 0, 0] if quote.forward_e8 > 0 else None


def vols_of(quotes: list[Quote], bulk: BulkGreeks) -> list[tuple[int | None, int | None]]:
    """Return the volatilities that the best bid and the best offer of each instrument imply; None where nothing does."""
    sides = [(q, price) for q in quotes for price in (q.bid_e8, q.ask_e8)]
    wanted = [bool(price) and q.is_option and q.seconds > 0 for q, price in sides]
    priced = [
        (price, q.forward_e8, q.strike_e8, q.seconds, q.option_type)
        for (q, price), is_wanted in zip(sides, wanted, strict=True)
        if is_wanted
    ]
    found = iter(bulk.implied_vols(table(priced, PRICED_COLUMNS)).tolist())
    vols = [next(found) if is_wanted else -1 for is_wanted in wanted]
    known = [vol if vol > 0 else None for vol in vols]
    return list(zip(known[::2], known[1::2], strict=True))


def table(rows: Sequence[tuple[int, ...]], columns: int) -> Numbers:
    """Return rows as an array, which may be empty."""
    return np.array(rows, np.int64).reshape(-1, columns)


def row(quote: Quote, numbers: list[int] | None, vols: tuple[int | None, int | None]) -> JSON:
    """Return one instrument's row."""
    told: dict[str, JSON] = {"instrument": quote.instrument}
    if quote.quantity_e6 is not None:
        told["quantity_e6"] = quote.quantity_e6
    return {
        **told,
        **{name: numbers[place] if numbers else None for place, name in enumerate(NUMBERS)},
        "vol_e9": quote.vol_e9 if quote.is_option else None,
        "forward_e8": quote.forward_e8 or None,
        "seconds": quote.seconds,
        "bid_e8": quote.bid_e8 or None,
        "ask_e8": quote.ask_e8 or None,
        "bid_vol_e9": vols[0],
        "ask_vol_e9": vols[1],
        "seen_s": quote.seen_s,
        "stale": quote.stale,
    }


def totals(quotes: list[Quote], numbers: list[list[int] | None]) -> JSON:
    """Return what an account's positions have together, by market. What cannot be valued counts as nothing, and is named."""
    markets: dict[str, JSON] = {}
    for market in dict.fromkeys(each.market for each in quotes):
        own = [(q.quantity_e6 or 0, found) for q, found in zip(quotes, numbers, strict=True) if q.market == market and found]
        markets[market] = dict(zip(("value_e8", *NUMBERS[1:]), (together(own, place) for place in range(GREEK_COLUMNS)), strict=True))
    unvalued: list[JSON] = [each.instrument for each, found in zip(quotes, numbers, strict=True) if not found]
    return {"markets": markets, "unvalued": unvalued}


def together(positions: Iterable[tuple[int, list[int]]], place: int) -> int:
    """Return Σ quantity · number, rounded to nearest, halves up."""
    return (2 * sum(quantity * numbers[place] for quantity, numbers in positions) + QUANTITY_ONE) // (2 * QUANTITY_ONE)
