"""The sequencer's working loop: takes what is checked, executes it into batches, answers, and seals.

One rule: the ledger has one user at a time (`busy`), and everything it does happens in a thread, so that the node stays awake.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np
import trio

from rollup.acceleration import Acceleration
from rollup.environment import Environment
from rollup.l1.action import authenticate
from rollup.l1.header import QueueEntry
from rollup.state.layout import RECEIPT
from rollup.state.limits import STEPS
from sequencer.entries import BatchEntry
from sequencer.ingest import Waiting
from sequencer.intake import Submission, cut_at_heads
from sequencer.ledger import Ledger
from sequencer.naming import Fields
from sequencer.pipeline import NO_GROUP, Checked, Executed, Results, Tools, check_all, places, sign_for
from sequencer.producer import Group

QUEUE_ENTRIES = STEPS // 4
"""Queue entries that one batch takes at most, so that forced transactions never fill it."""

NOBODY = Waiting(lambda _: None)
"""Nobody waits for what is executed again."""


Tells = Callable[[Executed, Submission[Waiting], Tools], Executed]
"""(what became of a submission, the submission, the sequencer's tools) → what its sender is told."""


def the_truth(executed: Executed, _submission: Submission[Waiting], _tools: Tools) -> Executed:
    """Tell what has happened."""
    return executed


class Execution:
    """Everything that moves the ledger forward."""

    def __init__(
        self,
        environment: Environment,
        ledger: Ledger,
        tools: Tools,
        *,
        batch_interval_s: float,
        snapshot_batches: int,
    ) -> None:
        """Work on a ledger. Times in seconds."""
        self.environment = environment
        self.ledger = ledger
        self.tools = tools
        self.batch_interval_s = batch_interval_s
        self.snapshot_batches = snapshot_batches
        self.tells: Tells = the_truth
        """What senders are told."""
        self.busy = trio.Lock()
        self.opened_at = inf if ledger.producer.open is None else environment.now()
        """When the open batch was begun, in this life."""
        self.queue_ready: Callable[[], list[QueueEntry]] = list
        """Queue entries that the next batch should take."""
        self.l1_time_s: Callable[[], int] = lambda: 0
        """Time of the newest L1 block seen: what a batch's time is."""
        self.next_index: Callable[[], int] = lambda: 0
        """First batch that L1 does not have."""
        self.sealed = trio.Event()
        """Set, and replaced, whenever a batch has been sealed."""
        self.changed = trio.Event()
        """Set, and replaced, whenever something has been executed."""
        self.acceleration: Acceleration | None = None
        self.executed = 0
        """Records that have ever come in checked and been executed."""
        self.posted = 0
        """Records in the open batch."""

    async def run(self, checked: trio.MemoryReceiveChannel[Checked[Waiting]], gate: Callable[[], bool]) -> None:
        """Execute what arrives, and seal batches in time, for as long as `gate` lets new batches begin."""
        while True:
            work = None
            with trio.move_on_after(self._patience()):
                if self._takes_work(gate):
                    work = await checked.receive()
                else:
                    await self.sealed.wait()
            async with self.busy:
                if work is not None:
                    await self.execute(work)
                    self.executed += len(work.records)
                await self._keep_time(gate)

    async def system_row(self) -> Fields:
        """Return the system's row of the state, between two groups."""
        async with self.busy:
            return self.ledger.producer.machine.row("system", 0)

    def accelerate(self, acceleration: Acceleration) -> None:
        """Use machine code: for signatures and hashes at once, for the state from the next batch on."""
        self.tools.checker.use(acceleration.curve)
        self.tools = replace(self.tools, hash_many=acceleration.hash_many)
        self.ledger.producer.hash_many = acceleration.hash_many
        self.acceleration = acceleration

    async def execute(self, work: Checked[Waiting]) -> None:
        """Execute checked submissions and answer them."""
        before = self.ledger.head.index
        executed = await self.environment.in_thread(self._execute, work)
        self.posted = self.ledger.producer.posted()
        self.changed.set()
        self.changed = trio.Event()
        if self.ledger.head.index != before:
            self.announce()
        with self.tools.stages.measure("acknowledge", len(work.records)):
            start = 0
            for submission in work.submissions:
                stop = start + len(submission.records)
                submission.sender.answer(self.tells(part_of(executed, start, stop), submission, self.tools))
                start = stop

    async def seal(self) -> BatchEntry | None:
        """Seal the open batch, if there is one."""
        if self.ledger.producer.open is None:
            return None
        self.posted = 0
        return await self.environment.in_thread(self._seal)

    async def roll_back(self, index: int) -> None:
        """Make batch `index` the ledger's head, and owe the users the transactions of what is dropped. The caller holds `busy`."""
        if self.ledger.head.index != index or self.ledger.producer.open is not None:
            self.posted = 0
            await self.environment.in_thread(self.ledger.roll_back, index)
            self.opened_at = inf

    async def resubmit(self) -> None:
        """Execute again what roll-backs have set free; its senders were answered long ago. The caller holds `busy`.

        Whoever dies in between does it once more: what was executed again already is then a used nonce, which changes nothing.
        """
        if self.ledger.owed:
            records, signatures = await self.environment.in_thread(self.ledger.freed)
            if len(records):
                freed = Submission(records, signatures, "", NOBODY)
                await self.execute(await self.environment.in_thread(check_all, self.tools, [freed]))
            await self.environment.in_thread(self.ledger.settle)

    def announce(self) -> None:
        """Wake whoever waits for a sealed batch."""
        self.sealed.set()
        self.sealed = trio.Event()

    def _takes_work(self, gate: Callable[[], bool]) -> bool:
        """Say whether work may be taken: into a new batch or the open one, and not before what is owed to others."""
        return not self.ledger.owed and (gate() or self.ledger.producer.open is not None)

    def _patience(self) -> float:
        """Return how long to wait for work before looking at the clock, in seconds."""
        if self.ledger.producer.open is None:
            return self.batch_interval_s
        return max(0.0, self.opened_at + self.batch_interval_s - self.environment.now())

    async def _keep_time(self, gate: Callable[[], bool]) -> None:
        """Seal a batch whose time has come, and open one where L1's queue has something."""
        due = self.environment.now() >= self.opened_at + self.batch_interval_s
        if self.ledger.producer.open is not None and due:
            await self.seal()
            self.announce()
        if self.ledger.producer.open is None and gate() and self.queue_ready():
            await self.environment.in_thread(self._begin)

    def _execute(self, work: Checked[Waiting]) -> Executed:
        """Execute in the order of the policy, in as many groups as it takes batches to hold them; durable when it returns."""
        results = Results(len(work.records), np.zeros(len(work.records), RECEIPT))
        with self.ledger.together():
            self._fill(work, results)
        return results.executed()

    def _fill(self, work: Checked[Waiting], results: Results) -> None:
        order = self.tools.policy(work.records)
        begun = False
        while len(order):
            if self.ledger.producer.open is None:
                self._begin()
                begun = True
            waiting = work.records[places(order)]
            cut = cut_at_heads(waiting, self.ledger.producer.fitting(waiting))
            if cut == 0:
                self._seal()
                continue
            part, order = places(order[:cut]), order[cut:]
            group = self.ledger.add(work.records[part], work.signatures[part])
            if len(group.records):
                results.take(part, group, sign_for(self.tools, group, work.digests[part]))
            else:
                results.leave_out(part, group.submitted)
        if begun and self.ledger.producer.is_empty():
            # What strangers send for nothing must not open batches, whose bytes on L1 somebody pays for.
            self.ledger.take_back()
            self.opened_at = inf
        elif self.ledger.producer.room() == 0:
            self._seal()

    def _begin(self) -> Group:
        if self.acceleration is not None:
            self.ledger.producer.machine = self.acceleration.change_over(self.ledger.producer.machine)
        queue = self.queue_ready()[:QUEUE_ENTRIES]
        for entry in queue:
            authenticate(entry.record, np.frombuffer(entry.signature, np.uint8).reshape(1, 64), self.tools.genesis, self.tools.checker)
        self.opened_at = self.environment.now()
        return self.ledger.begin(self.l1_time_s(), queue)

    def _seal(self) -> BatchEntry:
        with self.tools.stages.measure("seal", self.ledger.producer.batch().steps):
            entry = self.ledger.seal()
        self.opened_at = inf
        if (entry.index + 1) % self.snapshot_batches == 0:
            self.ledger.snapshot(self.next_index())
        self.environment.log("batch sealed", index=entry.index, records=entry.count, root=entry.root)
        return entry


def part_of(executed: Executed, start: int, stop: int) -> Executed:
    """Return what became of some of the records, with only the groups that they were in."""
    membership = executed.membership[start:stop]
    used = np.unique(membership[membership != NO_GROUP])
    return Executed(
        executed.results[start:stop],
        [executed.groups[number] for number in used.tolist()],
        np.where(membership == NO_GROUP, NO_GROUP, np.searchsorted(used, membership)),
        executed.receipts[start:stop],
    )
