"""The verifier node: opens its data directory and wires its parts together under one nursery.

One rule: nothing is decided here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from rollup.acceleration import Acceleration
from rollup.configuration import VerifierConfig
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak256, keccak_many
from rollup.core.signing import SignatureChecker
from rollup.dispute.bisection import genesis_assertion
from rollup.dispute.game import Game
from rollup.environment import Environment
from rollup.journal import open_journal
from rollup.l1.client import L1Client
from rollup.l1.derivation import Derivation
from rollup.l1.follower import Follower
from rollup.transition.machine import Machine
from verifier import rpc
from verifier.accuser import Accuser
from verifier.agent import FOLLOWED, Parts, Verifier
from verifier.archive import JournalArchive
from verifier.attester import Attester
from verifier.replica import Replica, Tools
from verifier.responder import Responder

SALT_DOMAIN = b"optroll commitment salt "
"""What is hashed with a verifier's key to what hides its commitments."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """A verifier's private keys."""

    l1: bytes
    bls: int


async def run(
    environment: Environment,
    config: VerifierConfig,
    genesis: Genesis,
    secrets: Secrets,
    *,
    machine: Machine | None = None,
    parts: Parts | None = None,
    acceleration: Callable[[], Awaitable[Acceleration]] | None = None,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a verifier until cancelled; starts with its RPC address. Raises StoreError, ReplicaBroken, AddressInUse.

    It changes over to the machine code that `acceleration` brings, whenever that is.
    """
    place = str(Path(config.data_directory) / "journal")
    archive = JournalArchive(await environment.in_thread(open_journal, environment, place, genesis.genesis_hash))
    parts = parts or Parts()
    try:
        verifier = await build(environment, config, genesis, secrets, (archive, machine or parts.machine(), parts))
        async with trio.open_nursery() as nursery:
            address = await nursery.start(rpc.serve, verifier, environment, config.listen)
            if acceleration is not None:
                nursery.start_soon(speed_up, verifier, acceleration)
            nursery.start_soon(verifier.attester.run)
            nursery.start_soon(verifier.run)
            environment.log("verifier started", rpc=address, head=verifier.replica.head)
            task_status.started(address)
    finally:
        archive.close()


async def speed_up(verifier: Verifier, acceleration: Callable[[], Awaitable[Acceleration]]) -> None:
    """Wait for machine code, and use it."""
    verifier.accelerate(await acceleration())
    verifier.environment.log("machine code in use")


async def build(
    environment: Environment,
    config: VerifierConfig,
    genesis: Genesis,
    secrets: Secrets,
    given: tuple[JournalArchive, Machine, Parts],
) -> Verifier:
    """Recover from the archive, and wire everything up."""
    archive, machine, parts = given
    tools = Tools(genesis, SignatureChecker(), keccak_many)
    replica = await environment.in_thread(lambda: Replica(machine, archive, tools, report=parts.report, stride=parts.stride))
    client = L1Client(environment.rpc_client(config.l1_url), genesis, secret=secrets.l1)
    salt = keccak256(SALT_DOMAIN + secrets.l1)
    rules = genesis.dispute
    responder = Responder(environment, client, replica, bond_wei=rules.bond_wei, bump_after_s=config.fee_bump_after_s, salt=salt)
    attester = Attester(responder, genesis, secrets.bls, every=config.attest_every)
    accuser = Accuser(responder, genesis, replica)
    follower = Follower(client, Derivation(genesis), FOLLOWED)
    origin = genesis_assertion(genesis.genesis_hash, replica.genesis_root)
    game = Game(origin, replica.genesis_root, rules.txs_per_leaf, published_leaves=rules.published_leaves)
    window = genesis.dispute.window_blocks
    return Verifier(environment, config, genesis, parts, client, follower, replica, responder, attester, accuser, game, window)
