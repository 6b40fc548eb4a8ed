"""`optroll devnet status`: where every node stands, as tables and as JSON.

One rule: it asks the nodes and nobody else, so it is as true as they are.
"""

from functools import partial

import rich_click as click
import trio

from rollup.commands.output import print_table
from rollup.devnet.heads import DevnetView, NodeView, look
from rollup.devnet.record import Record
from rollup.net.client import HttpRpcClient

ANSWER_S = 5.0
"""How long a node may take to answer."""


def print_nodes(view: DevnetView) -> None:
    """Show the table of nodes."""
    columns = ("node", "JSON-RPC", "pid", "L1 block", "unsafe", "safe", "finalized", "")
    print_table("Nodes", columns, [node_row(node) for node in view.nodes])


def node_row(node: NodeView) -> tuple[object, ...]:
    """Return a node's row."""
    state = "ready" if node.is_up else f"DOWN: {node.reason}"
    heads = (shown(head) for head in (node.l1, node.unsafe, node.safe, node.finalized))
    return (node.name, node.url, node.pid, *heads, node.alarm or state)


def shown(head: int | None) -> str:
    """Return a head's number; a dash for none yet."""
    if head is None:
        return ""
    return str(head) if head >= 0 else "–"


def view_of(found: Record) -> DevnetView:
    """Ask every node where it stands."""
    connect = partial(HttpRpcClient, timeout_s=ANSWER_S)
    return trio.run(partial(look, connect, [node for node in found.nodes if node.url]))


def status_json(found: Record, view: DevnetView) -> dict[str, object]:
    """Return the status as one JSON object; a head is a batch's number, -1 where there is none yet, null where a node has no such head."""
    return {
        "ready": found.is_ready,
        "unsafe": view.head("unsafe"),
        "safe": view.head("safe"),
        "finalized": view.head("finalized"),
        "agreement": view.agree,
        "batch": view.batch,
        "state_root": view.root or None,
        "nodes": {node.name: node_json(node) for node in view.nodes},
    }


def node_json(node: NodeView) -> dict[str, object]:
    """Return one node's status."""
    return {
        "role": node.role,
        "url": node.url,
        "pid": node.pid,
        "up": node.is_up,
        "l1_block": node.l1,
        "unsafe": node.unsafe,
        "safe": node.safe,
        "finalized": node.finalized,
        "roots": {str(batch): root for batch, root in node.roots.items()},
        "alarm": node.alarm or None,
        "games": node.games or None,
    }


def print_games(view: DevnetView) -> None:
    """Show what every verifier counts of the disputes."""
    columns = ("verifier", "assertions open", "right", "wrong", "wrong and open", "not going as they should", "wrong confirmed")
    names = ("open", "agreement", "disagreement", "open_disagreement", "forecast_incorrect")
    watching = [node for node in view.nodes if node.games]
    rows = [(node.name, *(node.games[f"games_{name}"] for name in names), node.games["wrong_confirmed"]) for node in watching]
    if rows:
        print_table("Disputes", columns, rows)


def print_status(view: DevnetView) -> None:
    """Show the status."""
    print_nodes(view)
    print_games(view)
    if view.agree:
        who = "All" if all(node.is_up for node in view.nodes) else "All who are up"
        click.echo(f"{who} agree: batch {view.batch} has state root {view.root}")
    elif view.batch < 0:
        click.echo("No batch is on L1 yet.")
    else:
        click.echo(f"NO AGREEMENT on batch {view.batch}:")
        for node in view.nodes:
            if node.safe is not None:
                click.echo(f"  {node.name:12} {node.roots.get(view.batch, 'no root')}")
