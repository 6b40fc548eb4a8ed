"""A liar never makes the rival of the leaf that would be proved, so as not to be proved wrong. The leaf is proved without one."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import Player
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from rollup.dispute.clock import NEVER
from verifier.calls import MoveCall
from verifier.strategy import Bisect, Move

BYSTANDER = b"proves what is alone"
"""Who proves the leaves that have no rival, and carries up what that gives: anybody may."""


class Dodger(Prompt):
    """A liar that stops one halving short of the leaf it lies about."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Nothing is proved yet."""
        super().__init__(match, dice)
        self.believed: dict[bytes, bool] = {}
        """By leaf without a rival: whether L1 took the proof."""

    def compose(self, turn: Turn) -> None:
        """Prove every leaf that stands alone, and carry up the timer above them."""
        super().compose(turn)
        game, run = turn.game, turn.match.libraries[0].truth.runs[0]
        for name, standing in list(game.nodes.items()):
            if standing.node.height == 0 and name not in self.believed:
                proof = run.prove(standing.node.index, standing.node)
                receipt = turn.send(BYSTANDER, MoveCall("prove", (name, proof, bytes(32))))
                self.believed[name] = receipt is not None and receipt.success
                parents = [above for above, each in game.nodes.items() if each.children is not None and name in each.children]
                turn.send(BYSTANDER, MoveCall("update", (parents[0],)))

    def is_willing(self, turn: Turn, _liar: Player, move: Move) -> bool:
        """Make no rival of a leaf."""
        return not isinstance(move, Bisect) or turn.game.nodes[move.node].node.height > 1


def judge(match: Match, _result: Result, adversary: Adversary) -> tuple[Verdicts, Figures]:
    """The leaves were proved though they had no rival, which ended the dispute above them; and the liar was slashed."""
    assert isinstance(adversary, Dodger)
    leaves = [each for each in match.game.nodes.values() if each.node.height == 0]
    ended = any(event.name == "Updated" and event.arguments["bottomUp"] == NEVER for event in match.logged)
    verdicts = {
        "no_leaf_had_a_rival": not any(map(match.game.rivaled, leaves)),
        "proved_all_the_same": len(leaves) == (0 if match.rules.published_leaves else 2) and all(adversary.believed.values()),
        "dispute_above_is_over": ended or match.rules.published_leaves,
    }
    return verdicts, {"leaves_proved_alone": len(leaves)}


DRILL = GameDrill(
    fault="a liar never makes the rival of the leaf that it lies about",
    expectation="a leaf is proved without a rival too; the liar gains no time and is slashed, at once where leaves are published",
    adversary=Dodger,
    judge=judge,
    covers=("A17",),
)
