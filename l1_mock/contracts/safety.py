"""The safety net: what the guardian may do, what anybody may do, and how bonds come back when it was needed.

One rule: nobody here can confirm anything, and nobody can stop an exit. A pause holds up confirmations alone, for a bounded time and then
not again for longer than that; a freeze ends the rollup and opens the way out. What L1 can see for itself needs no guardian: that the
same step was proved to two ends, and that nobody makes batches any more. (DISPUTE "Safety net".)
"""

from dataclasses import dataclass, replace

from l1_mock.contracts import bonds
from l1_mock.contracts.closing import Reason, close, require_going
from l1_mock.contracts.dispute_storage import (
    NodeRecord,
    charge_joins,
    get_assertion,
    get_node,
    settings,
    successor,
)
from l1_mock.contracts.framework import Call
from rollup.dispute.game import Status
from rollup.dispute.prior import ProofError, open_prior
from rollup.dispute.refutation import open_leaves
from rollup.dispute.trace import turn


def pause(call: Call) -> None:
    """Hold up confirmations for the set time. Only the guardian may, and only when the last pause is long enough past."""
    rules = settings(call).safety
    require_going(call)
    call.require(call.sender == rules.guardian, "only the guardian pauses")
    last = call.storage.get("paused_to", 0)
    call.require(not last or call.block_number > last + rules.pause_rest_blocks, "the last pause is not long enough past")
    call.storage["paused_to"] = call.block_number + rules.pause_blocks
    call.emit("Paused", until=call.block_number + rules.pause_blocks)


def freeze(call: Call) -> None:
    """Close the rollup. Only the guardian may."""
    call.require(call.sender == settings(call).safety.guardian, "only the guardian freezes")
    close(call, Reason.FROZEN)


def close_stalled(call: Call) -> None:
    """Close the rollup because a queue entry has waited longer than the liveness bound, and no batch has taken it. Anybody may.

    Not that there was no batch: an idle rollup makes none, and anybody can make one of overdue entries.
    """
    fixed = settings(call)
    waiting = call.call(fixed.inbox, "waitingSince")
    assert isinstance(waiting, int)
    late = waiting and call.block_number > waiting + fixed.safety.liveness_blocks
    call.require(bool(late), "no queue entry has waited beyond the liveness bound")
    close(call, Reason.STALLED)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a valid proof says: which step, from which state root, and the one after it."""

    batch: int
    leaf: int
    before: bytes
    after: bytes


def halt_on_contradiction(call: Call, first: bytes, second: bytes, index: int, proofs: tuple[bytes, ...]) -> None:
    """Close the rollup if two valid proofs of one step, from one state, lead to different ones: the one bug that L1 can judge.

    `first` and `second` are rival leaves, or assertions that publish their leaves; `index` is the leaf in the batch, from 0. Anybody may.
    """
    require_going(call)
    call.require(len(proofs) == 2, "two proofs, of the first and of the second")
    one, other = _judge(call, first, index, proofs[0]), _judge(call, second, index, proofs[1])
    same = (one.batch, one.leaf, one.before) == (other.batch, other.leaf, other.before)
    call.require(same, "the proofs are of different steps, or from different states")
    call.require(one.after != other.after, "the proofs agree")
    close(call, Reason.CONTRADICTION)


def note_proof(call: Call, identity: bytes, index: int, proof: bytes) -> None:
    """Note where a valid proof of a leaf leads to; close the rollup if one from the same state has led elsewhere. Anybody may.

    What `halt_on_contradiction` does in one call, in two: for proofs of which Ethereum lets a transaction carry one, but not both.
    """
    require_going(call)
    judged = _judge(call, identity, index, proof)
    place = ("judged", judged.batch, judged.leaf, judged.before)
    known = call.storage.find(place, bytes)
    if known is None:
        call.storage[place] = judged.after
        call.emit("ProofNoted", batch=judged.batch, index=judged.leaf, before=judged.before, end=judged.after)
    elif known != judged.after:
        close(call, Reason.CONTRADICTION)


def reclaim(call: Call, identity: bytes) -> None:
    """Give back the bond of an assertion that was still open when the rollup closed; anybody may call. Once given back, a no-op.

    From the confirmed one up: what stands on an assertion that lost, or beside the one that won, has lost.
    """
    record = get_assertion(call, identity)
    if record.status == Status.RECLAIMED:
        return
    call.require("closed" in call.storage, "the rollup is not closed")
    parent = get_assertion(call, record.parent).status if record.status == Status.OPEN else Status.NONE
    stands = parent in {Status.CONFIRMED, Status.RECLAIMED} and not successor(call, record.parent)
    call.require(stands, "the assertion is settled, or its parent is neither confirmed nor reclaimed")
    call.storage["assertion", identity] = replace(bonds.release(call, record), status=int(Status.RECLAIMED))
    call.emit("Reclaimed", id=identity, staker=record.staker, amount=record.bond)


def _judge(call: Call, identity: bytes, index: int, proof: bytes) -> Judged:
    """Return what a proof says about a leaf; reverts where it does not suffice."""
    fixed = settings(call)
    try:
        if fixed.published_leaves:
            record = get_assertion(call, identity)
            batch, root, first = record.batch, get_node(call, record.root), get_assertion(call, record.parent).end_root
            charge_joins(call, 2 * (root.height + 1))
            before, _, rest = open_leaves(root.span, root.height, first, index, proof)
        else:
            node = _leaf(call, identity, index)
            origin = get_assertion(call, node.origin)
            batch = origin.batch + 1
            charge_joins(call, 2 + (turn(index) if index else 0))
            before, rest = open_prior(node.node, origin.end_root, proof)
    except ProofError as error:
        call.revert(str(error))
    return Judged(batch, index, before, fixed.check_step(call, batch, index, before, rest))


def _leaf(call: Call, identity: bytes, index: int) -> NodeRecord:
    node = get_node(call, identity)
    call.require((node.height, node.index) == (0, index), "the node is not that leaf")
    return node
