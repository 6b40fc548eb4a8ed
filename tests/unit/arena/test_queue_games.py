"""L3: whatever the sequencer leaves out is in a batch by the bound; and where nobody forces it, or L1 asks too little, it is not."""

import json
from random import Random

import pytest
from click.testing import CliRunner

from l1_mock.contracts import inbox
from rollup.cli import optroll
from rollup.devnet.arena.batches import games_genesis, open_ground
from rollup.devnet.arena.queue_games import QueueGame, play_queue, play_queues


def test_nobody_waits_longer_than_the_bound_and_some_nearly_as_long():
    found = play_queues(1, 80)
    assert not found["late"], found["example"]
    assert found["forced_batches"] > 40
    assert found["censored_blocks"] > 40
    assert found["margin_blocks_min"] == 0


@pytest.mark.long
def test_nobody_waits_longer_in_many_games():
    found = play_queues(2, 5_000)
    assert not found["late"], found["example"]


def test_a_game_leaves_the_ground_as_it_was():
    ground = open_ground(games_genesis())
    first, second = (play_queue(3, 7, ground) for _ in range(2))
    assert first.waits == second.waits
    assert first.rulings.batches == second.rulings.batches
    assert ground.number == 1


def game(**settings):
    played = QueueGame(open_ground(games_genesis()), Random(5), 1, 0, **settings)
    played.play()
    return played


def test_where_nobody_forces_a_silent_sequencer_keeps_everybody_waiting():
    assert not game(posts=0.0).rulings.violations
    assert "L3" in game(posts=0.0, forces=False).rulings.violations


@pytest.mark.parametrize("posts", [0.4, 0.0])
def test_where_l1_allows_more_than_its_rules_say_somebody_waits_too_long(monkeypatch, posts):
    """Whether batches leave out what is overdue, or nobody may force it yet."""
    allowed = inbox.forced_delay
    monkeypatch.setattr(inbox, "forced_delay", lambda call: allowed(call) + 10)
    assert "L3" in game(posts=posts).rulings.violations


def test_the_command_prints_what_came_of_it():
    result = CliRunner().invoke(optroll, ["simulate", "queue", "--games", "5", "--seed", "4", "--format", "json"])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["games"], report["late"], report["verdict"]) == (5, 0, "safe")
    assert 0 < report["longest_wait_blocks"] <= report["its_bound_blocks"]


def test_the_exit_status_says_that_somebody_was_late(monkeypatch):
    allowed = inbox.forced_delay
    monkeypatch.setattr(inbox, "forced_delay", lambda call: allowed(call) + 10)
    result = CliRunner().invoke(optroll, ["simulate", "queue", "--games", "5"])
    assert result.exit_code == 1
    assert "unsafe" in result.stdout
