"""Shows L1 what contradicts itself: the sequencer's receipts that it was handed, batches that break them, attestations of roots that lost.

One rule: nothing is shown that was not committed to before, so that whoever copies it comes too late for the reward; and nothing that this
verifier has not checked itself. What is due next follows from L1's views alone, so a crash loses nothing but receipts. (A trio shell.)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak256
from rollup.dispute.game import Game
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Refused, L1Reverted
from rollup.l1.evidence import Accusation, Promised, SignedReceipt, contradiction, open_receipt
from rollup.l1.header import LogEntry
from verifier.breaches import breach
from verifier.replica import Replica
from verifier.responder import Responder

RECEIPTS_KEPT = 4_096
"""Receipts that are kept to be compared; the oldest make room."""

PATIENCE_BLOCKS = 3
"""L1 blocks after which a call that L1 has not taken is made again."""


@dataclass(slots=True)
class Case:
    """An accusation, and when its last call was sent."""

    accusation: Accusation
    commitment: bytes
    sent_at: int = -PATIENCE_BLOCKS


@dataclass
class Accuser:
    """One verifier's case book."""

    responder: Responder
    genesis: Genesis
    replica: Replica
    receipts: dict[bytes, Promised] = field(default_factory=dict)
    """By their leaf and claim, the oldest first."""
    attested: dict[tuple[int, bytes], tuple[int, int]] = field(default_factory=dict)
    """By batch and root: the block of the last attestation, and the verifiers' bitmap."""
    unchecked: list[Promised] = field(default_factory=list)
    """Receipts of batches that L1 did not have yet when they were handed in."""
    cases: dict[bytes, Case] = field(default_factory=dict)
    """By whose stake they are about: one is enough."""

    def report(self, signed: SignedReceipt) -> bool:
        """Take a receipt that somebody was given; say whether it is new. Raises RollupError where the sequencer did not sign it."""
        found = open_receipt(self.genesis.genesis_hash, self.genesis.roles.sequencer, signed)
        name = keccak256(signed.leaf + signed.claim)
        if name in self.receipts:
            return False
        for known in self.receipts.values():
            self.accuse(contradiction(self.genesis.roles.sequencer, known, found))
        self.receipts[name] = found
        self.unchecked.append(found)
        while len(self.receipts) > RECEIPTS_KEPT:
            del self.receipts[next(iter(self.receipts))]
        del self.unchecked[:-RECEIPTS_KEPT]
        return True

    def note(self, logs: list[LogEntry]) -> None:
        """Take note of attestations on L1."""
        known = INTERFACES["attestations"].topics
        for log in logs:
            event = known.get(log.topics[0]) if log.topics else None
            if event is not None and event.name == "Attested":
                made = event.decode_log(log.topics, log.data)
                self.attested[cast("int", made["batch"]), cast("bytes", made["root"])] = log.block, cast("int", made["bitmap"])

    def rolled_back(self, block: int) -> None:
        """Forget attestations in blocks that L1 has dropped."""
        self.attested = {key: found for key, found in self.attested.items() if found[0] <= block}
        self.unchecked = list(self.receipts.values())

    async def act(self, game: Game, block: int) -> None:
        """Look for new cases, and take the next step in each. Raises TransportError."""
        for accusation in [*self.lost(game), *await self.broken()]:
            self.accuse(accusation)
        for case in list(self.cases.values()):
            await self.proceed(case, block)

    def accuse(self, accusation: Accusation | None) -> None:
        """Open a case, unless there is one about that stake, or the stake is this verifier's own."""
        address = self.responder.client.address
        if accusation is not None and address is not None and accusation.owner not in {address, *self.cases}:
            salt = self.responder.salt_of(accusation.owner)
            self.cases[accusation.owner] = Case(accusation, accusation.commitment(address, salt))
            self.responder.environment.log("ALARM: evidence", owner=accusation.owner, function=accusation.function)

    def lost(self, game: Game) -> Iterator[Accusation]:
        """Yield the evidence against verifiers that attested another root than the confirmed one; forget what is settled."""
        for (batch, root), (_, bitmap) in list(self.attested.items()):
            confirmed = game.confirmed.get(batch)
            if confirmed is None:
                continue
            if game.assertions[confirmed].end_root != root:
                for number, key in enumerate(self.genesis.verifiers):
                    if bitmap >> number & 1:
                        yield Accusation(key.address, "accuseAttestation", (batch, root, confirmed, number))
            del self.attested[batch, root]

    async def broken(self) -> list[Accusation]:
        """Return the evidence of batches on L1 that break a promise; a promise that was compared is done with."""
        ready = [promised for promised in self.unchecked if promised.claim.batch <= self.replica.seen]
        self.unchecked = [promised for promised in self.unchecked if promised.claim.batch > self.replica.seen]
        in_thread = self.responder.environment.in_thread
        found = [await in_thread(breach, self.replica, self.genesis, promised) for promised in ready]
        return [accusation for accusation in found if accusation is not None]

    async def proceed(self, case: Case, block: int) -> None:
        """Commit; then accuse; then, when others had their time, collect."""
        owner, client = case.accusation.owner, self.responder.client
        (stake,) = await client.call("stakes", "stake", owner)
        amount, slashed_at, claimant, rank = cast("tuple[int, int, bytes, int]", await client.call("stakes", "reward", owner))
        if not stake and not amount:
            del self.cases[owner]
            return
        if block < case.sent_at + PATIENCE_BLOCKS:
            return
        committed_at = cast("int", (await client.call("stakes", "commitment", case.commitment))[0])
        if not committed_at:
            await self.send(case, block, "commit", case.commitment)
        elif stake or (claimant != client.address and committed_at < rank):
            salt = self.responder.salt_of(owner)
            await self.send(case, block, case.accusation.function, *case.accusation.arguments, salt)
        elif claimant != client.address:
            del self.cases[owner]
        elif block > slashed_at + self.genesis.dispute.window_blocks:
            await self.send(case, block, "collectReward", owner)

    async def send(self, case: Case, block: int, function: str, *arguments: object) -> None:
        """Send one call."""
        case.sent_at, responder = block, self.responder
        try:
            async with responder.hand:
                await responder.client.send("stakes", function, *arguments)
            responder.environment.log("evidence sent", function=function, owner=case.accusation.owner)
        except (L1Reverted, L1Refused) as error:
            responder.client.forget_nonce()
            responder.environment.log("evidence refused", function=function, reason=str(error))
