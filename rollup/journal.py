"""The journal: hash-chained records in a store, with a marker of the head outside it.

One rule: a record whose append has returned is found again, whole and in its place, or the node refuses to start and says why.
The store alone cannot promise that (it does not miss a lost newest log file, nor a record gone from the middle), so each record
names its predecessor, and the head's height and hash are kept in a file beside the store, written and synced after the record:

    "i"                 identity: what this journal belongs to, such as the genesis hash
    "b"                 base = u64 height ‖ hash: the oldest record kept, and the hash before it
    "r" ‖ u64 height    record = previous hash ‖ hash ‖ payload,  hash = SHA-256("journal" ‖ u64 height ‖ previous hash ‖ payload)
    "x" …               whatever the node writes in the same batch as a record
    marker              head = u64 count ‖ hash of record count - 1

At boot the marker may be one record behind, where the process died between the two writes; that record was never acknowledged,
but it is whole, and kept. Ahead of the store, or further behind, or on another chain, it is proof of loss or tampering. The hash
guards this machine's disk; it is no part of any protocol.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct

from rollup.environment import Environment, Marker, Store, StoreError, StoreFailed

HASH_BYTES = 32
"""SHA-256."""

HEIGHT = Struct(">Q")
"""Heights sort as their keys do."""

NODE_KEYS = b"x"
"""First byte of the keys that a node may write beside a record."""

PRUNE_AT_ONCE = 256
"""Records deleted a batch."""

_IDENTITY, _BASE, _RECORD = b"i", b"b", b"r"


class JournalError(StoreError):
    """Base of what a journal finds wrong with its directory."""


class JournalLost(JournalError):
    """Acknowledged records are missing at the end."""

    def __init__(self, place: str, acknowledged: int, found: int) -> None:
        super().__init__(f"{place}: {acknowledged} records were acknowledged and {found} are there; synchronise from L1")
        self.acknowledged = acknowledged
        self.found = found


class JournalBroken(JournalError):
    """The chain of records does not hold at a height."""

    def __init__(self, place: str, height: int, reason: str) -> None:
        super().__init__(f"{place}: record {height} {reason}; synchronise from L1")
        self.height = height


class JournalForeign(JournalError):
    """The directory belongs to another chain or node."""

    def __init__(self, place: str, received: bytes, expected: bytes) -> None:
        super().__init__(f"{place}: the data directory belongs to {received.hex()}, not to {expected.hex()}")
        self.received = received
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Head:
    """A place in the chain: how many records come before, and the hash of the last of them."""

    count: int
    hash: bytes

    def encode(self) -> bytes:
        """Return the bytes kept as base and as marker."""
        return HEIGHT.pack(self.count) + self.hash


class Journal:
    """A chain of records. Calls block: run them through `in_thread`, one at a time."""

    def __init__(self, store: Store, marker: Marker, identity: bytes, place: str) -> None:
        """Check head against marker, and begin a new journal where there is none. Raises JournalError, StoreError."""
        self.store = store
        self._marker = marker
        self._place = place
        self._failed = False
        self._base = self._begin(identity)
        self._head = self._find_head()
        self._check_marker()

    @property
    def count(self) -> int:
        """Records ever appended, which is the height of the next one."""
        return self._head.count

    @property
    def first(self) -> int:
        """Height of the oldest record kept; equals `count` where none is."""
        return self._base.count

    @property
    def head(self) -> Head:
        """The end of the chain."""
        return self._head

    def append(self, payload: bytes, puts: Sequence[tuple[bytes, bytes | None]] = ()) -> int:
        """Append a record, and write other keys (of NODE_KEYS) with it or not at all. Return its height, once on the disk.

        Raises StoreFailed; the journal is then closed to writing, because what is on the disk is unknown.
        """
        if self._failed:
            raise StoreFailed(f"{self._place}: refused after an earlier failure")
        assert all(key.startswith(NODE_KEYS) for key, _ in puts), "a node's keys start with NODE_KEYS"
        height, previous = self._head.count, self._head.hash
        record_hash = hash_of(height, previous, payload)
        head = Head(height + 1, record_hash)
        self._failed = True
        self.store.write([(_record_key(height), previous + record_hash + payload), *puts])
        self._marker.write(head.encode())
        self._failed = False
        self._head = head
        return height

    def read(self, height: int) -> bytes:
        """Return one record's payload; `first` <= height < `count`. Raises JournalBroken, StoreError."""
        return self._decode(height, self.store.get(_record_key(height)))[1]

    def records(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Yield heights and payloads from a height on, to the head, the chain checked as it goes. Raises JournalBroken, StoreError."""
        expected = self.hash_before(start)
        for height in range(start, self._head.count):
            value = self.store.get(_record_key(height))
            previous = value[:HASH_BYTES] if value is not None else b""
            found, payload = self._decode(height, value)
            if previous != expected:
                raise JournalBroken(self._place, height, "does not follow from the one before it")
            expected = found
            yield height, payload

    def hash_before(self, height: int) -> bytes:
        """Return the hash that record `height` builds on; `first` <= height <= `count`. Raises JournalBroken, StoreError."""
        if height == self._head.count:
            return self._head.hash
        if height == self._base.count:
            return self._base.hash
        if not self._base.count < height < self._head.count:
            raise JournalBroken(self._place, height, f"is not kept: there are records {self.first} to {self.count - 1}")
        return self._decode(height - 1, self.store.get(_record_key(height - 1)))[0]

    def prune(self, height: int) -> None:
        """Forget the records before a height. A crash leaves fewer of them to forget. Raises JournalBroken, StoreError."""
        while self._base.count < height:
            stop = min(self._base.count + PRUNE_AT_ONCE, height)
            base = Head(stop, self.hash_before(stop))
            gone = [(_record_key(old), None) for old in range(self._base.count, stop)]
            self.store.write([(_BASE, base.encode()), *gone])
            self._base = base

    def close(self) -> None:
        """Give up store and marker."""
        self._failed = True
        self._marker.close()
        self.store.close()

    def _begin(self, identity: bytes) -> Head:
        found, base = self.store.get(_IDENTITY), self.store.get(_BASE)
        if found is None or base is None:
            return self._begin_anew(identity)
        if found != identity:
            raise JournalForeign(self._place, found, identity)
        return decode_head(base)

    def _begin_anew(self, identity: bytes) -> Head:
        marked = self._marker.read()
        if marked is not None and decode_head(marked).count:
            raise JournalLost(self._place, decode_head(marked).count, 0)
        base = Head(0, hashlib.sha256(b"identity" + identity).digest())
        self.store.write([(_IDENTITY, identity), (_BASE, base.encode())])
        return base

    def _find_head(self) -> Head:
        for key, value in self.store.iterate(_RECORD, reverse=True):
            (height,) = HEIGHT.unpack(key[len(_RECORD) :])
            return Head(height + 1, self._decode(height, value)[0])
        return self._base

    def _check_marker(self) -> None:
        marked = self._marker.read()
        acknowledged = decode_head(marked) if marked is not None else None
        count = acknowledged.count if acknowledged is not None else 0
        if count > self._head.count:
            raise JournalLost(self._place, count, self._head.count)
        if count < self._head.count - 1:
            raise JournalBroken(self._place, count, "is where the head marker stops, and more than one record follows")
        if acknowledged is not None and acknowledged.hash != self.hash_before(count):
            raise JournalBroken(self._place, count, "follows from another record than the head marker names")
        if acknowledged != self._head:
            self._marker.write(self._head.encode())

    def _decode(self, height: int, value: bytes | None) -> tuple[bytes, bytes]:
        if value is None:
            raise JournalBroken(self._place, height, "is missing")
        previous, found, payload = value[:HASH_BYTES], value[HASH_BYTES : 2 * HASH_BYTES], value[2 * HASH_BYTES :]
        if found != hash_of(height, previous, payload):
            raise JournalBroken(self._place, height, "does not match its checksum")
        return found, payload


def open_journal(environment: Environment, path: str, identity: bytes) -> Journal:
    """Open, or begin, the journal in a directory: the store in `path`/store, the marker in `path`/head. Raises StoreError."""
    store = environment.open_store(f"{path}/store")
    try:
        marker = environment.open_marker(f"{path}/head")
        return Journal(store, marker, identity, path)
    except StoreError:
        store.close()
        raise


def hash_of(height: int, previous: bytes, payload: bytes) -> bytes:
    """Return a record's hash."""
    digest = hashlib.sha256(b"journal" + HEIGHT.pack(height) + previous)
    digest.update(payload)
    return digest.digest()


def decode_head(content: bytes) -> Head:
    """Return a head from its bytes."""
    return Head(HEIGHT.unpack_from(content)[0], content[HEIGHT.size :])


def _record_key(height: int) -> bytes:
    return _RECORD + HEIGHT.pack(height)
