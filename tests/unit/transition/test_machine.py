import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.state.layout import RECEIPT
from rollup.state.limits import SAVES
from rollup.state.plain import plain_row
from rollup.state.rows import DEPTHS, DTYPES, WIDTHS
from rollup.state.tree import StateTree, leaf_hash
from rollup.state.witness import (
    SectionWitness,
    Witness,
    WitnessError,
    decode_witness,
    encode_witness,
    root_after,
    verify_witness,
)
from rollup.transition.machine import LazyRecords, PlainMachine, StaleForkError
from tests.unit.transition.toy_transition import FAULT, MISS, OK, TOY, toy_records

RECORDS = toy_records(120)


def machine_at(count, records=RECORDS):
    machine = PlainMachine(TOY)
    machine.execute(records, 0, count)
    return machine


def naive_root(rows):
    tree = StateTree()
    for section, (indices, words) in rows.items():
        for index, row in zip(indices.tolist(), words.tolist(), strict=True):
            tree.sections[section].update({index: leaf_hash(section, row)})
    return tree.root()


def same_rows(one, other):
    return all(np.array_equal(a, b) for section in DTYPES for a, b in zip(one[section], other[section], strict=True))


def step_over(witness, records, index):
    """What L1 does: state from the witness, one step, root after it."""
    state, before = verify_witness(witness)
    receipt = plain_row(RECEIPT)
    TOY.apply(state, LazyRecords(records), index, receipt)
    return before, root_after(witness, state), receipt.status


def test_the_root_is_that_of_the_rows():
    machine = machine_at(50)
    assert machine.root() == naive_root(machine.snapshot()) == machine.root()


def test_a_trace_has_the_root_after_every_stride():
    for stride in (1, 7, 60, 100):
        machine, other = PlainMachine(TOY), PlainMachine(TOY)
        receipts, roots = machine.trace(RECORDS, 0, 60, stride)
        expected = []
        for start in range(0, 60, stride):
            other.execute(RECORDS, start, min(start + stride, 60))
            expected.append(other.root())
        assert roots == expected
        assert np.array_equal(receipts, PlainMachine(TOY).execute(RECORDS, 0, 60))


def test_a_snapshot_loads_to_the_same_state():
    machine = machine_at(80)
    copy = PlainMachine(TOY)
    copy.load(machine.snapshot())
    assert copy.root() == machine.root()
    assert same_rows(copy.snapshot(), machine.snapshot())
    assert not any(len(indices) for indices, _ in copy.close_batch().before.values())


def test_a_closed_batch_tells_what_it_changed():
    machine = machine_at(40)
    machine.close_batch()
    start = machine.snapshot()
    machine.execute(RECORDS, 40, 90)
    change = machine.close_batch()
    for section, (indices, words) in change.after.items():
        assert list(indices) == sorted(set(indices.tolist()))
        assert words.tolist() == [machine.words(section, index) for index in indices.tolist()]
    restored = PlainMachine(TOY)
    restored.load(start)
    for section, (indices, words) in change.before.items():
        assert words.tolist() == [restored.words(section, index) for index in indices.tolist()]


def test_a_fork_is_the_state_before():
    machine, roots, changes = PlainMachine(TOY), [], []
    for start in range(0, 120, 30):
        roots.append(machine.root())
        machine.execute(RECORDS, start, start + 30)
        changes.append(machine.close_batch())
    for batch in range(4):
        fork = machine.fork(changes[batch:])
        assert fork.root() == roots[batch]
        replay = PlainMachine(TOY)
        replay.execute(RECORDS, 0, 30 * batch)
        assert same_rows(fork.snapshot(), replay.snapshot())
        assert np.array_equal(fork.execute(RECORDS, 30 * batch, 120), replay.execute(RECORDS, 30 * batch, 120))
        assert fork.root() == machine.root()
    assert machine.root() == machine_at(120).root(), "forks leave the machine alone"


def test_a_fork_of_a_fork():
    machine = machine_at(30)
    first = machine.close_batch()
    machine.execute(RECORDS, 30, 60)
    second = machine.close_batch()
    fork = machine.fork([second]).fork([first])
    assert fork.root() == PlainMachine(TOY).root()


def test_a_fork_is_of_no_use_when_its_machine_moves_on():
    machine = machine_at(30)
    fork = machine.fork([])
    machine.execute(RECORDS, 30, 31)
    with pytest.raises(StaleForkError):
        fork.execute(RECORDS, 31, 60)


def test_rows_by_name_and_by_number():
    machine = machine_at(20)
    index, words = next(machine.rows("accounts"))
    assert machine.row("accounts", index)["cash_e8"] == words[3]
    assert machine.row("accounts", index)["owner"] == words[:3]
    assert machine.words("accounts", 1 << 15) == [0] * WIDTHS["accounts"]
    for outside in (-1, 1 << 40):
        with pytest.raises(IndexError):
            machine.words("accounts", outside)


def test_a_witness_carries_its_step():
    machine = machine_at(30)
    for index in range(30, 60):
        before = machine.root()
        witness = machine.witness(RECORDS, index)
        assert machine.root() == before, "the machine stays as it is"
        assert decode_witness(encode_witness(witness)) == witness
        proven = step_over(witness, RECORDS, index)
        status = machine.execute(RECORDS, index, index + 1)["status"][0]
        assert proven == (before, machine.root(), status)


def test_a_witness_for_a_step_that_faults_everywhere():
    records = RECORDS.copy()
    records["kind"][30] = MISS
    machine = machine_at(30)
    assert step_over(machine.witness(records, 30), records, 30)[2] == FAULT
    assert machine.execute(records, 30, 31)["status"][0] == FAULT


def without_row(machine, witness, section, place):
    """A true witness with one row less."""
    parts = list(witness.sections)
    indices = [index for i, index in enumerate(parts[section].indices) if i != place]
    parts[section] = machine.section_witness(list(DTYPES)[section], indices)
    return Witness(tuple(parts))


def test_a_witness_without_any_one_row_faults():
    machine = machine_at(30)
    for index in range(30, 50):
        witness = machine.witness(RECORDS, index)
        for section, part in enumerate(witness.sections):
            for place in range(len(part.indices)):
                before, _, status = step_over(without_row(machine, witness, section, place), RECORDS, index)
                assert before == machine.root()
                assert status == FAULT


def test_a_witness_may_hold_more_than_the_step_needs():
    machine = machine_at(30)
    witness = machine.witness(RECORDS, 30)
    parts = list(witness.sections)
    parts[list(DEPTHS).index("orders")] = machine.section_witness("orders", [0, 4, 1000])
    assert step_over(Witness(tuple(parts)), RECORDS, 30) == step_over(witness, RECORDS, 30)


WITNESS = encode_witness(machine_at(30).witness(RECORDS, 31))
ROOT = machine_at(30).root()


@given(st.integers(0, 8 * len(WITNESS) - 1))
@settings(deadline=None, max_examples=300)
def test_a_mutated_witness_proves_the_root_only_where_it_is_true(bit):
    """As it is where a zero row became its neighbour, another zero row below the same siblings."""
    data = bytearray(WITNESS)
    data[bit // 8] ^= 1 << bit % 8
    try:
        witness = decode_witness(bytes(data))
        before = verify_witness(witness)[1]
    except WitnessError:
        return
    assert before != ROOT or is_true(witness)


def is_true(witness):
    """Are a witness's rows those of the state that `WITNESS` was made of?"""
    machine = machine_at(30)
    parts = zip(DTYPES, witness.sections, strict=True)
    return all(machine.words(name, index) == list(row) for name, part in parts for index, row in zip(part.indices, part.words, strict=True))


@given(st.binary(max_size=200), st.integers(0, len(WITNESS)))
@settings(deadline=None, max_examples=200)
def test_no_bytes_but_its_own_decode_to_a_witness(garbage, cut):
    for data in (garbage, WITNESS[:cut] + garbage, garbage + WITNESS):
        try:
            assert encode_witness(decode_witness(data)) == data
        except WitnessError:
            continue


@pytest.mark.parametrize(
    "part",
    [
        SectionWitness((0,), ((1 << 63,) * WIDTHS["system"],), ()),
        SectionWitness((0,), ((1,),), ()),
        SectionWitness((0, 0), ((1,) * WIDTHS["system"],) * 2, ()),
        SectionWitness((1,), ((1,) * WIDTHS["system"],), ()),
        SectionWitness((0,), ((1,) * WIDTHS["system"],), (bytes(32),)),
        SectionWitness((), (), ()),
        SectionWitness((), (), (bytes(31),)),
        SectionWitness((-1,), ((1,) * WIDTHS["system"],), ()),
    ],
)
def test_a_witness_of_the_wrong_shape_is_refused(part):
    sections = decode_witness(WITNESS).sections
    with pytest.raises(WitnessError):
        verify_witness(Witness((part, *sections[1:])))
    with pytest.raises(WitnessError):
        verify_witness(Witness(sections[1:]))


def test_reverted_steps_leave_no_trace_but_their_nonce():
    records = RECORDS.copy()
    records["kind"] = 3
    machine = PlainMachine(TOY)
    machine.execute(records, 0, 50)
    change = machine.close_batch()
    assert set(change.after) == set(DTYPES)
    assert [section for section, (indices, _) in change.after.items() if len(indices)] == ["accounts"]
    assert OK not in machine.execute(records, 0, 50)["status"]
    assert SAVES > 0
