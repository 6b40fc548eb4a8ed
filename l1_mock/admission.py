"""Which transactions the chain takes, worded as geth refuses them (core/txpool/validation.go, core/state_transition.go)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from l1_mock.gas import BLOCK_GAS_LIMIT, INITIAL_BASE_FEE, intrinsic_cost
from l1_mock.transactions import Transaction, TransactionError
from l1_mock.world import World

TRANSACTION_BYTES_MAX = 1 << 21
"""Longest transaction. Geth's pool stops at 128 KiB; a batch may take 1.25 MiB of calldata."""


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """What is fixed when a chain begins."""

    chain_id: int = 31_337
    genesis_time_s: int = 0
    """Unix time of block 0."""
    slot_ms: int = 0
    """Milliseconds from block to block; 0 makes blocks on demand alone."""
    automine: bool = True
    """Whether a transaction gets a block at once."""
    gas_limit: int = BLOCK_GAS_LIMIT
    base_fee: int = INITIAL_BASE_FEE
    """Of block 0, in wei a gas."""
    safe_depth: int = 32
    """Blocks that the safe head stays behind (an epoch of Ethereum's slots)."""
    finalized_depth: int = 64
    """Blocks that the finalized head stays behind (two epochs)."""
    history_items: int = 100_000
    """Blocks with transactions, and runs of empty ones between them, that are kept; older ones are forgotten."""
    coinbase: bytes = bytes(20)
    """Who gets the tips."""
    balances: Mapping[bytes, int] = field(default_factory=dict)
    """Wei of each account at genesis."""


def intrinsic_gas(transaction: Transaction) -> int:
    """Compute the gas that the transaction uses before any contract runs."""
    keys = sum(len(keys) for _, keys in transaction.access_list)
    return intrinsic_cost(
        transaction.data,
        creates=transaction.to is None,
        addresses=len(transaction.access_list),
        storage_keys=keys,
    )


def check_static(transaction: Transaction, config: ChainConfig) -> None:
    """Check what depends on no state. Raises TransactionError."""
    if transaction.chain_id != config.chain_id:
        refuse(f"invalid chain id for signer: have {transaction.chain_id} want {config.chain_id}")
    if transaction.to is None:
        refuse("contract creation is not supported")
    if transaction.max_tip > transaction.max_fee:
        refuse(f"max priority fee per gas higher than max fee per gas: tip {transaction.max_tip}, fee {transaction.max_fee}")
    if transaction.gas_limit > config.gas_limit:
        refuse(f"exceeds block gas limit: gas {transaction.gas_limit}, limit {config.gas_limit}")
    least = intrinsic_gas(transaction)
    if transaction.gas_limit < least:
        refuse(f"intrinsic gas too low: gas {transaction.gas_limit}, minimum needed {least}")


def check_sender(transaction: Transaction, world: World) -> None:
    """Check nonce and balance against the state. A nonce ahead is allowed: it waits. Raises TransactionError."""
    nonce, balance = world.nonce(transaction.sender), world.balance(transaction.sender)
    if transaction.nonce < nonce:
        refuse(f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
    cost = transaction.cost_max
    if balance < cost:
        refuse(f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {cost - balance}")


def refuse(reason: str) -> None:
    """Raise TransactionError."""
    raise TransactionError(reason)
