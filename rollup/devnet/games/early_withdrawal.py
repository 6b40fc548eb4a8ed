"""Somebody asks for a withdrawal in every block from its proof on. It is paid once, and not before both delays have passed."""

from random import Random

from rollup.devnet.arena.adversaries.thief import OWED_MESSAGE, THIEF, Thief
from rollup.devnet.arena.histories import FORGED_MESSAGE
from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from verifier.calls import MoveCall


class Impatient(Thief):
    """The thief, who delays nobody."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Lie at once."""
        super().__init__(match, dice)
        self.from_block = match.ground.number + 1

    def compose(self, turn: Turn) -> None:
        """Let everything in first."""
        for waiting in list(turn.waiting):
            turn.include(waiting)
        super().compose(turn)


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Ask on after the game, in every block, until the true withdrawal is paid."""
    ground, rules = match.ground, match.ground.genesis.withdrawals
    asked = [receipt for _, receipt, *_ in match.referee.seen if receipt.transaction.sender == THIEF]
    winner = next((name for name, bet in match.referee.bets.items() if bet.is_true and bet.confirmed), b"")
    if not winner:
        return {"paid_once": False}, {"requests": len(asked)}
    confirmed, paid = match.referee.bets[winner].confirmed, [bool(match.referee.paid_out)]
    for _ in range(2 * rules.airgap_blocks + rules.maturity_blocks):
        ground.open_block()
        receipt = ground.call(THIEF, MoveCall("finalizeWithdrawal", (winner, OWED_MESSAGE)), "bridge")
        ground.close_block()
        assert receipt is not None
        asked.append(receipt)
        paid.append(receipt.success)
    waited = ground.number - len(paid) + 1 + paid.index(True) - confirmed if any(paid) else 0
    forged = FORGED_MESSAGE in match.referee.paid_out
    verdicts = {"paid_once": sum(paid) == 1, "airgap_kept": waited > rules.airgap_blocks or paid[0], "forged_is_not_paid": not forged}
    return verdicts, {"requests": len(asked), "airgap_blocks": rules.airgap_blocks, "paid_after_blocks": waited}


DRILL = GameDrill(
    fault="withdrawals, a forged one too, are asked for from their proof on, in every block",
    expectation="nothing is paid before the assertion is confirmed and both delays have passed, and nothing that is not owed",
    adversary=Impatient,
    judge=judge,
    covers=("A38",),
)
