"""`optroll game`: the disputes, as a verifier sees them.

One rule: it only asks a verifier and shows what that says; the columns are those of OP Stack's `op-challenger list-games`.
"""

from pathlib import Path
from typing import cast

import rich_click as click

from rollup.commands.asking import ask, source_options
from rollup.commands.output import Format, format_option, print_fields, print_json, print_table
from rollup.core.transport import JSON
from rollup.devnet.record import DevnetError

Object = dict[str, JSON]

COLUMNS = "Idx,Game,Batch,L1 block,Staker,State root,Claims,Rivals,Timer,Agrees,Status,Forecast".split(",")
"""Columns of the list. Claims: nodes of its dispute, the root among them; timer: blocks unrivaled, of those that confirm it."""

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
    if not found:
        click.echo("No assertion is on L1 yet.")


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
        game["status"],
        game["forecast"],
    )


@command.command()
@click.argument("game")
@source_options("verifier")
@format_option
def show(game: str, rpc: str | None, directory: Path | None, output_format: str) -> None:
    """Show one assertion's dispute, node by node; GAME is its identity, or the start of it."""
    found = cast("Object | None", ask("verifier", rpc, directory, "optroll_getGame", [game]))
    if found is None:
        raise DevnetError("game", received=game, expected="an assertion's identity, or a start of one; see: optroll game list")
    if output_format == Format.JSON:
        print_json(found)
        return
    print_fields({name: found[name] for name in ("assertion", "batch", "status")})
    print_table("", NODE_COLUMNS, [node_row(cast("Object", node)) for node in cast("list[JSON]", found["nodes"])])


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
