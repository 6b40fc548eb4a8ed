"""The eye on L1: what L1 has is followed, what L1 would refuse is made anew, and no acknowledged transaction is lost on the way."""

import pytest
import trio

from rollup.core.errors import RollupError
from rollup.core.transport import ConnectionFailed
from rollup.l1.client import WrongChain
from rollup.transition.status import Status
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk, transfers
from tests.unit.sequencer_node.node_scene import play


def nonces(executed):
    assert set(executed.results["status"].tolist()) == {Status.OK}


def included(scene, first=0):
    """The nonces of everything in the chain as this sequencer has it, sealed or open."""
    found = []
    for index in range(first, scene.ledger.head.index + 1):
        found += scene.posted_of(index).tolist()
    return found + [nonce for group in scene.ledger.groups.values() for nonce in group.records["nonce"].tolist()]


async def traded(scene, batches=3, each=2):
    """Accounts opened in batch 0, and so many more batches of transfers, sealed and not posted; the transfers' nonces."""
    desk = new_desk()
    await scene.open_accounts()
    await scene.seal()
    for _ in range(batches):
        nonces(await scene.execute(transfers(desk, each)))
        await scene.seal()
    return list(range(1, desk.nonce + 1)), desk


def test_deposits_are_taken_when_they_are_deep_enough():
    async def scenario(scene):
        await scene.mine()
        await scene.look()
        await scene.deposit(0)
        await scene.mine()
        await scene.look()
        shallow = len(scene.following.queue_ready())
        await scene.mine()
        await scene.look()
        return shallow, [entry.index for entry in scene.following.queue_ready()]

    assert play(scenario) == (0, [0])


def test_own_batches_on_l1_are_recognised():
    async def scenario(scene):
        expected, _ = await traded(scene)
        before = scene.ledger.head
        await scene.post()
        assert (scene.ledger.head, scene.following.next_index) == (before, 4)
        assert included(scene) == expected

    play(scenario)


def test_a_sequencer_that_has_lost_everything_finds_it_again_on_l1():
    async def scenario(scene):
        expected, desk = await traded(scene)
        await scene.post()
        head = scene.ledger.head
        scene.world.disk("sequencer").files.clear()
        await scene.restart()
        assert scene.ledger.head.index == -1
        assert not scene.sequencer.gate()
        await scene.look()
        assert scene.ledger.head == head
        assert scene.sequencer.gate()
        assert included(scene) == expected
        nonces(await scene.execute(transfers(desk, 1)))

    play(scenario)


def test_batches_that_were_forgotten_here_are_passed_over_when_l1_is_read_again(monkeypatch):
    monkeypatch.setattr("sequencer.ledger.BATCHES_KEPT", 1)

    async def scenario(scene):
        _, desk = await traded(scene, batches=4)
        await scene.post()
        for _ in range(4):
            nonces(await scene.execute(transfers(desk, 2)))
            await scene.seal()
            await scene.post()
        expected, head = list(range(1, desk.nonce + 1)), scene.ledger.head
        assert min(scene.ledger.sealed) > 1
        await scene.restart()
        await scene.look()
        assert (scene.ledger.head, scene.following.next_index) == (head, 9)
        assert included(scene, first=min(scene.ledger.sealed)) == expected[-len(scene.ledger.sealed) * 2 :]
        nonces(await scene.execute(transfers(desk, 1)))

    play(scenario, snapshot_batches=2)


def test_a_forced_batch_is_adopted_and_ours_are_executed_again_behind_it():
    """L1 includes an overdue entry past the sequencer, which had other plans for that place."""

    async def scenario(scene):
        expected, desk = await traded(scene, batches=1)
        await scene.post()
        nonces(await scene.execute(transfers(desk, 2)))
        await scene.seal()
        nonces(await scene.execute(transfers(desk, 2)))
        ours = scene.ledger.head
        await scene.deposit(0)
        await scene.mine(GENESIS.inbox.forced_delay_blocks + 3)
        await scene.send(TRADERS[1], "inbox", "forceInclude")
        await scene.mine()
        await scene.look()
        assert scene.ledger.sealed[ours.index].head.acc != ours.acc
        assert scene.ledger.entry(ours.index).count == 0
        assert included(scene) == [*expected, *range(len(expected) + 1, desk.nonce + 1)]
        assert not scene.ledger.owed
        assert scene.ledger.producer.open.index == ours.index + 1

    play(scenario)


def test_a_reorganisation_that_changes_the_queue_has_our_batches_made_anew():
    """The last deposit's block goes, and with it what batch 0 was built on; the transfers are executed again without it."""

    async def scenario(scene):
        expected, _ = await traded(scene)
        old = scene.ledger.head
        deposited = scene.following.follower.derivation.entries_from(0)[-1]
        head = await scene.l1.head()
        await scene.cheat("anvil_reorg", hex(head.number - deposited.l1_block + 1), [])
        await scene.mine(2)
        await scene.look()
        assert scene.ledger.head.index == -1
        assert scene.ledger.producer.open.queue_to == 3
        assert included(scene) == expected
        assert old.acc not in {place.head.acc for place in scene.ledger.sealed.values()}
        await scene.seal()
        await scene.post()
        assert scene.following.next_index == 1

    play(scenario)


def test_a_reorganisation_that_leaves_the_queue_leaves_our_batches():
    async def scenario(scene):
        await traded(scene)
        await scene.post()
        head, acc = await scene.l1.head(), scene.ledger.head.acc
        await scene.cheat("anvil_reorg", "0x2", [])
        await scene.look()
        assert (await scene.l1.head()).hash != head.hash
        assert scene.following.next_index == 2
        assert scene.ledger.head.acc == acc
        await scene.post()
        assert scene.following.next_index == 4

    play(scenario)


def test_batches_that_are_far_ahead_of_an_l1_that_went_back_are_made_anew():
    async def scenario(scene):
        desk = new_desk()
        await scene.open_accounts()
        await scene.seal()
        await scene.post()
        before = await scene.cheat("evm_snapshot")
        await scene.mine(1, 7 * 86_400)
        await scene.look()
        for _ in range(2):
            nonces(await scene.execute(transfers(desk, 1)))
            await scene.seal()
        await scene.sequencer.poster._send(1, scene.following.head.time_s)
        await scene.mine()
        assert await scene.cheat("evm_revert", before)
        await scene.mine()
        await scene.look()
        assert included(scene) == [1, 2]
        await scene.seal()
        assert abs(scene.ledger.head.time_s - scene.following.head.time_s) < 60
        await scene.post()

    play(scenario)


def test_batches_that_have_become_too_old_are_made_anew():
    async def scenario(scene):
        expected, _ = await traded(scene)
        acc = scene.ledger.head.acc
        newest = scene.ledger.head.time_s
        age = GENESIS.inbox.batch_age_max_s
        await scene.mine(1, newest + age - (await scene.l1.head()).time_s)
        await scene.look()
        assert scene.ledger.head.acc == acc
        await scene.mine(1, 1)
        await scene.look()
        assert scene.ledger.head.acc != acc
        assert included(scene) == expected
        await scene.seal()
        await scene.post()

    play(scenario)


def test_a_batch_that_leaves_out_an_overdue_entry_is_made_anew():
    async def scenario(scene):
        expected, _ = await traded(scene, batches=1)
        await scene.deposit(0)
        await scene.mine(GENESIS.inbox.forced_delay_blocks)
        await scene.look()
        assert scene.ledger.head.index == 1
        await scene.mine()
        await scene.look()
        assert (scene.ledger.head.index, scene.ledger.producer.open.queue_to) == (-1, 5)
        assert included(scene) == expected
        await scene.seal()
        await scene.post()

    play(scenario)


@pytest.mark.parametrize("moment", ["rolled back", "executed"])
def test_a_crash_while_batches_are_made_anew_loses_no_acknowledged_transaction(moment):
    async def scenario(scene):
        expected, desk = await traded(scene)
        nonces(await scene.execute(transfers(desk, 2)))
        await scene.sequencer.execution.roll_back(0)
        if moment == "executed":
            scene.ledger.settle = lambda: None
            await scene.sequencer.execution.resubmit()
        await scene.restart()
        assert scene.ledger.owed
        assert not scene.sequencer.execution._takes_work(lambda: True)
        await scene.look()
        assert included(scene) == [*expected, *range(len(expected) + 1, desk.nonce + 1)]
        assert not scene.ledger.owed
        assert scene.sequencer.execution._takes_work(lambda: True)
        await scene.restart()
        assert not scene.ledger.owed

    play(scenario)


def test_what_a_reorganisation_made_impossible_is_dropped_and_the_rest_kept():
    """A trader whose deposit is gone has no account: its transactions are invalid now, the others' are not."""

    async def scenario(scene):
        desk = new_desk()
        await scene.open_accounts()
        nonces(await scene.execute([*transfers(desk, 2), *transfers(desk, 2, trader=3)]))
        deposited = scene.following.follower.derivation.entries_from(0)[-1]
        head = await scene.l1.head()
        await scene.cheat("anvil_reorg", hex(head.number - deposited.l1_block + 1), [])
        await scene.mine(2)
        await scene.look()
        return included(scene)

    assert play(scenario) == [1, 2]


def test_looks_that_fail_are_repeated_and_change_nothing():
    async def scenario(scene):
        await traded(scene, batches=1)
        await scene.sequencer.poster._send(0, 0)
        await scene.mine()
        for method in ("eth_getBlockByNumber", "eth_getLogs"):
            scene.rpc.lost_calls = {method}
            with pytest.raises(ConnectionFailed):
                await scene.following.follower.look()
            assert scene.following.next_index == 0
        scene.rpc.lost_calls = set()
        await scene.look()
        assert scene.following.next_index == 1

    play(scenario)


def test_the_loop_looks_for_ever_and_outlives_an_l1_that_is_away():
    async def scenario(scene):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.following.run)
            scene.rpc.lost_calls = {"eth_getLogs", "eth_getBlockByNumber"}
            await scene.environment.sleep(30)
            assert not scene.following.is_caught_up
            scene.rpc.lost_calls = set()
            await scene.following.caught_up.wait()
            await scene.mine(3)
            await scene.environment.sleep(30)
            assert scene.following.head == await scene.l1.head()
            assert scene.following.l1_time_s() == scene.following.head.time_s
            nursery.cancel_scope.cancel()

    play(scenario)


def test_what_cannot_be_mended_ends_the_node():
    async def scenario(scene):
        await traded(scene)
        await scene.post()

        async def broken(news):
            del news
            raise RollupError("batch to roll back to", received=3, expected="another")

        scene.following.take = broken
        with pytest.raises(RollupError):
            await scene.following.run()

    play(scenario)


def test_another_chain_ends_the_node():
    async def scenario(scene):
        answered = scene.rpc.call

        async def elsewhere(method, params=()):
            return "0x1" if method == "eth_chainId" else await answered(method, params)

        scene.rpc.call = elsewhere
        with pytest.raises(WrongChain, match="chain id of L1: received 1, expected 31337, as in the genesis"):
            await scene.following.run()

    play(scenario)
