"""Where a devnet's nodes stand, and whether they agree: unsafe, safe and finalized heads, and state roots.

One rule: agreement is about the last batch that everybody who is up has: one root, or none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import trio

from rollup.core.transport import JSON, RpcClient, TransportError
from rollup.devnet.record import NodeRecord

Connect = Callable[[str], RpcClient]
"""Makes a client of the node at a URL."""

Object = dict[str, JSON]


@dataclass(frozen=True, slots=True)
class NodeView:
    """What one node says of itself; None where it says nothing of the kind."""

    name: str
    role: str
    url: str
    pid: int
    is_up: bool = False
    reason: str = ""
    """Why it is not up."""
    l1: int | None = None
    """L1's head as this node knows it."""
    unsafe: int | None = None
    """Last batch that has begun."""
    safe: int | None = None
    """Last batch on L1; for a verifier, that it has executed."""
    finalized: int | None = None
    """Last batch whose assertion L1 has confirmed."""
    alarm: str = ""
    games: dict[str, int] = field(default_factory=dict)
    """A verifier's figures of the disputes, as `verifier.figures.figures` names them."""
    roots: dict[int, str] = field(default_factory=dict)
    """State roots after some batches."""


@dataclass(frozen=True, slots=True)
class DevnetView:
    """What all nodes say."""

    nodes: tuple[NodeView, ...]
    batch: int
    """The last batch that everybody has, -1 for none."""
    root: str
    """The state root after it; empty where they do not agree."""

    @property
    def agree(self) -> bool:
        """Whether there is a batch and everybody who has it found the same root."""
        return bool(self.root)

    def head(self, name: str) -> int:
        """Return the furthest head of a name ("unsafe", "safe", "finalized"), -1 where there is none."""
        return max((getattr(node, name) for node in self.nodes if getattr(node, name) is not None), default=-1)


async def look(connect: Connect, nodes: Sequence[NodeRecord]) -> DevnetView:
    """Ask every node, all at once."""
    views: dict[str, NodeView] = {}

    async def ask(node: NodeRecord) -> None:
        views[node.name] = await look_at(connect, node)

    async with trio.open_nursery() as nursery:
        for node in nodes:
            nursery.start_soon(ask, node)
    ordered = [views[node.name] for node in nodes]
    batch = min((view.safe for view in ordered if view.safe is not None), default=-1)
    return compared(await with_roots(connect, ordered, batch), batch)


def compared(views: Sequence[NodeView], batch: int) -> DevnetView:
    """Compare the roots after a batch: everybody who has heads must have one there, and the same."""
    roots = {view.roots.get(batch, "") for view in views if view.safe is not None}
    return DevnetView(tuple(views), batch, roots.pop() if len(roots) == 1 else "")


async def look_at(connect: Connect, node: NodeRecord) -> NodeView:
    """Ask one node where it stands."""
    view = NodeView(node.name, node.role, node.url, node.pid)
    rpc = connect(node.url)
    try:
        if node.role == "l1":
            return replace(view, is_up=True, l1=int(cast("str", await rpc.call("eth_blockNumber")), 16))
        status = cast("Object", await rpc.call("optimism_syncStatus"))
        games = cast("dict[str, int]", await rpc.call("optroll_getAgreement")) if node.role == "verifier" else {}
    except TransportError as error:
        return replace(view, reason=str(error))
    finally:
        await rpc.aclose()
    return replace(
        view,
        is_up=True,
        l1=number_of(status.get("head_l1")),
        unsafe=number_of(status.get("unsafe_l2")),
        safe=number_of(status.get("safe_l2")),
        finalized=number_of(status.get("finalized_l2")),
        alarm=str(status.get("alarm") or status.get("refusal") or ""),
        games=games,
    )


def number_of(head: JSON) -> int | None:
    """Return a head's number."""
    return cast("int", head["number"]) if isinstance(head, dict) else None


async def with_roots(connect: Connect, views: Sequence[NodeView], batch: int) -> list[NodeView]:
    """Ask every node that has heads for its state root after a batch."""
    found = list(views)

    async def ask(place: int) -> None:
        rpc = connect(found[place].url)
        try:
            output = await rpc.call("optimism_outputAtBlock", [batch])
        except TransportError:
            output = None
        finally:
            await rpc.aclose()
        if isinstance(output, dict) and output.get("root"):
            found[place] = replace(found[place], roots={batch: str(output["root"])})

    async with trio.open_nursery() as nursery:
        for place, view in enumerate(found):
            if view.safe is not None and batch >= 0:
                nursery.start_soon(partial(ask, place))
    return found
