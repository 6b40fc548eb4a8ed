"""The sequencer's parts in one place, and the tasks that join intake to execution.

One rule: what is waiting is bounded, and what was taken out of the queue is executed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from rollup.configuration import SequencerConfig
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.environment import Environment
from rollup.l1.header import QueueEntry
from sequencer.execution import Execution, Tells, the_truth
from sequencer.following import Following
from sequencer.ingest import Waiting
from sequencer.intake import Intake, Refusal, Submission
from sequencer.ledger import Ledger
from sequencer.pipeline import Checked, check, check_all, gather
from sequencer.poster import Poster

HALVES_FROM = 64
"""Records from which a group's signatures are checked in two threads."""


def everybody(_submission: Submission[Waiting]) -> bool:
    """Admit whatever the bounds admit."""
    return True


def everything(entries: list[QueueEntry]) -> list[QueueEntry]:
    """Take all of L1's queue."""
    return entries


@dataclass(frozen=True, slots=True)
class Parts:
    """What can be swapped: a sequencer that censors is the honest one with one of these replaced."""

    admits: Callable[[Submission[Waiting]], bool] = everybody
    """Which submissions may come in, of those within the bounds."""
    takes: Callable[[list[QueueEntry]], list[QueueEntry]] = everything
    """Which of the queue entries that are deep enough the next batch takes: a first part of them."""
    checker: Callable[[], SignatureChecker] = SignatureChecker
    """Makes what checks signatures."""
    tells: Tells = the_truth
    """What a sender is told of what became of its submission."""


@dataclass
class Sequencer:
    """A sequencer's parts, each replaceable before it runs."""

    environment: Environment
    config: SequencerConfig
    genesis: Genesis
    intake: Intake[Waiting]
    ledger: Ledger
    execution: Execution
    following: Following
    poster: Poster
    parts: Parts = field(default_factory=Parts)
    arrived: trio.Event = field(default_factory=trio.Event)
    taken: int = 0
    """Records that have ever been taken out of the queue."""

    def offer(self, submission: Submission[Waiting]) -> Refusal | None:
        """Let a submission in, or say why not."""
        refusal = self.intake.offer(submission) if self.parts.admits(submission) else Refusal.QUEUE_FULL
        if refusal is None:
            self.arrived.set()
        return refusal

    def gate(self) -> bool:
        """Whether new batches may begin: L1 has been read to its head, and is not too far behind."""
        behind = self.ledger.head.index + 1 - self.following.next_index
        return self.following.is_caught_up and behind < self.config.unposted_batches_max

    async def check_arrivals(self, channel: trio.MemorySendChannel[Checked[Waiting]]) -> None:
        """Check the signatures of what arrives, ahead of execution."""
        while True:
            if not self.intake.waiting:
                self.arrived = trio.Event()
                await self.arrived.wait()
                if self.intake.count < self.config.group_records:
                    await self.environment.sleep(self.config.group_wait_s)
            taken = self.intake.take(min(self.config.group_records, self.room()))
            if taken:
                self.taken += sum(len(submission.records) for submission in taken)
                await channel.send(await self.check(taken))

    def room(self) -> int:
        """Return how many records end with the batch, as far as can be foreseen.

        A group that lies in one batch alone, and fills it, is one entry of the journal; any other is two.
        """
        ahead = self.taken - self.execution.executed
        return self.config.batch_records - (self.execution.posted + ahead) % self.config.batch_records

    async def check(self, submissions: list[Submission[Waiting]]) -> Checked[Waiting]:
        """Check signatures in two threads where it is worth it."""
        tools = self.execution.tools
        count = sum(len(submission.records) for submission in submissions)
        if count < HALVES_FROM:
            return await self.environment.in_thread(check_all, tools, submissions)
        gathered = await self.environment.in_thread(gather, tools, submissions)
        async with trio.open_nursery() as nursery:
            for part in (slice(count // 2), slice(count // 2, None)):
                nursery.start_soon(self.environment.in_thread, check, tools, gathered, part)
        return gathered
