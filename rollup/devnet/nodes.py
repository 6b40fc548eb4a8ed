"""Runs one node in this process, from its configuration to a clean end.

One rule: a node ends by a signal, by the end of its standard input where it was told to listen to that, or by what it cannot go on
with; in each case its listeners are closed and its stores are given back. A node's modules are imported when it is run.
"""

import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypedDict

import trio

from rollup.acceleration import Acceleration
from rollup.configuration import ExecutionMode, L1Config, Listener, SequencerConfig, VerifierConfig, load_genesis
from rollup.core.genesis import Genesis
from rollup.devnet.data_directory import held
from rollup.devnet.warming import cache_directory, warm, when_warm
from rollup.environment import Environment
from rollup.keystore import load_bls_secret, load_secret
from rollup.net.real import RealEnvironment
from rollup.transition.machine import Machine

Start = Callable[..., Awaitable[None]]
"""A node's `run`, which takes `task_status` alone any more."""


class Execution(TypedDict, total=False):
    """How a node executes, as arguments of its `run`."""

    machine: Machine
    acceleration: Callable[[], Awaitable[Acceleration]]


@dataclass(frozen=True, slots=True)
class Role:
    """What a node can be."""

    kind: type[Any]
    """Class of its configuration."""
    prepare: Callable[[Environment, Any, Genesis], Awaitable[Start]]
    """Make its `run`, ready to be started."""


async def prepare_l1(environment: Environment, config: L1Config, genesis: Genesis) -> Start:
    """Prepare the mock L1."""
    from l1_mock import node

    return partial(node.run, environment, config, genesis)


async def prepare_sequencer(environment: Environment, config: SequencerConfig, genesis: Genesis) -> Start:
    """Prepare the sequencer. Raises KeystoreError."""
    from sequencer import node

    chain = genesis.chain.l1_chain_id
    secrets = node.Secrets(load_secret(config.receipt_key, l1_chain_id=chain), load_secret(config.poster_key, l1_chain_id=chain))
    return partial(node.run, environment, config, genesis, secrets, **await execution(environment, config.mode))


async def prepare_verifier(environment: Environment, config: VerifierConfig, genesis: Genesis) -> Start:
    """Prepare a verifier. Raises KeystoreError."""
    from verifier import node

    chain = genesis.chain.l1_chain_id
    secrets = node.Secrets(load_secret(config.key, l1_chain_id=chain), load_bls_secret(config.bls_key, l1_chain_id=chain))
    return partial(node.run, environment, config, genesis, secrets, **await execution(environment, config.mode))


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "l1": Role(L1Config, prepare_l1),
        "sequencer": Role(SequencerConfig, prepare_sequencer),
        "verifier": Role(VerifierConfig, prepare_verifier),
    }
)
"""Every role by its name."""


async def execution(environment: Environment, mode: ExecutionMode) -> Execution:
    """Return how a node executes: plain, compiled from the start, or compiled once the code is there."""
    directory = cache_directory(os.environ)
    if mode == "plain":
        return {}
    if mode == "auto":
        return {"acceleration": partial(when_warm, environment, directory)}
    ready: Acceleration = await environment.in_thread(warm, directory, lambda line: environment.log("compiling", line=line))
    from rollup.transition.machine_compiled import CompiledMachine

    async def at_once() -> Acceleration:
        await trio.lowlevel.checkpoint()
        return ready

    return {"machine": CompiledMachine(ready.program), "acceleration": at_once}


def run_node(role: str, config: Listener, *, name: str, with_stdin: bool) -> None:
    """Run a node until it is told to stop; `with_stdin` ends it with its standard input, too.

    When it is ready, one line of JSON on stdout says where it listens. Raises ConfigurationError, KeystoreError, DirectoryRefused,
    StoreError, AddressInUse and whatever else the node cannot go on with.
    """
    genesis = load_genesis(config.genesis)
    environment = RealEnvironment(name, listen_beyond_loopback_without_tls=config.listen_beyond_loopback)
    with ExitStack() as stack:
        stack.enter_context(held(config.data_directory, f"{role} of rollup 0x{genesis.genesis_hash.hex()}"))
        trio.run(live, environment, role, config, genesis, with_stdin)
    environment.log("stopped")


async def live(environment: Environment, role: str, config: Listener, genesis: Genesis, with_stdin: bool) -> None:  # noqa: FBT001  # trio.run takes no names
    """Start a node, say where it listens, and keep it until it is told to stop."""
    async with trio.open_nursery() as nursery:
        await nursery.start(stop_at_signal, environment, nursery.cancel_scope)
        if with_stdin:
            nursery.start_soon(stop_with_stdin, environment, nursery.cancel_scope)
        started = await nursery.start(await ROLES[role].prepare(environment, config, genesis))
        announce(environment.name, role, started)


def announce(name: str, role: str, started: object) -> None:
    """Print where a node listens: one line of JSON."""
    addresses = {"rpc": started} if isinstance(started, str) else {key: getattr(started, key) for key in ("rpc", "ingest")}
    sys.stdout.write(json.dumps({"node": name, "role": role, "pid": os.getpid(), **addresses}) + "\n")
    sys.stdout.flush()


async def stop_at_signal(environment: Environment, scope: trio.CancelScope, *, task_status: trio.TaskStatus[None]) -> None:
    """End a node at SIGTERM or Ctrl-C."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            environment.log("stopping", signal=signal.Signals(number).name)
            scope.cancel()


async def stop_with_stdin(environment: Environment, scope: trio.CancelScope) -> None:
    """End a node when whoever holds the other end of its standard input is gone."""
    async with trio.lowlevel.FdStream(os.dup(0)) as stream:
        async for _ in stream:
            pass
    environment.log("stopping", reason="standard input has ended")
    scope.cancel()
