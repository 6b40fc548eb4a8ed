"""A series of games: each is a function of the series' seed and its own number, so any of them can be played again alone.

One rule: processes share nothing. How many there are, and who plays which game, changes how long it takes and nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from random import Random

from l1_mock.contracts.dispute_storage import DisputeSettings
from rollup.devnet.arena.batches import games_genesis, make_line, open_ground
from rollup.devnet.arena.ground import Ground
from rollup.devnet.arena.histories import Library
from rollup.devnet.arena.match import Match
from rollup.devnet.arena.result import Result, result_of
from rollup.devnet.arena.rules import PROFILES, WEIGHTS, Rules, profile
from rollup.devnet.arena.rulings import Truth
from rollup.devnet.arena.table import ADVERSARIES, SHARES
from rollup.devnet.drills.oracle import Oracle

CHUNK = 25
"""Games that a process plays before it says how far it is."""

BISECTION, DIRECT = "bisection", "direct"
"""The lanes."""

PACES = (0, 0, 1, 5)
"""Blocks between two batches of a game."""


@dataclass(frozen=True, slots=True)
class Series:
    """Which games to play."""

    games: int
    seed: int = 1
    scale_e3: int = 1_000
    """Thousandths of the window that L1 uses."""
    sybils: int = 0
    """Liars in each game; 0: as it comes."""
    adversary: str = ""
    """The only adversary, or all of them in turn."""
    lane: str = BISECTION
    profile: str = ""
    """The only profile, or all of them in turn."""
    first: int = 0
    """Number of the first game."""


@dataclass(frozen=True, slots=True)
class Table:
    """What games of one profile are played on, and again and again."""

    ground: Ground
    libraries: tuple[Library, ...]
    truth: Truth


@lru_cache(maxsize=64)
def table_of(rules: Rules) -> Table:
    """Return the table that games with these rules share: each leaves it as it was."""
    return set_table(rules)


def set_table(rules: Rules) -> Table:
    """Set up L1, two lines of batches, and the truth about them."""
    genesis = games_genesis(published_leaves=rules.published_leaves)
    lines = [make_line(genesis, rules.heights, variant=variant) for variant in (0, 1)]
    truth = Truth([(Oracle(genesis), [posted.derived for posted in line.batches]) for line in lines])
    ground = open_ground(genesis)
    address = genesis.contracts.assertions
    settings = ground.contracts[address].settings
    assert isinstance(settings, DisputeSettings)
    played = replace(settings, window=rules.window, bond=rules.bond, steps_per_leaf=1)
    ground.contracts = {**ground.contracts, address: replace(ground.contracts[address], settings=played)}
    return Table(ground, tuple(Library(line) for line in lines), truth)


def play(series: Series, game: int) -> Result:
    """Play one game."""
    dice = Random(f"{series.seed}/{game}")
    name = series.profile or dice.choices(list(PROFILES), WEIGHTS)[0]
    adversary = series.adversary or dice.choices(list(ADVERSARIES), list(SHARES))[0]
    rules = profile(name, series.scale_e3, published_leaves=series.lane == DIRECT)
    table = table_of(rules)
    start = table.ground.number
    pace, is_ordered, collects = dice.choice(PACES), dice.random() < 0.5, dice.random() < 0.25
    match = Match(table.ground, rules, table.libraries, table.truth, dice, pace, is_ordered, collects)
    match.play(ADVERSARIES[adversary](match, dice, series.sybils))
    result = result_of(match, game, adversary, name)
    table.ground.roll_back(start)
    return result


def play_all(series: Series, processes: int = 1, heard: Callable[[Sequence[Result]], None] = lambda _results: None) -> list[Result]:
    """Play all games, in so many processes; `heard` is told of each few that are over. Results come in the games' order."""
    chunks = [
        range(first, min(first + CHUNK, series.first + series.games)) for first in range(series.first, series.first + series.games, CHUNK)
    ]
    results: list[Result] = []
    for played in played_chunks(series, chunks, processes):
        heard(played)
        results += played
    return results


def played_chunks(series: Series, chunks: Sequence[range], processes: int) -> Iterator[list[Result]]:
    """Yield the results of each chunk, in order."""
    if processes <= 1 or len(chunks) <= 1:
        yield from (play_chunk(series, chunk) for chunk in chunks)
        return
    with ProcessPoolExecutor(min(processes, len(chunks)), mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(play_chunk, [series] * len(chunks), chunks)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def play_chunk(series: Series, games: range) -> list[Result]:
    """Play some games."""
    return [play(series, game) for game in games]
