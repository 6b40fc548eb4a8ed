"""Which instruments there are, and their names: all of it from the state, since instruments come and go. Pure: a machine in."""

from collections.abc import Iterator

from rollup.core.errors import NameInvalid
from rollup.core.instrument_names import FUTURE, PERPETUAL, PUT, InstrumentName, format_instrument_name, parse_instrument_name
from rollup.state.genesis import symbol_text
from rollup.transition.machine import Machine

Fields = dict[str, int | list[int]]


def name_of(machine: Machine, number: int) -> str | None:
    """Return an instrument's name, or None where it is not listed, or no longer."""
    row = machine.row("instruments", number)
    if not scalar(row, "status"):
        return None
    return name_in(row, symbol_of(machine, scalar(row, "market")))


def name_in(row: Fields, symbol: str) -> str:
    """Return the name that an instrument's row, and its market's symbol, say."""
    return format_instrument_name(InstrumentName(symbol, *(scalar(row, name) for name in ("expiry_s", "strike_e8", "option_type"))))


def symbol_of(machine: Machine, market: int) -> str:
    """Return a market's symbol; nothing where there is no such market."""
    return symbol_text(scalar(machine.row("markets", market), "symbol"))


def listed(machine: Machine) -> list[int]:
    """Return the numbers of all instruments that are listed, in order."""
    return machine.where("instruments", "status", scalar(machine.row("system", 0), "instruments"))


def is_listed(machine: Machine, number: int) -> bool:
    """Is this the number of an instrument that is listed?"""
    return 0 < number <= scalar(machine.row("system", 0), "instruments") and bool(machine.row("instruments", number)["status"])


def find_instrument(machine: Machine, text: str) -> int:
    """Return the number of the instrument of a name, in either spelling, or 0 where none is listed."""
    try:
        name = parse_instrument_name(text)
    except NameInvalid:
        return 0
    if name.option_type == PERPETUAL:
        markets = [scalar(machine.row("markets", market), "perpetual") for market in markets_named(machine, name.symbol)]
        return markets[0] if markets else 0
    for first, row in strikes_of(machine, name):
        if scalar(row, "strike_e8") == name.strike_e8 and (scalar(row, "option_type") == FUTURE) == (name.option_type == FUTURE):
            return first + (name.option_type == PUT)
    return 0


def instruments_of_expiry(machine: Machine, name: InstrumentName) -> list[int]:
    """Return the numbers of what is listed of a name's market and expiry: options and the future, in order."""
    found = [(first, scalar(row, "option_type")) for first, row in strikes_of(machine, name)]
    return sorted(number for first, sort in found for number in ((first,) if sort == FUTURE else (first, first + 1)))


def strikes_of(machine: Machine, name: InstrumentName) -> Iterator[tuple[int, Fields]]:
    """Yield the strikes of a name's market and expiry, last listed first: the call's, or the future's, number and row."""
    markets = markets_named(machine, name.symbol)
    for feed in machine.where("feeds", "strikes", scalar(machine.row("system", 0), "feeds")):
        forward = machine.row("feeds", feed)
        if forward["market"] in markets and forward["expiry_s"] == name.expiry_s:
            number = scalar(forward, "last_listed")
            while number:
                row = machine.row("instruments", number)
                yield number, row
                number = scalar(row, "listed_before")


def markets_named(machine: Machine, symbol: str) -> list[int]:
    """Return the market of a symbol: one, or none."""
    markets = range(1, scalar(machine.row("system", 0), "markets") + 1)
    return [market for market in markets if symbol_of(machine, market) == symbol]


def scalar(row: Fields, name: str) -> int:
    """Return a field of one word."""
    value = row[name]
    assert isinstance(value, int)
    return value
