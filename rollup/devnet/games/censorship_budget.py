"""All the censorship that the window allows, seven days of it, spent while a lie still stands alone."""

from random import Random

from rollup.devnet.arena.adversaries.greedy import Greedy
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts


class Censor(Greedy):
    """The greedy one at its best."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Lie at once."""
        super().__init__(match, dice)
        self.when = "leaf" if match.rules.published_leaves else "bisection"
        self.from_block = match.ground.number + 1

    def lie(self, match: Match, dice: Random, salt: int) -> Lie:
        """Give an account money."""
        del dice
        return Lie(0, 3, "robbed", salt, match.rules.published_leaves)


def judge(match: Match, result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """All of it was spent, and the window still had this much to spare."""
    spare = match.rules.window - match.rules.reach
    return {"all_was_spent": result.censored == match.rules.censored}, {"spare_blocks": spare, "margin_blocks": result.bound - result.delay}


DRILL = GameDrill(
    fault="L1 censors the honest player for seven days in all, and delays every transaction of its",
    expectation="the window is just long enough: the lie does not gather it, and the truth is confirmed by the bound",
    adversary=Censor,
    judge=judge,
    covers=("A18",),
)
