"""A drill that is a game on L1 alone: who attacks and how, and what has to come of it.

One rule: it is the arena's game, with the arena's referee; a drill adds one adversary and the figures that it is about.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from random import Random
from time import perf_counter

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import INVARIANTS, Result, result_of
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.series import set_table

WEEK_CENSORED, WEEK_DELAY = 50_400, 25
"""C and δ of the seven-day window, in blocks of 12 seconds."""

DIRECT = "direct"
"""The lane of published leaves."""

Verdicts = dict[str, bool]
Figures = dict[str, int]
Judge = Callable[[Match, Result, Adversary], tuple[Verdicts, Figures]]
"""What the drill itself asks for, by name, and its figures."""


def nothing_more(_match: Match, _result: Result, _adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Ask for nothing beside the invariants."""
    return {}, {}


@dataclass(frozen=True, slots=True)
class GameDrill:
    """One scenario."""

    fault: str
    expectation: str
    adversary: Callable[[Match, Random], Adversary]
    judge: Judge = nothing_more
    heights: tuple[int, ...] = (3,)
    collects: bool = False
    """Whether the game goes on until the losers' bonds are shared out."""
    covers: tuple[str, ...] = ()
    """Numbers of the catalogue of attacks that it plays."""

    @property
    def deadline_s(self) -> float:
        """When all must be over, on L1's clock: at the bound's worst, and a window more where bonds are shared out."""
        return 12.0 * 2 * rules_of(self, direct=False).bound()


@dataclass(frozen=True, slots=True)
class GameReport:
    """What came of it: the fields of every drill's report."""

    drill: str
    seed: int
    lane: str
    verdict: str
    invariants: dict[str, bool]
    figures: dict[str, int]
    missed: str
    virtual_seconds: int
    wall_seconds: float
    trace_digest: str
    replay: str

    @property
    def is_safe(self) -> bool:
        """Whether every invariant held."""
        return self.verdict == "safe"

    def fields(self) -> dict[str, object]:
        """Return the report as JSON's object."""
        return asdict(self)


def rules_of(drill: GameDrill, *, direct: bool) -> Rules:
    """Return the seven-day clock."""
    return Rules(WEEK_CENSORED, WEEK_DELAY, drill.heights, published_leaves=direct)


def run_game(name: str, drill: GameDrill, seed: int, lane: str = "bisection") -> GameReport:
    """Play a drill and judge it."""
    started, rules, dice = perf_counter(), rules_of(drill, direct=lane == DIRECT), Random(f"{name}/{seed}")
    table = set_table(rules)
    match = Match(table.ground, rules, table.libraries, table.truth, dice, is_ordered=True, collects=drill.collects)
    adversary = drill.adversary(match, dice)
    match.play(adversary)
    result = result_of(match, 0, name, "week")
    asked, figures = drill.judge(match, result, adversary)
    invariants = {**{key: key not in result.violations for key in INVARIANTS}, **asked}
    return GameReport(
        drill=name,
        seed=seed,
        lane=lane,
        verdict="safe" if all(invariants.values()) else "unsafe",
        invariants=invariants,
        figures={**common_figures(match, result), **figures},
        missed="; ".join(f"{key}: {what}" for key, what in result.violations.items()),
        virtual_seconds=12 * result.blocks,
        wall_seconds=round(perf_counter() - started, 3),
        trace_digest=digest_of(match),
        replay=f"optroll drill run {name} --seed {seed}" + (f" --lane {lane}" if lane == DIRECT else ""),
    )


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
        "gas_max": max(receipt.gas_used for _, receipt, *_ in match.referee.seen),
    }


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
