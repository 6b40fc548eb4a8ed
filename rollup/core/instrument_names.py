"""Names of instruments: `BTC-20261225-100000-C`, and Deribit's `BTC-25DEC26-100000-C` for the same.

    name   = symbol "-" date "-" strike "-" ("C" | "P")       an option
           | symbol "-" date                                  a dated future
           | symbol "-PERPETUAL"
    date   = YYYYMMDD, or as Deribit writes it: day, three letters of the month, two digits of the year
    strike = whole dollars, then "_" (Deribit: "d") and decimals where there are any

One rule: a name has one spelling in each of the two styles; anything else is refused. Whatever expires does so at 08:00 UTC.
"""

import re
from dataclasses import dataclass

from rollup.core.calendar import DAY_S, civil_from_days, days_from_civil, expiry_on
from rollup.core.errors import NameInvalid

CALL = 1
"""Type of a call option."""

PUT = 2
"""Type of a put option."""

FUTURE = 3
"""Type of a dated future."""

PERPETUAL = 4
"""Type of a perpetual: a future without expiry, which funding keeps near its underlying."""

E8 = 10**8
"""One dollar, in the unit of strikes."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_SYMBOL = r"([A-Z]{1,8})"
_PERPETUAL = re.compile(_SYMBOL + "-PERPETUAL")
_NAME = re.compile(_SYMBOL + r"-([0-9]{8})(?:-([0-9]{1,8})(?:_([0-9]{1,8}))?-([CP]))?")
_ALIAS = re.compile(_SYMBOL + r"-([0-9]{1,2})([A-Z]{3})([0-9]{2})(?:-([0-9]{1,8})(?:d([0-9]{1,8}))?-([CP]))?")


@dataclass(frozen=True, slots=True)
class InstrumentName:
    """What a name says: underlying, expiry (Unix seconds), strike (1e-8 USD), type; a perpetual's expiry and an outright's strike are 0."""

    symbol: str
    expiry_s: int
    strike_e8: int
    option_type: int


def parse_instrument_name(text: str) -> InstrumentName:
    """Return what a name or alias says. Raises NameInvalid unless it is spelt as we would spell it."""
    named = _parse_perpetual(text) or _parse_ours(text) or _parse_alias(text)
    if named is None or text not in (format_instrument_name(named), format_instrument_alias(named)):
        raise NameInvalid("instrument name", received=text, expected="a name such as BTC-20261225-100000-C, BTC-20261225 or BTC-PERPETUAL")
    return named


def format_instrument_name(name: InstrumentName) -> str:
    """Return the name: `BTC-20261225-100000-C`."""
    return _format(name, date_from_expiry(name.expiry_s), "_")


def format_instrument_alias(name: InstrumentName) -> str:
    """Return Deribit's spelling: `BTC-25DEC26-100000-C`."""
    year, month, day = civil_from_days(name.expiry_s // DAY_S)
    return _format(name, f"{day}{MONTHS[month - 1]}{year % 100:02}", "d")


def expiry_from_date(date: str) -> int:
    """Return the expiry, Unix seconds, of a date written YYYYMMDD. Raises NameInvalid where there is no such day."""
    if not re.fullmatch(r"[0-9]{8}", date):
        raise NameInvalid("expiry date", received=date, expected="YYYYMMDD")
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    if not 1 <= month <= len(MONTHS) or civil_from_days(days_from_civil(year, month, day)) != (year, month, day):
        raise NameInvalid("expiry date", received=date, expected="a day of the calendar")
    return expiry_on(days_from_civil(year, month, day))


def date_from_expiry(expiry_s: int) -> str:
    """Return the date, YYYYMMDD, of a Unix time in seconds."""
    year, month, day = civil_from_days(expiry_s // DAY_S)
    return f"{year:04}{month:02}{day:02}"


def _parse_perpetual(text: str) -> InstrumentName | None:
    match = _PERPETUAL.fullmatch(text)
    return InstrumentName(match[1], 0, 0, PERPETUAL) if match else None


def _parse_ours(text: str) -> InstrumentName | None:
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    symbol, date, whole, decimals, letter = match.groups()
    return InstrumentName(symbol, expiry_from_date(date), _strike(whole, decimals), TYPES[letter])


def _parse_alias(text: str) -> InstrumentName | None:
    match = _ALIAS.fullmatch(text)
    if match is None or match[3] not in MONTHS:
        return None
    symbol, day, month, year, whole, decimals, letter = match.groups()
    date = f"20{year}{MONTHS.index(month) + 1:02}{int(day):02}"
    return InstrumentName(symbol, expiry_from_date(date), _strike(whole, decimals), TYPES[letter])


def _strike(whole: str | None, decimals: str | None) -> int:
    return int(whole or "0") * E8 + int((decimals or "0").ljust(8, "0"))


def _format(name: InstrumentName, date: str, point: str) -> str:
    if name.option_type == PERPETUAL:
        return f"{name.symbol}-PERPETUAL"
    if name.option_type == FUTURE:
        return f"{name.symbol}-{date}"
    whole, decimals = divmod(name.strike_e8, E8)
    strike = f"{whole}{point}{decimals:08}".rstrip("0") if decimals else str(whole)
    return f"{name.symbol}-{date}-{strike}-{'C' if name.option_type == CALL else 'P'}"


TYPES = {"C": CALL, "P": PUT, None: FUTURE}
"""Types by what stands behind the strike; where there is no strike, it is a future."""
