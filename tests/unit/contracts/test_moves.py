"""Each move of the dispute by itself: what it needs, what it does once, and that doing it again changes nothing."""

import pytest

from rollup.dispute.bisection import Node, assertion_id
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Game, Status
from rollup.dispute.trace import first_base
from tests.unit.contracts.toy_games import HONEST, LIARS, SALT, Player, Run, make_l1, play, toy_root
from verifier.strategy import Bisect

STEPS = 4


@pytest.fixture(name="l1")
def l1_fixture():
    return make_l1()


def stored(l1):
    return dict(l1.world.tables["storage"])


def two_sides(l1, *, at=2):
    """An honest run and a lie, both asserted; returns the players and their root nodes."""
    accumulator = l1.post_batch(STEPS - 1)
    players = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {at: "!"}))
    for player in players:
        assert propose(l1, player).success
    return *players, *(root_node(l1, player) for player in players)


def propose(l1, player, **changes):
    claim = player.run.claim
    right = {"parent": l1.settings.genesis, "acc": claim.accumulator, "trace": claim.trace_root, "end": claim.end_root}
    right["proof"] = claim.last_leaf_proof
    return l1.send(player.name, "assertions", "propose", *{**right, **changes}.values(), value=l1.settings.bond)


def root_node(l1, player):
    trace, parent = player.run.trace, l1.settings.genesis
    return Node(parent, trace.height, 0, first_base(parent, player.run.claim.accumulator, trace.before), trace.root)


def bisect(l1, player, node):
    first = 2 * node.index
    halves = player.run.trace.span(node.height - 1, first), player.run.trace.span(node.height - 1, first + 1)
    return l1.send(player.name, "assertions", "bisect", node.id, *halves), *node.halves(*halves)


def test_an_assertion_is_what_was_said(l1):
    honest, _, root, _ = two_sides(l1)
    record = l1.ask("assertions", "assertion", honest.assertion)
    assert record == (l1.settings.genesis, 1, honest.run.trace.end, root.id, HONEST, l1.settings.bond, l1.block, 0, Status.OPEN)
    assert l1.ask("assertions", "node", root.id) == (
        *(root.origin, root.height, root.index, root.base, root.span), l1.block, bytes(32), bytes(32), 0,
    )  # fmt: skip
    assert l1.ask("assertions", "rivals", root.id) == (2, l1.block)
    assert l1.ask("assertions", "assertion", bytes(32))[-1] == Status.NONE
    assert l1.ask("assertions", "latestConfirmed") == l1.settings.genesis


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parent": bytes(32)}, "no such assertion"),
        ({"acc": bytes(32)}, "L1's batch is another one"),
        ({"end": bytes(32)}, "the last leaf is not the end root's"),
        ({"trace": bytes(32)}, "the last leaf is not the end root's"),
        ({"proof": ()}, "the last leaf is not the end root's"),
    ],
)
def test_a_wrong_assertion_reverts_and_keeps_no_bond(l1, changes, reason):
    honest = Player(l1, HONEST, Run.of(l1.post_batch(STEPS - 1), STEPS))
    before = stored(l1)
    assert propose(l1, honest, **changes).reason == reason
    assert stored(l1) == before
    assert l1.world.balance(l1.address("assertions")) == 0


def test_nothing_is_asserted_of_a_batch_that_is_not_there(l1):
    honest = Player(l1, HONEST, Run.of(bytes(32), STEPS))
    assert propose(l1, honest).reason == "no such batch"


def test_a_reorg_under_an_assertion_makes_it_revert(l1):
    """The same call against another batch at the same place means nothing, and costs no bond."""
    honest = Player(l1, HONEST, Run.of(l1.post_batch(STEPS - 1), STEPS))
    other = make_l1()
    other.post_batch(STEPS)
    assert propose(other, honest).reason == "L1's batch is another one"


def test_a_node_is_halved_once_and_only_into_its_halves(l1):
    honest, liar, root, wrong = two_sides(l1)
    assert l1.send(HONEST, "assertions", "bisect", root.id, bytes(32), bytes(32)).reason == "not the halves of this node"
    assert l1.send(HONEST, "assertions", "bisect", bytes(32), bytes(32), bytes(32)).reason == "no such node"
    done, left, right = bisect(l1, honest, root)
    assert done.success
    before = stored(l1)
    again = bisect(l1, Player(l1, LIARS[3], honest.run), root)[0]
    assert again.success
    assert not again.logs
    assert stored(l1) == before
    assert again.gas_used < done.gas_used / 4
    assert l1.ask("assertions", "node", root.id)[6:8] == (left.id, right.id)
    assert bisect(l1, honest, left)[0].reason == "the node has no rival"
    _, _, wrong_right = bisect(l1, liar, wrong)
    assert l1.ask("assertions", "rivals", wrong_right.id)[0] == 2
    assert bisect(l1, honest, right)[0].success


def test_shared_halves_are_one_node(l1):
    """Two liars and the honest trace agree on the left half: it has one node, and no rival."""
    honest, liar, root, wrong = two_sides(l1, at=2)
    _, left, _ = bisect(l1, honest, root)
    _, same, other = bisect(l1, liar, wrong)
    assert left.id == same.id
    assert l1.ask("assertions", "rivals", left.id)[0] == 1
    assert l1.ask("assertions", "rivals", other.id)[0] == 2


def terminal(l1, *, at):
    """Bisect both sides down to the leaf of the lie; return the players and the two rival leaves."""
    honest, liar, root, wrong = two_sides(l1, at=at)
    for height in range(root.height - 1, -1, -1):
        half = at >> height & 1
        root, wrong = bisect(l1, honest, root)[1 + half], bisect(l1, liar, wrong)[1 + half]
    return honest, liar, root, wrong


@pytest.mark.parametrize("at", range(4))
def test_only_the_right_leaf_can_be_proved(l1, at):
    honest, liar, right, wrong = terminal(l1, at=at)
    proof = honest.run.proof(l1.settings.genesis, at)
    assert l1.send(LIARS[0], "assertions", "prove", wrong.id, proof, SALT).reason == "the step leads elsewhere: this node is wrong"
    assert l1.send(LIARS[0], "assertions", "prove", wrong.id, liar.run.proof(l1.settings.genesis, at), SALT).reason == (
        "the step leads elsewhere: this node is wrong"
    )
    done = l1.send(HONEST, "assertions", "prove", right.id, proof, SALT)
    assert done.success, done.reason
    before = stored(l1)
    assert l1.send(LIARS[0], "assertions", "prove", right.id, b"", SALT).success
    assert stored(l1) == before
    assert l1.ask("assertions", "node", right.id)[8] == NEVER
    assert bisect_reason(l1, right) == "not the halves of this node"


def bisect_reason(l1, node):
    return l1.send(HONEST, "assertions", "bisect", node.id, bytes(32), bytes(32)).reason


def test_a_proof_needs_its_prior_and_a_single_leaf(l1):
    honest, _, right, _ = terminal(l1, at=3)
    proof = honest.run.proof(l1.settings.genesis, 3)
    reasons = [
        l1.send(HONEST, "assertions", "prove", right.id, each, SALT).reason
        for each in (b"", proof[:32], bytes(32) + proof[32:], proof[:32] + bytes(32) + proof[64:], proof + b"x")
    ]
    assert reasons[0].startswith("length of a proof")
    assert reasons[1].startswith("length of a proof")
    assert reasons[2].startswith("state root before the leaf")
    assert reasons[3].startswith("state root before the leaf")
    assert reasons[4] == "these are not the letters so far"
    game = l1.new_game()
    game.feed(l1.events)
    top = game.assertions[honest.assertion].root
    assert l1.send(HONEST, "assertions", "prove", top, proof, SALT).reason == "the node is not a single leaf"
    assert l1.send(HONEST, "assertions", "prove", bytes(32), proof, SALT).reason == "no such node"


def test_timers_are_carried_up_and_never_fall(l1):
    honest, liar, root, wrong = two_sides(l1)
    _, left, right = bisect(l1, honest, root)
    assert bisect(l1, liar, wrong)[0].success
    assert bisect(l1, honest, right)[0].success
    l1.block += 5
    assert l1.send(HONEST, "assertions", "update", root.id).logs == ()
    for node, expected in ((left, 5), (right, 5), (root, 5)):
        l1.send(HONEST, "assertions", "update", node.id)
        assert l1.ask("assertions", "node", node.id)[8] == expected
    l1.block -= 2
    assert l1.send(HONEST, "assertions", "update", left.id).logs == ()
    assert l1.ask("assertions", "node", left.id)[8] == 5


def test_the_time_of_a_node_without_children_is_taken_over_unasked(l1):
    honest, _, root, _ = two_sides(l1)
    bisect(l1, honest, root)
    l1.block += 5
    assert l1.send(HONEST, "assertions", "update", root.id).success
    assert l1.ask("assertions", "node", root.id)[8] == 5


def test_a_confirmation_waits_for_parent_and_window(l1):
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS))
    propose(l1, honest)
    child_accumulator = l1.post_batch(STEPS - 1)
    after = honest.run.trace.end
    trace = Run.of(child_accumulator, STEPS).trace
    following = (honest.assertion, child_accumulator, trace.root, trace.end, trace.last_leaf_proof())
    made = l1.send(HONEST, "assertions", "propose", *following, value=l1.settings.bond)
    assert made.success, made.reason
    child = assertion_id(honest.assertion, child_accumulator, trace.root, trace.end)
    assert after != toy_root("")
    l1.block += l1.settings.window - 1
    assert l1.send(HONEST, "assertions", "confirm", honest.assertion).reason == "the timer has not reached the window"
    l1.block += 1
    assert l1.send(HONEST, "assertions", "confirm", child).reason == "the parent is not confirmed"
    assert l1.send(HONEST, "assertions", "confirm", bytes(32)).reason == "no such assertion"
    assert l1.send(LIARS[0], "assertions", "confirm", honest.assertion).success
    assert l1.send(LIARS[0], "assertions", "confirm", honest.assertion).logs == ()
    assert l1.send(LIARS[0], "assertions", "confirm", child).success
    assert l1.ask("assertions", "latestConfirmed") == child
    assert l1.ask("assertions", "successor", l1.settings.genesis) == honest.assertion
    assert l1.send(LIARS[0], "assertions", "reject", child).reason == "the assertion is not open"


def test_a_parent_has_one_confirmed_child_though_both_have_stood_long_enough():
    l1 = make_l1(blocks=0)
    honest, liar, _, wrong = two_sides(l1)
    assert l1.send(HONEST, "assertions", "confirm", honest.assertion).success
    assert l1.ask("assertions", "node", wrong.id)[8] >= l1.settings.window
    assert l1.send(HONEST, "assertions", "confirm", liar.assertion).reason == "a rival was confirmed"


def test_what_is_settled_absorbs(l1):
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {1: "!"}), plays=lambda move, _block: not isinstance(move, Bisect))
    play(l1, [liar, honest], blocks=200)
    wrong = root_node(l1, liar)
    before = stored(l1)
    assert bisect(l1, liar, wrong)[0].reason == "the dispute is settled"
    assert l1.send(LIARS[0], "assertions", "update", wrong.id).logs == ()
    assert l1.send(LIARS[0], "assertions", "confirm", liar.assertion).reason == "the assertion was rejected"
    late = Player(l1, LIARS[1], Run.of(accumulator, STEPS, {2: "!"}))
    assert propose(l1, late).reason == "the parent's successor is settled"
    assert propose(l1, honest).success
    assert stored(l1) == before


def test_events_alone_tell_the_game(l1):
    """The fold over events and the contract's own storage agree on everything."""
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
    liars = [Player(l1, LIARS[i], Run.of(accumulator, STEPS, {i: "!"})) for i in range(4)]
    game = play(l1, [*liars, honest], blocks=300)
    for identity, standing in game.nodes.items():
        node = standing.node
        record = l1.ask("assertions", "node", identity)
        assert record[:6] == (node.origin, node.height, node.index, node.base, node.span, standing.created_at)
        assert record[6:8] == (standing.children or (bytes(32), bytes(32)))
        assert record[8] == standing.timer
        assert l1.ask("assertions", "rivals", identity) == game.rivals[node.context]
    for identity, assertion in game.assertions.items():
        record = l1.ask("assertions", "assertion", identity)
        assert (record[1], record[2], record[8]) == (assertion.batch + 1, assertion.end_root, assertion.status)
        assert l1.ask("assertions", "successor", identity) == (assertion.successor or bytes(32))


def test_a_reorg_is_a_shorter_fold(l1):
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {1: "!"}))
    game = play(l1, [liar, honest], blocks=6)
    shorter = game.rolled_back(3)
    expected = Game(game.genesis, toy_root(""), 1)
    expected.feed(event for event in l1.events if event.block <= 3)
    assert shorter.nodes == expected.nodes
    assert shorter.assertions == expected.assertions
    assert shorter.rivals == expected.rivals
    assert len(shorter.nodes) < len(game.nodes)
