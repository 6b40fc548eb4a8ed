"""Methods that read blocks, transactions, receipts and fees."""

from types import MappingProxyType

from l1_mock.block_tags import place_of, wanted_block
from l1_mock.blocks import FullBlock, Place
from l1_mock.methods.service import Methods, Request
from l1_mock.parameters import listing, refuse
from l1_mock.shapes import Shape, block_shape, header_shape, hexadecimal, mined_shape, receipt_shape, transaction_shape
from rollup.core.transport import JSON

CLIENT_VERSION = "optroll-l1/0.1.0"
"""Answer of web3_clientVersion."""
SUGGESTED_TIP = 10**9
"""Wei a gas that wallets are told to offer the miner."""
FEE_HISTORY_MAX = 1_024
"""Blocks of one fee history (geth's limit)."""
PERCENTILES_MAX = 100
"""Percentiles of one fee history (geth's limit)."""


def client_version(_request: Request) -> JSON:
    """Name this program."""
    return CLIENT_VERSION


def network_version(request: Request) -> JSON:
    """Return the chain id in decimal."""
    return str(request.chain.config.chain_id)


def chain_id(request: Request) -> JSON:
    """Return the chain id."""
    return hex(request.chain.config.chain_id)


def block_number(request: Request) -> JSON:
    """Return the number of the newest block."""
    return hex(request.chain.head.number)


def syncing(_request: Request) -> JSON:
    """Say that nothing is being synchronised."""
    return False


def accounts(_request: Request) -> JSON:
    """Return the accounts that this node signs for: none."""
    return []


def block_by_number(request: Request) -> JSON:
    """Return a block by number or tag, or null."""
    full = request.arguments.flag(1)
    wanted = wanted_block(request.chain, request.arguments.get(0))
    if wanted is not None and wanted.pending:
        return _pending_block(request, full=full)
    return _block(place_of(request.chain, request.arguments.get(0)), full=full)


def block_by_hash(request: Request) -> JSON:
    """Return a block by hash, or null."""
    return _block(request.chain.history.by_hash(request.arguments.hash(0)), full=request.arguments.flag(1))


def block_receipts(request: Request) -> JSON:
    """Return the receipts of a block, or null."""
    value = request.arguments.get(0)
    is_hash = isinstance(value, str) and len(value) == 66
    place = request.chain.history.by_hash(request.arguments.hash(0)) if is_hash else place_of(request.chain, value)
    if place is None:
        return None
    return [receipt_shape(place.item, receipt) for receipt in place.receipts if isinstance(place.item, FullBlock)]


def transaction_by_hash(request: Request) -> JSON:
    """Return a transaction, mined or waiting, or null."""
    digest = request.arguments.hash(0)
    found = request.chain.history.transaction(digest)
    if found is not None:
        block, receipt = found
        return mined_shape(Place(block.first, block), receipt)
    waiting = request.chain.pool.get(digest)
    return None if waiting is None else transaction_shape(waiting)


def transaction_receipt(request: Request) -> JSON:
    """Return the receipt of a mined transaction, or null."""
    found = request.chain.history.transaction(request.arguments.hash(0))
    return None if found is None else receipt_shape(*found)


def gas_price(request: Request) -> JSON:
    """Suggest a gas price: the next base fee and a tip."""
    return hex(request.chain.ledger.next_base_fee() + SUGGESTED_TIP)


def max_priority_fee(_request: Request) -> JSON:
    """Suggest a tip."""
    return hex(SUGGESTED_TIP)


def fee_history(request: Request) -> JSON:
    """Return base fees, how full blocks were, and percentiles of tips, for a stretch of blocks."""
    count = request.arguments.quantity(0)
    wanted = wanted_block(request.chain, request.arguments.get(1))
    if wanted is None or wanted.number > request.chain.head.number + wanted.pending:
        refuse("request beyond head block")
    percentiles = _percentiles(request)
    newest = min(wanted.number, request.chain.head.number)
    count = min(count, FEE_HISTORY_MAX, newest + 1)
    places = [place for number in range(newest - count + 1, newest + 1) if (place := request.chain.history.at(number))]
    following = request.chain.history.at(newest + 1)
    next_fee = following.base_fee if following else request.chain.ledger.next_base_fee()
    shape: Shape = {
        "oldestBlock": hex(newest - count + 1),
        "baseFeePerGas": [*(hex(place.base_fee) for place in places), hex(next_fee)],
        "gasUsedRatio": [place.gas_used / place.gas_limit for place in places],
    }
    if percentiles:
        shape["reward"] = [_rewards(place, percentiles) for place in places]
    return shape


def _percentiles(request: Request) -> list[float]:
    values = listing(request.arguments.get(2) or [], "percentiles", PERCENTILES_MAX)
    percentiles = [float(value) for value in values if isinstance(value, int | float) and 0 <= value <= 100]
    if len(percentiles) != len(values) or percentiles != sorted(percentiles):
        refuse("percentiles: expected ascending numbers from 0 to 100")
    return percentiles


def _rewards(place: Place, percentiles: list[float]) -> list[JSON]:
    """Return, for each percentile of the block's gas, the tip of the transaction there when sorted by tip."""
    tips = sorted((receipt.gas_price - place.base_fee, receipt.gas_used) for receipt in place.receipts)
    rewards: list[JSON] = []
    for percentile in percentiles:
        threshold, total, reward = place.gas_used * percentile / 100, 0, 0
        for tip, gas in tips:
            reward = tip
            total += gas
            if total >= threshold:
                break
        rewards.append(hex(reward))
    return rewards


def _block(place: Place | None, *, full: bool) -> JSON:
    return None if place is None else block_shape(place, full=full)


def _pending_block(request: Request, *, full: bool) -> Shape:
    """Show what the next block would be, as far as can be known: without hash, with all that waits."""
    chain = request.chain
    waiting = chain.pool.waiting()
    context = chain.pending_context(request.now)
    return {
        **header_shape(chain.ledger.next_header(context.timestamp)),
        "hash": None,
        "nonce": None,
        "logsBloom": None,
        "totalDifficulty": "0x0",
        "size": "0x0",
        "transactions": [transaction_shape(item) if full else hexadecimal(item.hash) for item in waiting],
        "uncles": [],
    }


METHODS: Methods = MappingProxyType(
    {
        "web3_clientVersion": client_version,
        "net_version": network_version,
        "eth_chainId": chain_id,
        "eth_blockNumber": block_number,
        "eth_syncing": syncing,
        "eth_accounts": accounts,
        "eth_getBlockByNumber": block_by_number,
        "eth_getBlockByHash": block_by_hash,
        "eth_getBlockReceipts": block_receipts,
        "eth_getTransactionByHash": transaction_by_hash,
        "eth_getTransactionReceipt": transaction_receipt,
        "eth_gasPrice": gas_price,
        "eth_maxPriorityFeePerGas": max_priority_fee,
        "eth_feeHistory": fee_history,
    },
)
"""Methods by name."""
