"""Posting: in order, once each, through lost answers, reverts, fees and reorganisations; and never two bodies for L1 to choose from."""

from contextlib import asynccontextmanager
from copy import deepcopy

import pytest
import trio

from rollup.core.signing import address_of
from rollup.l1.abi import INTERFACES
from rollup.signing_guard import Promise, SigningRefused
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk, transfers
from tests.unit.sequencer_node.node_scene import POSTER, play

POSTED = INTERFACES["inbox"].events["BatchPosted"]


@asynccontextmanager
async def at_work(scene, *, mining=True):
    """The poster and the look at L1 run by themselves, and L1 makes a block every twelve seconds."""

    async def mine():
        while True:
            await scene.environment.sleep(12)
            await scene.mine()

    async with trio.open_nursery() as nursery:
        following, execution = scene.following, scene.sequencer.execution
        nursery.start_soon(following.run)
        nursery.start_soon(scene.sequencer.poster.run, lambda: following.next_index, following.l1_time_s, lambda: execution.sealed)
        if mining:
            nursery.start_soon(mine)
        yield
        nursery.cancel_scope.cancel()


async def sealed(scene, batches=3):
    """Some batches ready to be posted; their accumulators."""
    desk = new_desk()
    await scene.open_accounts()
    for _ in range(batches):
        await scene.execute(transfers(desk, 2))
        await scene.seal()
    return [scene.ledger.sealed[index].head.acc for index in range(batches)]


async def on_l1(scene):
    """The accumulators of the batches on L1, in order."""
    logs = await scene.l1.logs(0, (await scene.l1.head()).number)
    told = [POSTED.decode_log(log.topics, log.data) for log in logs if log.topics[0] == POSTED.topic]
    return [batch["acc"] for batch in told]


async def transactions(scene):
    """How many transactions of the poster are in blocks."""
    return await scene.l1.nonce(address_of(POSTER))


async def posted(scene, count, within_s=600):
    with trio.fail_after(within_s):
        while scene.following.next_index < count:
            await scene.environment.sleep(1)


def test_batches_are_posted_in_order_and_once():
    async def scenario(scene):
        accs = await sealed(scene)
        async with at_work(scene):
            await posted(scene, 3)
        assert await on_l1(scene) == accs
        assert await transactions(scene) == 3
        assert scene.sequencer.poster.refusal == ""

    play(scenario)


def test_a_batch_that_is_sealed_later_is_posted_without_waiting_for_the_next_poll():
    async def scenario(scene):
        await scene.open_accounts()
        async with at_work(scene, mining=False):
            await scene.environment.sleep(25)
            assert scene.sequencer.poster.under_way is None
            await scene.sequencer.execution._keep_time(lambda: True)
            await scene.environment.sleep(1)
            assert scene.sequencer.poster.under_way is not None

    play(scenario, poll_interval_s=600.0)


@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "eth_getTransactionReceipt", "eth_estimateGas", "eth_getTransactionCount"])
@pytest.mark.parametrize("what", ["lost_calls", "lost_answers"])
def test_whatever_is_lost_on_the_way_the_batches_arrive_in_order(method, what):
    async def scenario(scene):
        accs = await sealed(scene)
        async with at_work(scene):
            for _ in range(3):
                setattr(scene.rpc, what, {method})
                await scene.environment.sleep(17)
                setattr(scene.rpc, what, set())
                await scene.environment.sleep(31)
            await posted(scene, 3)
        assert await on_l1(scene) == accs
        assert scene.sequencer.poster.refusal == ""

    play(scenario)


def test_what_l1_refuses_is_said_and_tried_again():
    async def scenario(scene):
        accs = await sealed(scene)
        await scene.cheat("anvil_setBalance", "0x" + address_of(POSTER).hex(), "0x1")
        async with at_work(scene):
            await scene.environment.sleep(60)
            assert "insufficient funds" in scene.sequencer.poster.refusal
            await scene.cheat("anvil_setBalance", "0x" + address_of(POSTER).hex(), hex(10**19))
            await posted(scene, 3)
        assert await on_l1(scene) == accs

    play(scenario)


def test_a_batch_that_reverts_in_its_block_is_followed_by_what_l1_has_instead():
    """Somebody forces an overdue entry in, in the very block that was to hold our batch with that entry."""

    async def scenario(scene):
        desk = new_desk()
        await scene.open_accounts()
        await scene.seal()
        await scene.post()
        await scene.deposit(0)
        await scene.mine(3)
        await scene.look()
        await scene.sequencer.execution._keep_time(lambda: True)
        await scene.execute(transfers(desk, 3))
        await scene.seal()
        ours = scene.ledger.head
        await scene.mine(GENESIS.inbox.forced_delay_blocks)
        await scene.look()
        assert scene.ledger.head == ours
        await scene.send(TRADERS[1], "inbox", "forceInclude")
        async with at_work(scene, mining=False):
            await scene.environment.sleep(1)
            assert scene.sequencer.poster.under_way is not None
            await scene.mine()
            await scene.environment.sleep(6)
            assert "in its block" in scene.sequencer.poster.refusal
            await scene.environment.sleep(6)
            assert (scene.ledger.head.index, scene.ledger.entry(1).count) == (1, 0)
            assert scene.ledger.groups
            await scene.seal()
            scene.sequencer.execution.announce()
            await scene.environment.sleep(10)
            await scene.mine()
            await posted(scene, 3)
        assert scene.posted_of(2).tolist() == [1, 2, 3]
        assert ours.acc not in await on_l1(scene)
        assert scene.sequencer.poster.refusal == ""

    play(scenario)


async def nothing_taken(news):
    """L1's news do not reach the sequencer."""
    del news


def test_a_transaction_that_waits_too_long_gets_a_higher_fee_under_the_same_nonce():
    async def scenario(scene):
        accs = await sealed(scene, 1)
        async with at_work(scene, mining=False):
            await scene.environment.sleep(1)
            first = scene.sequencer.poster.under_way
            await scene.environment.sleep(50)
            second = scene.sequencer.poster.under_way
            assert (second.nonce, second.data) == (first.nonce, first.data)
            assert second.fee_max > first.fee_max
            assert second.tip > first.tip
            await scene.environment.sleep(100)
            assert scene.sequencer.poster.under_way.tip > second.tip
            await scene.mine()
            await posted(scene, 1)
        assert await on_l1(scene) == accs
        assert await transactions(scene) == 1

    play(scenario)


def test_a_fee_is_raised_even_where_asking_for_the_receipt_has_failed_meanwhile():
    async def scenario(scene):
        await sealed(scene, 1)
        async with at_work(scene, mining=False):
            await scene.environment.sleep(1)
            first = scene.sequencer.poster.under_way
            scene.rpc.lost_calls = {"eth_getTransactionReceipt"}
            await scene.environment.sleep(20)
            scene.rpc.lost_calls = set()
            await scene.environment.sleep(100)
            later = scene.sequencer.poster.under_way
            assert later.nonce == first.nonce
            assert later.tip > first.tip
            await scene.mine()
            await posted(scene, 1)
        assert await transactions(scene) == 1

    play(scenario)


def test_a_reorganisation_that_drops_a_batch_has_it_posted_again():
    async def scenario(scene):
        accs = await sealed(scene)
        async with at_work(scene):
            await posted(scene, 2)
            await scene.cheat("anvil_reorg", "0x3", [])
            await posted(scene, 3)
        assert await on_l1(scene) == accs

    play(scenario)


def test_a_stopped_poster_posts_nothing():
    async def scenario(scene):
        await sealed(scene)
        scene.sequencer.poster.running = False
        async with at_work(scene):
            await scene.environment.sleep(100)
            assert await on_l1(scene) == []
            scene.sequencer.poster.running = True
            await posted(scene, 3)

    play(scenario)


def test_a_batch_is_not_posted_before_l1s_time_has_come_to_it():
    """After a reorganisation L1's time may be behind that of a batch that was made before."""

    async def scenario(scene):
        await sealed(scene, 1)
        scene.following.head = (await scene.l1.block(1)) or scene.following.head
        scene.following.take = nothing_taken
        async with at_work(scene):
            await scene.environment.sleep(60)
            assert "eth_sendRawTransaction" not in scene.rpc.asked

    play(scenario)


def test_what_is_sent_was_promised_before():
    async def scenario(scene):
        (acc,) = await sealed(scene, 1)
        scene.rpc.lost_calls = {"eth_sendRawTransaction"}
        async with at_work(scene):
            await scene.environment.sleep(20)
        entry = scene.ledger.entry(0)
        other = Promise(0, entry.parent, entry.queue_acc, b"x" * 32, entry.time_s)
        with pytest.raises(SigningRefused) as refused:
            scene.sequencer.poster.guard.promise(other, 0)
        assert refused.value.signed == acc

    play(scenario)


def test_an_old_data_directory_does_not_get_a_second_body_signed():
    """The journal comes back from a backup; the guard, which is kept elsewhere, does not. The new body for a used place is refused."""

    async def scenario(scene):
        desk = new_desk()
        await scene.open_accounts()
        await scene.execute(transfers(desk, 2))
        await scene.seal()
        await scene.post()
        disk = scene.world.disk("sequencer")
        backup = {path: deepcopy(image) for path, image in disk.files.items() if "guard" not in path}
        await scene.execute(transfers(desk, 2))
        await scene.seal()
        scene.rpc.lost_calls = {"eth_sendRawTransaction"}  # signed, and on its way somewhere
        async with at_work(scene):
            await scene.environment.sleep(20)
        disk.files |= backup
        await scene.restart()
        assert scene.ledger.head.index == 0
        await scene.look()
        await scene.execute(transfers(desk, 1))
        await scene.seal()
        with pytest.raises(SigningRefused):
            await scene.sequencer.poster._send(1, scene.following.head.time_s)
        with pytest.RaisesGroup(SigningRefused):
            async with at_work(scene):
                await scene.environment.sleep(60)
        assert len(await on_l1(scene)) == 1

    play(scenario)


def test_a_batch_made_anew_because_the_queue_changed_may_be_signed():
    async def scenario(scene):
        await sealed(scene, 1)
        await scene.post()
        deposited = GENESIS.inbox.forced_delay_blocks
        assert deposited > 4
        await scene.cheat("anvil_reorg", hex((await scene.l1.head()).number - 3), [])
        async with at_work(scene):
            await scene.environment.sleep(30)
            scene.sequencer.execution.announce()
            await scene.seal()
            scene.sequencer.execution.announce()
            await posted(scene, 1)
        assert len(await on_l1(scene)) == 1
        assert scene.ledger.sealed[0].head.acc == (await on_l1(scene))[0]

    play(scenario)


def test_a_batch_made_anew_because_the_old_one_is_too_old_may_be_signed():
    """It was signed and never seen again; when L1 would not take it any more, its place is free."""

    async def scenario(scene):
        (old,) = await sealed(scene, 1)
        scene.rpc.lost_calls = {"eth_sendRawTransaction"}
        async with at_work(scene):
            await scene.environment.sleep(30)
            assert scene.sequencer.poster.refusal
            await scene.mine(1, GENESIS.inbox.batch_age_max_s)
            await scene.environment.sleep(30)
            scene.rpc.lost_calls = set()
            await scene.seal()
            scene.sequencer.execution.announce()
            await posted(scene, 1)
        assert await on_l1(scene) == [scene.ledger.sealed[0].head.acc]
        assert scene.ledger.sealed[0].head.acc != old

    play(scenario)
