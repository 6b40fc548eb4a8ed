"""Signed receipts: the sequencer's promise about a group of steps, one signature a group. The hashes are those of `rollup.l1.promise`.

A single acknowledgement carries its leaf's path. Two claims that contradict each other about one step are evidence against the
sequencer: a soft confirmation that can be slashed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rollup.core.keccak import keccak256, keccak_many
from rollup.core.signing import recover, sign
from rollup.l1.chunks import KeccakMany
from rollup.l1.promise import LEAF_TAG, NODE_TAG, Claim

__all__ = ["Claim", "SignedGroup", "receipt_leaves", "receipt_tree", "sign_group", "verify_receipt"]

Bytes = npt.NDArray[np.uint8]

NOTHING = bytes(32)
"""Root of no leaves."""


@dataclass(frozen=True, slots=True)
class SignedGroup:
    """A claim, its signature (65 bytes, r ‖ s ‖ v), and the tree over its receipts."""

    claim: Claim
    signature: bytes
    levels: list[Bytes]
    """Nodes (n, 32) of each level, from the leaves up."""

    def path_of(self, step: int) -> list[bytes]:
        """Return the siblings of one step's receipt, from below; empty bytes where a node has none."""
        at, path = step - self.claim.first, []
        for level in self.levels[:-1]:
            sibling = at ^ 1
            path.append(level[sibling].tobytes() if sibling < len(level) else b"")
            at >>= 1
        return path


def sign_group(claim: Claim, levels: list[Bytes], secret: bytes) -> SignedGroup:
    """Sign a group's claim."""
    return SignedGroup(claim, sign(claim.digest(), secret), levels)


def receipt_leaves(first: int, digests: Bytes, receipts: npt.NDArray[np.void], hash_many: KeccakMany = keccak_many) -> Bytes:
    """Hash the receipts (n,) of consecutive steps whose actions have these digests (n, 32); returns (n, 32)."""
    count = len(receipts)
    if count == 0:
        return np.zeros((0, 32), np.uint8)
    words = np.ascontiguousarray(receipts).view(np.uint8).reshape(count, -1)
    rows = np.empty((count, 1 + 8 + 32 + words.shape[1]), np.uint8)
    rows[:, 0] = LEAF_TAG
    rows[:, 1:9] = np.arange(first, first + count, dtype=">u8").view(np.uint8).reshape(count, 8)
    rows[:, 9:41] = digests
    rows[:, 41:] = words
    return hash_many(rows)


def receipt_tree(leaves: Bytes, hash_many: KeccakMany = keccak_many) -> list[Bytes]:
    """Return the levels of the tree over leaves (n, 32), from the leaves to the root; no leaves give the one node `NOTHING`."""
    levels = [leaves if len(leaves) else np.zeros((1, 32), np.uint8)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = len(level) // 2
        rows = np.empty((pairs, 65), np.uint8)
        rows[:, 0] = NODE_TAG
        rows[:, 1:] = level[: 2 * pairs].reshape(pairs, 64)
        levels.append(np.concatenate([hash_many(rows), level[2 * pairs :]]))
    return levels


def verify_receipt(claim: Claim, signature: bytes, sequencer: bytes, receipt: tuple[int, bytes, bytes], path: list[bytes]) -> bool:
    """Say whether the sequencer (its 20-byte address) promised a receipt: (step, digest of the action, receipt's bytes).

    Nothing in a claim is taken for granted: whatever a stranger writes there is answered by False.
    """
    step, digest, words = receipt
    if not 0 <= claim.first <= step < claim.first + claim.count < 1 << 63 or not 0 <= claim.batch < 1 << 63:
        return False
    node = keccak256(bytes([LEAF_TAG]) + step.to_bytes(8, "big") + digest + words)
    at = step - claim.first
    for sibling in path:
        pair = sibling + node if at & 1 else node + sibling
        node = keccak256(bytes([NODE_TAG]) + pair) if sibling else node
        at >>= 1
    return node == claim.receipts_root and recover(claim.digest(), signature) == sequencer
