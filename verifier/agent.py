"""A verifier's working loop: look at L1, execute what is there, make the moves that are due. A trio shell.

One rule: it acts only on a view that it has derived itself, to L1's head, in this life. Whatever does not fit raises the alarm and no move.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import trio

from rollup.acceleration import Acceleration
from rollup.configuration import VerifierConfig
from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.transport import TransportError
from rollup.dispute.game import Event, Game
from rollup.environment import Environment, StoreError
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Client, WrongChain
from rollup.l1.derivation import DerivedBatch
from rollup.l1.follower import Follower, News
from rollup.l1.header import BlockRef, LogEntry
from rollup.transition.machine import Machine, PlainMachine
from verifier.accuser import Accuser
from verifier.attester import Attester
from verifier.replica import Replica, ReplicaBroken, Report, honest
from verifier.responder import Responder
from verifier.strategy import Abstain, Claim, Move, Recall, Retrace, View, next_moves

CONTRACTS = ("inbox", "assertions")
"""Contracts whose events make the game."""

FOLLOWED = (*CONTRACTS, "attestations")
"""Contracts whose events are read."""

COLLECTED_TOGETHER = 16
"""Batches that become final before the bonds that came back are claimed, so that they can be staked again."""

LOOK_BACK = 16
"""Confirmed batches behind the newest whose rivals are still slashed."""

Strategy = Callable[[View, list[Claim]], list[Move]]


class ViewBroken(RollupError):
    """L1's node told events that do not fit together: nothing that was derived from them may be acted upon."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What can be swapped: an attacker is the honest node with one of these replaced."""

    report: Report = honest
    """What is claimed of the roots that were found."""
    stride: int = 0
    """Steps between two roots of a trace; 0: the rollup's own."""
    strategy: Strategy = next_moves
    """Which moves are due."""
    machine: Callable[[], Machine] = PlainMachine
    """What batches are executed on, where the node is given no machine."""


@dataclass
class Verifier:
    """A verifier's state beside its journal."""

    environment: Environment
    config: VerifierConfig
    genesis: Genesis
    parts: Parts
    client: L1Client
    follower: Follower
    replica: Replica
    responder: Responder
    attester: Attester
    accuser: Accuser
    game: Game
    window: int
    head: BlockRef = field(default_factory=lambda: BlockRef(-1, bytes(32), bytes(32), 0))
    first_head: BlockRef | None = None
    """L1's head when this verifier first looked."""
    is_caught_up: bool = False
    alarm: str = ""
    acceleration: Acceleration | None = None
    collected: int = -1
    """Last batch that was final when the bonds that had come back were claimed."""

    async def run(self) -> None:
        """Look and act for ever. Raises WrongChain, ViewBroken, ReplicaBroken, StoreError: then nothing here can be trusted."""
        while True:
            try:
                news = await self.follower.look()
                await self.take(news)
                if news.is_caught_up:
                    await self.act()
            except (WrongChain, ViewBroken, ReplicaBroken, StoreError):
                raise
            except (TransportError, RollupError) as error:
                self.environment.log("l1 not read", reason=str(error))
                news = None
            if news is None or news.is_caught_up:
                await self.environment.sleep(self.config.poll_interval_s * (1 + self.environment.random().random() / 4))

    async def take(self, news: News) -> None:
        """Take what a look has brought: execute batches, fold events."""
        self.head = news.head
        self.first_head = self.first_head or news.head
        if news.dropped_above is not None:
            self.environment.log("l1 reorganised", kept=news.dropped_above, first_batch_dropped=news.first_dropped_batch)
            self.client.forget_nonce()
            self.game = self.game.rolled_back(news.dropped_above)
            self.accuser.rolled_back(news.dropped_above)
            if news.first_dropped_batch is not None:
                await self.environment.in_thread(self.replica.roll_back, news.first_dropped_batch - 1)
        if self.acceleration is not None:
            self.replica.machine = await self.environment.in_thread(self.acceleration.change_over, self.replica.machine)
        await self.execute(news.batches)
        self.fold(news.logs)
        self.accuser.note(news.logs)
        self.is_caught_up = news.is_caught_up

    def fold(self, logs: list[LogEntry]) -> None:
        """Fold events into the game. Raises ViewBroken where they do not fit: they would not be told again."""
        try:
            self.game.feed(event for event in map(event_of, logs) if event is not None)
        except (RollupError, LookupError) as error:
            raise ViewBroken("events of L1", received=repr(error), expected="others; a restart reads all again") from error

    async def execute(self, batches: list[DerivedBatch]) -> None:
        """Execute batches in order, checking the signatures of one while the one before is executed."""
        send, ready = trio.open_memory_channel[DerivedBatch](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.authenticate, batches, send)
            async for batch in ready:
                was_known = self.replica.knows(batch)
                await self.environment.in_thread(self.replica.take, batch)
                if not was_known and self.replica.knows(batch):
                    await self.note(batch)

    async def note(self, batch: DerivedBatch) -> None:
        """Tell of a batch that was executed just now."""
        self.attester.consider(self.replica.claims[batch.index])
        self.environment.log("batch executed", index=batch.index, root=self.replica.roots[batch.index])
        if (batch.index + 1) % self.config.snapshot_batches == 0:
            await self.environment.in_thread(self.replica.snapshot)

    async def authenticate(self, batches: list[DerivedBatch], send: trio.MemorySendChannel[DerivedBatch]) -> None:
        """Check the signatures of batches that are new, in two threads, and hand them on in order."""
        async with send:
            for batch in batches:
                if not self.replica.knows(batch):
                    middle = len(batch.records) // 2
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(self.environment.in_thread, self.replica.authenticate, batch, 0, middle)
                        nursery.start_soon(self.environment.in_thread, self.replica.authenticate, batch, middle, len(batch.records))
                await send.send(batch)

    def accelerate(self, acceleration: Acceleration) -> None:
        """Use machine code: for signatures and hashes at once, for the state from the next batch on."""
        self.replica.tools.checker.use(acceleration.curve)
        self.replica.tools = replace(self.replica.tools, hash_many=acceleration.hash_many)
        self.follower.derivation.hash_with(acceleration.hash_many)
        self.acceleration = acceleration

    async def act(self) -> None:
        """Make the moves that are due."""
        first = max(0, self.finalized() + 1 - LOOK_BACK)
        claims = [self.replica.claims[index] for index in range(first, self.replica.seen + 1) if index in self.replica.claims]
        view = View(
            self.game,
            self.replica.traces,
            self.head.number,
            self.window,
            self.config.assert_batches,
            self.client.address or b"",
            self.genesis.dispute.delay_blocks + 1,
            self.responder.committed(self.game),
        )
        moves = self.parts.strategy(view, claims) if claims else []
        doubts = [move.reason for move in moves if isinstance(move, Abstain)]
        if doubts and doubts[0] != self.alarm:
            self.environment.log("ALARM: abstaining", reason=doubts[0])
        self.alarm = doubts[0] if doubts else ""
        for move in moves:
            if isinstance(move, Retrace):
                await self.environment.in_thread(self.replica.trace, move.batch)
            elif isinstance(move, Recall):
                await self.responder.recall(move.of, self.game)
        await self.responder.answer(moves, self.game, self.head.number)
        await self.accuser.act(self.game, self.head.number)
        finalized = self.finalized()
        if finalized >= self.collected + COLLECTED_TOGETHER:
            self.collected = finalized
            await self.responder.collect()

    def finalized(self) -> int:
        """Return the last batch whose assertion is confirmed, -1 for none."""
        at = self.game.genesis
        while self.game.assertions[at].successor:
            at = self.game.assertions[at].successor
        return self.game.assertions[at].batch


def event_of(log: LogEntry) -> Event | None:
    """Return what a log of the followed contracts says, or None for other events."""
    for contract in CONTRACTS:
        event = INTERFACES[contract].topics.get(log.topics[0]) if log.topics else None
        if event is not None:
            return Event(log.block, event.name, event.decode_log(log.topics, log.data))
    return None
