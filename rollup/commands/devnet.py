"""`optroll devnet`: a whole devnet on this machine, brought up, looked at and taken down.

One rule: what happens is in `rollup.devnet`; this file says it to the terminal.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import rich_click as click

from rollup.commands.output import Format, format_option, print_json
from rollup.configuration import DevnetConfig, load
from rollup.devnet.data_directory import held, is_held
from rollup.devnet.record import LOG, OWNER, DevnetError, clear, read

Function = TypeVar("Function", bound=Callable[..., object])

DOWN_WITHIN_S = 60.0
"""How long `devnet down` waits for everything to end."""

LOOK_S = 0.02
"""How often it looks."""


@click.group()
def command() -> None:
    """Run a whole devnet on loopback: a mock L1, a sequencer and verifiers, each a process of its own."""


def place_options(function: Function) -> Function:
    """Give a command the options that say which devnet is meant."""
    config = click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file, such as configs/devnet.toml.")
    directory = click.option("--data-directory", type=click.Path(path_type=Path), help="The devnet's folder. [default: .optroll/devnet]")
    return config(directory(function))


def configured(path: Path | None, **flags: object) -> DevnetConfig:
    """Return the devnet's configuration. Raises ConfigurationError."""
    return load(DevnetConfig, path, os.environ, flags)


@command.command()
@place_options
@click.option("--verifiers", type=int, help="How many verifiers. [default: 3]")
@click.option("--window", type=click.Choice(["short", "week"]), help="Dispute window: minutes, or seven days. [default: short]")
@click.option("--load", "load_per_s", type=int, help="Signed option orders a second that are sent against it. [default: 0]")
@click.option("--accounts", "load_accounts", type=int, help="Accounts from which the load comes. [default: 64]")
@click.option("--detach", is_flag=True, help="Return when it is ready; `optroll devnet down` ends it.")
def up(path: Path | None, detach: bool, **flags: object) -> None:  # noqa: FBT001  # click calls it
    """Start a devnet. It is ready once a batch is on L1 and every verifier agrees with its state root. Ctrl-C ends all of it."""
    config = configured(path, **flags)
    place = config.data_directory.absolute()
    with ExitStack() as stack:
        if is_held(place):
            raise DevnetError(f"devnet in {place}", received="one that is up", expected="none; end it with: optroll devnet down")
        if detach and wait_for_child():
            return
        stack.enter_context(held(place, OWNER))
        clear(place)
        from rollup.commands.devnet_screen import bring_up

        bring_up(config, path)


def wait_for_child() -> bool:
    """Go on in a process of its own session; the first process waits until that says that it is ready, and returns True."""
    raise NotImplementedError


@command.command()
@place_options
def down(path: Path | None, **flags: object) -> None:
    """End a devnet and all of its processes."""
    place = configured(path, **flags).data_directory.absolute()
    found = read(place)
    os.kill(found.pid, signal.SIGTERM)
    give_up_at = time.monotonic() + DOWN_WITHIN_S
    while is_held(place):
        if time.monotonic() > give_up_at:
            raise DevnetError(f"process {found.pid}", received=f"one that still runs after {DOWN_WITHIN_S:g} s", expected="its end")
        time.sleep(LOOK_S)
    click.echo("The devnet is down: no process and no lock is left.")


@command.command()
@place_options
@format_option
def status(path: Path | None, output_format: str, **flags: object) -> None:
    """Show every node's unsafe, safe and finalized head, and whether all agree on the state root."""
    from rollup.commands.devnet_screen import print_status, status_json, view_of

    found = read(configured(path, **flags).data_directory.absolute())
    view = view_of(found)
    if output_format == Format.JSON:
        print_json(status_json(found, view))
    else:
        print_status(found, view)


@command.command()
@place_options
@click.argument("node", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written.")
@click.option("-n", "--lines", type=click.IntRange(0), default=50, show_default=True, help="How many lines of each log.")
def logs(path: Path | None, node: str | None, follow: bool, lines: int, **flags: object) -> None:  # noqa: FBT001  # click calls it
    """Show the log of one node, or of all."""
    from rollup.commands.devnet_logs import print_logs

    print_logs(configured(path, **flags).data_directory.absolute(), node, follow=follow, lines=lines)


Unused = (LOG, sys)
