"""A dispute is filled with nodes, so that a move on it costs more than a block has. The work of a move does not depend on their number."""

from random import Random

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.ground import CALL_GAS
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import Result
from rollup.devnet.arena.series import set_table
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt

SPAMMERS = 9
"""Liars about each leaf but the first, all of which play on as well as they can."""

MOVES = {"Asserted": "propose", "Bisected": "bisect", "Proved": "prove", "Refuted": "refute", "Confirmed": "confirm", "Rejected": "reject"}
"""Events of the moves that are weighed, and the figures' names for them."""

SLACK_GAS = 1_000
"""What other zeros in calldata, and in numbers that are stored, may cost more."""


class Spammer(Prompt):
    """Liars about every leaf in turn."""

    EACH = SPAMMERS

    def __init__(self, match: Match, dice: Random) -> None:
        """Gather them."""
        super().__init__(match, dice)
        run, direct = match.libraries[0].truth.runs[0], match.rules.published_leaves
        leaves = range(1, len(run.proofs) if direct else len(run.trace.roots))
        self.gang = Gang(match, [Lie(0, leaf, "garbled", salt, direct) for salt in range(self.EACH) for leaf in leaves])


class Quiet(Spammer):
    """One liar about each leaf: the same moves, without the spam."""

    EACH = 1


def judge(match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """No kind of move is dearer than in a quiet dispute about the same leaves."""
    table, dice = set_table(match.rules), Random(0)
    quiet = Match(table.ground, match.rules, table.libraries, table.truth, dice, is_ordered=True)
    quiet.play(Quiet(quiet, dice))
    spammed, usual = highest(match), highest(quiet)
    verdicts = {
        "is_spammed": len(match.referee.bets) > 4 * len(quiet.referee.bets),
        "work_does_not_grow": spammed.keys() == usual.keys() and all(gas <= usual[kind] + SLACK_GAS for kind, gas in spammed.items()),
        "no_move_above_ethereums_cap": max(spammed.values()) <= CALL_GAS,
    }
    return verdicts, {
        "nodes": len(match.game.nodes),
        "assertions": len(match.referee.bets),
        **{f"{kind}_gas": spammed[kind] for kind in spammed},
    }


def highest(match: Match) -> dict[str, int]:
    """Return the highest gas of every kind of move, whoever made it."""
    costs: dict[str, int] = {}
    for _block, receipt, events, _waiting, _is_attack in match.referee.seen:
        for event in events:
            if event.name in MOVES:
                costs[MOVES[event.name]] = max(costs.get(MOVES[event.name], 0), receipt.gas_used)
    return costs


DRILL = GameDrill(
    fault=f"{SPAMMERS} liars about every leaf fill one dispute with all the nodes that there is room for",
    expectation="a move costs what it costs in a quiet dispute, and every move fits into a transaction",
    adversary=Spammer,
    judge=judge,
    covers=("A23",),
)
