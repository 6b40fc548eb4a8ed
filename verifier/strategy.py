"""The honest strategy: from the game on L1 and one's own traces to the moves that are due. Pure.

One rule: every move concerns a node of the honest trace, so no move can help a wrong one, whoever made the nodes. A move that somebody
else has made already is not made again; a move that lands twice does no harm. (DISPUTE "Honest strategy".)

Theory of operation. From the root of the honest assertion downwards, add up how long each node stood unrivaled. A path that
has gathered the window's length is safe and is left alone; one that ends, short of that, in a node with a rival is halved, or at a single
leaf proved. When every path is safe, timers are carried up to the root, and the assertion is confirmed.
"""

from collections.abc import Iterator, Sequence

from rollup.dispute.bisection import Node, assertion_id
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Assertion, Game, Status
from rollup.dispute.trace import Trace
from verifier.collection import outbid, proof_of, reclaims, refunds, sweeps
from verifier.moves import (
    Abstain,
    Bisect,
    Commit,
    Confirm,
    Move,
    Propose,
    Prove,
    Recall,
    Reclaim,
    Refund,
    Refute,
    Reject,
    Retrace,
    Sweep,
    Update,
)
from verifier.refuting import refutations
from verifier.view import Claim, View

__all__ = [
    "Abstain",
    "Bisect",
    "Claim",
    "Commit",
    "Confirm",
    "Move",
    "Propose",
    "Prove",
    "Recall",
    "Reclaim",
    "Refund",
    "Refute",
    "Reject",
    "Retrace",
    "Sweep",
    "Update",
    "View",
    "next_moves",
]

PROPOSALS_MAX = 16
"""Assertions made in one go: bounds the bonds at stake before the view is read again."""


REJECTIONS_MAX = 64
"""Losers of older batches that are rejected in one go."""


def next_moves(view: View, claims: Sequence[Claim]) -> list[Move]:
    """Return the moves due now, in the order to send them.

    `claims` are consecutive batches, the first of which follows a confirmed assertion. An Abstain is the last of the list: nothing is
    done on a batch in doubt, nor after it.
    """
    if view.game.closed_at != NEVER:
        return [*reclaims(view), *sweeps(view), Abstain(claims[-1].batch if claims else -1, "the rollup is closed")]
    moves: list[Move] = []
    parent = view.game.confirmed.get(claims[0].batch - 1, b"") if claims else b""
    if claims and not parent:
        return [Abstain(claims[0].batch, "no confirmed assertion before this batch")]
    proposed = 0
    settled = True
    for claim in claims:
        honest = assertion_id(parent, claim.accumulator, claim.trace_root, claim.end_root)
        doubt = _doubt(view.game, claim, parent, honest)
        if doubt:
            return [*moves, Abstain(claim.batch, doubt)]
        if view.game.published_leaves and parent in view.game.assertions:
            moves.extend(refutations(view, claim, parent, honest))
        assertion = view.game.assertions.get(honest)
        if assertion is not None:
            answer = list(_answer(view, claim, assertion, settled=settled))
            settled = settled and (assertion.status == Status.CONFIRMED or Confirm(honest) in answer)
            moves.extend(answer)
        elif proposed < PROPOSALS_MAX and _wants(view, parent):
            moves.append(_propose(view, claim, parent))
            proposed += 1
            settled = False
        else:
            break
        parent = honest
    return [*moves, *_stragglers(view.game, moves), *sweeps(view)]


def _doubt(game: Game, claim: Claim, parent: bytes, honest: bytes) -> str:
    """Say why this view must not be acted upon, or nothing."""
    batch, before, own = game.batches.get(claim.batch), game.assertions.get(parent), game.assertions.get(honest)
    if batch is None:
        return "L1 has no such batch"
    if batch.accumulator != claim.accumulator:
        return "L1's batch is not the one that was executed"
    if before is not None and before.successor not in (b"", honest):
        return "L1 has confirmed another assertion"
    if own is not None and own.status == Status.REJECTED:
        return "L1 has rejected what was found to be right"
    return ""


def _wants(view: View, parent: bytes) -> bool:
    """Tell whether to assert the honest successor of `parent`, which nobody has asserted.

    A wrong one is defended against by asserting the right one; but where leaves are published, by refuting it.
    """
    before = view.game.assertions.get(parent)
    return view.proposes or (before is not None and bool(before.children) and not view.game.published_leaves)


def _propose(view: View, claim: Claim, parent: bytes) -> Move:
    """Return the assertion of a claim whose trace was made in this life; else have it made: nothing is asserted on a disk's word."""
    if claim.batch not in view.traces:
        return Retrace(claim.batch)
    return Propose(parent, claim.batch, claim.accumulator, claim.trace_root, claim.end_root, claim.last_leaf_proof)


def _answer(view: View, claim: Claim, assertion: Assertion, *, settled: bool) -> Iterator[Move]:
    if assertion.status == Status.CONFIRMED:
        losers = list(_slash(view.game, assertion.parent))
        yield from losers or refunds(view, claim, assertion)
    else:
        yield from _defend(view, claim, assertion)
        if settled and view.game.timer(assertion.root, view.now) >= view.window:
            yield from (Update(node) for node in _stale(view, assertion.root))
            yield Confirm(assertion.id)


def _slash(game: Game, parent: bytes) -> Iterator[Move]:
    """Reject the open assertions that lost beside a confirmed one, and then what was built on them: a bond moves up with its branch."""
    waiting = list(game.assertions[parent].children)
    while waiting:
        lost = game.assertions[waiting.pop()]
        if lost.status == Status.OPEN:
            yield Reject(lost.id)
        elif lost.status == Status.REJECTED:
            waiting.extend(lost.children)


def _stragglers(game: Game, moves: Sequence[Move]) -> Iterator[Move]:
    """Reject what lost however long ago: open assertions beside a confirmed one, or on a rejected one. A bounded number at a time."""
    known, found = set(moves), 0
    for identity in game.open:
        parent = game.assertions[game.assertions[identity].parent]
        lost = parent.status == Status.REJECTED or parent.successor not in (b"", identity)
        if lost and Reject(identity) not in known:
            found += 1
            yield Reject(identity)
        if found == REJECTIONS_MAX:
            return


def _defend(view: View, claim: Claim, assertion: Assertion) -> Iterator[Move]:
    trace, game = view.traces.get(claim.batch), view.game
    if trace is not None:
        yield from _contest(view, claim, assertion, trace)
    elif game.rivaled(game.nodes[assertion.root]):
        yield Retrace(claim.batch)


def _contest(view: View, claim: Claim, assertion: Assertion, trace: Trace) -> Iterator[Move]:
    """Answer where an honest path ends in a rivaled node short of the window's weight. Depth first, left before right."""
    game = view.game
    waiting = [(game.nodes[assertion.root], 0)]
    while waiting:
        standing, above = waiting.pop()
        weight = above + game.unrivaled(standing, view.now)
        if standing.proved:
            yield from outbid(view, Prove(standing.node.id, claim.batch, standing.node.index))
        if standing.proved or weight >= view.window:
            continue
        if standing.children is not None:
            waiting.extend((game.nodes[child], weight) for child in reversed(standing.children))
        elif game.rivaled(standing):
            yield from _reply(view, claim, trace, standing.node)


def _reply(view: View, claim: Claim, trace: Trace, node: Node) -> Iterator[Move]:
    if node.height == 0:
        since = view.game.rivals[node.context][1]
        yield from proof_of(view, Prove(node.id, claim.batch, node.index), since)
    else:
        below, first = node.height - 1, 2 * node.index
        yield Bisect(node.id, trace.span(below, first), trace.span(below, first + 1))


def _stale(view: View, root: bytes) -> list[bytes]:
    """List the nodes to update, children first, so that a confirmation, which updates the root, finds the window reached.

    The time of a node without children is taken over by its parent's update.
    """
    game, stale, waiting = view.game, set(), [(root, view.window)]
    while waiting:
        identity, wanted = waiting.pop()
        standing = game.nodes[identity]
        if standing.timer >= wanted:
            continue
        if identity != root and standing.children is not None:
            stale.add((standing.node.height, identity))
        rest = wanted - game.unrivaled(standing, view.now)
        if standing.children is not None and rest > 0:
            waiting.extend((child, rest) for child in standing.children)
    return [identity for _, identity in sorted(stale)]
