"""The keeper fires what is due, and nothing else, and nobody needs it to."""

from dataclasses import replace
from functools import partial

import pytest

from l1_mock.node import run as run_l1
from rollup.configuration import L1Config
from rollup.core.address import addresses_from_rows
from rollup.core.development import development_secret
from rollup.core.genesis import FeedKind
from rollup.devnet.simulation.run import run_world
from rollup.environment import StoreError
from rollup.l1.action import digests
from rollup.market.terms import BUY, REDUCE_ONLY, SELL, STOP_LOSS, TAKE_PROFIT
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status
from sequencer.due_orders import MOST, due_orders
from sequencer.intake import Refusal
from sequencer.node import Secrets, run
from sequencer.trigger_keeper import AGAIN_S, TriggerKeeper
from tests.unit.sequencer_node.exchange_day import E8, GENESIS, new_desk
from tests.unit.sequencer_node.node_scene import CONFIG, POSTER, Scene, play
from tests.unit.sequencer_node.test_whole_sequencer import submit
from tests.unit.transition.opened_market import START_S, Desk
from tests.unit.transition.status_cases import bid, move_spot, stop

SECRET = development_secret("sequencer")


def machine_of(desk):
    """A machine at a desk's state."""
    machine = PlainMachine()
    machine.state = desk.state
    return machine


def test_due_is_what_the_state_machine_would_fire():
    desk = Desk()
    desk.run(bid(desk))
    waiting = []
    for trigger, options, ends in ((61_000, STOP_LOSS, 0), (62_000, STOP_LOSS, 0), (59_000, TAKE_PROFIT, 0), (65_000, STOP_LOSS, 9)):
        receipt = desk.run(stop(desk, trigger=trigger, options=options, timestamp_s=START_S + ends if ends else 0))
        waiting.append((receipt.order, desk.nonce, 1))
    assert due_orders(machine_of(desk)) == []
    move_spot(desk, 61_500, START_S + 9)
    assert due_orders(machine_of(desk)) == [waiting[0]]
    move_spot(desk, 58_000, START_S + 10)
    assert due_orders(machine_of(desk)) == [waiting[2], waiting[3]]


def keeper_of(scene, offer):
    return TriggerKeeper(scene.environment, scene.sequencer.execution, GENESIS, SECRET, offer, 0.25)


def test_what_goes_on_waiting_is_tried_again_after_a_while():
    async def scenario(scene):
        offered = []
        keeper = keeper_of(scene, lambda submission: offered.append(submission.records["order"].tolist()))
        for pause, due in (
            (0, [(1, 5, 1), (2, 6, 1)]),
            (AGAIN_S / 2, [(1, 5, 1), (3, 7, 1)]),
            (AGAIN_S / 2, [(1, 5, 1), (3, 7, 1)]),
            (0, [(1, 9, 1)]),
        ):
            await scene.environment.sleep(pause)
            keeper.fire(due)
        assert offered == [[1, 2], [3], [1], [1]]
        assert set(keeper.tried) == {(1, 5, 1), (3, 7, 1), (1, 9, 1)}

    play(scenario)


def test_what_the_intake_refuses_is_tried_at_the_next_look():
    async def scenario(scene):
        answers = [Refusal.QUEUE_FULL, None]
        keeper = keeper_of(scene, lambda _: answers.pop(0))
        keeper.fire([(1, 5, 1)])
        assert not keeper.tried
        keeper.fire([(1, 5, 1)])
        assert keeper.tried
        assert not answers

    play(scenario)


def test_no_more_is_fired_at_a_time_than_the_bound():
    async def scenario(scene):
        sizes = []
        keeper = keeper_of(scene, lambda submission: sizes.append(len(submission.records)))
        for _ in range(3):
            keeper.fire([(number, 1, 1) for number in range(1, MOST + 10)])
        assert sizes == [MOST, 9]

    play(scenario)


@pytest.mark.parametrize(("interval_s", "fired"), [(0.25, True), (0.0, False)])
def test_a_sequencer_with_a_keeper_stops_a_loss_by_itself(interval_s, fired):
    async def main(world):
        director, desk = world.environment("director"), new_desk()
        l1_config = L1Config(genesis=CONFIG.genesis, data_directory=CONFIG.genesis, block_time_s=12.0)
        await world.start("l1", partial(run_l1, genesis=GENESIS), l1_config)
        scene = await accounts(world)
        config = replace(CONFIG, trigger_interval_s=interval_s)
        await world.start("sequencer", run, config, GENESIS, Secrets(SECRET, POSTER), exits=(StoreError,))
        await director.sleep(60)
        await report(scene, desk, 100_000)
        for signed in (desk.order(1, SELL, 3_000, 100_000), desk.order(0, BUY, 3_000, 100_000)):
            assert (await submit(director, signed, 60))["status"] == Status.OK
        guard = {"options": STOP_LOSS | REDUCE_ONLY, "trigger_e8": 104_000 * E8, "time_in_force": 0}
        assert (await submit(director, desk.order(1, BUY, 6_000, 100_000, **guard), 60))["order"] != 0
        assert (await submit(director, desk.order(0, SELL, 5_500, 100_000), 60))["order"] != 0
        await report(scene, desk, 105_000)
        await director.sleep(60)
        rpc = director.rpc_client(f"http://{CONFIG.listen}")
        account = await rpc.call("optroll_getAccount", [2])
        return account["positions"], len(account["orders"])

    positions, orders = run_world(3, main).value
    assert (positions == [], orders) == (fired, 0 if fired else 1)


async def accounts(world):
    """Deposits of two traders."""
    scene = object.__new__(Scene)
    scene.world = world
    for trader in range(2):
        await scene.deposit(trader)
        await world.environment("director").sleep(30)
    return scene


async def report(scene, desk, spot):
    """Report every feed of the option a while after the last time, the spot price as told."""
    director = scene.world.environment("director")
    await director.sleep(60)
    time_s = int(director.now()) - 30
    feed = GENESIS.feed_id(FeedKind.SPOT, 1)
    for signed in desk.oracles(time_s):
        again = desk.report(feed, time_s, number=spot * E8) if int(signed[0]["feed"][0]) == feed else signed
        result = await submit(director, again, 60)
        assert result["status"] == Status.OK


def test_what_the_keeper_sends_is_for_no_account_and_signed():
    async def scenario(scene):
        sent = []
        keeper_of(scene, sent.append).fire([(7, 8, 1)])
        records = sent[0].records
        assert (records["kind"][0], records["account"][0], records["nonce"][0]) == (Kind.TRIGGER, 0, 0)
        checked = scene.sequencer.execution.tools.checker
        signers = addresses_from_rows(records["signer"])
        assert checked.check_many(digests(records, GENESIS), sent[0].signatures, signers).all()

    play(scenario)
