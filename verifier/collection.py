"""What a verifier collects once it has won: the gas of its moves, and the bounty. Pure.

One rule: nothing here decides a dispute, so all of it comes after the moves that do, and only what is this verifier's own is asked for.
"""

from collections.abc import Iterator

from rollup.dispute.bisection import node_of
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Assertion, Status
from rollup.dispute.trace import first_base
from verifier.moves import Commit, Move, Prove, Recall, Reclaim, Refund, Refute, Retrace, Sweep
from verifier.view import Claim, View


def proof_of(view: View, work: Prove | Refute, since: int) -> Iterator[Move]:
    """Yield a proof that has been due since a block, behind its commitment where there is time for one.

    While both rivals stand, neither gathers time, and what is refuted dies at once, so waiting a little costs no safety.
    """
    commitment = Commit(work)
    if view.own and view.committed.get(commitment.subject, NEVER) == NEVER and view.now < since + view.patience:
        yield commitment
    else:
        yield work


def outbid(view: View, work: Prove | Refute) -> Iterator[Move]:
    """Yield a proof that somebody has sent once more, where this verifier committed to it before whoever is owed the bounty by now.

    It may have committed and died: then only the commitment, made again, tells.
    """
    commitment = Commit(work)
    best = view.game.treasury.claims.get(commitment.subject)
    if not view.own or best is None or best.claimant == view.own:
        return
    if commitment.subject not in view.committed:
        yield Recall(commitment)
    elif view.committed[commitment.subject] < best.rank:
        yield work


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
        if best.claimant == view.own and best.rank < noted and node in nodes and contexts[nodes[node].node.context][0] > 1
    ]
    return [node for node in dict.fromkeys(found) if nodes[node].node.origin == pool]


def reclaims(view: View) -> Iterator[Move]:
    """Yield the return of this verifier's bonds once the rollup is closed, with what they stand on, parents first."""
    game, found = view.game, dict[bytes, None]()
    for assertion in game.assertions.values():
        branch, at = list[bytes](), assertion
        while assertion.staker == view.own and at.status == Status.OPEN:
            branch.append(at.id)
            at = game.assertions[at.parent]
        stands = at.status in {Status.CONFIRMED, Status.RECLAIMED} and not at.successor
        found |= dict.fromkeys(reversed(branch if stands else []))
    yield from (Reclaim(identity) for identity in found)


def sweeps(view: View) -> Iterator[Move]:
    """Yield the pay-out of every pool whose movers and provers have had their time, where this verifier may be owed what is left."""
    game, claims = view.game, view.game.treasury.claims
    for pool, left in game.treasury.pools.items():
        lost, winner = game.assertions[pool], game.assertions.get(game.assertions[pool].successor)
        settled_at = lost.refuted_at if winner is None else winner.confirmed_at
        if view.own and left and view.now > settled_at + view.window:
            own = [subject for subject, claim in claims.items() if claim.claimant == view.own]
            staked = winner is not None and winner.staker == view.own
            if staked or pool in own or any(node in game.nodes and game.nodes[node].node.origin == pool for node in own):
                yield Sweep(pool)
