"""A forger sends proofs with bits flipped, cut off, of other leaves and of other nodes. None of them proves anything."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.calls import MoveCall
from verifier.strategy import Prove, Refute

FORGER = b"forges what it proves"[:20]
"""Who sends them."""

FORGERIES = 400
"""Forgeries of each honest proof."""


class Forger(Prompt):
    """A liar, and a forger who sees every honest proof before it lands."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Have forged nothing yet."""
        super().__init__(match, dice)
        self.forged = self.believed = 0

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Forge it, many times, before it lands."""
        if isinstance(waiting.move, Prove | Refute):
            place = 1 if isinstance(waiting.move, Prove) else 2
            for _ in range(FORGERIES):
                arguments = list(waiting.call.arguments)
                arguments[place] = self.forgery(arguments[place])
                receipt = turn.send(FORGER, MoveCall(waiting.call.function, tuple(arguments)))
                self.forged += 1
                self.believed += receipt is not None and receipt.success
        super().let_in(turn, waiting)

    def forgery(self, proof: object) -> bytes:
        """Flip some bits of a proof, or cut it off, or lengthen it."""
        assert isinstance(proof, bytes)
        data, kind = bytearray(proof), self.dice.randrange(4)
        if kind == 0:
            return bytes(data[: self.dice.randrange(len(data))])
        if kind == 1:
            return bytes(data) + self.dice.randbytes(1 + self.dice.randrange(64))
        for _ in range(kind - 1):
            data[self.dice.randrange(len(data))] ^= 1 << self.dice.randrange(8)
        return bytes(data) if bytes(data) != proof else b""


def judge(_match: Match, _result: Result, adversary: Adversary) -> tuple[Verdicts, Figures]:
    """L1 believed none."""
    assert isinstance(adversary, Forger)
    return {"none_is_believed": adversary.forged > 0 and adversary.believed == 0}, {"forgeries": adversary.forged}


DRILL = GameDrill(
    fault="a forger sends every honest proof ahead of it, with something wrong in each copy",
    expectation="a bad witness reverts and proves nothing; the right proof lands all the same",
    adversary=Forger,
    judge=judge,
    covers=("A25", "A26"),
)
