"""The durable producer: what it has said is on the disk, whatever happens; and what is not there is not made up."""

from dataclasses import replace

import pytest

from rollup.core.errors import RollupError
from rollup.entry_codec import decode_entry, encode_entry
from rollup.environment import StoreCorrupt, StoreError
from rollup.journal import JournalForeign, open_journal
from rollup.l1.action import authenticate
from rollup.l1.batch import encode_body
from rollup.l1.header import BatchHeader
from rollup.net.real import RealEnvironment
from rollup.snapshots import snapshot_heights
from rollup.transition.machine import PlainMachine
from sequencer import ledger as ledger_module
from sequencer.entries import TYPES, BatchEntry, GroupEntry
from sequencer.ledger import Ledger, RecoveryFailed
from sequencer.producer import SealedBatch
from tests.unit.sequencer_node.exchange_day import (
    CHECKER,
    GENESIS,
    TIME_S,
    checked,
    deposits,
    derived_from,
    morning,
    new_desk,
    transfers,
)
from tests.unit.sequencer_node.ledger_desk import MANY, a_life, new_disk, open_ledger, standing


def live(ledger, life):
    """Do everything in order; what was acknowledged after each."""
    acknowledged = [standing(ledger)]
    for action in life:
        action(ledger)
        acknowledged.append(standing(ledger))
    return acknowledged


def test_it_starts_where_each_call_left_it():
    disk = new_disk()
    for number, action in enumerate(a_life()):
        ledger = open_ledger(disk)
        action(ledger)
        assert standing(open_ledger(disk)) == standing(ledger), f"after action {number}"


def test_a_crash_at_every_write_keeps_what_was_acknowledged():
    """The power fails after each disk operation, and what was not synced is kept, lost or torn."""
    disk, images = new_disk(), []
    ledger = open_ledger(disk)
    acknowledged = [standing(ledger)]
    disk.watch = lambda files: images.append((len(acknowledged), files))
    for action in a_life():
        action(ledger)
        acknowledged.append(standing(ledger))
    assert len(images) > 60
    for number, (done, files) in enumerate(images):
        machine = new_disk(files, seed=number)
        machine.crash()
        found = standing(open_ledger(machine))
        assert found in acknowledged[done - 1 : done + 1], f"new_disk(seed={number}) after disk operation {number}"


def a_joint_life():
    """What an execution does: a begin and a group at once; a group alone; a group that ends in a sealed batch and the next one's start."""
    desk = new_desk()

    def opening(ledger):
        with ledger.together():
            ledger.begin(TIME_S, deposits())
            ledger.add(*checked(morning(desk)))

    def more(ledger):
        with ledger.together():
            ledger.add(*checked(transfers(desk, 2)))
            ledger.add(*checked(transfers(desk, 1)))

    def over_the_end(ledger):
        with ledger.together():
            ledger.add(*checked(transfers(desk, 2)))
            ledger.seal()
            ledger.begin(TIME_S + 5, [])
            ledger.add(*checked(transfers(desk, 2)))

    def to_the_end(ledger):
        with ledger.together():
            ledger.add(*checked(transfers(desk, 1)))
            ledger.seal()

    return [opening, more, over_the_end, to_the_end]


def test_what_is_done_together_is_durable_together_in_as_few_entries_as_can_be():
    disk, counts = new_disk(), []
    ledger = open_ledger(disk)
    for action in a_joint_life():
        before = ledger.journal.count
        action(ledger)
        counts.append(ledger.journal.count - before)
        assert standing(open_ledger(disk)) == standing(ledger)
        ledger = open_ledger(disk)
    assert counts == [1, 1, 2, 1]


def test_a_crash_within_what_is_done_together_leaves_all_or_nothing_of_each_entry():
    disk, images = new_disk(), []
    ledger = open_ledger(disk)
    acknowledged = [standing(ledger)]
    disk.watch = lambda files: images.append((len(acknowledged), files))
    for action in a_joint_life():
        action(ledger)
        acknowledged.append(standing(ledger))
    for number, (done, files) in enumerate(images):
        machine = new_disk(files, seed=number)
        machine.crash()
        found = standing(open_ledger(machine))
        sealed_first = found["head"].index == acknowledged[min(done, len(acknowledged) - 1)]["head"].index
        assert found in acknowledged[done - 1 : done + 1] or sealed_first, f"new_disk(seed={number}) after disk operation {number}"


@pytest.mark.parametrize("life", range(0, len(a_life()), 3))
def test_what_is_recovered_goes_on_as_if_nothing_had_happened(life):
    actions, disk = a_life(), new_disk()
    live(open_ledger(disk), actions[:life])
    expected = live(open_ledger(new_disk()), actions)[-1]
    disk.crash()
    assert live(open_ledger(disk), actions[life:])[-1] == expected


def test_it_keeps_its_promises_on_a_real_disk(tmp_path):
    def reopened():
        journal = open_journal(RealEnvironment("ledger"), str(tmp_path / "journal"), GENESIS.genesis_hash)
        return Ledger(PlainMachine(), journal, GENESIS, batch_records=4_000)

    expected = None
    for action in a_life():
        ledger = reopened()
        assert expected in (None, standing(ledger))
        action(ledger)
        expected = standing(ledger)
        ledger.journal.close()
    with pytest.raises(JournalForeign):
        open_journal(RealEnvironment("ledger"), str(tmp_path / "journal"), b"F" * 32)
    with pytest.raises(StoreError):
        ledger.begin(TIME_S, [])


def test_another_chains_directory_is_refused():
    disk = new_disk()
    open_ledger(disk)
    with pytest.raises(JournalForeign):
        open_ledger(disk, identity=b"F" * 32)


def test_a_flipped_bit_is_found_out():
    disk = new_disk()
    live(open_ledger(disk), a_life()[:4])
    disk.flip_bit("journal/store", 8 * 500 + 3)
    with pytest.raises(StoreCorrupt):
        open_ledger(disk)


def rewritten(disk, change):
    """The same journal, with some entries changed and every checksum right: what only the roots can tell."""
    old, copy = open_ledger(disk).journal, new_disk()
    new = open_ledger(copy).journal
    for _, payload in old.records(old.first):
        new.append(encode_entry(change(decode_entry(payload, TYPES)), TYPES))
    return copy


def wrong_group(entry):
    return replace(entry, root=b"x" * 32) if isinstance(entry, GroupEntry) else entry


def wrong_batch(entry):
    return replace(entry, root=b"x" * 32) if isinstance(entry, BatchEntry) else entry


def other_records(entry):
    if isinstance(entry, GroupEntry) and entry.first > 0:
        records = entry.records.copy()
        records["nonce"] += 1_000
        return replace(entry, body=encode_body(records, entry.signatures))
    return entry


def other_rows(entry):
    if isinstance(entry, BatchEntry):
        indices, words = entry.change.after["accounts"]
        return replace(entry, change=entry.change._replace(after={**entry.change.after, "accounts": (indices, words + (words > 0))}))
    return entry


@pytest.mark.parametrize("change", [wrong_group, wrong_batch, other_records, other_rows])
def test_entries_that_do_not_lead_to_their_roots_are_refused(change):
    disk = new_disk()
    live(open_ledger(disk), a_life()[:3] if change in {wrong_group, other_records} else a_life()[:4])
    assert standing(open_ledger(rewritten(disk, lambda entry: entry))) == standing(open_ledger(disk))
    with pytest.raises(RecoveryFailed):
        open_ledger(rewritten(disk, change))


def test_a_snapshot_that_is_not_the_state_of_its_root_is_refused(monkeypatch):
    disk = new_disk()
    ledger = open_ledger(disk)
    live(ledger, a_life()[:4])
    rows = ledger.producer.machine.snapshot()
    rows["accounts"] = (rows["accounts"][0], rows["accounts"][1] + 1)
    monkeypatch.setattr(ledger.producer.machine, "snapshot", lambda: rows)
    ledger.snapshot(MANY)
    with pytest.raises(RecoveryFailed, match="snapshot"):
        open_ledger(disk)


def test_an_invalid_group_is_not_journalled():
    ledger = open_ledger(new_disk())
    live(ledger, a_life()[:1])
    count, desk = ledger.journal.count, new_desk()
    records, signatures = checked(transfers(desk, 2))
    records["authentic"] = 0
    group = ledger.add(records, signatures)
    assert (ledger.journal.count, len(group.records), group.steps.tolist()) == (count, 0, [-1, -1])
    assert (group.root, len(ledger.groups)) == (ledger.producer.machine.root(), 1)


TOGETHER = [
    [0, 1],
    [0, 1, 2, 3],
    [0, 1, 3, 5, 6],
    [0, 1, 3, 5, 6, 7],
]
"""Actions of a life that are done as one: groups alone, a sealed batch, and what follows one."""


@pytest.mark.parametrize("numbers", TOGETHER)
def test_what_is_done_together_is_durable_together(numbers):
    """A crash within the block leaves what was durable: nothing, or a batch that was sealed on the way. At its end all of it is."""
    disk, life, images = new_disk(), a_life(), []
    ledger = open_ledger(disk)
    before = [standing(ledger)]
    disk.watch = images.append
    with ledger.together():
        for number in numbers:
            life[number](ledger)
            if number in {3, 7}:
                before.append(standing(ledger))
        count = len(images)
    assert standing(open_ledger(disk)) == standing(ledger)
    for number, files in enumerate(images[:count]):
        machine = new_disk(files, seed=number)
        machine.crash()
        assert standing(open_ledger(machine)) in before, f"new_disk(seed={number})"
    assert ledger.journal.count == len(before) - 1 + (numbers[-1] not in {3, 7})


def test_rolling_back_gives_back_the_state_and_what_the_users_had_sent():
    ledger, desk = open_ledger(new_disk()), new_desk()
    parts = [checked(morning(desk)), checked(transfers(desk, 2)), checked(transfers(desk, 3))]
    ledger.begin(TIME_S, deposits())
    ledger.seal()
    before = standing(ledger)
    ledger.begin(TIME_S + 1, [])
    included = [ledger.add(*parts[0])]
    ledger.seal()
    ledger.begin(TIME_S + 2, [])
    included += [ledger.add(*part) for part in parts[1:]]
    ledger.roll_back(0)
    assert standing(ledger) | {"owed": before["owed"]} == before
    records, signatures = ledger.freed()
    authenticate(records, signatures, GENESIS, CHECKER)
    assert records["authentic"].all()
    assert records["nonce"].tolist() == [nonce for group in included for nonce in group.records["nonce"].tolist()]
    assert signatures.tobytes() == b"".join(group.signatures.tobytes() for group in included)


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_no_two_batches_begin_alike_after_a_restart_either(sealed, together):
    """What was promised in a batch that is made anew would contradict what is promised in the new one."""
    disk, desk = new_disk(), new_desk()
    ledger = open_ledger(disk)
    ledger.begin(TIME_S, deposits())
    ledger.seal()

    def promise():
        ledger.begin(TIME_S + 1, [])
        ledger.add(*checked(morning(desk)))
        if sealed:
            ledger.seal()

    if together:
        with ledger.together():
            promise()
    else:
        promise()
    ledger.roll_back(0)
    again = open_ledger(disk)
    again.begin(TIME_S + 1, [])
    assert again.producer.batch().time_s == TIME_S + 2
    again.add(*checked(transfers(desk, 1)))
    again.roll_back(0)
    third = open_ledger(disk)
    third.begin(TIME_S + 1, [])
    assert third.producer.batch().time_s == TIME_S + 3


def test_what_is_owed_is_remembered_until_it_is_settled():
    disk = new_disk()
    ledger = open_ledger(disk)
    live(ledger, a_life()[:11])
    owed = ledger.freed()[0]["nonce"].tolist()
    assert len(owed) == 6
    ledger = open_ledger(disk)
    assert ledger.freed()[0]["nonce"].tolist() == owed
    ledger.settle()
    assert len(ledger.freed()[0]) == len(open_ledger(disk).freed()[0]) == 0


def test_what_was_executed_again_before_a_crash_is_not_executed_twice():
    """Between the execution and the note that all is settled the node may die: the used nonces tell."""
    disk = new_disk()
    ledger = open_ledger(disk)
    actions = a_life()
    live(ledger, actions[:13])
    ledger = open_ledger(disk)
    root, steps = ledger.producer.root, ledger.producer.batch().steps
    actions[12](ledger)
    assert (ledger.producer.root, ledger.producer.batch().steps) == (root, steps)


def test_a_roll_back_to_what_is_not_there_is_refused_and_changes_nothing():
    ledger = open_ledger(new_disk())
    live(ledger, a_life()[:4])
    before = standing(ledger)
    for index in (-2, 1, 7):
        with pytest.raises(RollupError):
            ledger.roll_back(index)
    assert standing(ledger) == before


def test_a_roll_back_that_does_not_come_out_is_refused(monkeypatch):
    ledger = open_ledger(new_disk())
    live(ledger, a_life()[:8])
    count, entry = ledger.journal.count, ledger.entry

    def other(index):
        found = entry(index)
        indices, words = found.change.before["accounts"]
        return replace(found, change=found.change._replace(before={**found.change.before, "accounts": (indices, words + 1)}))

    monkeypatch.setattr(ledger, "entry", other)
    with pytest.raises(RecoveryFailed):
        ledger.roll_back(0)
    assert ledger.journal.count == count


def test_old_batches_are_forgotten_and_cannot_be_rolled_back_to(monkeypatch):
    monkeypatch.setattr(ledger_module, "BATCHES_KEPT", 2)
    disk, desk = new_disk(), new_desk()
    ledger = open_ledger(disk)
    for index in range(7):
        ledger.begin(TIME_S + index, deposits() if index == 0 else [])
        ledger.add(*checked(transfers(desk, 2)))
        ledger.seal()
        if index % 2:
            ledger.snapshot(MANY)
    assert sorted(ledger.sealed) == [3, 4, 5, 6]
    assert len(snapshot_heights(ledger.journal)) == 2
    assert ledger.journal.first == ledger.sealed[3].height
    again = open_ledger(disk)
    assert standing(again) == standing(ledger)
    for index in (-1, 0, 2):
        with pytest.raises(RollupError):
            again.roll_back(index)
    again.roll_back(3)
    assert again.producer.machine.root() == again.head.root == ledger.sealed[3].head.root
    with pytest.raises(KeyError):
        again.entry(2)


def test_what_l1_does_not_have_yet_is_never_forgotten(monkeypatch):
    monkeypatch.setattr(ledger_module, "BATCHES_KEPT", 1)
    ledger = open_ledger(new_disk())
    for index in range(6):
        ledger.begin(TIME_S + index, [])
        ledger.seal()
        ledger.snapshot(min(index, 2))
    assert sorted(ledger.sealed) == [1, 2, 3, 4, 5]
    assert [ledger.entry(index).index for index in range(1, 6)] == [1, 2, 3, 4, 5]
    ledger.snapshot(6)
    assert sorted(ledger.sealed) == [4, 5]


def test_a_snapshot_cut_short_by_a_crash_is_no_snapshot():
    disk = new_disk()
    ledger = open_ledger(disk)
    live(ledger, a_life()[:4])
    expected, images = standing(ledger), []
    disk.watch = images.append
    ledger.snapshot(MANY)
    for number, files in enumerate(images):
        machine = new_disk(files, seed=number)
        machine.crash()
        assert standing(open_ledger(machine)) == expected, f"new_disk(seed={number})"


def test_a_batch_of_l1s_is_adopted_durably():
    """What another life of this sequencer posted comes back from L1 to an empty directory, and is the same."""
    ours, desk = open_ledger(new_disk()), new_desk()
    entries = deposits()
    ours.begin(TIME_S, entries)
    ours.add(*checked(morning(desk)))
    first = ours.seal()
    ours.begin(TIME_S + 1, [])
    ours.add(*checked(transfers(desk, 3)))
    second = ours.seal()
    disk = new_disk()
    other = open_ledger(disk)
    for entry, queue in ((first, entries), (second, [])):
        other.adopt(derived_from(sealed_of(entry), queue))
        assert other.head.root == entry.root
        assert standing(open_ledger(disk)) == standing(other)
    assert other.head == ours.head
    assert encode_entry(other.entry(1), TYPES) == encode_entry(ours.entry(1), TYPES)
    with pytest.raises(RollupError, match="parent"):
        other.adopt(derived_from(sealed_of(first), entries))


def sealed_of(entry):
    header = BatchHeader(
        entry.index, entry.parent, entry.chunk_root, entry.time_s, entry.queue_from, entry.queue_to, entry.queue_acc, entry.count
    )
    return SealedBatch(header, entry.acc, entry.body, entry.root, entry.change)


def test_every_type_of_entry_reads_back_as_it_was_written():
    ledger = open_ledger(new_disk())
    live(ledger, a_life())
    seen = set()
    for height, payload in ledger.journal.records(ledger.journal.first):
        entry = decode_entry(payload, TYPES)
        seen.add(type(entry))
        assert encode_entry(entry, TYPES) == payload, height
    assert seen == set(TYPES.values())
