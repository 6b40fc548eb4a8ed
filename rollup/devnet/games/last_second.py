"""A rival comes in the last block of the window. It adds its own game and no more."""

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import Player
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.strategy import Move, Propose


class Late(Prompt):
    """Asserts in the last block before the window is over."""

    gang: Gang

    def is_willing(self, turn: Turn, _liar: Player, move: Move) -> bool:
        """Wait with the assertion."""
        return not isinstance(move, Propose) or turn.number >= self.due(turn.match)

    def due(self, match: Match) -> int:
        """Return that block."""
        return self.first + match.rules.window

    def wake(self, match: Match) -> int:
        """Come then."""
        return self.due(match)


def judge(_match: Match, result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """The delay beyond the window is that of one game."""
    return {"rival_came": result.sybils == 1}, {"added_blocks": result.delay - result.window}


DRILL = GameDrill(
    fault="a liar asserts in the last block of the window",
    expectation="the right root is confirmed by the bound all the same; the delay is that of one game",
    adversary=Late,
    judge=judge,
    covers=("A7",),
)
