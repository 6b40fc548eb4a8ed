"""Whose a data directory is: one node of one rollup, and one process at a time.

One rule: a folder is used only if it is empty or carries the note of the same owner; so a wrong path never mixes two nodes' data, and
never touches what is no node's.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollup.core.errors import RollupError

NOTE = "owner"
"""File that names the owner, and is locked (flock) for as long as the owner runs: the kernel lets go even if it is killed."""

DIRECTORY_MODE = 0o700
"""A data directory is its user's alone."""


class DirectoryRefused(RollupError):
    """A data directory that belongs to somebody else, or is in use."""


@contextmanager
def held(directory: Path, owner: str) -> Iterator[None]:
    """Hold a data directory as `owner`, one line of text; it is made where it is missing. Raises DirectoryRefused, OSError."""
    what = f"data directory {directory}"
    try:
        descriptor = opened_note(directory, what)
    except OSError as error:
        raise DirectoryRefused(what, received=error.strerror, expected="a folder that this user may make and write to") from error
    try:
        lock(descriptor, what)
        found = os.pread(descriptor, 1 << 10, 0).decode("utf-8", "replace").strip()
        if found and found != owner:
            raise DirectoryRefused(what, received=f"the data of {found}", expected=f"the data of {owner}, or an empty folder")
        os.pwrite(descriptor, f"{owner}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def opened_note(directory: Path, what: str) -> int:
    """Open a directory's note, both made where they are missing. Raises DirectoryRefused, OSError."""
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    note = directory / NOTE
    if not note.exists() and any(directory.iterdir()):
        raise DirectoryRefused(what, received="a folder with something else in it", expected="an empty one, or the node's own")
    return os.open(note, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def lock(descriptor: int, what: str) -> None:
    """Lock an open note without waiting. Raises DirectoryRefused."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DirectoryRefused(what, received="one that a running process uses", expected="a folder of its own for each node") from error


def is_held(directory: Path) -> bool:
    """Whether a running process holds a data directory."""
    try:
        descriptor = os.open(directory / NOTE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
