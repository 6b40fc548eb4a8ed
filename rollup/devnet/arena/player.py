"""A verifier in a game: the real strategy over somebody's execution of the batches, and the transactions that are under way. Pure.

One rule: an honest player has executed the batches truly, a liar has not; there is no other difference. Whoever crashes has left only what
it executed and what L1 says.
"""

from dataclasses import dataclass, field

from rollup.devnet.arena.histories import History, Run
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Game, Status
from verifier.agent import LOOK_BACK
from verifier.calls import Means, MoveCall, call_of
from verifier.strategy import Abstain, Commit, Confirm, Move, Recall, Retrace, Update, View, next_moves

HONEST = b"honest verifier....."
"""Address of the honest one."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A transaction on its way into a block."""

    sender: bytes
    move: Move
    call: MoveCall
    since: int
    """Block at whose end it was sent."""
    waited: int = 0
    """Blocks that could have taken it and did not, but for censored ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the strategy wanted of a game."""

    game: Game
    events: int
    block: int
    wanted: list[Move]


@dataclass(slots=True)
class Watch:
    """Tells how long nothing changes if nobody does anything; one for all who look at the same game."""

    window: int
    found: tuple[Game | None, int, int, int] = (None, 0, 0, 0)
    """A game, its number of events, a block, and what was found then."""

    def quiet(self, game: Game, now: int, *, patient: bool) -> int:
        """Return how many blocks must pass, if nothing happens, before anything else can be wanted than now.

        What is answered is rivaled and so gathers no time; what changes is that a clock reaches the window, or a patience ends.
        """
        if patient and (game.published_leaves or any(each.node.height == 0 and not each.proved for each in game.nodes.values())):
            return 1
        known, events, block, found = self.found
        if known is not game or events != len(game.events) or block != now:
            found = self.clocks(game, now)
            self.found = game, len(game.events), now, found
        return found

    def clocks(self, game: Game, now: int) -> int:
        """Return how many blocks must pass before any clock can reach the window, or a pool can be swept."""
        timers = [game.timer(item.root, now) for item in game.assertions.values() if item.status == Status.OPEN]
        settled = [settled_at(game, pool) for pool in game.treasury.pools]
        nexts = [self.window - timer for timer in timers if timer < self.window]
        return min([*nexts, *(block + self.window + 1 - now for block in settled if block + self.window >= now)], default=self.window)


@dataclass(slots=True)
class Player:
    """One verifier."""

    address: bytes
    histories: tuple[History, ...]
    """Its executions of all that L1 may come to hold; of two that hold one batch, the later counts."""
    watch: "Watch"
    bond_wei: int
    proposes: bool = True
    patience: int = 0
    """Blocks that its proofs may wait for their commitments; 0 for one who wants no bounty and no refunds."""
    known: dict[bytes, Run] = field(init=False)
    under_way: dict[Move, Waiting] = field(default_factory=dict)
    """What it has sent and not seen land, as far as it remembers."""
    commitments: dict[bytes, bytes] = field(default_factory=dict)
    """What it has committed to, by subject, as far as it remembers."""
    doubts: list[str] = field(default_factory=list)
    """Reasons for which it abstained."""
    asked: "Asked | None" = None
    """What the strategy said last."""

    def __post_init__(self) -> None:
        """Index the executions by their batches."""
        self.known = {acc: run for history in self.histories for acc, run in history.by_accumulator.items()}

    def moves(self, game: Game, now: int) -> list[Move]:
        """Return what the strategy wants at block `now`."""
        asked = self.asked
        if asked is not None and asked.game is game and asked.events == len(game.events) and self.is_fresh(asked, now):
            return asked.wanted
        wanted = self.wanted(game, now)
        self.asked = Asked(game, len(game.events), now, wanted)
        return wanted

    def is_fresh(self, asked: Asked, now: int) -> bool:
        """Whether an answer is still right, nothing having happened since."""
        if now == asked.block:
            return True
        is_lasting = now > asked.block and not any(isinstance(move, Update | Confirm) for move in asked.wanted)
        return is_lasting and now < asked.block + self.watch.quiet(asked.game, asked.block, patient=self.patience > 0)

    def wanted(self, game: Game, now: int) -> list[Move]:
        """Ask the strategy."""
        first = max(0, confirmed_batch(game) + 1 - LOOK_BACK)
        runs = self.runs(game)[first:]
        traces = {run.claim.batch: run.trace for run in runs}
        collector = self.address if self.patience else b""
        view = View(game, traces, now, self.watch.window, self.proposes, collector, self.patience, self.committed(game))
        wanted = next_moves(view, [run.claim for run in runs]) if runs else []
        return self.wanted(game, now) if self.recalls(wanted, game) else wanted

    def committed(self, game: Game) -> dict[bytes, int]:
        """Return the block that each of its commitments came in, NEVER while L1 has it not, by subject."""
        blocks = game.treasury.commitments
        return {subject: blocks.get(commitment, NEVER) for subject, commitment in self.commitments.items()}

    def recalls(self, wanted: list[Move], game: Game) -> bool:
        """Make the commitments that are wanted; say whether something else is due now, because L1 may have had one from an earlier life."""
        recalled = False
        for move in wanted:
            if isinstance(move, Commit | Recall):
                made = move.of if isinstance(move, Recall) else move
                (commitment,) = self.call(made, game).arguments
                assert isinstance(commitment, bytes)
                self.commitments[made.subject] = commitment
                recalled |= isinstance(move, Recall) or commitment in game.treasury.commitments
        return recalled

    def look(self, game: Game, now: int) -> list[Waiting]:
        """Return the transactions to send at the end of block `now`."""
        sent = []
        for move in self.moves(game, now):
            if isinstance(move, Abstain):
                self.doubts.append(move.reason)
            elif move not in self.under_way and not isinstance(move, Retrace):
                waiting = Waiting(self.address, move, self.call(move, game), now)
                self.under_way[move] = waiting
                sent.append(waiting)
        return sent

    def landed(self, waiting: Waiting) -> None:
        """Take note that a transaction is in a block, whatever came of it."""
        if self.under_way.get(waiting.move) is waiting:
            del self.under_way[waiting.move]

    def returned(self, waiting: Waiting) -> None:
        """Take note that a transaction waits again: its block is gone."""
        self.under_way.setdefault(waiting.move, waiting)

    def crash(self) -> None:
        """Forget what was under way; it may still land."""
        self.under_way.clear()
        self.commitments.clear()
        self.asked = None

    def call(self, move: Move, game: Game) -> MoveCall:
        """Return the call of a move, as a verifier makes it. Raises KeyError for what is no move on L1."""
        runs = self.runs(game)
        means = Means(
            game,
            self.address,
            self.bond_wei,
            prove=lambda leaf: runs[leaf.batch].prove(leaf.index, game.nodes[leaf.node].node),
            refute=lambda leaf: runs[leaf.batch].refute(leaf.index, game.assertions[leaf.assertion].leaves),
            leaves=lambda claim: runs[claim.batch].leaves,
        )
        return call_of(move, means)

    def runs(self, game: Game) -> list[Run]:
        """Return its executions of the batches that L1 has, in order."""
        return [self.known[game.batches[index].accumulator] for index in range(len(game.batches))]


def settled_at(game: Game, pool: bytes) -> int:
    """Return the block from which on a pool's time counts: a confirmation's beside what lost, or a refutation's."""
    lost = game.assertions[pool]
    return game.assertions[lost.successor].confirmed_at if lost.successor else lost.refuted_at


def confirmed_batch(game: Game) -> int:
    """Return the last confirmed batch, -1 for none."""
    return max(game.confirmed)
