"""Every drill that is a game on L1 alone ends safe on a seven-day window, on either lane; and one without an honest player does not."""

import json

import pytest
from click.testing import CliRunner

from rollup.cli import optroll
from rollup.devnet.arena.match import Match
from rollup.devnet.arena.result import INVARIANTS
from rollup.devnet.drills.catalogue import GAMES, load
from rollup.devnet.drills.scenario import Lane, run_drill

LONG = {"sybil-flood", "censorship-budget"}
"""Those that take more than a second or two."""

QUICK = [name for name in GAMES if name not in LONG]


def check(name, lane, seed):
    report = run_drill(name, load(name), seed, lane=Lane(lane))
    assert report.is_safe, report
    assert set(report.invariants) >= set(INVARIANTS)
    assert report.figures["window_blocks"] > 7 * 7_200
    assert 0 < report.figures["delay_blocks"] <= report.figures["bound_blocks"]
    assert report.virtual_seconds <= load(name).deadline_s
    return report


@pytest.mark.parametrize("lane", ["bisection", "direct"])
@pytest.mark.parametrize("name", QUICK)
def test_a_game_ends_safe(name, lane):
    report = check(name, lane, 1)
    assert report == report.__class__(**{**report.fields(), "wall_seconds": report.wall_seconds})
    assert (report.figures["refutations"] > 0) is (lane == "direct")


@pytest.mark.long
@pytest.mark.parametrize("lane", ["bisection", "direct"])
@pytest.mark.parametrize("name", sorted(LONG))
def test_a_long_game_ends_safe(name, lane):
    check(name, lane, 1)


@pytest.mark.parametrize("name", QUICK)
def test_without_an_honest_player_the_lie_wins(name, monkeypatch):
    monkeypatch.setattr(Match, "look", lambda _match: None)
    report = run_drill(name, load(name), 1)
    assert not report.is_safe
    assert not report.invariants["S1"] or not report.invariants["L1"]


def test_a_seed_means_one_history():
    digests = [run_drill("deep-reorganisation", load("deep-reorganisation"), seed).trace_digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_the_command_runs_a_game_as_any_drill():
    result = CliRunner().invoke(optroll, ["drill", "run", "last-second", "--lane", "direct", "--format", "json"])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["drill"], report["verdict"], report["missed"]) == ("last-second", "safe", "")
    assert report["replay"] == "optroll drill run last-second --seed 1 --lane direct"
    shown = CliRunner().invoke(optroll, ["drill", "run", "false-flag"])
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[-1] == "SAFE  replay: optroll drill run false-flag --seed 1"


def test_every_game_is_searched_and_a_shorter_window_loses_some():
    report = run_drill("every-game", load("every-game"), 1)
    assert report.is_safe, report
    assert report.figures["positions"] > 2_000
    assert report.figures["games"] > 500
    assert report.figures["delay_blocks"] <= report.figures["bound_blocks"]


def test_a_step_costs_what_it_touches_wherever_it_stands():
    figures = run_drill("every-step", load("every-step"), 1).figures
    assert figures["steps_lied_about"] == figures["proofs"] == figures["rejected"] == 16
    by_step = [used for name, used in figures.items() if name.startswith("gas_of_step_")]
    assert (len(by_step), min(by_step), max(by_step)) == (16, figures["gas_of_a_step_least"], figures["gas_of_a_step_most"])
    assert max(by_step) < 4 * min(by_step)
