"""The chain's past: items in order, found by number and by hash, taken off and put back at the end.

One rule: history changes by `push` and `pop` at its end alone, and each carries the world along. A snapshot is the length of history
when it was taken; what is popped below that length is handed to the snapshot, which can push it back.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from l1_mock.blocks import FullBlock, Item, Patch, Place, Receipt
from l1_mock.empty_run import EmptyRun
from l1_mock.world import World

SNAPSHOTS_MAX = 128
"""Snapshots kept; the oldest is forgotten first."""


@dataclass(slots=True)
class Snapshot:
    """A point of history that can be returned to once."""

    length: int
    """Items of present history that belong to it."""
    tail: list[Item] = field(default_factory=list)
    """Items beyond those, last one first."""
    extra: object = None
    """What else its maker wants back."""


class History:
    """Items from genesis to the head. The world is always the state after the last item."""

    __slots__ = ("_blocks", "_firsts", "_items", "_kept", "_snapshots", "_transactions", "next_snapshot", "world")

    def __init__(self, world: World, oldest: FullBlock | EmptyRun, kept: int) -> None:
        """Start with the oldest known blocks, whose changes the world already has. About `kept` items are kept."""
        self.world = world
        self._kept = kept
        self._items: list[Item] = []
        self._firsts: list[int] = []
        self._blocks: dict[bytes, FullBlock] = {}
        self._transactions: dict[bytes, tuple[FullBlock, Receipt]] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self.next_snapshot = 1
        self.push(oldest)

    @property
    def items(self) -> list[Item]:
        """All items, oldest first. Not to be changed."""
        return self._items

    @property
    def earliest(self) -> int:
        """Number of the oldest block that is kept."""
        return self._firsts[0]

    @property
    def head(self) -> Place:
        """The last block."""
        for item in reversed(self._items):
            if not isinstance(item, Patch):
                return Place(item.last, item)
        raise AssertionError

    def at(self, number: int) -> Place | None:
        """Return the block with this number, or None."""
        if number < self._firsts[0]:
            return None
        item = self._items[bisect_right(self._firsts, number) - 1]
        if isinstance(item, Patch) or number > item.last:
            return None
        return Place(number, item)

    def by_hash(self, digest: bytes) -> Place | None:
        """Return the block with this hash, or None."""
        block = self._blocks.get(digest)
        if block is not None:
            return Place(block.first, block)
        for item in reversed(self._items):
            if isinstance(item, EmptyRun):
                index = item.strand.find(digest, item.count)
                if index is not None:
                    return Place(item.first + index, item)
        return None

    def transaction(self, digest: bytes) -> tuple[FullBlock, Receipt] | None:
        """Return the block and receipt of a mined transaction, or None."""
        return self._transactions.get(digest)

    def full_blocks(self, first: int, last: int) -> Iterator[FullBlock]:
        """Yield the blocks with transactions whose numbers lie in first..last."""
        start = max(bisect_right(self._firsts, first) - 1, 0)
        for item in self._items[start : bisect_right(self._firsts, last)]:
            if isinstance(item, FullBlock) and first <= item.first <= last:
                yield item

    def since(self, number: int) -> Iterator[Item]:
        """Yield the items after the state of block `number`, newest first. A patch on top of that block belongs to its state."""
        for item in reversed(self._items):
            if (item.number if isinstance(item, Patch) else item.last) <= number:
                return
            yield item

    def push(self, item: Item) -> None:
        """Append an item whose changes the world already has."""
        self._items.append(item)
        self._firsts.append(item.number + 1 if isinstance(item, Patch) else item.first)
        if isinstance(item, FullBlock):
            self._blocks[item.digest] = item
            for receipt in item.receipts:
                self._transactions[receipt.transaction.hash] = (item, receipt)
        if len(self._items) > self._kept + self._kept // 8 + 1:
            self._prune(len(self._items) - self._kept)

    def pop(self) -> Item:
        """Take the last item off and its changes back."""
        item = self._items.pop()
        self._firsts.pop()
        self.world.roll_back(item.difference)
        self._forget(item)
        length = len(self._items)
        for snapshot in self._snapshots.values():
            if snapshot.length > length:
                snapshot.tail.append(item)
                snapshot.length = length
        return item

    def roll_back(self, number: int) -> list[Item]:
        """Return to the state of block `number` and give what was taken off, newest first."""
        removed: list[Item] = []
        while self.head.number > number or self._patched_beyond(number):
            item = self.pop()
            removed.append(item)
            if isinstance(item, EmptyRun) and item.first <= number:
                self.push(replace(item, count=number - item.first + 1))
        return removed

    def _forget(self, item: Item) -> None:
        if isinstance(item, FullBlock):
            del self._blocks[item.digest]
            for receipt in item.receipts:
                self._transactions.pop(receipt.transaction.hash, None)

    def _prune(self, count: int) -> None:
        """Forget the oldest items, so that one with a block comes first, and the snapshots that lie before it."""
        while isinstance(self._items[count], Patch):
            count -= 1
        for item in self._items[:count]:
            self._forget(item)
        del self._items[:count], self._firsts[:count]
        for name, snapshot in list(self._snapshots.items()):
            snapshot.length -= count
            if snapshot.length < 1:
                del self._snapshots[name]

    def _patched_beyond(self, number: int) -> bool:
        item = self._items[-1]
        return isinstance(item, Patch) and item.number > number

    def snapshot(self, extra: object) -> int:
        """Remember the present, and `extra` with it; return the number to come back by."""
        number = self.next_snapshot
        self.next_snapshot += 1
        self._snapshots[number] = Snapshot(len(self._items), extra=extra)
        if len(self._snapshots) > SNAPSHOTS_MAX:
            del self._snapshots[next(iter(self._snapshots))]
        return number

    def revert(self, number: int) -> tuple[list[Item], list[Item], object] | None:
        """Return to a snapshot, forget it and all that were taken since.

        Gives what was taken off (newest first), what was put back (oldest first), and the snapshot's `extra`; None where there is none.
        """
        snapshot = self._snapshots.pop(number, None)
        if snapshot is None:
            return None
        for later in [key for key in self._snapshots if key > number]:
            del self._snapshots[later]
        removed = [self.pop() for _ in range(len(self._items) - snapshot.length)]
        restored = snapshot.tail[::-1]
        self._put_back(restored)
        return removed, restored, snapshot.extra

    def restore(self, removed: list[Item], length: int) -> None:
        """Undo a `roll_back` that took `removed` off and left `length` items, whatever was pushed since."""
        while len(self._items) > length:
            self.pop()
        oldest = removed[-1]
        if isinstance(oldest, EmptyRun) and oldest.first <= self.head.number:
            self.pop()
        self._put_back(removed[::-1])

    def _put_back(self, items: list[Item]) -> None:
        for item in items:
            self.world.roll_forward(item.difference)
            self.push(item)
