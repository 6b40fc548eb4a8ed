"""Looks at L1 while a drill goes on, and judges it after every block: by what the oracle finds in L1's bytes.

One rule: it asks no node; the rulings are the arena's. What a drill adds is that the truth is not known beforehand: it is executed batch
by batch, as L1 gets them, once; after a reorganisation from the start.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rollup.core.genesis import Genesis
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.rulings import Rulings, Terms, Truth
from rollup.devnet.drills.oracle import Oracle
from rollup.dispute.bisection import genesis_assertion
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Event, Game
from rollup.l1.abi import INTERFACES
from rollup.l1.derivation import DerivedBatch
from rollup.l1.follower import News
from rollup.l1.header import LogEntry
from verifier.agent import LOOK_BACK
from verifier.strategy import Claim, Move, View, next_moves

WATCHED = ("inbox", "bridge", "assertions")
"""Contracts whose events are judged."""


class LiveTruth(Truth):
    """What the oracle says of the batches that L1 has had so far."""

    def __init__(self, genesis: Genesis) -> None:
        """Have executed nothing."""
        self.genesis = genesis
        super().__init__([(Oracle(genesis), ())])
        self.begin()

    def begin(self) -> None:
        """Begin anew, at genesis."""
        self.oracle = Oracle(self.genesis)
        self.executed: list[bytes] = []
        """Accumulators of the batches that the oracle has executed, in order."""

    def learn(self, batches: Mapping[int, DerivedBatch]) -> None:
        """Execute the batches that L1 has and that were not yet executed; all of them where L1 has replaced one."""
        known = [batches[index].acc for index in range(len(batches))]
        if self.executed != known[: len(self.executed)]:
            self.begin()
        self.oracle.replay(batches)
        for index in range(len(self.executed), len(known)):
            self.traces[known[index]] = self.oracle.traces[index]
        self.payers = dict.fromkeys(known, self.oracle)
        self.executed = known


class Inspector:
    """One drill's."""

    def __init__(self, genesis: Genesis, genesis_root: bytes, honest: frozenset[bytes]) -> None:
        """Come before L1's first block; `honest` are the addresses of the honest verifiers."""
        rules, inbox = genesis.dispute, genesis.inbox
        self.rules = Rules(rules.censorship_max_blocks, rules.delay_blocks, (rules.levels_max,), published_leaves=rules.published_leaves)
        self.truth = LiveTruth(genesis)
        origin = genesis_assertion(genesis.genesis_hash, genesis_root)
        queue = inbox.forced_delay_blocks, inbox.forced_batch_max
        terms = Terms(rules.window_blocks, honest, rules.published_leaves, rules.txs_per_leaf, *queue)
        self.rulings = Rulings(terms, self.truth, origin)
        self.sources = [(INTERFACES[name], getattr(genesis.contracts, name)) for name in WATCHED]
        self.events: list[Event] = []
        self.game = self.fresh()
        self.blocks = 0
        """Blocks after which it has judged."""
        self.judged = -1
        """The last of them."""

    @property
    def violations(self) -> dict[str, str]:
        """What was broken: when, and how."""
        return self.rulings.violations

    def fresh(self) -> Game:
        """Return the game of L1's events so far, folded from the first."""
        terms = self.rulings.terms
        game = Game(self.rulings.genesis, self.truth.genesis_root, terms.stride, published_leaves=terms.published_leaves)
        game.feed(self.events)
        return game

    def take(self, news: News, batches: Mapping[int, DerivedBatch]) -> None:
        """Judge the blocks that a look at L1 has brought; `batches` are all that L1 has now."""
        if news.dropped_above is not None:
            self.roll_back(news.dropped_above, batches)
        self.truth.learn(batches)
        for block, events in groupby(self.read(news.logs), key=lambda event: event.block):
            self.judge(block - 1)  # nothing happens between two such blocks, so what holds after the last holds after each
            self.feed(list(events))
            self.judge(block)
        self.judge(news.read_to.number)

    def roll_back(self, block: int, batches: Mapping[int, DerivedBatch]) -> None:
        """Judge anew without the blocks above one."""
        self.rulings.vanished |= self.rulings.standing_sybils
        self.judged = min(self.judged, block)
        kept = [event for event in self.events if event.block <= block]
        self.truth.learn({index: batch for index, batch in batches.items() if batch.l1_block.number <= block})
        self.rulings.reset()
        self.events, self.game = [], self.game.rolled_back(block)
        for event in kept:
            self.rulings.take(event)
        self.events = kept

    def feed(self, events: Sequence[Event]) -> None:
        """Take in a block's events."""
        for event in events:
            self.rulings.take(event)
        self.events += events
        self.game.feed(events)

    def read(self, logs: Sequence[LogEntry]) -> Iterator[Event]:
        """Yield the events among logs."""
        for log in logs:
            for interface, address in self.sources:
                known = interface.topics.get(log.topics[0]) if log.topics and log.address == address else None
                if known is not None:
                    yield Event(log.block, known.name, known.decode_log(log.topics, log.data))

    def judge(self, now: int) -> None:
        """Check what depends on time or on counts. S4: no lie has the window; L1; L4; E1."""
        rulings = self.rulings
        if now <= self.judged:
            return
        self.judged = now
        self.blocks += 1
        rulings.heaviest(now)
        answers, allowed = rulings.answers, rulings.sybils * (self.rules.height + 1)
        rulings.hold("E1", answers <= allowed, now, f"{answers} honest moves against {rulings.sybils} Sybils")
        if self.game.closed_at == NEVER:
            self.judge_delays(now)
        rulings.hold("L4", self.moves(self.game, now) == self.moves(self.fresh(), now), now, "other moves from L1 alone")

    def judge_delays(self, now: int) -> None:
        """Check L1: every batch is confirmed by the bound."""
        done = {bet.batch: bet.confirmed for bet in self.rulings.bets.values() if bet.is_true and bet.confirmed}
        for index, (_, _, block) in self.rulings.batches.items():
            waited, bound = done.get(index, now) - block, self.rules.bound(index)
            self.rulings.hold("L1", waited <= bound, now, f"batch {index} waits for {waited} blocks, the bound is {bound}")

    def moves(self, game: Game, now: int) -> list[Move]:
        """Return what the honest strategy wants, for whoever has executed truly."""
        indices = range(max(0, max(game.confirmed) + 1 - LOOK_BACK), len(game.batches))
        traces = {index: self.truth.traces[game.batches[index].accumulator] for index in indices}
        claims = [
            Claim(index, game.batches[index].accumulator, trace.root, trace.end, trace.last_leaf_proof()) for index, trace in traces.items()
        ]
        return next_moves(View(game, traces, now, self.rules.window), claims) if claims else []

    def delays(self) -> dict[int, int]:
        """Return the blocks that each confirmed batch has waited, by its index."""
        batches = self.rulings.batches
        done = [bet for bet in self.rulings.bets.values() if bet.is_true and bet.confirmed]
        return {bet.batch: bet.confirmed - batches[bet.batch][2] for bet in done}
