"""`optroll drill`: what happens when something goes wrong, played by the real nodes on virtual time. The exit status is the verdict."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import rich_click as click

from rollup.commands.drill_sweep import LANES, sweep
from rollup.commands.output import Format, PageFile, format_option, print_fields, print_json, print_table, unknown

if TYPE_CHECKING:
    from rollup.devnet.drills.scenario import Report, Scenario

BOTH = "both"
"""One lane after the other."""

MARKS = {True: "✓", False: "✗"}
"""What an invariant that holds, or does not, is marked with."""


@click.group()
def command() -> None:
    """Play what can go wrong: attacks, crashes, reorganisations. Seven days pass in seconds."""


command.add_command(sweep)


@command.command("list")
@format_option
def list_drills(output_format: str) -> None:
    """List every drill."""
    from rollup.devnet.drills.catalogue import CATALOGUE, load

    known = [(name, load(name).covers, about) for name, about in CATALOGUE.items()]
    if output_format == Format.JSON:
        print_json([{"drill": name, "covers": [*covers], "about": about} for name, covers, about in known])
    else:
        print_table("", ("drill", "attacks", "what goes wrong"), [(name, " ".join(covers), about) for name, covers, about in known])
        click.echo("Run one: optroll drill run NAME [--seed N] [--report out.html]")


@command.command()
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Decides everything that happens by chance.")
@click.option(
    "--lane",
    type=click.Choice((*LANES, BOTH)),
    default=LANES[0],
    show_default=True,
    help="How disputes are decided: what the genesis says; or both, one after the other, side by side.",
)
@click.option("--report", "page", type=PageFile(), help="Draw what happened into this HTML file.")
@format_option
@click.pass_context
def run(context: click.Context, name: str, seed: int, lane: str, page: Path | None, output_format: str) -> None:
    """Run one drill; the exit status is 0 only if it ends safe.

    Example: optroll drill run invalid-state-root --seed 7 --report out.html
    """
    from rollup.devnet.drills.catalogue import CATALOGUE, load
    from rollup.devnet.drills.scenario import Lane, Ticket, run_told

    if name not in CATALOGUE:
        raise click.BadParameter(unknown("drill", name, CATALOGUE), ctx=context, param_hint="NAME")
    drill = load(name)
    if lane == BOTH and page is not None:
        raise click.BadParameter("a report draws one lane; name it.", ctx=context, param_hint="--report")
    if lane == BOTH:
        context.exit(compare(name, drill, seed, output_format))
    if output_format == Format.TABLE:
        print_fields({"drill": f"{name}, seed {seed}, {lane} lane", "fault": drill.fault, "expectation": drill.expectation})
    report, tell = run_told(drill, Ticket(name, seed, Lane(lane)), progress())
    if page is not None:
        from rollup.devnet.story.drawing import page_of

        page.write_text(page_of(report, drill, CATALOGUE[name], tell()), encoding="utf-8")
    if output_format == Format.JSON:
        print_json(report.fields())
    else:
        show(drill, report, page)
    context.exit(0 if report.is_safe else 1)


def compare(name: str, drill: "Scenario", seed: int, output_format: str) -> int:
    """Run a drill on both lanes and print what they cost side by side; return the exit status, 0 only if both end safe."""
    from rollup.devnet.drills.lanes import run_on_both

    found = run_on_both(name, drill, seed, progress())
    if output_format == Format.JSON:
        print_json(found.fields())
    else:
        print_table(f"{name}, seed {seed}: {drill.fault}", ("", *LANES), found.rows())
        for report in found.reports:
            broken = [invariant.replace("_", " ") for invariant, holds in report.invariants.items() if not holds]
            click.echo(f"{report.verdict.upper()}  {'; '.join([*broken, ''])}replay: {report.replay}")
    return 0 if found.is_safe else 1


def progress() -> Callable[[str], None]:
    """Return what tells people how far it is, on stderr."""
    started = perf_counter()
    return lambda text: click.echo(f"{perf_counter() - started:6.1f} s  {text}", err=True)


def show(drill: "Scenario", report: "Report", page: Path | None) -> None:
    """Print a report: every invariant, the figures, the verdict, and how to see it again."""
    for name, holds in report.invariants.items():
        click.echo(f"  {MARKS[holds]} {name.replace('_', ' ')}")
    click.echo("  " + ", ".join(f"{name.replace('_', ' ')} {figure}" for name, figure in report.figures.items()))
    if report.missed:
        click.echo(f"  missed: {report.missed}")
    days, deadline = (seconds / 86_400 for seconds in (report.virtual_seconds, drill.deadline_s))
    click.echo(f"  {days:.2f} days on L1 (deadline {deadline:.2f}) in {report.wall_seconds:.1f} s; trace {report.trace_digest[:16]}")
    if page is not None:
        click.echo(f"  report: {page}")
    click.echo(f"{report.verdict.upper()}  replay: {report.replay}")
