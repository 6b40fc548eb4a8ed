"""Evidence against whoever has something at stake: what is hashed to commit to it, and where two promises contradict each other. Pure.

    commitment = H(07 ‖ subject ‖ work ‖ sender ‖ salt)        subject = the accused's address, left-padded
                                                               work = H(calldata of the accusation with a salt of zeros)

One rule: whoever has evidence commits to it first, and shows it when L1 has the commitment. Who copies it then comes too late for the
reward, though not to slash. (`rollup.dispute.bounty`; DISPUTE "Stakes"; drill A30.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rollup.core.errors import RollupError
from rollup.core.keccak import keccak256
from rollup.dispute.bounty import commitment_of
from rollup.l1.abi import INTERFACES
from rollup.l1.promise import Claim, open_claim, open_leaf

NO_SALT = bytes(32)
"""What stands for the salt in the hash of the work."""

PATH_MAX = 16
"""Siblings of a receipt, at most: a batch has at most 2^12 steps."""

LEAF_MAX = 1 << 12
"""Bytes of a receipt's leaf, at most."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """A call of the stakes contract, but for its salt."""

    owner: bytes
    """Whose stake it is about."""
    function: str
    arguments: tuple[object, ...]

    @property
    def work(self) -> bytes:
        """What is committed to."""
        return work_of(self.function, self.arguments)

    def commitment(self, sender: bytes, salt: bytes) -> bytes:
        """Return the commitment of an L1 address to it."""
        return commitment_of(subject_of(self.owner), self.work, sender, salt)


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """What somebody was promised: the signed claim, the receipt's leaf, and its path; zeros for siblings that are not there."""

    claim: bytes
    leaf: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Promised:
    """A signed receipt that was found to be the sequencer's."""

    signed: SignedReceipt
    claim: Claim
    step: int
    digest: bytes
    """Of the action that was promised in that step."""


def subject_of(owner: bytes) -> bytes:
    """Return the subject of all evidence against an address."""
    return owner.rjust(32, b"\0")


def work_of(function: str, arguments: Sequence[object]) -> bytes:
    """Return the hash of an accusation."""
    return keccak256(INTERFACES["stakes"].functions[function].encode_call((*arguments, NO_SALT)))


def open_receipt(genesis_hash: bytes, sequencer: bytes, signed: SignedReceipt) -> Promised:
    """Return what a signed receipt says, if the sequencer, by its address, has signed it. Raises RollupError."""
    if len(signed.path) > PATH_MAX or len(signed.leaf) > LEAF_MAX:
        received = len(signed.leaf), len(signed.path)
        raise RollupError("receipt", received=received, expected=f"at most {LEAF_MAX} bytes and {PATH_MAX} siblings")
    claim = open_claim(genesis_hash, sequencer, signed.claim)
    step, digest = open_leaf(claim, signed.leaf, signed.path)
    return Promised(signed, claim, step, digest)


def contradiction(sequencer: bytes, one: Promised, other: Promised) -> Accusation | None:
    """Return what two promises prove against the sequencer: other receipts of one step, or other states after one; None for nothing."""
    if one.claim.beginning != other.claim.beginning:
        return None
    claims = one.signed.claim, other.signed.claim
    if one.step == other.step and one.signed.leaf != other.signed.leaf:
        leaves, paths = (one.signed.leaf, other.signed.leaf), (one.signed.path, other.signed.path)
        return Accusation(sequencer, "accuseClaims", (*claims, leaves, paths))
    if one.claim.end == other.claim.end and one.claim.state_root != other.claim.state_root:
        return Accusation(sequencer, "accuseClaims", (*claims, (), ()))
    return None
