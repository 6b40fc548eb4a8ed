"""Binary Merkle trees of keccak-256: roots, paths, and proofs of many leaves at once.

One rule: a tree has a fixed depth, 2^depth leaves, and a proof is bound to the positions of its leaves by the verifier, so that a
node can never pass for a leaf. A node is H(prefix ‖ left ‖ right); the prefix is the tree's domain and may be empty.

Nodes are numbered as in a heap: the root is 1, the children of n are 2n and 2n + 1, leaf i is 2^depth + i.

A multiproof gives the hashes that cannot be computed from the proven leaves, level by level from the leaves up, from left to right.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from rollup.core.errors import RollupError
from rollup.core.keccak import keccak256


class ProofInvalid(RollupError):
    """A Merkle proof of the wrong shape."""


def root_of(leaves: Sequence[bytes], prefix: bytes = b"") -> bytes:
    """Return the root over leaf hashes, whose number must be a power of two."""
    return levels_of(leaves, prefix)[-1][0]


def path(leaves: Sequence[bytes], index: int, prefix: bytes = b"") -> list[bytes]:
    """Return the sibling hashes of a leaf, from the leaves up."""
    if not 0 <= index < len(leaves):
        raise ProofInvalid("index of a leaf", received=index, expected=f"below {len(leaves)}")
    levels = levels_of(leaves, prefix)
    return [level[index >> height ^ 1] for height, level in enumerate(levels[:-1])]


def levels_of(leaves: Sequence[bytes], prefix: bytes = b"") -> list[list[bytes]]:
    """Return every level of a tree, leaves first. Their number must be a power of two."""
    if not leaves or len(leaves) & (len(leaves) - 1):
        raise ProofInvalid("number of leaves", received=len(leaves), expected="a power of two")
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([keccak256(prefix + below[i] + below[i + 1]) for i in range(0, len(below), 2)])
    return levels


def verify_path(leaf: bytes, index: int, siblings: Sequence[bytes], prefix: bytes = b"") -> bytes:
    """Return the root that a path leads to. The caller compares it, and knows the depth. Raises ProofInvalid."""
    if not 0 <= index < 1 << len(siblings):
        raise ProofInvalid("index of a leaf", received=index, expected=f"below 2^{len(siblings)}")
    node = leaf
    for height, sibling in enumerate(siblings):
        node = keccak256(prefix + sibling + node) if index >> height & 1 else keccak256(prefix + node + sibling)
    return node


def multiproof(node: Callable[[int], bytes], indices: Iterable[int], depth: int) -> list[bytes]:
    """Return the multiproof of some leaves of a tree, whose nodes `node` gives; at least one leaf."""
    return [node(position) for position in proof_positions(indices, depth)]


def proof_positions(indices: Iterable[int], depth: int) -> list[int]:
    """Return the numbers of the nodes in the multiproof of some leaves, in its order; nothing for no leaves."""
    level = sorted({(1 << depth) + index for index in indices})
    positions: list[int] = []
    for _ in range(depth):
        known = set(level)
        positions += [position ^ 1 for position in level if position ^ 1 not in known]
        level = sorted({position >> 1 for position in level})
    return positions


def verify_multiproof(leaves: Mapping[int, bytes], depth: int, siblings: Sequence[bytes], prefix: bytes = b"") -> bytes:
    """Return the root that some leaves (index → hash) and their multiproof lead to. The caller compares it.

    Raises ProofInvalid where an index is outside of the tree, there is no leaf, or the siblings are too many or too few.
    """
    for index in leaves:
        if not 0 <= index < 1 << depth:
            raise ProofInvalid("index of a leaf", received=index, expected=f"below 2^{depth}")
    wanted = proof_positions(leaves, depth)
    if not leaves or len(wanted) != len(siblings):
        raise ProofInvalid("number of siblings", received=len(siblings), expected=f"{len(wanted)} for {len(leaves)} leaves")
    nodes = {(1 << depth) + index: leaf for index, leaf in leaves.items()}
    nodes.update(zip(wanted, siblings, strict=True))
    level = {(1 << depth) + index for index in leaves}
    for _ in range(depth):
        level = {position >> 1 for position in level}
        for position in level:
            nodes[position] = keccak256(prefix + nodes[2 * position] + nodes[2 * position + 1])
    return nodes[1]
