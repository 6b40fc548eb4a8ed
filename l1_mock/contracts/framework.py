"""How a contract is written: an address, a JSON ABI, and a visible table from function names to handlers.

A handler is `handler(call, *arguments) -> outputs`: arguments arrive decoded by the ABI (addresses as 20 raw bytes, `bytesN` as bytes,
integers as int, arrays as tuples); outputs are None, one value, or a tuple in the ABI's order. `call` is the only thing a handler may
touch. Whatever a handler changes is undone when it, or a caller above it, reverts. The rules of Solidity hold: ether sent to a
function that is not payable reverts, and a view that writes reverts.

    INBOX = Contract("inbox", address, ABI, {"enqueue": enqueue, "queueLength": queue_length}, settings=Settings(...))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from l1_mock import gas
from l1_mock.contracts.interface import (
    AbiEncodingError,
    AbiEntry,
    DecodingError,
    Function,
    Interface,
    decode,
    encode,
    interface,
)
from l1_mock.contracts.storage import Access, Key, StaticCallError, Storage
from l1_mock.gas import GasMeter
from l1_mock.world import World
from rollup.core.keccak import keccak256

ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Selector of Solidity's Error(string)."""
PANIC_SELECTOR = bytes.fromhex("4e487b71")
"""Selector of Solidity's Panic(uint256)."""
PANIC_ASSERT = 0x01
"""Solidity's panic code of a failed assertion."""
CALL_DEPTH = 64
"""Calls within calls. Ethereum has 1,024; ours never nest more than a few."""
RECEIVE = "receive"
"""Name in a contract's table of the handler for plain ether; it takes no arguments."""

MISTAKES = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError, AbiEncodingError, StaticCallError)
"""What a handler's own mistake raises. It becomes a panic, so that no calldata can stop the chain."""

DEVNET_CHAIN_IDS = frozenset({31_337, 1_337})
"""Chain ids on which money may be minted and time bent: anvil's and hardhat's, and ganache's and geth's development mode."""

Handler = Callable[..., object]
Settings = TypeVar("Settings")


class Revert(Exception):
    """The call gives up: all it did is undone, unused gas is kept. `data` is ABI-encoded as Solidity's errors are."""

    def __init__(self, reason: str = "", data: bytes | None = None) -> None:
        """Revert for `reason`, encoded as Error(string) unless `data` says otherwise."""
        super().__init__(reason)
        self.reason = reason
        if data is None:
            data = ERROR_SELECTOR + encode(["string"], [reason]) if reason else b""
        self.data = data


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as deployed. `settings` are its immutables: read free of gas through `call.settings`."""

    name: str
    address: bytes
    abi: Sequence[AbiEntry]
    functions: Mapping[str, Handler]
    settings: object = None
    records: tuple[type, ...] = ()
    """The frozen dataclasses that it keeps in storage; a chain can be saved only if all are listed."""
    initial: Mapping[Key, object] = field(default_factory=dict)
    """What its storage holds at genesis."""
    balance: int = 0
    """Wei that it owns at genesis."""
    interface: Interface = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check that the table and the ABI name the same functions."""
        object.__setattr__(self, "interface", interface(self.abi))
        unknown = self.functions.keys() ^ self.interface.functions.keys()
        if unknown - {RECEIVE}:
            raise ValueError(f"contract {self.name}: table and ABI differ in {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Block:
    """The block that a call runs in."""

    number: int
    timestamp: int
    """Unix time in seconds."""
    base_fee: int = 0
    """Wei a gas."""
    chain_id: int = 31337
    coinbase: bytes = bytes(20)


@dataclass(frozen=True, slots=True)
class Log:
    """An event as L1 keeps it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(slots=True)
class Execution:
    """What all calls of one transaction share."""

    world: World
    contracts: Mapping[bytes, Contract]
    block: Block
    meter: GasMeter
    origin: bytes
    gas_price: int = 0
    """Wei a gas that the transaction pays."""
    logs: list[Log] = field(default_factory=list)
    warm_accounts: dict[bytes, None] = field(default_factory=dict)
    access: Access = field(init=False)

    def __post_init__(self) -> None:
        """Start with no slot touched."""
        self.access = Access(self.meter)

    def touch(self, address: bytes) -> None:
        """Charge for reaching an address: 2,600 the first time, 100 again (EIP-2929)."""
        self.meter.charge(gas.WARM_READ if address in self.warm_accounts else gas.COLD_ACCOUNT)
        self.warm_accounts[address] = None


@dataclass(slots=True, eq=False)
class Call:
    """One call of one function: what a handler sees of the world."""

    execution: Execution
    contract: Contract
    sender: bytes
    """Who calls: the account or contract just above."""
    value: int
    """Wei that came with the call; already in the contract's balance."""
    static: bool = False
    depth: int = 0
    calldata_length: int = 0
    """Bytes of calldata, selector included; 0 for calls between contracts."""
    storage: Storage = field(init=False)

    def __post_init__(self) -> None:
        """Open the contract's storage."""
        execution = self.execution
        self.storage = Storage(execution.world, execution.access, self.contract.address, static=self.static)

    @property
    def address(self) -> bytes:
        """The contract's own address."""
        return self.contract.address

    @property
    def origin(self) -> bytes:
        """The account that signed the transaction."""
        return self.execution.origin

    @property
    def block(self) -> Block:
        """The block that the call runs in."""
        return self.execution.block

    @property
    def block_number(self) -> int:
        """Number of that block."""
        return self.execution.block.number

    @property
    def timestamp(self) -> int:
        """Unix time of that block, in seconds."""
        return self.execution.block.timestamp

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        return self.execution.block.chain_id

    @property
    def gas_price(self) -> int:
        """Wei a gas that the transaction pays."""
        return self.execution.gas_price

    @property
    def gas_left(self) -> int:
        """Gas that may still be used."""
        return self.execution.meter.left

    @property
    def gas_used(self) -> int:
        """Gas used so far by the whole transaction, before refunds."""
        return self.execution.meter.used

    @property
    def balance(self) -> int:
        """The contract's own balance in wei."""
        return self.execution.world.balance(self.contract.address)

    def settings(self, kind: type[Settings]) -> Settings:
        """Return the contract's immutables, which are of this type."""
        settings = self.contract.settings
        assert isinstance(settings, kind)
        return settings

    def charge(self, amount: int) -> None:
        """Use `amount` gas."""
        self.execution.meter.charge(amount)

    def charge_keccak(self, length: int) -> None:
        """Use the gas of hashing `length` bytes: 30 and 6 a word."""
        self.execution.meter.charge(gas.keccak_cost(length))

    def keccak(self, data: bytes) -> bytes:
        """Hash `data` with keccak-256, metered."""
        self.execution.meter.charge(gas.keccak_cost(len(data)))
        return keccak256(data)

    def revert(self, reason: str) -> NoReturn:
        """Give up: undo everything this call did."""
        raise Revert(reason)

    def require(self, condition: bool, reason: str) -> None:  # noqa: FBT001  # reads as Solidity's
        """Revert with `reason` unless `condition` holds."""
        if not condition:
            raise Revert(reason)

    def emit(self, event: str, **arguments: object) -> None:
        """Write a log, ABI-encoded with its topics, by the event's name in the ABI."""
        if self.static:
            raise StaticCallError(f"event {event} in a static call")
        topics, data = self.contract.interface.events[event].log(arguments)
        self.charge(gas.LOG + gas.LOG_TOPIC * len(topics) + gas.LOG_DATA_BYTE * len(data))
        self.execution.logs.append(Log(self.contract.address, topics, data))

    def call(self, to: bytes, function: str, *arguments: object, value: int = 0) -> object:
        """Call another contract's function by name and return its outputs as its handler does.

        Raises Revert where the callee reverts (its effects are then undone; the caller may catch it), or where there is no such
        contract or function, or not enough ether.
        """
        contract = self.execution.contracts.get(to)
        if contract is None or function not in contract.interface.functions:
            raise Revert
        target = contract.interface.functions[function]
        frame = self._below(contract, value)
        return enter(frame, target.payable, target.static, contract.functions[function], arguments)

    def transfer(self, to: bytes, wei: int) -> None:
        """Send ether from the contract's balance to an account, or to a contract's `receive`. Raises Revert where it cannot."""
        contract = self.execution.contracts.get(to)
        if contract is not None:
            enter(self._below(contract, wei), True, False, contract.functions.get(RECEIVE, _refuse_ether), ())
            return
        self.execution.touch(to)
        self._charge_value(to, wei)
        move(self.execution.world, self.address, to, wei)

    def _below(self, contract: Contract, wei: int) -> "Call":
        self.execution.touch(contract.address)
        self._charge_value(contract.address, wei)
        return Call(self.execution, contract, self.address, wei, self.static, self.depth + 1)

    def _charge_value(self, to: bytes, wei: int) -> None:
        if not wei:
            return
        if self.static:
            raise StaticCallError("ether sent in a static call")
        world = self.execution.world
        is_new = to not in self.execution.contracts and not world.balance(to) and not world.nonce(to)
        self.charge(gas.CALL_VALUE + (gas.NEW_ACCOUNT if is_new else 0))


def dispatch(call: Call, data: bytes) -> bytes:
    """Run the function that `data` names, with the arguments it encodes, and return the encoded outputs.

    Raises Revert (after undoing what was done) or OutOfGasError (the caller undoes).
    """
    contract = call.contract
    if not data:
        enter(call, True, False, contract.functions.get(RECEIVE, _refuse_ether), ())
        return b""
    function = contract.interface.selectors.get(data[:4])
    if function is None:
        raise Revert
    call.calldata_length = len(data)
    result = enter(call, function.payable, function.static, contract.functions[function.name], _arguments(function, data))
    try:
        return function.encode_outputs(result)
    except MISTAKES as error:
        raise panic(contract, error) from error


def enter(call: Call, payable: bool, static: bool, handler: Handler, arguments: Sequence[object]) -> object:  # noqa: FBT001
    """Run a handler as one call: move its ether in, undo all of it if it reverts.

    Raises Revert, also for a handler's own mistake.
    """
    execution = call.execution
    mark = execution.world.mark(), execution.access.mark(), len(execution.logs)
    _check_entry(call, payable=payable)
    try:
        move(execution.world, call.sender, call.contract.address, call.value)
        call.storage = Storage(execution.world, execution.access, call.contract.address, static=static or call.static)
        call.static = static or call.static
        return handler(call, *arguments)
    except Revert:
        _undo(execution, mark)
        raise
    except MISTAKES as error:
        _undo(execution, mark)
        raise panic(call.contract, error) from error


def _check_entry(call: Call, *, payable: bool) -> None:
    if call.depth >= CALL_DEPTH:
        raise Revert("call depth exceeded", b"")
    if call.value and not payable:
        raise Revert("the function is not payable", b"")


def panic(contract: Contract, error: Exception) -> Revert:
    """Describe a handler's own mistake as Solidity's Panic(1)."""
    data = PANIC_SELECTOR + encode(["uint256"], [PANIC_ASSERT])
    return Revert(f"{contract.name}: {type(error).__name__}: {error}", data)


def move(world: World, sender: bytes, to: bytes, wei: int) -> None:
    """Move ether. Raises Revert where the sender has not enough."""
    if not wei:
        return
    if wei < 0 or world.balance(sender) < wei:
        raise Revert("insufficient balance for transfer", b"")
    world.credit(sender, -wei)
    world.credit(to, wei)


def _undo(execution: Execution, mark: tuple[int, tuple[int, int], int]) -> None:
    execution.world.undo(mark[0])
    execution.access.undo(mark[1])
    del execution.logs[mark[2] :]


def _arguments(function: Function, data: bytes) -> tuple[object, ...]:
    try:
        return decode(function.inputs, data[4:])
    except DecodingError as error:
        raise Revert(str(error), b"") from error


def _refuse_ether(call: Call) -> None:
    """Stand in for a contract without a `receive` handler."""
    raise Revert(f"{call.contract.name} takes no plain ether", b"")
