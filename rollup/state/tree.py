"""The Merkle trees of the sections, in plain Python: rows → leaves → section roots → state root.

    leaf       = H(u64 section number ‖ words of the row)          numbers from 1, all integers 64-bit little-endian
    node       = H(left ‖ right)
    state_root = H(u64 STATE_TAG ‖ section roots in order)

One rule: trees are sparse. A node over nothing but zero rows is not stored; its hash is a constant of its section and level.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial

from rollup.core.keccak import keccak256
from rollup.state.layout import SECTIONS
from rollup.state.rows import DEPTHS, WIDTHS

STATE_TAG = int.from_bytes(b"optstate", "little")
"""First word of what the state root hashes."""

NUMBERS: dict[str, int] = {name: number for number, (name, _, _) in enumerate(SECTIONS, 1)}
"""Number of each section: the first word of what its leaves hash."""

PACKERS = {name: struct.Struct(f"<Q{width}q").pack for name, width in WIDTHS.items()}

TAG = STATE_TAG.to_bytes(8, "little")


def leaf_hash(section: str, words: Iterable[int]) -> bytes:
    """Return the leaf of a row."""
    return keccak256(PACKERS[section](NUMBERS[section], *words))


def state_root(section_roots: Iterable[bytes]) -> bytes:
    """Return the root of the state over its sections' roots, in order."""
    return keccak256(TAG + b"".join(section_roots))


@cache
def empty_nodes(section: str) -> tuple[bytes, ...]:
    """Return the hashes of nodes over zero rows, by distance from the section's root: the last one is a leaf."""
    nodes = [leaf_hash(section, [0] * WIDTHS[section])]
    for _ in range(DEPTHS[section]):
        nodes.append(keccak256(nodes[-1] + nodes[-1]))
    return tuple(reversed(nodes))


class SectionTree:
    """The tree of one section: the nodes that were ever set, by number (root 1, children of n: 2n and 2n + 1)."""

    def __init__(self, section: str, below: Callable[[int], bytes] | None = None) -> None:
        """Make an empty tree, or one that lies over another: nodes not set here are those of `below`."""
        self.depth = DEPTHS[section]
        self.empty = empty_nodes(section)
        self.below = below or self.empty_node
        self.nodes: dict[int, bytes] = {}

    def empty_node(self, position: int) -> bytes:
        """Return the hash that a node has over zero rows."""
        return self.empty[position.bit_length() - 1]

    def node(self, position: int) -> bytes:
        """Return the hash of a node."""
        found = self.nodes.get(position)
        return self.below(position) if found is None else found

    def update(self, leaves: Mapping[int, bytes]) -> None:
        """Set leaves (index → hash) and every node above them."""
        first = 1 << self.depth
        nodes, node = self.nodes, self.node
        nodes.update({first + index: leaf for index, leaf in leaves.items()})
        level = {first + index for index in leaves}
        for _ in range(self.depth):
            level = {position >> 1 for position in level}
            for position in level:
                nodes[position] = keccak256(node(2 * position) + node(2 * position + 1))


class StateTree:
    """The trees of all sections."""

    def __init__(self, below: Callable[[str, int], bytes] | None = None) -> None:
        """Make empty trees, or trees over those whose nodes `below` gives by section and number."""
        self.sections = {name: SectionTree(name, partial(below, name) if below else None) for name in NUMBERS}

    def root(self) -> bytes:
        """Return the state root."""
        return state_root(tree.node(1) for tree in self.sections.values())

    def node(self, section: str, position: int) -> bytes:
        """Return a node of a section."""
        return self.sections[section].node(position)
