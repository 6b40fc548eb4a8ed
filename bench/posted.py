"""What a run has left on L1: the batches, read as a verifier reads them."""

from dataclasses import dataclass

import numpy as np

from rollup.core.genesis import Genesis
from rollup.environment import Environment
from rollup.l1.client import L1Client
from rollup.l1.derivation import Derivation
from rollup.l1.follower import Follower


@dataclass(frozen=True, slots=True)
class Posted:
    """A batch on L1."""

    index: int
    records: int
    """In its body."""
    size: int
    """Of its body, bytes."""
    signers: int
    """Distinct ones."""


async def read_posted(environment: Environment, genesis: Genesis, l1: str) -> list[Posted]:
    """Return every batch on L1."""
    rpc = environment.rpc_client(l1)
    follower = Follower(L1Client(rpc, genesis), Derivation(genesis))
    found: list[Posted] = []
    while True:
        news = await follower.look()
        for batch in news.batches:
            own = batch.records[len(batch.records) - batch.header.count :]
            found.append(Posted(batch.index, batch.header.count, len(batch.body), len(np.unique(own["signer"], axis=0)) if len(own) else 0))
        if news.is_caught_up:
            await rpc.aclose()
            return found
