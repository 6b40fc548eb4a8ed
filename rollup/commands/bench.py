"""`optroll bench`: measurements, in ratios taken in one run.

One rule: a measurement is one line of `BENCHES`: what it says of itself, how it is taken, and how people see it.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import rich_click as click
import trio
from click.core import ParameterSource

from rollup.commands.output import Format, format_option, print_fields, print_json, print_table

SHOWN = (
    "tx_per_s",
    "tx_per_s_without_signatures",
    "mode",
    "accounts",
    "transactions",
    "batch",
    "signers_per_batch",
    "ack_ms_p50",
    "ack_ms_p99",
    "l1_bytes_per_tx",
    "bare_signatures_per_s",
    "bare_kernels_per_s",
    "sequencer_resident_mb",
)
"""Figures of the throughput shown beside the ratios."""

DAY_SHOWN = ("records_per_s", "quotes_per_s", "bare_signatures_per_s", "growth_us", "ack_ms_p50", "ack_ms_p99", "signers", "batch", "mode")
"""Figures of the market day shown beside them."""

Found = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Bench:
    """One measurement."""

    measure: Callable[..., Found]
    """Takes the options that it lists by name; says on stderr how far it is."""
    show: Callable[[Found], None]
    takes: frozenset[str]
    """Options that mean something to it, beside the form of the answer."""


def measure_throughput(*, accounts: int, transactions: int, batch: int, mode: str, no_signatures: bool) -> Found:
    """Measure a sequencer end to end over TCP, and a verifier's replay, against bare libsecp256k1 and bare kernels."""
    from bench.throughput import Plan, measure
    from rollup.devnet.warming import cache_directory
    from rollup.net.real import RealEnvironment

    plan = Plan(accounts, transactions, batch, mode, cache_directory(os.environ))
    environment = RealEnvironment("bench")
    return trio.run(lambda: measure(environment, plan, say, with_signatures=not no_signatures))


def show_throughput(found: Found) -> None:
    """Print ratios, and where the time of a transaction goes."""
    from bench.report import ratio_rows, stage_rows

    print_table("ratios of this run", ("ratio", "value", "meaning"), ratio_rows(found))
    print_table("microseconds a transaction, by stage", ("stage", "µs", ""), stage_rows(found))
    print_fields({name: found[name] for name in SHOWN if found[name] is not None})


def measure_greeks(*, options: int) -> Found:
    """Measure price and Greeks in bulk and one at a time, beside QuantLib, py_vollib and a formula over arrays of floats."""
    from bench.greeks import Plan, measure
    from rollup.devnet.warming import cache_directory

    return measure(Plan(options, cache_directory(os.environ)), say)


def show_greeks(found: Found) -> None:
    """Print the time of each side."""
    from bench.report import greek_rows

    print_table("price, delta, gamma, vega and theta", ("side", "µs an option", "÷ ours in bulk", "furthest from ours"), greek_rows(found))
    print_fields({"options": found["options"], "rounds": found["rounds"]})
    missing = cast("list[str]", found["not_installed"])
    if missing:
        click.echo(f"Not installed, so not measured: {', '.join(missing)}. `just bench-peers` installs them.")


def measure_margin() -> Found:
    """Measure the portfolio check of a full account, with scenario prices kept and from scratch."""
    from bench.margin import Plan, measure
    from rollup.devnet.warming import cache_directory

    return measure(Plan(cache_directory(os.environ)), say)


def show_margin(found: Found) -> None:
    """Print the time of a check by the expiries of the account."""
    from bench.report import margin_rows

    print_table("portfolio margin of a full account", ("expiries", "µs, prices kept", "µs from scratch", "÷"), margin_rows(found))
    print_fields({name: found[name] for name in ("positions", "scenarios", "rounds")})


def measure_market_day(*, transactions: int, batch: int, mode: str, largest: int) -> Found:
    """Measure a day of mass quotes and takers end to end, the check of a full account, and growth with the number of accounts."""
    from bench.market_day import Plan, measure
    from rollup.devnet.warming import cache_directory
    from rollup.net.real import RealEnvironment

    plan = Plan(transactions, batch, mode, largest, cache=cache_directory(os.environ))
    environment = RealEnvironment("bench")
    return trio.run(lambda: measure(environment, plan, say))


def show_market_day(found: Found) -> None:
    """Print what is aimed at and what was found, and where the time of a record goes."""
    from bench.report import day_rows, stage_rows

    print_table("the market day", ("figure", "value", "aim", "met", ""), day_rows(found))
    print_table("microseconds a record, by stage", ("stage", "µs", ""), stage_rows(found))
    print_fields({name: found[name] for name in DAY_SHOWN})


def say(line: str) -> None:
    """Tell the person at the terminal how far it is."""
    click.echo(line, err=True)


BENCHES = MappingProxyType(
    {
        "throughput": Bench(measure_throughput, show_throughput, frozenset({"accounts", "transactions", "batch", "mode", "no_signatures"})),
        "greeks": Bench(measure_greeks, show_greeks, frozenset({"options"})),
        "margin": Bench(measure_margin, show_margin, frozenset()),
        "market-day": Bench(measure_market_day, show_market_day, frozenset({"transactions", "batch", "mode", "largest"})),
    }
)
"""Every measurement by its name; the first is taken where none is named."""


@click.group()
def command() -> None:
    """Measure, in ratios taken in one run."""


@command.command()
@click.argument("name", type=click.Choice(list(BENCHES)), default=next(iter(BENCHES)))
@click.option("--accounts", type=click.IntRange(2, 1_000_000), default=256, show_default=True, help="Accounts that exist; 256 trade.")
@click.option("--transactions", type=click.IntRange(2_048, 10_000_000), default=40_000, show_default=True, help="Orders that are sent.")
@click.option("--batch", type=click.IntRange(64, 4_000), default=4_000, show_default=True, help="Most records of a batch.")
@click.option("--mode", type=click.Choice(["compiled", "plain"]), default="compiled", show_default=True, help="How the nodes execute.")
@click.option("--no-signatures", is_flag=True, help="Take signatures on trust: only what is around them is measured.")
@click.option("--options", type=click.IntRange(100, 10_000_000), default=20_000, show_default=True, help="Options valued at once.")
@click.option(
    "--largest",
    type=click.IntRange(64, 1_040_000),
    default=1_000_000,
    show_default=True,
    help="Accounts of the largest state.",
)
@format_option
@click.pass_context
def run(ctx: click.RichContext, /, name: str, output_format: str, **settings: object) -> None:
    """Take one measurement.

    throughput: a sequencer end to end over TCP, and a verifier's replay, against bare libsecp256k1 and bare kernels. greeks: price and
    Greeks of many options, beside QuantLib, py_vollib and a formula over arrays of floats; takes --options only, which throughput does not.
    margin: the portfolio check of an account with 128 positions, with scenario prices kept and from scratch. market-day: mass quotes of
    makers with portfolio margin, and takers, end to end; that check; and what a transaction costs with a thousand and a million accounts.
    """
    bench = BENCHES[name]
    for option in settings.keys() - bench.takes:
        if ctx.get_parameter_source(option) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{option.replace('_', '-')} means nothing to {name}.", ctx)
    found = bench.measure(**{option: settings[option] for option in bench.takes})
    if output_format == Format.JSON:
        print_json(found)
    else:
        bench.show(found)
