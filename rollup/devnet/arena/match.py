"""One game: blocks, one after another, that an adversary makes of honest transactions and its own, until all is settled.

One rule: this is where the adversary's powers end. It composes the block; what of the honest side's is due goes in regardless, unless a
block of its budget of censorship is spent; and a block replaced costs as much as a block censored.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from l1_mock.blocks import Receipt
from rollup.devnet.arena.ground import Ground, reader
from rollup.devnet.arena.histories import Library
from rollup.devnet.arena.player import HONEST, Player, Waiting, Watch
from rollup.devnet.arena.referee import Referee
from rollup.devnet.arena.rules import Powers, Rules
from rollup.devnet.arena.rulings import Truth
from rollup.dispute.game import Event, Game, Status
from verifier.calls import MoveCall

FOREVER = 1 << 40
"""A block that no game reaches."""

OVERTIME = 2
"""After how many times the bound a game that is not settled is given up."""


class Adversary(ABC):
    """Whoever makes the blocks."""

    @abstractmethod
    def compose(self, turn: "Turn") -> None:
        """Make a block."""

    def reorganise(self, match: "Match") -> int:
        """Return how many blocks to replace before the next one is made."""
        del match
        return 0

    def wake(self, match: "Match") -> int:
        """Return the next block in which to do something though nothing happens before."""
        del match
        return FOREVER

    def line(self, match: "Match") -> int:
        """Return whose batches to post, when the first of them is."""
        return match.line

    def is_content(self, match: "Match") -> bool:
        """Whether a game that it has won may end."""
        del match
        return True


@dataclass
class Turn:
    """A block in the making, as the adversary sees it."""

    match: "Match"
    is_replacing: bool = False
    """Whether the block takes the place of another: its price is paid."""
    is_censored: bool = False
    """Set by the adversary that wants to spend a block of its budget on what is due, if anything is left out."""

    @property
    def number(self) -> int:
        """The block's number."""
        return self.match.ground.number

    @property
    def game(self) -> Game:
        """All that L1 says so far, this block's beginning included."""
        return self.match.game

    @property
    def waiting(self) -> list[Waiting]:
        """Honest transactions that could go in."""
        return self.match.waiting

    @property
    def due(self) -> list[Waiting]:
        """Those that can only be kept out by censorship."""
        return [waiting for waiting in self.match.waiting if waiting.waited >= self.match.rules.delay]

    def include(self, waiting: Waiting) -> Receipt | None:
        """Include an honest transaction, and where they are ordered all before it; None where it is in already, or the block is full."""
        match = self.match
        if waiting not in match.waiting:
            return None
        if match.is_ordered:
            for earlier in match.waiting[: match.waiting.index(waiting)]:
                self.take(earlier)
        return self.take(waiting)

    def take(self, waiting: Waiting) -> Receipt | None:
        """Include an honest transaction; None where the block is full."""
        match = self.match
        receipt = match.ground.call(waiting.sender, waiting.call)
        if receipt is not None:
            match.waiting.remove(waiting)
            match.landed.append((self.number, waiting))
            match.honest.landed(waiting)
            match.take_in(receipt, waiting)
        return receipt

    def send(self, sender: bytes, call: MoveCall, contract: str = "assertions") -> Receipt | None:
        """Include a transaction of the adversary's; None where the block is full."""
        receipt = self.match.ground.call(sender, call, contract)
        if receipt is not None:
            self.match.take_in(receipt, None)
        return receipt


@dataclass
class Match:
    """One game on one ground, which is as it was before when the game is over."""

    ground: Ground
    rules: Rules
    libraries: Sequence[Library]
    """On the batches that are posted, and on others that may come in their place after a reorganisation."""
    truth: Truth
    dice: Random
    pace: int = 0
    """Blocks between two batches."""
    is_ordered: bool = False
    """Whether honest transactions keep their order, as those of one account do; else they are of many accounts, in any order."""
    collects: bool = False
    """Whether the game goes on until the losers' bonds are shared out."""
    powers: Powers = field(default_factory=Powers)
    """What is otherwise than the rules suppose."""
    budget: int = field(init=False)
    """Blocks that the adversary may still censor."""
    line: int = 0
    """Whose batches are posted."""
    waiting: list[Waiting] = field(default_factory=list)
    landed: list[tuple[int, Waiting]] = field(default_factory=list)
    logged: list[Event] = field(default_factory=list)
    reorganisations: int = 0
    leapt: int = 0

    def __post_init__(self) -> None:
        """Set everything up."""
        self.budget = self.budget_full
        self.first = self.ground.number
        genesis, root = self.ground.look("assertions", "latestConfirmed")[0], self.truth.genesis_root
        assert isinstance(genesis, bytes)
        self.game = Game(genesis, root, 1, published_leaves=self.rules.published_leaves)
        self.referee = Referee(self.ground, self.rules, self.truth, genesis)
        histories = tuple(library.truth for library in self.libraries)
        self.watch = Watch(self.rules.window)
        self.honest = Player(HONEST, histories, self.watch, self.rules.bond, patience=self.rules.delay + 1)
        self.read = reader(self.ground)

    @property
    def budget_full(self) -> int:
        """Blocks that the adversary can censor in all."""
        return self.rules.censored if self.powers.censored is None else self.powers.censored

    @property
    def returns(self) -> int:
        """First block at whose end the honest player looks."""
        return self.first + self.powers.absent

    @property
    def count(self) -> int:
        """Number of batches in the game."""
        return len(self.rules.heights)

    def play(self, adversary: Adversary) -> None:
        """Play to the end."""
        horizon = self.first + self.pace * self.count + OVERTIME * self.rules.bound(self.count)
        while not self.is_over(adversary) and self.ground.number < horizon:
            self.step(adversary)
            self.leap(adversary, horizon)
        self.referee.settle(self.ground.number)

    def is_over(self, adversary: Adversary) -> bool:
        """Whether a lie has won, or everything is settled."""
        if "S1" in self.referee.violations:
            return adversary.is_content(self)
        if self.count - 1 not in self.game.confirmed:
            return False
        if any(assertion.status == Status.OPEN for assertion in self.game.assertions.values()):
            return False
        return not self.collects or not (self.waiting or any(self.game.treasury.pools.values()))

    def step(self, adversary: Adversary) -> None:
        """Let the adversary replace blocks, and make the next one."""
        depth = min(adversary.reorganise(self), self.budget, self.ground.number - self.first)
        if depth > 0:
            self.budget -= depth
            self.reorganisations += 1
            self.roll_back(self.ground.number - depth)
            for _ in range(depth):
                self.make_block(adversary, Turn(self, is_replacing=True))
            self.look()
        self.make_block(adversary, Turn(self))
        self.look()

    def make_block(self, adversary: Adversary, turn: Turn) -> None:
        """Make one block."""
        self.ground.open_block()
        self.post(adversary)
        adversary.compose(turn)
        kept_out = not turn.is_replacing and self.enforce(turn)
        self.ground.close_block()
        if not turn.is_replacing and not kept_out:
            for waiting in self.waiting:
                waiting.waited += 1
        self.referee.after_block(self.ground.number)

    def enforce(self, turn: Turn) -> bool:
        """Include what is due, unless a block of the budget is spent on it; return whether one was."""
        due = turn.due
        if due and turn.is_censored and self.budget > 0:
            self.budget -= 1
            return True
        for waiting in due:
            turn.include(waiting)
        return False

    def post(self, adversary: Adversary) -> None:
        """Post the next batch, if it is time."""
        number = len(self.game.batches)
        if number == 0:
            self.line = adversary.line(self)
        if number < self.count and self.ground.number > self.first + self.pace * number:
            receipt = self.ground.call(self.ground.genesis.roles.poster, self.libraries[self.line].line.batches[number].call, "inbox")
            assert receipt is not None
            assert receipt.success, receipt.reason
            self.take_in(receipt, None, is_attack=False)

    def take_in(self, receipt: Receipt, waiting: Waiting | None, *, is_attack: bool = True) -> None:
        """Tell everybody of a transaction that is in the block."""
        events = self.read(self.ground.number, receipt.logs)
        self.game.feed(events)
        self.logged += events
        self.referee.see(self.ground.number, receipt, events, waiting, is_attack=is_attack)

    def look(self) -> None:
        """Let the honest player look at the block that is over, if it is there."""
        if self.ground.number < self.returns:
            return
        self.waiting += self.honest.look(self.game, self.ground.number)

    def roll_back(self, number: int) -> None:
        """Take blocks back: what was in them waits again."""
        self.ground.roll_back(number)
        self.game = self.game.rolled_back(number)
        self.logged = [event for event in self.logged if event.block <= number]
        self.referee.roll_back(number)
        returned = [waiting for block, waiting in self.landed if block > number]
        self.landed = [(block, waiting) for block, waiting in self.landed if block <= number]
        for waiting in returned:
            self.honest.returned(waiting)
        self.waiting = returned + self.waiting

    def crash(self) -> None:
        """Let the honest player die and come back: it has L1 and its own executions. L4: it wants the same moves."""
        number, before = self.ground.number, self.honest.moves(self.game, self.ground.number)
        fresh = Game(self.game.genesis, self.truth.genesis_root, 1, published_leaves=self.rules.published_leaves)
        fresh.feed(event for mined in self.ground.mined for receipt in mined.receipts for event in self.read(mined.number, receipt.logs))
        self.honest.crash()
        self.referee.hold("L4", self.honest.moves(fresh, number) == before, number, "other moves after a crash")
        self.game = fresh

    def leap(self, adversary: Adversary, horizon: int) -> None:
        """Let the blocks pass in which nobody could do anything: none of the clocks that run may reach the window within them."""
        number, moved = self.ground.number, bool(self.logged) and self.logged[-1].block == self.ground.number
        if moved or self.waiting or len(self.game.batches) < self.count:
            return
        until = min(horizon, adversary.wake(self), number + self.watch.quiet(self.game, number, patient=False))
        if number < self.returns:
            until = min(until, self.returns)
        if until - 1 > number:
            self.ground.leap(until - 1 - number)
            self.leapt += until - 1 - number
            self.referee.after_block(self.ground.number)
