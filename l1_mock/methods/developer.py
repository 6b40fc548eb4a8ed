"""Developer's methods, named as anvil's and hardhat's: they bend time and history, and exist on a devnet's chain id only."""

from collections.abc import Sequence
from types import MappingProxyType

from l1_mock.block_tags import SERVER_ERROR
from l1_mock.chain import ChainError
from l1_mock.methods.service import Method, Methods, Request
from l1_mock.methods.state import TRANSACTION_REJECTED
from l1_mock.parameters import Arguments, data, listing, quantity, refuse
from l1_mock.reorganisation import ReorgError
from l1_mock.saved_values import SavedError
from l1_mock.saving import load, save
from l1_mock.shapes import hexadecimal
from l1_mock.transactions import Transaction, TransactionError, decode_transaction
from rollup.core.transport import JSON, RpcError

REORG_TRANSACTIONS_MAX = 10_000
"""Transactions that one reorg names, at most."""


def mine_blocks(request: Request) -> JSON:
    """Make blocks: `[count, interval in seconds]`, 1 and whatever the slots say by default."""
    interval = None if request.arguments.get(1) is None else request.arguments.quantity(1)
    request.chain.mine(request.now, request.arguments.quantity(0, 1), interval)
    return None


def mine_block(request: Request) -> JSON:
    """Make a block: `[]`, `[timestamp]` or `[{timestamp, blocks}]`."""
    value = request.arguments.get(0)
    options = value if isinstance(value, dict) else {"timestamp": value}
    timestamp, count = options.get("timestamp"), options.get("blocks")
    if timestamp is not None:
        request.chain.set_next_timestamp(quantity(timestamp, "timestamp"))
    request.chain.mine(request.now, 1 if count is None else quantity(count, "blocks"))
    return "0x0"


def snapshot(request: Request) -> JSON:
    """Remember the present and return its id."""
    return hex(request.chain.snapshot())


def revert(request: Request) -> JSON:
    """Return to a snapshot, which works once; false where there is none by this id."""
    return request.chain.revert(request.arguments.quantity(0))


def increase_time(request: Request) -> JSON:
    """Put the clock forward by seconds and return by how much it is ahead in all."""
    return request.chain.increase_time(request.arguments.quantity(0))


def set_next_timestamp(request: Request) -> JSON:
    """Fix the time of the next block."""
    request.chain.set_next_timestamp(request.arguments.quantity(0))
    return None


def set_automine(request: Request) -> JSON:
    """Say whether a transaction gets a block at once."""
    request.chain.session.automine = request.arguments.flag(0)
    return None


def set_balance(request: Request) -> JSON:
    """Set a balance, in wei."""
    request.chain.set_balance(request.arguments.address(0), request.arguments.quantity(1))
    return None


def reorg(request: Request) -> JSON:
    """Replace the newest blocks: `[depth, pairs]`, `[depth, hashes]` or `[{depth, tx_block_pairs | dropped}]`.

    With pairs of a raw transaction and the index of a new block, the new blocks hold exactly those (anvil's). With hashes, the old
    transactions go into new blocks again but for these, as after a reorg of a real chain.
    """
    depth, pairs, dropped = _reorg_options(request.arguments)
    if dropped is not None:
        request.chain.reorg_dropping(depth, frozenset(data(item, "hash", 32) for item in dropped))
        return None
    inclusions: dict[int, list[Transaction]] = {}
    for pair in pairs:
        raw, index = _pair(pair, depth)
        inclusions.setdefault(index, []).append(decode_transaction(raw))
    request.chain.reorg(depth, inclusions)
    return None


def dump_state(request: Request) -> JSON:
    """Return the whole chain as bytes for anvil_loadState."""
    return hexadecimal(save(request.chain, request.now))


def load_state(request: Request) -> JSON:
    """Become the chain that anvil_dumpState saved."""
    load(request.chain, request.arguments.data(0), request.now)
    return True


def _reorg_options(arguments: Arguments) -> tuple[int, Sequence[JSON], Sequence[JSON] | None]:
    """Return the depth, the pairs, and the dropped hashes, if those were given instead."""
    first, second = arguments.get(0), arguments.get(1)
    if isinstance(first, dict):
        depth, pairs, dropped = first.get("depth"), first.get("tx_block_pairs"), first.get("dropped")
    else:
        depth, pairs, dropped = first, second, None
        if isinstance(second, list) and second and isinstance(second[0], str):
            pairs, dropped = None, second
    named = None if dropped is None else listing(dropped, "dropped", REORG_TRANSACTIONS_MAX)
    return quantity(depth, "depth"), listing(pairs or [], "tx_block_pairs", REORG_TRANSACTIONS_MAX), named


def _pair(value: JSON, depth: int) -> tuple[bytes, int]:
    pair = listing(value, "pair", 2)
    if len(pair) != 2:
        refuse("pair: expected a raw transaction and the index of a block")
    index = quantity(pair[1], "index")
    if index >= depth:
        refuse(f"index: expected less than the depth {depth}, received {index}")
    return data(pair[0], "transaction"), index


def guarded(method: Method) -> Method:
    """Turn what the chain cannot do into an RpcError."""

    def call(request: Request) -> JSON:
        try:
            return method(request)
        except (ChainError, ReorgError, SavedError) as error:
            raise RpcError(SERVER_ERROR, str(error)) from error
        except TransactionError as error:
            raise RpcError(TRANSACTION_REJECTED, str(error)) from error

    return call


_TABLE: Methods = MappingProxyType(
    {
        "evm_mine": mine_block,
        "evm_snapshot": snapshot,
        "evm_revert": revert,
        "evm_increaseTime": increase_time,
        "evm_setNextBlockTimestamp": set_next_timestamp,
        "evm_setAutomine": set_automine,
        "anvil_mine": mine_blocks,
        "anvil_setBalance": set_balance,
        "anvil_reorg": reorg,
        "anvil_dumpState": dump_state,
        "anvil_loadState": load_state,
    },
)
_ALIASES = {name.replace("anvil_", "hardhat_"): method for name, method in _TABLE.items() if name.startswith("anvil_")}

METHODS: Methods = MappingProxyType({name: guarded(method) for name, method in {**_TABLE, **_ALIASES}.items()})
"""Methods by name, and hardhat's names for anvil's."""
