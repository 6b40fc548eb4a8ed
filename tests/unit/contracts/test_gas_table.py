"""The gas table names every move and the proof of every kind of transaction, and nothing in it is beyond one transaction."""

import json

import pytest
from click.testing import CliRunner

from l1_mock.gas import TRANSACTION_GAS_CAP, calldata_cost
from rollup.cli import optroll
from rollup.devnet.gas.bench import Measured
from rollup.devnet.gas.table import measure
from rollup.transition.kinds import Kind

MOVES = "propose bisect commit update confirm reject refund sweep claimBond".split()


@pytest.fixture(name="table", scope="module")
def table_fixture():
    return {each.name: each for each in measure()}


def test_every_move_is_in_it(table):
    assert {f"assertions.{move}" for move in MOVES} <= table.keys()
    assert {"bridge.deposit", "bridge.forceExit", "bridge.finalizeWithdrawal", "bridge.finalizeExit", "inbox.forceInclude"} <= table.keys()


@pytest.mark.parametrize("lane", ["prove", "refute"])
def test_the_one_step_proof_of_every_kind_is_in_it(table, lane):
    assert {f"{lane} {kind.name}" for kind in Kind if kind is not Kind.NONE} <= table.keys()


def test_everything_fits_one_transaction(table):
    assert all(each.fits for each in table.values())
    assert all(each.gas > 21_000 + calldata_cost(bytes(each.calldata)) // 4 for each in table.values())
    assert table["inbox.postBatch, longest body"].gas > TRANSACTION_GAS_CAP * 98 // 100
    assert not Measured("too much", TRANSACTION_GAS_CAP + 1, 0).fits


def test_the_command_prints_it(table):
    result = CliRunner().invoke(optroll, ["gas", "--format", "json"])
    assert result.exit_code == 0
    printed = {each["call"]: each["gas"] for each in json.loads(result.stdout)}
    assert printed == {name: each.gas for name, each in table.items()}
