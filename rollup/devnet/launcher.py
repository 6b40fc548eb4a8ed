"""Brings a devnet up, keeps it together, and takes it down: all of its processes below one nursery of one process.

One rule: whoever holds the devnet's directory owns its processes, and lets go of the directory only when none of them is left.
"""

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import trio

from rollup.configuration import SequencerConfig
from rollup.core.development import TRADER_SECRETS
from rollup.core.transport import RpcClient
from rollup.devnet import keeping, record
from rollup.devnet.funding import Deposit, deposit, give_ether, subaccounts
from rollup.devnet.heads import DevnetView, look
from rollup.devnet.intake_client import connected
from rollup.devnet.keeping import keep
from rollup.devnet.load import run_load
from rollup.devnet.nodes import run_node
from rollup.devnet.processes import Child, Family, listen, stop_all
from rollup.devnet.record import AccountRecord, DevnetError, NodeRecord, Record
from rollup.devnet.reporting import Reporters, Walk, keep_reporting, report_once
from rollup.devnet.topology import Plan, PlannedNode
from rollup.environment import Environment
from rollup.keeper import Keeper
from rollup.l1.rpc_values import quantity

DEPOSIT_E8 = 1_000_000 * 10**8
"""What each well-known account is given, 1e-8 USD."""

LOAD = "load"
"""Name of the process that trades."""

LOOK_S = 0.05
"""How often it is looked whether the devnet is ready."""

TAIL_BYTES = 4_096
"""How much of a log's end is searched for the reason of an end."""


class Audience(Protocol):
    """Whoever watches a devnet: the terminal."""

    def progress(self, text: str) -> None:
        """Say what is being done."""

    def ready(self, planned: Plan, found: Record, view: DevnetView) -> None:
        """Show the devnet, which is ready."""

    def said(self, name: str, line: bytes) -> None:
        """Show a line of the load's."""

    def ended(self, name: str, how: str) -> None:
        """Show that a process has ended by itself."""


@dataclass
class Devnet:
    """A devnet that is being brought up, or is up."""

    environment: Environment
    planned: Plan
    audience: Audience
    children: list[Child]
    record: Record
    announced: set[str] = field(default_factory=set)
    all_announced: trio.Event = field(default_factory=trio.Event)
    is_stopping: bool = False
    failure: DevnetError | None = None

    @property
    def place(self) -> Path:
        """The devnet's directory."""
        return self.planned.config.data_directory.absolute()

    async def run(self) -> None:
        """Bring everything up, and keep it until a signal. Raises DevnetError where it does not come up."""
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async with trio.open_nursery() as watchers:
                work = trio.CancelScope()
                for child in self.children:
                    watchers.start_soon(self.watch, child, work)
                try:
                    with work:
                        await self.live(signals, work)
                finally:
                    self.is_stopping = True
                    with trio.CancelScope(shield=True):
                        await stop_all(self.children)
        if self.failure is not None:
            raise self.failure

    async def live(self, signals: AsyncIterator[int], work: trio.CancelScope) -> None:
        """Come up, and then wait for a signal."""

        async def stop_at_signal() -> None:
            async for _ in signals:
                work.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_at_signal)
            within_s = self.planned.config.ready_within_s
            with trio.move_on_after(within_s) as patience:
                await self.come_up(nursery)
            if patience.cancelled_caught:
                raise DevnetError("devnet", received=f"one that is not ready after {within_s:g} s", expected="a batch that all agree with")

    async def watch(self, child: Child, work: trio.CancelScope) -> None:
        """Hear a child until it ends; before the devnet is ready, that ends the devnet."""
        await listen(child, self.hear)
        if self.is_stopping:
            return
        if not self.record.is_ready:
            self.failure = DevnetError(child.name, received=f"{reason_of(child, self.log_of(child))}", expected="a node that starts")
            work.cancel()
        else:
            self.environment.log("process ended", process=child.name, how=child.how_it_ended())
            self.audience.ended(child.name, child.how_it_ended())

    def hear(self, child: Child, line: bytes) -> None:
        """Take a line of a child's: of a node, where it listens."""
        if child.name in {node.name for node in self.planned.nodes}:
            self.announced.add(child.name)
            if len(self.announced) == len(self.planned.nodes):
                self.all_announced.set()
        else:
            self.audience.said(child.name, line)

    async def come_up(self, nursery: trio.Nursery) -> None:
        """Wait for the nodes, fund the accounts, report the feeds, and wait until everybody agrees with the batch of all that on L1."""
        self.audience.progress(f"starting {len(self.planned.nodes)} nodes")
        await self.all_announced.wait()
        self.audience.progress("depositing for the accounts")
        sequencer = self.record.node("sequencer")
        rpc = self.environment.rpc_client(sequencer.url)
        accounts = await self.fund(rpc)
        self.audience.progress("waiting for the first batch on L1")
        genesis = self.planned.genesis
        async with connected(self.environment, sequencer.ingest) as client:
            await report_once(rpc, client, Reporters(genesis), Walk(genesis, self.environment.random()))
        numbers = await subaccounts(self.environment, rpc, accounts)
        await rpc.call("admin_sealBatch")
        view = await self.agreement()
        nursery.start_soon(keep_reporting, self.environment, genesis, rpc, sequencer.ingest)
        nursery.start_soon(keep, self.environment, Keeper(genesis, rpc, numbers.pop(), keeping.SECRET))
        shown = tuple(account_of(each, number) for each, number in zip(accounts, numbers, strict=False))
        self.record = replace(self.record, is_ready=True, accounts=shown)
        record.write(self.place, self.record)
        self.audience.ready(self.planned, self.record, view)

    async def fund(self, sequencer: RpcClient) -> list[Deposit]:
        """Deposit for the well-known accounts and, last, the keeper's; wait until the sequencer has seen that."""
        deposits = [Deposit(bytes.fromhex(secret), DEPOSIT_E8) for secret in TRADER_SECRETS]
        deposits.append(Deposit(keeping.SECRET, keeping.DEPOSIT_E8))
        l1 = self.environment.rpc_client(self.record.node("l1").url)
        await give_ether(l1, [deposits[-1].owner])
        config = self.planned.of_role("sequencer")[0].config
        assert isinstance(config, SequencerConfig)
        await deposit(l1, self.planned.genesis, deposits, confirmations=config.confirmations + 1)
        head = int(cast("str", await l1.call("eth_blockNumber")), 16)
        await l1.aclose()
        while cast("dict[str, dict[str, int]]", await sequencer.call("optimism_syncStatus"))["head_l1"]["number"] < head:
            await self.environment.sleep(LOOK_S)
        return deposits

    async def agreement(self) -> DevnetView:
        """Wait until a batch is on L1, and all verifiers have executed it to one root; have L1 make blocks for what waits meanwhile."""
        l1 = self.environment.rpc_client(self.record.node("l1").url)
        nodes = [node for node in self.record.nodes if node.url]
        while not (view := await look(self.environment.rpc_client, nodes)).agree:
            await hurry(l1)
            # Every look costs all nodes some time, which they need for the batch.
            await self.environment.sleep(3 * LOOK_S)
        await l1.aclose()
        return view

    def log_of(self, child: Child) -> Path:
        """Return a child's log."""
        return self.place / child.name / "log"


async def hurry(l1: RpcClient) -> None:
    """Have L1 make a block at once if a transaction waits for one."""
    status = cast("dict[str, str]", await l1.call("txpool_status"))
    if int(status["pending"], 16):
        await l1.call("anvil_mine", [quantity(1)])


def account_of(each: Deposit, number: int) -> AccountRecord:
    """Return what the record says of a funded account."""
    return AccountRecord(number, "0x" + each.owner.hex(), "0x" + each.secret.hex(), each.amount_e8)


def reason_of(child: Child, log: Path) -> str:
    """Say how a child ended, and the last sentence that it wrote."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if not line.startswith("{")]
    last = lines[-1].removeprefix("optroll: ") if lines else f"see {log}"
    return f"a process that {child.how_it_ended()} ({last})"


def start(planned: Plan) -> tuple[list[Child], Family, Record]:
    """Fork every process of a devnet, and write the record of it. To be called before trio runs."""
    family, place = Family(), planned.config.data_directory.absolute()
    preload()
    for node in planned.nodes:
        family.fork(node.name, partial(run_node, node.role, node.config, name=node.name, with_stdin=True), node.log)
    config = planned.config
    if config.load_per_s:
        (place / LOAD).mkdir(mode=0o700)
        trade = partial(run_load, place, config.load_per_s, config.load_accounts, with_stdin=True)
        family.fork(LOAD, trade, place / LOAD / "log")
    pids = {child.name: child.pid for child in family.children}
    nodes = [recorded(node, pids[node.name]) for node in planned.nodes]
    if config.load_per_s:
        nodes.append(NodeRecord(LOAD, LOAD, pids[LOAD], "", "", str(place / LOAD)))
    chain = planned.genesis.chain
    found = Record(os.getpid(), False, chain.l1_chain_id, chain.rollup_chain_id, str(planned.genesis_path), tuple(nodes))
    record.write(place, found)
    return family.children, family, found


def recorded(node: PlannedNode, pid: int) -> NodeRecord:
    """Return what the record says of a node."""
    ingest = node.config.ingest_listen if isinstance(node.config, SequencerConfig) else ""
    return NodeRecord(node.name, node.role, pid, node.url, ingest, str(node.directory))


def preload() -> None:
    """Import what the nodes need, once for all of them."""
    for module in ("l1_mock.node", "sequencer.node", "verifier.node"):
        import_module(module)
