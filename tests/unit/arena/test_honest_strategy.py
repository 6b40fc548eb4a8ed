"""The honest strategy in games: pure, idempotent, the same from L1 alone, and unmoved by copies, replays and lateness."""

from copy import deepcopy

import pytest

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.adversaries.randomised import Randomised
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary
from rollup.devnet.arena.player import HONEST, Player, Watch
from rollup.devnet.arena.result import result_of
from rollup.dispute.game import Game, Status
from tests.unit.arena.tables import fresh_table, plain, played
from verifier.strategy import Bisect, Confirm, Propose, Prove

LANES = pytest.mark.parametrize("direct", [False, True], ids=["bisection", "direct"])


def rules_of(direct, name="pair"):
    from rollup.devnet.arena.rules import profile

    return profile(name, published_leaves=direct)


def recovered(match):
    """A player of another life: it has its own executions, and reads L1 from the beginning."""
    game = Game(match.game.genesis, match.truth.genesis_root, 1, published_leaves=match.rules.published_leaves)
    game.feed(event for mined in match.ground.mined for each in mined.receipts for event in match.read(mined.number, each.logs))
    honest = match.honest
    return Player(HONEST, honest.histories, Watch(match.rules.window), honest.bond_wei, patience=honest.patience), game


def snapshot(game):
    """What a game holds, apart from the game."""
    return deepcopy((game.assertions, game.nodes, game.rivals, game.batches, game.confirmed, game.treasury, len(game.events)))


class Checked(Randomised):
    """The randomised adversary, and before each of its blocks a question to the honest player."""

    def __init__(self, match, dice, sybils):
        super().__init__(match, dice, sybils)
        self.asked = 0

    def reorganise(self, match):
        now, before = match.ground.number, snapshot(match.game)
        first = match.honest.wanted(match.game, now)
        assert match.honest.wanted(match.game, now) == first
        assert snapshot(match.game) == before
        player, game = recovered(match)
        assert player.wanted(game, now) == first
        self.asked += bool(first)
        return super().reorganise(match)


@LANES
@pytest.mark.parametrize("seed", range(4))
def test_it_is_pure_and_needs_nothing_but_l1(seed, direct):
    """Asked twice it says the same and has changed nothing; one that was born this moment says it too."""
    rules, made = rules_of(direct), []

    def adversary(match, dice, sybils):
        made.append(Checked(match, dice, sybils))
        return made[0]

    match = played(fresh_table(rules), rules, adversary, seed)
    assert result_of(match, 0, "", "").is_safe
    assert made[0].asked > 1


class Copycat(Adversary):
    """One liar, and a stranger who sends every honest call first, from its own account, and every call of the game once more at the end."""

    def __init__(self, match, _dice, _sybils):
        self.gang = Gang(match, [Lie(0, 3, "robbed", is_published=match.rules.published_leaves)])

    def compose(self, turn):
        self.gang.act(turn)
        for waiting in list(turn.waiting):
            turn.send(b"stranger who copies.", waiting.call)
            turn.send(b"stranger who copies.", waiting.call)
            receipt = turn.include(waiting)
            kind = type(waiting.move)
            if kind in {Bisect, Prove, Propose, Confirm}:
                assert receipt.success, receipt.reason


@LANES
def test_whoever_is_faster_does_the_honest_player_no_harm(direct):
    """What is there already is success: every move lands, and the game takes no longer than without the copies."""
    rules = rules_of(direct, "plain")
    match = played(fresh_table(rules), rules, Copycat, collects=True)
    result = result_of(match, 0, "", "")
    assert result.is_safe
    movers = [event.arguments["mover"] for event in match.logged if event.name == "Bisected"]
    assert HONEST not in movers
    stakers = {item.staker for item in match.game.assertions.values() if item.status == Status.CONFIRMED and item.batch >= 0}
    assert stakers == {b"stranger who copies."}
    assert result.delay <= rules.window + 2 * rules.height + 4


class Replayer(Copycat):
    """A liar, and every honest transaction delivered three times and in the opposite order."""

    def compose(self, turn):
        for waiting in reversed(list(turn.waiting)):
            turn.include(waiting)
            turn.send(HONEST, waiting.call)
            turn.send(HONEST, waiting.call)
        self.gang.act(turn)


@LANES
def test_what_is_delivered_twice_or_in_another_order_counts_once(direct):
    rules = rules_of(direct, "plain")
    match = played(fresh_table(rules), rules, Replayer)
    assert not {"S1", "S2", "S3", "S4", "S6", "E3"} & match.referee.violations.keys()
    truth = [item for item in match.game.assertions.values() if item.batch >= 0 and item.status == Status.CONFIRMED]
    assert len(truth) == 1
    nodes = [event.arguments["node"] for event in match.logged if event.name in {"Bisected", "Proved"}]
    assert len(nodes) == len(set(nodes))


class Assassin(Checked):
    """Kills the honest player after every block."""

    def reorganise(self, match):
        match.crash()
        return super().reorganise(match)


@LANES
def test_one_that_dies_after_every_block_wins_in_the_same_time(direct):
    rules = rules_of(direct, "plain")
    match = played(fresh_table(rules), rules, Assassin, seed=5)
    result = result_of(match, 0, "", "")
    assert not {"S1", "S4", "L1", "L4", "E3"} & result.violations.keys()
    assert not result.lost


def test_the_whole_window_of_the_plain_profile_is_what_the_formula_says():
    assert plain().window == plain().window_full
