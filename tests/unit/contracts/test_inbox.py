"""The inbox: who may post what and when, the queue, and inclusion by force."""

import pytest

from l1_mock.contracts.inbox import InboxSettings
from l1_mock.gas import TRANSACTION_GAS_CAP
from rollup.l1.chunks import BODY_BYTES_MAX, chunk_root
from rollup.l1.forced import RECORD_BYTES, encode_deposit, encode_entry, encode_posted
from rollup.l1.header import BatchHeader, queue_accumulator
from rollup.l1.records import make_record
from rollup.transition.kinds import Kind
from tests.unit.contracts.toy_games import make_l1
from tests.unit.contracts.trading_day import derived

USER = b"U" * 20


@pytest.fixture(name="l1")
def l1_fixture():
    return make_l1()


def entry(nonce=1):
    record = make_record(Kind.CANCEL_ALL, account=1, nonce=nonce, expiry_s=0, owner=USER, signer=USER)
    return encode_entry(record, bytes(64))


def fee(l1):
    return l1.genesis.inbox.queue_fee_wei


def enqueue(l1, nonce=1):
    return l1.send(USER, "inbox", "enqueue", entry(nonce), value=fee(l1))


def post(l1, *, sender=None, **changes):
    """Post what is right but for the changes."""
    batches = l1.ask("inbox", "batchCount")
    parent, taken = l1.genesis.genesis_hash, 0
    if batches:
        parent, _, _, _, taken, _, _ = l1.ask("inbox", "batch", batches - 1)
    queue_to = changes.get("queue_to", taken)
    known = min(queue_to, l1.ask("inbox", "queueLength"))
    right = {
        "parent": parent, "time": l1.genesis.chain.time_s + 12 * l1.block, "queue_to": queue_to,
        "queue_acc": l1.ask("inbox", "queueAcc", known), "count": 0, "body": b"",
    }  # fmt: skip
    return l1.send(sender or l1.genesis.roles.poster, "inbox", "postBatch", *{**right, **changes}.values())


def test_a_batch_is_what_l1_computes_of_it(l1):
    enqueue(l1)
    enqueue(l1, 2)
    body = bytes(range(256)) * 3
    assert post(l1, queue_to=1, count=7, body=body).success
    first = queue_accumulator(bytes(32), entry())
    time = l1.genesis.chain.time_s + 12 * l1.block
    header = BatchHeader(0, l1.genesis.genesis_hash, chunk_root(body), time, 0, 1, first, 7)
    assert l1.ask("inbox", "batch", 0) == (header.acc(), header.chunk_root, time, 0, 1, 7, l1.block)
    assert l1.ask("inbox", "queueLength") == 2
    assert l1.ask("inbox", "queueAcc", 2) == queue_accumulator(first, entry(2))
    assert l1.ask("inbox", "queueEntry", 0) == (first, l1.block)
    event = l1.events[-1]
    assert (event.name, event.arguments["forced"], event.arguments["acc"]) == ("BatchPosted", False, header.acc())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sender": USER}, "only the poster posts batches"),
        ({"parent": bytes(32)}, "the batch follows another parent"),
        ({"time": 1}, "time: before the last batch or after this block"),
        ({"time": 1 << 40}, "time: before the last batch or after this block"),
        ({"queue_to": 3}, "queue: beyond its end or already taken"),
        ({"queue_to": 1, "queue_acc": bytes(32)}, "queue: another accumulator"),
        ({"count": 4096}, "too many steps"),
        ({"queue_to": 2, "count": 4094}, "too many steps"),
        ({"body": bytes(BODY_BYTES_MAX + 1)}, "the body is too long"),
    ],
)
def test_a_wrong_batch_reverts(l1, changes, reason):
    enqueue(l1)
    enqueue(l1, 2)
    assert post(l1, **changes).reason == reason
    assert l1.ask("inbox", "batchCount") == 0


def test_time_may_lag_but_not_for_long_and_never_falls(l1):
    l1.block = 1_000
    start, age = l1.genesis.chain.time_s, l1.genesis.inbox.batch_age_max_s
    assert post(l1, time=start + 12_000 - age - 1).reason == "time: too far behind this block"
    assert post(l1, time=start + 12_000 - age).success
    assert post(l1, time=start + 12_000 - age - 1).reason == "time: before the last batch or after this block"
    assert post(l1, time=start + 12_000 - age).success


def test_the_sequencer_cannot_leave_out_what_is_overdue(l1):
    enqueue(l1)
    l1.block += l1.genesis.inbox.forced_delay_blocks
    assert post(l1).success
    l1.block += 1
    assert post(l1).reason == "queue: an overdue entry is left out"
    assert post(l1, queue_to=1).success


def test_of_many_overdue_entries_a_batch_must_take_as_many_as_fit():
    l1 = make_l1()
    most = l1.genesis.inbox.forced_batch_max
    for nonce in range(most + 2):
        enqueue(l1, nonce + 1)
    l1.block += l1.genesis.inbox.forced_delay_blocks + 1
    assert post(l1, queue_to=most - 1).reason == "queue: an overdue entry is left out"
    assert l1.send(USER, "inbox", "forceInclude").success
    assert l1.ask("inbox", "batch", 0)[3:6] == (0, most, 0)
    assert post(l1, queue_to=most + 2).success


def test_anybody_includes_by_force_once_an_entry_is_overdue(l1):
    assert l1.send(USER, "inbox", "forceInclude").reason == "no queue entry is overdue"
    enqueue(l1)
    l1.block += l1.genesis.inbox.forced_delay_blocks
    assert l1.send(USER, "inbox", "forceInclude").reason == "no queue entry is overdue"
    l1.block += 1
    assert l1.send(USER, "inbox", "forceInclude").success
    assert l1.events[-1].arguments["forced"] is True
    assert l1.ask("inbox", "batch", 0)[2:6] == (l1.genesis.chain.time_s + 12 * l1.block, 0, 1, 0)
    assert l1.send(USER, "inbox", "forceInclude").reason == "no queue entry is overdue"


def test_a_sequencer_that_is_often_late_loses_its_bound(l1):
    """The queue's bound shrinks to the threshold, and who follows L1 knows it as L1 does."""
    rules = l1.genesis.inbox
    waits = []
    for nonce in range(1, 4):
        assert enqueue(l1, nonce).success
        queued = l1.block
        while l1.block <= queued + l1.ask("inbox", "forcedDelay"):
            assert l1.send(USER, "inbox", "forceInclude").reason == "no queue entry is overdue"
            l1.block += 1
        assert post(l1, queue_to=nonce - 1).reason == "queue: an overdue entry is left out"
        assert derived(l1)[0].forced_delay(l1.block) == l1.ask("inbox", "forcedDelay")
        assert l1.send(USER, "inbox", "forceInclude").success
        waits.append(l1.block - queued)
    assert waits[0] == rules.forced_delay_blocks + 1
    assert waits[1:] == [rules.delay_threshold_blocks + 1, rules.delay_threshold_blocks + 2]
    l1.block += rules.delay_recovery_blocks * (rules.forced_delay_blocks - rules.delay_threshold_blocks)
    assert l1.ask("inbox", "forcedDelay") == rules.forced_delay_blocks
    assert derived(l1)[0].forced_delay(l1.block) == rules.forced_delay_blocks


def test_a_sequencer_in_time_keeps_its_bound(l1):
    rules = l1.genesis.inbox
    for nonce in range(1, 9):
        enqueue(l1, nonce)
        l1.block += rules.delay_threshold_blocks
        assert post(l1, queue_to=nonce).success
    assert l1.ask("inbox", "forcedDelay") == rules.forced_delay_blocks


def test_a_queue_entry_has_its_length_kind_and_price(l1):
    assert l1.send(USER, "inbox", "enqueue", entry(), value=fee(l1) - 1).reason == "the fee is too low"
    assert l1.send(USER, "inbox", "enqueue", entry()[:-1], value=fee(l1)).reason == "a queue entry has another length"
    forged = encode_deposit(1, 10**8, USER)
    assert l1.send(USER, "inbox", "enqueue", forged, value=fee(l1)).reason == "only signed kinds may be queued"
    assert l1.send(USER, "inbox", "enqueue", bytes(RECORD_BYTES), value=fee(l1)).reason == "only signed kinds may be queued"
    assert enqueue(l1).success
    assert l1.world.balance(l1.genesis.roles.poster) == fee(l1)
    assert l1.world.balance(l1.address("inbox")) == 0


def test_anybody_has_l1_tell_how_many_batches_it_has(l1):
    assert post(l1).success
    assert post(l1).success
    assert l1.send(USER, "inbox", "notePosted", value=fee(l1) - 1).reason == "the fee is too low"
    poor = l1.world.balance(l1.genesis.roles.poster)
    assert l1.send(USER, "inbox", "notePosted", value=fee(l1)).success
    assert l1.ask("inbox", "queueLength") == 1
    assert l1.ask("inbox", "queueEntry", 0) == (queue_accumulator(bytes(32), encode_posted(2)), l1.block)
    assert l1.world.balance(l1.genesis.roles.poster) == poor + fee(l1)
    assert l1.send(USER, "inbox", "enqueue", encode_posted(2), value=fee(l1)).reason == "only signed kinds may be queued"


def test_the_settings_are_those_of_genesis(l1):
    settings = l1.contract("inbox").settings
    assert isinstance(settings, InboxSettings)
    assert (settings.genesis_hash, settings.poster) == (l1.genesis.genesis_hash, l1.genesis.roles.poster)


def test_the_longest_body_is_posted_within_what_ethereum_allows_a_transaction(l1):
    assert enqueue(l1).success
    done = post(l1, queue_to=1, count=4_094, body=b"\xff" * BODY_BYTES_MAX)
    assert done.success, done.reason
    assert TRANSACTION_GAS_CAP * 98 // 100 < done.gas_peak < TRANSACTION_GAS_CAP
