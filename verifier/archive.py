"""A replica's archive on disk: a journal of entries, and snapshots. Blocking.

One rule: this file knows how bytes are kept, and nothing of what they mean.
"""

from collections.abc import Iterator
from typing import cast

from rollup.core.codec import decode, encode
from rollup.entry_codec import ENTRY_LIMITS, decode_entry, decode_rows, encode_entry, encode_rows
from rollup.journal import Journal
from rollup.snapshots import latest_snapshot, write_snapshot
from rollup.state.rows import RowsBySection
from verifier.entries import TYPES, Entry


class JournalArchive:
    """See `verifier.replica.Archive`. Every method raises StoreError where the disk fails or does not hold what it should."""

    def __init__(self, journal: Journal) -> None:
        """Keep everything in a journal."""
        self.journal = journal
        self.newest = 0
        """Height of the newest snapshot."""

    def base(self) -> tuple[RowsBySection, bytes] | None:
        """See `Archive`."""
        found = latest_snapshot(self.journal)
        if found is None:
            return None
        self.newest = found.height
        root, *parts = (decode(part, ENTRY_LIMITS) for part in found.parts)
        rows: RowsBySection = {}
        for part in parts:
            rows |= decode_rows(part)
        return rows, cast("bytes", root)

    def entries(self) -> Iterator[tuple[int, Entry, bool]]:
        """See `Archive`."""
        for height, payload in self.journal.records(self.journal.first):
            yield height, decode_entry(payload, TYPES), height >= self.newest

    def append(self, entry: Entry) -> int:
        """See `Archive`."""
        return self.journal.append(encode_entry(entry, TYPES))

    def read(self, place: int) -> Entry:
        """See `Archive`."""
        return decode_entry(self.journal.read(place), TYPES)

    def keep(self, rows: RowsBySection, root: bytes, oldest: int | None) -> None:
        """See `Archive`."""
        parts = [encode(encode_rows({name: rows[name]})) for name in rows]
        self.newest = self.journal.count
        write_snapshot(self.journal, self.newest, [encode(root), *parts])
        if oldest is not None:
            self.journal.prune(oldest)

    def close(self) -> None:
        """Give up the journal."""
        self.journal.close()
