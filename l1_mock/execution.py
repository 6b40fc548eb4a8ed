"""Run one message against the contracts: the mock's virtual machine. Pure: it changes the world's tables and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from l1_mock.contracts.framework import Block, Call, Contract, Execution, Log, Revert, dispatch, move
from l1_mock.gas import GasMeter, OutOfGasError
from l1_mock.world import World


@dataclass(frozen=True, slots=True)
class Message:
    """What a transaction or an `eth_call` asks for."""

    sender: bytes
    to: bytes | None
    """None would create a contract, which the mock refuses."""
    data: bytes = b""
    value: int = 0
    """Wei."""
    gas_limit: int = 30_000_000
    gas_price: int = 0
    """Wei a gas."""
    warm: tuple[bytes, ...] = ()
    """Addresses of its access list."""
    storage_keys: int = 0
    """Storage keys in that list: paid for, though slots here cannot be named by it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    success: bool
    output: bytes
    """Encoded outputs, or the revert's data."""
    logs: tuple[Log, ...]
    gas_used: int
    """After refunds."""
    gas_peak: int
    """Before refunds: what the limit must allow."""
    reason: str = ""
    """Why it failed, for people."""


def execute(world: World, contracts: Mapping[bytes, Contract], block: Block, message: Message, intrinsic: int = 0) -> Outcome:
    """Run `message` with `intrinsic` gas already used. A failed one leaves the world as it was; nothing is raised."""
    meter = GasMeter(message.gas_limit, intrinsic)
    execution = Execution(world, contracts, block, meter, message.sender, message.gas_price)
    execution.warm_accounts = dict.fromkeys((message.sender, block.coinbase, *message.warm))
    mark = world.mark()
    try:
        output = _run(execution, message)
    except Revert as error:
        world.undo(mark)
        return Outcome(False, error.data, (), meter.used, meter.used, error.reason or "execution reverted")
    except OutOfGasError as error:
        world.undo(mark)
        return Outcome(False, b"", (), meter.limit, error.needed, "out of gas")
    return Outcome(True, output, tuple(execution.logs), meter.settled(), meter.used)


def _run(execution: Execution, message: Message) -> bytes:
    if message.to is None:
        raise Revert("contract creation is not supported")
    execution.warm_accounts[message.to] = None
    contract = execution.contracts.get(message.to)
    if contract is None:
        move(execution.world, message.sender, message.to, message.value)
        return b""
    return dispatch(Call(execution, contract, message.sender, message.value), message.data)
