"""Posts sealed batches to L1, in order, until L1 has them. A trio shell.

One rule: what is posted was sealed, re-executed and journalled before, and the signing guard has seen its bytes: for one parent there is
never a second body from this node. Everything else (an answer that was lost, a nonce that is used, a reverted call) is answered by
looking at L1 again.
"""

from collections.abc import Callable

import trio

from rollup.core.transport import TransportError
from rollup.environment import Environment
from rollup.l1.client import L1Client, L1Refused, L1Reverted, Pending
from rollup.signing_guard import SigningGuard
from sequencer.entries import BatchEntry
from sequencer.ledger import Ledger
from sequencer.stages import Stages


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
        stages: Stages,
    ) -> None:
        """Post from a ledger. Times in seconds."""
        self.environment = environment
        self.client = client
        self.ledger = ledger
        self.guard = guard
        self.poll_s = poll_s
        self.bump_after_s = bump_after_s
        self.stages = stages
        self.running = True
        self.refusal = ""
        """Why L1 last refused a batch; empty where it did not."""

    async def run(self, next_index: Callable[[], int], l1_time_s: Callable[[], int], sealed: Callable[[], trio.Event]) -> None:
        """Post for ever. `next_index` is the first batch that L1 does not have, `l1_time_s` its head's time."""
        while True:
            waiting = sealed()
            index = next_index()
            place = self.ledger.sealed.get(index)
            if self.running and place is not None and place.head.time_s <= l1_time_s():
                await self._post(index, next_index)
            else:
                with trio.move_on_after(self.poll_s):
                    await waiting.wait()

    async def _post(self, index: int, next_index: Callable[[], int]) -> None:
        try:
            entry = await self.environment.in_thread(self.ledger.entry, index)
            await self.environment.in_thread(self.guard.promise, index, entry.acc)
            pending = await self._send(entry)
            self.environment.log("batch posted", index=index, transaction=pending.hash, size=len(entry.body))
            await self._wait(pending, index, next_index)
            self.refusal = ""
        except (L1Reverted, L1Refused, TransportError, KeyError) as error:
            self.refusal = str(error)
            self.environment.log("batch not posted", index=index, reason=str(error))
            self.client.forget_nonce()
            await self.environment.sleep(self.poll_s * (1 + self.environment.random().random()))

    async def _send(self, entry: BatchEntry) -> Pending:
        with self.stages.measure("post", entry.count):
            return await self.client.send(
                "inbox",
                "postBatch",
                entry.parent,
                entry.time_s,
                entry.queue_to,
                entry.queue_acc,
                entry.count,
                entry.body,
            )

    async def _wait(self, pending: Pending, index: int, next_index: Callable[[], int]) -> None:
        """Wait until L1 has the batch, raising the fee where it takes too long. Raises L1Reverted, TransportError."""
        sent_at = self.environment.now()
        while next_index() <= index:
            receipt = await self.client.receipt(pending.hash)
            if receipt is not None and not receipt.succeeded:
                raise L1Reverted("inbox.postBatch", reason="in its block", data=b"")
            if receipt is None and self.environment.now() > sent_at + self.bump_after_s:
                pending, sent_at = await self.client.replace(pending), self.environment.now()
            await self.environment.sleep(self.poll_s)
