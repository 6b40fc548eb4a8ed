"""The randomised adversary: any number of liars, and chance in everything it may do.

Timing, the order in every block, which honest transactions wait and for how long, when censorship is spent, who falls silent, copies of
honest calls sent ahead of them, replayed calls, forged proofs, pointless updates, reorganisations, and an honest player that crashes.
"""

from random import Random

from rollup.devnet.arena.adversaries.liars import Gang, some_lie
from rollup.devnet.arena.match import FOREVER, Adversary, Match, Turn
from rollup.devnet.arena.player import Player
from verifier.calls import MoveCall
from verifier.strategy import Bisect, Confirm, Move, Propose, Prove, Reject, Update

RUTHLESS = 0.2
"""How often all liars play as well as they can, and the blocks are made for them."""

MEDDLER = b"meddles with others."
"""Who sends what is not a liar's own move."""


class Randomised(Adversary):
    """A mood, drawn once a game, and dice for the rest."""

    def __init__(self, match: Match, dice: Random, sybils: int = 0) -> None:
        """Draw the mood."""
        count = sybils or min(dice.choice((1, 1, 1, 2, 2, 3, 5, 8)), 1 << match.rules.height)
        self.dice = dice
        self.gang = Gang(match, [some_lie(match, dice, salt) for salt in range(count)])
        self.zeal = {liar.address: dice.choice((1.0, 1.0, 0.8, 0.3)) for liar in self.gang.liars}
        self.silent_after = {liar.address: dice.choice((FOREVER, FOREVER, dice.randrange(12))) for liar in self.gang.liars}
        late = dice.choice((0, 0, 0, dice.randrange(match.rules.window + 10)))
        self.start = {liar.address: match.ground.number + 1 + (late and dice.randrange(late + 1)) for liar in self.gang.liars}
        self.haste, self.censors = dice.choice((0.0, 0.2, 0.5, 1.0)), dice.choice((0.0, 0.1, 0.5, 1.0))
        self.meddles = dice.choice((0.0, 0.05, 0.3))
        self.reorganises = dice.choice((0.0, 0.0, 0.0, 0.03))
        self.crashes = dice.choice((0.0, 0.0, 0.05))
        self.depth = dice.randrange(1, 5)
        if dice.random() < RUTHLESS:
            self.be_ruthless(match)

    def be_ruthless(self, match: Match) -> None:
        """Waste no time and give none."""
        self.zeal, self.silent_after = dict.fromkeys(self.zeal, 1.0), dict.fromkeys(self.zeal, FOREVER)
        self.start = dict.fromkeys(self.zeal, match.ground.number + 1)
        self.haste, self.censors = 0.0, 1.0

    def reorganise(self, match: Match) -> int:
        """Replace some blocks, now and then; with the first batch gone, perhaps another one comes in its place."""
        if self.dice.random() < self.crashes:
            match.crash()
        if self.dice.random() >= self.reorganises:
            return 0
        return self.depth

    def line(self, match: Match) -> int:
        """Post any of the lines."""
        return self.dice.randrange(len(match.libraries))

    def wake(self, match: Match) -> int:
        """Come when a liar starts, or by chance."""
        number = match.ground.number
        starts = [start for start in self.start.values() if start > number]
        chance = number + 1 + int(self.dice.expovariate(0.1)) if self.meddles or self.reorganises else FOREVER
        return min([chance, *starts])

    def compose(self, turn: Turn) -> None:
        """Let everything happen in any order."""
        dice = self.dice
        turn.is_censored = dice.random() < self.censors
        hurried = [waiting for waiting in turn.waiting if dice.random() < self.haste]
        if not turn.is_censored or not turn.match.budget:
            hurried += [waiting for waiting in turn.due if waiting not in hurried]
        dice.shuffle(hurried)
        acts_first = dice.random() < 0.5
        if acts_first:
            self.gang.act(turn, lambda liar, move: self.is_willing(turn, liar, move))
        for waiting in hurried:
            if dice.random() < self.meddles:
                turn.send(MEDDLER, waiting.call)
            turn.include(waiting)
        if dice.random() < self.meddles:
            self.meddle(turn)
        if not acts_first or dice.random() < 0.3:
            self.gang.act(turn, lambda liar, move: self.is_willing(turn, liar, move))

    def is_willing(self, turn: Turn, liar: Player, move: Move) -> bool:
        """Whether a liar makes a move now; what wins it always does."""
        if isinstance(move, Confirm | Update | Reject):
            return True
        if isinstance(move, Propose) and turn.number < self.start[liar.address]:
            return False
        if self.silent_after[liar.address] <= 0 or self.dice.random() >= self.zeal[liar.address]:
            return False
        self.silent_after[liar.address] -= 1
        return True

    def meddle(self, turn: Turn) -> None:
        """Send something that no strategy wants: it must do no harm."""
        dice, game = self.dice, turn.game
        nodes, assertions = list(game.nodes), list(game.assertions)
        node, assertion = dice.choice(nodes or [bytes(32)]), dice.choice(assertions)
        leaves = [name for name, standing in game.nodes.items() if standing.node.height == 0]
        kind = dice.choice((Update, Confirm, Reject, Bisect, Prove, Propose))
        calls = {
            Update: MoveCall("update", (node,)),
            Confirm: MoveCall("confirm", (assertion,)),
            Reject: MoveCall("reject", (assertion,)),
            Bisect: MoveCall("bisect", (node, dice.randbytes(32), dice.randbytes(32))),
            Prove: MoveCall("prove", (dice.choice(leaves or [bytes(32)]), self.forged(turn), bytes(32))),
            Propose: MoveCall(
                "propose", (assertion, dice.randbytes(32), dice.randbytes(32), dice.randbytes(32), []), turn.match.rules.bond
            ),
        }
        turn.send(MEDDLER, calls[kind])

    def forged(self, turn: Turn) -> bytes:
        """Return a true proof of some leaf with something wrong in it, or none at all."""
        proofs = turn.match.libraries[0].truth.runs[0].proofs
        proof = bytearray(self.dice.choice(proofs))
        for _ in range(self.dice.randrange(3)):
            proof[self.dice.randrange(len(proof))] ^= 1 << self.dice.randrange(8)
        return bytes(proof[: self.dice.choice((len(proof), len(proof) // 2, 0))])
