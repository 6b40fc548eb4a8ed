"""Following L1 when it moves between two questions: what is told is whole, and what was dropped is told, however many looks fail."""

import pytest

from rollup.core.errors import RollupError
from rollup.core.transport import ConnectionFailed
from rollup.l1.derivation import DerivationInvalid
from tests.unit.sequencer_node.exchange_day import new_desk, transfers
from tests.unit.sequencer_node.node_scene import play


async def two_batches_on_l1(scene):
    """Two batches in two blocks that the sequencer has not read; the blocks' numbers and the transactions' hashes."""
    desk, sent = new_desk(), []
    await scene.open_accounts()
    for index in range(2):
        await scene.execute(transfers(desk, 1))
        await scene.seal()
        await scene.sequencer.poster._send(index, 0)
        sent.append(scene.sequencer.poster.under_way.hash)
        await scene.mine()
    return (await scene.l1.head()).number, sent


def test_a_look_brings_everything_or_nothing():
    """L1 answers for the first batch's calldata and no more for the second's: the first must not be swallowed."""

    async def scenario(scene):
        head, sent = await two_batches_on_l1(scene)
        scene.world.disk("sequencer").files.clear()  # or it would not ask for the bodies of its own batches
        await scene.restart()
        follower, answered = scene.following.follower, scene.rpc.batch

        async def forgetful(calls):
            answers = await answered(calls)
            return [None if params == ["0x" + sent[1].hex()] else answer for (_, params), answer in zip(calls, answers, strict=True)]

        scene.rpc.batch = forgetful
        before = follower.derivation.head
        with pytest.raises(RollupError):
            await follower.look()
        assert follower.derivation.head == before
        scene.rpc.batch = answered
        news = await follower.look()
        assert [batch.index for batch in news.batches] == [0, 1]
        assert news.read_to.number == news.head.number == head

    play(scenario)


def test_what_l1_dropped_is_told_though_the_look_that_found_out_failed():
    async def scenario(scene):
        head, _ = await two_batches_on_l1(scene)
        await scene.look()
        assert scene.following.next_index == 2
        await scene.cheat("anvil_reorg", "0x2", [])
        await scene.mine()
        scene.rpc.lost_calls = {"eth_getLogs"}
        for _ in range(2):
            with pytest.raises(ConnectionFailed):
                await scene.following.follower.look()
        await scene.cheat("anvil_reorg", "0x4", [])
        with pytest.raises(ConnectionFailed):
            await scene.following.follower.look()
        scene.rpc.lost_calls = set()
        news = await scene.following.follower.look()
        assert news.dropped_above <= head - 3
        assert (news.first_dropped_batch, news.batches) == (0, [])
        again = await scene.following.follower.look()
        assert (again.dropped_above, again.first_dropped_batch, again.batches, again.logs) == (None, None, [], [])
        assert again.is_caught_up

    play(scenario)


def test_catching_up_comes_in_pieces(monkeypatch):
    async def scenario(scene):
        monkeypatch.setattr("rollup.l1.follower.BLOCKS_AT_ONCE", 4)
        await scene.mine(10)
        scene.following.follower.portion = 4
        seen = []
        while not seen or not seen[-1].is_caught_up:
            seen.append(await scene.following.follower.look())
        return [(news.read_to.number, news.is_caught_up) for news in seen]

    assert play(scenario) == [(3, False), (7, False), (10, True)]


@pytest.mark.parametrize("empty", [0, 3], ids=["newest block", "older block"])
def test_a_node_that_knows_blocks_before_their_logs_is_asked_again(empty):
    async def scenario(scene):
        head, _ = await two_batches_on_l1(scene)
        await scene.mine(empty)
        follower, answered = scene.following.follower, scene.rpc.call

        async def hasty(method, params=()):
            answer = await answered(method, params)
            return [log for log in answer if log["blockNumber"] != hex(head)] if method == "eth_getLogs" else answer

        scene.rpc.call = hasty
        with pytest.raises(DerivationInvalid, match=f"logs of block {head}: received none, expected those of its receipts"):
            await follower.look()
        scene.rpc.call = answered
        return [batch.index for batch in (await follower.look()).batches]

    assert play(scenario) == [0, 1]


def test_a_filter_that_errs_delays_nothing():
    async def scenario(scene):
        await scene.mine(3)
        answered = scene.rpc.batch

        async def full(calls):
            return [{**block, "logsBloom": "0x" + "ff" * 256} for block in await answered(calls)]

        scene.rpc.batch = full
        news = await scene.following.follower.look()
        return news.read_to.number, news.logs, scene.rpc.asked.count("eth_getBlockReceipts")

    assert play(scenario) == (3, [], 4)
