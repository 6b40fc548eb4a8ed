"""Stakes: what the sequencer and the verifiers have put up for what they sign, and the evidence by which they lose it.

One rule: only their own signatures count against them, and only ones that no honest node can have given: two claims about the same step of
the same batch that differ, a claim that the batch on L1 breaks, an attestation of a root that is not the confirmed one. L1's order stands
whatever was signed. Stakes are there from genesis. A slashed one is burned in part; the rest is the reward of whoever committed first to
evidence (`l1_mock.contracts.bounty`), so that evidence is not worth stealing: it slashes whoever shows it, and is paid for a window later.
(DISPUTE "Safety net"; drill A30.) Storage, by key, and what the bounty keeps:

    ("stake", address)   wei that it has at stake
    ("reward", address)  RewardRecord: what is left of it once it is slashed
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from l1_mock.contracts import bounty
from l1_mock.contracts.bonds import BURNED, SHARE
from l1_mock.contracts.framework import Call
from l1_mock.contracts.step_check import CallMeter, posted_batch, queue_acc
from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.dispute.game import Status
from rollup.l1.action import digests
from rollup.l1.evidence import subject_of, work_of
from rollup.l1.promise import Claim, beginning, open_claim, open_leaf
from rollup.l1.step_proof import Cursor, L1Facts, PostedBatch, open_records

Found = TypeVar("Found")

CLAIM_HASH_BYTES = 1 + 32 + 3 * 8 + 3 * 32
"""What a claim hashes."""


@dataclass(frozen=True, slots=True)
class StakesSettings:
    """Immutables of the stakes contract."""

    genesis: Genesis
    inbox: bytes
    assertions: bytes
    attestations: bytes
    sequencer: bytes
    verifiers: tuple[bytes, ...]
    """L1 addresses in the order of their keys."""
    burn_e9: int
    release_blocks: int
    """How long stakes stay once the rollup is closed."""
    reward_blocks: int
    """How long earlier commitments may be shown once a stake is slashed."""


@dataclass(frozen=True, slots=True)
class RewardRecord:
    """What is left of a slashed stake, for its accuser."""

    storage_slots: ClassVar[int] = 1

    wei: int
    block: int
    """When it was slashed."""


RECORDS = (RewardRecord, *bounty.RECORDS)
"""Everything kept here which is not a number."""


def commit(call: Call, commitment: bytes) -> None:
    """Note that somebody has committed to some evidence (`rollup.l1.evidence`)."""
    bounty.commit(call, commitment)


def accuse_claims(
    call: Call, one: bytes, other: bytes, leaves: tuple[bytes, ...], paths: tuple[tuple[bytes, ...], ...], salt: bytes
) -> None:
    """Slash the sequencer for two claims about one batch that contradict each other.

    Either both show a leaf for the same step, and the leaves differ; or no leaves are given, both end with the same step, and their state
    roots differ.
    """
    first, second = _claim(call, one), _claim(call, other)
    call.require(first.beginning == second.beginning, "the claims are about different batches")
    if leaves:
        call.require(len(leaves) == len(paths) == 2, "a leaf and a path of each claim")
        steps = [_leaf(call, claim, leaf, path)[0] for claim, leaf, path in zip((first, second), leaves, paths, strict=True)]
        call.require(steps[0] == steps[1], "the leaves are of different steps")
        call.require(leaves[0] != leaves[1], "the claims agree")
    else:
        call.require(first.end == second.end, "the claims end with different steps")
        call.require(first.state_root != second.state_root, "the claims agree")
    _slash(call, call.settings(StakesSettings).sequencer, work_of("accuseClaims", (one, other, leaves, paths)), salt)


def accuse_batch(call: Call, signed: bytes, leaf: bytes, path: tuple[bytes, ...], opening: bytes, salt: bytes) -> None:
    """Slash the sequencer for a batch on L1 that has another action in a step than it has promised, or has posted steps but not this one.

    The batch must have begun as the claim says; `opening` opens the step's records from it, as in a proof of the step, and is empty where
    there is no such step. A batch without any posted step is no evidence: it may have been forced.
    """
    fixed = call.settings(StakesSettings)
    claim = _claim(call, signed)
    step, digest = _leaf(call, claim, leaf, path)
    batch = posted_batch(call, fixed.inbox, claim.batch)
    parent = _accumulator(call, claim.batch - 1) if claim.batch else fixed.genesis.genesis_hash
    numbers = (claim.batch, batch.time_s, batch.queue_from, batch.queue_to)
    begun = beginning(parent, numbers, queue_acc(call, fixed.inbox, batch.queue_to))
    call.require(begun == claim.beginning, "the batch on L1 began otherwise")
    call.require(batch.queued < step and batch.count > 0, "the batch has no such posted step")
    if step < batch.steps:
        _require_another(call, batch, (step, digest), opening)
    else:
        call.require(not opening, "bytes behind the opening")
    _slash(call, fixed.sequencer, work_of("accuseBatch", (signed, leaf, path, opening)), salt)


def _require_another(call: Call, batch: PostedBatch, promised: tuple[int, bytes], opening: bytes) -> None:
    """Revert unless the opening shows another action in a step than was promised there."""
    fixed, (step, digest) = call.settings(StakesSettings), promised
    facts, cursor = L1Facts(fixed.genesis, batch, lambda length: queue_acc(call, fixed.inbox, length)), Cursor(opening)
    try:
        records = open_records(facts, step, cursor, SignatureChecker(), CallMeter(call))
    except RollupError as error:
        call.revert(str(error))
    call.require(cursor.place == len(opening), "bytes behind the opening")
    call.require(digests(records[:1], fixed.genesis)[0].tobytes() != digest, "the batch keeps the promise")


def accuse_attestation(call: Call, batch: int, root: bytes, assertion: bytes, verifier: int, salt: bytes) -> None:
    """Slash a verifier whose attestation of a batch's root L1 has, where another root was confirmed for that batch."""
    fixed = call.settings(StakesSettings)
    call.require(verifier < len(fixed.verifiers), "no such verifier")
    signers = call.call(fixed.attestations, "signers", batch, root)
    assert isinstance(signers, int)
    call.require(bool(signers >> verifier & 1), "the verifier has not attested this root")
    found = call.call(fixed.assertions, "assertion", assertion)
    assert isinstance(found, tuple)
    _parent, batches, end_root, *_, status = found
    call.require(status == Status.CONFIRMED and batches == batch + 1, "not the confirmed assertion of this batch")
    call.require(end_root != root, "the attested root was confirmed")
    _slash(call, fixed.verifiers[verifier], work_of("accuseAttestation", (batch, root, assertion, verifier)), salt)


def collect_reward(call: Call, owner: bytes) -> None:
    """Pay what is left of a slashed stake to whoever committed first to evidence, once all had their time to show it. Anybody may call."""
    found = call.storage.find(("reward", owner), RewardRecord)
    if found is None:
        call.revert("there is no reward, or it was paid")
    call.require(call.block_number > found.block + call.settings(StakesSettings).reward_blocks, "earlier commitments may still be shown")
    best = bounty.claim_of(call, subject_of(owner))
    assert best is not None
    del call.storage["reward", owner]
    call.transfer(best.claimant, found.wei)
    call.emit("RewardPaid", owner=owner, to=best.claimant, amount=found.wei)


def release_stake(call: Call, owner: bytes) -> None:
    """Pay a stake back once the rollup has been closed for long enough to be accused. Anybody may call."""
    fixed = call.settings(StakesSettings)
    found = call.call(fixed.assertions, "closed")
    assert isinstance(found, tuple)
    call.require(found[0] > 0 and call.block_number > found[0] + fixed.release_blocks, "stakes are held while the rollup goes on")
    wei = call.storage.get(("stake", owner), 0)
    if wei:
        call.storage["stake", owner] = 0
        call.transfer(owner, wei)
        call.emit("StakeReleased", owner=owner, amount=wei)


def stake_of(call: Call, owner: bytes) -> int:
    """Return the wei that an address has at stake."""
    return call.storage.get(("stake", owner), 0)


def reward_of(call: Call, owner: bytes) -> tuple[int, int, bytes, int]:
    """Return what is left of a slashed stake and when it was slashed; who is owed it as it stands, and its rank. Zeros for none."""
    found, best = call.storage.find(("reward", owner), RewardRecord), bounty.claim_of(call, subject_of(owner))
    return (found.wei, found.block, best.claimant, best.rank) if found and best else (0, 0, bytes(20), 0)


def commitment_at(call: Call, commitment: bytes) -> int:
    """Return the block that a commitment came in, or 0."""
    return call.storage.get(("commitment", commitment), 0)


def _slash(call: Call, owner: bytes, work: bytes, salt: bytes) -> None:
    """Slash a stake; where that has been done already, only the claim to the reward is taken: whose evidence was copied loses nothing."""
    wei = call.storage.get(("stake", owner), 0)
    call.require(wei > 0 or ("reward", owner) in call.storage, "nothing is at stake any more")
    if wei:
        burned = -(-wei * call.settings(StakesSettings).burn_e9 // SHARE)
        call.storage["stake", owner] = 0
        call.storage["reward", owner] = RewardRecord(wei - burned, call.block_number)
        call.transfer(BURNED, burned)
        call.emit("StakeSlashed", owner=owner, accuser=call.sender, amount=wei - burned, burned=burned)
    bounty.claim(call, subject_of(owner), work, salt)


def _claim(call: Call, evidence: bytes) -> Claim:
    fixed = call.settings(StakesSettings)
    CallMeter(call).recoveries(1)
    call.charge_keccak(CLAIM_HASH_BYTES)
    return _tried(call, lambda: open_claim(fixed.genesis.genesis_hash, fixed.sequencer, evidence))


def _leaf(call: Call, claim: Claim, leaf: bytes, path: tuple[bytes, ...]) -> tuple[int, bytes]:
    call.charge_keccak(1 + len(leaf))
    CallMeter(call).hashes(len(path), 65)
    return _tried(call, lambda: open_leaf(claim, leaf, path))


def _tried(call: Call, opened: Callable[[], Found]) -> Found:
    try:
        return opened()
    except RollupError as error:
        call.revert(str(error))


def _accumulator(call: Call, batch: int) -> bytes:
    found = call.call(call.settings(StakesSettings).inbox, "batch", batch)
    assert isinstance(found, tuple)
    accumulator = found[0]
    assert isinstance(accumulator, bytes)
    return accumulator
