"""What a chain consists of, and the one place that appends blocks to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from l1_mock.admission import ChainConfig, check_static
from l1_mock.blocks import FullBlock
from l1_mock.contracts.framework import Block, Contract
from l1_mock.empty_run import NO_CHANGE, EmptyRun, Strand
from l1_mock.gas import next_base_fee
from l1_mock.headers import GENESIS_PARENT, Header, next_state_root
from l1_mock.history import History
from l1_mock.pool import Pool
from l1_mock.production import Production
from l1_mock.timing import SECOND, Timing
from l1_mock.transactions import Transaction, TransactionError
from l1_mock.trie import EMPTY_ROOT
from l1_mock.world import World

EXTRA_DATA = b"optroll"
"""Start of every header's extra data; the count of reorgs follows."""


@dataclass(slots=True)
class Session:
    """What a chain has beside its history, and a snapshot keeps."""

    pool: Pool
    timing: Timing
    automine: bool
    forks: int = 0
    """Reorgs so far."""

    def copy(self) -> "Session":
        """Return one with the same content."""
        return Session(self.pool.copy(), replace(self.timing), self.automine, self.forks)


@dataclass(slots=True)
class Ledger:
    """The parts of a chain. The world is always the state after the last item of history."""

    config: ChainConfig
    contracts: Mapping[bytes, Contract]
    world: World
    history: History
    session: Session

    def next_base_fee(self) -> int:
        """Compute the base fee of the next block, in wei a gas."""
        head = self.history.head
        return next_base_fee(head.base_fee, head.gas_used, head.gas_limit)

    def next_header(self, timestamp: int) -> Header:
        """Return the header of the next block, were it empty."""
        head = self.history.head
        return Header(
            parent_hash=head.hash,
            number=head.number + 1,
            timestamp=timestamp,
            base_fee=self.next_base_fee(),
            gas_limit=self.config.gas_limit,
            state_root=head.state_root,
            extra_data=self._extra_data(),
            coinbase=self.config.coinbase,
        )

    def append_waiting(self, time: int) -> bool:
        """Append a block of what waits, at `time` in milliseconds. False, and nothing appended, where nothing can go in."""
        pool = self.session.pool
        selection = pool.selection(self.world.nonce, self.next_base_fee())
        transaction = selection.take()
        if transaction is None:
            return False
        production = self._production(time)
        while transaction is not None:
            try:
                production.include(transaction)
            except TransactionError:
                pass  # It stays in the pool, and its sender's later ones with it.
            else:
                selection.follow(transaction)
            transaction = selection.take()
        return self._append(production)

    def append_exactly(self, time: int, transactions: Sequence[Transaction]) -> bool:
        """Append a block of these transactions. False, and nothing appended, where there are none.

        Raises TransactionError where one cannot go in; the world's journal then holds what went in before it.
        """
        production = self._production(time) if transactions else None
        if production is None:
            return False
        for transaction in transactions:
            check_static(transaction, self.config)
            production.include(transaction)
        return self._append(production)

    def append_empty(self, time: int, count: int, step: int) -> None:
        """Append `count` empty blocks, `step` milliseconds apart: to the run at the head where it goes on like this, else as a new run."""
        tail = self.history.items[-1]
        if isinstance(tail, EmptyRun) and self._continues(tail, time, count, step):
            self.history.pop()
            self.history.push(replace(tail, count=tail.count + count))
            return
        self.history.push(EmptyRun(Strand(self.next_header(time // SECOND), time, step), count))

    def _production(self, time: int) -> Production:
        header = self.next_header(time // SECOND)
        context = Block(header.number, header.timestamp, header.base_fee, self.config.chain_id, self.config.coinbase)
        return Production(self.world, self.contracts, header, context)

    def _append(self, production: Production) -> bool:
        if not production.receipts:
            return False
        block = production.seal()
        self.history.push(block)
        for receipt in block.receipts:
            self.session.pool.remove(receipt.transaction)
        return True

    def _continues(self, tail: EmptyRun, time: int, count: int, step: int) -> bool:
        strand = tail.strand
        return time == strand.time(tail.count) and (count == 1 or step == strand.interval) and strand.first.extra_data == self._extra_data()

    def _extra_data(self) -> bytes:
        forks = self.session.forks
        return EXTRA_DATA + forks.to_bytes((forks.bit_length() + 7) // 8, "big")


def open_ledger(config: ChainConfig, contracts: Sequence[Contract], now: int) -> Ledger:
    """Begin a chain with block 0. Slots before `now` are taken as missed."""
    world = World()
    for address, wei in config.balances.items():
        world.put("balances", address, wei)
    for contract in contracts:
        if contract.balance:
            world.credit(contract.address, contract.balance)
        for key, value in contract.initial.items():
            world.put("storage", (contract.address, key), value)
    world.seal()
    session = Session(Pool(), Timing(config.slot_ms, now + config.slot_ms), config.automine)
    history = History(world, genesis(config), config.history_items)
    return Ledger(config, {contract.address: contract for contract in contracts}, world, history, session)


def genesis(config: ChainConfig) -> FullBlock:
    """Make block 0."""
    header = Header(
        parent_hash=GENESIS_PARENT,
        number=0,
        timestamp=config.genesis_time_s,
        base_fee=config.base_fee,
        gas_limit=config.gas_limit,
        state_root=next_state_root(bytes(32), EMPTY_ROOT, EMPTY_ROOT),
        extra_data=EXTRA_DATA,
        coinbase=config.coinbase,
    )
    return FullBlock(header, header.hash(), (), NO_CHANGE)
