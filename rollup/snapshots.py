"""Snapshots in a journal's store: the node's whole state at a height, so that a start need not replay from the beginning.

One rule: a snapshot is whole or it is not there. It is written part by part (it may be larger than one batch should be), and
exists from the moment its manifest does:

    "s" ‖ u64 height ‖ u32 part   the parts, opaque to this file
    "u"                           u64 height of the snapshot that is being written, or deleted
    "t" ‖ u64 height              manifest = journal hash at that height ‖ u32 count of parts ‖ SHA-256 chained over the parts

"At height h" means after records 0 … h-1. The manifest names the journal's hash there: a snapshot of another history is refused.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from rollup.journal import HASH_BYTES, HEIGHT, Journal, JournalError

SNAPSHOTS_KEPT = 2
"""Snapshots kept: the newest and the one before."""

DELETE_AT_ONCE = 64
"""Parts deleted a batch."""

_PARTS, _MANIFEST, _UNFINISHED = b"s", b"t", b"u"
_PART = Struct(">I")


class SnapshotBroken(JournalError):
    """A snapshot's parts do not match its manifest, or its manifest the journal."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state's parts after the records below `height`."""

    height: int
    parts: list[bytes]


def write_snapshot(journal: Journal, height: int, parts: Iterable[bytes]) -> None:
    """Write a snapshot at a height the journal has reached, then forget all but SNAPSHOTS_KEPT. Blocks. Raises StoreError."""
    store, stem = journal.store, HEIGHT.pack(height)
    clear_unfinished(journal)
    store.write([(_UNFINISHED, stem)])
    digest, count = bytes(HASH_BYTES), 0
    for part in parts:
        store.write([(_PARTS + stem + _PART.pack(count), part)])
        digest, count = _chain(digest, part), count + 1
    manifest = journal.hash_before(height) + _PART.pack(count) + digest
    store.write([(_MANIFEST + stem, manifest), (_UNFINISHED, None)])
    for old in snapshot_heights(journal)[:-SNAPSHOTS_KEPT]:
        store.write([(_MANIFEST + HEIGHT.pack(old), None), (_UNFINISHED, HEIGHT.pack(old))])
        clear_unfinished(journal)


def latest_snapshot(journal: Journal) -> Snapshot | None:
    """Return the newest whole snapshot, checked against the journal, or None where there is none. Raises SnapshotBroken, StoreError."""
    heights = snapshot_heights(journal)
    if not heights:
        return None
    height = heights[-1]
    stem = HEIGHT.pack(height)
    manifest = journal.store.get(_MANIFEST + stem) or b""
    parts, digest = [], bytes(HASH_BYTES)
    for _, part in journal.store.iterate(_PARTS + stem):
        parts.append(part)
        digest = _chain(digest, part)
    if height > journal.count or manifest != journal.hash_before(height) + _PART.pack(len(parts)) + digest:
        raise SnapshotBroken(f"the snapshot at height {height} does not match the journal or its own checksums; synchronise from L1")
    return Snapshot(height, parts)


def snapshot_heights(journal: Journal) -> list[int]:
    """Return the heights of the whole snapshots, rising."""
    return [HEIGHT.unpack(key[len(_MANIFEST) :])[0] for key, _ in journal.store.iterate(_MANIFEST)]


def clear_unfinished(journal: Journal) -> None:
    """Delete what a crash left of a snapshot that was being written or deleted. Raises StoreError."""
    stem = journal.store.get(_UNFINISHED)
    if stem is None:
        return
    keys = [key for key, _ in journal.store.iterate(_PARTS + stem)]
    for start in range(0, len(keys), DELETE_AT_ONCE):
        journal.store.write([(key, None) for key in keys[start : start + DELETE_AT_ONCE]])
    journal.store.write([(_UNFINISHED, None)])


def _chain(digest: bytes, part: bytes) -> bytes:
    return hashlib.sha256(digest + hashlib.sha256(part).digest()).digest()
