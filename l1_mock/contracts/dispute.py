"""Nodes of the dispute on L1: halving, the proof of one step, and timers.

One rule: every move is permissionless, bondless and content-addressed. One that was made already is success and changes nothing; one on
a dispute that is settled reverts. The work of a move does not depend on how many nodes there are. (DISPUTE "Moves" 2 to 4.)
"""

from l1_mock.contracts import bonds, bounty
from l1_mock.contracts.closing import require_going
from l1_mock.contracts.dispute_storage import (
    NodeRecord,
    RivalRecord,
    charge_identity,
    charge_joins,
    get_assertion,
    get_node,
    rival,
    settings,
    successor,
)
from l1_mock.contracts.framework import Call
from rollup.core.keccak import keccak256
from rollup.dispute import clock
from rollup.dispute.bisection import Node
from rollup.dispute.prior import ProofError, open_prior
from rollup.dispute.trace import leaf, turn

BISECT_BYTES = 4 + 3 * 32
"""Calldata of a halving, as the ABI writes it: selector, node, two spans."""

PROVE_BYTES = 4 + 4 * 32
"""Calldata of a proof beside its bytes: selector, node, where the bytes are, salt, their length."""


def create(call: Call, node: Node) -> bytes:
    """Add a node unless it is there already, and start its clock; return its identity."""
    charge_identity(call)
    identity = node.id
    if ("node", identity) not in call.storage:
        context = rival(call, node)
        since = call.block_number if context.count == 1 else context.since
        call.storage["rival", node.context] = RivalRecord(context.count + 1, since)
        call.storage["node", identity] = NodeRecord(node.origin, node.base, node.span, node.height, node.index, call.block_number)
    return identity


def bisect(call: Call, identity: bytes, left: bytes, right: bytes) -> None:
    """Halve a rivaled node into the two spans that it is the hash of. Once halved, a no-op."""
    gas_before = call.gas_used
    record = get_node(call, identity)
    charge_joins(call, 2)
    halves = record.node.halves(left, right)
    if halves is None:
        call.revert("not the halves of this node")
    if ("halves", identity) in call.storage:
        return
    _require_open(call, record.origin)
    call.require(rival(call, record.node).count > 1, "the node has no rival")
    children = create(call, halves[0]), create(call, halves[1])
    call.storage["halves", identity] = children
    call.emit("Bisected", node=identity, left=left, right=right, leftNode=children[0], rightNode=children[1], mover=call.sender)
    bonds.note_mover(call, identity, gas_before, BISECT_BYTES)


def prove(call: Call, identity: bytes, proof: bytes, salt: bytes) -> None:
    """Prove that a single leaf follows from the one before it: its timer becomes infinite, rival or none.

    L1 executes the leaf's steps itself, on the rows that the proof shows. A proof that does not suffice reverts and proves nothing.
    Once proved, the same proof may show an earlier commitment (`salt` opens it), and anything else is a no-op.
    """
    gas_before = call.gas_used
    record = get_node(call, identity)
    call.require(record.height == 0, "the node is not a single leaf")
    call.require(not settings(call).published_leaves, "the leaves are published: refute")
    call.charge_keccak(len(proof))
    work = keccak256(proof)
    if _timer(call, identity) == clock.NEVER:
        known = bounty.claim_of(call, identity)
        if known is not None and known.work == work:
            bounty.claim(call, identity, work, salt)
        return
    _require_open(call, record.origin)
    origin = get_assertion(call, record.origin)
    charge_joins(call, 2 + (turn(record.index) if record.index else 0))
    try:
        before, rest = open_prior(record.node, origin.end_root, proof)
    except ProofError as error:
        call.revert(str(error))
    after = settings(call).check_step(call, origin.batch + 1, record.index, before, rest)
    charge_joins(call, 1)
    call.require(leaf(record.index + 1, after) == record.span, "the step leads elsewhere: this node is wrong")
    call.storage["timer", identity] = clock.NEVER
    call.emit("Proved", node=identity, mover=call.sender)
    bounty.claim(call, identity, work, salt)
    bonds.note_mover(call, identity, gas_before, PROVE_BYTES + padded(len(proof)))


def update(call: Call, identity: bytes) -> int:
    """Carry a node's timer up from its children, and return it. Timers never fall."""
    record = get_node(call, identity)
    stored = _timer(call, identity)
    if stored == clock.NEVER or successor(call, record.origin):
        return stored
    halves = call.storage.find(("halves", identity), tuple)
    timer = clock.bottom_up(_own_time(call, record), halves and (_carried(call, halves[0]), _carried(call, halves[1])), proved=False)
    if timer > stored:
        call.storage["timer", identity] = timer
        call.emit("Updated", node=identity, bottomUp=timer)
    return max(timer, stored)


def view_node(call: Call, identity: bytes) -> tuple[object, ...]:
    """Return a node's origin, height, index, base, span, block of creation, children (zeros while it has none) and stored timer."""
    record = get_node(call, identity)
    left, right = call.storage.find(("halves", identity), tuple) or (bytes(32), bytes(32))
    return (
        record.origin,
        record.height,
        record.index,
        record.base,
        record.span,
        record.created_at,
        left,
        right,
        _timer(call, identity),
    )


def view_rivals(call: Call, identity: bytes) -> tuple[int, int]:
    """Return how many nodes share a node's context, itself included, and the block in which the second came (or never)."""
    context = rival(call, get_node(call, identity).node)
    return context.count, context.since


def padded(length: int) -> int:
    """Return how many bytes the ABI takes to write so many."""
    return -(-length // 32) * 32


def _carried(call: Call, identity: bytes) -> int:
    """Return a child's timer as its parent takes it over: as last stored, or its own time up to now where it has no children.

    So a node without children needs no update of its own: a path of k halvings takes k - 1 updates besides the root's, not 2k - 1.
    """
    stored = _timer(call, identity)
    if stored == clock.NEVER or ("halves", identity) in call.storage:
        return stored
    return max(stored, _own_time(call, get_node(call, identity)))


def _own_time(call: Call, record: NodeRecord) -> int:
    """Return how long a node has stood alone up to now."""
    return clock.unrivaled(call.block_number, record.created_at, rival(call, record.node).since)


def _timer(call: Call, identity: bytes) -> int:
    return call.storage.get(("timer", identity), 0)


def _require_open(call: Call, origin: bytes) -> None:
    """Revert on a dispute that is over: terminal states absorb."""
    require_going(call)
    call.require(not successor(call, origin), "the dispute is settled")
