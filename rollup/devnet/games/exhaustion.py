"""Attackers with far more capital open sub-games and leave each as soon as it costs an answer, so that the honest side runs dry."""

from random import Random

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.ground import CALL_GAS, GAS_PRICE
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import HONEST, Player, Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.drills.lanes import GWEI
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.strategy import Bisect, Confirm, Move, Propose, Prove, Refute, Update

LIARS = 64
"""Bonds against one."""

WAVE_BLOCKS = 3
"""Blocks between two liars."""

GAS_WEI = 10**18
"""What the honest player has beside its bond: one ether."""


class Exhauster(Prompt):
    """Liars, one after another, each of which makes so many moves and leaves its game."""

    PURSE_WEI = GAS_WEI
    """What the honest player has beside its bond."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Give the honest player its purse, and draw where each liar leaves off."""
        super().__init__(match, dice)
        run, direct = match.libraries[0].truth.runs[0], match.rules.published_leaves
        leaves = len(run.proofs) if direct else len(run.trace.roots)
        self.gang = Gang(match, [Lie(0, dice.randrange(leaves), "garbled", salt, direct) for salt in range(LIARS)])
        self.order = {liar.address: number for number, liar in enumerate(self.gang.liars)}
        self.left = {liar.address: dice.randrange(1, match.rules.height + 2) for liar in self.gang.liars}
        self.purse = match.rules.bond + self.PURSE_WEI
        match.ground.fund(HONEST, self.purse)
        self.least = 0

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Note what the honest player needs to have had for this transaction, its gas limit included, where the truth hangs on it."""
        spent = self.purse - turn.match.ground.world.balance(HONEST)
        if isinstance(waiting.move, Propose | Bisect | Prove | Refute | Update | Confirm):
            self.least = max(self.least, spent + waiting.call.value + CALL_GAS * GAS_PRICE)
        super().let_in(turn, waiting)

    def is_willing(self, turn: Turn, liar: Player, move: Move) -> bool:
        """Come in turn, make a few moves, and leave."""
        if not isinstance(move, Propose | Bisect | Prove):
            return True
        if isinstance(move, Propose) and turn.number < self.first + WAVE_BLOCKS * self.order[liar.address]:
            return False
        self.left[liar.address] -= 1
        return self.left[liar.address] >= 0

    def wake(self, match: Match) -> int:
        """Come for the next wave."""
        waves = (self.first + WAVE_BLOCKS * number for number in range(LIARS))
        return next((block for block in waves if block > match.ground.number), super().wake(match))


def judge(match: Match, result: Result, adversary: Adversary) -> tuple[Verdicts, Figures]:
    """One bond and gas were enough, however many bonds were against it."""
    assert isinstance(adversary, Exhauster)
    verdicts = {"all_came": result.sybils == LIARS, "one_bond_is_enough": adversary.least < 2 * match.rules.bond}
    figures = {
        "least_capital_gwei": adversary.least // GWEI,
        "bond_gwei": match.rules.bond // GWEI,
        "attackers_capital_gwei": result.sybils * match.rules.bond // GWEI,
    }
    return verdicts, figures


DRILL = GameDrill(
    fault=f"{LIARS} liars open sub-games and leave each as soon as it costs an answer; the honest player has one bond and an ether",
    expectation="answers need no bond: one bond and the gas of the answers are enough against any number",
    adversary=Exhauster,
    judge=judge,
    heights=(4,),
    covers=("A6",),
)
