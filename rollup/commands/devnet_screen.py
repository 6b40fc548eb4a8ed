"""What a devnet shows: its progress, its banner, its load, and its status.

One rule: tables and documents that were asked for go to stdout, everything else to stderr.
"""

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import rich_click as click
import trio

from rollup.commands.devnet_status import print_nodes
from rollup.commands.output import for_whoever_reads, print_table
from rollup.configuration import DevnetConfig, L1Config
from rollup.devnet.data_directory import held
from rollup.devnet.heads import DevnetView
from rollup.devnet.launcher import Devnet, start
from rollup.devnet.record import OWNER, Record, clear
from rollup.devnet.topology import Plan, plan, write_files
from rollup.net.real import RealEnvironment

LOAD_LINE_S = 10.0
"""How often a line about the load is written where stderr is no terminal."""

DEFAULT_PLACE = DevnetConfig().data_directory
"""Where a devnet is that nobody has put elsewhere."""

CLEAR_LINE = "\r\x1b[K"
"""Takes back a line on a terminal."""


@dataclass
class Screen:
    """The terminal of a devnet's user. See `rollup.devnet.launcher.Audience`."""

    began: float
    """When the command began."""
    is_ready: Callable[[], None]
    """What is done when everything has been shown."""
    load_shown_at: float = 0.0

    def progress(self, text: str) -> None:
        """See `Audience`."""
        with for_whoever_reads():
            click.echo(f"[{time.monotonic() - self.began:4.1f} s] {text} …", err=True)

    def ready(self, planned: Plan, found: Record, view: DevnetView) -> None:
        """See `Audience`."""
        with for_whoever_reads():
            print_banner(planned, found, view, time.monotonic() - self.began)
        self.is_ready()

    def said(self, name: str, line: bytes) -> None:
        """See `Audience`."""
        is_terminal, now = sys.stderr.isatty(), time.monotonic()
        if is_terminal or now >= self.load_shown_at + LOAD_LINE_S:
            self.load_shown_at = now
            text = load_text(name, json.loads(line))
            with for_whoever_reads():
                click.echo(CLEAR_LINE + text if is_terminal else text, err=True, nl=not is_terminal)

    def ended(self, name: str, how: str) -> None:
        """See `Audience`."""
        with for_whoever_reads():
            click.echo(f"optroll: {name} {how}; the others go on. Its log: {optroll()} devnet logs {name}", err=True)


def load_text(name: str, figures: dict[str, object]) -> str:
    """Return a line about the load."""
    rejected, invalid = (sum(cast("dict[str, int]", figures[each]).values()) for each in ("rejected", "invalid"))
    counts = {name: figures[name] for name in ("acknowledged", "filled", "refused", "lost")} | {"rejected": rejected, "invalid": invalid}
    shown_counts = "  ".join(f"{count:,} {each}" for each, count in counts.items())
    return f"{name}: {figures['per_s']:,} orders/s  {shown_counts}  ack {figures['ack_ms_p50']} ms, p99 {figures['ack_ms_p99']} ms"


def bring_up(config: DevnetConfig, path: Path | None, began: float, is_ready: Callable[[], None]) -> None:
    """Run a devnet in this process until it is told to end. Raises DevnetError, DirectoryRefused, ConfigurationError."""
    environment = RealEnvironment("devnet")
    place = config.data_directory.absolute()
    with held(place, OWNER):
        planned = plan(config, path, os.environ, int(time.time()))
        clear(place)
        write_files(planned)
        children, family, found = start(planned)
        try:
            trio.run(Devnet(environment, planned, Screen(began, is_ready), children, found).run)
        finally:
            family.let_go()
            (place / "devnet.json").unlink(missing_ok=True)
    with for_whoever_reads():
        click.echo("\nThe devnet is down: no process and no lock is left.", err=True)


def print_banner(planned: Plan, found: Record, view: DevnetView, seconds: float) -> None:
    """Show a devnet that is ready: its nodes, its accounts, its chains, and what to try next."""
    click.echo(f"\noptroll devnet: ready in {seconds:.1f} s\n")
    print_nodes(view)
    rows = [(each.subaccount, each.address, each.secret) for each in found.accounts]
    each = found.accounts[0].deposited_e8 // 10**8
    print_table(f"Accounts: {each:,} USD on each subaccount, 10,000 ETH on L1", ("subaccount", "owner", "private key"), rows)
    click.echo("  The keys are public knowledge: never use them elsewhere.\n")
    for line in (*facts(planned, found, view), "", "Try", *(f"  {line}" for line in next_steps(planned, found))):
        click.echo(line)


def facts(planned: Plan, found: Record, view: DevnetView) -> list[str]:
    """Return what else there is to know."""
    genesis, l1 = planned.genesis, planned.of_role("l1")[0].config
    assert isinstance(l1, L1Config)
    blocks = genesis.dispute.window_blocks
    window = f"{blocks} L1 blocks" + (f", about {blocks * l1.block_time_s:,.0f} s" if l1.mining == "interval" else "")
    lines = [
        f"Chain ids      L1 {genesis.chain.l1_chain_id}, rollup {genesis.chain.rollup_chain_id}; rollup address 0x{genesis.rollup.hex()}",
        f"Window         {window}: then an assertion that nobody disputes is final",
        f"Agreement      all {len(planned.of_role('verifier'))} verifiers have batch {view.batch} with state root {view.root}",
        f"Data           {planned.config.data_directory.absolute()}",
        f"Bulk intake    {found.node('sequencer').ingest}, msgpack frames over TCP",
    ]
    if planned.config.load_per_s:
        lines.append(f"Load           {planned.config.load_per_s} signed orders a second from {planned.config.load_accounts} accounts")
    if planned.moved:
        lines.append(f"Ports          {', '.join(planned.moved)} in use, so free ones were taken")
    return lines


def next_steps(planned: Plan, found: Record) -> list[str]:
    """Return commands to try."""
    name, place = optroll(), planned.config.data_directory.absolute()
    where = "" if place == DEFAULT_PLACE.absolute() else f" --data-directory {shlex.quote(str(place))}"
    option = next(each.name for each in planned.genesis.instruments if each.strike_e8 == 100_000 * 10**8)
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "optroll_getBook", "params": [option]})
    return [
        f"{name} devnet status{where}",
        f"{name} devnet load --rate 50{where}",
        f"{name} game list{where.replace('--data-directory', '--devnet')}",
        f"{name} devnet logs -f{where}",
        f"curl -s {found.node('sequencer').url} -H 'content-type: application/json' -d '{call}'",
        f"cast block-number --rpc-url {found.node('l1').url}",
        f"{name} devnet down{where}",
    ]


def optroll() -> str:
    """Return how this program is called from where the user is."""
    return "optroll" if shutil.which("optroll") else "python3 -m rollup"
