"""Nodes of a dispute: content-addressed claims about a run of leaves, and their halving.

A node says: "after what `base` commits to, the leaves at this place hash to `span`". Two nodes with the same context and different
spans are rivals, and at most one of them is right. Because a node's identity is its content, one node serves every dispute it occurs
in, whoever made it. (BoLD, section 4.)

    assertion = H(06 ‖ parent ‖ batch_acc ‖ trace_root ‖ end_root)
    context   = H(05 ‖ origin ‖ u8 height ‖ u64 index ‖ base)
    node      = H(04 ‖ origin ‖ u8 height ‖ u64 index ‖ base ‖ span)

`origin` is the parent assertion, whose successor is in dispute.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rollup.core.keccak import keccak256
from rollup.dispute.trace import Trace, join, right_base

NOTHING = bytes(32)
"""Parent and trace of the genesis assertion."""


@dataclass(frozen=True, slots=True)
class Node:
    """A claim about the leaves `index·2^height + 1 … (index + 1)·2^height`."""

    origin: bytes
    height: int
    index: int
    base: bytes
    span: bytes

    @property
    def context(self) -> bytes:
        """Return what this node shares with its rivals."""
        return keccak256(b"\x05" + self._place())

    @property
    def id(self) -> bytes:
        """Return the node's identity."""
        return keccak256(b"\x04" + self._place() + self.span)

    def _place(self) -> bytes:
        return self.origin + self.height.to_bytes(1, "big") + self.index.to_bytes(8, "big") + self.base

    def halves(self, left: bytes, right: bytes) -> "tuple[Node, Node] | None":
        """Return the two children with these spans, or None where they are not this node's halves."""
        if self.height == 0 or join(left, right) != self.span:
            return None
        below, first = self.height - 1, 2 * self.index
        return (
            Node(self.origin, below, first, self.base, left),
            Node(self.origin, below, first + 1, right_base(self.base, left), right),
        )


def assertion_id(parent: bytes, accumulator: bytes, trace_root: bytes, end_root: bytes) -> bytes:
    """Return the identity of the assertion that batch `accumulator` leads from `parent` to `end_root` by this trace."""
    return keccak256(b"\x06" + parent + accumulator + trace_root + end_root)


def genesis_assertion(genesis_hash: bytes, state_root: bytes) -> bytes:
    """Return the identity of the assertion that all others follow from: no parent, no trace, the genesis state."""
    return assertion_id(NOTHING, genesis_hash, NOTHING, state_root)


def base_at(base: bytes, index: int, siblings: Sequence[bytes]) -> bytes:
    """Return the base of the node at `index` of its level, given its root's base and its siblings from its own level up."""
    for level in range(len(siblings) - 1, -1, -1):
        if index >> level & 1:
            base = right_base(base, siblings[level])
    return base


def node_of(trace: Trace, origin: bytes, base: bytes, *, height: int, index: int) -> Node:
    """Return the node that a trace, whose root has this base, claims at a place."""
    return Node(origin, height, index, base_at(base, index, trace.path(height, index)), trace.span(height, index))
