"""The direct lane on L1: assertions that publish their leaves, and their refutation in one transaction.

One rule: there is nothing to wait for. A wrong assertion is rejected in the block that shows one of its leaves to be wrong, and a right
one cannot be held up by anybody, since a rival changes nothing about it: its root node is in a context of its own. The genesis decides
which lane a rollup has. (DISPUTE "Moves" 6.)
"""

from dataclasses import replace

from l1_mock.contracts import bonds, bounty
from l1_mock.contracts.assertions import Proposal, accept, is_known, open_parent
from l1_mock.contracts.closing import require_going
from l1_mock.contracts.dispute_storage import charge_joins, get_assertion, get_node, settings
from l1_mock.contracts.framework import Call
from l1_mock.gas import keccak_cost
from rollup.dispute.bisection import assertion_id
from rollup.dispute.game import Status
from rollup.dispute.prior import HASH, ProofError
from rollup.dispute.refutation import leaf_count, open_leaves, roots_of, work_of
from rollup.dispute.trace import commit, height_of

LEAF_BYTES = 1 + 8 + 32
"""What a leaf hashes."""


def propose_leaves(call: Call, parent: bytes, accumulator: bytes, published: bytes) -> bytes:
    """Assert that the batch after `parent`'s leads to these state roots, one after each leaf that has steps; return the identity.

    L1 computes the trace root itself, so an assertion is exactly what was published. One that is there already is success.
    """
    fixed = settings(call)
    call.require(fixed.published_leaves, "assertions of this rollup do not publish their leaves")
    before, steps = open_parent(call, parent, accumulator)
    leaves, height = leaf_count(steps, fixed.steps_per_leaf), height_of(steps, fixed.steps_per_leaf)
    call.require(len(published) == HASH * leaves, "not one root for each leaf that has steps")
    call.charge((keccak_cost(LEAF_BYTES) << height) + keccak_cost(65) * ((1 << height) - 1))
    trace = commit(before.end_root, roots_of(published), height)
    identity = assertion_id(parent, accumulator, trace.root, trace.end)
    if not is_known(call, identity):
        accept(call, identity, Proposal(parent, before, accumulator, trace.root, trace.end, height))
        call.emit("Published", id=identity, roots=published)
    return identity


def refute(call: Call, identity: bytes, index: int, proof: bytes, salt: bytes) -> None:
    """Reject an assertion at once by showing that its leaf `index` (from 0) does not follow from the one before.

    No bond, no clock. The bounty is owed to who committed first to a proof that succeeds, also after the rejection; `salt` opens the
    commitment. A proof that does not suffice, or that shows the leaf to be right, reverts.
    """
    call.require(settings(call).published_leaves, "the leaves of this rollup's assertions are not published")
    record = get_assertion(call, identity)
    call.charge_keccak(8 + len(proof))
    work, known = work_of(index, proof), bounty.claim_of(call, identity)
    if known is None or known.work != work:
        call.require(record.status == Status.OPEN or known is not None, "the assertion is confirmed, or was rejected otherwise")
        _check(call, identity, index, proof)
    if record.status == Status.OPEN:
        require_going(call)
        slashed = bonds.slash(call, identity, record, identity)
        call.storage["assertion", identity] = replace(slashed, status=int(Status.REJECTED), settled_at=call.block_number)
        call.storage["verdict", identity] = identity
        call.emit("Rejected", id=identity)
        call.emit("Refuted", id=identity, index=index, refuter=call.sender)
    bounty.claim(call, identity, work, salt)


def _check(call: Call, identity: bytes, index: int, proof: bytes) -> None:
    """Revert unless the proof shows the leaf to be wrong."""
    record = get_assertion(call, identity)
    root, first = get_node(call, record.root), get_assertion(call, record.parent).end_root
    charge_joins(call, 2 * (root.height + 1))
    try:
        before, claimed, rest = open_leaves(root.span, root.height, first, index, proof)
    except ProofError as error:
        call.revert(str(error))
    after = settings(call).check_step(call, record.batch, index, before, rest)
    call.require(after != claimed, "the step leads there: this leaf is right")
