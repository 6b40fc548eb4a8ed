"""The ground is L1: the chain itself, given the same transactions in the same blocks, comes to the same state, gas and events."""

from dataclasses import replace

import pytest

from l1_mock.admission import ChainConfig
from l1_mock.chain import Chain
from l1_mock.contracts.dispute_storage import MoverRecord
from rollup.devnet.arena.batches import games_genesis, open_ground
from rollup.devnet.arena.ground import CALL_GAS, COINBASE, GAS_PRICE, ROOMY_GAS, reader
from rollup.dispute.game import Game
from tests.unit.arena.tables import fresh_table, plain, played
from verifier.calls import MoveCall


def storage_of(world):
    """The contracts' storage without what depends on the price of gas, which the chain lowers from block to block."""
    places = world.tables["storage"].items()
    return {
        place: replace(value, owed=0) if isinstance(value, MoverRecord) else value
        for place, value in places
        if not (isinstance(place[1], tuple) and place[1][0] in {"credit", "pool"})
    }


@pytest.mark.parametrize(("adversary", "seed"), [("greedy", 4), ("randomised", 3)])
def test_a_chain_with_the_same_transactions_is_the_same(adversary, seed):
    rules = plain(name="pair")
    ground = played(fresh_table(rules), rules, adversary, seed).ground
    poster = ground.genesis.roles.poster
    senders = {receipt.transaction.sender for mined in ground.mined for receipt in mined.receipts} - {poster}
    config = ChainConfig(
        ground.genesis.chain.l1_chain_id,
        ground.genesis.chain.time_s,
        automine=False,
        gas_limit=ROOMY_GAS,
        base_fee=GAS_PRICE,
        coinbase=COINBASE,
        balances=dict.fromkeys(senders, 10**26),
    )
    chain = Chain(config, list(ground.contracts.values()), ground.genesis.chain.time_s * 1_000)
    for mined in ground.mined:
        time_ms = 1_000 * (ground.genesis.chain.time_s + ground.genesis.dispute.block_time_s * mined.number)
        if mined.number - 1 > chain.head.number:
            chain.ledger.append_empty(time_ms - 12_000, mined.number - 1 - chain.head.number, 12_000)
        if chain.world.nonce(poster) == 0 < chain.head.number:
            # Not before the queue's fee has made it an account, which costs gas.
            chain.set_balance(poster, 10**26)
        chain.ledger.append_exactly(time_ms, [receipt.transaction for receipt in mined.receipts])
        assert chain.head.number == mined.number
        theirs = chain.head.receipts
        assert [each.success for each in theirs] == [each.success for each in mined.receipts]
        assert [each.gas_used for each in theirs] == [each.gas_used for each in mined.receipts]
        assert [log.topics for each in theirs for log in each.logs] == [log.topics for each in mined.receipts for log in each.logs]
    assert len(ground.mined) >= 10
    assert storage_of(chain.world) == storage_of(ground.world)


def test_blocks_can_be_taken_back_to_the_byte():
    rules = plain()
    table = fresh_table(rules)
    before = {name: dict(rows) for name, rows in table.ground.world.tables.items()}
    start = table.ground.number
    game = played(table, rules, "randomised", seed=2)
    assert game.ground.number > start + rules.window
    assert table.ground.world.tables != before
    removed = table.ground.roll_back(start)
    assert removed
    assert table.ground.world.tables == before


def test_a_full_block_takes_no_more():
    ground = open_ground(games_genesis())
    ground.block_gas = CALL_GAS + 1_000_000
    ground.open_block()
    assert ground.call(b"a" * 20, MoveCall("update", (bytes(32),))) is not None
    assert ground.call(b"a" * 20, MoveCall("update", (bytes(32),))) is not None
    while ground.call(b"a" * 20, MoveCall("update", (bytes(32),))) is not None:
        pass
    full = len(ground.close_block().receipts)
    assert 2 <= full < 200
    ground.open_block()
    assert ground.call(b"a" * 20, MoveCall("update", (bytes(32),))) is not None


def test_events_are_those_that_a_verifier_folds():
    rules = plain()
    game = played(fresh_table(rules), rules, "greedy", seed=3)
    events = reader(game.ground)
    again = Game(game.game.genesis, game.truth.genesis_root, 1)
    for mined in game.ground.mined:
        for receipt in mined.receipts:
            again.feed(events(mined.number, receipt.logs))
    assert again.assertions == game.game.assertions
    assert again.nodes == game.game.nodes


def test_a_view_and_a_trial_leave_nothing_behind():
    ground = open_ground(games_genesis())
    before = dict(ground.world.tables["storage"])
    assert ground.look("inbox", "queueLength") == (3,)
    assert not ground.trial(b"a" * 20, "inbox", b"\0\0\0\0").success
    assert ground.world.tables["storage"] == before
