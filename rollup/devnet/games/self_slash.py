"""An attacker asserts the truth first, with its own bond, and then attacks it, to be paid its own bond back. The burn is lost."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import Player, Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.strategy import Propose

FREELOADER = b"attacks its own bond"
"""Who stakes the truth and the lie."""


class Freeloader(Prompt):
    """Asserts what the honest player is about to, ahead of it; the liar's bond is its own as well."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Put everything on one account."""
        super().__init__(match, dice)
        first = self.gang.liars[0]
        self.gang.liars = [Player(FREELOADER, first.histories, first.watch, first.bond_wei, patience=match.rules.delay + 1)]

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Copy an assertion ahead of its maker."""
        if isinstance(waiting.move, Propose):
            turn.send(FREELOADER, waiting.call)
        super().let_in(turn, waiting)


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Of two bonds the attacker gets back at most one and what is not burned of the other."""
    (back,) = match.ground.look("assertions", "credit", FREELOADER)
    assert isinstance(back, int)
    loss = 2 * match.rules.bond - back
    return {"burn_is_lost": loss >= match.referee.burned >= match.rules.bond // 2}, {"burned_wei": match.referee.burned, "loss_wei": loss}


DRILL = GameDrill(
    fault="an attacker stakes the truth and a lie against it, to launder its own bond",
    expectation="the share that is burned is lost for good, and the truth is confirmed",
    adversary=Freeloader,
    judge=judge,
    collects=True,
    covers=("A12", "A40"),
)
