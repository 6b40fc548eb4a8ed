"""The sequencer node: wires intake, execution, L1 and RPC together under one nursery.

One rule: nothing is decided here. Each task is a loop of its own file; what goes wrong for good (storage, a fork of our own making) ends
the node, so that a restart begins from what is on the disk.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from rollup.acceleration import Acceleration
from rollup.configuration import SequencerConfig
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak_many
from rollup.environment import Environment
from rollup.journal import open_journal
from rollup.l1.client import L1Client
from rollup.l1.derivation import Derivation
from rollup.l1.follower import Follower
from rollup.signing_guard import SigningGuard
from rollup.transition.machine import Machine, PlainMachine
from sequencer.assembly import Parts, Sequencer
from sequencer.execution import Execution
from sequencer.following import Following
from sequencer.ingest import Waiting, halves, serve_ingest
from sequencer.intake import Bounds, Intake
from sequencer.ledger import Ledger
from sequencer.notes import Notes
from sequencer.ordering import policy_called
from sequencer.pipeline import Checked, Tools
from sequencer.poster import Poster
from sequencer.rpc import SequencerRpc
from sequencer.stages import Stages
from sequencer.trigger_keeper import TriggerKeeper


@dataclass(frozen=True, slots=True)
class Secrets:
    """The sequencer's private keys."""

    receipts: bytes
    poster: bytes


@dataclass(frozen=True, slots=True)
class Started:
    """Where a sequencer listens."""

    rpc: str
    ingest: str


async def run(
    environment: Environment,
    config: SequencerConfig,
    genesis: Genesis,
    secrets: Secrets,
    *,
    machine: Machine | None = None,
    parts: Parts | None = None,
    acceleration: Callable[[], Awaitable[Acceleration]] | None = None,
    task_status: trio.TaskStatus[Started] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a sequencer until cancelled; starts with its addresses. Raises StoreError, AddressInUse, RecoveryFailed.

    It changes over to the machine code that `acceleration` brings, whenever that is.
    """
    sequencer = await build(environment, config, genesis, secrets, (machine or PlainMachine(), parts or Parts()))
    send, receive = trio.open_memory_channel[Checked[Waiting]](0)
    following, execution, poster = sequencer.following, sequencer.execution, sequencer.poster
    rpc = SequencerRpc(sequencer)
    try:
        async with trio.open_nursery() as nursery:
            if acceleration is not None:
                nursery.start_soon(speed_up, sequencer, acceleration)
            nursery.start_soon(following.run)
            nursery.start_soon(sequencer.check_arrivals, send)
            nursery.start_soon(execution.run, receive, sequencer.gate)
            nursery.start_soon(poster.run, lambda: following.next_index, following.l1_time_s, lambda: execution.sealed)
            if config.trigger_interval_s > 0:
                keeper = TriggerKeeper(environment, execution, genesis, secrets.receipts, sequencer.offer, config.trigger_interval_s)
                nursery.start_soon(keeper.run)
            ingest = await nursery.start(serve_ingest_of, environment, config.ingest_listen, sequencer)
            address = await nursery.start(rpc.serve, environment, config.listen)
            environment.log("sequencer started", rpc=address, ingest=ingest, head=sequencer.ledger.head.index)
            task_status.started(Started(address, ingest))
    finally:
        sequencer.ledger.journal.close()
        sequencer.poster.guard.close()


async def speed_up(sequencer: Sequencer, acceleration: Callable[[], Awaitable[Acceleration]]) -> None:
    """Wait for machine code, and use it."""
    code = await acceleration()
    sequencer.execution.accelerate(code)
    sequencer.following.follower.derivation.hash_with(code.hash_many)
    sequencer.environment.log("machine code in use")


async def serve_ingest_of(
    environment: Environment,
    address: str,
    sequencer: Sequencer,
    *,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve a sequencer's intake."""
    await serve_ingest(environment, address, sequencer.offer, task_status=task_status)


async def build(
    environment: Environment,
    config: SequencerConfig,
    genesis: Genesis,
    secrets: Secrets,
    given: tuple[Machine, Parts],
) -> Sequencer:
    """Open the data directory, recover, and wire everything up."""
    machine, parts = given
    place, policy = Path(config.data_directory), policy_called(config.ordering)
    journal = await environment.in_thread(open_journal, environment, str(place / "journal"), genesis.genesis_hash)
    guard = SigningGuard(await environment.in_thread(environment.open_store, str(place.with_name(f"{place.name}-guard"))))
    stages = Stages()
    tools = Tools(genesis, parts.checker(), keccak_many, policy, stages, secrets.receipts)
    ledger = await environment.in_thread(recovered, machine, journal, genesis, config.batch_records)
    ledger.producer.measure = stages.measure
    execution = Execution(
        environment,
        ledger,
        tools,
        batch_interval_s=config.batch_interval_s,
        snapshot_batches=config.snapshot_batches,
    )
    execution.tells = parts.tells
    client = L1Client(environment.rpc_client(config.l1_url), genesis, secret=secrets.poster)
    follower = Follower(client, Derivation(genesis))
    following = Following(
        environment,
        follower,
        execution,
        genesis,
        poll_s=config.poll_interval_s,
        confirmations=config.confirmations,
    )
    execution.queue_ready = lambda: parts.takes(following.queue_ready())
    execution.l1_time_s = following.l1_time_s
    execution.next_index = lambda: following.next_index
    poster = Poster(
        environment,
        client,
        ledger,
        guard,
        poll_s=config.poll_interval_s,
        bump_after_s=config.fee_bump_after_s,
        batch_age_max_s=genesis.inbox.batch_age_max_s,
        notes=Notes(execution.system_row, config.note_after_s, genesis.inbox.queue_fee_wei, environment.now),
        stages=stages,
    )
    bounds = Bounds(per_account=config.pending_per_account_max, total=config.pending_max)
    return Sequencer(environment, config, genesis, Intake(bounds, halves), ledger, execution, following, poster, parts)


def recovered(machine: Machine, journal: object, genesis: Genesis, batch_records: int) -> Ledger:
    """Return the ledger that a journal holds. Blocks."""
    return Ledger(machine, journal, genesis, batch_records=batch_records)  # type: ignore[arg-type]
