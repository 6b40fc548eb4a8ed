"""Liars fall silent, each after another of its turns. Nobody waits for them."""

from collections import Counter
from random import Random

from rollup.devnet.arena.match import Match, Turn
from rollup.devnet.arena.player import Player
from rollup.devnet.games.drill import GameDrill
from rollup.devnet.games.prompt import Prompt
from verifier.strategy import Confirm, Move, Reject, Update


class Silent(Prompt):
    """As many liars as there are turns, and one more; each makes one move more than the one before."""

    PLACES = tuple((leaf, "garbled") for leaf in (1, 2, 3, 4, 5, 6))

    def __init__(self, match: Match, dice: Random) -> None:
        """Have made no move yet."""
        super().__init__(match, dice)
        self.made: Counter[bytes] = Counter()

    def is_willing(self, _turn: Turn, liar: Player, move: Move) -> bool:
        """Make so many moves and no more."""
        if isinstance(move, Update | Confirm | Reject):
            return True
        self.made[liar.address] += 1
        return self.made[liar.address] <= 1 + [each.address for each in self.gang.liars].index(liar.address)


DRILL = GameDrill(
    fault="six liars fall silent, each after another turn of its game",
    expectation="silence delays nothing: the honest root is confirmed by the bound, and all bonds are slashed",
    adversary=Silent,
    covers=("A11",),
)
