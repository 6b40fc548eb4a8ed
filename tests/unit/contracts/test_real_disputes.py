"""Disputes over a real batch: every step can be proved, and a lie at any of them is beaten by L1's own run of the transition."""

import pytest

from rollup.dispute.bisection import node_of
from rollup.dispute.game import Status
from rollup.dispute.metering import Unmetered
from rollup.dispute.trace import first_base
from rollup.l1.step_proof import L1Facts, PostedBatch, check_steps, leaf_steps
from rollup.transition.kinds import Kind
from rollup.transition.status import Status as StepStatus
from tests.unit.contracts.toy_games import HONEST, LIARS, SALT, Player, play
from tests.unit.contracts.trading_day import real_l1, trading_day


@pytest.fixture(name="day", params=[1, 4])
def day_fixture(request):
    return trading_day(real_l1(steps_per_leaf=request.param))


@pytest.fixture(name="single", scope="module")
def single_fixture():
    return trading_day(real_l1())


def facts_of(day):
    header = day.derived.header
    batch = PostedBatch(0, header.chunk_root, header.time_s, header.queue_from, header.queue_to, header.count)
    return L1Facts(day.l1.genesis, batch, lambda length: day.l1.ask("inbox", "queueAcc", length))


def test_the_day_holds_every_kind_of_transaction(single):
    kinds = set(single.derived.records["kind"].tolist())
    assert kinds == {int(kind) for kind in Kind if kind is not Kind.NONE}
    done = set(single.derived.records["kind"][single.receipts["status"] == StepStatus.OK].tolist())
    assert {each for each in Kind if Kind.BEGIN_BATCH <= each <= Kind.SET_PARAMETER} - {Kind.CONTINUATION, Kind.SETTLE} <= done
    assert {Kind.EXECUTE_BLOCK, Kind.SURFACE_UPDATE} <= done


def test_every_leaf_proves_itself_in_small(day):
    facts, machine = facts_of(day), day.machine()
    steps, per_leaf = len(day.derived.records), day.l1.settings.steps_per_leaf
    for leaf, root in enumerate(day.trace.roots):
        proof = day.steps_proof(leaf, machine)
        assert check_steps(facts, leaf_steps(leaf, per_leaf, steps), day.trace.root_before(leaf), proof, Unmetered()) == root
        assert len(proof) <= per_leaf * 32 << 10


@pytest.mark.parametrize("at", [0, 5, 8, 30, 42, 63])
def test_a_lie_at_any_step_is_beaten(at):
    day = trading_day(real_l1())
    honest = Player(day.l1, HONEST, day, honest=True)
    liar = Player(day.l1, LIARS[0], day.lie(at))
    game = play(day.l1, [liar, honest], blocks=300)
    assert game.assertions[honest.assertion].status == Status.CONFIRMED
    assert game.assertions[liar.assertion].status == Status.REJECTED
    reasons = [outcome.reason for name, outcome in day.l1.outcomes if name == "prove" and not outcome.success]
    assert reasons == ["the step leads elsewhere: this node is wrong"] * len(reasons)


def test_a_lie_among_leaves_of_several_steps_is_beaten():
    day = trading_day(real_l1(steps_per_leaf=4))
    honest, liar = Player(day.l1, HONEST, day, honest=True), Player(day.l1, LIARS[0], day.lie(7))
    game = play(day.l1, [liar, honest], blocks=300)
    assert game.assertions[honest.assertion].status == Status.CONFIRMED


def test_a_leaf_is_proved_though_it_has_no_rival(single):
    """Nobody dodges the proof by never making a rival: here a right half that nobody contests."""
    l1 = single.l1
    honest = Player(l1, HONEST, single, honest=True)
    play(l1, [Player(l1, LIARS[1], single.lie(1)), honest], blocks=12)
    base = first_base(l1.settings.genesis, single.derived.acc, single.trace.before)
    node = node_of(single.trace, l1.settings.genesis, base, height=0, index=0)
    assert l1.ask("assertions", "rivals", node.id)[0] == 1
    done = l1.send(HONEST, "assertions", "prove", node.id, single.proof(l1.settings.genesis, 0), SALT)
    assert done.success, done.reason
    again = l1.send(HONEST, "assertions", "prove", node.id, b"anything", SALT)
    assert again.success
    assert again.gas_used < done.gas_used // 2
