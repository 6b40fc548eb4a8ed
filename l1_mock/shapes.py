"""Blocks, transactions, receipts and logs as Ethereum's JSON-RPC shows them (execution-apis)."""

from dataclasses import dataclass

from l1_mock.blocks import FullBlock, Place, Receipt
from l1_mock.contracts.framework import Log
from l1_mock.headers import MIX_HASH, OMMERS_HASH, PROOF_OF_WORK_NONCE, Header
from l1_mock.transactions import DYNAMIC_FEE, LEGACY, Transaction
from rollup.core.transport import JSON

Shape = dict[str, JSON]
"""A JSON object."""


def hexadecimal(value: bytes) -> str:
    """Show bytes."""
    return "0x" + value.hex()


@dataclass(frozen=True, slots=True)
class PlacedLog:
    """A log and where it is, or was."""

    block: FullBlock
    receipt: Receipt
    index: int
    """Position in the receipt."""
    removed: bool = False
    """Whether its block is no longer part of the chain."""

    @property
    def log(self) -> Log:
        """The log itself."""
        return self.receipt.logs[self.index]


def block_shape(place: Place, *, full: bool) -> Shape:
    """Show a block, with its transactions or only their hashes."""
    receipts = place.receipts
    transactions: list[JSON] = [mined_shape(place, receipt) if full else hexadecimal(receipt.transaction.hash) for receipt in receipts]
    header = place.header
    return {
        **header_shape(header),
        "hash": hexadecimal(place.hash),
        "totalDifficulty": "0x0",
        "size": hex(block_size(header, [receipt.transaction for receipt in receipts])),
        "transactions": transactions,
        "uncles": [],
    }


def header_shape(header: Header) -> Shape:
    """Show a header, without its hash."""
    return {
        "number": hex(header.number),
        "parentHash": hexadecimal(header.parent_hash),
        "nonce": hexadecimal(PROOF_OF_WORK_NONCE),
        "mixHash": hexadecimal(MIX_HASH),
        "sha3Uncles": hexadecimal(OMMERS_HASH),
        "logsBloom": hexadecimal(header.logs_bloom),
        "transactionsRoot": hexadecimal(header.transactions_root),
        "stateRoot": hexadecimal(header.state_root),
        "receiptsRoot": hexadecimal(header.receipts_root),
        "miner": hexadecimal(header.coinbase),
        "difficulty": "0x0",
        "extraData": hexadecimal(header.extra_data),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "baseFeePerGas": hex(header.base_fee),
    }


def transaction_shape(transaction: Transaction) -> Shape:
    """Show a transaction that waits for a block."""
    shape: Shape = {
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
        "type": hex(transaction.kind),
        "chainId": hex(transaction.chain_id),
        "hash": hexadecimal(transaction.hash),
        "from": hexadecimal(transaction.sender),
        "to": hexadecimal(transaction.to) if transaction.to else None,
        "nonce": hex(transaction.nonce),
        "gas": hex(transaction.gas_limit),
        "gasPrice": hex(transaction.max_fee),
        "value": hex(transaction.value),
        "input": hexadecimal(transaction.data),
        "v": hex(transaction.v),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
    }
    if transaction.kind != LEGACY:
        shape["yParity"] = hex(transaction.v)
        shape["accessList"] = [
            {"address": hexadecimal(address), "storageKeys": [hexadecimal(key) for key in keys]}
            for address, keys in transaction.access_list
        ]
    if transaction.kind == DYNAMIC_FEE:
        shape["maxFeePerGas"] = hex(transaction.max_fee)
        shape["maxPriorityFeePerGas"] = hex(transaction.max_tip)
    return shape


def mined_shape(place: Place, receipt: Receipt) -> Shape:
    """Show a transaction of a block."""
    return {
        **transaction_shape(receipt.transaction),
        "blockHash": hexadecimal(place.hash),
        "blockNumber": hex(place.number),
        "transactionIndex": hex(receipt.index),
        "gasPrice": hex(receipt.gas_price),
    }


def receipt_shape(block: FullBlock, receipt: Receipt) -> Shape:
    """Show a receipt; a failed one says why, for people, in `revertReason`."""
    transaction = receipt.transaction
    shape: Shape = {
        "transactionHash": hexadecimal(transaction.hash),
        "transactionIndex": hex(receipt.index),
        "blockHash": hexadecimal(block.digest),
        "blockNumber": hex(block.first),
        "from": hexadecimal(transaction.sender),
        "to": hexadecimal(transaction.to) if transaction.to else None,
        "type": hex(transaction.kind),
        "status": hex(receipt.success),
        "gasUsed": hex(receipt.gas_used),
        "cumulativeGasUsed": hex(receipt.cumulative_gas),
        "effectiveGasPrice": hex(receipt.gas_price),
        "contractAddress": None,
        "logs": [log_shape(PlacedLog(block, receipt, index)) for index in range(len(receipt.logs))],
        "logsBloom": hexadecimal(receipt.bloom),
    }
    if not receipt.success:
        shape["revertReason"] = receipt.reason
    return shape


def log_shape(placed: PlacedLog) -> Shape:
    """Show a log."""
    log = placed.log
    return {
        "address": hexadecimal(log.address),
        "topics": [hexadecimal(topic) for topic in log.topics],
        "data": hexadecimal(log.data),
        "blockNumber": hex(placed.block.first),
        "blockHash": hexadecimal(placed.block.digest),
        "blockTimestamp": hex(placed.block.sealed.timestamp),
        "transactionHash": hexadecimal(placed.receipt.transaction.hash),
        "transactionIndex": hex(placed.receipt.index),
        "logIndex": hex(placed.receipt.first_log + placed.index),
        "removed": placed.removed,
    }


def block_size(header: Header, transactions: list[Transaction]) -> int:
    """Compute the length of a block's RLP: a list of header, transactions and an empty list of uncles."""
    bodies = sum(len(item.raw) if item.kind == LEGACY else _framed(len(item.raw)) for item in transactions)
    return _framed(len(header.encode()) + _framed(bodies) + 1)


def _framed(length: int) -> int:
    """Return the length of an RLP string or list with so much inside."""
    return length + (1 if length < 56 else 1 + (length.bit_length() + 7) // 8)
