"""L1 as games need it: the real contracts, gas and inclusion rules, block by block, without signatures, headers and a pool.

One rule: what is left out decides nothing. A sender is whoever the caller says; a block holds what the caller includes, in that order;
everything that a contract can see is real, and every block can be taken back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from l1_mock.blocks import Receipt
from l1_mock.contracts.framework import Block, Contract, Log
from l1_mock.execution import Message, Outcome, execute
from l1_mock.headers import GENESIS_PARENT, Header
from l1_mock.production import Production
from l1_mock.transactions import DYNAMIC_FEE, Transaction, TransactionError
from l1_mock.world import Difference, World
from rollup.core.genesis import Genesis
from rollup.dispute.game import Event
from rollup.l1.abi import INTERFACES
from verifier.calls import MoveCall

GAS_PRICE = 10 * 10**9
"""Wei that everybody pays a gas: the price that bonds are reckoned with."""

ROOMY_GAS = 1 << 40
"""Gas of a block in which everything fits: where the time that a transaction may wait stands for a full block."""

CALL_GAS = 1 << 24
"""Gas limit of a transaction: the most that Ethereum allows one (EIP-7825)."""

FUNDS_WEI = 10**6 * 10**18
"""What an account owns at least when it sends a transaction: money is counted in games, but nobody lacks it who has no purse."""

FOLLOWED = ("inbox", "bridge", "assertions")
"""Contracts whose events games are made of."""

COINBASE = b"block's maker......."
"""Who makes the blocks."""


@dataclass(frozen=True, slots=True)
class Mined:
    """A block with transactions."""

    number: int
    receipts: tuple[Receipt, ...]
    difference: Difference


@dataclass(slots=True)
class Ground:
    """The contracts and their chain. The world is always the state after the last block, and what was included since."""

    genesis: Genesis
    contracts: Mapping[bytes, Contract]
    block_gas: int = ROOMY_GAS
    world: World = field(default_factory=World)
    number: int = 0
    """The last block."""
    mined: list[Mined] = field(default_factory=list)
    production: Production | None = None
    serial: int = 0
    purses: set[bytes] = field(default_factory=set)
    """Accounts that have what they were given and no more."""
    addresses: dict[str, bytes] = field(init=False)
    """Of the followed contracts, by name."""

    def __post_init__(self) -> None:
        """Look up the contracts, and give them what they hold at genesis."""
        self.addresses = {name: getattr(self.genesis.contracts, name) for name in FOLLOWED}
        for contract in self.contracts.values():
            self.world.credit(contract.address, contract.balance)
            for key, value in contract.initial.items():
                self.world.put("storage", (contract.address, key), value)
        self.world.seal()

    @property
    def timestamp(self) -> int:
        """Time of the last block, in seconds."""
        return self.genesis.chain.time_s + self.genesis.dispute.block_time_s * self.number

    def open_block(self) -> None:
        """Begin the next block."""
        assert self.production is None
        self.number += 1
        header = Header(GENESIS_PARENT, self.number, self.timestamp, GAS_PRICE, self.block_gas, bytes(32), b"", COINBASE)
        context = Block(self.number, self.timestamp, GAS_PRICE, self.genesis.chain.l1_chain_id, COINBASE)
        self.production = Production(self.world, self.contracts, header, context)

    def include(self, sender: bytes, to: str | bytes, data: bytes, value: int = 0, gas: int = CALL_GAS) -> Receipt | None:
        """Execute a transaction as the block's next; None where the block has no room for it, or its sender cannot pay for it."""
        assert self.production is not None
        if sender not in self.purses and self.world.balance(sender) < FUNDS_WEI:
            self.world.credit(sender, FUNDS_WEI)
        address = to if isinstance(to, bytes) else self.addresses[to]
        self.serial += 1
        name = self.serial.to_bytes(32, "big")
        nonce, chain = self.world.nonce(sender), self.genesis.chain.l1_chain_id
        parts = (DYNAMIC_FEE, chain, nonce, 0, GAS_PRICE, gas, address, value, data, ())
        transaction = Transaction(*parts, v=0, r=1, s=1, raw=name, hash=name, sender=sender)
        try:
            self.production.include(transaction)
        except TransactionError:
            return None
        return self.production.receipts[-1]

    def fund(self, account: bytes, wei: int) -> None:
        """Give an account so much for the whole game, and never more. Its first transaction must be yet to come."""
        self.purses.add(account)
        self.world.credit(account, wei)

    def call(self, sender: bytes, call: MoveCall, contract: str = "assertions") -> Receipt | None:
        """Include a call of a contract's function."""
        data = INTERFACES[contract].functions[call.function].encode_call(call.arguments)
        return self.include(sender, contract, data, call.value)

    def close_block(self) -> Mined:
        """End the block."""
        assert self.production is not None
        mined = Mined(self.number, tuple(self.production.receipts), self.world.seal())
        self.production = None
        if mined.receipts or mined.difference.changes:
            self.mined.append(mined)
        return mined

    def leap(self, blocks: int) -> None:
        """Let empty blocks pass."""
        assert self.production is None
        self.number += blocks

    def roll_back(self, number: int) -> list[Mined]:
        """Return to the state after a block; give the blocks that are gone, oldest first."""
        assert self.production is None
        kept = len(self.mined)
        while kept and self.mined[kept - 1].number > number:
            kept -= 1
            self.world.roll_back(self.mined[kept].difference)
        removed = self.mined[kept:]
        del self.mined[kept:]
        self.number = number
        return removed

    def look(self, contract: str, function: str, *arguments: object) -> tuple[object, ...]:
        """Ask a view, as of the last block."""
        known = INTERFACES[contract].functions[function]
        outcome = self.trial(COINBASE, contract, known.encode_call(arguments))
        assert outcome.success, (function, outcome.reason)
        return known.decode_result(outcome.output)

    def trial(self, sender: bytes, contract: str, data: bytes) -> Outcome:
        """Run a call that leaves nothing behind."""
        mark = self.world.mark()
        context = Block(self.number + 1, self.timestamp, GAS_PRICE, self.genesis.chain.l1_chain_id, COINBASE)
        outcome = execute(self.world, self.contracts, context, Message(sender, self.addresses[contract], data, gas_limit=ROOMY_GAS))
        self.world.undo(mark)
        return outcome


def reader(ground: Ground) -> Callable[[int, Sequence[Log]], list[Event]]:
    """Return a function from a block's number and logs to the events of the followed contracts."""
    tables = {address: INTERFACES[name].topics for name, address in ground.addresses.items()}

    def events(block: int, logs: Sequence[Log]) -> list[Event]:
        known = ((log, tables.get(log.address, {}).get(log.topics[0])) for log in logs)
        return [Event(block, event.name, event.decode_log(log.topics, log.data)) for log, event in known if event is not None]

    return events
