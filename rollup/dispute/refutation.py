"""The direct lane: where an assertion's leaves are published, one wrong leaf is shown at once, and no clock runs.

    roots      = state root × leaves that have steps              what is published; the rest of the trace repeats the last one
    refutation = "" | root(32) sibling(32) × k      the leaf before; for the first leaf it is the parent assertion's end root
               ‖ root(32) sibling(32) × k           the leaf that is wrong
               ‖ steps                              the proof of its steps, see rollup.l1.step_proof

`k` is the height of the trace. Both leaves lead to the trace root that L1 computed from what was published; F(leaf before) is then what
L1's own run of the steps gives, and the leaf is wrong if it is anything else. (DISPUTE "Moves" 6; after Fuel v1 and Hubble.)
"""

from rollup.core.keccak import keccak256
from rollup.dispute.prior import HASH, ProofError
from rollup.dispute.trace import Trace, fold, leaf


def leaf_count(steps: int, steps_per_leaf: int) -> int:
    """Return how many leaves have steps: what an assertion publishes."""
    return -(-steps // steps_per_leaf)


def roots_of(published: bytes) -> list[bytes]:
    """Return the published state roots; bytes behind the last whole one are left out."""
    return [published[place : place + HASH] for place in range(0, len(published) - HASH + 1, HASH)]


def first_wrong(published: bytes, right: bytes) -> int:
    """Return the first leaf (from 0) at which published roots differ from the right ones. They have equal length and do differ."""
    low, high = 0, len(right) // HASH - 1
    while low < high:
        middle = (low + high) // 2
        if published[: HASH * (middle + 1)] == right[: HASH * (middle + 1)]:
            low = middle + 1
        else:
            high = middle
    return low


def work_of(index: int, proof: bytes) -> bytes:
    """Return the work that a refutation is, as commitments name it."""
    return keccak256(index.to_bytes(8, "big") + proof)


def encode_leaves(trace: Trace, index: int) -> bytes:
    """Return the part of a refutation that shows the leaves, given the wrong trace."""
    before = b"".join((trace.roots[index - 1], *trace.path(0, index - 1))) if index else b""
    return before + b"".join((trace.roots[index], *trace.path(0, index)))


def open_leaves(trace_root: bytes, height: int, first_root: bytes, index: int, proof: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the state root before a leaf, the one that was published for it, and the rest of the proof. Raises ProofError."""
    before = first_root
    if index:
        before, proof = _open(trace_root, height, index - 1, proof)
    claimed, rest = _open(trace_root, height, index, proof)
    return before, claimed, rest


def _open(trace_root: bytes, height: int, index: int, proof: bytes) -> tuple[bytes, bytes]:
    length = HASH * (1 + height)
    if len(proof) < length or not 0 <= index < 1 << height:
        raise ProofError("leaf of a refutation", received=(index, len(proof)), expected=f"one of {1 << height}, in {length} bytes")
    root, *siblings = (proof[place : place + HASH] for place in range(0, length, HASH))
    if fold(leaf(index + 1, root), index, siblings) != trace_root:
        raise ProofError("leaf of a refutation", received=root, expected="a leaf of the published trace")
    return root, proof[length:]
