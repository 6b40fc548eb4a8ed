"""The producer: a sealed batch derives to exactly what was executed, whatever was handed in, and nothing else leaves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.errors import RollupError
from rollup.l1.batch import decode_body, encode_body
from rollup.l1.body_length import RECORDS_SURE
from rollup.l1.records import begin_record, normalised
from rollup.state.layout import TX
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import REJECTED_FIRST, Status
from sequencer import producer as producer_module
from sequencer.intake import cut_at_heads
from sequencer.ledger import group_entry
from sequencer.producer import NOT_INCLUDED, Head, Producer, SealMismatch
from tests.unit.sequencer_node.exchange_day import (
    GENESIS,
    TIME_S,
    checked,
    deposits,
    derived_from,
    genesis_machine,
    morning,
    new_desk,
    new_producer,
    opened_producer,
    queue_of,
    transfers,
)
from tests.unit.transition.workload import Workload


def test_a_sealed_batch_derives_to_the_same_records_receipts_and_root():
    producer, entries = new_producer(), deposits()
    groups = [producer.begin(TIME_S, entries), producer.add(*checked(morning(new_desk())))]
    sealed = producer.seal()
    batch, machine = derived_from(sealed, entries), genesis_machine()
    receipts = machine.execute(batch.records, 0, len(batch.records))
    assert machine.root() == sealed.root == producer.root == producer.head.root
    assert receipts.tobytes() == b"".join(group.receipts.tobytes() for group in groups)
    assert batch.records.tobytes() == b"".join(group.records.tobytes() for group in groups)
    assert sealed.acc == sealed.header.acc() == producer.head.acc
    assert (sealed.header.parent, sealed.header.queue_from, sealed.header.queue_to) == (GENESIS.genesis_hash, 0, len(entries))
    assert (sealed.header.queue_acc, sealed.header.steps) == (entries[-1].acc, len(batch.records))


def test_the_invalid_is_left_out_the_rejected_stays_and_what_has_several_records_stays_whole():
    producer = opened_producer()
    records, signatures = checked(morning(new_desk()))
    group = producer.add(records, signatures)
    statuses = group.submitted["status"]
    invalid = (statuses < REJECTED_FIRST) & (statuses > Status.CONTINUED)
    assert np.flatnonzero(group.steps == NOT_INCLUDED).tolist() == np.flatnonzero(invalid).tolist() == [16]
    assert Status(int(statuses[16])) == Status.INVALID_SIGNATURE
    assert (statuses >= REJECTED_FIRST).sum() == 1
    kept = np.flatnonzero(group.steps != NOT_INCLUDED)
    assert group.steps[kept].tolist() == list(range(group.first, group.first + len(kept)))
    assert group.records.tobytes() == records[kept].tobytes()
    assert group.signatures.tobytes() == signatures[kept].tobytes()
    assert group.receipts.tobytes() == group.submitted[kept].tobytes()
    assert (group.records["kind"] == Kind.CONTINUATION).sum() == group.records["parts"].sum() == 11


@pytest.mark.parametrize("kind", [Kind.TRIGGER, Kind.ORACLE_UPDATE])
def test_what_is_rejected_and_uses_no_nonce_stays_out(kind):
    """Or strangers could fill batches for nothing: an order that is not there is fired, a price is reported again."""
    producer, desk = opened_producer(), new_desk()
    reports = desk.oracles(TIME_S)
    producer.add(*checked(reports))
    again = desk.act(Kind.TRIGGER, 0, order=1, number=1) if kind == Kind.TRIGGER else reports[0]
    records, signatures = checked([again, *transfers(desk, 1)])
    group = producer.add(records, signatures)
    assert group.submitted["status"][0] >= REJECTED_FIRST
    assert group.records["kind"].tolist() == [Kind.TRANSFER]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_batch_that_nothing_went_into_is_empty_and_leaves_nothing_behind(seed):
    workload = Workload(seed, accounts=4, garbage=0.95)
    machine = PlainMachine()
    machine.load(workload.rows())
    records = as_submitted(workload.batch(12))
    head = Head(0, b"p" * 32, workload.time_s, 0, bytes(32), machine.root())
    producer, rows = Producer(machine, head), machine.snapshot()
    assert not producer.is_empty()
    for _ in range(2):
        producer.begin(workload.time_s, [])
        assert producer.is_empty()
        group = producer.add(records, np.zeros((len(records), 64), np.uint8))
        assert producer.is_empty() == (len(group.records) == 0)
        assert producer.posted() == len(group.records)
        producer.undo([], head)
        assert (producer.root, producer.machine.root(), producer.open) == (head.root, head.root, None)
        assert {name: words.tobytes() for name, (_, words) in machine.snapshot().items()} == {
            name: words.tobytes() for name, (_, words) in rows.items()
        }


def test_a_batch_with_queue_entries_is_not_empty():
    producer = opened_producer()
    assert producer.posted() == 0
    assert not producer.is_empty()


def test_an_invalid_head_takes_its_continuations_with_it():
    producer = opened_producer()
    records, signatures = checked([new_desk().trade(2, 3, 2_100, 500_000), *transfers(new_desk(), 1)])
    records["authentic"][0] = 0
    group = producer.add(records, signatures)
    assert group.steps.tolist() == [NOT_INCLUDED, NOT_INCLUDED, group.first]


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 30), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_whatever_is_submitted_the_batch_executes_to_its_root(seed, cuts):
    """Garbage, strays and mutilated transactions of every kind, in groups of any size: a verifier finds the sequencer's root."""
    workload = Workload(seed, accounts=8, garbage=0.4)
    machine, again = PlainMachine(), PlainMachine()
    for each in (machine, again):
        each.load(workload.rows())
    groups, rest = [], as_submitted(workload.batch(40))
    producer = Producer(machine, Head(0, b"p" * 32, workload.time_s, 0, bytes(32), machine.root()))
    producer.begin(workload.time_s, [])
    while len(rest):
        cut = cut_at_heads(rest, cuts[len(groups) % len(cuts)]) or len(rest)
        groups.append(producer.add(rest[:cut], np.zeros((cut, 64), np.uint8)))
        rest = rest[cut:]
    sealed = producer.seal()
    posted, _ = decode_body(sealed.body, sealed.header.count)
    posted["authentic"] = np.concatenate([group.records["authentic"] for group in groups])
    steps = np.concatenate([begin_record(1, workload.time_s, 0), posted])
    receipts = again.execute(steps, 0, len(steps))
    assert again.root() == sealed.root
    assert receipts[1:].tobytes() == b"".join(group.receipts.tobytes() for group in groups)
    assert not np.isin(receipts["status"], range(10, REJECTED_FIRST)).any()


def as_submitted(records):
    """Records as a decoder hands them over, with the signatures that the workload says they have."""
    clean = normalised(records)
    clean["authentic"] = (records["authentic"] == 1) & (clean["kind"] >= Kind.CONTINUATION)
    return clean


FIELDS = [name for name in TX.names if name not in {"source", "authentic", "continues"}]


@pytest.mark.parametrize("field", ["nonce", "amount_e8", "signer", "counterparty"])
def test_a_body_that_says_something_else_is_not_sealed(monkeypatch, field):
    producer = opened_producer()
    producer.add(*checked(transfers(new_desk(), 3)))
    head = producer.head

    def corrupted(records, signatures):
        other = records.copy()
        other[field][1] += 1
        return encode_body(other, signatures)

    monkeypatch.setattr(producer_module, "encode_body", corrupted)
    with pytest.raises(SealMismatch, match=f"another {field}"):
        producer.seal()
    assert producer.head == head
    monkeypatch.undo()
    assert producer.seal().header.index == 0


def test_a_body_with_other_signatures_is_not_sealed(monkeypatch):
    producer = opened_producer()
    producer.add(*checked(transfers(new_desk(), 3)))
    monkeypatch.setattr(producer_module, "encode_body", lambda records, signatures: encode_body(records, signatures ^ 1))
    with pytest.raises(SealMismatch, match="signatures"):
        producer.seal()


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_any_changed_bit_of_a_body_is_found_out_or_changes_nothing(seed):
    dice = np.random.default_rng(seed)
    records, signatures = BODY
    body = bytearray(encode_body(records, signatures))
    body[dice.integers(len(body))] ^= 1 << int(dice.integers(8))
    decoded = decode_body(bytes(body), len(records))
    same = all(np.array_equal(decoded[0][name], records[name]) for name in FIELDS) and np.array_equal(decoded[1], signatures)
    try:
        producer_module.check_body(bytes(body), records, signatures)
    except SealMismatch:
        assert not (same and np.array_equal(decoded[0]["continues"], records["continues"]))
    else:
        assert same


BODY = checked(morning(new_desk()))


def test_a_batch_has_room_for_so_many_records():
    producer = opened_producer(batch_records=5)
    assert producer.room() == 5
    records, signatures = checked(transfers(new_desk(), 6))
    with pytest.raises(RollupError, match="open batch"):
        producer.add(records, signatures)
    producer.add(records[:4], signatures[:4])
    assert producer.room() == 1
    producer.add(records[4:5], signatures[4:5])
    assert producer.room() == 0
    producer.seal()
    assert producer.room() == 0


def test_steps_bound_the_room_too():
    producer = new_producer()
    producer.begin(TIME_S, deposits())
    assert producer.room() == 4096 - 1 - 4


def test_a_body_bounds_it_where_records_are_wide():
    """Whatever numbers strangers write, what is in a batch can be posted: a batch of the widest records is closed before it is full."""
    producer = opened_producer()
    wide = np.random.default_rng(3).integers(-(1 << 63), (1 << 63) - 1, 4_000 * TX.itemsize // 8, dtype=np.int64).view(TX)
    narrow = checked(transfers(new_desk(), 40))[0][np.arange(4_000) % 40]
    assert producer.fitting(narrow) == 4_000
    assert producer.fitting(wide) == RECORDS_SURE < 4_000
    assert producer.fitting(wide[:100]) == 100
    # What came before counts, and a wide record among narrow ones widens them all.
    producer.open.records.append(wide[: RECORDS_SURE - 30])
    producer.open.steps += RECORDS_SURE - 30
    assert producer.fitting(wide) == producer.fitting(narrow) == 30
    producer.open.records.append(wide[:30])
    assert producer.fitting(wide) == producer.fitting(narrow) == 0


def test_nothing_is_added_to_or_sealed_without_an_open_batch():
    producer = new_producer()
    with pytest.raises(RollupError):
        producer.add(*checked(transfers(new_desk(), 1)))
    with pytest.raises(RollupError):
        producer.seal()


def test_time_never_goes_back():
    producer = opened_producer()
    producer.seal()
    assert producer.begin(TIME_S - 500, []).records["timestamp_s"].tolist() == [TIME_S]
    assert producer.seal().header.time_s == TIME_S


def test_a_batch_that_does_not_follow_the_state_is_not_begun():
    producer = opened_producer()
    producer.seal()
    producer.head = replace(producer.head, index=-1)
    with pytest.raises(RollupError, match="begin"):
        producer.begin(TIME_S, [])


def test_a_batch_of_nothing_is_a_batch():
    producer = new_producer()
    producer.begin(TIME_S, [])
    sealed = producer.seal()
    assert (sealed.body, sealed.header.count, sealed.header.steps) == (b"", 0, 1)
    machine = genesis_machine()
    machine.execute(derived_from(sealed, []).records, 0, 1)
    assert machine.root() == sealed.root


def two_batches():
    """A producer with two sealed batches, what each was, and where it stood before and between."""
    producer, desk, entries = new_producer(), new_desk(), deposits()
    heads, sealed = [producer.head], []
    for time_s, queue, signed in ((TIME_S, entries, morning(desk)), (TIME_S + 12, [], transfers(desk, 4))):
        producer.begin(time_s, queue)
        producer.add(*checked(signed))
        sealed.append((producer.seal(), queue))
        heads.append(producer.head)
    return producer, desk, heads, sealed


def test_adopting_is_making():
    made, _, heads, sealed = two_batches()
    other = new_producer()
    for place, (batch, queue) in enumerate(sealed):
        adopted = other.adopt(derived_from(batch, queue))
        assert (adopted.acc, adopted.root, adopted.header, adopted.body) == (batch.acc, batch.root, batch.header, batch.body)
        assert other.head == heads[place + 1]
        assert_same_change(adopted.change, batch.change)
    assert other.machine.root() == made.machine.root()


def assert_same_change(one, other):
    for mine, theirs in zip(one, other, strict=True):
        assert {name: (indices.tolist(), words.tolist()) for name, (indices, words) in mine.items()} == {
            name: (indices.tolist(), words.tolist()) for name, (indices, words) in theirs.items()
        }


def test_only_what_follows_the_head_is_adopted_and_never_over_an_open_batch():
    _, _, _, sealed = two_batches()
    other = new_producer()
    with pytest.raises(RollupError, match="parent"):
        other.adopt(derived_from(*sealed[1]))
    other.begin(TIME_S, [])
    with pytest.raises(RollupError, match="parent"):
        other.adopt(derived_from(*sealed[0]))


@pytest.mark.parametrize("kept", [0, 1, 2])
@pytest.mark.parametrize("is_open", [False, True])
def test_undoing_returns_to_any_head_and_what_follows_is_the_same_again(kept, is_open):
    producer, desk, heads, sealed = two_batches()
    if is_open:
        producer.begin(TIME_S + 24, queue_of())
        producer.add(*checked(transfers(desk, 3, trader=2)))
    restored = producer.undo([batch.change for batch, _ in sealed[kept:]], heads[kept])
    assert producer.machine.root() == producer.root == heads[kept].root
    assert producer.open is None
    assert bool(any(len(indices) for indices, _ in restored.values())) == (is_open or kept < 2)
    for batch, queue in sealed[kept:]:
        again = producer.adopt(derived_from(batch, queue))
        assert again.root == batch.root
        assert_same_change(again.change, batch.change)


def test_replaying_groups_rebuilds_the_open_batch():
    producer, desk, entries = new_producer(), new_desk(), deposits()
    groups = [producer.begin(TIME_S, entries), producer.add(*checked(morning(desk))), producer.add(*checked(transfers(desk, 2)))]
    batch, other = producer.batch(), new_producer()
    for group in groups:
        other.replay(group_entry(batch, [group]))
        assert other.root == group.root
    assert (other.batch().steps, other.room()) == (batch.steps, producer.room())
    assert other.seal().acc == producer.seal().acc
    assert other.head == producer.head
