"""What a verifier collects once it has won: the gas of its moves, and the bounty. Pure.

One rule: nothing here decides a dispute, so all of it comes after the moves that do, and only what is this verifier's own is asked for.
"""

from collections.abc import Iterator

from rollup.dispute.bisection import node_of
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Assertion
from rollup.dispute.trace import first_base
from verifier.moves import Commit, Move, Prove, Refund, Retrace, Sweep
from verifier.view import Claim, View


def proof_of(view: View, claim: Claim, node: bytes) -> Iterator[Move]:
    """Yield the proof of a rivaled leaf of the honest trace, behind its commitment where there is time for one.

    While both rivals stand, neither gathers time, so waiting a little costs no safety.
    """
    place = view.game.nodes[node].node
    since = view.game.rivals[place.context][1]
    if view.own and node not in view.committed and view.now < since + view.patience:
        yield Commit(node, claim.batch, place.index)
    else:
        yield Prove(node, claim.batch, place.index)


def outbid(view: View, claim: Claim, node: bytes) -> Iterator[Move]:
    """Yield the proof of a proved leaf once more, where this verifier committed to it before whoever is owed the bounty by now."""
    best = view.game.treasury.claims.get(node)
    if best is not None and best.claimant != view.own and view.committed.get(node, NEVER) < best.rank:
        yield Prove(node, claim.batch, view.game.nodes[node].node.index)


def refunds(view: View, claim: Claim, assertion: Assertion) -> Iterator[Move]:
    """Yield the refund of every own move on the trace of a confirmed assertion, as long as there is a pool to pay from.

    That of a leaf also has its prover's claim to the bounty noted, which is asked for where it is this verifier's and comes first.
    """
    pool = assertion.parent
    if not view.own or not view.game.treasury.pools.get(pool):
        return
    own, trace = own_nodes(view, pool), view.traces.get(claim.batch)
    if own and trace is None:
        yield Retrace(claim.batch)
    elif trace is not None:
        base = first_base(pool, claim.accumulator, trace.before)
        for node in own:
            place = view.game.nodes[node].node
            if node == node_of(trace, pool, base, height=place.height, index=place.index).id:
                yield Refund(node, trace.path(place.height, place.index))


def own_nodes(view: View, pool: bytes) -> list[bytes]:
    """Return the nodes of a dispute that this verifier moved on and was not paid for, or whose bounty is its own and not noted."""
    treasury, nodes, contexts = view.game.treasury, view.game.nodes, view.game.rivals
    noted = treasury.noted[pool].rank if pool in treasury.noted else NEVER
    found = [node for node, mover in treasury.movers.items() if mover == view.own]
    found += [
        node
        for node, best in treasury.claims.items()
        if best.claimant == view.own and best.rank < noted and contexts[nodes[node].node.context][0] > 1 and node not in found
    ]
    return [node for node in found if nodes[node].node.origin == pool]


def sweeps(view: View) -> Iterator[Move]:
    """Yield the pay-out of every pool whose movers have had their time, where this verifier may be owed what is left."""
    game = view.game
    for pool, left in game.treasury.pools.items():
        winner = game.assertions[pool].successor
        if view.own and left and winner and view.now > game.assertions[winner].confirmed_at + view.window:
            claimants = {claim.claimant for node, claim in game.treasury.claims.items() if game.nodes[node].node.origin == pool}
            if view.own in claimants or game.assertions[winner].staker == view.own:
                yield Sweep(pool)
