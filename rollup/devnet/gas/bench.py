"""The contracts on a bare world, where every call's gas is written down."""

from collections.abc import Callable
from dataclasses import dataclass, field

from l1_mock.contracts.deployment import contracts_of
from l1_mock.contracts.framework import Block, Contract
from l1_mock.execution import Message, Outcome, execute
from l1_mock.gas import TRANSACTION_GAS_CAP, intrinsic_cost
from l1_mock.world import World
from rollup.core.genesis import Genesis
from rollup.l1.abi import INTERFACES
from rollup.state.genesis import genesis_rows
from rollup.transition.machine import PlainMachine

GAS_LIMIT = 2 * TRANSACTION_GAS_CAP
"""Gas that a measured call may use: more than Ethereum allows a transaction, so that one beyond it is measured too."""

FUNDS_WEI = 10**24
"""What every sender owns."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The costliest call of one sort."""

    name: str
    gas: int
    """Before refunds: what a transaction's limit must allow."""
    calldata: int
    """Bytes."""

    @property
    def fits(self) -> bool:
        """Whether Ethereum allows it in one transaction (EIP-7825)."""
        return self.gas <= TRANSACTION_GAS_CAP


def fresh_machine(genesis: Genesis) -> PlainMachine:
    """Return a machine at the genesis state."""
    machine = PlainMachine()
    machine.load(genesis_rows(genesis))
    return machine


@dataclass(slots=True)
class Bench:
    """L1's contracts, and what calling them has cost."""

    genesis: Genesis
    root: bytes = b""
    """The state's root that the rollup begins with; empty: that of genesis."""
    contracts: dict[bytes, Contract] = field(init=False)
    world: World = field(default_factory=World)
    block: int = 1
    measured: dict[str, Measured] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Deploy everything, with what it holds at genesis."""
        self.contracts = contracts_of(self.genesis, self.root or fresh_machine(self.genesis).root())
        for contract in self.contracts.values():
            self.world.credit(contract.address, contract.balance)
            for key, value in contract.initial.items():
                self.world.put("storage", (contract.address, key), value)
        self.world.seal()

    @property
    def time_s(self) -> int:
        """Time of the present block."""
        return self.genesis.chain.time_s + self.genesis.dispute.block_time_s * self.block

    def send(self, sender: bytes, contract: str, function: str, *arguments: object, value: int = 0, name: str = "") -> Outcome:
        """Call a function and write down its gas, by `name` or by its own. An assertion fails where it reverts."""
        data = INTERFACES[contract].functions[function].encode_call(arguments)
        outcome = self.run(sender, contract, data, value)
        assert outcome.success, f"{contract}.{function}: {outcome.reason}"
        key = name or f"{contract}.{function}"
        if key not in self.measured or self.measured[key].gas < outcome.gas_peak:
            self.measured[key] = Measured(key, outcome.gas_peak, len(data))
        return outcome

    def ask(self, contract: str, function: str, *arguments: object) -> tuple[object, ...]:
        """Return what a view answers."""
        known = INTERFACES[contract].functions[function]
        outcome = self.run(bytes(20), contract, known.encode_call(arguments), 0)
        assert outcome.success, outcome.reason
        return known.decode_result(outcome.output)

    def number(self, contract: str, function: str, *arguments: object) -> int:
        """Return the one integer that a view answers."""
        (value,) = self.ask(contract, function, *arguments)
        assert isinstance(value, int)
        return value

    def word(self, contract: str, function: str, *arguments: object) -> bytes:
        """Return the first word that a view answers."""
        value = self.ask(contract, function, *arguments)[0]
        assert isinstance(value, bytes)
        return value

    def run(self, sender: bytes, contract: str, data: bytes, value: int) -> Outcome:
        """Run calldata in the present block."""
        return self.run_at(sender, getattr(self.genesis.contracts, contract), data, value)

    def run_at(self, sender: bytes, address: bytes, data: bytes, value: int) -> Outcome:
        """Run calldata at an address in the present block."""
        if self.world.balance(sender) < FUNDS_WEI:
            self.world.put("balances", sender, FUNDS_WEI)
        message = Message(sender, address, data, value, gas_limit=GAS_LIMIT, gas_price=10**9)
        return execute(self.world, self.contracts, Block(self.block, self.time_s), message, intrinsic_cost(data, creates=False))


Scene = Callable[[], dict[str, Measured]]
"""Plays something and returns what it cost."""
