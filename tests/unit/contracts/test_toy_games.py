"""Disputes over a toy transition: the honest strategy against liars, silence, Sybils, late rivals and censorship."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.dispute.game import Status
from rollup.dispute.schedule import confirmed_by, safe_above, window
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, Run, make_l1, play
from verifier.strategy import Abstain, Bisect, Propose, Prove

HEIGHT = 4
STEPS = 11
"""The batch's begin and ten records: a trace of height 4."""


@pytest.fixture(name="l1")
def l1_fixture():
    return make_l1()


@pytest.fixture(name="arena")
def arena_fixture(l1):
    """Players on one batch: `arena(0, honest=True)`, `arena(1, {3: "!"})` and so on."""
    accumulator = l1.post_batch(STEPS - 1)

    def make(number, wrong=None, *, healed=False, **settings):
        name = HONEST if settings.get("honest") else LIARS[number]
        return Player(l1, name, Run.of(accumulator, STEPS, wrong, healed=healed), **settings)

    return make


def stood_alone(game, liars, l1):
    """S4: no wrong root ever gathers the window."""
    for liar in liars:
        assertion = game.assertions.get(liar.assertion)
        if assertion is not None:
            assert game.timer(assertion.root, l1.block) < l1.settings.window


@pytest.mark.parametrize("at", [0, 1, 7, 8, 10, 15])
@pytest.mark.parametrize("healed", [False, True])
def test_a_lie_at_any_leaf_loses(l1, arena, at, healed):
    honest, liar = arena(0, honest=True), arena(1, {at: "!"}, healed=healed and at != 15)
    game = play(l1, [liar, honest], blocks=200, after=lambda game: stood_alone(game, [liar], l1))
    assert game.assertions[honest.assertion].status == Status.CONFIRMED
    assert game.assertions[liar.assertion].status == Status.REJECTED
    assert sum(name == "prove" and outcome.success for name, outcome in l1.outcomes) == 1


def test_without_a_rival_the_window_is_all_it_takes(l1, arena):
    honest = arena(0, honest=True)
    game = play(l1, [honest], blocks=200)
    won = game.assertions[honest.assertion]
    assert l1.settings.window <= won.confirmed_at - won.created_at <= l1.settings.window + 1
    assert not any(name in {"bisect", "prove", "update"} for name, _ in l1.outcomes)


@pytest.mark.parametrize("silent_after", range(HEIGHT + 2))
def test_silence_at_any_turn_delays_no_more_than_play(l1, arena, silent_after):
    turns = []

    def quits(move, _block):
        turns.append(move)
        return len(turns) <= silent_after + 1

    honest, liar = arena(0, honest=True), arena(1, {5: "!"}, plays=quits)
    game = play(l1, [liar, honest], blocks=200)
    won = game.assertions[honest.assertion]
    assert won.status == Status.CONFIRMED
    assert won.confirmed_at - won.created_at <= confirmed_by(l1.settings.window, 0, 0, HEIGHT)


@pytest.mark.parametrize("liars", [1, 3, 8])
def test_sybils_cost_no_time_and_bounded_moves(l1, arena, liars):
    honest = arena(0, honest=True)
    crowd = [arena(number, {number % 16: "!?#"[number % 3]}) for number in range(1, liars + 1)]
    game = play(l1, [*crowd, honest], blocks=300, after=lambda game: stood_alone(game, crowd, l1))
    won = game.assertions[honest.assertion]
    assert won.confirmed_at - won.created_at <= confirmed_by(l1.settings.window, 0, 0, HEIGHT)
    assert all(game.assertions[liar.assertion].status == Status.REJECTED for liar in crowd)
    assert sum(isinstance(move, (Bisect, Prove)) for move in honest.made) <= liars * (HEIGHT + 1)


def test_a_rival_in_the_last_block_adds_only_its_own_game(l1, arena):
    honest = arena(0, honest=True)
    late = arena(1, {9: "!"}, plays=lambda move, block: not isinstance(move, Propose) or block >= l1.settings.window)
    game = play(l1, [late, honest], blocks=300)
    won, lost = game.assertions[honest.assertion], game.assertions[late.assertion]
    assert (won.status, lost.status) == (Status.CONFIRMED, Status.REJECTED)
    assert won.confirmed_at - won.created_at <= confirmed_by(l1.settings.window, 0, 0, HEIGHT)


def test_the_right_root_is_not_lost_with_a_staker_who_plays_it_badly(l1, arena):
    false_flag = arena(1, plays=lambda move, _block: isinstance(move, Propose))
    liar = arena(2, {3: "!"})
    honest = arena(0, honest=True, proposes=False)
    game = play(l1, [false_flag, liar, honest], blocks=200)
    assert game.assertions[honest.assertion].status == Status.CONFIRMED
    assert game.assertions[honest.assertion].staker == false_flag.name


def test_a_verifier_that_does_not_propose_still_answers_a_lie(l1, arena):
    liar, honest = arena(1, {3: "!"}), arena(0, honest=True, proposes=False)
    game = play(l1, [liar, honest], blocks=200)
    assert game.assertions[honest.assertion].status == Status.CONFIRMED
    assert game.assertions[honest.assertion].staker == HONEST


@pytest.mark.parametrize(("delay", "where"), [(0, "early"), (2, "early"), (2, "late"), (1, "spread")])
def test_the_window_holds_against_all_censorship_allowed(delay, where):
    censored = 20
    l1 = make_l1(censored=censored, delay=delay, height=HEIGHT)
    game, honest, liar = fight(l1, delay=delay, censored=censored, where=where)
    won = game.assertions[honest.assertion]
    assert won.status == Status.CONFIRMED
    assert game.assertions[liar.assertion].status == Status.REJECTED
    began = min(won.created_at, game.assertions[liar.assertion].created_at)
    assert won.confirmed_at - began <= confirmed_by(l1.settings.window, censored, delay, HEIGHT)


@pytest.mark.parametrize("delay", [0, 1, 2])
@pytest.mark.parametrize("slack", [-1, 0, 1])
def test_below_the_bound_a_delaying_adversary_wins(delay, slack):
    """The control: this adversary reaches the bound but for one answer's wait, and not a block more."""
    censored = 20
    reached = safe_above(censored, delay, HEIGHT) - (delay + 1)
    assert reached < window(censored, delay, HEIGHT)
    l1 = make_l1(blocks=reached + slack)
    game, honest, liar = fight(l1, delay=delay, censored=censored, where="early")
    winner, loser = (honest, liar) if slack > 0 else (liar, honest)
    assert game.assertions[winner.assertion].status == Status.CONFIRMED
    assert game.assertions[loser.assertion].status != Status.CONFIRMED
    assert any(isinstance(move, Abstain) for move in honest.wants(game, l1.block)) == (slack <= 0)


@given(st.integers(0, 2**32), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_no_mix_of_liars_beats_the_window(seed, delay):
    """Random lies, random silence, random reordering and censorship within what the window allows."""
    dice, censored = random.Random(seed), 20
    l1 = make_l1(censored=censored, delay=delay, height=HEIGHT)
    accumulator = l1.post_batch(STEPS - 1)
    blocked = set(dice.sample(range(1, 80), censored))
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, delay=delay, censored=blocked.__contains__)
    liars = []
    for name in LIARS[: dice.randrange(1, 5)]:
        lies = {dice.randrange(16): dice.choice("!?#") for _ in range(dice.randrange(1, 4))}
        zeal, start = dice.random(), dice.choice((0, 0, dice.randrange(60)))
        run = Run.of(accumulator, STEPS, lies, healed=dice.random() < 0.3)
        mood = lambda _move, block, zeal=zeal, start=start: block >= start and dice.random() < zeal  # noqa: E731
        liars.append(Player(l1, name, run, plays=mood))
    liars = [liar for liar in liars if liar.assertion != honest.assertion]
    game = play(l1, [*liars, honest], blocks=400, after=lambda game: stood_alone(game, liars, l1))
    won = game.assertions[honest.assertion]
    assert won.status == Status.CONFIRMED
    first = min(each.created_at for each in game.assertions.values() if each.batch == 0)
    assert won.confirmed_at - first <= confirmed_by(l1.settings.window, censored, delay, HEIGHT)


def fight(l1, *, delay, censored, where):
    """Let a liar that is never delayed play an honest verifier whose every move waits, and who is censored for so many blocks in all."""
    blocks = {
        "early": set(range(2 + delay, 2 + delay + censored)),
        "late": set(range(l1.settings.window - censored // 2, l1.settings.window + censored // 2)),
        "spread": {block for block in range(1, 10 * censored) if block % 4 == 0 and block // 4 <= censored},
    }[where]
    accumulator = l1.post_batch(STEPS - 1)
    liar = Player(l1, LIARS[1], Run.of(accumulator, STEPS, {15: "!"}))
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, delay=delay, censored=blocks.__contains__)
    return play(l1, [liar, honest], blocks=600), honest, liar
