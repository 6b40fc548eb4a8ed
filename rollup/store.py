"""LevelDB: the only place that imports plyvel.

One rule: a value that is read is the value that was acknowledged, or the node ends. So (measured with plyvel 1.5, see each line)

- `paranoid_checks`, because by default one flipped bit in the log leaves a silent hole;
- `verify_checksums` on every read, because by default a flipped bit in a table is served as a wrong value;
- one `WriteBatch` with `sync` a write, because an acknowledgement outlives the process;
- the first failure poisons the handle, because after a disk that was full for a moment, LevelDB loses synced writes.

- our own lock on the directory, because LevelDB's is lost for good when the same process tries to open it once more: POSIX drops a
  process's record locks when any of its descriptors of the file is closed.

LevelDB cannot see that its newest log file is missing: `rollup.journal` keeps a marker beside it for that.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import plyvel

from rollup.environment import StoreCorrupt, StoreFailed, StoreLocked

Result = TypeVar("Result")

DIRECTORY_MODE = 0o700
"""A data directory is its user's alone."""

LOCK_NAME = "in-use"
"""File whose lock (flock: the descriptor's, not the process's) says that the directory is in use."""

WRITE_BUFFER_BYTES = 16 << 20
"""What LevelDB keeps in memory before it writes a table: a few dozen sealed batches."""


class LevelStore:
    """A `rollup.environment.Store` in a directory. It may be used from any thread."""

    def __init__(self, directory: Path) -> None:
        """Open or create it. Raises StoreLocked, StoreCorrupt, StoreFailed."""
        self._directory = directory
        self._failure: str | None = None
        self._lock: int | None = _lock_directory(directory)
        try:
            self._database = plyvel.DB(str(directory), create_if_missing=True, paranoid_checks=True, write_buffer_size=WRITE_BUFFER_BYTES)
        except (plyvel.Error, OSError) as error:
            self._unlock()
            raise _refusal(directory, error) from error

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None. Raises StoreCorrupt, StoreFailed."""
        value: bytes | None = self._guarded(lambda: self._database.get(key, verify_checksums=True))
        return value

    def iterate(self, prefix: bytes = b"", *, start: bytes = b"", reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Yield pairs of a prefix from prefix ‖ start on, or backwards down to it. Raises StoreCorrupt, StoreFailed."""
        first = prefix + start
        options = {"stop": _after(prefix), "reverse": reverse, "verify_checksums": True, "fill_cache": False}
        # plyvel 1.5 finds nothing backwards where `start` is itself the last key of the range, so that way we look ourselves.
        pairs = self._guarded(lambda: self._database.iterator(start=None if reverse else first or None, **options))
        while (pair := self._guarded(lambda: next(pairs, None))) is not None and pair[0] >= first:
            yield pair

    def write(self, puts: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Write all pairs or none, on the disk when it returns; None deletes. Raises StoreFailed."""
        self._guarded(lambda: self._write(puts))

    def close(self) -> None:
        """Give up the directory."""
        self._failure = self._failure or "it has been closed"
        with suppress(plyvel.Error):
            self._database.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            lock, self._lock = self._lock, None
            os.close(lock)

    def _write(self, puts: Sequence[tuple[bytes, bytes | None]]) -> None:
        with self._database.write_batch(sync=True, transaction=True) as batch:
            for key, value in puts:
                if value is None:
                    batch.delete(key)
                else:
                    batch.put(key, value)

    def _guarded(self, action: Callable[[], Result]) -> Result:
        if self._failure is not None:
            raise StoreFailed(f"{self._directory}: refused, {self._failure}")
        try:
            return action()
        except plyvel.CorruptionError as error:
            self._failure = f"after it was found corrupt ({error})"
            raise StoreCorrupt(f"{self._directory}: the store is corrupt ({error})") from error
        except (plyvel.Error, OSError, RuntimeError) as error:
            self._failure = f"after an earlier failure ({error})"
            raise StoreFailed(f"{self._directory}: the store failed ({error}); restart the node") from error


def _lock_directory(directory: Path) -> int:
    """Make the directory ours, and return the descriptor that holds the lock. Raises StoreLocked, StoreFailed."""
    try:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        directory.chmod(DIRECTORY_MODE)
        lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreFailed(f"{directory}: the store cannot be opened ({error.strerror})") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreLocked(f"{directory}: another process has this data directory open") from error
    return lock


def _after(prefix: bytes) -> bytes | None:
    """Return the least key beyond all that have the prefix, or None where there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None


def _refusal(directory: Path, error: Exception) -> Exception:
    if isinstance(error, plyvel.CorruptionError):
        return StoreCorrupt(f"{directory}: the store is corrupt ({error}); restore it, or remove it and synchronise from L1")
    return StoreFailed(f"{directory}: the store cannot be opened ({error})")
