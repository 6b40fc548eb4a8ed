"""One attack on both lanes: side by side, on the same figures, and safe only where both are."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from rollup.cli import optroll
from rollup.commands.drill import LANES
from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.lanes import COMPARED, Comparison, run_on_both
from rollup.devnet.drills.scenario import Lane


def compared(name):
    found = run_on_both(name, load(name), 1)
    assert found.is_safe
    return [{key: report.figures[key] for key in COMPARED} for report in found.reports]


@pytest.mark.parametrize("name", ["invalid-state-root", "slander"])
def test_the_direct_lane_slashes_at_once_for_less_gas(name):
    """A1 by nodes, others by games: the same columns, and the same attack."""
    bisection, direct = compared(name)
    assert bisection["blocks_to_slash"] >= bisection["window_blocks"] > 100 * direct["blocks_to_slash"] > 0
    assert direct["defence_gas"] < bisection["defence_gas"]
    assert bisection["delay_blocks"] > bisection["window_blocks"] > direct["window_blocks"]
    assert 0 < direct["attack_stake_gwei"] <= bisection["attack_stake_gwei"]
    assert bisection["defence_stake_gwei"] == direct["defence_stake_gwei"] > 0


@pytest.mark.long
@pytest.mark.parametrize("name", ["sybil-flood", "censorship-budget"])
def test_floods_and_censorship_on_both_lanes(name):
    """A5, A10, A18."""
    bisection, direct = compared(name)
    assert direct["delay_blocks"] < bisection["delay_blocks"]
    assert direct["blocks_to_slash"] < bisection["blocks_to_slash"]


def test_the_command_prints_both_in_one_table_and_as_json():
    shown = CliRunner().invoke(optroll, ["drill", "run", "no-rival", "--lane", "both"])
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["bisection", "direct"] in lines
    assert ["verdict", "safe", "safe"] in lines
    assert sum(line[:3] == ["blocks", "to", "slash"] for line in lines) == 1
    assert [line[-1] for line in lines if line[:1] == ["SAFE"]] == ["1", "direct"]
    result = CliRunner().invoke(optroll, ["drill", "run", "no-rival", "--lane", "both", "--format", "json"])
    found = json.loads(result.stdout)
    assert found["safe"] is True
    assert tuple(found["compared"]) == tuple(found["lanes"]) == LANES == tuple(Lane)
    assert all(tuple(figures) == COMPARED for figures in found["compared"].values())


def test_what_a_drill_does_not_report_is_not_compared():
    first, second = run_on_both("no-rival", load("no-rival"), 1).reports
    cheap = replace(second, figures={name: second.figures[name] for name in ("window_blocks", "delay_blocks")})
    rows = [row[0] for row in Comparison("no-rival", 1, (first, cheap)).rows()]
    assert rows == ["verdict", "window blocks", "delay blocks", "blocks beyond the window", "wall seconds"]


def test_one_unsafe_lane_is_unsafe():
    safe = run_on_both("no-rival", load("no-rival"), 1)
    first, second = safe.reports
    assert not Comparison("no-rival", 1, (first, replace(second, verdict="unsafe"))).is_safe


def test_the_exit_status_is_that_of_the_worse_lane(monkeypatch):
    monkeypatch.setattr("rollup.devnet.drills.lanes.Comparison.is_safe", property(lambda _self: False))
    assert CliRunner().invoke(optroll, ["drill", "run", "no-rival", "--lane", "both"]).exit_code == 1
