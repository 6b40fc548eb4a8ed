"""L1 replaces its newest blocks again and again in the middle of a dispute, and what was in them comes later or never."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt

TIMES = 12
"""Reorganisations, at most."""

DEPTH = 6
"""Blocks of the deepest."""


class Reorganiser(Prompt):
    """A liar, and an L1 that changes its mind."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Begin a little after the batch is there."""
        super().__init__(match, dice)
        self.next = self.first + 3

    def reorganise(self, match: Match) -> int:
        """Replace some blocks, and then leave L1 in peace for a few."""
        if match.ground.number < self.next or match.reorganisations >= TIMES:
            return 0
        depth = self.dice.randrange(1, DEPTH + 1)
        self.next = match.ground.number + self.dice.randrange(1, 4)
        return depth


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """It did happen, and cost no honest bond."""
    return {"l1_changed_its_mind": match.reorganisations > 0}, {"bonds_lost": match.referee.honest_bonds_lost}


DRILL = GameDrill(
    fault="L1 replaces up to six blocks, again and again, in the middle of a dispute",
    expectation="an honest move acts as meant or not at all, and no honest bond is lost",
    adversary=Reorganiser,
    judge=judge,
    covers=("A20",),
)
