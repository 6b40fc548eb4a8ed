"""`optroll devnet`: a whole devnet on this machine, brought up, looked at and taken down.

One rule: what happens is in `rollup.devnet`; this file says it to the terminal, and loads no more of it than a command needs.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import rich_click as click

from rollup.commands.output import FiniteRange, Format, format_option, print_json
from rollup.configuration import DevnetConfig, load
from rollup.devnet.data_directory import is_held
from rollup.devnet.record import DevnetError, read

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


def place_of(path: Path | None, **flags: object) -> Path:
    """Return the devnet's directory. Raises ConfigurationError."""
    return configured(path, **flags).data_directory.absolute()


@command.command()
@place_options
@click.option("--verifiers", type=int, help="How many verifiers. [default: 3]")
@click.option("--window", type=click.Choice(["short", "week"]), help="Dispute window: minutes, or seven days. [default: short]")
@click.option("--load", "load_per_s", type=int, help="Signed option orders a second that are sent against it. [default: 0]")
@click.option("--accounts", "load_accounts", type=int, help="Accounts from which the load comes. [default: 64]")
@click.option("--detach", is_flag=True, help="Return when it is ready; `optroll devnet down` ends it.")
def up(path: Path | None, detach: bool, **flags: object) -> int:  # noqa: FBT001  # click calls it
    """Start a devnet. It is ready once a batch is on L1 and every verifier agrees with its state root. Ctrl-C ends all of it.

    Addresses that are in use are replaced by free ones. The chain begins anew each time: what an earlier devnet left is removed.
    """
    began = time.monotonic()
    config = configured(path, **flags)
    place = config.data_directory.absolute()
    if is_held(place):
        raise DevnetError(f"devnet in {place}", received="one that is up", expected="none; end it with: optroll devnet down")
    from rollup.commands.devnet_screen import bring_up

    if not detach:
        bring_up(config, path, began, lambda: None)
        return 0
    from rollup.commands.detaching import detached

    return detached(place, lambda is_ready: bring_up(config, path, began, is_ready))


@command.command()
@place_options
def down(path: Path | None, **flags: object) -> None:
    """End a devnet and all of its processes."""
    place = place_of(path, **flags)
    found = read(place)
    os.kill(found.pid, signal.SIGTERM)
    give_up_at = time.monotonic() + DOWN_WITHIN_S
    while is_held(place) or is_alive(found.pid):
        if time.monotonic() > give_up_at:
            raise DevnetError(f"process {found.pid}", received=f"one that still runs after {DOWN_WITHIN_S:g} s", expected="its end")
        time.sleep(LOOK_S)
    click.echo("The devnet is down: no process and no lock is left.")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked for yet does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:
        # No /proc here, or gone since.
        return False
    return state != b"Z"


@command.command()
@place_options
@format_option
def status(path: Path | None, output_format: str, **flags: object) -> None:
    """Show every node's unsafe, safe and finalized head, and whether all agree on the state root."""
    from rollup.commands.devnet_status import print_status, status_json, view_of

    found = read(place_of(path, **flags))
    view = view_of(found)
    if output_format == Format.JSON:
        print_json(status_json(found, view))
    else:
        print_status(view)


@command.command()
@place_options
@click.argument("node", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written, until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(0), default=50, show_default=True, help="How many lines of each log.")
def logs(path: Path | None, node: str | None, follow: bool, lines: int, **flags: object) -> None:  # noqa: FBT001  # click calls it
    """Show the log of one node, or of all; also of a devnet that is down."""
    from rollup.commands.devnet_logs import print_logs

    print_logs(place_of(path, **flags), node, follow=follow, lines=lines)


@command.command("load")
@place_options
@click.option("--rate", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="Signed option orders a second.")
@click.option("--accounts", type=click.IntRange(1, 100_000), default=64, show_default=True, help="Accounts from which they come.")
@click.option("--seconds", type=FiniteRange(0, min_open=True), help="For how long. [default: until Ctrl-C]")
def load_(path: Path | None, rate: int, accounts: int, seconds: float | None, **flags: object) -> None:
    """Trade against a devnet that is up: figures every second, a line of JSON each."""
    from math import inf

    from rollup.devnet.load import run_load

    place = place_of(path, **flags)
    read(place)
    run_load(place, rate, accounts, with_stdin=False, seconds=seconds or inf)
