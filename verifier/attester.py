"""Attests executed batches with a BLS signature: "I executed this batch to this root". A trio shell.

One rule: an attestation is signed only for a batch that was executed here and that L1 has; it is no move in a dispute, and losing one does
no harm.
"""

from collections import deque
from dataclasses import dataclass

import trio

from rollup.core import bls
from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.transport import TransportError
from rollup.l1.attestation import attestation_message
from verifier.responder import Responder
from verifier.strategy import Claim

WAITING = 16
"""Batches that may wait to be attested; when more come, the oldest are skipped."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A signed statement about one batch."""

    batch: int
    root: bytes
    signature: bytes
    """BLS12-381, 96 bytes."""
    bitmap: int
    """Which verifiers signed."""


class Attester:
    """Signs and submits one verifier's attestations."""

    def __init__(self, responder: Responder, genesis: Genesis, secret: int, *, every: int) -> None:
        """Attest every so many batches, by a responder's hand; 0: never, as does one whose key the genesis does not know."""
        self.environment = responder.environment
        self.responder = responder
        self.genesis = genesis
        self.secret = secret
        keys = [key.public_key for key in genesis.verifiers]
        public_key = bls.public_key_of(secret)
        self.number = keys.index(public_key) if public_key in keys else -1
        self.every = every if self.number >= 0 else 0
        self.made: dict[int, Attestation] = {}
        """The newest attestations by batch."""
        self.waiting: deque[Claim] = deque(maxlen=WAITING)
        self.arrived = trio.Event()

    def consider(self, claim: Claim) -> None:
        """Queue a batch that was executed, if it is one to attest."""
        if self.every and (claim.batch + 1) % self.every == 0:
            self.waiting.append(claim)
            self.arrived.set()

    async def run(self) -> None:
        """Sign and submit what waits, for ever."""
        while True:
            if not self.waiting:
                self.arrived = trio.Event()
                await self.arrived.wait()
            await self.attest(self.waiting.popleft())

    async def attest(self, claim: Claim) -> None:
        """Sign one batch, and submit the signature; one that L1 does not take is not tried again."""
        message = attestation_message(self.genesis.genesis_hash, claim.accumulator, claim.end_root)
        signature = await self.environment.in_thread(bls.sign, message, self.secret)
        made = Attestation(claim.batch, claim.end_root, signature, 1 << self.number)
        self.made[claim.batch] = made
        for old in sorted(self.made)[:-WAITING]:
            del self.made[old]
        try:
            async with self.responder.hand:
                await self.responder.client.send("attestations", "attest", made.batch, made.root, made.signature, made.bitmap)
            self.environment.log("attested", batch=made.batch)
        except (TransportError, RollupError) as error:
            self.responder.client.forget_nonce()
            self.environment.log("attestation refused", batch=made.batch, reason=str(error))
