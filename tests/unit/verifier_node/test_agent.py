"""A verifier before the real L1: it asserts what it found, beats who says otherwise, and does nothing on a view that does not fit."""

from dataclasses import replace

import pytest
import trio

from rollup.dispute.game import Batch, Status
from rollup.l1.client import WrongChain
from rollup.transition.machine import PlainMachine
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk
from tests.unit.sequencer_node.node_scene import play
from tests.unit.verifier_node.verifier_scene import WINDOW, Trial, lying, play_trial, statuses
from verifier.agent import LOOK_BACK, Parts, ViewBroken
from verifier.entries import BatchEntry
from verifier.replica import ReplicaBroken


def test_batches_are_asserted_at_once_and_confirmed_after_the_window():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.turn()
        await trial.turn()
        await trial.look()
        assert statuses(verifier) == {0: [Status.OPEN], 1: [Status.OPEN]}
        assert verifier.finalized() == -1
        taken = await trial.until(lambda: verifier.finalized() == 1, blocks=1)
        assert WINDOW <= taken <= WINDOW + 8
        assert statuses(verifier) == {0: [Status.CONFIRMED], 1: [Status.CONFIRMED]}
        assert verifier.alarm == ""
        await trial.turn()
        assert verifier.responder.attempts == {}

    play_trial(scenario)


@pytest.mark.parametrize(("batch", "leaf"), [(0, 0), (1, 1), (1, 2)])
def test_a_lie_at_any_step_is_beaten_and_slashed(batch, leaf):
    async def scenario(trial):
        honest = await trial.summon("verifier-1")
        liar = await trial.summon("liar", key="verifier-2", parts=lying(batch, leaf))
        await trial.until(lambda: honest.finalized() == 1)
        await trial.until(lambda: all(Status.OPEN not in found for found in statuses(honest).values()))
        for index, claim in honest.replica.claims.items():
            right = [each for each in honest.game.assertions.values() if each.batch == index and each.end_root == claim.end_root]
            assert [each.status for each in right] == [Status.CONFIRMED]
        assert statuses(honest)[batch].count(Status.REJECTED) == 1
        assert "L1 has" in liar.alarm

    play_trial(scenario)


def test_somebody_who_does_not_assert_defends_against_a_lie_all_the_same():
    async def scenario(trial):
        honest = await trial.summon("verifier-1", assert_batches=False)
        await trial.turn()
        await trial.look()
        assert statuses(honest) == {}
        await trial.summon("liar", key="verifier-2", parts=lying(1, 0))
        await trial.until(lambda: Status.REJECTED in statuses(honest).get(1, []))
        assert honest.finalized() == 1

    play_trial(scenario)


def test_two_honest_verifiers_help_each_other():
    async def scenario(trial):
        one, other = await trial.summon("verifier-1"), await trial.summon("verifier-2")
        await trial.summon("liar", key="verifier-3", parts=lying(0, 1))
        await trial.until(lambda: one.finalized() == 0 == other.finalized())
        assert len(statuses(one)[0]) == 2
        assert one.alarm == other.alarm == ""

    play_trial(scenario)


@pytest.mark.parametrize("turns", [2, 5, 9])
def test_a_verifier_that_died_in_the_middle_of_a_dispute_goes_on_from_its_archive_and_l1(turns):
    async def scenario(trial):
        await trial.summon("verifier-1")
        await trial.summon("liar", key="verifier-2", parts=lying(1, 1))
        for _ in range(turns):
            await trial.turn()
        honest = await trial.summon("verifier-1")
        assert honest.replica.seen == -1
        assert honest.replica.head == 1
        await trial.until(lambda: honest.finalized() == 1)
        await trial.until(lambda: Status.OPEN not in statuses(honest)[1])

    play_trial(scenario)


def test_a_verifier_that_has_lost_its_archive_finds_everything_again_on_l1():
    async def scenario(trial):
        first = await trial.summon("verifier-1")
        await trial.turn()
        roots = dict(first.replica.roots)
        trial.scene.world.disk("verifier-1").files.clear()
        again = await trial.summon("verifier-1")
        await trial.look()
        assert again.replica.roots == roots

    play_trial(scenario)


def test_where_l1_has_another_batch_than_was_executed_it_abstains_and_raises_the_alarm():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        verifier.game.batches[1] = Batch(b"x" * 32, 4)
        before = len(trial.rpcs["verifier-1"].asked)
        await verifier.act()
        assert verifier.alarm == "L1's batch is not the one that was executed"
        sent = trial.rpcs["verifier-1"].asked[before:].count("eth_sendRawTransaction")
        assert sent == 1  # batch 0, which is in no doubt
        await trial.scene.mine()
        await trial.look()
        assert set(statuses(verifier)) == {0}
        verifier.game.batches[1] = replace(verifier.game.batches[1], accumulator=verifier.replica.claims[1].accumulator)
        await verifier.act()
        assert verifier.alarm == ""

    play_trial(scenario)


def test_the_alarm_is_logged_once():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        verifier.game.batches[0] = Batch(b"x" * 32, 4)
        logged = []
        verifier.environment.log = lambda event, **fields: logged.append(event)
        for _ in range(3):
            await verifier.act()
        return [event for event in logged if "ALARM" in event]

    assert play_trial(scenario) == ["ALARM: abstaining"]


def test_nothing_is_done_about_batches_that_l1_was_not_read_to():
    """An archive from before is not enough: L1 may have gone another way meanwhile."""

    async def scenario(trial):
        await trial.summon()
        await trial.look()
        again = await trial.summon()
        assert again.replica.head == 1
        await again.act()
        assert "eth_sendRawTransaction" not in trial.rpcs["verifier-1"].asked

    play_trial(scenario)


def test_a_reorganisation_takes_assertions_and_batches_with_it_and_both_come_back():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.turn()
        await trial.turn()
        await trial.look()
        assert statuses(verifier) == {0: [Status.OPEN], 1: [Status.OPEN]}
        blocks = (await trial.scene.l1.head()).number - verifier.follower.derivation.blocks()[-2].number + 2
        await trial.scene.cheat("anvil_reorg", hex(blocks), [])
        await trial.look()
        assert verifier.replica.seen < 1
        assert len(verifier.replica.claims) == verifier.replica.seen + 1
        assert statuses(verifier) == {}
        await trial.scene.look()
        await trial.scene.post()
        await trial.until(lambda: verifier.finalized() == 1)
        assert verifier.replica.root == trial.scene.ledger.head.root

    play_trial(scenario)


def test_snapshots_are_taken_of_new_batches_only():
    async def scenario(trial):
        taken = []
        for _ in range(2):
            verifier = await trial.summon(snapshot_batches=2)
            snapshot = verifier.replica.snapshot
            verifier.replica.snapshot = lambda snapshot=snapshot, verifier=verifier: taken.append(verifier.replica.head) or snapshot()
            await trial.look()
        assert verifier.replica.seen == 4
        return taken

    assert play_trial(scenario, batches=5) == [1, 3]


def test_old_confirmed_batches_are_left_alone():
    async def scenario(trial):
        seen = []
        verifier = await trial.summon(parts=Parts(strategy=lambda view, claims: seen.append([claim.batch for claim in claims]) or []))
        await trial.look()
        verifier.finalized = lambda: LOOK_BACK + 1
        verifier.replica.claims = {number: replace(verifier.replica.claims[0], batch=number) for number in range(LOOK_BACK + 6)}
        verifier.replica.seen = LOOK_BACK + 4
        await verifier.act()
        return seen

    assert play_trial(scenario) == [list(range(2, LOOK_BACK + 5))]


def test_without_batches_there_is_nothing_to_do():
    async def scenario(scene):
        verifier = await Trial(scene).summon(parts=Parts(strategy=None))
        await verifier.take(await verifier.follower.look())
        await verifier.act()
        assert verifier.finalized() == -1

    play(scenario)


def test_the_loop_outlives_an_l1_that_is_away_and_ends_with_a_broken_replica():
    async def scenario(trial):
        verifier = await trial.summon()
        rpc = trial.rpcs["verifier-1"]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(verifier.run)
            rpc.lost_calls = {"eth_getLogs", "eth_sendRawTransaction"}
            await verifier.environment.sleep(30)
            assert not verifier.is_caught_up
            rpc.lost_calls = {"eth_sendRawTransaction"}
            await verifier.environment.sleep(30)
            assert verifier.is_caught_up
            assert verifier.replica.seen == 1
            rpc.lost_calls = set()
            for _ in range(3):
                await verifier.environment.sleep(10)
                await trial.scene.mine()
            await verifier.environment.sleep(10)
            assert statuses(verifier) == {0: [Status.OPEN], 1: [Status.OPEN]}
            nursery.cancel_scope.cancel()

        def broken(batch):
            raise ReplicaBroken("index of a batch", received=batch.index, expected=7)

        verifier.replica.take = broken
        await trial.more_batches(1, desk=later_desk())
        with pytest.RaisesGroup(ReplicaBroken, flatten_subgroups=True, allow_unwrapped=True):
            await verifier.run()

    play_trial(scenario)


def later_desk():
    desk = new_desk()
    desk.nonce = 100
    return desk


def test_another_chain_ends_the_node():
    async def scenario(trial):
        verifier = await trial.summon()
        rpc = trial.rpcs["verifier-1"]
        answered = rpc.call

        async def elsewhere(method, params=()):
            return "0x1" if method == "eth_chainId" else await answered(method, params)

        rpc.call = elsewhere
        with pytest.raises(WrongChain):
            await verifier.run()

    play_trial(scenario)


def test_events_that_do_not_fit_end_the_node():
    """L1's events are told once: a view that has missed one is worth nothing any more."""

    async def scenario(trial):
        verifier = await trial.summon()
        await trial.turn()
        verifier.game.assertions.clear()
        with pytest.raises(ViewBroken):
            await verifier.run()

    play_trial(scenario)


def test_what_l1_owes_is_claimed_once_enough_has_been_confirmed(monkeypatch):
    async def scenario(trial):
        verifier = await trial.summon()
        address = verifier.client.address
        await trial.until(lambda: verifier.finalized() == 1)
        owed = (await trial.scene.l1.call("assertions", "credit", address))[0]
        assert owed == GENESIS.dispute.bond_wei
        assert verifier.collected == -1
        monkeypatch.setattr("verifier.agent.COLLECTED_TOGETHER", 2)
        before = await trial.scene.l1.balance(address)
        await trial.turn()
        assert verifier.collected == 1
        assert (await trial.scene.l1.call("assertions", "credit", address))[0] == 0
        assert await trial.scene.l1.balance(address) > before + owed * 99 // 100
        asked = trial.rpcs["verifier-1"].asked
        count = asked.count("eth_sendRawTransaction")
        verifier.collected = -1
        await trial.turn()
        assert asked.count("eth_sendRawTransaction") == count

    play_trial(scenario)


def test_machine_code_is_used_from_the_next_batch_on():
    """Whatever machine takes over between two batches, the roots are the same."""

    class Code:
        curve, hash_many, changed = None, None, 0

        def change_over(self, machine):
            self.changed += 1
            other = PlainMachine()
            other.load(machine.snapshot())
            return other

    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        code = Code()
        code.curve, code.hash_many = verifier.replica.tools.checker._curve, verifier.replica.tools.hash_many
        verifier.accelerate(code)
        await trial.more_batches(2, desk=later_desk())
        await trial.look()
        assert code.changed
        assert verifier.replica.root == trial.scene.ledger.head.root

    play_trial(scenario)


def test_an_entry_holds_all_that_a_dispute_needs():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        entry, ours = verifier.replica.entry(1), trial.scene.ledger.entry(1)
        assert isinstance(entry, BatchEntry)
        assert (entry.acc, entry.body, entry.count, entry.root) == (ours.acc, ours.body, ours.count, ours.root)
        assert GENESIS.genesis_hash == verifier.replica.entry(0).parent

    play_trial(scenario)
