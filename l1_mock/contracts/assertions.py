"""The assertions contract: bonded claims of where batches lead, and the chain of those that were confirmed.

One rule: an assertion is confirmed because its root node stood unrivaled, or every rival's path was cut, for the whole window; never by
anybody's word. What stands beside a confirmed assertion is lost, and what stands on a lost one is lost: that is looked up when asked
for, so no call's work grows with their number. (DISPUTE "Moves" 1 and 5.)
"""

from dataclasses import dataclass, replace

from l1_mock.contracts import bonds, dispute
from l1_mock.contracts.closing import require_going, require_unpaused
from l1_mock.contracts.dispute_storage import (
    AssertionRecord,
    charge_joins,
    find_assertion,
    get_assertion,
    settings,
    successor,
)
from l1_mock.contracts.framework import Call
from rollup.dispute.bisection import Node, assertion_id
from rollup.dispute.game import Status
from rollup.dispute.trace import first_base, fold, height_of, leaf


@dataclass(frozen=True, slots=True)
class Proposal:
    """An assertion that was found well formed."""

    parent: bytes
    before: AssertionRecord
    """The parent as stored."""
    accumulator: bytes
    trace_root: bytes
    end_root: bytes
    height: int


def propose(call: Call, parent: bytes, accumulator: bytes, trace_root: bytes, end_root: bytes, last_leaf_proof: tuple[bytes, ...]) -> bytes:
    """Assert that the batch after `parent`'s leads to `end_root` by a trace; return the assertion's identity.

    The accumulator names the batch that is meant, so that a reorg of L1 cannot turn this into a claim about another. An assertion that
    is there already is success: ether sent along goes back.
    """
    call.require(not settings(call).published_leaves, "assertions of this rollup publish their leaves")
    identity = assertion_id(parent, accumulator, trace_root, end_root)
    if is_known(call, identity):
        return identity
    before, steps = open_parent(call, parent, accumulator)
    height = height_of(steps, settings(call).steps_per_leaf)
    charge_joins(call, height + 1)
    last = 1 << height
    proved = len(last_leaf_proof) == height and fold(leaf(last, end_root), last - 1, last_leaf_proof) == trace_root
    call.require(proved, "the last leaf is not the end root's")
    accept(call, identity, Proposal(parent, before, accumulator, trace_root, end_root, height))
    return identity


def is_known(call: Call, identity: bytes) -> bool:
    """Tell whether an assertion is there already; ether that came along for it goes back."""
    call.charge_keccak(129)
    if find_assertion(call, identity) is None:
        return False
    bonds.give_back(call)
    return True


def open_parent(call: Call, parent: bytes, accumulator: bytes) -> tuple[AssertionRecord, int]:
    """Return an assertion that can still be followed, and the steps of the batch after its own.

    Reverts unless that batch is the one that is meant, as L1 itself knows it.
    """
    require_going(call)
    before = get_assertion(call, parent)
    call.require(before.status != Status.REJECTED and not successor(call, parent), "the parent's successor is settled")
    found = call.call(settings(call).inbox, "batch", before.batch + 1)
    assert isinstance(found, tuple)
    known, _chunk_root, _time, queue_from, queue_to, count, _block = found
    call.require(known == accumulator, "L1's batch is another one")
    return before, 1 + queue_to - queue_from + count


def accept(call: Call, identity: bytes, made: Proposal) -> None:
    """Take the bond of a new assertion and store it, with its root node.

    Where leaves are published the node's origin is the assertion itself instead of its parent: it has no rivals.
    """
    bond = bonds.take_bond(call, made.parent, made.before)
    call.charge_keccak(97)
    base = first_base(made.parent, made.accumulator, made.before.end_root)
    origin = identity if settings(call).published_leaves else made.parent
    root = dispute.create(call, Node(origin, made.height, 0, base, made.trace_root))
    batch = made.before.batch + 1
    call.storage["assertion", identity] = AssertionRecord(
        made.parent, made.end_root, root, call.sender, batch, call.block_number, 0, bond, int(Status.OPEN)
    )
    call.emit(
        "Asserted",
        id=identity,
        parent=made.parent,
        batch=batch,
        traceRoot=made.trace_root,
        endRoot=made.end_root,
        staker=call.sender,
        rootNode=root,
    )


def confirm(call: Call, identity: bytes) -> None:
    """Confirm an assertion whose parent is confirmed and whose root's timer has reached the window. Once confirmed, a no-op.

    Not during a pause, whose time counts all the same, and not once the rollup is closed.
    """
    record = get_assertion(call, identity)
    if record.status == Status.CONFIRMED:
        return
    require_going(call)
    require_unpaused(call)
    parent = get_assertion(call, record.parent)
    call.require(record.status == Status.OPEN, "the assertion was rejected")
    call.require(parent.status == Status.CONFIRMED, "the parent is not confirmed")
    call.require(not successor(call, record.parent), "a rival was confirmed")
    call.require(dispute.update(call, record.root) >= settings(call).window, "the timer has not reached the window")
    paid = bonds.release(call, record)
    call.storage["assertion", identity] = replace(paid, status=int(Status.CONFIRMED), settled_at=call.block_number)
    call.storage["successor", record.parent] = identity
    call.storage["latest"] = identity
    call.emit("Confirmed", id=identity)


def reject(call: Call, identity: bytes) -> None:
    """Reject an assertion that lost: a rival was confirmed, or its parent was rejected. Slashes its bond. Once rejected, a no-op."""
    record = get_assertion(call, identity)
    if record.status == Status.REJECTED:
        return
    call.require(record.status == Status.OPEN, "the assertion is not open")
    pool = call.storage.get(("verdict", record.parent), b"")
    if not pool:
        call.require(successor(call, record.parent) not in {b"", identity}, "no rival is confirmed and the parent is not rejected")
        pool = record.parent
    call.storage["assertion", identity] = replace(bonds.slash(call, identity, record, pool), status=int(Status.REJECTED))
    call.storage["verdict", identity] = pool
    call.emit("Rejected", id=identity)


def view_assertion(call: Call, identity: bytes) -> tuple[object, ...]:
    """Return an assertion's parent, batch + 1, end root, root node, staker, bond, blocks of creation and of the verdict, status.

    The status is 0 where there is none. The genesis assertion's batch is -1, hence the number of batches instead of the index.
    """
    record = find_assertion(call, identity)
    if record is None:
        return (bytes(32), 0, bytes(32), bytes(32), bytes(20), 0, 0, 0, int(Status.NONE))
    return (
        record.parent,
        record.batch + 1,
        record.end_root,
        record.root,
        record.staker,
        record.bond,
        record.created_at,
        record.settled_at,
        record.status,
    )


def view_successor(call: Call, identity: bytes) -> bytes:
    """Return the confirmed child of an assertion, or zeros."""
    return successor(call, identity) or bytes(32)


def latest_confirmed(call: Call) -> bytes:
    """Return the last confirmed assertion."""
    return call.storage.get("latest", settings(call).genesis)
