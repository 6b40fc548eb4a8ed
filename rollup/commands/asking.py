"""Asking a node: by its address, or the devnet's that is up.

One rule: a command that shows what a node says takes `--rpc` and `--devnet`, and asks once.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import rich_click as click
import trio

from rollup.configuration import DevnetConfig, load
from rollup.core.transport import JSON, Parameters
from rollup.devnet.record import DevnetError, read
from rollup.net.client import HttpRpcClient

Function = TypeVar("Function", bound=Callable[..., object])

ANSWER_S = 10.0
"""How long a node may take to answer."""


def source_options(role: str) -> Callable[[Function], Function]:
    """Return what gives a command the options that say which node of a role is asked, as `rpc` and `directory`."""
    variable = f"OPTROLL_{role.upper()}_RPC"
    rpc = click.option("--rpc", envvar=variable, help=f"URL of a {role}. [default: the first one of the devnet that is up]")
    place = click.Path(path_type=Path)
    directory = click.option("--devnet", "directory", type=place, help="The devnet's folder. [default: .optroll/devnet]")
    return lambda function: rpc(directory(function))


def ask(role: str, url: str | None, directory: Path | None, method: str, params: Parameters = ()) -> JSON:
    """Return what a node says; without a URL, the devnet's first one of a role. Raises DevnetError, TransportError."""
    if url is None:
        place = directory or load(DevnetConfig, None, os.environ).data_directory
        nodes = [node for node in read(place.absolute()).nodes if node.role == role]
        if not nodes:
            raise DevnetError(f"{role}s of this devnet", received="none", expected="one to ask; name another with --rpc")
        url = nodes[0].url
    return trio.run(partial(called, url, method, params))


async def called(url: str, method: str, params: Parameters) -> JSON:
    """Call one method."""
    rpc = HttpRpcClient(url, timeout_s=ANSWER_S)
    try:
        return await rpc.call(method, params)
    finally:
        await rpc.aclose()
