"""A drill that is a game on L1 alone: who attacks and how, and what has to come of it.

One rule: it is the arena's game, with the arena's referee; a drill adds one adversary and the figures that it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.ground import GAS_PRICE
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import INVARIANTS, Result, result_of
from rollup.devnet.arena.rules import Powers, Rules
from rollup.devnet.arena.series import Table, set_table
from rollup.devnet.drills.lanes import GWEI
from rollup.devnet.drills.scenario import Lane, Outcome, Say, Scenario, Ticket
from rollup.devnet.games.telling import source_of
from rollup.devnet.story.telling import tell

WEEK_CENSORED, WEEK_DELAY = 50_400, 25
"""C and δ of the seven-day window, in blocks of 12 seconds."""

NO_OTHERS = Powers()
"""All is as the rules suppose."""

Verdicts = dict[str, bool]
Figures = dict[str, int]
Judge = Callable[[Match, Result, Adversary], tuple[Verdicts, Figures]]
"""What the drill itself asks for, by name, and its figures."""


def nothing_more(_match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Ask for nothing beside the invariants."""
    return {}, {}


@dataclass(frozen=True, kw_only=True)
class GameDrill(Scenario):
    """One scenario that players play in the arena."""

    adversary: Callable[[Match, Random], Adversary]
    judge: Judge = nothing_more
    heights: tuple[int, ...] = (3,)
    collects: bool = False
    """Whether the game goes on until the losers' bonds are shared out."""

    @property
    def deadline_s(self) -> float:
        """When all must be over, on L1's clock: at the bound's worst, and a window more where bonds are shared out."""
        return 12.0 * 2 * rules_of(self, Lane.BISECTION).bound()

    def perform(self, ticket: Ticket, say: Say) -> Outcome:
        """Play the game; it is over before there is anything to say."""
        del say
        rules = rules_of(self, ticket.lane)
        match, adversary = self.play(ticket, set_table(rules), rules)
        result = result_of(match, 0, ticket.name, "week")
        asked, figures = self.judge(match, result, adversary)
        return Outcome(
            invariants={**{key: key not in result.violations for key in INVARIANTS}, **asked},
            figures={**common_figures(match, result), **figures},
            missed="; ".join(f"{key}: {what}" for key, what in result.violations.items()),
            virtual_seconds=12 * result.blocks,
            trace_digest=digest_of(match),
            tell=lambda: tell(source_of(match, adversary)),
        )

    def play(self, ticket: Ticket, table: Table, rules: Rules, powers: Powers = NO_OTHERS) -> tuple[Match, Adversary]:
        """Play the game to its end, on a table that is set for these rules."""
        dice = Random(f"{ticket.name}/{ticket.seed}")
        ground, libraries, truth = table.ground, table.libraries, table.truth
        match = Match(ground, rules, libraries, truth, dice, is_ordered=True, collects=self.collects, powers=powers)
        adversary = self.adversary(match, dice)
        match.play(adversary)
        return match, adversary


def rules_of(drill: GameDrill, lane: Lane) -> Rules:
    """Return the seven-day clock."""
    return Rules(WEEK_CENSORED, WEEK_DELAY, drill.heights, published_leaves=lane == Lane.DIRECT)


def common_figures(match: Match, result: Result) -> Figures:
    """Return the numbers that every game reports."""
    names = [event.name for event in match.logged]
    ratio = result.attack_wei // result.defence_wei if result.defence_wei else 0
    return {
        "l1_blocks": result.blocks,
        "window_blocks": result.window,
        "delay_blocks": result.delay,
        "bound_blocks": result.bound,
        "sybils": result.sybils,
        "honest_moves": result.honest_moves,
        "bisections": names.count("Bisected"),
        "proofs": names.count("Proved"),
        "refutations": names.count("Refuted"),
        "rejected": names.count("Rejected"),
        "censored_blocks": result.censored,
        "reorganisations": result.reorganisations,
        "capital_ratio": ratio,
        **costs(match),
        "gas_max": max(receipt.gas_used for _, receipt, *_ in match.referee.seen),
    }


def costs(match: Match) -> Figures:
    """Return what both sides have spent, and how long a lie stood: the figures by which lanes are compared."""
    referee = match.referee
    stakes = dict.fromkeys((False, True), 0)
    for _, receipt, events, waiting, _ in referee.seen:
        if any(event.name == "Asserted" for event in events):
            stakes[waiting is None] += receipt.transaction.value
    return {
        "blocks_to_slash": longest_lie(match),
        "defence_gas": referee.honest_gas // GAS_PRICE,
        "attack_gas": referee.attack_gas // GAS_PRICE,
        "defence_stake_gwei": stakes[False] // GWEI,
        "attack_stake_gwei": stakes[True] // GWEI,
    }


def longest_lie(match: Match) -> int:
    """Return the most blocks that a wrong assertion stood before it was rejected; 0 where none was."""
    ends: dict[object, int] = {}
    for event in match.logged:
        if event.name in {"Rejected", "Refuted"}:
            ends.setdefault(event.arguments["id"], event.block)
    made = {name: bet.created for name, bet in match.referee.bets.items() if not bet.is_true}
    return max((ends[name] - block for name, block in made.items() if name in ends), default=0)


def digest_of(match: Match) -> str:
    """Return a hash over everything that happened on L1."""
    trace = sha256()
    for mined in match.ground.mined:
        for receipt in mined.receipts:
            trace.update(b"%d %s %d" % (mined.number, receipt.transaction.data, receipt.success))
    return trace.hexdigest()


def lies(match: Match, *places: tuple[int, str]) -> Gang:
    """Return liars about some leaves of the first batch, one each."""
    direct = match.rules.published_leaves
    return Gang(match, [Lie(0, leaf, kind, salt, direct) for salt, (leaf, kind) in enumerate(places)])
