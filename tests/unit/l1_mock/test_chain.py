"""The chain: fees, nonces, the pool, slots, time, reorgs and snapshots, by cases."""

import re
from itertools import pairwise

import pytest

from l1_mock.admission import TRANSACTION_BYTES_MAX
from l1_mock.chain import ChainError
from l1_mock.reorganisation import ReorgError
from l1_mock.transactions import TransactionError, decode_transaction
from tests.unit.l1_mock.effort import calls_of

GWEI = 10**9
ETHER = 10**18


def test_ether_moves_and_gas_is_paid(bench):
    sender, other = bench.wallets[0], b"o" * 20
    receipt = bench.send_raw(sender.sign(0, other, value=5))
    world = bench.chain.world
    assert (receipt.success, receipt.gas_used, receipt.gas_price) == (True, 21_000, 1_875_000_000)
    assert world.balance(other) == 5
    assert world.balance(sender.address) == 100 * ETHER - 5 - 21_000 * receipt.gas_price
    assert world.balance(bench.config.coinbase) == 21_000 * GWEI
    assert world.nonce(sender.address) == 1


def test_a_failed_call_pays_for_its_gas_and_uses_its_nonce(bench):
    receipt = bench.send("fail", "because")
    assert (receipt.success, receipt.reason, receipt.logs) == (False, "because", ())
    assert bench.chain.world.tables["storage"] == {}
    assert bench.chain.world.nonce(bench.wallets[0].address) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nonce": 0}, "nonce too low: next nonce 1, tx nonce 0"),
        ({"value": 100 * ETHER}, "insufficient funds for gas * price + value: balance"),
        ({"gas": 20_999}, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        ({"gas": 60_000_001}, "exceeds block gas limit"),
        ({"maxFeePerGas": GWEI, "maxPriorityFeePerGas": 2 * GWEI}, "max priority fee per gas higher than max fee per gas"),
        ({"chainId": 1}, "invalid chain id for signer: have 1 want 31337"),
        ({"to": b""}, "contract creation is not supported"),
        ({"data": b"\1" * TRANSACTION_BYTES_MAX}, "oversized data"),
    ],
)
def test_refusals_in_geths_words(bench, wallet, fields, words):
    bench.send_raw(wallet.sign(0))
    before = bench.chain.world.tables
    raw = wallet.sign(**{"nonce": 1, "to": b"o" * 20, **fields})
    with pytest.raises(TransactionError, match=re.escape(words)):
        bench.chain.submit(raw, bench.now)
    assert bench.chain.head.number == 1
    assert bench.chain.world.tables == before
    assert not bench.chain.pool.hashes


def test_a_nonce_ahead_waits_for_the_gap_to_close(bench, wallet):
    for nonce in (2, 1):
        bench.chain.submit(wallet.sign(nonce, b"o" * 20), bench.now)
    assert bench.chain.head.number == 0
    bench.chain.submit(wallet.sign(0, b"o" * 20), bench.now)
    assert (bench.chain.head.number, len(bench.chain.head.receipts), bench.chain.pool.hashes) == (1, 3, {})


def test_a_replacement_pays_a_tenth_more_of_both_fees(make_bench, wallet):
    bench = make_bench(automine=False)

    def submit(fee, tip):
        raw = wallet.sign(0, b"o" * 20, maxFeePerGas=fee, maxPriorityFeePerGas=tip)
        return bench.chain.submit(raw, bench.now)

    first = submit(1_000, 100)
    for fee, tip in ((1_099, 110), (1_100, 109), (1_000, 200), (2_000, 100)):
        with pytest.raises(TransactionError, match="replacement transaction underpriced"):
            submit(fee, tip)
    with pytest.raises(TransactionError, match="already known"):
        submit(1_000, 100)
    second = submit(1_100, 110)
    assert set(bench.chain.pool.hashes) == {second} != {first}


def test_better_tips_go_first_and_nonces_keep_order(make_bench):
    bench = make_bench(automine=False)
    one, two, three = bench.wallets
    order = [
        one.sign(0, b"o" * 20, maxPriorityFeePerGas=1),
        one.sign(1, b"o" * 20, maxPriorityFeePerGas=9),
        two.sign(0, b"o" * 20, maxPriorityFeePerGas=5),
        three.sign(0, b"o" * 20, maxPriorityFeePerGas=5),
    ]
    digests = [bench.chain.submit(raw, bench.now) for raw in order]
    bench.chain.mine(bench.now)
    mined = [receipt.transaction.hash for receipt in bench.chain.head.receipts]
    assert mined == [digests[2], digests[3], digests[0], digests[1]]


def test_who_cannot_pay_the_base_fee_waits_until_it_has_fallen(make_bench, wallet):
    bench = make_bench(automine=False)
    bench.chain.submit(wallet.sign(0, b"o" * 20, maxFeePerGas=700_000_000, maxPriorityFeePerGas=0), bench.now)
    for full in (0, 0, 1):
        bench.chain.mine(bench.now)
        assert len(bench.chain.head.receipts) == full


def test_a_block_takes_no_more_gas_than_it_has(make_bench, wallet):
    bench = make_bench(automine=False, gas_limit=90_000)
    for nonce in range(3):
        bench.chain.submit(wallet.sign(nonce, b"o" * 20, gas=50_000), bench.now)
    bench.chain.mine(bench.now)
    # Gas limits count while a transaction is chosen, gas used afterwards: 42,000 + 50,000 is too much.
    assert len(bench.chain.head.receipts) == 2
    bench.chain.mine(bench.now)
    assert len(bench.chain.head.receipts) == 1


def test_spent_balances_keep_a_transaction_waiting(make_bench):
    bench = make_bench(automine=False)
    poor = bench.wallets[0]
    bench.chain.submit(poor.sign(0, b"o" * 20, value=60 * ETHER), bench.now)
    bench.chain.submit(poor.sign(1, b"o" * 20, value=60 * ETHER), bench.now)
    bench.chain.mine(bench.now, 3)
    assert bench.chain.head.number == 3
    assert len(bench.chain.pool.hashes) == 1


def test_cumulative_gas_and_log_positions_run_through_the_block(make_bench):
    bench = make_bench(automine=False)
    for wallet in range(3):
        bench.chain.submit(bench.signed("store", wallet, 1, wallet=wallet), bench.now)
    bench.chain.mine(bench.now)
    receipts = bench.chain.head.receipts
    assert [receipt.index for receipt in receipts] == [receipt.first_log for receipt in receipts] == [0, 1, 2]
    assert [receipt.cumulative_gas for receipt in receipts] == [sum(r.gas_used for r in receipts[: i + 1]) for i in range(3)]
    assert bench.chain.head.gas_used == receipts[-1].cumulative_gas


def test_hashes_chain_through_full_and_empty_blocks(bench):
    bench.chain.mine(bench.now, 5)
    bench.send("store", 1, 2)
    bench.chain.mine(bench.now, 3, 12)
    bench.chain.mine(bench.now, 3, 7)
    bench.send("store", 1, 3)
    places = [bench.chain.history.at(number) for number in range(bench.chain.head.number + 1)]
    for parent, child in pairwise(places):
        assert child.header.parent_hash == parent.hash == parent.header.hash()
        assert child.timestamp >= parent.timestamp
        assert bench.chain.history.by_hash(child.hash) == child


def test_slots_make_blocks_by_the_clock(make_bench):
    bench = make_bench(slot_ms=12_000, automine=False)
    chain, start = bench.chain, bench.now
    chain.advance(start + 11_999)
    assert chain.head.number == 0
    chain.advance(start + 12_000)
    assert (chain.head.number, chain.head.timestamp) == (1, start // 1_000 + 12)
    chain.advance(start + 120_500)
    assert (chain.head.number, chain.head.timestamp) == (10, start // 1_000 + 120)


def test_slots_made_late_are_those_made_in_time(make_bench):
    late, punctual = make_bench(slot_ms=250, automine=False), make_bench(slot_ms=250, automine=False)
    for step in range(1, 101):
        punctual.chain.advance(punctual.now + step * 250)
    late.chain.advance(late.now + 100 * 250)
    assert late.chain.head.number == 100
    assert late.chain.head.hash == punctual.chain.head.hash


def test_what_waits_goes_into_the_first_slot(make_bench):
    bench = make_bench(slot_ms=1_000, automine=False)
    bench.chain.submit(bench.signed("store", 1, 2), bench.now)
    bench.chain.advance(bench.now + 10_000)
    assert [len(bench.chain.history.at(number).receipts) for number in (1, 2, 10)] == [1, 0, 0]


def test_a_week_is_as_little_work_as_an_hour(bench, make_bench):
    week = calls_of(lambda: bench.chain.mine(bench.now, 50_400, 12))
    assert bench.chain.head.number == 50_400
    assert bench.chain.head.timestamp == bench.now // 1_000 + 50_400 * 12 - 12 * 1
    other = make_bench()
    assert week <= calls_of(lambda: other.chain.mine(other.now, 300, 12)) + 10


def test_time_goes_forward_only(bench):
    chain = bench.chain
    assert chain.increase_time(100) == 100
    chain.mine(bench.now)
    assert chain.head.timestamp == bench.now // 1_000 + 100
    chain.set_next_timestamp(chain.head.timestamp + 50)
    chain.mine(bench.now)
    assert chain.head.timestamp == bench.now // 1_000 + 150
    chain.mine(bench.now + 7_000)
    assert chain.head.timestamp == bench.now // 1_000 + 157
    for timestamp in (0, chain.head.timestamp, 1 << 41):
        with pytest.raises(ChainError, match="Timestamp error"):
            chain.set_next_timestamp(timestamp)
    for count, interval in ((1 << 21, 1), (-1, 0), (5, 1 << 41)):
        with pytest.raises(ChainError):
            chain.mine(bench.now, count, interval)


def test_contracts_see_the_blocks_time(bench):
    bench.chain.increase_time(1_000)
    assert bench.chain.pending_context(bench.now).timestamp == bench.now // 1_000 + 1_000


def test_a_reorg_drops_what_it_is_not_told_to_keep(bench, wallet):
    bench.send("store", 1, 10)
    bench.send("store", 1, 20)
    kept = bench.chain.head.hash
    old = bench.chain.history.at(1).hash
    bench.chain.reorg(2, {})
    assert bench.chain.head.number == 2
    assert bench.chain.history.by_hash(kept) is None
    assert bench.chain.history.at(1).hash != old
    assert bench.chain.world.tables["storage"] == {}
    assert bench.chain.world.nonce(wallet.address) == 0
    assert bench.chain.world.balance(wallet.address) == 100 * ETHER


def test_a_reorg_holds_exactly_what_it_is_given(bench, wallet):
    first, second = bench.signed("store", 1, 10), bench.signed("store", 1, 20, nonce=1)
    bench.send_raw(first)
    bench.chain.mine(bench.now, 2)
    times = [bench.chain.history.at(number).timestamp for number in range(4)]
    bench.chain.reorg(3, {1: [decode_transaction(first), decode_transaction(second)]})
    assert [len(bench.chain.history.at(number).receipts) for number in range(4)] == [0, 0, 2, 0]
    assert [bench.chain.history.at(number).timestamp for number in range(4)] == times


def test_a_reorg_that_cannot_be_done_changes_nothing(bench):
    bench.chain.mine(bench.now, 5)
    bench.send("store", 1, 10)
    before = bench.ask("anvil_dumpState")
    good, bad = bench.signed("store", 1, 10, nonce=0), bench.signed("store", 1, 20, nonce=2)
    with pytest.raises(TransactionError, match="nonce too high"):
        bench.chain.reorg(3, {0: [decode_transaction(good)], 1: [decode_transaction(bad)]})
    assert bench.ask("anvil_dumpState") == before
    for depth in (0, 7, 1 << 60):
        with pytest.raises(ReorgError):
            bench.chain.reorg(depth, {})


def test_a_reorg_like_a_real_one_puts_transactions_back(bench):
    dropped = bench.signed("store", 1, 10, wallet=1)
    bench.send("store", 1, 20)
    bench.send_raw(dropped)
    bench.send("store", 2, 30)
    bench.chain.reorg_dropping(3, frozenset({bench.chain.history.at(2).receipts[0].transaction.hash}))
    mined = [receipt for number in (1, 2, 3) for receipt in bench.chain.history.at(number).receipts]
    assert [receipt.transaction.sender for receipt in mined] == [bench.wallets[0].address] * 2
    assert bench.chain.world.nonce(bench.wallets[1].address) == 0
    assert not bench.chain.pool.hashes


def test_a_snapshot_works_once_and_takes_later_ones_along(bench):
    chain = bench.chain
    first = chain.snapshot()
    bench.send("store", 1, 2)
    second = chain.snapshot()
    chain.mine(bench.now, 4)
    assert chain.revert(first)
    assert (chain.head.number, chain.world.tables["storage"]) == (0, {})
    assert not chain.revert(first)
    assert not chain.revert(second)


def test_a_snapshot_survives_a_reorg_below_it(bench):
    bench.chain.mine(bench.now, 3)
    bench.send("store", 1, 2)
    bench.chain.mine(bench.now, 3)
    before = bench.ask("anvil_dumpState")
    name = bench.chain.snapshot()
    bench.chain.reorg(6, {})
    bench.send("store", 1, 5)
    bench.chain.reorg(2, {})
    assert bench.chain.revert(name)
    assert bench.ask("anvil_dumpState") == before


def test_a_reorg_undoes_balances_set_after_its_fork(bench):
    address = b"x" * 20
    bench.chain.set_balance(address, 5)
    bench.chain.mine(bench.now)
    bench.chain.set_balance(address, 9)
    bench.chain.mine(bench.now)
    bench.chain.reorg(1, {})
    assert bench.chain.world.balance(address) == 9
    bench.chain.reorg(2, {})
    assert bench.chain.world.balance(address) == 5


def test_old_blocks_are_forgotten_when_there_are_too_many(make_bench):
    bench = make_bench(history_items=16)
    name = bench.chain.snapshot()
    for value in range(40):
        bench.send("store", 1, value)
    chain = bench.chain
    assert chain.history.earliest > 20
    assert len(chain.history.items) <= 19
    assert chain.history.at(1) is None
    assert chain.history.at(chain.history.earliest) is not None
    assert not chain.revert(name)
    with pytest.raises(ReorgError):
        chain.reorg(39, {})
    chain.reorg(3, {})
    assert chain.head.number == 40


def test_an_ordinary_transaction_is_no_more_work_after_many(bench):
    raws = [bench.signed("store", 1, value, nonce=value) for value in range(1, 101)]
    bench.send("store", 1, 0)
    efforts = [calls_of(lambda raw=raw: bench.send_raw(raw)) for raw in raws]
    assert max(efforts[-10:]) <= max(efforts[:10]) + 50


def test_the_pool_is_bounded(make_bench, monkeypatch):
    monkeypatch.setattr("l1_mock.pool.SENDER_MAX", 2)
    bench = make_bench(automine=False)
    for nonce in (0, 1):
        bench.chain.submit(bench.signed("store", 1, 2, nonce=nonce), bench.now)
    with pytest.raises(TransactionError, match="txpool is full"):
        bench.chain.submit(bench.signed("store", 1, 2, nonce=2), bench.now)
    bench.chain.submit(bench.signed("store", 1, 2, nonce=0, maxFeePerGas=20 * GWEI, maxPriorityFeePerGas=2 * GWEI), bench.now)
    assert len(bench.chain.pool.hashes) == 2


def test_the_oldest_snapshot_makes_room(bench, monkeypatch):
    monkeypatch.setattr("l1_mock.history.SNAPSHOTS_MAX", 2)
    first, second, third = (bench.chain.snapshot() for _ in range(3))
    assert not bench.chain.revert(first)
    assert bench.chain.revert(third)
    assert bench.chain.revert(second)
