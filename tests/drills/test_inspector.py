"""What is judged after every L1 block can fail: the events of a real dispute between nodes, with one thing in them put wrong."""

from dataclasses import replace
from itertools import groupby

import pytest

from rollup.core.development import GENESIS_TIME_S
from rollup.devnet.arena.result import INVARIANTS
from rollup.devnet.drills import audit
from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.inspector import Inspector, LiveTruth
from rollup.devnet.drills.scenario import Lane, run_drill
from rollup.devnet.drills.scene import compose
from rollup.devnet.simulation.run import run_world
from rollup.dispute.game import Event, Status


@pytest.fixture(scope="module")
def dispute():
    """L1's batches and events of a dispute between nodes, and what it was judged by."""
    drill = load("invalid-state-root")

    async def main(world):
        scene = await compose(world, drill.parties, lambda _text: None, Lane.BISECTION)
        await drill.play(scene)
        await scene.chronicle.read()
        return scene

    scene = run_world(1, main, start_s=float(GENESIS_TIME_S)).value
    assert not scene.inspector.violations
    return scene


def judged(scene, events, prepare=lambda _inspector: None):
    """The inspector of a history, fed block by block."""
    old = scene.inspector
    inspector = Inspector(scene.genesis, old.truth.genesis_root, old.rulings.terms.honest)
    inspector.truth.learn(scene.chronicle.batches)
    prepare(inspector)
    for block, found in groupby(sorted(events, key=lambda event: event.block), key=lambda event: event.block):
        inspector.judge(block - 1)
        inspector.feed(list(found))
        inspector.judge(block)
    return set(inspector.violations)


def edited(scene, name, edit, which=lambda _event: True):
    """The events, with each of a name that is meant put otherwise: left out, or several."""
    changed = []
    for event in scene.inspector.events:
        changed += edit(event) if event.name == name and which(event) else [event]
    return changed


def with_(event, block=None, **arguments):
    return event._replace(block=event.block if block is None else block, arguments={**event.arguments, **arguments})


def lie(scene):
    return next(item for item in scene.chronicle.game.assertions.values() if item.status == Status.REJECTED)


def truth_beside(scene):
    return next(item for item in scene.chronicle.game.assertions.values() if item.parent == lie(scene).parent and item.id != lie(scene).id)


def is_about(assertion):
    return lambda event: event.arguments["id"] == assertion.id


def honest(scene):
    return min(scene.inspector.rulings.terms.honest)


def test_nothing_is_broken_where_nothing_is_edited(dispute):
    assert not judged(dispute, dispute.inspector.events)
    assert dispute.inspector.blocks > len({event.block for event in dispute.inspector.events})


def confirm_the_lie(scene):
    return edited(scene, "Confirmed", lambda event: [with_(event, id=lie(scene).id)], is_about(truth_beside(scene)))


def confirm_both(scene):
    return edited(scene, "Confirmed", lambda event: [event, with_(event, id=lie(scene).id)], is_about(truth_beside(scene)))


def prove_the_lie(scene):
    """The leaf beside the one that was proved."""
    proved = next(event.arguments["node"] for event in scene.inspector.events if event.name == "Proved")
    nodes = scene.chronicle.game.nodes
    rival = next(name for name, each in nodes.items() if each.context == nodes[proved].context and name != proved)
    return edited(scene, "Proved", lambda event: [with_(event, node=rival)])


def hurry_a_timer(scene):
    return edited(scene, "Updated", lambda event: [with_(event, bottomUp=event.arguments["bottomUp"] + 1)])


def lose_a_bond(scene):
    return edited(scene, "Rejected", lambda event: [event, with_(event, id=truth_beside(scene).id)])


def confirm_late(scene):
    return edited(scene, "Confirmed", lambda event: [with_(event, block=event.block + 200_000)])


def answer_too_often(scene):
    return edited(scene, "Proved", lambda event: [event] * 20)


def assert_the_lie_honestly(scene):
    return edited(scene, "Asserted", lambda event: [with_(event, staker=honest(scene))], is_about(lie(scene)))


def leave_out_an_entry(scene):
    """A queue entry that waits since the first block."""
    last = max(event.arguments["queueTo"] for event in scene.inspector.events if event.name == "BatchPosted")
    late = scene.genesis.inbox.forced_delay_blocks + 2
    posted = edited(scene, "BatchPosted", lambda event: [with_(event, block=event.block + late)])
    moved = [event if event.name == "BatchPosted" else event._replace(block=event.block + late) for event in posted]
    return [Event(1, "Queued", {"index": last}), *moved]


def pay_what_is_not_owed(scene):
    last = scene.inspector.events[-1].block
    paid = Event(last + 1, "WithdrawalFinalized", {"message": 1, "recipient": b"r" * 20, "amount": 7})
    return [*scene.inspector.events, paid]


CASES = [
    (confirm_the_lie, {"S1", "S4"}),
    (confirm_both, {"S1", "S2"}),
    (prove_the_lie, {"S3"}),
    (hurry_a_timer, {"S4"}),
    (lose_a_bond, {"S7"}),
    (confirm_late, {"L1"}),
    (answer_too_often, {"E1"}),
    (assert_the_lie_honestly, {"E3"}),
    (leave_out_an_entry, {"L3"}),
    (pay_what_is_not_owed, {"S6"}),
]


@pytest.mark.parametrize(("edit", "expected"), CASES, ids=[edit.__name__ for edit, _ in CASES])
def test_what_is_put_wrong_is_found_in_its_block(dispute, edit, expected):
    assert expected <= judged(dispute, edit(dispute))


def test_a_game_that_is_not_what_l1_says_wants_other_moves(dispute):
    def forgetful(inspector):
        feed = inspector.game.feed
        inspector.game = ForgetfulGame(inspector.game, feed)

    class ForgetfulGame:
        def __init__(self, game, feed):
            self.game, self.feed_all = game, feed

        def feed(self, events):
            self.feed_all([event for event in events if event.name != "Proved"])

        def __getattr__(self, name):
            return getattr(self.game, name)

    assert "L4" in judged(dispute, dispute.inspector.events, forgetful)


def test_blocks_that_l1_takes_back_are_forgotten(dispute):
    """To any block, and on from there: what is known is what a look at the same history from the start knows."""
    events, batches = dispute.inspector.events, dispute.chronicle.batches
    inspector = Inspector(dispute.genesis, dispute.inspector.truth.genesis_root, dispute.inspector.rulings.terms.honest)
    inspector.truth.learn(batches)
    inspector.feed(events)
    for block in sorted({event.block for event in events})[1::5]:
        inspector.roll_back(block, batches)
        kept = [event for event in events if event.block <= block]
        fresh = Inspector(dispute.genesis, inspector.truth.genesis_root, inspector.rulings.terms.honest)
        fresh.truth.learn(batches)
        fresh.feed(kept)
        assert inspector.rulings.answers == fresh.rulings.answers
        assert inspector.rulings.batches == fresh.rulings.batches
        assert inspector.rulings.bets.keys() == fresh.rulings.bets.keys()
        assert inspector.events == fresh.events == kept
        assert inspector.game.nodes.keys() == fresh.game.nodes.keys()
        assert inspector.truth.executed == [batch.acc for batch in batches.values() if batch.l1_block.number <= block]
        inspector.truth.learn(batches)
        inspector.feed([event for event in events if event.block > block])
        assert inspector.rulings.answers == dispute.inspector.rulings.answers
        assert inspector.game.nodes.keys() == dispute.inspector.game.nodes.keys()
        inspector.judge(events[-1].block)
        assert not inspector.violations


def test_another_batch_in_the_same_place_is_executed_anew(dispute):
    truth, batches = LiveTruth(dispute.genesis), dict(dispute.chronicle.batches)
    truth.learn(batches)
    before = truth.oracle
    other = {**batches, 1: replace(batches[1], acc=b"o" * 32)}
    truth.learn(other)
    assert truth.oracle is not before
    assert set(truth.payers) == {batch.acc for batch in other.values()}
    assert truth.traces[b"o" * 32].root == truth.traces[batches[1].acc].root
    again = truth.oracle
    truth.learn(other)
    assert truth.oracle is again


def test_what_is_asked_of_l1_in_the_end_can_fail(monkeypatch):
    """S5: a call that did something else. S7: a burn that nobody knows of. L2: later than any rivals explain. E2: a cheap attack."""
    known = audit.spending

    async def spending(scene):
        spent = await known(scene)
        odd = [replace(each, arguments=(b"x" * 32, *each.arguments[1:])) if each.called == "bisect" else each for each in spent]
        return [replace(each, events=tuple(event for event in each.events if event.name != "BondBurned")) for each in odd]

    monkeypatch.setattr(audit, "spending", spending)
    monkeypatch.setattr(audit, "RATIO", 10**9)
    drill = replace(load("invalid-state-root"), hindered_blocks=-10_000)
    report = run_drill("control", drill, 1)
    assert {name for name, holds in report.invariants.items() if not holds} == {"S5", "S7", "L2", "E2"}
    assert all(f"{name}: block " in report.missed for name in ("S5", "S7", "L2", "E2"))


def test_a_drill_is_judged_by_all_of_them():
    assert audit.NAMES == ["E1", "E2", "E3", "L1", "L2", "L3", "L4", "S1", "S2", "S3", "S4", "S5", "S6", "S7"]
    assert {*audit.NAMES} == {*INVARIANTS, "L2", "L3"}


def test_every_ruling_was_broken_by_some_case():
    broken = set().union(*(expected for _, expected in CASES), {"L4"}, {"S5", "L2", "E2"})
    assert broken == set(audit.NAMES)
