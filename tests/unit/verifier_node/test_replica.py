"""The replica: it finds what was executed, can prove every step of it to L1, and refuses a directory that does not lead where it says."""

from dataclasses import replace

import pytest

from rollup.core.keccak import keccak256
from rollup.dispute.bisection import node_of
from rollup.dispute.metering import Unmetered
from rollup.dispute.prior import open_prior
from rollup.dispute.trace import commit, first_base, fold, height_of, leaf
from rollup.entry_codec import decode_entry, encode_entry
from rollup.environment import StoreCorrupt
from rollup.journal import JournalForeign, open_journal
from rollup.l1.step_proof import check_steps, leaf_steps
from rollup.l1.withdrawal import open_withdrawal
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from tests.unit.sequencer_node.exchange_day import GENESIS, genesis_machine
from tests.unit.sequencer_node.ledger_desk import Place, new_disk
from tests.unit.verifier_node.chain_of_batches import chain, genesis_of, open_replica, standing, unchecked
from verifier import replica as replica_module
from verifier.entries import TYPES, BatchEntry, RollbackEntry
from verifier.replica import ReplicaBroken

PARENT = b"P" * 32
"""Identity of the assertion before the batch in dispute."""


def taken(replica, batches):
    for batch in batches:
        replica.take(batch)
    return replica


def test_it_finds_the_sequencers_roots():
    replica, told = open_replica(new_disk()), chain()
    for batch, root in zip(told.batches, told.roots, strict=True):
        replica.take(batch)
        assert (replica.head, replica.root, replica.seen) == (batch.index, root, batch.index)
        claim = replica.claims[batch.index]
        assert (claim.accumulator, claim.end_root, claim.batch) == (batch.acc, root, batch.index)
    assert replica.genesis_root == genesis_machine().root()
    assert replica.root == replica.machine.root()


def test_the_chain_holds_what_it_is_to_show():
    kinds = [set(batch.records["kind"].tolist()) for batch in chain().batches]
    assert {Kind.DEPOSIT, Kind.ORACLE_UPDATE, Kind.EXECUTE_BLOCK, Kind.CONTINUATION, Kind.PLACE_ORDER} <= kinds[0]
    assert {Kind.DEPOSIT, Kind.TRANSFER, Kind.EXECUTE_BLOCK, Kind.WITHDRAW} <= kinds[1]
    assert kinds[2] == {Kind.BEGIN_BATCH}


@pytest.mark.parametrize("stride", [1, 4])
def test_traces_are_the_roots_after_each_leaf_and_end_in_the_claimed_root(stride):
    replica, told = taken(open_replica(new_disk(), stride), chain().batches), chain()
    machine = genesis_machine()
    for batch in told.batches:
        trace, claim = replica.trace(batch.index), replica.claims[batch.index]
        _, roots = machine.trace(batch.records, 0, len(batch.records), stride)
        height = height_of(len(batch.records), stride)
        assert (trace.root, trace.end, trace.height) == (claim.trace_root, claim.end_root, height)
        assert list(trace.roots[: len(roots)]) == roots
        assert trace.before == (told.roots[batch.index - 1] if batch.index else replica.genesis_root)
        assert fold(leaf(1 << height, claim.end_root), (1 << height) - 1, claim.last_leaf_proof) == claim.trace_root


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("stride", [1, 4])
def test_l1_agrees_with_the_proof_of_every_leaf_of_every_batch(stride, restarted):
    """From the last batch's state, whatever the batch; padding included; also in a life that executed none of them."""
    disk, told = new_disk(), chain()
    replica = taken(open_replica(disk, stride), told.batches)
    if restarted:
        replica = taken(open_replica(disk, stride), told.batches)
        assert replica.traces == {}
    for batch in told.batches:
        trace, facts = replica.trace(batch.index), told.facts(batch.index, genesis_of(stride))
        base = first_base(PARENT, batch.acc, trace.before)
        for number, root in enumerate(trace.roots):
            node = node_of(trace, PARENT, base, height=0, index=number)
            proof = replica.prove(batch.index, number, node)
            before, rest = open_prior(node, trace.before, proof)
            assert before == trace.root_before(number)
            after = check_steps(facts, leaf_steps(number, stride, len(batch.records)), before, rest, Unmetered())
            assert after == root, (batch.index, number)
            assert leaf(number + 1, after) == node.span
    assert replica.machine.root() == told.roots[-1]


def test_signatures_are_checked_by_the_replica_in_any_parts():
    batch, replica = chain().batches[0], open_replica(new_disk())
    for middle in (0, 7, len(batch.records)):
        fresh = unchecked(batch)
        replica.authenticate(fresh, 0, middle)
        replica.authenticate(fresh, middle, len(fresh.records))
        assert fresh.records.tobytes() == batch.records.tobytes()


def test_a_known_batch_is_not_executed_again(monkeypatch):
    disk, told = new_disk(), chain()
    replica = taken(open_replica(disk), told.batches)
    again = open_replica(disk)
    monkeypatch.setattr(again, "_execute", None)
    assert again.seen == -1
    assert standing(again) == standing(replica)
    for batch in told.batches:
        assert again.knows(batch)
        again.take(batch)
        assert again.seen == batch.index


def test_a_batch_that_does_not_follow_is_refused():
    replica, told = open_replica(new_disk()), chain()
    replica.take(told.batches[0])
    with pytest.raises(ReplicaBroken, match="index"):
        replica.take(told.batches[2])
    assert (replica.head, replica.seen) == (0, 0)


@pytest.mark.parametrize("kept", [-1, 0, 1, 2, 3])
def test_what_l1_drops_is_forgotten_and_taken_again(kept):
    disk, told = new_disk(), chain()
    replica = taken(open_replica(disk), told.batches)
    end = standing(replica)
    replica.roll_back(kept)
    assert (replica.head, replica.seen) == (kept, kept)
    assert replica.machine.root() == replica.root == (told.roots[kept] if kept >= 0 else replica.genesis_root)
    assert set(replica.claims) == set(replica.traces) == set(range(kept + 1))
    assert standing(open_replica(disk)) == standing(replica)
    taken(replica, told.batches[kept + 1 :])
    assert standing(replica) | {"places": 0} == end | {"places": 0}
    assert standing(open_replica(disk)) == standing(replica)


def test_another_batch_in_the_place_of_a_known_one_takes_its_place():
    disk = new_disk()
    replica = taken(open_replica(disk), chain().batches)
    other = chain(ending=1)
    assert other.batches[2].acc == chain().batches[2].acc
    assert other.batches[3].acc != chain().batches[3].acc
    replica.take(other.batches[3])
    assert (replica.root, replica.head, replica.seen) == (other.roots[3], 3, 3)
    assert standing(open_replica(disk)) == standing(replica)
    assert replica.trace(3).end == other.roots[3]


def test_rolling_back_to_where_it_stands_writes_nothing():
    disk = new_disk()
    replica = taken(open_replica(disk), chain().batches)
    count = replica.archive.journal.count
    for index in (3, 9):
        replica.roll_back(index)
    assert replica.archive.journal.count == count


def a_life(told, other):
    return [
        lambda replica: replica.take(told.batches[0]),
        lambda replica: replica.take(told.batches[1]),
        lambda replica: replica.snapshot(),
        lambda replica: replica.take(told.batches[2]),
        lambda replica: replica.take(told.batches[3]),
        lambda replica: replica.roll_back(2),
        lambda replica: replica.take(other.batches[3]),
        lambda replica: replica.roll_back(0),
        lambda replica: replica.snapshot(),
        lambda replica: replica.take(told.batches[1]),
    ]


def test_a_crash_at_every_write_keeps_what_was_found():
    disk, images = new_disk(), []
    replica = open_replica(disk)
    found = [standing(replica)]
    disk.watch = lambda files: images.append((len(found), files))
    for action in a_life(chain(), chain(ending=1)):
        action(replica)
        found.append(standing(replica))
    assert len(images) > 40
    for number, (done, files) in enumerate(images):
        machine = new_disk(files, seed=number)
        machine.crash()
        assert standing(open_replica(machine)) in found[done - 1 : done + 1], f"new_disk(seed={number}) after disk operation {number}"


def rewritten(disk, change):
    """The same archive with some entries changed and every checksum right."""
    disk.open_paths.clear()
    old, copy = open_journal(Place(disk), "verifier", GENESIS.genesis_hash), new_disk()
    new = open_journal(Place(copy), "verifier", GENESIS.genesis_hash)
    for _, payload in old.records(old.first):
        new.append(encode_entry(change(decode_entry(payload, TYPES)), TYPES))
    return copy


def other_root(entry):
    return replace(entry, root=b"x" * 32) if isinstance(entry, BatchEntry) and entry.index == 1 else entry


def other_rows(entry):
    if not isinstance(entry, BatchEntry) or entry.index != 1:
        return entry
    indices, words = entry.change.after["accounts"]
    return replace(entry, change=entry.change._replace(after={**entry.change.after, "accounts": (indices, words + 1)}))


def other_undo(entry):
    if not isinstance(entry, RollbackEntry):
        return entry
    return replace(entry, rows={name: (indices, words + 1) for name, (indices, words) in entry.rows.items()})


def other_claim(entry):
    return replace(entry, claimed=b"x" * 32) if isinstance(entry, BatchEntry) and entry.index == 1 else entry


def other_trace(entry):
    return replace(entry, trace_root=b"x" * 32) if isinstance(entry, BatchEntry) and entry.index == 1 else entry


def test_a_liars_archive_is_not_believed():
    """Nothing is claimed of a batch, nor answered about it, on the word of a disk."""
    disk = new_disk()
    taken(open_replica(disk), chain().batches)
    with pytest.raises(ReplicaBroken, match="claim of the data directory"):
        open_replica(rewritten(disk, other_claim))
    copy = rewritten(disk, other_trace)
    replica = open_replica(copy)
    assert replica.trace(0).root == replica.claims[0].trace_root
    with pytest.raises(ReplicaBroken, match="trace root of the data directory"):
        replica.trace(1)


@pytest.mark.parametrize("change", [other_root, other_rows, other_undo])
def test_entries_that_do_not_lead_to_their_roots_break_the_replica(change):
    disk = new_disk()
    taken(open_replica(disk), chain().batches).roll_back(1)
    assert standing(open_replica(rewritten(disk, lambda entry: entry)))["head"] == 1
    with pytest.raises(ReplicaBroken, match="state root"):
        open_replica(rewritten(disk, change))


def test_a_snapshot_that_is_not_the_state_of_its_root_breaks_the_replica(monkeypatch):
    disk = new_disk()
    replica = taken(open_replica(disk), chain().batches)
    rows = replica.machine.snapshot()
    rows["accounts"] = (rows["accounts"][0], rows["accounts"][1] + 1)
    monkeypatch.setattr(replica.machine, "snapshot", lambda: rows)
    replica.snapshot()
    with pytest.raises(ReplicaBroken, match="state root"):
        open_replica(disk)


def test_a_flipped_bit_and_another_chains_directory_are_refused():
    disk = new_disk()
    taken(open_replica(disk), chain().batches[:2])
    with pytest.raises(JournalForeign):
        open_replica(disk, identity=b"F" * 32)
    disk.flip_bit("verifier/store", 8 * 700 + 1)
    with pytest.raises(StoreCorrupt):
        open_replica(disk)


@pytest.fixture(name="pruned")
def pruned_fixture(monkeypatch):
    """A disk whose archive has forgotten batches 0 and 1."""
    monkeypatch.setattr(replica_module, "BATCHES_KEPT", 1)
    disk = new_disk()
    replica = taken(open_replica(disk), chain().batches)
    replica.snapshot()
    assert sorted(replica.places) == [2, 3]
    return disk


def test_a_life_after_old_batches_were_forgotten_reads_l1_from_the_beginning_again(pruned):
    again, told = open_replica(pruned), chain()
    assert (again.head, again.seen, again.root) == (3, -1, told.roots[3])
    seen = []
    for batch in told.batches:
        again.take(batch)
        seen.append(again.seen)
    assert seen == [-1, -1, 2, 3]
    assert again.trace(2).before == told.roots[1]
    assert again.trace(3).end == told.roots[3]


def test_what_is_older_than_the_archive_is_only_doubted(pruned):
    """L1 drops blocks while it is read again, or further back than is kept: what is found stands until L1 says otherwise."""
    told = chain()
    for lives in (open_replica(pruned), taken(open_replica(pruned), told.batches)):
        for index in (1, 0, -1):
            lives.roll_back(index)
            assert (lives.head, lives.seen, lives.machine.root()) == (3, min(lives.seen, index), told.roots[3])
        assert taken(lives, told.batches).seen == 3
    lives.roll_back(2)
    assert lives.machine.root() == told.roots[2]


def test_a_chain_that_parts_before_what_is_kept_breaks_the_replica(pruned):
    again, told = open_replica(pruned), chain()
    strange = replace(told.batches[2], acc=keccak256(b"another"))
    with pytest.raises(ReplicaBroken):
        again.take(strange)
    assert again.seen == -1


def test_only_so_many_traces_are_kept_and_the_others_are_found_again(monkeypatch):
    monkeypatch.setattr(replica_module, "TRACES_KEPT", 2)
    replica, told = taken(open_replica(new_disk()), chain().batches), chain()
    assert sorted(replica.traces) == [2, 3]
    assert replica.trace(0).root == replica.claims[0].trace_root
    assert sorted(replica.traces) == [0, 3]
    assert replica.trace(1).root == replica.claims[1].trace_root
    assert sorted(replica.traces) == [0, 1]
    assert replica.machine.root() == told.roots[3]


def test_a_liar_is_an_honest_replica_that_reports_something_else():
    def lie(batch, roots):
        return [root if batch != 1 or number < 3 else keccak256(root) for number, root in enumerate(roots)]

    told, disk = chain(), new_disk()
    liar, honest = taken(open_replica(disk, report=lie), told.batches), taken(open_replica(new_disk()), told.batches)
    assert liar.roots == honest.roots
    assert liar.claims[0] == honest.claims[0]
    assert liar.claims[1].end_root == keccak256(told.roots[1])
    assert liar.trace(1).root == liar.claims[1].trace_root != honest.claims[1].trace_root
    assert liar.trace(2).before == liar.claims[1].end_root
    again = open_replica(disk, report=lie)
    assert standing(again) == standing(liar)
    assert [again.trace(index).root for index in range(4)] == [claim.trace_root for claim in liar.claims.values()]


def test_a_machine_that_was_changed_over_carries_on():
    told = chain()
    replica = taken(open_replica(new_disk()), told.batches[:2])
    other = PlainMachine()
    other.load(replica.machine.snapshot())
    replica.machine = other
    taken(replica, told.batches[2:])
    assert replica.root == told.roots[3]
    replica.roll_back(0)
    assert replica.machine.root() == told.roots[0]


def test_every_type_of_entry_reads_back_as_it_was_written():
    replica = open_replica(new_disk())
    for action in a_life(chain(), chain(ending=1)):
        action(replica)
    seen = set()
    for height, payload in replica.archive.journal.records(replica.archive.journal.first):
        entry = decode_entry(payload, TYPES)
        seen.add(type(entry))
        assert encode_entry(entry, TYPES) == payload, height
    assert seen == set(TYPES.values())


def test_the_traces_commitment_is_that_of_its_roots():
    replica = taken(open_replica(new_disk()), chain().batches[:1])
    trace = replica.trace(0)
    assert trace == commit(replica.genesis_root, trace.roots, trace.height)


def test_a_message_is_proven_in_the_state_after_any_batch_that_has_it():
    replica = open_replica(new_disk())
    for batch in chain().batches:
        replica.take(batch)
    assert replica.prove_message(0, 1) is None, "the withdrawal is in batch 1"
    for index in (1, 2, 3):
        proof = replica.prove_message(index, 1)
        assert open_withdrawal(replica.roots[index], 1, proof) == (b"W" * 20, 5_000 * 10**8, 0)
        assert replica.prove_message(index, 2) is replica.prove_message(index, 0) is replica.prove_message(index, -1) is None
