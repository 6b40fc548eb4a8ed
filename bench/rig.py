"""The nodes of a measurement: processes on loopback that end with it.

One rule: what is measured runs in other processes than what measures.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from subprocess import PIPE

import trio

from bench.process import Settings
from bench.workload import Trader
from rollup.core.development import TRADER_SECRETS
from rollup.core.genesis import Genesis
from rollup.environment import Environment
from rollup.l1.client import L1Client

READY_WITHIN_S = 300
"""How long a node may take to start; compiling is the longest."""

DEPOSIT_E8 = 10_000_000 * 10**8
"""What each account is funded with, 1e-8 USD."""

ETHER_WEI = 10**17
"""What each account is given for its gas."""


class NodeEnded(Exception):
    """A node of a measurement ended before it was ready."""


@dataclass(frozen=True, slots=True)
class Node:
    """A running node."""

    addresses: dict[str, str]
    pid: int


@dataclass(frozen=True, slots=True)
class Rig:
    """An L1 and a sequencer."""

    l1: str
    sequencer: str
    ingest: str
    pid: int
    """The sequencer's process."""

    def resident_mb(self) -> float:
        """Return the sequencer's resident memory, in millions of bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


@asynccontextmanager
async def node(role: str, settings: Settings) -> AsyncIterator[Node]:
    """Run one node in a process of its own; it ends with the block. Raises NodeEnded."""
    place = trio.Path(settings.directory)
    await place.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.process", role, json.dumps(asdict(settings))]
    async with await trio.open_file(place / "log", "wb") as log, trio.open_nursery() as nursery:
        run = partial(trio.run_process, command, stdin=PIPE, stdout=PIPE, stderr=log.wrapped, check=False)
        process = await nursery.start(run)
        try:
            yield Node(await first_line(process, place / "log"), process.pid)
        finally:
            process.terminate()


async def first_line(process: trio.Process, log: trio.Path) -> dict[str, str]:
    """Return what a node says when it is ready. Raises NodeEnded with the end of its log where it ends instead."""
    said = b""
    assert process.stdout is not None
    with trio.fail_after(READY_WITHIN_S):
        while not said.endswith(b"\n"):
            part = await process.stdout.receive_some(4096)
            if not part:
                raise NodeEnded((await log.read_text())[-2000:])
            said += part
    found: dict[str, str] = json.loads(said)
    return found


@asynccontextmanager
async def rig(settings: Settings) -> AsyncIterator[Rig]:
    """Run an L1 and a sequencer."""
    async with node("l1", replace(settings, directory=f"{settings.directory}/l1")) as l1:
        url = f"http://{l1.addresses['rpc']}"
        async with node("sequencer", replace(settings, directory=f"{settings.directory}/sequencer", l1_url=url)) as sequencer:
            yield Rig(url, f"http://{sequencer.addresses['rpc']}", sequencer.addresses["ingest"], sequencer.pid)


async def fund(environment: Environment, genesis: Genesis, rig: Rig, ring: list[Trader]) -> None:
    """Open every trader's account through the bridge, in order, so that the first is account 1."""
    rpc = environment.rpc_client(rig.l1)
    funder = L1Client(rpc, genesis, secret=bytes.fromhex(TRADER_SECRETS[0]))
    for trader in ring:
        await funder.send_raw(trader.address, b"", value=ETHER_WEI, gas=21_000)
        await funder.send("token", "mint", trader.address, DEPOSIT_E8, gas=200_000)
    for trader in ring:
        client = L1Client(rpc, genesis, secret=trader.secret)
        await client.send("token", "approve", genesis.contracts.bridge, DEPOSIT_E8, gas=200_000)
        await client.send("bridge", "deposit", 0, DEPOSIT_E8, gas=2_000_000)
    await rpc.aclose()
