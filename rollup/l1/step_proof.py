"""The proof of a leaf's steps: the records, opened from what was really posted or queued, and a witness for each.

    steps   = step × (steps of the batch that the leaf covers)
    step    = opening ‖ u32 length ‖ witness                          witness: see rollup.state.witness
    opening = entry × (of its records, those that were queued) ‖ body, if any of its records was posted
    body    = u32 length of the body ‖ u16 chunks ‖ (u16 number ‖ 256 bytes) × chunks ‖ hash × siblings        numbers ascending

The records of a step are the one of that number and as many behind it as it says are its continuations, at most `PARTS` and none beyond
the batch's end. Step 0 is made from the batch's header and needs no opening. Integers are big-endian.

One rule: L1 opens the records itself and sets what is not the prover's to say: where a record came from, and whether its signature is
valid. Every byte is accounted for: one too many or too few and the proof is worth nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.keccak import HASH_BYTES
from rollup.core.merkle import proof_positions
from rollup.core.signing import SignatureChecker
from rollup.dispute import one_step
from rollup.dispute.metering import Meter
from rollup.dispute.prior import ProofError
from rollup.l1.action import authenticate
from rollup.l1.batch import chunks_of_record, record_from_chunks
from rollup.l1.chunks import CHUNK_BYTES, ChunkProof, depth_of, prove, proven_reader
from rollup.l1.forced import RECORD_BYTES, record_of_entry
from rollup.l1.header import queue_accumulator
from rollup.l1.packing import Reader
from rollup.l1.records import Records, begin_record, concatenated
from rollup.state.limits import PARTS
from rollup.state.witness import encode_witness
from rollup.transition.machine import Machine

SIGNED_HASHES = ((256, 2), (66, 1))
"""Length and number of the hashes of one EIP-712 digest: data, struct, envelope."""


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """What L1 itself computed about a batch."""

    index: int
    chunk_root: bytes
    time_s: int
    queue_from: int
    queue_to: int
    count: int

    @property
    def queued(self) -> int:
        """Number of queue entries, which are steps 1 to this."""
        return self.queue_to - self.queue_from

    @property
    def steps(self) -> int:
        """Number of steps, the batch's begin among them."""
        return 1 + self.queued + self.count


@dataclass(frozen=True, slots=True)
class L1Facts:
    """What a check takes from L1's own storage and from genesis."""

    genesis: Genesis
    batch: PostedBatch
    queue_acc: Callable[[int], bytes]
    """The accumulator of the queue's first so many entries."""


def leaf_steps(leaf: int, steps_per_leaf: int, steps: int) -> range:
    """Return the steps of a batch that a leaf covers, from 0; none where the leaf is padding."""
    return range(leaf * steps_per_leaf, min((leaf + 1) * steps_per_leaf, steps))


def check_steps(facts: L1Facts, covered: range, before: bytes, proof: bytes, meter: Meter) -> bytes:
    """Execute the covered steps of a batch from state root `before`; return the root after them. Raises ProofError."""
    cursor, root, checker = Cursor(proof), before, SignatureChecker()
    try:
        for step in covered:
            records = open_records(facts, step, cursor, checker, meter)
            root = one_step.execute(records, root, cursor.take(cursor.number(4)), meter)
    except ProofError:
        raise
    except RollupError as error:
        raise ProofError(error.what, received=error.received, expected=error.expected) from error
    if cursor.place != len(proof):
        raise ProofError("length of a proof", received=len(proof), expected=cursor.place)
    return root


def build_steps(machine: Machine, records: Records, covered: range, body: bytes, entries: Sequence[bytes]) -> bytes:
    """Return the proof of the covered steps; the machine stands before the first of them, and then after the last.

    `records` are all of the batch, as derived; `entries` the queue entries that it takes, `body` what was posted.
    """
    parts = []
    for step in covered:
        opening = build_opening(records, step, body, entries)
        witness = encode_witness(machine.witness(records, step))
        machine.execute(records, step, step + 1)
        parts += [opening, len(witness).to_bytes(4, "big"), witness]
    return b"".join(parts)


def open_records(facts: L1Facts, step: int, cursor: "Cursor", checker: SignatureChecker, meter: Meter) -> Records:
    """Return the record of a step and its continuations, with source and authenticity set by what L1 knows."""
    batch = facts.batch
    if step == 0:
        return begin_record(batch.index, batch.time_s, batch.queue_to)
    opener = Opener(facts, cursor, meter)
    head, signature = opener.open(step)
    records, signatures = [head], [signature]
    for number in followers(int(head["parts"][0]), step, batch.steps):
        part, signature = opener.open(number)
        records.append(part)
        signatures.append(signature)
    opener.close()
    joined = concatenated(records)
    note_signatures(len(joined), meter)
    authenticate(joined, np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, 64), facts.genesis, checker)
    return joined


def build_opening(records: Records, step: int, body: bytes, entries: Sequence[bytes]) -> bytes:
    """Return the opening of a step's records."""
    if step == 0:
        return b""
    first = 1 + len(entries)
    count = len(records) - first
    wanted = [step, *followers(int(records["parts"][step]), step, len(records))]
    queued = b"".join(entries[number - 1] for number in wanted if number < first)
    posted = [number - first for number in wanted if number >= first]
    if not posted:
        return queued
    chunks = prove(body, sorted({chunk for number in posted for chunk in chunks_of_record(body, count, number)}))
    return queued + encode_chunks(len(body), chunks)


def followers(parts: int, step: int, steps: int) -> range:
    """Return the steps whose records are opened along with a head that announces `parts`, which may be any number."""
    return range(step + 1, min(step + 1 + min(max(parts, 0), PARTS), steps))


class Opener:
    """Opens the records of one step, in order: queue entries first, then posted ones out of one set of chunks."""

    def __init__(self, facts: L1Facts, cursor: "Cursor", meter: Meter) -> None:
        self.facts, self.cursor, self.meter = facts, cursor, meter
        self.reader: Reader | None = None
        self.given: frozenset[int] = frozenset()
        self.used: set[int] = set()

    def open(self, step: int) -> tuple[Records, bytes]:
        """Return the record of one step, an array of one, and its signature."""
        batch = self.facts.batch
        if step <= batch.queued:
            return self.queued(batch.queue_from + step - 1)
        if self.reader is None:
            self.reader = self.watched(decode_chunks(self.cursor, self.meter))
        return record_from_chunks(self.reader, batch.count, step - batch.queued - 1)

    def queued(self, index: int) -> tuple[Records, bytes]:
        """Return the record of a queue entry, whose bytes must be those that L1 accumulated."""
        entry = self.cursor.take(RECORD_BYTES)
        self.meter.hashes(1, RECORD_BYTES)
        self.meter.hashes(1, 65)
        accumulated = queue_accumulator(self.facts.queue_acc(index), entry)
        if accumulated != self.facts.queue_acc(index + 1):
            raise ProofError("queue entry", received=accumulated, expected="what L1 accumulated")
        record, signature = record_of_entry(entry)
        return record, signature.tobytes()

    def watched(self, opened: tuple[int, ChunkProof]) -> Reader:
        """Return a reader of proven chunks that notes which were read."""
        length, proof = opened
        inner = proven_reader(proof, length, self.facts.batch.chunk_root)
        self.given = frozenset(proof.chunks)

        def read(offset: int, wanted: int) -> bytes:
            self.used.update(range(offset // CHUNK_BYTES, -(-(offset + wanted) // CHUNK_BYTES)))
            return inner(offset, wanted)

        return read

    def close(self) -> None:
        """Raise ProofError where a chunk was given that no record needed."""
        if not self.given <= self.used:
            raise ProofError("chunks", received=sorted(self.given - self.used), expected="only those that the records lie in")


class Cursor:
    """Reads a proof from front to back."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, count: int) -> bytes:
        """Return the next bytes. Raises ProofError where there are fewer."""
        taken = self.data[self.place : self.place + count]
        if len(taken) != count:
            raise ProofError("length of a proof", received=len(self.data), expected=f"at least {self.place + count}")
        self.place += count
        return taken

    def number(self, width: int) -> int:
        """Return the next integer, of `width` bytes."""
        return int.from_bytes(self.take(width), "big")


def encode_chunks(length: int, proof: ChunkProof) -> bytes:
    """Return the bytes of proven chunks of a body of some length."""
    chunks = b"".join(number.to_bytes(2, "big") + chunk for number, chunk in sorted(proof.chunks.items()))
    return length.to_bytes(4, "big") + len(proof.chunks).to_bytes(2, "big") + chunks + b"".join(proof.siblings)


def decode_chunks(cursor: Cursor, meter: Meter) -> tuple[int, ChunkProof]:
    """Return the length of a body and proven chunks of it; not yet checked against its chunk root. Raises ProofError."""
    length = cursor.number(4)
    size = 1 << depth_of(length)
    count = cursor.number(2)
    chunks: dict[int, bytes] = {}
    last = -1
    for _ in range(count):
        number = cursor.number(2)
        if not last < number < size:
            raise ProofError("number of a chunk", received=number, expected=f"above {last}, below {size}")
        chunks[number], last = cursor.take(CHUNK_BYTES), number
    siblings = len(proof_positions(chunks, depth_of(length)))
    meter.hashes(count, 1 + CHUNK_BYTES)
    meter.hashes(count + siblings, 65)
    packed = cursor.take(HASH_BYTES * siblings)
    return length, ChunkProof(chunks, tuple(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)))


def note_signatures(count: int, meter: Meter) -> None:
    """Note the work of checking the signatures of some records."""
    meter.recoveries(count)
    for length, times in SIGNED_HASHES:
        meter.hashes(count * times, length)
