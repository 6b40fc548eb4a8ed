"""Derivation: L1's blocks give the same batches to everybody, through reorganisations, and lies are noticed."""

from dataclasses import replace

import numpy as np
import pytest
from batches import anything, orders
from inbox_model import InboxModel

from rollup.core.development import development_genesis
from rollup.core.errors import DecodeError, RollupError
from rollup.l1.batch import encode_body
from rollup.l1.derivation import Derivation, DerivationInvalid, L1Reorganised
from rollup.l1.forced import encode_deposit
from rollup.transition.authorise import HEADER, POSTED, QUEUED
from rollup.transition.kinds import Kind

GENESIS = development_genesis()
OWNER = bytes(range(20))


def day(fork: bytes = b"") -> InboxModel:
    """Block 0: two deposits. 1: a batch of one deposit and 30 orders. 2: a deposit, then a forced batch, then a batch of anything."""
    model = InboxModel(GENESIS, fork)
    model.enqueue(encode_deposit(0, 5, OWNER))
    model.enqueue(encode_deposit(0, 6, OWNER))
    model.close()
    records, signatures = orders(30, 4)
    model.post(encode_body(records, signatures), 30, queue_to=1)
    model.close()
    model.enqueue(encode_deposit(1, 7, OWNER))
    model.post(b"", 0, forced=True)
    records, signatures = anything(9, 3)
    model.post(encode_body(records, signatures), 9)
    model.close()
    return model


def derive(model: InboxModel, derivation: Derivation | None = None, first: int = 0):
    derivation = derivation or Derivation(GENESIS)
    return derivation, [batch for block in model.blocks[first:] for batch in derivation.feed(*block)]


def test_batches_hold_begin_queue_and_posted_records_in_order():
    model = day()
    derivation, (first, forced, last) = derive(model)
    assert [batch.index for batch in (first, forced, last)] == [0, 1, 2]
    assert first.records["source"].tolist() == [HEADER, QUEUED] + [POSTED] * 30
    assert first.records["kind"].tolist() == [Kind.BEGIN_BATCH, Kind.DEPOSIT] + [Kind.PLACE_ORDER] * 30
    assert forced.records["kind"].tolist() == [Kind.BEGIN_BATCH, Kind.DEPOSIT, Kind.DEPOSIT]
    assert (forced.forced, last.forced, last.header.steps) == (True, False, 10)
    begin = forced.records[0]
    assert (begin["amount_e8"], begin["timestamp_s"], begin["number"]) == (1, forced.header.time_s, 3)
    records, signatures = orders(30, 4)
    assert np.array_equal(first.records[2:], records)
    assert np.array_equal(first.signatures[2:], signatures)
    assert not first.signatures[:2].any()
    assert not any(batch.records["authentic"].any() for batch in (first, forced, last))
    assert derivation.head.acc == last.acc == model.parent
    assert derivation.pending() == []
    assert first.l1_block == model.blocks[1][0]
    assert [entry.data for entry in forced.entries] == [encode_deposit(0, 6, OWNER), encode_deposit(1, 7, OWNER)]


def test_bodies_wanted_are_the_posted_ones():
    model = day()
    derivation = Derivation(GENESIS)
    assert [len(derivation.bodies_wanted(logs)) for _, logs, _ in model.blocks] == [0, 1, 1]
    assert [set(derivation.bodies_wanted(logs)) == set(calldata) for _, logs, calldata in model.blocks] == [True] * 3


def test_other_contracts_logs_are_nothing():
    model = day()
    block, logs, calldata = model.blocks[0]
    foreign = replace(logs[0], address=bytes(20), index=7)
    derivation = Derivation(GENESIS)
    assert derivation.feed(block, [foreign, *logs, replace(logs[0], topics=(), index=8)], calldata) == []
    assert derivation.head.queue_length == 2


def test_after_a_rollback_another_chain_derives_as_if_it_were_the_first():
    derivation, batches = derive(day())
    other = InboxModel(GENESIS, b"other")
    other.enqueue(encode_deposit(0, 5, OWNER))
    other.enqueue(encode_deposit(0, 6, OWNER))
    other.close()
    assert derivation.rollback(0) == 0
    assert [entry.index for entry in derivation.pending()] == [0, 1]
    assert derivation.rollback(-1) == 0
    other.post(b"", 0, queue_to=2)
    other.enqueue(encode_deposit(9, 9, OWNER))
    other.close()
    _, again = derive(other, derivation)
    assert [batch.acc for batch in again] == [batch.acc for batch in derive(other)[1]] != [batches[0].acc]
    assert [entry.data for entry in derivation.pending()] == [encode_deposit(9, 9, OWNER)]


def test_rollback_to_each_block_and_on_again_is_the_same():
    model = day()
    whole = [batch.acc for batch in derive(model)[1]]
    for number in range(-1, 3):
        derivation, _ = derive(model)
        gone = derivation.rollback(number)
        _, again = derive(model, derivation, number + 1)
        assert [batch.acc for batch in again] == whole[gone:]


def test_resuming_from_a_checkpoint_is_the_same():
    model = day()
    derivation, _ = derive(model)
    derivation.rollback(1)
    resumed = Derivation(GENESIS, start=derivation.head, entries=derivation.pending())
    assert [batch.acc for batch in derive(model, resumed, 2)[1]] == [batch.acc for batch in derive(model)[1]][1:]
    with pytest.raises(L1Reorganised):
        resumed.rollback(0)


def test_what_is_forgotten_cannot_be_rolled_back_to():
    derivation, _ = derive(day())
    derivation.forget(1)
    assert [block.number for block in derivation.blocks()] == [1, 2]
    assert derivation.rollback(1) == 1
    assert len(derivation.pending()) == 1
    with pytest.raises(L1Reorganised):
        derivation.rollback(0)


def test_a_block_that_does_not_follow():
    model, other = day(), day(b"other")
    derivation = Derivation(GENESIS)
    derivation.feed(*model.blocks[0])
    for block in (model.blocks[0], other.blocks[1]):
        with pytest.raises(L1Reorganised):
            derivation.feed(*block)
    derivation.feed(*model.blocks[1])


def lies():
    """A block of the day, and what its node might tell us instead."""
    model = day()
    block, logs, calldata = model.blocks[1]
    ((transaction, call),) = calldata.items()
    longer = bytearray(call)
    longer[-40] ^= 1
    for what, served in (
        ("no calldata", (logs, {})),
        ("another selector", (logs, {transaction: b"\0" + call[1:]})),
        ("another body", (logs, {transaction: bytes(longer)})),
        ("another event", ([replace(logs[0], data=logs[0].data[:-1])], calldata)),
        ("another accumulator", ([replace(logs[0], data=bytes(32) + logs[0].data[32:])], calldata)),
        ("the batch twice", ([logs[0], replace(logs[0], index=1)], calldata)),
        (
            "a queue that is not there",
            ([replace(logs[0], data=logs[0].data[:160] + (9).to_bytes(32, "big") + logs[0].data[192:])], calldata),
        ),
    ):
        yield pytest.param(model, block, *served, id=what)


@pytest.mark.parametrize(("model", "block", "logs", "calldata"), list(lies()))
def test_lies_are_noticed_and_leave_nothing_behind(model, block, logs, calldata):
    derivation = Derivation(GENESIS)
    derivation.feed(*model.blocks[0])
    before = derivation.head
    with pytest.raises((DerivationInvalid, DecodeError)) as caught:
        derivation.feed(block, logs, calldata)
    assert isinstance(caught.value, RollupError)
    assert derivation.head == before
    assert len(derivation.feed(*model.blocks[1])) == 1


def test_a_queue_entry_out_of_order_is_noticed():
    model = day()
    block, logs, calldata = model.blocks[0]
    with pytest.raises(DerivationInvalid):
        Derivation(GENESIS).feed(block, [replace(logs[0], index=1), replace(logs[1], index=0)], calldata)
    with pytest.raises(DerivationInvalid):
        Derivation(GENESIS).feed(block, logs[1:], calldata)


def test_a_batch_that_the_caller_made_needs_no_body_and_changes_nothing_else():
    model = day()
    derivation, full = derive(model)
    accs = {batch.index: batch.acc for batch in full}
    sparing = Derivation(GENESIS)
    sparing.spare(lambda index: accs.get(index) if index else bytes(32))
    assert [len(sparing.bodies_wanted(logs)) for _, logs, _ in model.blocks] == [0, 1, 0], "the first one's accumulator was another"
    first, second, third = model.blocks
    spared = [batch for block in (first, second, (*third[:2], {})) for batch in sparing.feed(*block)]
    assert [(batch.header, batch.acc) for batch in spared] == [(batch.header, batch.acc) for batch in full]
    assert [len(batch.records) for batch in spared] == [len(batch.records) - (9 if batch.index == 2 else 0) for batch in full]
    assert sparing.head == derivation.head
