"""The trace of one batch, and the tree that commits to it.

One rule: a leaf names its own position, so a span of the tree can stand for one place in one trace and for nothing else.

    leaf_i     = H(00 ‖ u64 i ‖ state_root_i)      i = 1..n, n = 2^k
    node       = H(01 ‖ left ‖ right)
    base_0     = H(02 ‖ parent ‖ batch_acc ‖ state_root_0)
    base right = H(03 ‖ base ‖ span of the left sibling)

`state_root_i` is the root after the i-th leaf's steps. Steps beyond the batch's last are the identity, so the last root is repeated up
to the next power of two. (DISPUTE "Commitments"; after BoLD, section 4.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rollup.core.keccak import keccak256

HEIGHT_MAX = 12
"""Largest height of a trace's tree: a batch has at most 2^12 steps."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A committed trace: `levels[b][i]` is the span over leaves `i·2^b + 1 … (i+1)·2^b`."""

    before: bytes
    """State root before the batch, `state_root_0`."""
    roots: tuple[bytes, ...]
    """State root after each leaf, padded to a power of two."""
    levels: tuple[tuple[bytes, ...], ...]

    @property
    def height(self) -> int:
        """Return k, where the trace has 2^k leaves."""
        return len(self.levels) - 1

    @property
    def root(self) -> bytes:
        """Return the commitment to the whole trace."""
        return self.levels[-1][0]

    @property
    def end(self) -> bytes:
        """Return the state root after the batch."""
        return self.roots[-1]

    def root_before(self, index: int) -> bytes:
        """Return the state root before the leaf at `index` (from 0)."""
        return self.roots[index - 1] if index else self.before

    def span(self, height: int, index: int) -> bytes:
        """Return the commitment to the `index`-th run of 2^`height` leaves."""
        return self.levels[height][index]

    def path(self, height: int, index: int) -> tuple[bytes, ...]:
        """Return the siblings of a span, from its own height up to below the root."""
        return tuple(self.levels[b][(index >> (b - height)) ^ 1] for b in range(height, self.height))

    def last_leaf_proof(self) -> tuple[bytes, ...]:
        """Return the path of the last leaf, which ties the trace to its end root."""
        return self.path(0, len(self.roots) - 1)

    def base_path(self, index: int) -> tuple[bytes, ...]:
        """Return the left siblings that fold leaf `index - 1` into the span before leaf `index`, innermost first."""
        return tuple(self.levels[b][((index - 1) >> b) ^ 1] for b in range(turn(index)))


def commit(before: bytes, roots: Sequence[bytes], height: int) -> Trace:
    """Commit to the roots after each leaf that has steps; at least one and at most 2^`height` of them."""
    if not 0 < len(roots) <= 1 << height:
        msg = f"a trace of height {height} has 1 to {1 << height} roots, not {len(roots)}"
        raise ValueError(msg)
    padded = tuple(roots) + (roots[-1],) * ((1 << height) - len(roots))
    levels = [tuple(leaf(i, root) for i, root in enumerate(padded, start=1))]
    for _ in range(height):
        below = levels[-1]
        levels.append(tuple(join(below[i], below[i + 1]) for i in range(0, len(below), 2)))
    return Trace(before, padded, tuple(levels))


def height_of(steps: int, steps_per_leaf: int) -> int:
    """Return k for a batch of `steps` ≥ 1 steps: the least with `steps_per_leaf · 2^k` ≥ `steps`."""
    return (-(-steps // steps_per_leaf) - 1).bit_length()


def turn(index: int) -> int:
    """Return the height of the span that ends just before leaf `index` ≥ 1: where the path to the leaf last went right."""
    return (index & -index).bit_length() - 1


def leaf(number: int, state_root: bytes) -> bytes:
    """Return the leaf for the state root after the `number`-th leaf's steps, counted from 1."""
    return keccak256(b"\x00" + number.to_bytes(8, "big") + state_root)


def join(left: bytes, right: bytes) -> bytes:
    """Return the span over two neighbouring spans of equal height."""
    return keccak256(b"\x01" + left + right)


def first_base(parent: bytes, accumulator: bytes, state_root: bytes) -> bytes:
    """Return the base of a trace's root: what was agreed before its first leaf."""
    return keccak256(b"\x02" + parent + accumulator + state_root)


def right_base(base: bytes, left: bytes) -> bytes:
    """Return the base of a right child: its parent's, and the span to its left."""
    return keccak256(b"\x03" + base + left)


def fold(span: bytes, index: int, siblings: Sequence[bytes]) -> bytes:
    """Return the root above a span at position `index` of its level, given its siblings from below."""
    for sibling in siblings:
        span = join(sibling, span) if index & 1 else join(span, sibling)
        index >>= 1
    return span


def fold_rightmost(span: bytes, siblings: Sequence[bytes]) -> bytes:
    """Return the root of a tree whose last leaf is `span`, given the left siblings from below."""
    for sibling in siblings:
        span = join(sibling, span)
    return span
