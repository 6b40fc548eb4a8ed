"""A node's simulated disk: files that outlive the node, and lose what was not synced when it is killed.

One rule: between a write and its sync anything may happen to it: kept whole, lost, cut short, or kept in some sectors and not in
others, as the seed decides at the crash. Beyond that a disk fails as it is told: at a given operation, by lying about a sync, by
being full, by flipping a bit.

Operations (each write and each sync, of any file) are counted from 1, so that a test can crash a node before and after every one.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from rollup.devnet.simulation.trace import Trace
from rollup.environment import NodeDead

SECTOR_BYTES = 512
"""The least that a disk writes whole."""


class Moment(Enum):
    """When, around an operation, the node dies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class DiskFaults:
    """What is wrong with a disk. May be changed at any time."""

    lying_sync: float = 0.0
    """Chance that a sync does nothing and says that it did."""
    is_full: bool = False
    """Whether every write fails with ENOSPC."""
    failing: frozenset[int] = frozenset()
    """Operations that fail with EIO, and do nothing."""
    crash: tuple[int, Moment] | None = None
    """The operation that the node does not survive."""


@dataclass(slots=True)
class Image:
    """A file: what is on the disk, and what has only been written."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes]] = field(default_factory=list)

    def content(self) -> bytes:
        """Return what a reader sees: everything written."""
        content = bytearray(self.durable)
        for offset, written in self.pending:
            overwrite(content, offset, written)
        return bytes(content)

    def flush(self) -> None:
        """Put everything written on the disk."""
        for offset, written in self.pending:
            overwrite(self.durable, offset, written)
        self.pending.clear()


class SimulatedDisk:
    """A node's files, by path. `kill` is called when a planned crash is reached: it must mark the node dead."""

    def __init__(self, name: str, random: Random, trace: Trace, now: Callable[[], float]) -> None:
        self.name = name
        self.faults = DiskFaults()
        self.files: dict[str, Image] = {}
        self.operations = 0
        self.open_paths: set[str] = set()
        self.kill: Callable[[], None] = _nobody_dies
        self._random = random
        self._trace = trace
        self._now = now

    def image(self, path: str) -> Image:
        """Return a file, made where there is none."""
        return self.files.setdefault(path, Image())

    def write(self, path: str, offset: int, content: bytes) -> None:
        """Write, without sync. Raises OSError, NodeDead."""
        self._operate("disk_write", path, content, lambda image: image.pending.append((offset, content)))

    def sync(self, path: str) -> None:
        """Put a file's writes on the disk, or lie. Raises OSError, NodeDead."""
        lies = self._random.random() < self.faults.lying_sync
        self._operate("disk_sync_lie" if lies else "disk_sync", path, b"", _do_nothing if lies else Image.flush)

    def crash(self) -> None:
        """Decide the fate of everything written and not synced; forget who had what open."""
        self.open_paths.clear()
        for path in sorted(self.files):
            image = self.files[path]
            for offset, written in image.pending:
                survivors = self._survivors(written)
                self._trace.record(self._now(), "disk_crash", self.name, path, offset, [len(piece) for _, piece in survivors])
                for start, piece in survivors:
                    overwrite(image.durable, offset + start, piece)
            image.pending.clear()

    def flip_bit(self, path: str, bit: int) -> None:
        """Flip one bit of what is on the disk; bits count on beyond the end, from the start again."""
        durable = self.image(path).durable
        bit %= 8 * len(durable)
        durable[bit // 8] ^= 1 << bit % 8

    def lose_tail(self, path: str, length: int) -> None:
        """Drop the last bytes of a file, as if its newest part had never been there."""
        durable = self.image(path).durable
        del durable[max(0, len(durable) - length) :]

    def _operate(self, kind: str, path: str, content: bytes, effect: Callable[[Image], None]) -> None:
        self.operations += 1
        self._trace.record(self._now(), kind, self.name, path, self.operations, content)
        self._die_if_planned(Moment.BEFORE)
        if self.operations in self.faults.failing:
            raise OSError(errno.EIO, "simulated input/output error")
        if self.faults.is_full and content:
            raise OSError(errno.ENOSPC, "simulated disk is full")
        effect(self.image(path))
        self._die_if_planned(Moment.AFTER)

    def _die_if_planned(self, moment: Moment) -> None:
        if self.faults.crash == (self.operations, moment):
            self.faults.crash = None
            self.kill()
            raise NodeDead(f"{self.name} was killed {moment.value} disk operation {self.operations}")

    def _survivors(self, written: bytes) -> list[tuple[int, bytes]]:
        """Return the pieces of an unsynced write that are on the disk after a crash, with their offsets in it."""
        fate = self._random.randrange(4)
        if fate == 0:
            return []
        if fate == 1:
            return [(0, written)]
        if fate == 2:
            return [(0, written[: self._random.randrange(len(written) + 1)])]
        sectors = [(start, written[start : start + SECTOR_BYTES]) for start in range(0, len(written), SECTOR_BYTES)]
        return [sector for sector in sectors if self._random.random() < 0.5]


def overwrite(content: bytearray, offset: int, written: bytes) -> None:
    """Put bytes at an offset, with zeros before it where the file is shorter."""
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(written)] = written


def _do_nothing(_image: Image) -> None:
    pass


def _nobody_dies() -> None:
    pass
