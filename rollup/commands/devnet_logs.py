"""`optroll devnet logs`: the logs of a devnet's nodes, in one order, for people.

One rule: what is no JSON line is shown as it is: it is what matters most.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import rich_click as click

from rollup.devnet.record import LOG, NODE_FOLDER, DevnetError

LOOK_S = 0.2
"""How often new lines are looked for."""

HIDDEN = frozenset({"node", "event", "timestamp"})
"""Fields that have places of their own."""

DIGEST_CHARACTERS = 66
"""A hash in hexadecimal: shown shortened."""


def print_logs(place: Path, node: str | None, *, follow: bool, lines: int) -> None:
    """Print the last lines of one log or of all, and with `follow` what comes. Raises DevnetError."""
    with ExitStack() as stack:
        paths = logs_of(place, node)
        files = {name: stack.enter_context(path.open(encoding="utf-8", errors="replace")) for name, path in paths.items()}
        print_new(files, lines)
        while follow:
            time.sleep(LOOK_S)
            print_new(files, None)


def print_new(files: Mapping[str, TextIO], lines: int | None) -> None:
    """Print what is new in each log, at most its last lines, in order of time."""
    found = []
    for name, file in files.items():
        new = file.read().splitlines()
        found += [(name, line) for line in (new if lines is None else new[max(0, len(new) - lines) :])]
    for name, line in sorted(found, key=lambda each: moment_of(each[1])):
        click.echo(shown(name, line))


def logs_of(place: Path, node: str | None) -> dict[str, Path]:
    """Return the logs by node. Raises DevnetError where there is none."""
    found = {path.name: path / "log" for path in sorted(place.glob("*")) if NODE_FOLDER.fullmatch(path.name)}
    if (place / LOG).exists():
        found["devnet"] = place / LOG
    if not found:
        raise DevnetError(f"devnet in {place}", received="no logs", expected="those of a devnet; start one with: optroll devnet up")
    if node is not None and node not in found:
        raise DevnetError("node", received=node, expected=f"one of {', '.join(found)}")
    return {name: path for name, path in found.items() if node in {None, name}}


def moment_of(line: str) -> str:
    """Return a line's time, so that lines can be sorted; what has none goes last."""
    _, found, rest = line.partition('"timestamp": "')
    return rest if found else "~"


def shown(name: str, line: str) -> str:
    """Return a line as it is shown: time, node, event, fields."""
    try:
        fields = json.loads(line)
        text = " ".join(fields_of(fields))
        return f"{fields['timestamp'][11:23]} {name:<12} {fields['event']:<20} {text}".rstrip()
    except (ValueError, KeyError, TypeError):
        return f"{'':12} {name:<12} {line}"


def fields_of(fields: dict[str, object]) -> Iterator[str]:
    """Yield the other fields, hashes shortened."""
    for key, value in fields.items():
        if key not in HIDDEN:
            text = str(value)
            short = f"{text[:10]}…" if text.startswith("0x") and len(text) >= DIGEST_CHARACTERS else text
            yield f"{key}={short}"
