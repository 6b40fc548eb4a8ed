"""Liars make each move in the last block in which it still stops a clock, so that every depth of the dispute grants them more time."""

from collections.abc import Iterator
from random import Random

from rollup.devnet.arena.match import FOREVER, Adversary, Match, Turn
from rollup.devnet.arena.player import Player
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from rollup.dispute.bisection import assertion_id
from verifier.strategy import Bisect, Confirm, Move, Propose, Prove, Reject, Update


class Extender(Prompt):
    """Liars about four leaves. Before each move a liar lets the honest path to its leaf gather a share of the window, at last all of it."""

    PLACES = ((1, "garbled"), (3, "garbled"), (4, "garbled"), (6, "garbled"))

    def __init__(self, match: Match, dice: Random) -> None:
        """Draw at which depth each liar takes its time: the blocks that the path may have gathered before each of its moves."""
        super().__init__(match, dice)
        longest, moves = match.rules.window - 1, 1 + match.rules.height
        first = dice.choice((0, dice.randrange(longest), longest))
        self.allowed: dict[bytes, list[int]] = {}
        for liar in self.gang.liars:
            later = sorted(dice.choice((longest, first + dice.randrange(longest - first + 1))) for _ in range(moves - 1))
            self.allowed[liar.address] = [first, *later]

    def compose(self, turn: Turn) -> None:
        """Hold every honest transaction back as long as the rules allow; then let the liars move whose time has come."""
        for waiting in turn.due:
            self.let_in(turn, waiting)
        self.gang.act(turn, lambda liar, move: self.is_willing(turn, liar, move))

    def is_willing(self, turn: Turn, liar: Player, move: Move) -> bool:
        """Move when the honest path has gathered what this depth allows it, and never for the honest side."""
        if isinstance(move, Update | Confirm | Reject):
            return True
        referee = turn.match.referee
        if isinstance(move, Bisect | Prove) and referee.is_true_piece(referee.pieces[move.node]):
            return False
        return not isinstance(move, Propose | Bisect) or self.gathered(turn.match, liar) >= self.limit(turn.match, liar)

    def limit(self, match: Match, liar: Player) -> int:
        """Return the blocks that the honest path to a liar's leaf may gather before its next move."""
        depth = sum(1 for _ in path(match, liar))
        return self.allowed[liar.address][min(max(depth - 1, 0), match.rules.height)]

    def gathered(self, match: Match, liar: Player) -> int:
        """Return what that path has gathered."""
        return sum(match.game.unrivaled(match.game.nodes[name], match.ground.number) for name in path(match, liar))

    def wake(self, match: Match) -> int:
        """Come when the next liar's time has come."""
        left = [self.limit(match, liar) - self.gathered(match, liar) for liar in self.gang.liars if any(path(match, liar))]
        return match.ground.number + min((blocks for blocks in left if blocks > 0), default=FOREVER)


def path(match: Match, liar: Player) -> Iterator[bytes]:
    """Yield the honest nodes above the leaf that a liar lies about, as far as they are made, the root first."""
    run, lie, game = match.libraries[0].truth.runs[0], liar.histories[0].lie, match.game
    assert lie is not None
    claim = run.claim
    honest = game.assertions.get(assertion_id(game.genesis, claim.accumulator, claim.trace_root, claim.end_root))
    name = honest.root if honest is not None else b""
    while name:
        yield name
        standing = game.nodes[name]
        name = standing.children[lie.leaf >> (standing.node.height - 1) & 1] if standing.children is not None else b""


def judge(match: Match, result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """All that can be gained at every depth together is within the bound for no censorship."""
    bound = match.rules.bound() - match.rules.censored
    verdicts = {"liars_came": result.sybils > 0, "no_time_is_granted": result.delay <= bound}
    return verdicts, {"longest_blocks": result.delay, "allowed_blocks": bound, "spare_blocks": bound - result.delay}


DRILL = GameDrill(
    fault="liars make each move in the last block in which it still stops a clock, at a depth of their choice, and delay every answer",
    expectation="no move grants time: the path's clock runs on from where it stood, and all is over by the bound",
    adversary=Extender,
    judge=judge,
    covers=("A9",),
)
