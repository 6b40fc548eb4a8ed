"""`optroll drill sweep`: where a protocol holds and where it breaks, over what it depends on. The exit status is the verdict."""

import os
import shlex
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import rich_click as click

from rollup.commands.output import Format, PageFile, format_option, print_json, print_table, unknown

if TYPE_CHECKING:
    from fractions import Fraction

    from rollup.devnet.sweep.map import Heading
    from rollup.devnet.sweep.play import Played
    from rollup.devnet.sweep.run import Heard

LANES = ("bisection", "direct")
"""Lanes of a dispute, as `rollup.devnet.drills.scenario` names them."""

AXIS_NAMES = "honest_share, window, censorship, sybils, depth"
"""Every axis, as `rollup.devnet.sweep.axes` has them."""

KEPT, BROKEN = 0, 1
"""Exit status: what the protocol promises came true at every point of the map where it promises anything, or it did not."""


@click.command()
@click.argument("name")
@click.option(
    "--axis",
    "texts",
    multiple=True,
    metavar="NAME=VALUES",
    help=f"What to vary: NAME=V,V,… or NAME=FIRST:LAST:COUNT; the last one is drawn across. Names: {AXIS_NAMES}.",
)
@click.option("--seeds", type=click.IntRange(1, 1_000), default=1, show_default=True, help="Games at each point.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first seed.")
@click.option("--lane", type=click.Choice(LANES), default=LANES[0], show_default=True, help="How disputes are decided.")
@click.option("--results", type=PageFile(), help="File of results.  [default: NAME.sweep.jsonl]")
@click.option("--report", "output", type=PageFile(), help="Draw the map into this HTML file.")
@click.option("--processes", type=click.IntRange(1, 256), default=None, help="Processes to play in.  [default: one a core]")
@format_option
@click.pass_context
def sweep(
    context: click.Context,
    name: str,
    texts: tuple[str, ...],
    seeds: int,
    seed: int,
    lane: str,
    results: Path | None,
    output: Path | None,
    processes: int | None,
    output_format: str,
) -> None:
    """Play a game at many points, and draw where it ends safe, stalled or stolen.

    Games that the file of results holds already are not played again: what was interrupted goes on where it was. Exit status 0: nothing was
    lost or late wherever all is as the protocol assumes. 1: something was.

    Example: optroll drill sweep censorship-budget --axis censorship=0:1.2:7 --axis window=0.4:1.2:9 --report map.html
    """
    from rollup.devnet.drills.catalogue import CATALOGUE, GAMES
    from rollup.devnet.drills.scenario import Lane
    from rollup.devnet.sweep.axes import AxisInvalid, points_of, read_axes
    from rollup.devnet.sweep.map import Heading
    from rollup.devnet.sweep.run import sweep as play_all
    from rollup.devnet.sweep.run import tasks_of

    if name not in GAMES:
        whole = f"{name} is played by whole nodes; games to sweep are {', '.join(GAMES)}."
        raise click.BadParameter(whole if name in CATALOGUE else unknown("game", name, GAMES), ctx=context, param_hint="NAME")
    try:
        axes = read_axes(texts)
    except AxisInvalid as error:
        raise click.BadParameter(f"{error}.", ctx=context, param_hint="--axis") from None
    tasks = tasks_of(name, Lane(lane), points_of(axes), range(seed, seed + seeds))
    path = results or Path(f"{name}.sweep.jsonl")
    played = play_all(tasks, path, processes or os.cpu_count() or 1, progress())
    heading = Heading(name, GAMES[name], lane, seeds, replay(name, texts, (seeds, seed, lane)))
    context.exit(show(heading, axes, played, output_format, (path, output)))


def progress() -> "Heard":
    """Return what says on stderr how far it is."""
    started, told, first = perf_counter(), 0.0, -1

    def heard(done: int, count: int) -> None:
        nonlocal told, first
        first, now, is_terminal = done if first < 0 else first, perf_counter(), sys.stderr.isatty()
        if now - told < (0.2 if is_terminal else 5.0) and done < count:
            return
        told = now
        rate = (done - first) / (now - started)
        left = f", {(count - done) / rate:.0f} s left" if rate and done < count else ""
        line = f"{done} of {count} games{f', {first} of them known already' if first else ''}{left}"
        click.echo(f"\r\x1b[K{line}" if is_terminal else line, err=True, nl=done == count or not is_terminal)

    return heard


def replay(name: str, texts: tuple[str, ...], rest: tuple[int, int, str]) -> str:
    """Return the command that makes the same map."""
    seeds, seed, lane = rest
    axes = " ".join(f"--axis {shlex.quote(text)}" for text in texts)
    return f"optroll drill sweep {name} {axes} --seeds {seeds} --seed {seed} --lane {lane}"


def show(
    heading: "Heading",
    axes: "dict[str, tuple[Fraction, ...]]",
    played: "list[Played]",
    output_format: str,
    files: tuple[Path, Path | None],
) -> int:
    """Print the map, and draw it if it is asked for; return the exit status."""
    from rollup.devnet.sweep.map import GLYPHS, MEANINGS, page_of, sheets_of, table_of
    from rollup.devnet.sweep.results import line_of

    results, output = files
    sheets = sheets_of(axes, played)
    broken = [site for sheet in sheets for _, row in sheet.rows for site in row if not site.is_kept]
    if output is not None:
        output.write_text(page_of(heading, axes, played), encoding="utf-8")
    if output_format == Format.JSON:
        print_json({"drill": heading.drill, "lane": heading.lane, "kept": not broken, "games": [line_of(each) for each in played]})
        return BROKEN if broken else KEPT
    for sheet in sheets:
        print_table(sheet.title, *table_of(sheet))
    click.echo("  ".join(f"{glyph} {end.value}: {MEANINGS[end]}" for end, glyph in GLYPHS.items()))
    for path, what in ((results, "results"), (output, "map")):
        if path is not None:
            click.echo(f"{what}: {path}")
    verdict = f"BROKEN at {len(broken)} points that the protocol promises to keep safe" if broken else "KEPT: safe wherever it is promised"
    click.echo(f"{verdict}  replay: {heading.replay}")
    return BROKEN if broken else KEPT
