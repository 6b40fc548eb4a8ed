"""The sequencer's promise about a group of steps: what it signs, and what contradicts it. Shared by the sequencer and by L1.

    beginning = keccak(53 ‖ parent accumulator ‖ u64 batch ‖ u64 time ‖ u64 queue_from ‖ u64 queue_to ‖ queue accumulator)
    leaf      = keccak(50 ‖ u64 step ‖ digest of the action ‖ receipt's words, 8 bytes each, little-endian)
    node      = keccak(51 ‖ left ‖ right); a last node without a sibling rises as it is
    claim     = keccak(52 ‖ genesis hash ‖ u64 batch ‖ u64 first ‖ u64 count ‖ root of the leaves ‖ state root after ‖ beginning)

One rule: the beginning says which batch is meant, so claims about one that was rightly made anew, after a reorg of L1, contradict nothing.
A sequencer never begins two batches alike once it has promised anything in one. So two claims with the same beginning that differ about
one step, or about the state after one, are equivocation; and so is a batch on L1 with that beginning and another action in that step.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rollup.core.errors import DecodeError
from rollup.core.keccak import keccak256
from rollup.core.signing import recover
from rollup.l1.header import BatchHeader

LEAF_TAG, NODE_TAG, CLAIM_TAG, BEGINNING_TAG = 0x50, 0x51, 0x52, 0x53
"""First byte of what is hashed."""

SIGNED_CLAIM_BYTES = 3 * 8 + 3 * 32 + 65
"""A claim with its signature, as evidence: batch, first, count, receipts root, state root, beginning, signature."""

LEAF_HEAD_BYTES = 8 + 32
"""A leaf's step and digest, before the receipt."""


def beginning_of(header: BatchHeader) -> bytes:
    """Return what a batch began with: all of its header that is fixed before its first posted step."""
    return beginning(header.parent, (header.index, header.time_s, header.queue_from, header.queue_to), header.queue_acc)


def beginning(parent: bytes, numbers: tuple[int, int, int, int], queue_acc: bytes) -> bytes:
    """Return the hash of a beginning; the numbers are batch, time, and the queue entries taken, from and to."""
    packed = b"".join(number.to_bytes(8, "big") for number in numbers)
    return keccak256(bytes([BEGINNING_TAG]) + parent + packed + queue_acc)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the sequencer signs about one group."""

    genesis_hash: bytes
    batch: int
    first: int
    count: int
    receipts_root: bytes
    state_root: bytes
    beginning: bytes

    @property
    def end(self) -> int:
        """The step after its last."""
        return self.first + self.count

    def digest(self) -> bytes:
        """Return the 32 bytes that are signed."""
        numbers = b"".join(number.to_bytes(8, "big") for number in (self.batch, self.first, self.count))
        return keccak256(bytes([CLAIM_TAG]) + self.genesis_hash + numbers + self.receipts_root + self.state_root + self.beginning)


def encode_claim(claim: Claim, signature: bytes) -> bytes:
    """Return a signed claim as evidence."""
    numbers = b"".join(number.to_bytes(8, "big") for number in (claim.batch, claim.first, claim.count))
    return numbers + claim.receipts_root + claim.state_root + claim.beginning + signature


def open_claim(genesis_hash: bytes, sequencer: bytes, evidence: bytes) -> Claim:
    """Return the claim of a piece of evidence that the sequencer, by its address, has signed. Raises DecodeError."""
    if len(evidence) != SIGNED_CLAIM_BYTES:
        raise DecodeError("length of a signed claim", received=len(evidence), expected=SIGNED_CLAIM_BYTES)
    batch, first, count = (int.from_bytes(evidence[place : place + 8], "big") for place in (0, 8, 16))
    roots = (evidence[place : place + 32] for place in (24, 56, 88))
    claim = Claim(genesis_hash, batch, first, count, *roots)
    signer = recover(claim.digest(), evidence[120:])
    if signer != sequencer:
        raise DecodeError("signer of a claim", received=signer, expected=sequencer)
    return claim


def open_leaf(claim: Claim, leaf: bytes, path: Sequence[bytes]) -> tuple[int, bytes]:
    """Return step and digest of a leaf that a claim covers; zeros in the path are siblings that are not there. Raises DecodeError.

    A leaf is given in full, so no inner node can pass for one; and it names its own step.
    """
    step = int.from_bytes(leaf[:8], "big")
    if len(leaf) < LEAF_HEAD_BYTES or not claim.first <= step < claim.end:
        raise DecodeError("step of a leaf", received=(step, len(leaf)), expected=f"{claim.first} to {claim.end - 1}")
    node, at = keccak256(bytes([LEAF_TAG]) + leaf), step - claim.first
    for sibling in path:
        if any(sibling):
            node = keccak256(bytes([NODE_TAG]) + (sibling + node if at & 1 else node + sibling))
        at >>= 1
    if node != claim.receipts_root:
        raise DecodeError("root of receipts", received=node, expected=claim.receipts_root)
    return step, leaf[8:LEAF_HEAD_BYTES]
