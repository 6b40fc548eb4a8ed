"""The commitment by which a prover keeps its reward: who copies its transaction comes too late. Pure.

    commitment = H(07 ‖ subject ‖ work ‖ sender ‖ salt)        work = H(proof)

The subject is what the proof is about: a dispute node that it proves. One who has not found the proof cannot commit to it,
and one who sees it in a pending transaction commits in that block at the earliest. (DISPUTE "Moves" 6; drill A15.)
"""

from rollup.core.keccak import keccak256

COMMITMENT_BYTES = 1 + 32 + 32 + 20 + 32
"""What a commitment hashes."""


def commitment_of(subject: bytes, work: bytes, sender: bytes, salt: bytes) -> bytes:
    """Return the commitment of an L1 address to the work on a subject; the salt, 32 bytes, hides it until the proof is sent."""
    return keccak256(b"\x07" + subject + work + sender + salt)
