"""The state root before a leaf, shown by what the leaf's node commits to.

    prior = ""                                              for the first leaf: the root before it is the parent assertion's end root
          | base(32) root(32) sibling(32) × turn(index)     for any other

`base` is that of the node's ancestor at whose halving the path last went right, and the siblings fold leaf `index` (the one before, with
state root `root`) into the left half of that ancestor: `H(03 ‖ base ‖ left half)` must be the node's own base. A proof of a leaf is its
prior and then its steps. (DISPUTE "Moves" 3.)
"""

from rollup.core.errors import RollupError
from rollup.dispute.bisection import Node, base_at
from rollup.dispute.trace import Trace, fold_rightmost, leaf, right_base, turn

HASH = 32
"""Bytes of a hash."""


class ProofError(RollupError):
    """A proof that does not suffice: it proves nothing, neither for nor against the node."""


def encode_prior(base: bytes, trace: Trace, index: int) -> bytes:
    """Return the bytes that show the state root before leaf `index`; `base` is that of the trace's root."""
    if index == 0:
        return b""
    height = turn(index) + 1
    ancestor = base_at(base, index >> height, trace.path(height, index >> height))
    return b"".join((ancestor, trace.root_before(index), *trace.base_path(index)))


def open_prior(node: Node, first_root: bytes, proof: bytes) -> tuple[bytes, bytes]:
    """Return the state root before a leaf and the rest of the proof. Raises ProofError."""
    if node.index == 0:
        return first_root, proof
    length = HASH * (2 + turn(node.index))
    if len(proof) < length:
        raise ProofError("length of a proof", received=len(proof), expected=f"at least {length}")
    base, root, *siblings = (proof[place : place + HASH] for place in range(0, length, HASH))
    if right_base(base, fold_rightmost(leaf(node.index, root), siblings)) != node.base:
        raise ProofError("state root before the leaf", received=root, expected="what the node's base commits to")
    return root, proof[length:]
