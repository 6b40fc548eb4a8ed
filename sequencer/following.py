"""The sequencer's eye on L1: which of its batches are there, what waits in the queue, and what to do when L1 says otherwise.

One rule: L1 is right. A batch there that is not ours is adopted; a batch of ours that cannot be posted any more (its queue entries are
gone, its time is too old, another took its place) is rolled back, and its transactions are executed again in new batches.
"""

import trio

from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.transport import TransportError
from rollup.environment import Environment
from rollup.l1.action import authenticate
from rollup.l1.client import WrongChain
from rollup.l1.derivation import DerivedBatch
from rollup.l1.follower import Follower, News
from rollup.l1.header import BlockRef, QueueEntry
from sequencer.execution import Execution
from sequencer.producer import Head


class Following:
    """L1's view, kept up to date."""

    def __init__(
        self,
        environment: Environment,
        follower: Follower,
        execution: Execution,
        genesis: Genesis,
        *,
        poll_s: float,
        confirmations: int,
    ) -> None:
        """Follow L1. Times in seconds; `confirmations` in blocks, before a queue entry is taken."""
        self.environment = environment
        self.follower = follower
        self.execution = execution
        self.genesis = genesis
        self.poll_s = poll_s
        self.confirmations = confirmations
        self.head = BlockRef(-1, bytes(32), bytes(32), genesis.chain.time_s)
        follower.derivation.spare(self._acc_of)
        self.is_caught_up = False
        self.caught_up = trio.Event()

    def _acc_of(self, index: int) -> bytes | None:
        place = self.execution.ledger.sealed.get(index)
        return None if place is None else place.head.acc

    @property
    def next_index(self) -> int:
        """Index of the first batch that L1 does not have."""
        return self.follower.derivation.head.next_index

    def l1_time_s(self) -> int:
        """Return the time of L1's newest block."""
        return self.head.time_s

    def queue_ready(self) -> list[QueueEntry]:
        """Return the queue entries that the ledger's next batch should take: those deep enough in L1."""
        taken = self.execution.ledger.head.queue_next
        deep = self.head.number - self.confirmations
        return [entry for entry in self.follower.derivation.entries_from(taken) if entry.l1_block <= deep]

    async def run(self) -> None:
        """Look at L1 for ever; a failed look is repeated. Raises WrongChain; RollupError, StoreError where our batches cannot be mended."""
        while True:
            news = None
            try:
                news = await self.follower.look()
            except WrongChain:
                raise
            except (TransportError, RollupError) as error:
                self.environment.log("l1 not read", reason=str(error))
            if news is not None:
                await self.take(news)
            if news is None or news.is_caught_up:
                await self.environment.sleep(self.poll_s * (1 + self.environment.random().random() / 4))

    async def take(self, news: News) -> None:
        """Take what a look has brought: compare L1's batches with ours, and mend ours."""
        self.head = news.head
        if news.dropped_above is not None:
            self.environment.log("l1 reorganised", kept=news.dropped_above, first_batch_dropped=news.first_dropped_batch)
            self.follower.client.forget_nonce()
        async with self.execution.busy:
            for batch in news.batches:
                await self._compare(batch)
            if news.is_caught_up:
                await self._mend()
            await self.execution.resubmit()
            if news.is_caught_up:
                self.is_caught_up = True
                self.caught_up.set()

    async def _compare(self, batch: DerivedBatch) -> None:
        """Follow a batch of L1's where it is not the one we have at its place."""
        ledger = self.execution.ledger
        place = ledger.sealed.get(batch.index)
        if place is not None and place.head.acc == batch.acc:
            return
        if batch.index < ledger.head.index and place is None:
            return
        self.environment.log("batch adopted", index=batch.index, acc=batch.acc, forced=batch.forced)
        await self.execution.roll_back(batch.index - 1)
        await self.environment.in_thread(self._adopt, batch)
        self.execution.announce()

    async def _mend(self) -> None:
        """Make anew what L1 would not take any more."""
        broken = self._first_broken()
        if broken is not None:
            self.environment.log("batches made anew", first=broken)
            await self.execution.roll_back(broken - 1)
            self.execution.announce()

    def _first_broken(self) -> int | None:
        """Return the first batch of ours that is not on L1 and cannot be posted as it is, the open one included."""
        ledger = self.execution.ledger
        for index in range(self.next_index, ledger.head.index + 1):
            place = ledger.sealed.get(index)
            if place is not None and self._is_broken(place.head):
                return index
        batch = ledger.producer.open
        if batch is not None and batch.queue_acc != self.follower.derivation.queue_acc(batch.queue_to):
            return batch.index
        return None

    def _is_broken(self, end: Head) -> bool:
        """Say whether L1 would refuse a sealed batch: too old, another queue, or the next one to post leaves out an overdue entry.

        So it would for very long where its time has gone back, as after a revert, and the batch is as far ahead of it.
        """
        rules, derivation = self.genesis.inbox, self.follower.derivation
        out_of_time = abs(end.time_s - self.head.time_s) > rules.batch_age_max_s
        if out_of_time or end.queue_acc != derivation.queue_acc(end.queue_next):
            return True
        takes = end.queue_next - derivation.head.queue_to
        left_out = derivation.entries_from(end.queue_next)[:1] if end.index == self.next_index else []
        delay = derivation.forced_delay(self.head.number)
        overdue = any(entry.l1_block + delay <= self.head.number for entry in left_out)
        return overdue and takes < rules.forced_batch_max

    def _adopt(self, batch: DerivedBatch) -> None:
        tools = self.execution.tools
        authenticate(batch.records, batch.signatures, self.genesis, tools.checker, tools.hash_many)
        self.execution.ledger.adopt(batch)
