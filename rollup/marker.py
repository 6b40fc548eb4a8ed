"""The head marker: a few bytes in a file of their own, so that a store which has lost its newest log file is noticed.

One rule: the old content stays readable until the new one is on the disk. Two slots are written in turn, each in a sector of its own:

    file = slot ‖ slot                     a slot starts at 0 or SLOT_BYTES
    slot = u64 sequence ‖ u32 length ‖ content ‖ 32-byte SHA-256 of all before

A torn write spoils one slot and leaves the other; the whole slot with the higher sequence counts. Where one slot is still blank and
the other is not whole, the very first write did not get through, and counts as never begun. The hash is a checksum of
this machine's disk, not part of any protocol, so it is the one that the processor does fastest.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import Protocol

from rollup.environment import StoreCorrupt, StoreFailed

SLOT_BYTES = 4096
"""One sector of today's disks: a write to one slot cannot tear the other."""

HEAD = Struct(">QI")
"""Sequence and length."""

CHECKSUM_BYTES = 32
"""SHA-256."""

CONTENT_BYTES_MAX = SLOT_BYTES - HEAD.size - CHECKSUM_BYTES
"""Longest content."""


class SlotFile(Protocol):
    """What a marker needs of a file; the simulated disk has one too."""

    def read(self) -> bytes:
        """Return the whole content."""
        ...

    def write_at(self, offset: int, content: bytes) -> None:
        """Write bytes at an offset, beyond the end too."""
        ...

    def sync(self) -> None:
        """Return when everything written is on the disk."""
        ...

    def close(self) -> None:
        """Give up the file."""
        ...


class SlotMarker:
    """A `rollup.environment.Marker` in two slots of a file."""

    def __init__(self, file: SlotFile, place: str) -> None:
        """Read both slots; `place` names the file in errors. Raises StoreCorrupt where both are written and neither is whole."""
        self._file = file
        self._place = place
        self._failed = False
        image = self._guarded(self._settled_image)
        images = image[:SLOT_BYTES], image[SLOT_BYTES:]
        whole = [slot for slot in map(decode_slot, images) if slot is not None]
        if not whole and all(map(any, images)):
            raise StoreCorrupt(f"{place}: neither copy of the head marker is whole")
        self._sequence, content = max(whole, default=(0, b""))
        self._content = content if whole else None

    def read(self) -> bytes | None:
        """Return the content last written, or None."""
        return self._content

    def write(self, content: bytes) -> None:
        """Replace the content; on the disk when it returns. Raises StoreFailed, ever after a first failure."""
        if self._failed:
            raise StoreFailed(f"{self._place}: refused after an earlier failure")
        sequence = self._sequence + 1
        slot = encode_slot(sequence, content)
        self._guarded(lambda: self._replace(sequence % 2 * SLOT_BYTES, slot))
        self._sequence, self._content = sequence, content

    def close(self) -> None:
        """Give up the file."""
        self._failed = True
        self._file.close()

    def _settled_image(self) -> bytes:
        # What an earlier process wrote and could not sync may be in the machine's cache alone; it will be acted upon.
        self._file.sync()
        return self._file.read()

    def _replace(self, offset: int, slot: bytes) -> bytes:
        self._file.write_at(offset, slot)
        self._file.sync()
        return slot

    def _guarded(self, action: Callable[[], bytes]) -> bytes:
        try:
            return action()
        except OSError as error:
            self._failed = True
            raise StoreFailed(f"{self._place}: {error.strerror or error}") from error


def encode_slot(sequence: int, content: bytes) -> bytes:
    """Return a slot's bytes, without padding."""
    if len(content) > CONTENT_BYTES_MAX:
        raise ValueError(f"a marker holds {CONTENT_BYTES_MAX} bytes, not {len(content)}")
    body = HEAD.pack(sequence, len(content)) + content
    return body + hashlib.sha256(body).digest()


def decode_slot(slot: bytes) -> tuple[int, bytes] | None:
    """Return a slot's sequence and content, or None where it is not whole."""
    if len(slot) < HEAD.size:
        return None
    sequence, length = HEAD.unpack_from(slot)
    stop = HEAD.size + length
    if length > CONTENT_BYTES_MAX or hashlib.sha256(slot[:stop]).digest() != slot[stop : stop + CHECKSUM_BYTES]:
        return None
    return sequence, slot[HEAD.size : stop]


class DiskFile:
    """A `SlotFile` on this machine, readable by its user alone. A file that was new is in its directory durably."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises OSError."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

    def read(self) -> bytes:
        """Return the two slots. Raises OSError."""
        return os.pread(self._number(), 2 * SLOT_BYTES, 0)

    def write_at(self, offset: int, content: bytes) -> None:
        """Write at an offset. Raises OSError."""
        written = os.pwrite(self._number(), content, offset)
        if written != len(content):
            raise OSError(f"wrote {written} of {len(content)} bytes")

    def sync(self) -> None:
        """Flush to the disk. Raises OSError."""
        os.fdatasync(self._number())

    def close(self) -> None:
        """Close, idempotently."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)

    def _number(self) -> int:
        if self._descriptor is None:
            raise OSError("the file is closed")
        return self._descriptor


class FileMarker(SlotMarker):
    """A marker in a file of this machine."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises StoreCorrupt, StoreFailed."""
        try:
            file = DiskFile(path)
        except OSError as error:
            raise StoreFailed(f"{path}: {error.strerror or error}") from error
        super().__init__(file, str(path))
