"""Somebody asserts the truth and then does nothing for it, while a liar attacks. The honest player carries it on."""

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.strategy import Propose

FALSE_FRIEND = b"asserts and leaves.."
"""Who asserts."""


class FalseFlag(Prompt):
    """A false friend asserts the truth ahead of the honest player, and is never heard of again."""

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Assert first."""
        if isinstance(waiting.move, Propose):
            turn.send(FALSE_FRIEND, waiting.call)
        super().let_in(turn, waiting)


def judge(match: Match, result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """The truth was the false friend's, and was not lost with it."""
    true = [bet for bet in match.referee.bets.values() if bet.is_true]
    kept = [bet.staker for bet in true if bet.confirmed] == [FALSE_FRIEND]
    return {"truth_is_not_lost": kept, "honest_carried_it": kept and result.honest_moves > 0}, {}


DRILL = GameDrill(
    fault="who has asserted the truth does nothing for it when it is attacked",
    expectation="the honest player needs no bond to carry the right root on, and it is confirmed",
    adversary=FalseFlag,
    judge=judge,
    covers=("A13",),
)
