"""The gas table names every move and the proof of every kind of transaction, and nothing in it is beyond one transaction."""

import json

import pytest
from click.testing import CliRunner

from l1_mock.gas import TRANSACTION_GAS_CAP, calldata_cost
from rollup.cli import optroll
from rollup.core.development import development_genesis
from rollup.devnet.gas.bench import Measured
from rollup.devnet.gas.day import posted_deed
from rollup.devnet.gas.deeds import DEEDS
from rollup.devnet.gas.stage import Stage
from rollup.devnet.gas.table import measure
from rollup.l1.abi import ABIS
from rollup.state.limits import LEGS, POSITIONS
from rollup.transition.kinds import Kind

ENTRIES = [
    (contract, str(entry["name"]))
    for contract, entries in ABIS.items()
    for entry in entries
    if entry["type"] == "function" and entry["stateMutability"] != "view"
]
"""Every function of L1's contracts that changes anything."""

LANES = ("prove", "refute")


@pytest.fixture(name="table", scope="module")
def table_fixture():
    return {each.name: each for each in measure()}


@pytest.mark.parametrize(("contract", "function"), ENTRIES)
def test_every_entry_of_every_contract_is_in_it(table, contract, function):
    assert any(name.split()[0].rstrip(",") in {f"{contract}.{function}", function} for name in table)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.NONE])
def test_the_one_step_proof_of_every_kind_that_is_accepted_is_in_it(table, kind, lane):
    assert f"{lane} {kind.name}" in table


def test_what_is_refused_and_what_weighs_most_stand_beside_it(table):
    for name in ("PLACE_ORDER, 384 positions", "EXECUTE_BLOCK, 8 legs, 128 positions each", "BID, 128 positions", "BID, refused"):
        assert {f"{lane} {name}" for lane in LANES} <= table.keys()
    assert table["prove PLACE_ORDER, 384 positions"].gas > 2 * table["prove PLACE_ORDER"].gas > 4 * 100_000


def test_a_deed_that_is_refused_is_none():
    genesis = development_genesis(verifiers=1)
    with pytest.raises(AssertionError, match="TRANSFER"):
        posted_deed(lambda stage: [stage.desk.act(Kind.TRANSFER, stage.accounts[0], counterparty=77, amount_e8=1)], genesis)


@pytest.mark.parametrize(("kind", "worst"), DEEDS)
def test_a_deed_is_of_its_kind(kind, worst):
    bench, day, leaf = posted_deed(DEEDS[kind, worst], development_genesis(verifiers=1))
    assert day.records["kind"][leaf] == kind
    assert bench.word("inbox", "batch", 0) == day.accumulator
    positions = [bench_row["positions"] for bench_row in rows_of(DEEDS[kind, worst])]
    assert not worst or max(positions) >= POSITIONS - LEGS


def rows_of(deed):
    stage = Stage(development_genesis(verifiers=1))
    deed(stage)
    return [stage.machine.row("accounts", account) for account in range(1, 6)]


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
