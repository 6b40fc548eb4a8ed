"""The direct lane: a wrong leaf is shown in one transaction, a right assertion cannot be held up, and the bounty is not copied."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1_mock.contracts.bonds import BURNED
from rollup.core.keccak import keccak256
from rollup.dispute.bounty import commitment_of
from rollup.dispute.game import Status
from rollup.dispute.refutation import first_wrong, work_of
from rollup.dispute.schedule import direct_window
from rollup.dispute.trace import commit
from tests.unit.contracts.test_bonds import conserved
from tests.unit.contracts.toy_games import HONEST, LIARS, SALT, Player, Run, make_l1, play, toy_root
from tests.unit.contracts.trading_day import real_l1, trading_day
from verifier.strategy import Commit, Confirm, Propose, Refute, Sweep

STEPS = 16
WATCHER = b"W" * 20
"""Somebody without a bond."""


@pytest.fixture(name="l1")
def l1_fixture():
    return make_l1(direct=True)


@pytest.fixture(name="accumulator")
def accumulator_fixture(l1):
    return l1.post_batch(STEPS - 1)


def publish(l1, player, **changes):
    right = {"parent": l1.settings.genesis, "acc": player.run.claim.accumulator, "roots": player.run.leaves}
    return l1.send(player.name, "assertions", "proposeLeaves", *{**right, **changes}.values(), value=l1.settings.bond)


def refute(l1, run, liar, index, *, sender=WATCHER, salt=SALT):
    return l1.send(sender, "assertions", "refute", liar.assertion, index, run.refutation(liar.run.leaves, index), salt)


def status(l1, player):
    return l1.ask("assertions", "assertion", player.assertion)[8]


def test_l1_computes_the_trace_of_what_was_published(l1, accumulator):
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS))
    done = publish(l1, honest)
    assert done.success, done.reason
    asserted, published = l1.events[-2:]
    assert asserted.arguments["traceRoot"] == honest.run.trace.root
    assert published.arguments == {"id": honest.assertion, "roots": honest.run.leaves}
    assert status(l1, honest) == Status.OPEN
    again = publish(l1, honest)
    assert again.success
    assert not again.logs
    conserved(l1, l1.settings.bond)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"roots": b""}, "not one root for each leaf that has steps"),
        ({"roots": bytes(32 * STEPS - 1)}, "not one root for each leaf that has steps"),
        ({"roots": bytes(32 * STEPS + 32)}, "not one root for each leaf that has steps"),
        ({"acc": bytes(32)}, "L1's batch is another one"),
        ({"parent": bytes(32)}, "no such assertion"),
    ],
)
def test_what_is_not_the_batchs_leaves_reverts(l1, accumulator, changes, reason):
    assert publish(l1, Player(l1, HONEST, Run.of(accumulator, STEPS)), **changes).reason == reason
    assert l1.world.balance(l1.address("assertions")) == 0


def test_leaves_without_steps_are_l1s_to_add():
    l1 = make_l1(direct=True)
    accumulator = l1.post_batch(10)
    roots = [toy_root(str(number)) for number in range(11)]
    done = l1.send(HONEST, "assertions", "proposeLeaves", l1.settings.genesis, accumulator, b"".join(roots), value=l1.settings.bond)
    assert done.success, done.reason
    expected = commit(toy_root(""), roots, 4)
    assert (l1.events[-2].arguments["traceRoot"], l1.events[-2].arguments["endRoot"]) == (expected.root, roots[-1])


@pytest.mark.parametrize("direct", [False, True])
def test_each_lane_has_its_own_moves(direct):
    l1 = make_l1(direct=direct)
    accumulator = l1.post_batch(STEPS - 1)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {3: "!"}))
    claim, genesis = liar.run.claim, l1.settings.genesis
    plain = (genesis, accumulator, claim.trace_root, claim.end_root, claim.last_leaf_proof)
    reasons = [
        l1.send(HONEST, "assertions", "propose", *plain, value=l1.settings.bond).reason,
        publish(l1, liar).reason,
        refute(l1, Run.of(accumulator, STEPS), liar, 3).reason,
    ]
    if direct:
        assert reasons == ["assertions of this rollup publish their leaves", "", ""]
        root = l1.ask("assertions", "assertion", liar.assertion)[3]
        halves = liar.run.trace.span(3, 0), liar.run.trace.span(3, 1)
        assert l1.send(HONEST, "assertions", "bisect", root, *halves).reason == "the node has no rival"
    else:
        assert reasons == [
            "",
            "assertions of this rollup do not publish their leaves",
            "the leaves of this rollup's assertions are not published",
        ]


def test_a_single_leaf_is_not_proved_but_refuted():
    """Its root is a leaf, whose origin is the assertion itself: what `prove` would take for the state before it is the state after."""
    l1 = make_l1(direct=True)
    run = Run.of(l1.post_batch(0), 1)
    player = Player(l1, HONEST, run)
    assert publish(l1, player).success
    root = l1.ask("assertions", "assertion", player.assertion)[3]
    assert l1.send(HONEST, "assertions", "prove", root, b"", SALT).reason == "the leaves are published: refute"


@pytest.mark.parametrize("at", range(STEPS))
@pytest.mark.parametrize("healed", [False, True])
def test_a_lie_at_any_leaf_is_refuted_in_one_transaction(at, healed):
    l1 = make_l1(direct=True)
    accumulator = l1.post_batch(STEPS - 1)
    right = Run.of(accumulator, STEPS)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {at: "!"}, healed=healed))
    publish(l1, liar)
    done = refute(l1, right, liar, first_wrong(liar.run.leaves, right.leaves))
    assert done.success, done.reason
    assert first_wrong(liar.run.leaves, right.leaves) == at
    assert status(l1, liar) == Status.REJECTED
    assert [event.name for event in l1.events][-5:] == ["BondBurned", "Slashed", "Rejected", "Refuted", "Claimed"]


def test_no_leaf_of_a_right_assertion_can_be_refuted(l1, accumulator):
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS))
    publish(l1, honest)
    before = dict(l1.world.tables["storage"])
    for index in range(STEPS):
        assert refute(l1, honest.run, honest, index).reason == "the step leads there: this leaf is right"
    for index in (STEPS, STEPS + 1, 1 << 63):
        assert "leaf of a refutation" in l1.send(WATCHER, "assertions", "refute", honest.assertion, index, bytes(600), SALT).reason
    assert l1.world.tables["storage"] == before


def test_leaves_are_opened_at_their_own_place(l1, accumulator):
    right, liar = Run.of(accumulator, STEPS), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {5: "!"}))
    publish(l1, liar)
    proof = right.refutation(liar.run.leaves, 5)
    for index in set(range(STEPS)) - {5}:
        assert not l1.send(WATCHER, "assertions", "refute", liar.assertion, index, proof, SALT).success
    for place in range(0, 320, 7):
        changed = bytearray(proof)
        changed[place] ^= 1
        assert not l1.send(WATCHER, "assertions", "refute", liar.assertion, 5, bytes(changed), SALT).success
    assert l1.send(WATCHER, "assertions", "refute", liar.assertion, 5, proof, SALT).success


def test_what_was_refuted_dies_with_all_that_stands_on_it_and_nothing_else(l1, accumulator):
    honest, liar = Player(l1, HONEST, Run.of(accumulator, STEPS)), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {5: "!"}))
    publish(l1, honest)
    publish(l1, liar)
    child = l1.post_batch(0)
    done = l1.send(LIARS[0], "assertions", "proposeLeaves", liar.assertion, child, toy_root("x"), value=0)
    assert done.success, done.reason
    below = l1.events[-1].arguments["id"]
    assert refute(l1, honest.run, liar, 5).success
    assert (status(l1, honest), status(l1, liar)) == (Status.OPEN, Status.REJECTED)
    assert l1.send(WATCHER, "assertions", "proposeLeaves", liar.assertion, child, bytes(32), value=0).reason == (
        "the parent's successor is settled"
    )
    # The bond had moved up: it is slashed with the assertion that it stands behind now, into the same pool.
    assert l1.ask("assertions", "pool", liar.assertion) == 0
    assert l1.send(WATCHER, "assertions", "reject", below).success
    assert l1.ask("assertions", "pool", liar.assertion) == l1.settings.bond // 2
    conserved(l1, 2 * l1.settings.bond)
    assert l1.send(LIARS[0], "assertions", "confirm", liar.assertion).reason == "the assertion was rejected"


def test_what_is_confirmed_cannot_be_refuted():
    l1 = make_l1(direct=True, blocks=0)
    accumulator = l1.post_batch(STEPS - 1)
    right, liar = Run.of(accumulator, STEPS), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {5: "!"}))
    other = Player(l1, LIARS[1], Run.of(accumulator, STEPS, {6: "!"}))
    publish(l1, liar)
    publish(l1, other)
    assert l1.send(LIARS[0], "assertions", "confirm", liar.assertion).success
    assert refute(l1, right, liar, 5).reason == "the assertion is confirmed, or was rejected otherwise"
    assert l1.send(WATCHER, "assertions", "reject", other.assertion).success
    assert refute(l1, right, other, 6).reason == "the assertion is confirmed, or was rejected otherwise"
    assert l1.send(WATCHER, "assertions", "sweep", other.assertion).reason == "sweep: the assertion was not refuted"


def test_the_bounty_is_the_first_committers(l1, accumulator):
    """A thief copies the refutation, and is included first; another finds a second fault and commits later."""
    right, liar = Run.of(accumulator, STEPS), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {5: "!"}, healed=True))
    publish(l1, liar)
    proof = right.refutation(liar.run.leaves, 5)
    late = Run.of(accumulator, STEPS, {5: "!"}).letters[:6]
    second = right.refutation(liar.run.leaves, 6)[: -len("abcdef")] + late.encode()
    l1.send(HONEST, "assertions", "commit", commitment_of(liar.assertion, work_of(5, proof), HONEST, SALT))
    l1.block += 1
    l1.send(LIARS[3], "assertions", "commit", commitment_of(liar.assertion, work_of(6, second), LIARS[3], SALT))
    l1.block += 1
    for sender, index, sent in ((LIARS[2], 5, proof), (LIARS[3], 6, second), (HONEST, 5, proof), (LIARS[2], 5, proof)):
        done = l1.send(sender, "assertions", "refute", liar.assertion, index, sent, SALT)
        assert done.success, done.reason
    claims = [event.arguments["claimant"] for event in l1.events if event.name == "Claimed"]
    assert claims == [LIARS[2], LIARS[3], HONEST]
    assert l1.send(WATCHER, "assertions", "sweep", liar.assertion).reason == "sweep: movers may still be paid"
    l1.block += l1.settings.window + 1
    assert l1.send(WATCHER, "assertions", "sweep", liar.assertion).success
    assert l1.ask("assertions", "credit", HONEST) == l1.settings.bond // 2
    assert l1.world.balance(BURNED) == l1.settings.bond // 2
    conserved(l1, l1.settings.bond)


def fight(l1, accumulator, liars, **settings):
    """The honest strategy against some liars, to the end of all pay-outs."""
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, **settings)
    runs = [Run.of(accumulator, STEPS, {3 * i % 16: "!?#"[i % 3]}) for i in range(liars)]
    crowd = [Player(l1, LIARS[i], run, plays=lambda move, _block: isinstance(move, Propose)) for i, run in enumerate(runs)]
    game = play(l1, [*crowd, honest], blocks=200)
    for _ in range(2 * l1.settings.window):
        l1.block += 1
        game = l1.new_game()
        game.feed(l1.events)
        honest.look(game, l1.block - 1)
        honest.act()
    return game, honest, crowd


@pytest.mark.parametrize("liars", [0, 1, 8, 30])
def test_any_number_of_liars_adds_nothing_to_the_window(l1, accumulator, liars):
    game, honest, crowd = fight(l1, accumulator, liars, collects=True)
    won = game.assertions[honest.assertion]
    assert won.status == Status.CONFIRMED
    assert won.confirmed_at - won.created_at <= l1.settings.window + 1
    assert all(game.assertions[liar.assertion].status == Status.REJECTED for liar in crowd)
    assert all(game.assertions[liar.assertion].refuted_at <= won.created_at + 4 for liar in crowd)
    kinds = [type(move) for move in honest.made]
    assert kinds.count(Refute) == kinds.count(Commit) == kinds.count(Sweep) == liars
    bond = l1.settings.bond
    assert l1.ask("assertions", "credit", HONEST) == bond + liars * bond // 2
    conserved(l1, (1 + liars) * bond)


def test_who_asserts_nothing_still_refutes_and_stakes_nothing(l1, accumulator):
    game, honest, (liar,) = fight(l1, accumulator, 1, proposes=False)
    assert game.assertions[liar.assertion].status == Status.REJECTED
    assert {type(move) for move in honest.made} == {Refute}
    assert Propose not in map(type, honest.made)


def test_a_branch_of_lies_is_refuted_at_its_root_and_its_bond_followed(l1, accumulator):
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {5: "!"}))
    publish(l1, liar)
    child = l1.post_batch(0)
    assert l1.send(LIARS[0], "assertions", "proposeLeaves", liar.assertion, child, toy_root("x"), value=0).success
    below = l1.events[-1].arguments["id"]
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, collects=True)
    for _ in range(8):
        game = l1.new_game()
        game.feed(l1.events)
        honest.look(game, l1.block)
        l1.block += 1
        honest.act()
    game = l1.new_game()
    game.feed(l1.events)
    assert [game.assertions[each].status for each in (liar.assertion, below)] == [Status.REJECTED] * 2


@pytest.mark.parametrize("delay", [0, 1, 2])
def test_the_window_holds_against_all_censorship_allowed(delay):
    """The worst case: every honest transaction waits, and the adversary spends all its censorship on them."""
    censored = 20
    l1 = make_l1(censored=censored, delay=delay, direct=True)
    accumulator = l1.post_batch(STEPS - 1)
    blocked = set(range(2 + delay, 2 + delay + censored))
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, collects=True, delay=delay, censored=blocked.__contains__)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {7: "!"}))
    game = play(l1, [liar, honest], blocks=300)
    assert game.assertions[liar.assertion].status == Status.REJECTED
    assert game.assertions[honest.assertion].status == Status.CONFIRMED


@pytest.mark.parametrize("slack", [0, 1])
def test_below_the_bound_a_censor_wins(slack):
    """The control: a window that ends in the block where the refutation gets through, or before it, is too short."""
    censored, delay = 20, 1
    reached = censored + delay + 1
    assert reached < direct_window(censored, delay)
    l1 = make_l1(direct=True, blocks=reached - 1 + slack)
    accumulator = l1.post_batch(STEPS - 1)
    blocked = set(range(2, 2 + delay + censored))
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, censored=blocked.__contains__)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {7: "!"}))
    game = play(l1, [liar, honest], blocks=300)
    won = Status.CONFIRMED if slack == 0 else Status.REJECTED
    assert game.assertions[liar.assertion].status == won


@given(st.integers(0, 2**32))
def test_no_mix_of_liars_holds_up_or_beats_a_right_assertion(seed):
    dice = random.Random(seed)
    l1 = make_l1(direct=True)
    accumulator = l1.post_batch(STEPS - 1)
    blocked = set(dice.sample(range(1, 80), 20))
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, collects=True, delay=1, censored=blocked.__contains__)
    liars = []
    for name in LIARS[: dice.randrange(1, 6)]:
        lies = {dice.randrange(16): dice.choice("!?#") for _ in range(dice.randrange(1, 4))}
        start = dice.choice((0, dice.randrange(40)))
        run = Run.of(accumulator, STEPS, lies, healed=dice.random() < 0.3)
        liars.append(Player(l1, name, run, plays=lambda _move, block, start=start: block >= start))
    game = play(l1, [*liars, honest], blocks=300)
    won = game.assertions[honest.assertion]
    assert won.status == Status.CONFIRMED
    assert won.confirmed_at - won.created_at <= l1.settings.window + 3 + 20
    assert not any(isinstance(move, Confirm) and move.assertion != honest.assertion for move in honest.made)


@pytest.mark.parametrize("steps_per_leaf", [1, 4])
def test_a_real_batch_is_refuted_at_any_step(steps_per_leaf):
    day = trading_day(real_l1(steps_per_leaf=steps_per_leaf, direct=True))
    l1, spent = day.l1, []
    leaves = len(day.leaves) // 32
    for number, at in enumerate((0, 1, leaves // 2, leaves - 1)):
        liar = Player(l1, LIARS[number], day.lie(at))
        done = publish(l1, liar)
        assert done.success, done.reason
        assert refute(l1, day, liar, at).success
        spent.append(l1.outcomes[-1][1].gas_peak)
        assert status(l1, liar) == Status.REJECTED
    assert max(spent) < 1 << 20
    honest = Player(l1, HONEST, day)
    assert publish(l1, honest).success
    for at in (0, leaves // 2, leaves - 1):
        assert refute(l1, day, honest, at).reason == "the step leads there: this leaf is right"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_first_difference_is_found(one, other):
    one, other = (b"".join(keccak256(bytes([each % 3])) for each in data[:40].ljust(40, b"\0")) for data in (one, other))
    if one != other:
        expected = next(place for place in range(40) if one[32 * place :][:32] != other[32 * place :][:32])
        assert first_wrong(one, other) == expected
