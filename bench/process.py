"""One node of a measurement, in a process of its own: `python -m bench.process ROLE SETTINGS` with the settings as JSON.

One rule: it is the node that a devnet runs, on real sockets and a real disk, compiled before it starts. What is swapped on request, to see
the rest without it (the signature check, the roots inside a batch), no configuration can reach.

It writes one line of JSON when it is ready, and ends when its standard input does.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import trio

import l1_mock.node
import sequencer.node
import verifier.node
from rollup.acceleration import Acceleration, load
from rollup.configuration import KeyConfig, L1Config, SequencerConfig, VerifierConfig
from rollup.core.development import development_bls_secret, development_genesis, development_secret
from rollup.core.genesis import Genesis
from rollup.core.secp256k1 import Bytes, Flags
from rollup.core.signing import SignatureChecker
from rollup.devnet.market_day.chain import chain_genesis
from rollup.environment import Environment
from rollup.net.real import RealEnvironment
from rollup.state.limits import STEPS
from sequencer.assembly import Parts
from verifier.agent import Parts as VerifierParts


@dataclass(frozen=True, slots=True)
class Settings:
    """What a node of a measurement is told."""

    time_s: int
    """Time of genesis, which the rest of the genesis follows from."""
    directory: str
    cache: str
    l1_url: str = ""
    mode: str = "compiled"
    batch: int = 4_000
    trusting: bool = False
    traced: bool = True
    """Whether a verifier takes a root after every leaf, or only one a batch."""
    full_chain: bool = False
    """Whether the genesis is that of the market day, and not the devnet's."""


class TrustingChecker(SignatureChecker):
    """Takes every signature for valid: what remains is the cost of everything else."""

    def check_many(self, digests: Bytes, signatures: Bytes, signers: Bytes) -> Flags:
        """Say yes."""
        del signatures, signers
        return np.ones(len(digests), np.bool_)


async def run_l1(environment: Environment, settings: Settings, genesis: Genesis, nursery: trio.Nursery) -> dict[str, str]:
    """Start the L1; return its addresses."""
    config = L1Config(
        genesis=Path(),
        data_directory=Path(settings.directory),
        listen="127.0.0.1:0",
        mining="instant",
        block_gas_max=1 << 30,
    )
    return {"rpc": await nursery.start(partial(l1_mock.node.run, environment, config, genesis))}


async def run_sequencer(environment: Environment, settings: Settings, genesis: Genesis, nursery: trio.Nursery) -> dict[str, str]:
    """Start a sequencer; return its addresses."""
    config = SequencerConfig(
        genesis=Path(),
        data_directory=Path(settings.directory),
        listen="127.0.0.1:0",
        ingest_listen="127.0.0.1:0",
        l1_url=settings.l1_url,
        receipt_key=KeyConfig(devnet="sequencer"),
        poster_key=KeyConfig(devnet="poster"),
        batch_records=settings.batch,
        group_records=settings.batch,
        pending_per_account_max=1 << 16,
        pending_max=1 << 18,
        unposted_batches_max=1_024,
        confirmations=0,
        poll_interval_s=0.25,
        batch_interval_s=0.5,
    )
    secrets = sequencer.node.Secrets(development_secret("sequencer"), development_secret("poster"))
    parts = Parts(checker=TrustingChecker) if settings.trusting else Parts()
    run = partial(sequencer.node.run, environment, config, genesis, secrets, parts=parts, acceleration=ready(settings))
    return asdict(await nursery.start(run))


async def run_verifier(environment: Environment, settings: Settings, genesis: Genesis, nursery: trio.Nursery) -> dict[str, str]:
    """Start a verifier; return its address."""
    config = VerifierConfig(
        genesis=Path(),
        data_directory=Path(settings.directory),
        listen="127.0.0.1:0",
        l1_url=settings.l1_url,
        key=KeyConfig(devnet="verifier-1"),
        bls_key=KeyConfig(devnet="verifier-1"),
        attest_every=0,
        assert_batches=False,
        poll_interval_s=0.05,
    )
    parts = VerifierParts(stride=0 if settings.traced else STEPS)
    secrets = verifier.node.Secrets(development_secret("verifier-1"), development_bls_secret("verifier-1"))
    return {
        "rpc": await nursery.start(
            partial(verifier.node.run, environment, config, genesis, secrets, parts=parts, acceleration=ready(settings))
        )
    }


def ready(settings: Settings) -> Callable[[], Awaitable[Acceleration]] | None:
    """Return what brings the machine code that was loaded before the node started, or None for the plain mode."""
    if settings.mode == "plain":
        return None
    loaded = load(Path(settings.cache), lambda line: print(line, file=sys.stderr))

    async def bring() -> Acceleration:
        return loaded

    return bring


ROLES = {"l1": run_l1, "sequencer": run_sequencer, "verifier": run_verifier}
"""Every role and how it is started."""


async def main(role: str, settings: Settings) -> None:
    """Run one node until standard input ends."""
    environment = RealEnvironment(f"bench-{role}")
    make = chain_genesis if settings.full_chain else development_genesis
    genesis = make(time_s=settings.time_s, verifiers=1)
    async with trio.open_nursery() as nursery:
        addresses = await ROLES[role](environment, settings, genesis, nursery)
        print(json.dumps(addresses), flush=True)
        await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main, sys.argv[1], Settings(**json.loads(sys.argv[2])))
