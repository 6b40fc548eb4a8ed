"""The greedy delayer: lies about one leaf, holds every honest transaction back as long as it may, and spends all its censorship at once.

Each block for which an honest answer is late is a block that a false node stands alone: this is what breaks a window that is too short.
"""

from random import Random

from rollup.devnet.arena.adversaries.liars import Gang, some_lie
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import FOREVER, Adversary, Match, Turn
from verifier.strategy import Confirm, Propose, Update

WHEN = ("proposal", "bisection", "leaf", "confirmation", "spread")
"""What censorship is spent on."""


class Greedy(Adversary):
    """One liar, and one plan for the censorship."""

    def __init__(self, match: Match, dice: Random, sybils: int = 0) -> None:
        """Choose lies and a plan."""
        self.gang = Gang(match, [self.lie(match, dice, salt) for salt in range(sybils or 1)])
        self.when = dice.choice(WHEN)
        self.dice = dice
        is_late = dice.random() < 0.2
        self.from_block = match.ground.number + 1 + (match.rules.window - 2 if is_late else 0)

    def lie(self, match: Match, dice: Random, salt: int) -> Lie:
        """Choose a lie."""
        return some_lie(match, dice, salt)

    def wake(self, match: Match) -> int:
        """Come when the lie is due."""
        return self.from_block if self.from_block > match.ground.number else FOREVER

    def compose(self, turn: Turn) -> None:
        """Win, if it can be won before anything is included; include nothing that need not be; answer what had to be in the same block."""
        self.gang.act(turn, lambda _liar, move: isinstance(move, Update | Confirm))
        due = turn.due
        turn.is_censored = bool(due) and self.spends(turn)
        if not turn.is_censored or not turn.match.budget:
            for waiting in due:
                turn.include(waiting)
        self.gang.act(turn, lambda _liar, move: turn.number >= self.from_block or not isinstance(move, Propose))

    def spends(self, turn: Turn) -> bool:
        """Whether to spend a block of the budget on what is due."""
        names = {type(waiting.move).__name__ for waiting in turn.due}
        match self.when:
            case "proposal":
                return "Propose" in names
            case "bisection":
                return "Bisect" in names
            case "leaf":
                return bool(names & {"Prove", "Refute"})
            case "confirmation":
                return "Confirm" in names
            case _:
                return self.dice.random() < 0.5
