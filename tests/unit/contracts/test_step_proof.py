"""The proof of a leaf's steps: what is opened is what was posted, and anything but the right bytes proves nothing."""

import random
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.signing import SignatureChecker
from rollup.dispute.metering import Unmetered
from rollup.dispute.one_step import WITNESS_MAX, execute
from rollup.dispute.prior import ProofError
from rollup.l1.chunks import prove
from rollup.l1.step_proof import (
    Cursor,
    L1Facts,
    PostedBatch,
    build_opening,
    check_steps,
    encode_chunks,
    leaf_steps,
    open_records,
)
from rollup.state.rows import DTYPES
from rollup.state.witness import SectionWitness, Witness, encode_witness, verify_witness
from rollup.transition.kinds import Kind
from tests.unit.contracts.trading_day import real_l1, trading_day


@pytest.fixture(name="day", scope="module")
def day_fixture():
    return trading_day(real_l1())


@pytest.fixture(name="facts", scope="module")
def facts_fixture(day):
    header = day.derived.header
    batch = PostedBatch(0, header.chunk_root, header.time_s, header.queue_from, header.queue_to, header.count)
    accs = [day.l1.ask("inbox", "queueAcc", length) for length in range(header.queue_to + 1)]
    return L1Facts(day.l1.genesis, batch, accs.__getitem__)


def steps_of(day, kind):
    return np.flatnonzero(day.derived.records["kind"] == kind).tolist()


def check(day, facts, leaf, proof, before=None):
    before = day.trace.root_before(leaf) if before is None else before
    return check_steps(facts, leaf_steps(leaf, 1, len(day.derived.records)), before, proof, Unmetered())


def test_opened_records_are_the_derived_ones(day, facts):
    records = day.derived.records
    entries = [entry.data for entry in day.derived.entries]
    for step in range(len(records)):
        cursor = Cursor(build_opening(records, step, day.derived.body, entries))
        opened = open_records(facts, step, cursor, SignatureChecker(), Unmetered())
        assert cursor.place == len(cursor.data)
        assert opened.tobytes() == records[step : step + len(opened)].tobytes()
        assert len(opened) == 1 + records["parts"][step]


def test_padding_is_the_identity_and_takes_no_bytes(day, facts):
    leaf = len(day.derived.records)
    assert check(day, facts, leaf, b"") == day.trace.end
    with pytest.raises(ProofError):
        check(day, facts, leaf, b"\0")


def test_leaves_cover_the_steps_once():
    assert [step for leaf in range(4) for step in leaf_steps(leaf, 4, 11)] == list(range(11))
    assert list(leaf_steps(3, 4, 11)) == []


MUTATED = (Kind.BEGIN_BATCH, Kind.DEPOSIT, Kind.ORACLE_UPDATE, Kind.PLACE_ORDER, Kind.EXECUTE_BLOCK, Kind.WITHDRAW)


@given(st.sampled_from(MUTATED), st.integers(0, 2**32))
def test_a_changed_proof_proves_nothing(day, facts, kind, seed):
    dice = random.Random(seed)
    step = dice.choice(steps_of(day, kind))
    proof = bytearray(proof_of(day, step))
    place = dice.randrange(len(proof))
    match dice.randrange(4):
        case 0:
            proof[place] ^= 1 << dice.randrange(8)
        case 1:
            del proof[place : place + dice.randrange(1, 40)]
        case 2:
            proof[place:place] = dice.randbytes(dice.randrange(1, 40))
        case _:
            proof[place : place + 32] = dice.randbytes(32)
    if bytes(proof) != proof_of(day, step):
        with pytest.raises(ProofError):
            check(day, facts, step, bytes(proof))


PROOFS: dict[int, bytes] = {}


def proof_of(day, step):
    if step not in PROOFS:
        PROOFS[step] = day.steps_proof(step)
    return PROOFS[step]


@given(st.integers(0, 42), st.integers(0, 42))
def test_a_proof_is_of_its_own_step(day, facts, step, other):
    if step != other:
        with pytest.raises(ProofError):
            check(day, facts, other, proof_of(day, step))


@given(st.integers(0, 42), st.binary(max_size=400))
def test_arbitrary_bytes_prove_nothing(day, facts, step, data):
    with pytest.raises(ProofError):
        check(day, facts, step, data)


@pytest.mark.parametrize("kind", [Kind.BEGIN_BATCH, Kind.DEPOSIT, Kind.TRANSFER, Kind.WITHDRAW, Kind.PLACE_ORDER, Kind.EXECUTE_BLOCK])
def test_a_witness_without_one_of_its_rows_does_not_suffice(day, kind):
    step = steps_of(day, kind)[-1 if kind is Kind.WITHDRAW else 0]
    machine = day.machine(step)
    records = day.derived.records
    whole, before = machine.witness(records, step), machine.root()
    taken = records[step : step + 1 + int(records["parts"][step])]
    assert execute(taken, before, encode_witness(whole), Unmetered()) == day.trace.roots[step]
    for place, name in enumerate(DTYPES):
        for index in whole.sections[place].indices:
            rest = [each for each in whole.sections[place].indices if each != index]
            sections = list(whole.sections)
            sections[place] = machine.section_witness(name, rest)
            with pytest.raises(ProofError, match="rows of a witness"):
                execute(taken, before, encode_witness(Witness(tuple(sections))), Unmetered())


def made_up(witness: Witness, section: str, change) -> tuple[bytes, bytes]:
    """A witness whose rows of one section `change` has rewritten, as bytes, and the root of the state that would have such rows."""
    sections, place = list(witness.sections), list(DTYPES).index(section)
    part = sections[place]
    sections[place] = SectionWitness(part.indices, tuple(tuple(change(list(words))) for words in part.words), part.hashes)
    changed = Witness(tuple(sections))
    return encode_witness(changed), verify_witness(changed)[1]


def test_a_state_that_an_attacker_made_up_cannot_leave_64_bits(day):
    """He may assert any root, and then prove from it: one order fewer than the least number there is must not break L1."""
    step = steps_of(day, Kind.CANCEL)[0]
    place = list(DTYPES["accounts"].names).index("open_orders") + 2

    def least(words):
        return [*words[:place], -(1 << 63), *words[place + 1 :]]

    data, root = made_up(day.machine(step).witness(day.derived.records, step), "accounts", least)
    with pytest.raises(ProofError, match="rows of a witness"):
        execute(day.derived.records[step : step + 1], root, data, Unmetered())


WITNESSES: dict[int, Witness] = {}


@given(st.integers(0, 42), st.integers(0, 2**32))
def test_rows_that_no_state_has_give_a_root_or_prove_nothing(day, step, seed):
    dice = random.Random(seed)
    if step not in WITNESSES:
        WITNESSES[step] = day.machine(step).witness(day.derived.records, step)

    def change(words):
        for _ in range(dice.choice((0, 1, 3, 9))):
            words[dice.randrange(len(words))] = dice.choice((0, 1, -1, 17, 1 << 40, (1 << 63) - 1, -(1 << 63), dice.randrange(1 << 62)))
        return words

    touched = [name for name, part in zip(DTYPES, WITNESSES[step].sections, strict=True) if part.indices]
    if touched:
        data, root = made_up(WITNESSES[step], dice.choice(touched), change)
        taken = day.derived.records[step : step + 1 + int(day.derived.records["parts"][step])]
        with suppress(ProofError):
            assert len(execute(taken, root, data, Unmetered())) == 32


def test_a_row_too_many_is_refused(day):
    """A step has one witness, so who makes a move cannot be paid for bytes that nobody needs."""
    step = steps_of(day, Kind.TRANSFER)[0]
    machine = day.machine(step)
    whole, records = machine.witness(day.derived.records, step), day.derived.records[step : step + 1]
    assert execute(records, machine.root(), encode_witness(whole), Unmetered()) == day.trace.roots[step]
    for name, indices in (("markets", [1, 2]), ("accounts", [1, 2, 3])):
        place, sections = list(DTYPES).index(name), list(whole.sections)
        sections[place] = machine.section_witness(name, indices)
        assert verify_witness(Witness(tuple(sections)))[1] == machine.root()
        with pytest.raises(ProofError, match="rows of a witness"):
            execute(records, machine.root(), encode_witness(Witness(tuple(sections))), Unmetered())


def test_a_chunk_too_many_is_refused(day, facts):
    step = steps_of(day, Kind.CANCEL)[0]
    machine = day.machine(step)
    witness = encode_witness(machine.witness(day.derived.records, step))
    entries = [entry.data for entry in day.derived.entries]
    opening = build_opening(day.derived.records, step, day.derived.body, entries)
    everything = encode_chunks(len(day.derived.body), prove(day.derived.body, range(1 << 10)))
    tail = len(witness).to_bytes(4, "big") + witness
    assert check(day, facts, step, opening + tail) == day.trace.roots[step]
    with pytest.raises(ProofError, match="chunks"):
        check(day, facts, step, everything + tail)


def test_a_witness_has_a_greatest_length(day):
    with pytest.raises(ProofError, match="length of a witness"):
        execute(day.derived.records[:1], day.trace.before, bytes(WITNESS_MAX + 1), Unmetered())


def test_another_queue_or_another_body_refuses_the_same_proof(day, facts):
    queued, posted = steps_of(day, Kind.DEPOSIT)[0], steps_of(day, Kind.EXECUTE_BLOCK)[0]
    moved = replace(facts, queue_acc=lambda length: bytes([length]) * 32)
    with pytest.raises(ProofError, match="queue entry"):
        check(day, moved, queued, proof_of(day, queued))
    other = replace(facts, batch=replace(facts.batch, chunk_root=bytes(32)))
    with pytest.raises(ProofError, match="chunk root"):
        check(day, other, posted, proof_of(day, posted))


def smallest(day):
    """The step with the shortest proof that has a witness, and that proof."""
    return min(((step, proof_of(day, step)) for step in range(43)), key=lambda found: len(found[1]))


def flips(proof, part, parts):
    """Every bit of a proof, or every so-manieth."""
    for place in range(part, 8 * len(proof), parts):
        changed = bytearray(proof)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def test_a_flipped_bit_of_a_small_proof_proves_nothing(day, facts):
    step, proof = smallest(day)
    assert check(day, facts, step, proof) == day.trace.roots[step]
    for changed in flips(proof, 3, 29):
        with pytest.raises(ProofError):
            check(day, facts, step, changed)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_every_flipped_bit_of_a_small_proof_proves_nothing(day, facts, part):
    step, proof = smallest(day)
    for changed in flips(proof, part, 4):
        with pytest.raises(ProofError):
            check(day, facts, step, changed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_many_random_changes_prove_nothing(day, facts, seed):
    """25,000 a seed: bits, bytes, words and slices of every step's proof, its own or another's."""
    dice = random.Random(seed)
    for _ in range(25_000):
        step = dice.randrange(43)
        proof = bytearray(proof_of(day, step))
        for _ in range(dice.choice((1, 1, 2, 5))):
            place = dice.randrange(len(proof) + 1)
            match dice.randrange(5):
                case 0 if place < len(proof):
                    proof[place] ^= 1 << dice.randrange(8)
                case 1:
                    del proof[place : place + dice.randrange(1, 64)]
                case 2:
                    proof[place:place] = dice.randbytes(dice.randrange(1, 64))
                case 3:
                    proof[place : place + 8] = dice.choice((0, 1, 1 << 63, (1 << 64) - 1)).to_bytes(8, "little")
                case _:
                    other = proof_of(day, dice.randrange(43))
                    start = dice.randrange(len(other) + 1)
                    proof[place : place + 32] = other[start : start + 32]
        if bytes(proof) != proof_of(day, step):
            with pytest.raises(ProofError):
                check(day, facts, step, bytes(proof))
