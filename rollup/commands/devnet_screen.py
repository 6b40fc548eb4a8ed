"""What a devnet shows: its progress, its banner, and its status.

One rule: with `--format json` there is one document and nothing else; everything here that is not asked for goes to stderr or a terminal.
"""

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import rich_click as click
import trio

from rollup.commands.output import print_table
from rollup.configuration import DevnetConfig
from rollup.devnet.heads import DevnetView, NodeView, look
from rollup.devnet.launcher import Devnet, start
from rollup.devnet.record import Record
from rollup.devnet.topology import Plan, plan, write_files
from rollup.net.real import RealEnvironment


class Screen:
    """The terminal of a devnet's user. See `rollup.devnet.launcher.Audience`."""

    def __init__(self) -> None:
        """Note the time."""
        self.began = time.monotonic()

    def progress(self, text: str) -> None:
        """See `Audience`."""
        click.echo(f"[{time.monotonic() - self.began:4.1f} s] {text} …", err=True)

    def ready(self, planned: Plan, found: Record, view: DevnetView) -> None:
        """See `Audience`."""
        print_banner(planned, found, view, time.monotonic() - self.began)

    def said(self, name: str, line: bytes) -> None:
        """See `Audience`."""
        click.echo(f"{name}: {line.decode('utf-8', 'replace')}", err=True)

    def ended(self, name: str, how: str) -> None:
        """See `Audience`."""
        click.echo(f"optroll: {name} {how}; the rest of the devnet goes on. Its log: optroll devnet logs {name}", err=True)


def bring_up(config: DevnetConfig, path: Path | None) -> None:
    """Run a devnet in this process until it is told to end."""
    screen = Screen()
    environment = RealEnvironment("devnet")
    planned = plan(config, path, os.environ, int(time.time()))
    write_files(planned)
    children, family, found = start(planned, None)
    try:
        trio.run(Devnet(environment, planned, screen, children, found).run)
    finally:
        family.let_go()


def print_banner(planned: Plan, found: Record, view: DevnetView, seconds: float) -> None:
    """Show a devnet that is ready."""
    print_nodes(found, view)
    rows = [(each.subaccount, each.address, each.secret, f"{each.deposited_e8 // 10**8:,}") for each in found.accounts]
    print_table("Accounts (well-known keys: never use them elsewhere)", ("subaccount", "owner", "private key", "USD"), rows)
    click.echo(f"ready in {seconds:.1f} s")


def print_nodes(found: Record, view: DevnetView) -> None:
    """Show the table of nodes."""
    rows = [node_row(node, found) for node in view.nodes]
    print_table("Nodes", ("node", "JSON-RPC", "pid", "unsafe", "safe", "finalized", ""), rows)


def node_row(node: NodeView, found: Record) -> tuple[object, ...]:
    """Return a node's row."""
    state = "up" if node.is_up else f"DOWN: {node.reason}"
    return (node.name, node.url, node.pid, *(shown(head) for head in (node.unsafe, node.safe, node.finalized)), node.alarm or state)


def shown(head: int | None) -> str:
    """Return a head's number."""
    return "" if head is None else "-" if head < 0 else str(head)


def view_of(found: Record) -> DevnetView:
    """Ask every node where it stands."""
    environment = RealEnvironment("status")
    return trio.run(partial(look, environment, [node for node in found.nodes if node.url]))


def status_json(found: Record, view: DevnetView) -> dict[str, object]:
    """Return the status as one JSON object."""
    return {"ready": found.is_ready, "state_root": view.root}


def print_status(found: Record, view: DevnetView) -> None:
    """Show the status."""
    print_nodes(found, view)
    click.echo(json.dumps(status_json(found, view)))


Unused = sys
