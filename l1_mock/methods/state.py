"""Methods that read the state, run calls, and send transactions."""

from types import MappingProxyType

from l1_mock.block_tags import SERVER_ERROR, Wanted, state_block
from l1_mock.contracts.framework import Block
from l1_mock.execution import Message, Outcome
from l1_mock.methods.service import Methods, Request
from l1_mock.parameters import data, listing, mapping, quantity, refuse
from l1_mock.shapes import hexadecimal
from l1_mock.state_access import call, state_at
from l1_mock.transactions import TransactionError
from rollup.core.transport import JSON, RpcError

TRANSACTION_REJECTED = -32_003
"""The pool does not take the transaction (EIP-1474)."""
REVERTED = 3
"""The call reverted; `data` is what it gave (geth)."""
ACCESS_LIST_MAX = 1_000
"""Entries of a call's access list."""
CODE_PREFIX = b"\xfe"
"""First byte of what eth_getCode shows of a contract: the EVM's INVALID, before the contract's name."""


def balance(request: Request) -> JSON:
    """Return a balance in wei."""
    wanted = _wanted(request, 1)
    address = request.arguments.address(0)
    with state_at(request.chain, wanted.number) as world:
        return hex(world.balance(address))


def code(request: Request) -> JSON:
    """Return something for a contract and nothing for an account: contracts here have no byte code."""
    _wanted(request, 1)
    contract = request.chain.contracts.get(request.arguments.address(0))
    return hexadecimal(CODE_PREFIX + contract.name.encode() if contract else b"")


def storage_at(request: Request) -> JSON:
    """Return zero: contracts here keep no numbered slots."""
    request.arguments.address(0)
    request.arguments.quantity(1)
    _wanted(request, 2)
    return hexadecimal(bytes(32))


def transaction_count(request: Request) -> JSON:
    """Return the next nonce of an account; counting what waits, where the block is pending."""
    wanted = _wanted(request, 1)
    address = request.arguments.address(0)
    with state_at(request.chain, wanted.number) as world:
        nonce = world.nonce(address)
    return hex(request.chain.pool.next_nonce(address, nonce) if wanted.pending else nonce)


def run_call(request: Request) -> JSON:
    """Run a call and return its output; nothing is changed."""
    if request.arguments.get(2):
        refuse("state overrides are not supported")
    return hexadecimal(_run(request, _wanted(request, 1)).output)


def estimate_gas(request: Request) -> JSON:
    """Return the gas limit that a transaction needs, before refunds."""
    value = request.arguments.get(1)
    wanted = Wanted(request.chain.head.number + 1, pending=True) if value is None else state_block(request.chain, value)
    return hex(_run(request, wanted).gas_peak)


def send_raw_transaction(request: Request) -> JSON:
    """Take a signed transaction in and return its hash."""
    raw = request.arguments.data(0)
    try:
        return hexadecimal(request.chain.submit(raw, request.now))
    except TransactionError as error:
        raise RpcError(TRANSACTION_REJECTED, str(error)) from error


def pool_status(request: Request) -> JSON:
    """Count the transactions that could go into the next block, and those that wait for another first."""
    chain = request.chain
    ready = sum(chain.pool.next_nonce(sender, nonce) - nonce for sender in chain.pool.senders for nonce in (chain.world.nonce(sender),))
    return {"pending": hex(ready), "queued": hex(len(chain.pool.hashes) - ready)}


def _wanted(request: Request, index: int) -> Wanted:
    return state_block(request.chain, request.arguments.get(index))


def _run(request: Request, wanted: Wanted) -> Outcome:
    """Run the call that the first argument describes. Raises RpcError as geth would where it fails."""
    chain = request.chain
    message = _message(request)
    outcome = call(chain, message, _context(request, wanted), wanted.number)
    if outcome.success:
        return outcome
    if outcome.output or outcome.reason not in {"out of gas", "insufficient balance for transfer"}:
        reason = outcome.reason.removeprefix("execution reverted")
        raise RpcError(REVERTED, f"execution reverted: {reason}" if reason else "execution reverted", hexadecimal(outcome.output))
    raise RpcError(SERVER_ERROR, outcome.reason.replace("balance", "funds"))


def _context(request: Request, wanted: Wanted) -> Block:
    place = None if wanted.pending else request.chain.history.at(wanted.number)
    return request.chain.pending_context(request.now) if place is None else request.chain.context(place)


def _message(request: Request) -> Message:
    fields = mapping(request.arguments.get(0), "call")

    def number(name: str, default: int) -> int:
        value = fields.get(name)
        return default if value is None else quantity(value, name)

    def content(name: str, length: int | None = None) -> bytes | None:
        value = fields.get(name)
        return None if value is None else data(value, name, length)

    calldata, alias = content("input"), content("data")
    if calldata is not None and alias is not None and calldata != alias:
        refuse('both "data" and "input" are set and not equal')
    limit = request.chain.config.gas_limit
    listed = listing(fields.get("accessList") or [], "accessList", ACCESS_LIST_MAX)
    entries = [mapping(entry, "accessList") for entry in listed]
    return Message(
        sender=content("from", 20) or bytes(20),
        to=content("to", 20),
        data=calldata or alias or b"",
        value=number("value", 0),
        gas_limit=min(number("gas", limit), limit),
        gas_price=number("gasPrice", number("maxFeePerGas", 0)),
        warm=tuple(data(entry.get("address"), "address", 20) for entry in entries),
        storage_keys=sum(len(listing(entry.get("storageKeys", []), "storageKeys", ACCESS_LIST_MAX)) for entry in entries),
    )


METHODS: Methods = MappingProxyType(
    {
        "eth_getBalance": balance,
        "eth_getCode": code,
        "eth_getStorageAt": storage_at,
        "eth_getTransactionCount": transaction_count,
        "eth_call": run_call,
        "eth_estimateGas": estimate_gas,
        "eth_sendRawTransaction": send_raw_transaction,
        "txpool_status": pool_status,
    },
)
"""Methods by name."""
