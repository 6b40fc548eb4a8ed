"""Assertions about batches that are not there, of lengths that are not theirs, on parents that do not exist, with any bytes."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.calls import MoveCall

DREAMER = b"asserts what is not."
"""Who asserts."""

DREAMS = 200
"""Assertions that mean nothing."""


class Dreamer(Prompt):
    """A liar, and somebody who asserts nonsense in the first block."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Have said nothing yet."""
        super().__init__(match, dice)
        self.said = self.taken = 0

    def compose(self, turn: Turn) -> None:
        """Dream."""
        if not self.said:
            for _ in range(DREAMS):
                self.say(turn)
        super().compose(turn)

    def say(self, turn: Turn) -> None:
        """Assert something by chance, in whichever form this rollup's assertions have."""
        dice, match = self.dice, turn.match
        run = match.libraries[0].truth.runs[0]
        parents = [turn.game.genesis, dice.randbytes(32), run.claim.end_root]
        batches = [run.claim.accumulator, match.libraries[1].truth.runs[0].claim.accumulator, dice.randbytes(32)]
        parent, batch = dice.choice(parents), dice.choice(batches)
        if match.rules.published_leaves:
            roots = dice.randbytes(32 * dice.choice((0, 1, 2, len(run.proofs) - 1, len(run.proofs) + 1, 4_097)))
            call = MoveCall("proposeLeaves", (parent, batch, roots), match.rules.bond)
        else:
            path = [dice.randbytes(32) for _ in range(dice.choice((0, 1, run.trace.height, 255)))]
            end = dice.choice((dice.randbytes(32), run.claim.end_root))
            call = MoveCall("propose", (parent, batch, dice.randbytes(32), end, path), match.rules.bond)
        receipt = turn.send(DREAMER, call)
        self.said += 1
        self.taken += receipt is not None and receipt.success


def judge(_match: Match, _result: Result, adversary: Adversary) -> tuple[Verdicts, Figures]:
    """L1 took none."""
    assert isinstance(adversary, Dreamer)
    return {"none_is_taken": adversary.said == DREAMS and adversary.taken == 0}, {"assertions_refused": adversary.said - adversary.taken}


DRILL = GameDrill(
    fault="assertions about batches that are not there, of wrong lengths, on parents that do not exist",
    expectation="L1 computes lengths and names itself, so each reverts and no bond is taken",
    adversary=Dreamer,
    judge=judge,
    covers=("A24", "A28"),
)
