"""Transactions that wait for a block: one a nonce and sender, replaced only for a better price.

Which of them go into a block, and in which order, is a pure function of the pool, the senders' nonces and the base fee: best tip first,
first come first served among equals, each sender's in order of nonce.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from l1_mock.transactions import Transaction, TransactionError

PRICE_BUMP_PERCENT = 10
"""A replacement must offer this much more, of both fees (geth's txpool.pricebump)."""
POOL_MAX = 4_096
"""Transactions that wait at most (geth's txpool.globalslots is 5,120)."""
SENDER_MAX = 256
"""Transactions of one sender that wait at most."""

Nonces = Callable[[bytes], int]
"""Returns the next nonce of an address."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction and its turn of arrival."""

    transaction: Transaction
    arrival: int


@dataclass(slots=True)
class Pool:
    """The waiting transactions by sender and nonce."""

    senders: dict[bytes, dict[int, Waiting]] = field(default_factory=dict)
    hashes: dict[bytes, Waiting] = field(default_factory=dict)
    arrivals: int = 0

    def add(self, transaction: Transaction) -> Transaction | None:
        """Take a transaction in and return the one it replaces. Raises TransactionError."""
        waiting = self.senders.get(transaction.sender, {})
        present = waiting.get(transaction.nonce)
        if transaction.hash in self.hashes:
            raise TransactionError("already known")
        if present is not None:
            _check_price(present.transaction, transaction)
            del self.hashes[present.transaction.hash]
        elif len(self.hashes) >= POOL_MAX or len(waiting) >= SENDER_MAX:
            raise TransactionError("txpool is full")
        entry = Waiting(transaction, self.arrivals)
        self.arrivals += 1
        self.senders.setdefault(transaction.sender, {})[transaction.nonce] = entry
        self.hashes[transaction.hash] = entry
        return present.transaction if present else None

    def get(self, digest: bytes) -> Transaction | None:
        """Return the waiting transaction with this hash, or None."""
        entry = self.hashes.get(digest)
        return entry.transaction if entry else None

    def remove(self, transaction: Transaction) -> None:
        """Forget a transaction, and whatever else waits under its nonce."""
        waiting = self.senders.get(transaction.sender)
        if waiting is None:
            return
        entry = waiting.pop(transaction.nonce, None)
        if entry is not None:
            del self.hashes[entry.transaction.hash]
        if not waiting:
            del self.senders[transaction.sender]

    def next_nonce(self, sender: bytes, nonce: int) -> int:
        """Return the first nonce from `nonce` on under which nothing waits."""
        waiting = self.senders.get(sender, {})
        while nonce in waiting:
            nonce += 1
        return nonce

    def selection(self, nonces: Nonces, base_fee: int) -> "Selection":
        """Return what could go into a block now, best first."""
        return Selection(self, nonces, base_fee)

    def waiting(self) -> list[Transaction]:
        """Return all transactions, first come first."""
        return [entry.transaction for entry in sorted(self.hashes.values(), key=lambda entry: entry.arrival)]

    def copy(self) -> "Pool":
        """Return a pool with the same transactions."""
        return Pool({sender: dict(waiting) for sender, waiting in self.senders.items()}, dict(self.hashes), self.arrivals)


class Selection:
    """What could go into a block, best first: `take` one and, if it went in, `follow` it by its sender's next."""

    __slots__ = ("_base_fee", "_heap", "_pool")

    def __init__(self, pool: Pool, nonces: Nonces, base_fee: int) -> None:
        """Start with the first transaction of each sender that can pay `base_fee`."""
        self._pool = pool
        self._base_fee = base_fee
        self._heap: list[tuple[int, int, Transaction]] = []
        for sender in pool.senders:
            self._offer(sender, nonces(sender))

    def take(self) -> Transaction | None:
        """Take the best one out, or None where nothing is left."""
        return heappop(self._heap)[2] if self._heap else None

    def follow(self, transaction: Transaction) -> None:
        """Let the next of the same sender take part."""
        self._offer(transaction.sender, transaction.nonce + 1)

    def _offer(self, sender: bytes, nonce: int) -> None:
        entry = self._pool.senders[sender].get(nonce)
        if entry is not None and entry.transaction.tip(self._base_fee) >= 0:
            heappush(self._heap, _rank(entry, self._base_fee))


def _rank(entry: Waiting, base_fee: int) -> tuple[int, int, Transaction]:
    return -entry.transaction.tip(base_fee), entry.arrival, entry.transaction


def _check_price(present: Transaction, wanted: Transaction) -> None:
    """Check that a replacement raises both fees enough."""
    factor = 100 + PRICE_BUMP_PERCENT
    if wanted.max_fee * 100 < present.max_fee * factor or wanted.max_tip * 100 < present.max_tip * factor:
        raise TransactionError("replacement transaction underpriced")
