"""Series of games: nothing is lost with the whole window, games are lost below it, and a seed means the same games anywhere."""

from dataclasses import replace

import pytest

from rollup.devnet.arena.adversaries.greedy import Greedy
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Match, Turn
from rollup.devnet.arena.player import Player
from rollup.devnet.arena.result import INVARIANTS, total
from rollup.devnet.arena.rules import PROFILES, Rules, profile
from rollup.devnet.arena.series import BISECTION, DIRECT, Series, play, play_all
from rollup.devnet.arena.table import ADVERSARIES, SHARES
from rollup.dispute.schedule import confirmed_by, safe_above, window
from tests.unit.arena.tables import fresh_table, plain, played

GAMES = 5_000
"""Games of the quick tier."""

MANY = 100_000
"""Games of the soak tier."""


def check(series, processes):
    """Nothing is lost, late or false in a series; what fails is named by the line that plays it again."""
    results = play_all(series, processes)
    broken = [(each.game, each.violations) for each in results if not each.is_safe]
    assert not broken, f"optroll simulate dispute --seed {series.seed} --game {broken[0][0]}  # {broken[0][1]}"
    totals = total(results)
    assert totals.games == series.games
    assert (totals.lost, totals.past_bound, totals.honest_bond_lost, totals.false_challenges) == (0, 0, 0, 0)
    assert totals.margin_blocks_min >= 0
    assert totals.capital_ratio_min >= 100
    assert 1 <= totals.moves_per_sybil_max <= totals.moves_per_sybil_bound
    return totals


def test_five_thousand_games_are_safe():
    totals = check(Series(GAMES, seed=1), processes=2)
    assert set(totals.adversaries) == set(ADVERSARIES)
    assert set(totals.profiles) == set(PROFILES)
    assert totals.reorganisations > 200
    assert totals.censored_blocks > 50_000
    assert totals.margin_blocks_min <= 2


@pytest.mark.soak
def test_a_hundred_thousand_games_are_safe():
    check(Series(MANY, seed=2), processes=2)


def test_five_hundred_games_on_the_direct_lane_are_safe():
    totals = check(Series(500, seed=3, lane=DIRECT), processes=2)
    assert totals.margin_blocks_min == 0


LANES = pytest.mark.parametrize("lane", [BISECTION, DIRECT])


@LANES
@pytest.mark.parametrize("adversary", ["greedy", "randomised", "thief"])
def test_with_less_than_the_bound_games_are_lost(adversary, lane):
    """The control: what breaks a window of 0.8 T is strong enough to say something about T."""
    results = play_all(Series(80, seed=1, scale_e3=800, adversary=adversary, lane=lane))
    lost = [result for result in results if result.lost]
    assert lost
    assert not any(result.past_bound for result in results)
    if adversary != "randomised":
        assert len(lost) > 8
    if adversary == "thief":
        assert any("S6" in result.violations for result in lost)


class Exact(Greedy):
    """The greedy one at its best: it lies at once, and spends its censorship while a lie still stands alone."""

    def __init__(self, match, dice, sybils):
        super().__init__(match, dice, sybils)
        self.when = "leaf" if match.rules.published_leaves else "bisection"
        self.from_block = match.ground.number + 1

    def lie(self, match, _dice, salt):
        return Lie(match.count - 1, 1, "robbed", salt, match.rules.published_leaves)


@LANES
@pytest.mark.parametrize("name", PROFILES)
def test_the_greedy_adversary_reaches_its_limit_and_no_further(name, lane):
    """At a window of exactly what a false root can gather the game is lost, one block above it is not."""
    rules = profile(name, published_leaves=lane == DIRECT)
    for lacking in (0, 1):
        scale_e3 = -(-1_000 * (rules.reach + lacking) // rules.window_full)
        short = replace(rules, scale_e3=scale_e3)
        assert short.window == rules.reach + lacking
        game = played(fresh_table(short), short, Exact)
        assert ("S1" in game.referee.violations) is (lacking == 0)


def test_the_profiles_outweigh_their_delays_as_the_week_does():
    for name in PROFILES:
        rules = profile(name, 800)
        assert rules.window <= rules.reach < rules.window_full
        assert rules.window_full == window(rules.censored, rules.delay, rules.height)
        assert rules.reach == safe_above(rules.censored, rules.delay, rules.height) - rules.delay - 1
        assert rules.bound() == confirmed_by(rules.window, rules.censored, rules.delay, rules.height)


@LANES
def test_delay_does_not_depend_on_the_number_of_sybils(lane):
    """L2: without censorship, one liar delays as much as a hundred do."""
    worst = {}
    for sybils in (1, 2, 5, 20, 100):
        games = 12 if sybils < 20 else 2
        results = play_all(Series(games, seed=5, sybils=sybils, adversary="flood", lane=lane, profile="plain"))
        assert all(result.is_safe and result.censored == 0 for result in results)
        assert max(result.sybils for result in results) > sybils * 2 // 3
        worst[sybils] = max(result.delay - result.window for result in results)
    rules = profile("plain")
    assert max(worst.values()) == worst[1] <= confirmed_by(0, 0, rules.delay, rules.height)


@pytest.mark.long
def test_a_thousand_sybils_on_a_tall_trace():
    result = play(Series(1, seed=1, sybils=1_000, adversary="flood", profile="tall"), 0)
    assert result.is_safe
    assert result.sybils > 900
    assert result.honest_moves < result.sybils


def test_processes_and_order_change_nothing():
    series = Series(52, seed=7)
    alone = play_all(series)
    assert play_all(series, processes=2) == alone
    assert [play(series, game) for game in reversed(range(52))] == alone[::-1]
    assert play_all(replace(series, first=20, games=5)) == alone[20:25]
    assert play_all(replace(series, seed=8)) != alone


def test_what_is_remembered_of_the_strategys_answers_changes_nothing(monkeypatch):
    series = Series(60, seed=9)
    expected = play_all(series)
    monkeypatch.setattr(Player, "moves", Player.wanted)
    assert play_all(series) == expected


def test_leaps_change_nothing(monkeypatch):
    """Blocks in which nobody can do anything may as well be made."""
    series = Series(20, seed=11, adversary="greedy")
    expected = play_all(series)
    monkeypatch.setattr(Match, "leap", lambda *_arguments: None)
    assert play_all(series) == expected


def test_the_adversary_is_held_to_its_powers():
    """However greedy: no honest transaction waits longer than δ blocks beside those that were paid for out of the budget."""
    rules = plain()
    taken, take = [], Turn.take

    def noted(turn, waiting):
        receipt = take(turn, waiting)
        taken.append((turn.number - waiting.since, waiting.waited))
        return receipt

    class Stubborn(ADVERSARIES["greedy"]):
        def compose(self, turn):
            turn.is_censored = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Turn, "take", noted)
        game = played(fresh_table(rules), rules, Stubborn)
    assert game.budget == 0
    assert max(waited for _, waited in taken) == rules.delay
    assert sum(wait - 1 - waited for wait, waited in taken) >= rules.censored
    assert not game.referee.violations


def test_every_invariant_is_reported_and_every_adversary_has_its_share():
    totals = total(play_all(Series(3)))
    assert list(totals.fields()["invariants"]) == list(INVARIANTS)
    assert len(SHARES) == len(ADVERSARIES)


def test_rules_scale_the_window_alone():
    rules = Rules(40, 1, (3,), 800)
    assert (rules.window_full, rules.window) == (59, 47)
    assert rules.bond == Rules(40, 1, (3,)).bond


@pytest.mark.parametrize(
    "game",
    [
        pytest.param(34_570, id="a verifier that died between its commitment and its proof"),
        pytest.param(92_503, id="a proof that was under way when L1 replaced what it answered"),
    ],
)
def test_games_of_the_long_run_that_once_broke_an_invariant(game):
    assert play(Series(1), game).violations == {}
