"""Replay from L1's batches: audited, equal to what the producer found, and told apart from a wrong root; forced entries in time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.audit.exits import Exits, check_exits
from rollup.audit.replay import Replay, check_replay
from rollup.core.signing import address_of
from rollup.l1.forced import encode_exit
from rollup.l1.header import BatchHeader, BlockRef
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, deposits, morning, new_desk, new_producer, transfers
from tests.unit.verifier_node.chain_of_batches import chain, made, unchecked

RULES = replace(GENESIS, inbox=replace(GENESIS.inbox, forced_delay_blocks=10, forced_batch_max=2))


@pytest.fixture(scope="module")
def batches():
    return [unchecked(batch) for batch in chain().batches]


def test_a_replay_finds_the_producers_roots_and_nothing_wrong(batches):
    replay = Replay(GENESIS)
    for batch in batches:
        replay.take(batch)
        replay.compare(batch.index, {"producer": chain().roots[batch.index]})
    assert not replay.violations
    assert replay.machine.batches == len(batches)
    assert replay.machine.steps == sum(len(batch.records) for batch in batches)
    assert not check_replay(GENESIS, batches, {n: {"producer": root} for n, root in enumerate(chain().roots)})


def test_another_root_is_found_by_both(batches):
    replay = Replay(GENESIS)
    for batch in batches[:2]:
        replay.take(batch)
    replay.compare(1, {"producer": chain().roots[1], "liar": chain().roots[0]})
    (found,) = replay.violations
    assert (found.invariant, "liar" in str(found)) == (10, True)
    (found,) = check_replay(GENESIS, batches, {2: {"liar": chain().roots[0]}})
    assert found.invariant == 10


def test_a_batch_whose_records_were_changed_has_another_root(batches):
    records = batches[0].records.copy()
    records["amount_e8"][1] += 1
    (found,) = check_replay(GENESIS, [replace(batches[0], records=records)], {0: {"producer": chain().roots[0]}})
    assert found.invariant == 10


def exit_chain():
    """A batch of deposits and orders, and one that takes an exit of the first account and one that its owner did not ask for."""
    desk, owner = new_desk(), address_of(TRADERS[0])
    opening = [entry.data for entry in deposits()]
    exits = [encode_exit(1, owner, owner), encode_exit(2, owner, owner)]
    return made(new_producer(), desk, [(opening, morning(desk)), (exits, transfers(desk, 1, 1))])


def test_an_exit_completes_or_is_refused_for_a_reason_that_there_is():
    replay = Replay(GENESIS)
    receipts = [replay.take(unchecked(batch)) for batch in exit_chain().batches]
    assert receipts[1]["status"][1:3].tolist() == [Status.OK, Status.INVALID_SIGNER]
    assert receipts[1]["message"][1] == 1
    assert not replay.violations


@pytest.mark.parametrize("status", [Status.PAUSED, Status.NONE, Status.FAULT])
def test_an_exit_refused_for_another_reason_is_found(status):
    watch, batch = Exits.of(GENESIS), exit_chain().batches[1]
    receipts = Replay(GENESIS).machine.execute(batch.records[:0], 0, 0)
    receipts = np.zeros(len(batch.records), receipts.dtype)
    receipts["status"] = Status.OK
    watch.take(batch, receipts)
    assert not watch.violations
    receipts["status"][1] = status
    watch.take(batch, receipts)
    assert [each.invariant for each in watch.violations] == [11]


def played_queue(entries, posts):
    """Batches in these blocks, each taking so many of the entries that came, by block, before it; and the entries that wait."""
    template, queue, made_batches, taken = chain().batches[2], [], [], 0
    for index, block in enumerate(entries):
        queue.append(replace(chain().batches[0].entries[0], index=index, l1_block=block))
    for index, (block, most) in enumerate(posts):
        there = sum(entry.l1_block <= block for entry in queue)
        until = min(there, taken + most)
        header = BatchHeader(index, bytes(32), bytes(32), 0, taken, until, bytes(32), 0)
        records = np.zeros(1 + until - taken, template.records.dtype)
        records["kind"][1:] = Kind.DEPOSIT
        place = BlockRef(block, bytes(32), bytes(32), 0)
        made_batches.append(replace(template, header=header, records=records, entries=tuple(queue[taken:until]), l1_block=place))
        taken = until
    return made_batches, queue[taken:]


def running(batches, pending):
    watch = Exits.of(RULES)
    for batch in batches:
        watch.take(batch, np.zeros(len(batch.records), [("status", np.int64)]))
    watch.waiting(pending)
    return watch.violations


def test_an_entry_that_is_passed_over_when_overdue_is_found_by_both():
    on_time = played_queue([1, 1, 1], [(5, 0), (11, 2), (12, 2)])
    assert not running(*on_time)
    assert not check_exits(RULES, *on_time)
    for late in (played_queue([1], [(12, 0), (13, 1)]), played_queue([1], [(12, 0)]), played_queue([1, 1], [(12, 1)])):
        assert {each.invariant for each in running(*late)} == {11}
        assert {each.invariant for each in check_exits(RULES, *late)} == {11}
    full = played_queue([1, 1, 1, 1, 1], [(12, 2), (13, 2), (14, 1)])
    assert not running(*full)


@given(
    st.lists(st.integers(0, 30), max_size=8).map(sorted),
    st.lists(st.tuples(st.integers(0, 45), st.integers(0, 3)), max_size=8).map(sorted),
)
def test_running_and_full_find_the_same_late_entries(entries, posts):
    batches, pending = played_queue(entries, posts)
    late = {str(each).split("queue entry ")[1].split(",")[0] for each in running(batches, pending)}
    assert late == {str(each).split("queue entry ")[1] for each in check_exits(RULES, batches, pending)}
