"""Every drill ends safe, on a seven-day window, within seconds; its report is what it says; and a seed means one history."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from rollup.cli import optroll
from rollup.commands.drill import LANES
from rollup.devnet.drills.catalogue import CATALOGUE, NODE_DRILLS, load
from rollup.devnet.drills.director import DAY_S
from rollup.devnet.drills.invariants import INVARIANTS
from rollup.devnet.drills.scenario import Lane, run_drill
from tests.drills import reports

KEYS = "drill seed lane verdict invariants figures missed virtual_seconds wall_seconds trace_digest replay".split()

SEEDS = [(name, 1) for name in NODE_DRILLS]
MORE_SEEDS = [(name, seed) for name in NODE_DRILLS for seed in range(2, 13)]

RUN = "import sys; from rollup.cli import main; main(sys.argv[1:])"


@pytest.mark.parametrize(("name", "seed"), SEEDS)
def test_a_drill_ends_safe(name, seed):
    check(name, seed)


@pytest.mark.long
@pytest.mark.parametrize(("name", "seed"), MORE_SEEDS)
def test_a_drill_ends_safe_on_more_seeds(name, seed):
    check(name, seed)


def report_of(name, seed):
    return reports.report_of(name, seed)[0]


def check(name, seed):
    drill, report = load(name), report_of(name, seed)
    assert report.is_safe, report
    assert not report.missed
    assert report.invariants.keys() >= INVARIANTS.keys()
    assert 7 * DAY_S < report.virtual_seconds <= drill.deadline_s
    assert report.figures["window_blocks"] > 7 * DAY_S / 12
    assert report.figures["transactions"] > 0
    assert report.replay == f"optroll drill run {name} --seed {seed}"


@pytest.mark.parametrize("name", ["invalid-step", "false-challenge", "verifier-crash-mid-dispute", "l1-reorg"])
def test_the_same_attack_loses_on_the_direct_lane(name):
    """In one transaction a lie: no halving, no timers, a window as short as censorship allows."""
    report, bisected = run_drill(name, load(name), 1, lane=Lane.DIRECT), report_of(name, 1)
    assert report.is_safe, report
    assert report.replay == f"optroll drill run {name} --seed 1 --lane direct"
    assert report.figures["refutations"] == bisected.figures["proofs"] > 0, report
    assert report.figures["bisections"] == report.figures["proofs"] == bisected.figures["refutations"] == 0
    assert report.figures["window_blocks"] < bisected.figures["window_blocks"]
    assert report.figures["rejected"] > 0


def test_the_two_lanes_of_the_command_are_those_of_the_drills():
    assert tuple(lane.value for lane in Lane) == LANES


def test_what_the_drills_are_about_does_happen():
    figures = {name: report_of(name, 1).figures for name in NODE_DRILLS}
    assert figures["honest-day"]["attestations"] > 0
    assert figures["honest-day"]["bisections"] == 0
    for name in ("invalid-state-root", "false-challenge", "verifier-crash-mid-dispute", "l1-reorg"):
        assert figures[name]["proofs"] == 1, name
        assert figures[name]["rejected"] > 0, name
    assert figures["invalid-step"]["proofs"] == 3
    assert figures["sequencer-crash"]["crashes"] == 5
    assert figures["sequencer-crash"]["resent"] > 0
    assert figures["l1-reorg"]["reorganisations"] >= 3
    assert figures["forced-inclusion"]["refused"] >= 3
    assert figures["forced-inclusion"]["blocks_to_inclusion"] > 10


def test_the_report_as_json_is_one_document_whose_verdict_is_the_exit_status():
    result = CliRunner().invoke(optroll, ["drill", "run", "forced-inclusion", "--seed", "7", "--format", "json"])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert list(report) == KEYS
    assert (report["drill"], report["seed"], report["verdict"]) == ("forced-inclusion", 7, "safe")
    assert all(value is True for value in report["invariants"].values())
    assert all(type(value) is int for value in report["figures"].values())


def test_the_report_for_people_ends_with_the_verdict_and_how_to_see_it_again():
    result = CliRunner().invoke(optroll, ["drill", "run", "forced-inclusion"])
    assert result.exit_code == 0
    *lines, last = result.stdout.splitlines()
    assert last == "SAFE  replay: optroll drill run forced-inclusion --seed 1"
    assert any("no wrong root confirmed" in line for line in lines)
    assert "is confirmed" in result.stderr


def test_the_list_names_every_drill():
    result = CliRunner().invoke(optroll, ["drill", "list", "--format", "json"])
    assert [row["drill"] for row in json.loads(result.stdout)] == list(CATALOGUE)


def test_an_unknown_drill_is_a_wrong_command_line():
    result = CliRunner().invoke(optroll, ["drill", "run", "no-such-drill"])
    assert result.exit_code == 2
    assert "there is no drill no-such-drill" in result.output
    near = CliRunner().invoke(optroll, ["drill", "run", "honest-dya"])
    assert near.exit_code == 2
    assert "did you mean honest-day?" in near.output


@pytest.mark.parametrize("name", ["l1-reorg", "sequencer-crash"])
def test_one_seed_has_one_history_in_any_process(name, root):
    digests = {digest_in_a_process(name, root, hash_seed, zone) for hash_seed, zone in (("0", "UTC"), ("4242", "Asia/Kathmandu"))}
    assert digests == {report_of(name, 1).trace_digest}
    assert digests != {report_of(name, 2).trace_digest}


def digest_in_a_process(name, root, hash_seed, zone):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"}
    command = [sys.executable, "-c", RUN, "drill", "run", name, "--seed", "1", "--format", "json"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)["trace_digest"]
