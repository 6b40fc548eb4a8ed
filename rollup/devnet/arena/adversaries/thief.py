"""The thief: lies so that the bridge owes it money, proves that under every assertion that it can, and asks to be paid again and again.

It delays and censors like the greedy one. Where a lie is confirmed, it gets the money; where none is, the bridge pays what it owes, once.
"""

from random import Random

from rollup.devnet.arena.adversaries.greedy import Greedy
from rollup.devnet.arena.histories import FORGED_MESSAGE, History, Lie
from rollup.devnet.arena.match import Match, Turn
from rollup.dispute.game import Assertion, Status
from verifier.calls import MoveCall

THIEF = b"wants to be paid...."
"""Who calls the bridge."""

OWED_MESSAGE = 1
"""The withdrawal that the batches do contain, if they are large enough."""


class Thief(Greedy):
    """The greedy one, with the bridge in mind."""

    def __init__(self, match: Match, dice: Random, sybils: int = 0) -> None:
        """Have proved nothing yet, and been paid nothing."""
        super().__init__(match, dice, sybils)
        self.tried: dict[tuple[bytes, int], bool] = {}
        """By assertion and message: whether L1 believes the proof."""
        self.paid: set[int] = set()

    def lie(self, match: Match, dice: Random, salt: int) -> Lie:
        """Forge a withdrawal."""
        batch = dice.randrange(match.count)
        return Lie(batch, dice.randrange(len(match.libraries[0].truth.runs[batch].proofs)), "forged", salt, match.rules.published_leaves)

    def wake(self, match: Match) -> int:
        """Come when something can be paid: the delays are short, so look at every block once an assertion is confirmed."""
        return match.ground.number + 1 if match.count - 1 in match.game.confirmed else super().wake(match)

    def is_content(self, match: Match) -> bool:
        """Go on until the money is there, or the referee has had enough."""
        return "S6" in match.referee.violations

    def compose(self, turn: Turn) -> None:
        """Delay as the greedy one does; prove and finalize whatever can be."""
        super().compose(turn)
        last = [item for item in turn.game.assertions.values() if item.batch == turn.match.count - 1]
        line = turn.match.line
        histories = [turn.match.libraries[line].truth, *(liar.histories[line] for liar in self.gang.liars)]
        for assertion in last:
            for history in histories:
                if history.runs[-1].claim.trace_root == assertion.trace_root:
                    self.cash(turn, assertion, history)

    def cash(self, turn: Turn, assertion: Assertion, history: History) -> None:
        """Prove what a state owes, and ask for it."""
        for message in (OWED_MESSAGE, FORGED_MESSAGE):
            attempt = assertion.id, message
            if attempt not in self.tried:
                self.tried[attempt] = self.prove(turn, attempt, history)
            if self.tried[attempt] and assertion.status == Status.CONFIRMED and message not in self.paid:
                paid = turn.send(THIEF, MoveCall("finalizeWithdrawal", attempt), "bridge")
                if paid is not None and paid.success:
                    self.paid.add(message)
                    turn.send(THIEF, MoveCall("finalizeWithdrawal", attempt), "bridge")

    @staticmethod
    def prove(turn: Turn, attempt: tuple[bytes, int], history: History) -> bool:
        """Prove what a state owes, and say whether L1 believes it."""
        receipt = turn.send(THIEF, MoveCall("proveWithdrawal", (*attempt, history.message(attempt[1]))), "bridge")
        return receipt is not None and receipt.success
