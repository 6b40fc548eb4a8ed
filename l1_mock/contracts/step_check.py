"""L1's judgement on one leaf: it fetches what it knows of the batch, and runs the transition over what the proof shows."""

from dataclasses import dataclass

from l1_mock import gas
from l1_mock.contracts.dispute_storage import StepCheck, settings
from l1_mock.contracts.framework import Call
from rollup.core.genesis import Genesis
from rollup.dispute.prior import ProofError
from rollup.l1.step_proof import L1Facts, PostedBatch, check_steps, leaf_steps


def step_check(genesis: Genesis) -> StepCheck:
    """Return the check of a rollup's own transition."""

    def check(call: Call, index: int, leaf: int, before: bytes, proof: bytes) -> bytes:
        fixed = settings(call)
        batch = posted_batch(call, fixed.inbox, index)
        facts = L1Facts(genesis, batch, lambda length: queue_acc(call, fixed.inbox, length))
        covered = leaf_steps(leaf, fixed.steps_per_leaf, batch.steps)
        try:
            return check_steps(facts, covered, before, proof, CallMeter(call))
        except ProofError as error:
            call.revert(str(error))

    return check


@dataclass(frozen=True, slots=True)
class CallMeter:
    """Charges a call for the work of a check, by L1's schedule."""

    call: Call

    def hashes(self, count: int, length: int) -> None:
        """See `Meter`."""
        self.call.charge(count * gas.keccak_cost(length))

    def recoveries(self, count: int) -> None:
        """See `Meter`."""
        self.call.charge(count * gas.RECOVER)


def posted_batch(call: Call, inbox: bytes, index: int) -> PostedBatch:
    """Return what the inbox knows of a batch."""
    found = call.call(inbox, "batch", index)
    assert isinstance(found, tuple)
    _accumulator, chunk_root, time_s, queue_from, queue_to, count, _block = found
    return PostedBatch(index, chunk_root, time_s, queue_from, queue_to, count)


def queue_acc(call: Call, inbox: bytes, length: int) -> bytes:
    """Return the inbox's accumulator of its queue's first entries."""
    accumulator = call.call(inbox, "queueAcc", length)
    assert isinstance(accumulator, bytes)
    return accumulator
