"""Roots of Ethereum's ordered tries: what a header says of its transactions and receipts.

The Merkle–Patricia trie of the Yellow Paper's appendix D, for the one case a header needs: values keyed by rlp(0), rlp(1), …, built once
and never changed. A node is a leaf or extension `[hex-prefixed path, …]` or a branch of sixteen children and a value; a node of fewer
than 32 bytes stands in its parent as it is, a longer one by its hash.
"""

from collections.abc import Sequence

import rlp

from rollup.core.keccak import keccak256

EMPTY_ROOT = keccak256(rlp.encode(b""))
"""Root of a trie with nothing in it."""

Pair = tuple[tuple[int, ...], bytes]
"""A key, as nibbles, and its value."""


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Compute the root of the trie that maps rlp(i) to the i-th value."""
    if not values:
        return EMPTY_ROOT
    pairs = sorted((_nibbles(rlp.encode(index)), value) for index, value in enumerate(values))
    return keccak256(rlp.encode(_node(pairs, 0)))


def _node(pairs: Sequence[Pair], depth: int) -> list[object]:
    """Build the node over sorted pairs that share their first `depth` nibbles. Recursion ends with the keys: at most 12 nibbles."""
    if len(pairs) == 1:
        key, value = pairs[0]
        return [_path(key[depth:], leaf=True), value]
    shared = _shared(pairs[0][0], pairs[-1][0], depth)
    if shared > depth:
        return [_path(pairs[0][0][depth:shared], leaf=False), _reference(_node(pairs, shared))]
    children: list[object] = []
    for nibble in range(16):
        group = [pair for pair in pairs if pair[0][depth] == nibble]
        children.append(_reference(_node(group, depth + 1)) if group else b"")
    return [*children, b""]


def _reference(node: list[object]) -> object:
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak256(encoded)


def _shared(first: tuple[int, ...], last: tuple[int, ...], depth: int) -> int:
    """Return how many nibbles the first and last of sorted keys, and so all, have in common."""
    while depth < min(len(first), len(last)) and first[depth] == last[depth]:
        depth += 1
    return depth


def _nibbles(key: bytes) -> tuple[int, ...]:
    return tuple(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _path(nibbles: tuple[int, ...], *, leaf: bool) -> bytes:
    """Encode a path by hex prefix (appendix C)."""
    flag = 2 * leaf + len(nibbles) % 2
    padded = (flag, *nibbles) if len(nibbles) % 2 else (flag, 0, *nibbles)
    return bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2], strict=True))
