"""A sequencer's real parts in a simulated world, before the real L1, with a test in place of its clockwork.

Nothing runs by itself: the test says when L1 makes a block, when the sequencer looks at it and when it posts. So every order of events
can be played, and a failure is played again by the same lines.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from l1_mock.node import run as run_l1
from rollup.configuration import KeyConfig, L1Config, SequencerConfig
from rollup.core.development import development_secret
from rollup.core.signing import address_of
from rollup.core.transport import ConnectionFailed
from rollup.devnet.simulation.environment import SimulatedEnvironment
from rollup.devnet.simulation.run import run_world
from rollup.devnet.simulation.world import World
from rollup.l1.batch import decode_body
from rollup.l1.client import L1Client, Pending
from rollup.l1.header import BlockRef
from rollup.transition.machine import PlainMachine
from sequencer.assembly import Parts, Sequencer
from sequencer.ingest import Waiting
from sequencer.intake import Submission
from sequencer.node import Secrets, build
from sequencer.pipeline import Executed, check_all
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, RICH_E8, arrays

L1_URL = "http://127.0.0.1:8545"
POSTER = development_secret("poster")
CONFIG = SequencerConfig(
    genesis=Path("genesis.toml"),
    data_directory=Path("sequencer"),
    receipt_key=KeyConfig(devnet="sequencer"),
    poster_key=KeyConfig(devnet="poster"),
    mode="plain",
    batch_interval_s=20.0,
    confirmations=1,
    poll_interval_s=5.0,
    fee_bump_after_s=40.0,
    snapshot_batches=4,
    note_after_s=0.0,
)


def play(scenario: Callable[["Scene"], Awaitable[object]], seed: int = 1, **settings) -> object:
    """Play a scenario with a sequencer and an L1 in a world of this seed; return what it returns."""

    async def main(world):
        scene = await stage(world, **settings)
        return await scenario(scene)

    return run_world(seed, main).value


async def stage(world: World, **settings) -> "Scene":
    """Start L1 and make a sequencer of the configuration, with changes."""
    l1_config = L1Config(genesis=Path("genesis.toml"), data_directory=Path("l1"), mining="manual")
    await world.start("l1", partial(run_l1, genesis=GENESIS), l1_config)
    director = world.environment("director")
    scene = Scene(world, L1Client(director.rpc_client(L1_URL), GENESIS), replace(CONFIG, **settings))
    await scene.restart()
    return scene


class FlakyRpc:
    """An RPC client whose answers are lost, or whose calls are, when a test says so."""

    def __init__(self, rpc) -> None:
        self.rpc = rpc
        self.lost_calls: set[str] = set()
        self.lost_answers: set[str] = set()
        self.asked: list[str] = []

    async def call(self, method, params=()):
        self.asked.append(method)
        if method in self.lost_calls:
            raise ConnectionFailed(f"{method} was lost")
        answer = await self.rpc.call(method, params)
        if method in self.lost_answers:
            raise ConnectionFailed(f"the answer to {method} was lost")
        return answer

    async def batch(self, calls):
        for method, _ in calls:
            self.asked.append(method)
            if method in self.lost_calls | self.lost_answers:
                raise ConnectionFailed(f"{method} was lost")
        return await self.rpc.batch(calls)

    async def aclose(self):
        await self.rpc.aclose()


@dataclass
class Scene:
    """The sequencer, L1, and what the test does to them."""

    world: World
    l1: L1Client
    config: SequencerConfig
    parts: Parts = field(default_factory=Parts)
    sequencer: Sequencer = field(init=False)
    rpc: FlakyRpc = field(init=False)
    environment: SimulatedEnvironment = field(init=False)

    async def restart(self) -> None:
        """Begin the sequencer's next life, on the same disk; the last one ends as by kill -9."""
        if hasattr(self, "environment"):
            self.environment.die()
            self.world.disk("sequencer").open_paths.clear()
        self.environment = self.world.environment("sequencer")
        secrets = Secrets(development_secret("sequencer"), POSTER)
        self.sequencer = await build(self.environment, self.config, GENESIS, secrets, (PlainMachine(), self.parts))
        self.rpc = FlakyRpc(self.environment.rpc_client(L1_URL))
        client = L1Client(self.rpc, GENESIS, secret=POSTER)
        self.sequencer.poster.client = self.sequencer.following.follower.client = client

    @property
    def ledger(self):
        return self.sequencer.ledger

    @property
    def following(self):
        return self.sequencer.following

    async def cheat(self, method: str, *params) -> object:
        """Bend L1's time or history."""
        return await self.l1._rpc.call(method, list(params))

    async def mine(self, blocks: int = 1, interval_s: int = 12) -> BlockRef:
        """Let L1 make blocks."""
        await self.cheat("anvil_mine", hex(blocks), hex(interval_s))
        return await self.l1.head()

    async def look(self) -> None:
        """Let the sequencer read L1 to its head."""
        while True:
            news = await self.following.follower.look()
            await self.following.take(news)
            if news.is_caught_up:
                return

    async def send(self, secret: bytes, contract: str, function: str, *arguments, value: int = 0) -> Pending:
        """Send an L1 transaction of anybody."""
        client = L1Client(self.world.environment("customer").rpc_client(L1_URL), GENESIS, secret=secret)
        return await client.send(contract, function, *arguments, value=value, gas=900_000)

    async def deposit(self, trader: int, amount_e8: int = RICH_E8) -> None:
        """Mint, approve and deposit; it waits for a block."""
        secret = TRADERS[trader]
        await self.send(secret, "token", "mint", address_of(secret), amount_e8)
        await self.send(secret, "token", "approve", GENESIS.contracts.bridge, amount_e8)
        await self.send(secret, "bridge", "deposit", 0, amount_e8)

    async def open_accounts(self) -> None:
        """Deposit for every trader, and let the sequencer open its first batch with the deposits."""
        for trader in range(len(TRADERS)):
            await self.deposit(trader)
            await self.mine()
        await self.mine(2)
        await self.look()
        await self.sequencer.execution._keep_time(lambda: True)
        assert self.ledger.producer.batch().queue_to == len(TRADERS)

    async def execute(self, signed: Sequence) -> Executed:
        """Have transactions executed as one submission; what became of them."""
        records, signatures = arrays(signed)
        outcome: list[Executed | None] = []
        submission = Submission(records, signatures, "customer", Waiting(outcome.append))
        async with self.sequencer.execution.busy:
            await self.sequencer.execution.execute(check_all(self.sequencer.execution.tools, [submission]))
        assert len(outcome) == 1
        assert outcome[0] is not None
        return outcome[0]

    async def seal(self) -> None:
        """Have the open batch sealed."""
        await self.sequencer.execution.seal()

    async def post(self, *, blocks: int = 1) -> None:
        """Have every sealed batch posted, a block each, and seen."""
        while self.following.next_index <= self.ledger.head.index:
            await self.sequencer.poster._send(self.following.next_index, self.following.head.time_s)
            await self.mine(blocks)
            before = self.following.next_index
            await self.look()
            assert self.following.next_index == before + 1

    def posted_of(self, index: int) -> np.ndarray:
        """The nonces of a sealed batch's transactions."""
        entry = self.ledger.entry(index)
        return decode_body(entry.body, entry.count)[0]["nonce"]
