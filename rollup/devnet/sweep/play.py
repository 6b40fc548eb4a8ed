"""One game of a sweep: a drill's attack at one point, and what came of it.

One rule: a game is a function of drill, lane, point and seed, whichever process plays it, and when.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from rollup.devnet.arena.result import result_of
from rollup.devnet.arena.rules import Powers, Rules
from rollup.devnet.arena.series import Table, set_table
from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.scenario import Lane, Ticket
from rollup.devnet.games.drill import WEEK_CENSORED, WEEK_DELAY, GameDrill
from rollup.devnet.sweep.axes import AXES, Point

FULL = 1_000
"""The whole window, in thousandths."""

NEVER = 1 << 40
"""Blocks that no game lasts."""


class End(StrEnum):
    """What a game came to."""

    SAFE = "safe"
    """The truth was confirmed by the bound."""
    STALLED = "stalled"
    """Nothing wrong was confirmed, but the truth was not by the bound."""
    STOLEN = "stolen"
    """A wrong root was confirmed: whoever lied can take everything."""


@dataclass(frozen=True, slots=True)
class Task:
    """One game to play."""

    drill: str
    lane: Lane
    point: tuple[tuple[str, Fraction], ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it."""

    task: Task
    end: End
    delay_blocks: int
    """From a batch's arrival on L1 to its confirmation, or to the game's end."""
    bound_blocks: int
    window_blocks: int
    broken: tuple[str, ...]
    """Invariants that did not hold."""


@lru_cache(maxsize=16)
def table_of(rules: Rules) -> Table:
    """Return the table that games with these rules share: each leaves it as it was."""
    return set_table(rules)


def play(task: Task) -> Played:
    """Play one game."""
    drill = load(task.drill)
    assert isinstance(drill, GameDrill)
    rules = rules_at(drill, task.lane, dict(task.point))
    table = table_of(rules)
    start = table.ground.number
    match, _ = drill.play(Ticket(task.drill, task.seed, task.lane), table, rules, powers_at(rules, dict(task.point)))
    result = result_of(match, 0, task.drill, "week")
    table.ground.roll_back(start)
    end = End.STOLEN if result.lost else End.STALLED if result.past_bound else End.SAFE
    return Played(task, end, result.delay, result.bound, result.window, tuple(sorted(result.violations)))


def rules_at(drill: GameDrill, lane: Lane, point: Point) -> Rules:
    """Return the seven-day clock, with the window and the depth of a point; rounded down to whole thousandths."""
    heights = tuple(int(point["depth"]) for _ in drill.heights) if "depth" in point else drill.heights
    scale_e3 = int(point.get("window", AXES["window"].default) * FULL)
    return Rules(WEEK_CENSORED, WEEK_DELAY, heights, scale_e3, published_leaves=lane == Lane.DIRECT)


def powers_at(rules: Rules, point: Point) -> Powers:
    """Return the powers of a point, in whole blocks, rounded down."""
    share = point.get("honest_share", AXES["honest_share"].default)
    censored = int(rules.censored * point.get("censorship", AXES["censorship"].default))
    absent = int((1 - share) * rules.window) if share else NEVER
    return Powers(censored, absent, int(point.get("sybils", AXES["sybils"].default)))
