"""`optroll bench`: measurements, in ratios taken in one run."""

import os

import rich_click as click
import trio

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
"""Figures shown beside the ratios."""


@click.group()
def command() -> None:
    """Measure throughput, in ratios taken in one run."""


@command.command()
@click.option("--accounts", type=click.IntRange(2, 1_000_000), default=256, show_default=True, help="Accounts that exist; 256 trade.")
@click.option("--transactions", type=click.IntRange(2_048, 10_000_000), default=40_000, show_default=True, help="Orders that are sent.")
@click.option("--batch", type=click.IntRange(64, 4_000), default=4_000, show_default=True, help="Most records of a batch.")
@click.option("--mode", type=click.Choice(["compiled", "plain"]), default="compiled", show_default=True, help="How the nodes execute.")
@click.option("--no-signatures", is_flag=True, help="Take signatures on trust: only what is around them is measured.")
@format_option
def run(accounts: int, transactions: int, batch: int, mode: str, no_signatures: bool, output_format: str) -> None:  # noqa: FBT001 -- a flag
    """Measure a sequencer end to end over TCP, and a verifier's replay, against bare libsecp256k1 and bare kernels."""
    from bench.report import ratio_rows, stage_rows
    from bench.throughput import Plan, measure
    from rollup.devnet.warming import cache_directory
    from rollup.net.real import RealEnvironment

    plan = Plan(accounts, transactions, batch, mode, cache_directory(os.environ))
    environment = RealEnvironment("bench")
    found = trio.run(lambda: measure(environment, plan, lambda line: click.echo(line, err=True), with_signatures=not no_signatures))
    if output_format == Format.JSON:
        print_json(found)
        return
    print_table("ratios of this run", ("ratio", "value", "meaning"), ratio_rows(found))
    print_table("microseconds a transaction, by stage", ("stage", "µs", ""), stage_rows(found))
    print_fields({name: found[name] for name in SHOWN if found[name] is not None})
