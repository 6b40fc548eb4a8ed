"""`optroll node`: runs one node in the foreground, from a configuration file and flags.

One rule: every key of a node's table is a flag of the same name; there is no list of flags to keep.
"""

import os
from collections.abc import Iterator
from functools import partial, update_wrapper
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import rich_click as click

from rollup.configuration import load
from rollup.configuration_reader import record_of, settings
from rollup.devnet.nodes import ROLES, run_node

TYPES: dict[object, click.ParamType[Any]] = {
    int: click.INT,
    float: click.FLOAT,
    str: click.STRING,
    bool: click.BOOL,
    Path: click.Path(path_type=Path),
}
"""What a flag takes, by the annotation of its key."""


@click.group()
def command() -> None:
    """Run one node in the foreground: the mock L1, the sequencer, or a verifier.

    When the node is ready it prints one line of JSON with its addresses; its log goes to stderr. Ctrl-C or SIGTERM ends it.
    """


def add(role: str, line: str) -> None:
    """Add the command of one role."""
    options = [flag(key, hint) for key, hint in flags_of(ROLES[role].kind)]
    own = [
        click.Option(["--config", "path"], type=click.Path(path_type=Path), help=f"TOML file; its table [{role}] is read."),
        click.Option(["--name"], default=role, show_default=True, help="Name of the node in its log."),
        click.Option(["--stop-with-stdin", "with_stdin"], is_flag=True, help="End when standard input ends."),
    ]
    # The help of the group asks a callback for its name.
    callback = update_wrapper(partial(run, role), run)
    command.add_command(click.RichCommand(name=role, params=[*own, *options], callback=callback, help=line))


def run(role: str, path: Path | None, name: str, with_stdin: bool, **flags: object) -> None:  # noqa: FBT001  # click calls it
    """Load a configuration and run the node."""
    config = load(ROLES[role].kind, path, os.environ, {key.replace("__", "."): value for key, value in flags.items()})
    run_node(role, config, name=name, with_stdin=with_stdin)


def flags_of(kind: type, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every key of a configuration and its annotation; those of inner tables with a dot."""
    for key, hint in settings(kind):
        inner = record_of(hint)
        if inner is None:
            yield prefix + key, hint
        else:
            yield from flags_of(inner, f"{prefix}{key}.")


def flag(key: str, hint: object) -> click.Option:
    """Return the flag of a key."""
    name = key.replace(".", "-").replace("_", "-")
    return click.Option([f"--{name}", key.replace(".", "__")], type=type_of(hint), default=None, help=f"Key {key} of the file.")


def type_of(hint: object) -> click.ParamType[Any]:
    """Return what a flag takes; ranges and forms are checked when the configuration is read."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return type_of(next(each for each in get_args(hint) if each is not type(None)))
    if origin is Annotated:
        return type_of(get_args(hint)[0])
    if origin is Literal:
        return click.Choice(get_args(hint))
    return TYPES[hint]


LINES: dict[str, str] = {
    "l1": "Run the mock L1: the chain of a genesis, served over Ethereum's JSON-RPC.",
    "sequencer": "Run the sequencer: it orders, executes and acknowledges transactions, and posts batches to L1.",
    "verifier": "Run a verifier: it derives and executes every batch from L1, and defends what it found.",
}
"""Each role's line of help."""

for _role, _line in LINES.items():
    add(_role, _line)
