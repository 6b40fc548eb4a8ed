"""`optroll simulate`: games of the protocol by the thousand, against adversaries that really try. The exit status is the verdict."""

import os
import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import rich_click as click

from rollup.commands.output import FiniteRange, Format, format_option, print_fields, print_json

if TYPE_CHECKING:
    from rollup.devnet.arena.result import Result, Totals
    from rollup.devnet.arena.series import Series

SAFE, UNSAFE, TOO_WEAK = "safe", "unsafe", "too weak"
"""Verdicts: every invariant held; one did not; or a window below the bound was not broken, so that the adversary proves nothing."""

STATUS = {SAFE: 0, UNSAFE: 1, TOO_WEAK: 3}
"""Exit status of each."""

LANES = ("bisection", "direct")
"""By halving, or by refuting a published leaf."""

ADVERSARY_NAMES, PROFILE_NAMES = "greedy, randomised, thief, flood", "swift, plain, deep, slow, tall, pair, chain"
"""As `rollup.devnet.arena.table` and `rollup.devnet.arena.rules` name them."""

FULL = 1_000
"""The whole window, in thousandths."""


@click.group()
def command() -> None:
    """Play games of the protocol by the thousand, against adversaries that really try."""


@command.command()
@click.option("--games", type=click.IntRange(1, 100_000_000), default=500, show_default=True, help="Games to play.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Decides everything that happens by chance.")
@click.option("--sybils", type=click.IntRange(0, 10_000), default=0, help="Liars in each game.  [default: as it comes]")
@click.option("--window-scale", type=FiniteRange(0.1, 4.0), default=1.0, show_default=True, help="Share of the window T that L1 uses.")
@click.option("--lane", type=click.Choice(LANES), default=LANES[0], show_default=True, help="How disputes are decided.")
@click.option("--adversary", default="", help=f"Play this adversary alone: {ADVERSARY_NAMES}.")
@click.option("--profile", default="", help=f"Play with this clock alone: {PROFILE_NAMES}.")
@click.option("--game", type=click.IntRange(0), default=None, help="Play only the game of this number, as a replay line does.")
@click.option("--processes", type=click.IntRange(1, 256), default=None, help="Processes to play in.  [default: one a core]")
@format_option
@click.pass_context
def dispute(
    context: click.Context,
    games: int,
    seed: int,
    sybils: int,
    window_scale: float,
    lane: str,
    adversary: str,
    profile: str,
    game: int | None,
    processes: int | None,
    output_format: str,
) -> None:
    """Play disputes on L1's real contracts: the honest strategy alone against liars, censors and reorganisations.

    Exit status 0: every game was safe. 1: an invariant was broken; below the full window that must happen, and proves the adversary's
    strength. 3: it did not happen below the full window.

    Example: optroll simulate dispute --games 500 --window-scale 0.8
    """
    from dataclasses import replace

    from rollup.devnet.arena.rules import PROFILES
    from rollup.devnet.arena.series import Series, play_all
    from rollup.devnet.arena.table import ADVERSARIES

    for given, known, name in ((adversary, ADVERSARIES, "--adversary"), (profile, PROFILES, "--profile")):
        if given and given not in known:
            raise click.BadParameter(f"there is no {given}; there are {', '.join(known)}.", ctx=context, param_hint=name)
    scale_e3 = round(window_scale * FULL)
    series = Series(games, seed, scale_e3, sybils, adversary, lane, profile)
    if game is not None:
        series = replace(series, games=1, first=game)
    started, totals = perf_counter(), fresh_totals()
    play_all(series, processes or os.cpu_count() or 1, listener(series, totals))
    report = report_of(series, totals, perf_counter() - started)
    if output_format == Format.JSON:
        print_json(report)
    else:
        show(report)
    context.exit(STATUS[str(report["verdict"])])


@command.command()
@click.option("--liars", type=click.IntRange(1, 4), default=1, show_default=True, help="Liars, all of one lie, about the last leaf.")
@click.option("--height", type=click.IntRange(1, 3), default=1, show_default=True, help="Height of the trace.")
@click.option("--censored", type=click.IntRange(0, 8), default=0, show_default=True, help="Blocks that may be censored.")
@click.option("--delay", type=click.IntRange(0, 4), default=0, show_default=True, help="Blocks that each honest transaction may wait.")
@click.option("--window", type=click.IntRange(1, 100), default=None, help="Window in blocks.  [default: T]")
@format_option
@click.pass_context
def exhaustive(context: click.Context, liars: int, height: int, censored: int, delay: int, window: int | None, output_format: str) -> None:
    """Play every game that there is on a small trace; exit status 0 only if none is lost.

    Positions grow fast with each number. Example: optroll simulate exhaustive --censored 2 --delay 1
    """
    from rollup.devnet.arena.exhaustive import Search
    from rollup.devnet.arena.histories import Lie
    from rollup.devnet.arena.rules import Rules
    from rollup.devnet.arena.series import set_table

    whole = Rules(censored, delay, (height,))
    rules = Rules(censored, delay, (height,), -(-FULL * (window or whole.window_full) // whole.window_full))
    last = (1 << height) - 1
    started = perf_counter()
    found = Search(set_table(rules), rules, [Lie(0, last, "garbled", salt) for salt in range(liars)]).run()
    report = {
        "positions": found.positions,
        "moves": found.moves,
        "games": found.games,
        "lost": len(found.lost),
        "window_blocks": rules.window,
        "reach_blocks": rules.reach,
        "delay_blocks_max": found.delay_blocks_max,
        "bound_blocks": rules.bound(),
        "verdict": UNSAFE if found.lost else SAFE,
        "example": "".join(found.lost[:1]),
        "wall_seconds": round(perf_counter() - started, 3),
    }
    print_json(report) if output_format == Format.JSON else print_fields(report)
    context.exit(STATUS[str(report["verdict"])])


@command.command()
@click.option("--games", type=click.IntRange(1, 10_000_000), default=500, show_default=True, help="Games to play.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Decides everything that happens by chance.")
@format_option
@click.pass_context
def queue(context: click.Context, games: int, seed: int, output_format: str) -> None:
    """Play games of L1's queue: a sequencer that leaves entries out, against people who force them in.

    Exit status 0 only if no entry waited longer than the bound of forced inclusion.

    Example: optroll simulate queue --games 200
    """
    from rollup.devnet.arena.queue_games import play_queues

    started = perf_counter()
    report = play_queues(seed, games)
    report |= {"verdict": UNSAFE if report["late"] else SAFE, "wall_seconds": round(perf_counter() - started, 3)}
    print_json(report) if output_format == Format.JSON else print_fields(report)
    context.exit(STATUS[str(report["verdict"])])


def fresh_totals() -> "Totals":
    """Return the figures of no games."""
    from rollup.devnet.arena.result import Totals

    return Totals()


def listener(series: "Series", totals: "Totals") -> "Callable[[Sequence[Result]], None]":
    """Return what adds up games and says on stderr how far it is."""
    started, told = perf_counter(), 0.0

    def heard(results: "Sequence[Result]") -> None:
        nonlocal told
        for result in results:
            totals.add(result)
        now = perf_counter()
        is_last = totals.games == series.games
        if now - told < (0.2 if sys.stderr.isatty() else 5.0) and not is_last:
            return
        told = now
        rate = totals.games / (now - started)
        left = (series.games - totals.games) / rate
        counted = f"{totals.games} of {series.games} games, {totals.lost} lost, {totals.past_bound} past the bound"
        line = f"{counted}, {rate:.0f} a second, {left:.0f} s left"
        click.echo(f"\r\x1b[K{line}" if sys.stderr.isatty() else line, err=True, nl=is_last or not sys.stderr.isatty())

    return heard


def report_of(series: "Series", totals: "Totals", wall_s: float) -> dict[str, object]:
    """Return the report as JSON's object."""
    is_short = series.scale_e3 < FULL
    verdict = UNSAFE if totals.broken else TOO_WEAK if is_short else SAFE
    return {
        **totals.fields(),
        "lane": series.lane,
        "seed": series.seed,
        "window_scale": series.scale_e3 / FULL,
        "verdict": verdict,
        "explanation": explanation(totals, verdict, is_short=is_short),
        "replays": [replay(series, game, f"{name}: {what}") for name, (game, what) in sorted(totals.examples.items())],
        "wall_seconds": round(wall_s, 3),
    }


def explanation(totals: "Totals", verdict: str, *, is_short: bool) -> str:
    """Say in a sentence what the verdict means."""
    if verdict == TOO_WEAK:
        return "the window is shorter than it has to be, and no game was lost: this adversary is too weak to prove anything"
    if is_short:
        return (
            f"{totals.lost} games lost with a window shorter than it has to be, as it must be: the adversary is strong enough to break it"
        )
    if verdict == UNSAFE:
        return "an invariant was broken although the window is as long as it has to be"
    return "nothing was lost, nothing was late, and every invariant held after every block"


def replay(series: "Series", game: int, what: str) -> str:
    """Return the line that plays a game again, and why one would."""
    options = [f"--seed {series.seed} --game {game} --lane {series.lane} --window-scale {series.scale_e3 / FULL}"]
    named = {"sybils": series.sybils, "adversary": series.adversary, "profile": series.profile}
    options += [f"--{name} {value}" for name, value in named.items() if value]
    return f"optroll simulate dispute {' '.join(options)}  # {what}"


def show(report: dict[str, object]) -> None:
    """Print a report for people."""
    skipped = {"invariants", "adversaries", "profiles", "replays", "verdict", "explanation"}
    print_fields({name.replace("_", " "): value for name, value in report.items() if name not in skipped})
    from rollup.devnet.arena.result import INVARIANTS

    held = report["invariants"]
    assert isinstance(held, dict)
    for name, meaning in INVARIANTS.items():
        click.echo(f"  {'✓' if held[name] else '✗'} {name}: {meaning}")
    replays = report["replays"]
    assert isinstance(replays, list)
    for line in replays:
        click.echo(f"  replay: {line}")
    click.echo(f"{str(report['verdict']).upper()}: {report['explanation']}")
