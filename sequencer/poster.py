"""Posts sealed batches to L1, in order, until L1 has them. A trio shell.

One rule: what is posted was sealed, decoded again and journalled before, and the signing guard has seen its accumulator: L1 never has two
bodies of this node to choose from. Everything else (an answer that was lost, a nonce that is used, a reverted call) is answered by
looking at L1 again.
"""

from collections.abc import Callable

import trio

from rollup.core.errors import RollupError
from rollup.core.transport import TransportError
from rollup.environment import Environment
from rollup.l1.client import L1Client, L1Refused, L1Reverted, Pending
from rollup.signing_guard import Promise, SigningGuard
from sequencer.ledger import Ledger
from sequencer.notes import Notes
from sequencer.stages import Stages

GAS_FIXED = 500_000
"""Gas of a batch beside its bytes, generously: storage, its log, the call itself."""

GAS_PER_BYTE = 20
"""Gas of a byte of a body, generously: 16 as calldata, and its share of the chunk tree. Asking L1 instead makes it run the call twice."""

GAS_MOST = 1 << 24
"""Gas that Ethereum allows one transaction (EIP-7825); the longest body takes less."""


class Poster:
    """Sends the batch after the last one that L1 has."""

    def __init__(
        self,
        environment: Environment,
        client: L1Client,
        ledger: Ledger,
        guard: SigningGuard,
        *,
        poll_s: float,
        bump_after_s: float,
        batch_age_max_s: int,
        notes: Notes,
        stages: Stages,
    ) -> None:
        """Post from a ledger. Times in seconds; L1 takes no batch older than `batch_age_max_s`."""
        self.environment = environment
        self.client = client
        self.ledger = ledger
        self.guard = guard
        self.poll_s = poll_s
        self.bump_after_s = bump_after_s
        self.batch_age_max_s = batch_age_max_s
        self.notes = notes
        self.stages = stages
        self.running = True
        self.under_way: Pending | None = None
        """The last transaction sent, until L1 has used its nonce: what was sent later could not get past it."""
        self.refusal = ""
        """Why L1 last refused a batch; empty where it did not."""

    async def run(self, next_index: Callable[[], int], l1_time_s: Callable[[], int], sealed: Callable[[], trio.Event]) -> None:
        """Post for ever. `next_index` is the first batch that L1 does not have, `l1_time_s` its head's time. Raises SigningRefused."""
        while True:
            waiting = sealed()
            index = next_index()
            place = self.ledger.sealed.get(index)
            if self.running and await self.notes.is_due(index, l1_time_s()):
                await self._note()
            elif self.running and place is not None and place.head.time_s <= l1_time_s():
                await self._post(index, next_index, l1_time_s())
            else:
                with trio.move_on_after(self.poll_s):
                    await waiting.wait()

    async def _post(self, index: int, next_index: Callable[[], int], now_s: int) -> None:
        try:
            await self._see_through()
            if next_index() == index:
                await self._send(index, now_s)
                await self._see_through()
            self.refusal = ""
            await self._await_follower(index, next_index)
        except (RollupError, TransportError, KeyError) as error:
            self.refusal = str(error)
            self.environment.log("batch not posted", index=index, reason=str(error))
            self.client.forget_nonce()
            await self.environment.sleep(self.poll_s * (1 + self.environment.random().random()))

    async def _note(self) -> None:
        """Ask L1 to tell the state how many batches it has; if that fails it is due again later."""
        try:
            await self._see_through()
            self.under_way = await self.client.send("inbox", "notePosted", value=self.notes.fee_wei)
            await self._see_through()
            self.environment.log("batches noted")
        except (RollupError, TransportError) as error:
            self.environment.log("batches not noted", reason=str(error))
            self.client.forget_nonce()

    async def _send(self, index: int, now_s: int) -> None:
        entry = await self.environment.in_thread(self.ledger.entry, index)
        promise = Promise(index, entry.parent, entry.queue_acc, entry.acc, entry.time_s)
        await self.environment.in_thread(self.guard.promise, promise, now_s - self.batch_age_max_s, now_s + self.batch_age_max_s)
        with self.stages.measure("post", entry.count):
            self.under_way = await self.client.send(
                "inbox",
                "postBatch",
                entry.parent,
                entry.time_s,
                entry.queue_to,
                entry.queue_acc,
                entry.count,
                entry.body,
                gas=None if self.refusal else min(GAS_MOST, GAS_FIXED + GAS_PER_BYTE * len(entry.body)),
            )
        self.environment.log("batch posted", index=index, transaction=self.under_way.hash, size=len(entry.body))

    async def _see_through(self) -> None:
        """Wait until what was sent is in a block, raising its fee where it takes too long. Raises L1Reverted, L1Refused, TransportError."""
        sent_at = self.environment.now()
        while self.under_way is not None:
            sent = self.under_way
            receipt = await self.client.receipt(sent.hash)
            if receipt is not None or await self.client.nonce(self.client.address or b"") > sent.nonce:
                self.under_way = None
                if receipt is not None and not receipt.succeeded:
                    raise L1Reverted("inbox", reason="in its block", data=b"")
            elif self.environment.now() > sent_at + self.bump_after_s:
                if await self.client.is_stranded(sent):
                    self.under_way = None
                    raise L1Refused("nonce", received=sent.nonce, expected="the next one: L1 has dropped an earlier transaction")
                self.under_way, sent_at = await self.client.replace(sent), self.environment.now()
            else:
                await self.environment.sleep(self.poll_s)

    async def _await_follower(self, index: int, next_index: Callable[[], int]) -> None:
        """Give the look at L1 time to find the batch: else it would be sent twice."""
        patience = self.environment.now() + self.bump_after_s
        while next_index() <= index and self.environment.now() < patience:
            await self.environment.sleep(self.poll_s)
