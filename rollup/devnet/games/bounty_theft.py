"""A thief copies the proof that an honest transaction carries, and sends it first. The bounty is owed to who had committed to it."""

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import HONEST, Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.strategy import Prove, Refute

THIEF = b"steals the bounty..."
"""Who copies."""


class BountyThief(Prompt):
    """A liar, and a thief who copies proofs."""

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Copy a proof first."""
        if isinstance(waiting.move, Prove | Refute):
            turn.send(THIEF, waiting.call)
        super().let_in(turn, waiting)


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """The bounty went to the honest player."""
    swept = {event.arguments["to"] for event in match.logged if event.name == "Swept"}
    copied = any(receipt.transaction.sender == THIEF and receipt.success for _, receipt, *_ in match.referee.seen)
    (stolen,) = match.ground.look("assertions", "credit", THIEF)
    assert isinstance(stolen, int)
    return {"proof_was_copied": copied, "bounty_is_the_committers": swept == {HONEST}}, {"thiefs_gas_refund_wei": stolen}


DRILL = GameDrill(
    fault="a thief copies every honest proof and sends it first",
    expectation="the proof counts whoever sent it; the bounty goes to who had committed to it",
    adversary=BountyThief,
    judge=judge,
    collects=True,
    covers=("A15",),
)
