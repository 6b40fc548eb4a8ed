"""`optroll greeks`: marks, Greeks and implied volatilities of an instrument, an expiry, or what an account holds.

One rule: it asks a sequencer and shows what that says: JSON as it came, in the state's integers; the table in dollars and per cent.
"""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import rich_click as click

from rollup.commands.asking import ask, source_options
from rollup.commands.output import Format, format_option, print_fields, print_json, print_table
from rollup.core.errors import NameInvalid
from rollup.core.instrument_names import FUTURE, parse_instrument_name
from rollup.core.transport import JSON

Object = dict[str, JSON]

Form = Callable[[int], str]


def dollars(number_e8: int) -> str:
    """Return an amount with its cents, or with all its digits where it is less than a dollar."""
    return f"{number_e8 / 1e8:,.2f}" if abs(number_e8) >= 10**8 or number_e8 == 0 else f"{number_e8 / 1e8:.8f}".rstrip("0")


def per_cent(number_e9: int) -> str:
    """Return a volatility."""
    return f"{number_e9 / 1e7:.2f} %"


def contracts(number_e6: int) -> str:
    """Return a quantity."""
    return f"{number_e6 / 1e6:,.6f}".rstrip("0").rstrip(".")


def ratio(number_e9: int) -> str:
    """Return a delta."""
    return f"{number_e9 / 1e9:,.4f}"


def small(number_e12: int) -> str:
    """Return a gamma."""
    return f"{number_e12 / 1e12:.4g}"


def a_point(number_e8: int) -> str:
    """Return a vega: what a price changes by with one per cent of volatility."""
    return f"{number_e8 / 1e10:,.4f}"


COLUMNS: tuple[tuple[str, str, Form], ...] = (
    ("Mark $", "mark_e8", dollars),
    ("Vol", "vol_e9", per_cent),
    ("Delta", "delta_e9", ratio),
    ("Gamma /$", "gamma_e12", small),
    ("Vega $/1 %", "vega_e8", a_point),
    ("Theta $/day", "theta_e8", dollars),
    ("Bid $", "bid_e8", dollars),
    ("Ask $", "ask_e8", dollars),
    ("Bid vol", "bid_vol_e9", per_cent),
    ("Ask vol", "ask_vol_e9", per_cent),
)
"""Columns of the table: heading, name of the number, and its form. Vega is shown for one per cent, where the number is for 100."""

TOTALS: tuple[tuple[str, str, Form], ...] = (
    ("Value $", "value_e8", dollars),
    *(column for column in COLUMNS if column[1] in {"delta_e9", "gamma_e12", "vega_e8", "theta_e8"}),
)
"""Columns of an account's totals, a row a market."""


@click.command()
@click.argument("what")
@source_options("sequencer")
@format_option
def command(what: str, rpc: str | None, directory: Path | None, output_format: str) -> None:
    """Show marks, Greeks and implied volatilities.

    WHAT is an instrument (BTC-20261225-100000-C, BTC-PERPETUAL), an expiry with its future (BTC-20261225), or an account's number. Marks
    and volatilities are those that margin goes by; bid and ask are the book's best prices, with the volatilities that they imply.
    """
    found = ask("sequencer", rpc, directory, "optroll_getGreeks", [selection(what)])
    if found is None:
        raise click.ClickException(f"There is no account {what}.")
    if output_format == Format.JSON:
        print_json(found)
        return
    show(cast("Object", found))


def selection(what: str) -> Object:
    """Return what is asked for. Raises BadParameter for what is no name and no number."""
    if what.isascii() and what.isdecimal():
        return {"account": int(what)}
    try:
        name = parse_instrument_name(what)
    except NameInvalid as error:
        raise click.BadParameter(f"{what!r} is no instrument, no expiry as BTC-20261225, and no account's number.") from error
    return {"expiry" if name.option_type == FUTURE else "instrument": what}


def show(found: Object) -> None:
    """Print what a sequencer said."""
    rows = cast("list[Object]", found["instruments"])
    totals = cast("Object | None", found.get("totals"))
    if not rows:
        click.echo("This account holds nothing.")
        return
    headings = ["Instrument", *(["Quantity"] if totals else []), *(heading for heading, _, _ in COLUMNS)]
    print_table("", headings, [shown(row) for row in rows])
    if totals:
        markets = cast("dict[str, Object]", totals["markets"])
        print_table("together", ["Market", *(heading for heading, _, _ in TOTALS)], [of_market(*item) for item in markets.items()])
    stale = [cast("str", row["instrument"]) for row in rows if row["stale"]]
    print_fields({"time": found["time_s"], **({"stale feeds": ", ".join(stale)} if stale else {})})


def shown(row: Object) -> list[str]:
    """Return one instrument's row."""
    quantity = [contracts(cast("int", row["quantity_e6"]))] if "quantity_e6" in row else []
    return [str(row["instrument"]), *quantity, *(formed(row[name], form) for _, name, form in COLUMNS)]


def of_market(market: str, row: Object) -> list[str]:
    """Return one market's totals."""
    return [market, *(formed(row[name], form) for _, name, form in TOTALS)]


def formed(number: JSON, form: Form) -> str:
    """Return a number in its form, or nothing where there is none."""
    return "" if number is None else form(cast("int", number))
