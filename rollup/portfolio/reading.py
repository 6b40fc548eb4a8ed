"""A portfolio out of a file.

One rule: strict. What is missing, unknown, out of bounds or not of its type is refused by name; so is what names a market, an expiry or an
asset of which the file says nothing, and what is said twice.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from decimal import Decimal
from enum import IntEnum
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from rollup.core.errors import NameInvalid
from rollup.core.instrument_names import expiry_from_date
from rollup.portfolio.decimals import PortfolioError, in_decimals, in_units
from rollup.portfolio.naming import read_position
from rollup.portfolio.portfolio import FORMAT, SYMBOL_MAX, UNITS, Portfolio, Position, entry_name

Entry = TypeVar("Entry")

ENTRIES_MAX = 1_024
"""Longest list in a file."""

TEXT_MAX = 1 << 20
"""Longest file, in characters."""

FACTOR_LIMIT = 1 << 40
"""Exclusive bound of the magnitude of a parameter's number where nothing else bounds it."""


def portfolio_from_json(text: str) -> Portfolio:
    """Return the portfolio that a file holds. Raises PortfolioError naming the entry, what it is and what it should be."""
    if len(text) > TEXT_MAX:
        raise PortfolioError("portfolio", received=f"{len(text)} characters", expected=f"at most {TEXT_MAX}")
    try:
        mapping = json.loads(text, parse_float=Decimal, parse_int=_digits, parse_constant=_no_constant, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise PortfolioError("portfolio", received=str(error), expected="a JSON document") from error
    return portfolio_from_mapping(mapping)


def portfolio_from_mapping(mapping: object) -> Portfolio:
    """Return the portfolio that a JSON document describes. Raises PortfolioError."""
    entries = _table(mapping, "portfolio")
    if entries.pop("format", None) != FORMAT:
        raise PortfolioError("portfolio.format", received=repr(mapping.get("format")), expected=FORMAT)  # type: ignore[attr-defined]
    listed = entries.pop("positions", [])
    portfolio = read_record(Portfolio, entries, "portfolio")
    _check(portfolio)
    paths = ((f"portfolio.positions[{place}]", value) for place, value in enumerate(_list(listed, "portfolio.positions")))
    positions = tuple(read_position(_table(value, path), portfolio, path, read_record) for path, value in paths)
    _once([identity(position) for position in positions], "portfolio.positions")
    return replace(portfolio, positions=positions)


def read_record(kind: type[Entry], value: object, path: str) -> Entry:
    """Return an object of the file as the dataclass that describes it. Raises PortfolioError."""
    entries = _table(value, path)
    hints = get_type_hints(kind)
    members = {entry_name(member.name): member for member in fields(kind)}  # type: ignore[arg-type]  # only called on dataclasses
    for name in entries:
        if name not in members:
            raise PortfolioError(f"{path}.{name}", received="an entry", expected=f"one of {', '.join(members)}")
    found = {}
    for name, member in members.items():
        if name in entries:
            found[member.name] = _read(hints[member.name], member, entries[name], f"{path}.{name}")
        elif member.default is MISSING and member.default_factory is MISSING:
            raise PortfolioError(f"{path}.{name}", received="nothing", expected="an entry")
    return kind(**found)


def _read(hint: Any, member: "Field[Any]", value: object, path: str) -> object:
    if type(None) in get_args(hint):
        if value is None:
            return None
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        return tuple(_read(item, member, each, f"{path}[{place}]") for place, each in enumerate(_list(value, path)))
    if is_dataclass(hint):
        return read_record(cast("type[object]", hint), value, path)
    if issubclass(hint, IntEnum):
        return _choice(hint, value, path)
    if hint is bool:
        if not isinstance(value, bool):
            raise PortfolioError(path, received=repr(value), expected="true or false")
        return value
    return _number(member, value, path) if hint is int else symbol(value, path)


def _number(member: "Field[Any]", value: object, path: str) -> int:
    suffix = member.name.rpartition("_")[2]
    if member.name == "expiry_s" and isinstance(value, str) and re.fullmatch(r"[0-9]{8}", value):
        try:
            return expiry_from_date(value)
        except NameInvalid as error:
            raise PortfolioError(path, received=value, expected=str(error.expected)) from error
    found = in_units(value, UNITS[suffix], path)
    low, high = member.metadata.get("low", -FACTOR_LIMIT), member.metadata.get("high", FACTOR_LIMIT)
    if not low <= found < high:
        least, most = in_decimals(low, UNITS[suffix]), in_decimals(high, UNITS[suffix])
        raise PortfolioError(path, received=str(value), expected=f"{least} to less than {most}")
    return found


def _choice(kind: type[IntEnum], value: object, path: str) -> IntEnum:
    choices = {each.name.lower(): each for each in kind}
    if not isinstance(value, str) or value not in choices:
        raise PortfolioError(path, received=repr(value), expected=f"one of {', '.join(choices)}")
    return choices[value]


def symbol(value: object, path: str) -> str:
    """Return the symbol of a market or an asset. Raises PortfolioError."""
    if not isinstance(value, str) or not re.fullmatch(f"[A-Z0-9]{{1,{SYMBOL_MAX}}}", value):
        raise PortfolioError(path, received=repr(value), expected=f"one to {SYMBOL_MAX} capital letters or digits")
    return value


def _table(value: object, path: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise PortfolioError(path, received=type(value).__name__, expected="an object")
    return dict(value)


def _list(value: object, path: str) -> list[object]:
    if not isinstance(value, list | tuple) or len(value) > ENTRIES_MAX:
        raise PortfolioError(path, received=type(value).__name__, expected=f"a list of at most {ENTRIES_MAX}")
    return list(value)


def _check(portfolio: Portfolio) -> None:
    """Refuse what is said twice, and assets of markets that are not there."""
    symbols = [market.symbol for market in portfolio.markets]
    _once(symbols, "portfolio.markets")
    _once([asset.symbol for asset in portfolio.assets], "portfolio.assets")
    for market in portfolio.markets:
        _once([expiry.expiry_s for expiry in market.expiries], f"expiries of {market.symbol}")
    for asset in portfolio.assets:
        if asset.market and asset.market not in symbols:
            raise PortfolioError(f"market of {asset.symbol}", received=asset.market, expected=f"one of {', '.join(symbols)}")


def identity(position: Position) -> tuple[object, ...]:
    """Return what a position is in, without how much of it: of each there is one at most."""
    return (type(position).__name__, *(getattr(position, each.name) for each in fields(position) if each.name in IDENTITY))


IDENTITY = frozenset({"market", "expiry_s", "strike_e8", "option_type", "asset"})
"""Fields that say what a position is in."""


def _once(names: list[Any], path: str) -> None:
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise PortfolioError(path, received=f"{twice[0]} twice", expected="each of them once")


def _digits(text: str) -> Decimal:
    return Decimal(text)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"an entry is there twice: {', '.join(name for name, _ in pairs)}")
    return found
