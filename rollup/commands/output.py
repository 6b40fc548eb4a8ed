"""How commands answer: for people as tables, for programs as JSON, never both.

One rule: with `--format json` stdout holds exactly one JSON document and nothing else; progress and complaints go to stderr.
Colour follows the terminal and NO_COLOR, which rich sees to.
"""

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

Function = TypeVar("Function", bound=Callable[..., object])

FILE_COLUMNS = 400
"""Width of a table in a file or pipe."""


class Format(StrEnum):
    """Forms of an answer."""

    TABLE = "table"
    JSON = "json"


class FiniteRange(click.FloatRange):
    """A number in a range. NaN, which no comparison would refuse, and infinities are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number. Raises BadParameter."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class PageFile(click.Path):
    """A file to draw into when the work is done: refused before the work begins if it could not be written."""

    def __init__(self) -> None:
        """Take any file that is, or could be made."""
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises BadParameter."""
        path = Path(str(super().convert(value, param, ctx)))
        if not os.access(path.parent, os.W_OK | os.X_OK):
            self.fail(f"{path.parent} is no folder that can be written to.", param, ctx)
        return path


def format_option(function: Function) -> Function:
    """Give a command the option `--format`, which it takes as `output_format`."""
    option = click.option(
        "--format",
        "output_format",
        type=click.Choice([each.value for each in Format]),
        default=Format.TABLE.value,
        show_default=True,
        help="For people, or one JSON document for programs.",
    )
    return option(function)


def print_json(value: object) -> None:
    """Print one JSON document: bytes in hex, keys in their order. Raises TypeError for what is no JSON value."""
    click.echo(json.dumps(value, indent=2, default=json_from, allow_nan=False))


def json_from(value: object) -> str:
    """Return the JSON form of bytes."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; nothing is cut off where stdout is no terminal."""
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(str, row))
    wide_console().print(table)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence about a name of a drill or game that there is not: what was meant, perhaps, and where all are listed."""
    near = get_close_matches(name, list(known), 3, 0.7)
    hint = f"did you mean {' or '.join(near)}?" if near else "optroll drill list names them all."
    return f"there is no {kind} {name}; {hint}"


def print_fields(values: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    grid = Table.grid(padding=(0, 2))
    for name, value in values.items():
        grid.add_row(name, str(value))
    wide_console().print(grid)


@contextmanager
def for_whoever_reads() -> Iterator[None]:
    """Print for somebody who may have gone, as `head` goes: the rest is printed nowhere then, and the work goes on."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich ends the program where the pipe is broken
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def wide_console() -> Console:
    """Return a console on stdout that is as wide as it takes where it is no terminal."""
    console = Console()
    if not console.is_terminal:
        console.width = FILE_COLUMNS
    return console
