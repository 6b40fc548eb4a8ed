"""`optroll game`: the disputes, as a verifier sees them.

One rule: it only asks a verifier and shows what that says; the columns are those of OP Stack's `op-challenger list-games`.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import rich_click as click

from rollup.commands.asking import ask, source_options
from rollup.commands.output import Format, format_option, print_fields, print_json, print_table
from rollup.core.transport import JSON
from rollup.devnet.record import DevnetError

Object = dict[str, JSON]

COLUMNS = "Idx,Game,Batch,L1 block,Staker,State root,Claims,Rivals,Timer,Agrees,Ahead,Status,Forecast".split(",")
"""Columns of the list. Claims: nodes of its dispute, the root among them; timer: blocks unrivaled, of those that confirm it; ahead:
who would win if nobody made another move."""

NODE_COLUMNS = "Node,Height,Index,L1 block,Rivaled,Unrivaled,Proved,Left,Right".split(",")
"""Columns of one dispute, a row a node; height in bisections above a single leaf, blocks unrivaled."""

SHORT = 12
"""Characters of a hash that tables show."""


@click.group()
def command() -> None:
    """Show assertions and their disputes."""


@command.command("list")
@source_options("verifier")
@format_option
def list_(rpc: str | None, directory: Path | None, output_format: str) -> None:
    """List every assertion that is on L1, by batch."""
    found = cast("list[Object]", ask("verifier", rpc, directory, "optroll_getGames"))
    if output_format == Format.JSON:
        print_json(found)
        return
    print_table("", COLUMNS, [row(place, game) for place, game in enumerate(found)])
    click.echo("Explain one: optroll game explain GAME" if found else "No assertion is on L1 yet.")


def row(place: int, game: Object) -> tuple[object, ...]:
    """Return one assertion's row."""
    agrees = {True: "yes", False: "NO", None: "?"}[cast("bool | None", game["agrees"])]
    return (
        place,
        short(game["id"]),
        game["batch"],
        game["created_at"],
        short(game["staker"]),
        short(game["root"]),
        cast("int", game["moves"]) + 1,
        game["rivals"],
        f"{game['timer']}/{game['window']}",
        agrees,
        game["ahead"] if game["status"] == "open" else "",
        game["status"],
        game["forecast"],
    )


@command.command()
@click.argument("game")
@source_options("verifier")
@format_option
def show(game: str, rpc: str | None, directory: Path | None, output_format: str) -> None:
    """Show one assertion's dispute, node by node; GAME is its identity, or the start of it.

    Example: optroll game show 0x3f2a
    """
    found = cast("Object | None", ask("verifier", rpc, directory, "optroll_getGame", [game]))
    if found is None:
        raise DevnetError("game", received=game, expected="an assertion's identity, or a start of one; see: optroll game list")
    if output_format == Format.JSON:
        print_json(found)
        return
    print_fields({name: found[name] for name in ("assertion", "batch", "status")})
    print_table("", NODE_COLUMNS, [node_row(cast("Object", node)) for node in cast("list[JSON]", found["nodes"])])


@command.command()
@click.argument("game", required=False)
@source_options("verifier")
@format_option
def explain(game: str | None, rpc: str | None, directory: Path | None, output_format: str) -> None:
    """Say who is right, where a lie parts from the truth, and what each side may do until when.

    GAME is an assertion's identity, or the start of it; without it, a wrong assertion that is open is explained, else the newest.

    Example: optroll game explain 0x3f2a
    """
    found = cast("Object | None", ask("verifier", rpc, directory, "optroll_explainGame", [game] if game else []))
    if found is None and game:
        raise DevnetError("game", received=game, expected="an assertion's identity, or a start of one; see: optroll game list")
    if output_format == Format.JSON:
        print_json(found)
    elif found is None:
        click.echo("No assertion is on L1 yet.")
    else:
        show_explanation(found)


def show_explanation(found: Object) -> None:
    """Print an explanation for people."""
    head = {name: found[name] for name in ("assertion", "batch", "staker", "status")}
    clock = f"{found['timer']} of {found['window']} blocks unrivaled, at {when(found['now'])}"
    outlook = f"{found['outlook']}{behind(found['outlook_at'])} if nobody makes another move"
    print_fields({**head, "clock": clock, "outlook": outlook})
    click.echo(str(found["verdict"]))
    for step in objects(found["steps"]):
        fields = cast("Object", step["fields"])
        asked = ", ".join(f"{name} {value}" for name, value in fields.items())
        click.echo(f"The transaction is step {step['step']} of the batch, {step['kind']}, which came to {step['status']}: {asked}")
    if found["reading"]:
        click.echo(f"Of the lie's state is known: {found['reading']}.")
    for name, columns in (("differs", ("claimed", "true")), ("writes", ("before", "after"))):
        rows = [(each["section"], each["row"], each["field"], *(each[column] for column in columns)) for each in objects(found[name])]
        if rows and (name == "differs" or not found["differs"]):
            print_table("", ("Section", "Row", "Field", *map(str.capitalize, columns)), rows)
    options = [(each["side"], each["may"], when(each["until"])) for each in objects(found["options"])]
    if options:
        print_table("", ("Who", "may", "until"), options)


def objects(value: JSON) -> list[Object]:
    """Return a list of objects."""
    return cast("list[Object]", value)


def when(moment: JSON) -> str:
    """Return a block and its time, or that there is no haste."""
    if not isinstance(moment, dict):
        return "no haste"
    time = datetime.fromtimestamp(cast("int", moment["time_s"]), UTC)
    return f"block {moment['block']}, {time:%Y-%m-%d %H:%M:%S} UTC"


def behind(moment: JSON) -> str:
    """Return when something is to come, if it is."""
    return f" in {when(moment)}" if moment else ""


def node_row(node: Object) -> tuple[object, ...]:
    """Return one node's row."""
    left, right = [*(short(child) for child in cast("list[JSON]", node["children"])), "", ""][:2]
    marks = {True: "yes", False: ""}
    rivaled, proved = marks[bool(node["rivaled"])], marks[bool(node["proved"])]
    return (short(node["node"]), node["height"], node["index"], node["created_at"], rivaled, node["unrivaled"], proved, left, right)


def short(value: JSON) -> str:
    """Return the start of a hash."""
    text = str(value)
    return text[:SHORT] + "…" if len(text) > SHORT else text
