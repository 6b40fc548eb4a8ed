"""Going back: replacing the newest blocks by others, at the same times."""

from collections.abc import Mapping, Sequence

from l1_mock.blocks import FullBlock, Item
from l1_mock.ledger import Ledger
from l1_mock.timing import SECOND
from l1_mock.transactions import Transaction, TransactionError

REORG_MAX = 1 << 20
"""Blocks replaced at once, at most."""


class ReorgError(Exception):
    """So many blocks cannot be replaced."""

    def __init__(self, depth: int, height: int) -> None:
        """Name the depth asked for and the chain's height."""
        super().__init__(f"Reorg depth must be between 1 and the chain height: received {depth}, height {height}")
        self.depth = depth
        self.height = height


def replace_exactly(ledger: Ledger, depth: int, inclusions: Mapping[int, Sequence[Transaction]]) -> list[Item]:
    """Replace the last `depth` blocks; the i-th new one holds `inclusions[i]`, or nothing. Return the old ones, newest first.

    Raises ReorgError or TransactionError, with everything as it was.
    """
    times = _times(ledger, depth)
    session = ledger.session.copy()
    removed = ledger.history.roll_back(times.start)
    length = len(ledger.history.items)
    ledger.session.forks += 1
    try:
        for index in range(depth):
            if not ledger.append_exactly(times.at[index], inclusions.get(index, ())):
                times.append_empty(ledger, index)
    except TransactionError:
        ledger.world.undo(0)
        ledger.history.restore(removed, length)
        ledger.session = session
        raise
    return removed


def replace_freely(ledger: Ledger, depth: int, dropped: frozenset[bytes]) -> list[Item]:
    """Replace the last `depth` blocks; their transactions wait again and go in anew, unless `dropped`. Return the old ones.

    Raises ReorgError.
    """
    times = _times(ledger, depth)
    removed = ledger.history.roll_back(times.start)
    ledger.session.forks += 1
    _put_back(ledger, removed, dropped)
    for index in range(depth):
        if not ledger.append_waiting(times.at[index]):
            times.append_empty(ledger, index)
    return removed


class _Times:
    """The times of the blocks after `start`, in milliseconds."""

    def __init__(self, start: int, at: Sequence[int]) -> None:
        self.start = start
        self.at = at

    def append_empty(self, ledger: Ledger, index: int) -> None:
        """Append one empty block, so that evenly spaced ones make one run."""
        following = self.at[index + 1] if index + 1 < len(self.at) else self.at[index]
        ledger.append_empty(self.at[index], 1, following - self.at[index])


def _times(ledger: Ledger, depth: int) -> _Times:
    head = ledger.history.head.number
    height = head - ledger.history.earliest
    if not 0 < depth <= min(height, REORG_MAX):
        raise ReorgError(depth, height)
    start = head - depth
    places = (ledger.history.at(number) for number in range(start + 1, head + 1))
    return _Times(start, [place.timestamp * SECOND for place in places if place is not None])


def _put_back(ledger: Ledger, removed: Sequence[Item], dropped: frozenset[bytes]) -> None:
    """Let the transactions of removed blocks wait again, oldest first."""
    for item in reversed(removed):
        for receipt in item.receipts if isinstance(item, FullBlock) else ():
            if receipt.transaction.hash not in dropped:
                try:
                    ledger.session.pool.add(receipt.transaction)
                except TransactionError:
                    continue  # The pool is full, or another one took its nonce.
