"""The chain: takes transactions, makes blocks, goes back in time. Pure: the caller says what time it is, in milliseconds of Unix time.

Blocks come from slots (`advance`), from a transaction's arrival (automine) or by request (`mine`). Nothing else moves the head but a reorg,
a snapshot's return and the loading of a saved chain.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from l1_mock.admission import TRANSACTION_BYTES_MAX, ChainConfig, check_sender, check_static, refuse
from l1_mock.blocks import Item, Patch, Place
from l1_mock.contracts.framework import Block, Contract
from l1_mock.empty_run import EmptyRun
from l1_mock.history import History
from l1_mock.ledger import Ledger, Session, open_ledger
from l1_mock.pool import POOL_MAX, Pool
from l1_mock.reorganisation import replace_exactly, replace_freely
from l1_mock.timing import SECOND, Timing
from l1_mock.transactions import Transaction, decode_transaction
from l1_mock.world import World

MINE_MAX = 1 << 20
"""Blocks mined by one request at most: twelve days of seconds."""
TIME_MAX = 1 << 40
"""Bound of every time, in seconds: 34,000 years."""


class ChainError(Exception):
    """A developer's request that the chain cannot carry out."""


class Listener(Protocol):
    """Hears of everything that happens to the chain, after it has happened."""

    def added(self, first: int, last: int) -> None:
        """Blocks first..last are new at the head."""

    def removed(self, items: Sequence[Item]) -> None:
        """These items, newest first, are no longer part of the chain."""

    def pending(self, transaction: Transaction) -> None:
        """A transaction waits for a block."""


class Chain:
    """A chain from its genesis on."""

    def __init__(self, config: ChainConfig, contracts: Sequence[Contract], now: int) -> None:
        """Begin with block 0. Slots before `now` are taken as missed."""
        self.ledger = open_ledger(config, contracts, now)
        self.listeners: list[Listener] = []

    @property
    def config(self) -> ChainConfig:
        """What is fixed."""
        return self.ledger.config

    @property
    def contracts(self) -> Mapping[bytes, Contract]:
        """The contracts by address."""
        return self.ledger.contracts

    @property
    def world(self) -> World:
        """The present state."""
        return self.ledger.world

    @property
    def history(self) -> History:
        """The blocks."""
        return self.ledger.history

    @property
    def head(self) -> Place:
        """The newest block."""
        return self.ledger.history.head

    @property
    def session(self) -> Session:
        """The pool, the clock and the switches."""
        return self.ledger.session

    @property
    def pool(self) -> Pool:
        """The transactions that wait."""
        return self.ledger.session.pool

    @property
    def timing(self) -> Timing:
        """The clock and the schedule."""
        return self.ledger.session.timing

    def submit(self, raw: bytes, now: int) -> bytes:
        """Take in a signed transaction and return its hash; with automine, it is in a block on return. Raises TransactionError."""
        if len(raw) > TRANSACTION_BYTES_MAX:
            refuse(f"oversized data: transaction size {len(raw)}, limit {TRANSACTION_BYTES_MAX}")
        transaction = decode_transaction(raw)
        check_static(transaction, self.config)
        check_sender(transaction, self.world)
        self.pool.add(transaction)
        for listener in self.listeners:
            listener.pending(transaction)
        if self.session.automine:
            self._mine_pool(now)
        return transaction.hash

    def advance(self, now: int) -> None:
        """Make the blocks of all slots that are due."""
        timing = self.timing
        due = min(timing.due(now), MINE_MAX)
        if due:
            slot = timing.use(due)
            self._produce(due, timing.block_time(slot, self.head.timestamp), timing.slot, slot)

    def mine(self, now: int, count: int = 1, interval_s: int | None = None) -> None:
        """Make `count` blocks at once, `interval_s` apart; by default as far as slots are, or a second. Raises ChainError."""
        if not 0 <= count <= MINE_MAX or not 0 <= (interval_s or 0) * count <= TIME_MAX:
            raise ChainError(f"cannot mine {count} blocks of {interval_s} seconds at once, at most {MINE_MAX} blocks")
        if not count:
            return
        timing = self.timing
        lead = SECOND * interval_s if interval_s is not None else 0
        step = lead if interval_s is not None else timing.slot or SECOND
        self._produce(count, timing.block_time(now, self.head.timestamp, lead), step, now)
        if count > 1 or lead:
            timing.catch_up(now, self.head.timestamp)

    def increase_time(self, seconds: int) -> int:
        """Put the chain's clock forward and return its offset, in seconds. Raises ChainError."""
        timing = self.timing
        if not 0 <= seconds < TIME_MAX or timing.offset >= TIME_MAX:
            raise ChainError(f"cannot increase time by {seconds} seconds")
        timing.offset += seconds * SECOND
        return timing.offset // SECOND

    def set_next_timestamp(self, timestamp: int) -> None:
        """Fix the time of the next block, in seconds. Raises ChainError."""
        head = self.head.timestamp
        if not head < timestamp < TIME_MAX:
            raise ChainError(f"Timestamp error: {timestamp} is lower than or equal to previous block's timestamp {head}")
        self.timing.fixed = timestamp * SECOND

    def set_balance(self, address: bytes, wei: int) -> None:
        """Set an account's balance, between blocks."""
        self.world.put("balances", address, wei)
        self.history.push(Patch(self.head.number, self.world.seal()))

    def snapshot(self) -> int:
        """Remember the present; return the number for `revert`."""
        return self.history.snapshot(self.session.copy())

    def revert(self, number: int) -> bool:
        """Return to a snapshot, once. False where there is no such snapshot, or no longer. Slots used since stay used."""
        slot = self.timing.next_slot
        reverted = self.history.revert(number)
        if reverted is None:
            return False
        removed, restored, session = reverted
        assert isinstance(session, Session)
        session.timing.next_slot = slot
        self.ledger.session = session
        self._notify_rewritten(removed, _first_new(removed, restored))
        return True

    def reorg(self, depth: int, inclusions: Mapping[int, Sequence[Transaction]]) -> None:
        """Replace the last `depth` blocks; the i-th new one holds exactly `inclusions[i]`.

        Raises ReorgError or TransactionError, with the chain as it was.
        """
        first = self.head.number - depth + 1
        self._notify_rewritten(replace_exactly(self.ledger, depth, inclusions), first)

    def reorg_dropping(self, depth: int, dropped: frozenset[bytes]) -> None:
        """Replace the last `depth` blocks; what was in them goes in anew, unless `dropped`. Raises ReorgError."""
        first = self.head.number - depth + 1
        self._notify_rewritten(replace_freely(self.ledger, depth, dropped), first)

    def become(self, ledger: Ledger) -> None:
        """Take another ledger's place, such as a saved one's. Snapshots of this chain can no longer be returned to."""
        ledger.history.next_snapshot = self.history.next_snapshot
        self.ledger = ledger
        self._notify_added(self.head.number)

    def context(self, place: Place) -> Block:
        """Return a block as contracts see it when they are asked about it."""
        return Block(place.number, place.timestamp, place.base_fee, self.config.chain_id, self.config.coinbase)

    def pending_context(self, now: int) -> Block:
        """Return the next block as contracts would see it."""
        head = self.head
        timestamp = self.timing.block_time(now, head.timestamp) // SECOND
        return Block(head.number + 1, timestamp, self.ledger.next_base_fee(), self.config.chain_id, self.config.coinbase)

    def _mine_pool(self, now: int) -> None:
        """Make blocks for as long as something waits that can go into one."""
        for _ in range(POOL_MAX):
            time = self.timing.block_time(now, self.head.timestamp)
            if not self.ledger.append_waiting(time):
                return
            self.timing.made(now, time)
            self._notify_added(self.head.number)

    def _produce(self, count: int, time: int, step: int, now: int) -> None:
        """Make `count` blocks from `time` on, `step` apart; what waits goes into the first of them."""
        first = self.head.number + 1
        last = self.head.number + count
        self.timing.made(now, time)
        while self.head.number < last:
            if not self.ledger.append_waiting(time):
                self.ledger.append_empty(time, last - self.head.number, step)
            time += step
        self._notify_added(first)

    def _notify_added(self, first: int) -> None:
        for listener in self.listeners:
            listener.added(first, self.head.number)

    def _notify_rewritten(self, removed: Sequence[Item], first: int) -> None:
        """Tell listeners of blocks that went, and of those from `first` on that took their place."""
        for listener in self.listeners:
            listener.removed(removed)
        if first <= self.head.number:
            self._notify_added(first)


def _first_new(removed: Sequence[Item], restored: Sequence[Item]) -> int:
    """Return the number of the first restored block that was not there before."""
    blocks = [item for item in restored if not isinstance(item, Patch)]
    if not blocks:
        return TIME_MAX
    for item in removed:
        if isinstance(item, EmptyRun) and isinstance(blocks[0], EmptyRun) and item.strand is blocks[0].strand:
            return min(item.last, blocks[0].last) + 1
    return blocks[0].first
