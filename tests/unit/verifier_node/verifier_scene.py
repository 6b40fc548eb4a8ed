"""Verifiers' real parts in a simulated world, before the real L1, on which a sequencer's batches are; the test is their clockwork."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from rollup.configuration import KeyConfig, VerifierConfig
from rollup.core.development import development_bls_secret, development_secret
from rollup.core.keccak import keccak256
from rollup.devnet.simulation.environment import SimulatedEnvironment
from rollup.devnet.simulation.run import run_world
from rollup.dispute.game import Status
from rollup.journal import open_journal
from rollup.l1.client import L1Client
from rollup.transition.machine import PlainMachine
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk, transfers
from tests.unit.sequencer_node.node_scene import L1_URL, FlakyRpc, Scene, stage
from verifier.agent import Parts, Verifier
from verifier.archive import JournalArchive
from verifier.node import Secrets, build

WINDOW = GENESIS.dispute.window_blocks


def config_of(name: str, **settings) -> VerifierConfig:
    key = KeyConfig(devnet=name)
    fixed = VerifierConfig(
        genesis=Path("genesis.toml"),
        data_directory=Path(name),
        key=key,
        bls_key=key,
        mode="plain",
        attest_every=0,
        poll_interval_s=5.0,
        fee_bump_after_s=40.0,
        snapshot_batches=4,
    )
    return replace(fixed, **settings)


@dataclass
class Trial:
    """L1 with batches on it, and verifiers by name."""

    scene: Scene
    verifiers: dict[str, Verifier] = field(default_factory=dict)
    rpcs: dict[str, FlakyRpc] = field(default_factory=dict)
    environments: dict[str, SimulatedEnvironment] = field(default_factory=dict)

    async def summon(self, name: str = "verifier-1", *, key: str = "", parts: Parts | None = None, **settings) -> Verifier:
        """Begin a verifier's life, or its next one on the same disk. `key` names the role whose keys it has."""
        world = self.scene.world
        if name in self.environments:
            self.environments[name].die()
            world.disk(name).open_paths.clear()
        environment = self.environments[name] = world.environment(name)
        archive = JournalArchive(open_journal(environment, f"{name}/journal", GENESIS.genesis_hash))
        secrets = Secrets(development_secret(key or name), development_bls_secret(key or name))
        given = (archive, PlainMachine(), parts or Parts())
        verifier = await build(environment, config_of(name, **settings), GENESIS, secrets, given)
        rpc = self.rpcs[name] = FlakyRpc(environment.rpc_client(L1_URL))
        client = L1Client(rpc, GENESIS, secret=secrets.l1)
        verifier.client = verifier.follower.client = verifier.responder.client = client
        self.verifiers[name] = verifier
        assert client.address is not None
        await self.scene.cheat("anvil_setBalance", "0x" + client.address.hex(), hex(10**22))
        return verifier

    async def look(self, *verifiers: Verifier) -> None:
        """Have verifiers read L1 to its head."""
        for verifier in verifiers or self.verifiers.values():
            while True:
                news = await verifier.follower.look()
                await verifier.take(news)
                if news.is_caught_up:
                    break

    async def turn(self, *verifiers: Verifier, blocks: int = 1) -> None:
        """Have verifiers look and act, then let time pass and L1 make blocks."""
        for verifier in verifiers or tuple(self.verifiers.values()):
            await self.look(verifier)
            await verifier.act()
        await self.scene.environment.sleep(12 * blocks)
        await self.scene.mine(blocks)

    async def until(self, done: Callable[[], bool], *verifiers: Verifier, blocks: int = 2, turns: int = 200) -> int:
        """Take turns until something is so; how many it took."""
        for taken in range(turns):
            if done():
                return taken
            await self.turn(*verifiers, blocks=blocks)
        raise AssertionError(f"not within {turns} turns")

    async def more_batches(self, count: int, desk=None, each: int = 2) -> None:
        """Have the sequencer make and post some batches of transfers."""
        desk = desk or new_desk()
        for _ in range(count):
            await self.scene.execute(transfers(desk, each))
            await self.scene.seal()
            await self.scene.post()


def play_trial(scenario: Callable[[Trial], Awaitable[object]], seed: int = 1, batches: int = 2) -> object:
    """Play a scenario in a world with so many batches on L1, the first of which opens the accounts."""

    async def main(world):
        trial = Trial(await stage(world))
        await trial.scene.open_accounts()
        await trial.scene.seal()
        await trial.scene.post()
        await trial.more_batches(batches - 1)
        return await scenario(trial)

    return run_world(seed, main).value


def lying(batch: int, leaf: int) -> Parts:
    """The honest verifier, but for its report of a batch's roots from a leaf on, and of all that comes after."""

    def report(index, roots):
        return [keccak256(root) if index > batch or (index == batch and number >= leaf) else root for number, root in enumerate(roots)]

    return Parts(report=report)


def statuses(verifier: Verifier) -> dict[int, list[Status]]:
    """How the assertions of each batch stand, as a verifier sees them."""
    found: dict[int, list[Status]] = {}
    for assertion in verifier.game.assertions.values():
        if assertion.batch >= 0:
            found.setdefault(assertion.batch, []).append(assertion.status)
    return found
