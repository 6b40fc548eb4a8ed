"""An attacker that has L1's blocks made promptly: what sets one drill from another is what it does beside that."""

from random import Random

from rollup.devnet.arena.match import FOREVER, Adversary, Match, Turn
from rollup.devnet.arena.player import Player, Waiting
from rollup.devnet.games.drill import lies
from verifier.strategy import Move


class Prompt(Adversary):
    """Liars who play as well as they can, while every honest transaction lands in the next block."""

    PLACES: tuple[tuple[int, str], ...] = ((3, "robbed"),)
    """Leaves that are lied about, and how."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Gather the liars."""
        self.gang, self.dice, self.first = lies(match, *self.PLACES), dice, match.ground.number + 1

    def compose(self, turn: Turn) -> None:
        """Let everything in, and then the liars."""
        for waiting in list(turn.waiting):
            self.let_in(turn, waiting)
        self.gang.act(turn, lambda liar, move: self.is_willing(turn, liar, move))

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Include an honest transaction."""
        turn.include(waiting)

    def is_willing(self, _turn: Turn, _liar: Player, _move: Move) -> bool:
        """Whether a liar makes a move now."""
        return True

    def wake(self, match: Match) -> int:
        """Sleep until something happens."""
        del match
        return FOREVER
