"""Positions by the names of their instruments, or by what an instrument is.

"ETH-20250228-4000-C"   an option; Deribit's spelling will do
"ETH-20250228"          a dated future
"ETH-PERPETUAL"         the perpetual
"""

from collections.abc import Callable
from typing import Any

from rollup.core.errors import NameInvalid
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT, parse_instrument_name
from rollup.portfolio.decimals import PortfolioError, in_units
from rollup.portfolio.portfolio import UNITS, Deposit, Expiry, Future, Market, Option, Perpetual, Portfolio, Position

Reader = Callable[[Any, object, str], Any]
"""Takes a dataclass, an object of the file and its path, and returns the one made of the other."""

Entries = dict[str, object]

TYPES = {CALL: "call", PUT: "put", FUTURE: "future", PERPETUAL: "perpetual"}
"""Types of instruments, as files name them."""

KINDS = {"call": Option, "put": Option, "future": Future, "perpetual": Perpetual}
"""What an instrument of each type is."""


def read_position(entries: Entries, portfolio: Portfolio, path: str, read: Reader) -> Position:
    """Return one position. Raises PortfolioError where it names what the file does not describe."""
    if "asset" in entries:
        deposit: Deposit = read(Deposit, entries, path)
        if deposit.asset not in [asset.symbol for asset in portfolio.assets]:
            raise PortfolioError(f"{path}.asset", received=deposit.asset, expected="an asset of this file")
        return deposit
    if "instrument" in entries:
        entries = {**entries, **meant(entries["instrument"], f"{path}.instrument")}
        del entries["instrument"]
    kind = entries.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise PortfolioError(f"{path}.type", received=repr(kind), expected=f"one of {', '.join(KINDS)}")
    if KINDS[kind] is not Option:
        del entries["type"]
        entries = with_profit(entries, portfolio, path)
    position: Option | Future | Perpetual = read(KINDS[kind], entries, path)
    market_of(portfolio, position.market, path)
    if not isinstance(position, Perpetual):
        expiry_of(portfolio, position.market, position.expiry_s, path)
    return position


def meant(name: object, path: str) -> Entries:
    """Return the entries that an instrument's name stands for. Raises PortfolioError."""
    try:
        named = parse_instrument_name(name if isinstance(name, str) else "")
    except NameInvalid as error:
        raise PortfolioError(path, received=repr(name), expected=str(error.expected)) from error
    entries: Entries = {"type": TYPES[named.option_type], "market": named.symbol}
    if named.expiry_s:
        entries["expiry"] = named.expiry_s
    if named.strike_e8:
        entries["strike"] = f"{named.strike_e8}e-8"
    return entries


def with_profit(entries: Entries, portfolio: Portfolio, path: str) -> Entries:
    """Return entries in which `entry`, a price, has become the profit since, rounded down."""
    if "entry" not in entries:
        return entries
    if "pnl" in entries:
        raise PortfolioError(path, received="an entry and a pnl", expected="one of them")
    rest = {name: value for name, value in entries.items() if name != "entry"}
    market = market_of(portfolio, entries.get("market"), path)
    quote = market.perpetual or market.spot
    if "expiry" in entries:
        quote = expiry_of(portfolio, market.symbol, in_units(entries["expiry"], 1, f"{path}.expiry"), path).forward
    entered_e8 = in_units(entries["entry"], UNITS["e8"], f"{path}.entry")
    quantity_e6 = in_units(entries.get("quantity", 0), UNITS["e6"], f"{path}.quantity")
    return {**rest, "pnl": f"{quantity_e6 * (quote.price_e8 - entered_e8) // UNITS['e6']}e-8"}


def market_of(portfolio: Portfolio, symbol: object, path: str) -> Market:
    """Return a market of the file by its symbol. Raises PortfolioError."""
    for market in portfolio.markets:
        if market.symbol == symbol:
            return market
    raise PortfolioError(f"{path}.market", received=repr(symbol), expected="a market of this file")


def expiry_of(portfolio: Portfolio, symbol: object, expiry_s: int, path: str) -> Expiry:
    """Return an expiry of a market by its time. Raises PortfolioError."""
    for expiry in market_of(portfolio, symbol, path).expiries:
        if expiry.expiry_s == expiry_s:
            return expiry
    raise PortfolioError(f"{path}.expiry", received=expiry_s, expected=f"an expiry of {symbol} in this file")
