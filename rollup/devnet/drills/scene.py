"""A drill's world: L1, sequencer, verifiers and attackers, each the node that runs in earnest, and the director who looks on.

One rule: an attacker is the honest node with one part swapped; nothing else sets it apart, not its keys nor its powers on L1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from l1_mock.node import run as run_l1
from rollup.configuration import KeyConfig, L1Config, SequencerConfig, VerifierConfig
from rollup.core.development import WEEK_DISPUTE, development_bls_secret, development_genesis, development_secret
from rollup.core.genesis import Genesis
from rollup.core.transport import JSON
from rollup.devnet.drills.chronicle import Chronicle
from rollup.devnet.drills.customer import Books
from rollup.devnet.drills.desk import Desk
from rollup.devnet.drills.inspector import Inspector
from rollup.devnet.drills.scenario import Lane
from rollup.devnet.simulation.world import World
from rollup.devnet.story.source import noted
from rollup.devnet.story.story import Mark
from rollup.environment import RpcClient, StoreError
from rollup.l1.client import L1Client
from rollup.state.genesis import genesis_rows
from rollup.transition.machine import PlainMachine
from sequencer.assembly import Parts as SequencerParts
from sequencer.ledger import RecoveryFailed
from sequencer.node import Secrets as SequencerSecrets
from sequencer.node import run as run_sequencer
from verifier.agent import Parts
from verifier.node import Secrets
from verifier.node import run as run_verifier
from verifier.replica import ReplicaBroken

L1_URL, SEQUENCER_URL = "http://127.0.0.1:8545", "http://127.0.0.1:9545"
"""Where nodes are found."""

INGEST = "127.0.0.1:9645"
"""Where transactions are taken."""

VERIFIER_PORTS = 9_700
"""Verifiers listen at the ports after this one."""

POLL_S = 5.0
"""How often nodes ask L1: twice a block."""

GENESIS_FILE = Path("genesis.toml")
"""Nodes are given the genesis itself; the name is for their configuration only."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part, and with what swapped parts."""

    honest: int = 1
    """Honest verifiers."""
    attackers: Mapping[str, Parts] = field(default_factory=dict)
    sequencer: SequencerParts = field(default_factory=SequencerParts)
    attest_every: int = 0
    """Batches between attestations; 0 for none."""
    block_gas: int = 60_000_000
    """Gas of a block of L1."""
    fee_bump_after_s: float = 40.0
    """How long nodes wait for a transaction of theirs before they offer more for it."""
    note_after_s: float = 0.0
    """How old a batch is before the sequencer has L1 tell the state of it; 0 for never."""
    genesis: Callable[..., Genesis] = development_genesis
    """Makes the genesis, given how many `verifiers` and which `dispute`."""


@dataclass
class Scene:
    """What a drill plays on."""

    world: World
    genesis: Genesis
    parties: Cast
    voice: Callable[[str], None]
    """Tells people how far it is."""
    books: Books
    desk: Desk
    chronicle: Chronicle
    figures: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, bool] = field(default_factory=dict)
    """What a drill itself found to hold or not, by the name of its expectation."""
    clients: dict[str, RpcClient] = field(default_factory=dict)
    notes: list[Mark] = field(default_factory=list)
    """What was said, and in which block."""
    demanded: list[bytes] = field(default_factory=list)
    """Transactions that must be in the chain although the sequencer promised nothing, by their digests."""

    leaps: list[tuple[int, int]] = field(default_factory=list)
    """Blocks between which nobody could act, because they were made at once."""

    @property
    def inspector(self) -> Inspector:
        """What judges L1 after every block."""
        assert self.chronicle.inspector is not None
        return self.chronicle.inspector

    @property
    def honest(self) -> list[str]:
        """Names of the honest verifiers."""
        return [f"verifier-{number}" for number in range(1, self.parties.honest + 1)]

    def say(self, text: str) -> None:
        """Tell people how far it is, and note it for the story."""
        self.notes.append(noted(self.chronicle.head.number, text))
        self.voice(text)

    def client(self, environment: str, secret: bytes | None = None) -> L1Client:
        """Return somebody's client of L1."""
        return L1Client(self.world.environment(environment).rpc_client(L1_URL), self.genesis, secret=secret)

    async def ask(self, node: str, method: str, *params: JSON) -> JSON:
        """Return a node's answer. Raises TransportError, RpcError."""
        return await self.clients[node].call(method, list(params))

    async def cheat(self, method: str, *params: JSON) -> JSON:
        """Bend L1's time or history."""
        return await self.ask("l1", method, *params)

    async def mine(self, blocks: int) -> None:
        """Let L1 make blocks at its interval, at once."""
        self.world.record("director", "mine", blocks)
        await self.cheat("anvil_mine", hex(blocks), hex(self.genesis.dispute.block_time_s))
        head = await self.chronicle.client.head()
        self.leaps.append((head.number - blocks, head.number))


async def compose(world: World, parties: Cast, say: Callable[[str], None], lane: Lane) -> Scene:
    """Start every node and return once all are up."""
    dispute = {**WEEK_DISPUTE, "published_leaves": lane == Lane.DIRECT}
    genesis = parties.genesis(verifiers=parties.honest + len(parties.attackers), dispute=dispute)
    machine = PlainMachine()
    machine.load(genesis_rows(genesis))
    director = world.environment("director")
    l1 = L1Client(director.rpc_client(L1_URL), genesis)
    books = Books(genesis.roles.sequencer, genesis.genesis_hash)
    root, honest = machine.root(), frozenset(key.address for key in genesis.verifiers[: parties.honest])
    chronicle = Chronicle(l1, genesis, root, inspector=Inspector(genesis, root, honest))
    scene = Scene(world, genesis, parties, say, books, Desk(genesis), chronicle)
    scene.clients |= {"l1": director.rpc_client(L1_URL, timeout_s=60), "sequencer": director.rpc_client(SEQUENCER_URL, timeout_s=60)}
    await world.start("l1", partial(run_l1, genesis=genesis), l1_config(genesis, parties))
    await start_sequencer(scene)
    for number, name in enumerate([*scene.honest, *parties.attackers], 1):
        scene.clients[name] = director.rpc_client(f"http://127.0.0.1:{VERIFIER_PORTS + number}", timeout_s=60)
        await start_verifier(scene, name, number)
    scene.say(f"L1, a sequencer and {parties.honest + len(parties.attackers)} verifiers are up")
    return scene


async def start_sequencer(scene: Scene) -> None:
    """Start the sequencer."""
    secrets = SequencerSecrets(development_secret("sequencer"), development_secret("poster"))
    run = partial(run_sequencer, parts=scene.parties.sequencer)
    await scene.world.start("sequencer", run, sequencer_config(scene.parties), scene.genesis, secrets, exits=(StoreError, RecoveryFailed))


async def start_verifier(scene: Scene, name: str, number: int) -> None:
    """Start a verifier or an attacker, with the key of the genesis' verifier of that number."""
    role = f"verifier-{number}"
    secrets = Secrets(development_secret(role), development_bls_secret(role))
    run = partial(run_verifier, parts=scene.parties.attackers.get(name, Parts()))
    config = verifier_config(name, number, scene.parties)
    await scene.world.start(name, run, config, scene.genesis, secrets, exits=(StoreError, ReplicaBroken))


def l1_config(genesis: Genesis, parties: Cast) -> L1Config:
    """Return L1's configuration: a block at every interval of the dispute's clock."""
    block_time_s = float(genesis.dispute.block_time_s)
    return L1Config(genesis=GENESIS_FILE, data_directory=Path("l1"), block_time_s=block_time_s, block_gas_max=parties.block_gas)


def sequencer_config(parties: Cast) -> SequencerConfig:
    """Return the sequencer's configuration: small batches, so that a drill has several."""
    return SequencerConfig(
        genesis=GENESIS_FILE,
        data_directory=Path("sequencer"),
        receipt_key=KeyConfig(devnet="sequencer"),
        poster_key=KeyConfig(devnet="poster"),
        mode="plain",
        batch_interval_s=20.0,
        confirmations=2,
        poll_interval_s=POLL_S,
        fee_bump_after_s=parties.fee_bump_after_s,
        note_after_s=parties.note_after_s,
        snapshot_batches=4,
        ordering="oracle_first",
    )


def verifier_config(name: str, number: int, parties: Cast) -> VerifierConfig:
    """Return a verifier's configuration."""
    key = KeyConfig(devnet=f"verifier-{number}")
    return VerifierConfig(
        genesis=GENESIS_FILE,
        data_directory=Path(name),
        listen=f"127.0.0.1:{VERIFIER_PORTS + number}",
        key=key,
        bls_key=key,
        mode="plain",
        attest_every=parties.attest_every,
        poll_interval_s=POLL_S,
        fee_bump_after_s=parties.fee_bump_after_s,
        snapshot_batches=4,
    )
