"""The L1 as a process: the chain of a genesis, served by JSON-RPC, with a block at every slot.

One rule: blocks are made by `Rpc`, before it answers and when a slot is due for somebody; this file only decides when to wake. Slots
that nobody waits for are made when somebody asks, which nobody can tell from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import trio

from l1_mock.admission import ChainConfig
from l1_mock.blocks import FullBlock, Item
from l1_mock.chain import Chain
from l1_mock.contracts.deployment import contracts_of
from l1_mock.rpc import Rpc, is_read
from l1_mock.timing import SECOND
from l1_mock.transactions import Transaction
from rollup.configuration import L1Config, load_genesis
from rollup.core.development import TRADER_SECRETS
from rollup.core.genesis import Genesis
from rollup.core.signing import address_of
from rollup.core.transport import JSON, Parameters
from rollup.environment import Environment, RpcContext, RpcLimits, RpcOptions
from rollup.state.genesis import genesis_rows
from rollup.transition.machine import PlainMachine

PREFUNDED_WEI = 10_000 * 10**18
"""Wei of each of a devnet's accounts at genesis, as in anvil and hardhat."""
LIMITS = RpcLimits(body_bytes=16 << 20, response_bytes=64 << 20)
"""A batch is up to 512 KiB of calldata, a megabyte in hexadecimal; a saved chain more."""


async def run(
    environment: Environment,
    config: L1Config,
    genesis: Genesis | None = None,
    *,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the L1 until cancelled; starts with the address it is bound to. The genesis is the configured one unless given.

    Raises ConfigurationError, AddressInUse, AddressRefused.
    """
    node = Node(environment, new_chain(config, genesis or load_genesis(config.genesis), milliseconds(environment)))
    async with trio.open_nursery() as nursery:
        options = RpcOptions(limits=LIMITS, is_read=is_read)
        handler = partial(node.answer, nursery)
        address = await nursery.start(partial(environment.serve_rpc, config.listen, handler, options=options))
        environment.log("l1_ready", address=address, chain_id=node.chain.config.chain_id)
        task_status.started(cast("str", address))
        await node.make_blocks()


def new_chain(config: L1Config, genesis: Genesis, now: int) -> Chain:
    """Begin the chain of a genesis; `now` in milliseconds."""
    machine = PlainMachine()
    machine.load(genesis_rows(genesis))
    settings = ChainConfig(
        chain_id=genesis.chain.l1_chain_id,
        genesis_time_s=genesis.chain.time_s,
        slot_ms=round(config.block_time_s * SECOND) if config.mining == "interval" else 0,
        automine=config.mining == "instant",
        gas_limit=config.block_gas_max,
        history_items=config.blocks_kept,
        balances=dict.fromkeys(prefunded(genesis), PREFUNDED_WEI),
    )
    return Chain(settings, tuple(contracts_of(genesis, machine.root()).values()), now)


def prefunded(genesis: Genesis) -> tuple[bytes, ...]:
    """Return the accounts that have ether at genesis: on a devnet, the well-known ones and every role's."""
    if not genesis.is_devnet:
        return ()
    roles = genesis.roles
    return (
        *(address_of(bytes.fromhex(secret)) for secret in TRADER_SECRETS),
        *(roles.sequencer, roles.poster, roles.governor, roles.guardian),
        *roles.reporters,
        *(verifier.address for verifier in genesis.verifiers),
    )


def milliseconds(environment: Environment) -> int:
    """Return Unix time in whole milliseconds."""
    return int(environment.now() * SECOND)


@dataclass(slots=True)
class Notes:
    """Logs what happens to the chain."""

    environment: Environment
    chain: Chain

    def added(self, first: int, last: int) -> None:
        """Log the blocks with transactions."""
        for block in self.chain.history.full_blocks(first, last):
            header = block.sealed
            fields = {"number": header.number, "hash": block.digest, "transactions": len(block.receipts), "gas_used": header.gas_used}
            self.environment.log("l1_block", **fields)

    def removed(self, items: Sequence[Item]) -> None:
        """Log the blocks that a reorg or a snapshot's return took away."""
        self.environment.log("l1_rewritten", blocks=[item.digest for item in items if isinstance(item, FullBlock)])

    def pending(self, transaction: Transaction) -> None:
        """Log nothing: the block will be logged."""


class Node:
    """The chain, its RPC, and when to wake."""

    def __init__(self, environment: Environment, chain: Chain) -> None:
        """Answer for this chain."""
        self._environment = environment
        self._wanted = trio.Event()
        self._watched: set[int] = set()
        self.chain = chain
        chain.listeners.append(Notes(environment, chain))
        self.rpc = Rpc(chain, partial(milliseconds, environment), self._log_fault)

    async def answer(self, nursery: trio.Nursery, method: str, params: Parameters, context: RpcContext) -> JSON:
        """Answer one call. Raises RpcError."""
        result = self.rpc.handle(method, params, context)
        if method == "eth_subscribe" and context.connection not in self._watched:
            self._watched.add(context.connection)
            nursery.start_soon(self._forget_when_closed, context)
        if self._is_awaited():
            self._wanted.set()
        return result

    async def make_blocks(self) -> None:
        """Wake for every slot that somebody waits for."""
        while True:
            if not self._is_awaited():
                self._wanted = trio.Event()
                await self._wanted.wait()
            until_slot = self.chain.timing.next_slot - milliseconds(self._environment)
            await self._environment.sleep(max(until_slot, 1) / SECOND)
            self.rpc.advance()

    def _is_awaited(self) -> bool:
        """Say whether anybody waits for the next slot: a transaction or a subscriber. A filter's poll makes its slots itself."""
        feeds = self.rpc.feeds
        return bool(self.chain.timing.slot) and bool(self.chain.pool.hashes or feeds.subscriptions)

    async def _forget_when_closed(self, context: RpcContext) -> None:
        await context.closed.wait()
        self._watched.discard(context.connection)
        self.rpc.feeds.forget(context.connection)

    def _log_fault(self, method: str, error: Exception) -> None:
        self._environment.log("l1_fault", method=method, error=repr(error))
