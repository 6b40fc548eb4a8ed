"""A stranger sends every honest call first, from its own account. Whatever is there already is success."""

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import HONEST, Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt

STRANGER = b"stranger who copies."
"""Who runs ahead."""


class FrontRunner(Prompt):
    """A liar, and a stranger who is always faster."""

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Copy it first."""
        turn.send(STRANGER, waiting.call)
        super().let_in(turn, waiting)


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """No honest transaction has reverted."""
    reverted = [receipt for _, receipt, _, waiting, _ in match.referee.seen if waiting is not None and not receipt.success]
    staked = {bet.staker for bet in match.referee.bets.values() if bet.is_true}
    return {"nothing_reverts": not reverted, "was_outrun": HONEST not in staked}, {"wasted_gas": sum(each.gas_used for each in reverted)}


DRILL = GameDrill(
    fault="every honest transaction is copied and sent first by somebody else",
    expectation="each honest move finds its work done, which is success, and the game takes no longer",
    adversary=FrontRunner,
    judge=judge,
    covers=("A14", "A16"),
)
