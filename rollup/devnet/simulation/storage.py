"""Stores and markers on a simulated disk.

One rule: the simulated store makes LevelDB's promises and no others. Writes are atomic and synced, a torn last write is dropped at
the next start, anything else that does not check out refuses to open, a failure poisons the handle, a second opener is turned away;
and like LevelDB it does not miss a tail that is gone.

    log    = { record }
    record = u32 length of body ‖ 8 bytes of SHA-256(body) ‖ body
    body   = { u8 1 for a put, 0 for a delete ‖ u32 length ‖ key ‖ u32 length ‖ value }
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from struct import Struct

from rollup.devnet.simulation.disk import SimulatedDisk
from rollup.environment import StoreCorrupt, StoreFailed, StoreLocked

CHECKSUM_BYTES = 8
"""Enough against chance; nobody forges a simulated disk."""

_LENGTH = Struct(">I")
_HEAD_BYTES = _LENGTH.size + CHECKSUM_BYTES

Puts = Sequence[tuple[bytes, bytes | None]]


class SimulatedFile:
    """A `rollup.marker.SlotFile` on a simulated disk."""

    def __init__(self, disk: SimulatedDisk, path: str, check_alive: Callable[[], None]) -> None:
        self._disk = disk
        self._path = path
        self._check_alive = check_alive

    def read(self) -> bytes:
        """Return the content. Raises NodeDead."""
        self._check_alive()
        return self._disk.image(self._path).content()

    def write_at(self, offset: int, content: bytes) -> None:
        """Write at an offset. Raises OSError, NodeDead."""
        self._check_alive()
        self._disk.write(self._path, offset, content)

    def sync(self) -> None:
        """Put writes on the disk. Raises OSError, NodeDead."""
        self._check_alive()
        self._disk.sync(self._path)

    def truncate(self, length: int) -> None:
        """Cut off a torn tail. Raises NodeDead."""
        self._check_alive()
        del self._disk.image(self._path).durable[length:]

    def close(self) -> None:
        """Do nothing: there is no descriptor."""


class SimulatedStore:
    """A `rollup.environment.Store` on a simulated disk: a log of batches, replayed at the start."""

    def __init__(self, disk: SimulatedDisk, path: str, check_alive: Callable[[], None]) -> None:
        """Open or create it. Raises StoreLocked, StoreCorrupt, NodeDead."""
        if path in disk.open_paths:
            raise StoreLocked(f"{path}: another process has this data directory open")
        self._disk = disk
        self._path = path
        self._check_alive = check_alive
        self._file = SimulatedFile(disk, path, check_alive)
        self._failure: str | None = None
        self._values: dict[bytes, bytes] = {}
        self._sorted_keys: list[bytes] | None = None
        self._length = self._replay(self._file.read())
        self._settle()
        disk.open_paths.add(path)

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None. Raises StoreFailed, NodeDead."""
        self._check()
        return self._values.get(key)

    def iterate(self, prefix: bytes = b"", *, start: bytes = b"", reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Yield pairs as they were when the iteration began. Raises StoreFailed, NodeDead."""
        self._check()
        keys = self._keys()
        first = bisect_left(keys, prefix + start)
        last = first
        while last < len(keys) and keys[last].startswith(prefix):
            last += 1
        pairs = [(key, self._values[key]) for key in keys[first:last]]
        for pair in reversed(pairs) if reverse else pairs:
            self._check()
            yield pair

    def write(self, puts: Puts) -> None:
        """Write all pairs or none, synced. Raises StoreFailed, NodeDead."""
        self._check()
        if not puts:
            return
        record = encode_record(puts)
        self._synced(lambda: self._append(record))
        self._length += len(record)
        self._apply(puts)

    def close(self) -> None:
        """Give up the path."""
        if self._failure != "it has been closed":
            self._failure = "it has been closed"
            self._disk.open_paths.discard(self._path)

    def _append(self, record: bytes) -> None:
        self._file.write_at(self._length, record)
        self._file.sync()

    def _settle(self) -> None:
        """Put on the disk what was only found in the cache of a machine that stayed up, as LevelDB does: it will be acted upon."""
        if self._disk.image(self._path).pending:
            self._synced(self._file.sync)

    def _synced(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            self._failure = f"after an earlier failure ({error.strerror})"
            raise StoreFailed(f"{self._path}: the store failed ({error.strerror}); restart the node") from error

    def _check(self) -> None:
        self._check_alive()
        if self._failure is not None:
            raise StoreFailed(f"{self._path}: refused, {self._failure}")

    def _keys(self) -> list[bytes]:
        if self._sorted_keys is None:
            self._sorted_keys = sorted(self._values)
        return self._sorted_keys

    def _apply(self, puts: Puts) -> None:
        for key, value in puts:
            if value is None:
                if self._values.pop(key, None) is not None:
                    self._sorted_keys = None
            else:
                if key not in self._values:
                    self._sorted_keys = None
                self._values[key] = value

    def _replay(self, log: bytes) -> int:
        """Apply every whole record; drop a torn last one. Return the length of what is whole."""
        start = 0
        while start < len(log):
            body = _whole_body(log, start)
            if body is None:
                if not _is_torn_tail(log, start):
                    raise StoreCorrupt(
                        f"{self._path}: the store is corrupt at byte {start}; restore it, or remove it and synchronise from L1"
                    )
                self._file.truncate(start)
                break
            self._apply(decode_body(body))
            start += _HEAD_BYTES + len(body)
        return start


def encode_record(puts: Puts) -> bytes:
    """Return a batch as a record of the log."""
    pieces = []
    for key, value in puts:
        content = b"" if value is None else value
        pieces += [bytes([value is not None]), _LENGTH.pack(len(key)), key, _LENGTH.pack(len(content)), content]
    body = b"".join(pieces)
    return _LENGTH.pack(len(body)) + _checksum(body) + body


def decode_body(body: bytes) -> list[tuple[bytes, bytes | None]]:
    """Return the batch of a record's body, whose checksum holds."""
    puts: list[tuple[bytes, bytes | None]] = []
    at = 0
    while at < len(body):
        is_put = body[at]
        key, at = _take(body, at + 1)
        value, at = _take(body, at)
        puts.append((key, value if is_put else None))
    return puts


def _take(body: bytes, at: int) -> tuple[bytes, int]:
    (length,) = _LENGTH.unpack_from(body, at)
    stop = at + _LENGTH.size + length
    return body[at + _LENGTH.size : stop], stop


def _whole_body(log: bytes, start: int) -> bytes | None:
    if len(log) - start < _HEAD_BYTES:
        return None
    (length,) = _LENGTH.unpack_from(log, start)
    body = log[start + _HEAD_BYTES : start + _HEAD_BYTES + length]
    is_whole = len(body) == length > 0 and log[start + _LENGTH.size : start + _HEAD_BYTES] == _checksum(body)
    return body if is_whole else None


def _is_torn_tail(log: bytes, start: int) -> bool:
    """Whether a bad record is the last one: it reaches to the end or beyond, or its first sector was never written."""
    head = log[start : start + _LENGTH.size]
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
    return length == 0 or start + _HEAD_BYTES + length >= len(log)


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:CHECKSUM_BYTES]
