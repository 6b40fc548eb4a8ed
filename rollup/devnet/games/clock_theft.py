"""A liar calls *update* and *confirm* on everything in every block, to be credited with time that was not its own."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.calls import MoveCall

HURRIED = b"cannot wait to win.."
"""Who calls."""

BUSY = 40
"""Blocks in each of which everything is called: the dispute is over by then."""

STRIDE = 997
"""Blocks between two rounds of calls after that."""


class ClockThief(Prompt):
    """A liar, and somebody who cannot wait."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Begin at once."""
        super().__init__(match, dice)
        self.next = self.first

    def compose(self, turn: Turn) -> None:
        """Carry up every timer, from the top and from below, and try to confirm everything."""
        super().compose(turn)
        if turn.number < self.next:
            return
        self.next = turn.number + (1 if turn.number < self.first + BUSY else STRIDE)
        nodes = sorted(turn.game.nodes, key=lambda name: turn.game.nodes[name].node.height)
        for name in (*nodes, *reversed(nodes)):
            turn.send(HURRIED, MoveCall("update", (name,)))
        for name in list(turn.game.assertions):
            turn.send(HURRIED, MoveCall("confirm", (name,)))

    def wake(self, match: Match) -> int:
        """Come now and then while nothing happens."""
        del match
        return self.next


def judge(match: Match, result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Nothing was confirmed before its time."""
    early = [bet for bet in match.referee.bets.values() if bet.confirmed and bet.confirmed - bet.created < result.window]
    return {"nothing_early": not early}, {"false_confirmations": len(early)}


DRILL = GameDrill(
    fault="a liar has timers carried up and assertions confirmed in every order, again and again",
    expectation="only time that a node stood alone counts, and nothing is confirmed before the window is over",
    adversary=ClockThief,
    judge=judge,
    covers=("A8",),
)
