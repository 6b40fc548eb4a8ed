"""The file of a sweep's results: a JSON object a line, one for each game, keyed by all that it depends on, the code's own digest included.

One rule: a line is in the file whole or it does not count, so a sweep may be killed at any moment, and goes on where it was.
"""

import json
import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

from rollup.core.errors import RollupError
from rollup.devnet.drills.scenario import Lane
from rollup.devnet.sweep.axes import shown
from rollup.devnet.sweep.play import End, Played, Task

ROOT = Path(__file__).resolve().parents[3]
"""Of the sources."""

SOURCES = ("rollup/core", "rollup/state", "rollup/market", "rollup/transition", "rollup/dispute", "rollup/l1")
PLAYERS = ("rollup/devnet/arena", "rollup/devnet/games", "rollup/devnet/sweep", "rollup/devnet/drills", "l1_mock", "verifier")
"""Whatever the outcome of a game may depend on."""

Key = tuple[object, ...]


class ResultsUnusable(RollupError):
    """A file of results that is something else."""


@cache
def code_digest() -> str:
    """Return a hash over every source that a game may depend on."""
    digest = sha256()
    for folder in (*SOURCES, *PLAYERS):
        for path in sorted((ROOT / folder).rglob("*.py")):
            content = path.read_bytes()
            digest.update(b"%s %d " % (path.relative_to(ROOT).as_posix().encode(), len(content)) + content)
    return digest.hexdigest()[:16]


def key_of(task: Task) -> Key:
    """Return what a result is found again by; the order of the axes is nothing of it."""
    return task.drill, task.lane.value, tuple(sorted(task.point)), task.seed


def line_of(played: Played) -> dict[str, object]:
    """Return a result as JSON's object."""
    task = played.task
    return {
        "drill": task.drill,
        "lane": task.lane.value,
        "point": {name: shown(value) for name, value in task.point},
        "seed": task.seed,
        "outcome": played.end.value,
        "delay_blocks": played.delay_blocks,
        "bound_blocks": played.bound_blocks,
        "window_blocks": played.window_blocks,
        "broken": list(played.broken),
        "code": code_digest(),
    }


def played_of(line: Mapping[str, object]) -> Played:
    """Return the result that an object tells. Raises KeyError, ValueError, TypeError or AttributeError for anything else."""
    point = tuple((name, Fraction(value)) for name, value in cast("dict[str, str]", line["point"]).items())
    task = Task(str(line["drill"]), Lane(str(line["lane"])), point, int(cast("int", line["seed"])))
    delay, bound, window = (int(cast("int", line[name])) for name in ("delay_blocks", "bound_blocks", "window_blocks"))
    return Played(task, End(str(line["outcome"])), delay, bound, window, tuple(map(str, cast("list[str]", line["broken"]))))


def read_results(path: Path) -> dict[Key, Played]:
    """Return what a file holds of this code's games; a last line that was not written whole is passed over.

    Raises ResultsUnusable for a line that is no result, OSError.
    """
    if not path.exists():
        return {}
    return {key_of(played.task): played for played in results_in(path)}


def results_in(path: Path) -> Iterator[Played]:
    """Yield the results of this code in a file. Raises ResultsUnusable, OSError."""
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        if not line:
            continue
        try:
            found = json.loads(line)
            played = played_of(found)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ResultsUnusable(f"line {number} of {path}", received=line[:60], expected="a sweep's result; name another file") from None
        if found.get("code") == code_digest():
            yield played


class Results:
    """A file of results that grows."""

    def __init__(self, path: Path) -> None:
        """Open it, and cut off a line that was not written whole. Raises OSError."""
        self.file = path.open("a+b")
        self.file.seek(0)
        content = self.file.read()
        self.file.truncate(content.rfind(b"\n") + 1)

    def add(self, played: Played) -> None:
        """Write one result, whole. Raises OSError."""
        self.file.write(json.dumps(line_of(played)).encode() + b"\n")
        self.file.flush()

    def close(self) -> None:
        """Have everything on the disk. Raises OSError."""
        os.fsync(self.file.fileno())
        self.file.close()
