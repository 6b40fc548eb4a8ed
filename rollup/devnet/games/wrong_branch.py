"""A liar builds batch after batch on a wrong assertion. The whole branch dies with its root, each at the same small cost."""

from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt

BATCHES = 8
"""Length of the branch."""

REJECTION_GAS = 130_000
"""What a rejection may cost, however long the branch is."""


class Builder(Prompt):
    """Lies about the first batch, and asserts all that follows from it."""

    PLACES = ((1, "robbed"),)


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """All of the branch is rejected, and no rejection cost much."""
    lost = [bet for bet in match.referee.bets.values() if not bet.is_true]
    seen = [(receipt.gas_used, {event.name for event in events}) for _, receipt, events, *_ in match.referee.seen]
    costs = [gas for gas, names in seen if "Rejected" in names and "Refuted" not in names]
    dearest = max(costs, default=0)
    verdicts = {"branch_is_dead": len(lost) > 1 and all(bet.is_rejected for bet in lost), "none_costs_much": dearest < REJECTION_GAS}
    return verdicts, {"descendants": len(lost) - 1, "gas_of_a_rejection_max": dearest}


DRILL = GameDrill(
    fault="a liar builds seven batches on a wrong assertion",
    expectation="children die with their parent, lazily, each rejection at a cost that does not depend on the others",
    adversary=Builder,
    judge=judge,
    heights=(2,) * BATCHES,
    covers=("A36", "A37", "A39"),
)
