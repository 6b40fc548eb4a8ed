"""`optroll simulate dispute`: its report, and an exit status that is the verdict."""

import json

import pytest
from click.testing import CliRunner

from rollup.cli import optroll
from rollup.commands.simulate import ADVERSARY_NAMES, PROFILE_NAMES
from rollup.devnet.arena.rules import PROFILES
from rollup.devnet.arena.table import ADVERSARIES

FIRST = (
    "games lost past_bound honest_bond_lost false_challenges moves_per_sybil_max moves_per_sybil_bound delay_blocks_max bound_blocks "
    "margin_blocks_min capital_ratio_min".split()
)


def test_the_help_names_every_adversary_and_clock():
    assert ", ".join(ADVERSARIES) == ADVERSARY_NAMES
    assert ", ".join(PROFILES) == PROFILE_NAMES


def simulate(*options):
    return CliRunner().invoke(optroll, ["simulate", "dispute", "--processes", "1", *options])


def test_safe_games_are_success_and_one_json_document():
    result = simulate("--games", "40", "--format", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert list(report)[: len(FIRST)] == FIRST
    assert (report["games"], report["lost"], report["past_bound"], report["verdict"]) == (40, 0, 0, "safe")
    assert report["delay_blocks_max"] <= report["bound_blocks"]
    assert all(report["invariants"].values())
    assert "40 of 40 games, 0 lost" in result.stderr


def test_lost_games_are_failure_and_say_how_to_play_them_again():
    result = simulate("--games", "40", "--window-scale", "0.8", "--adversary", "greedy", "--format", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["verdict"] == "unsafe"
    assert report["lost"] > 0
    assert "strong enough" in report["explanation"]
    line = report["replays"][0]
    options = line.split("#")[0].split()[3:]
    again = simulate(*options, "--format", "json")
    assert again.exit_code == 1
    assert json.loads(again.stdout)["lost"] == 1


def test_a_control_that_breaks_nothing_is_a_failure_of_its_own():
    result = simulate("--games", "3", "--window-scale", "0.99", "--profile", "swift")
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1].startswith("TOO WEAK: ")


def test_people_see_every_invariant_and_the_verdict():
    result = simulate("--games", "5", "--sybils", "2", "--lane", "direct")
    assert result.exit_code == 0
    assert result.stdout.count("✓") == 12
    assert result.stdout.splitlines()[-1].startswith("SAFE: ")


def test_every_game_on_a_small_trace_and_the_window_that_loses_one():
    lost = CliRunner().invoke(optroll, ["simulate", "exhaustive", "--censored", "1", "--window", "3", "--format", "json"])
    assert lost.exit_code == 1
    report = json.loads(lost.stdout)
    assert (report["window_blocks"], report["reach_blocks"], report["verdict"]) == (3, 3, "unsafe")
    assert report["example"].endswith("events before")
    safe = CliRunner().invoke(optroll, ["simulate", "exhaustive", "--window", "3"])
    assert safe.exit_code == 0
    assert "safe" in safe.stdout


WRONG = [("--adversary", "nobody"), ("--profile", "none"), ("--games", "0"), ("--lane", "slow"), ("--window-scale", "9")]


@pytest.mark.parametrize("options", WRONG)
def test_a_wrong_command_line_is_named(options):
    result = simulate(*options)
    assert result.exit_code == 2
    assert options[0] in result.output
