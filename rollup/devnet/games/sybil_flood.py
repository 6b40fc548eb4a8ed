"""A thousand Sybils at once. They share the honest side's answers, and its clock."""

from random import Random

from rollup.devnet.arena.adversaries.flood import Flood
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from verifier.strategy import Propose

SYBILS = 1_000
"""Bonds at stake against one."""


class Thousand(Flood):
    """A thousand lies about eight leaves."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Start at once."""
        super().__init__(match, dice, SYBILS)
        self.from_block = match.ground.number + 1

    def compose(self, turn: Turn) -> None:
        """Assert; where leaves are published do nothing more: there is nothing that a refuted liar could do."""
        if not turn.match.rules.published_leaves:
            super().compose(turn)
        elif turn.number == self.from_block:
            wanted = [(liar, move) for liar in self.gang.liars for move in liar.wanted(turn.game, turn.number) if isinstance(move, Propose)]
            for liar, move in wanted:
                self.gang.make(turn, liar, move)

    def lie(self, match: Match, dice: Random, salt: int) -> Lie:
        """Lie about any leaf."""
        return Lie(0, dice.randrange(len(match.libraries[0].truth.runs[0].proofs)), "garbled", salt, match.rules.published_leaves)


def judge(match: Match, result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Nobody was delayed beyond one liar's game."""
    allowed = result.sybils * (match.rules.height + 1)
    alone = match.rules.bound() - match.rules.censored
    verdicts = {"all_came": result.sybils == SYBILS, "moves_are_bounded": result.honest_moves <= allowed, "no_later": result.delay <= alone}
    return verdicts, {"moves_per_sybil_e3": 1_000 * result.honest_moves // result.sybils}


DRILL = GameDrill(
    fault="a thousand Sybils assert a thousand wrong roots in one block",
    expectation="the delay is that of one liar, honest moves are at most N(k+1), and a thousand bonds are slashed",
    adversary=Thousand,
    judge=judge,
    covers=("A5", "A10"),
)
