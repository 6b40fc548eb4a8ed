"""The bounty: of all who did the same work, it is owed to the one who committed to it first.

One rule: the reward never touches safety. A proof counts whoever sends it and whether or not anybody committed; a commitment decides
about money alone, and may be shown after somebody else's proof. The commitment is defined in `rollup.dispute.bounty`. Storage, by key:

    ("commitment", c)   the block that a commitment came in
    ("claim", subject)  ClaimRecord: who is owed the bounty for the work on a subject, as it stands
"""

from dataclasses import dataclass
from typing import ClassVar

from l1_mock.contracts.framework import Call
from rollup.dispute.bounty import COMMITMENT_BYTES, commitment_of


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A claim to a bounty."""

    storage_slots: ClassVar[int] = 2

    work: bytes
    """Hash of the proof."""
    claimant: bytes
    rank: int
    """Block of the claimant's commitment; of its proof where it had not committed. The lesser comes first, of equals who was there."""


RECORDS = (ClaimRecord,)
"""Everything kept here which is not a number."""


def commit(call: Call, commitment: bytes) -> None:
    """Note that somebody has committed to some work. The first time counts; whose it is and what about, only its maker knows."""
    if ("commitment", commitment) not in call.storage:
        call.storage["commitment", commitment] = call.block_number
        call.emit("Committed", commitment=commitment)


def claim_of(call: Call, subject: bytes) -> ClaimRecord | None:
    """Return the best claim so far to the work on a subject."""
    return call.storage.find(("claim", subject), ClaimRecord)


def claim(call: Call, subject: bytes, work: bytes, salt: bytes) -> None:
    """Claim the bounty for work that was found to be right; changes nothing where another's claim ranks no lower.

    The caller has checked the work, or that it is the same as that which was checked.
    """
    call.charge_keccak(COMMITMENT_BYTES)
    rank = call.storage.get(("commitment", commitment_of(subject, work, call.sender, salt)), call.block_number)
    known = claim_of(call, subject)
    if known is None or rank < known.rank:
        call.storage["claim", subject] = ClaimRecord(work, call.sender, rank)
        call.emit("Claimed", subject=subject, claimant=call.sender, rank=rank)
