"""The monitor: what it says of each assertion, and what it forecasts, on games made of events."""

import pytest

from rollup.core.development import development_genesis
from rollup.dispute.game import Status
from tests.unit.dispute.test_strategy import GENESIS, WINDOW, Table, claim_of, trace_of
from verifier.figures import Watched
from verifier.figures import figures as counted
from verifier.monitor import forecast, rows_of

DISPUTE = development_genesis(verifiers=1).dispute


@pytest.fixture(name="table")
def table_fixture():
    return Table(2)


def figures(game, claims, own):
    return counted(Watched(game, claims, own, 1, DISPUTE))


def claims_of(table):
    return {claim.batch: claim for claim in table.claims()}


def test_an_honest_assertion_counts_down_to_its_confirmation(table):
    identity = table.propose(0, table.traces[0], GENESIS)
    (row,) = rows_of(table.game, claims_of(table), table.block + 10, WINDOW)
    assert (row.id, row.batch, row.status, row.agrees, row.rivals, row.timer, row.window, row.moves) == (
        identity,
        0,
        "open",
        True,
        0,
        10,
        WINDOW,
        0,
    )
    assert row.forecast == f"will be confirmed after {WINDOW - 10} more unrivaled blocks"
    (row,) = rows_of(table.game, claims_of(table), table.block + 3 * WINDOW, WINDOW)
    assert (row.timer, row.forecast) == (WINDOW, "can be confirmed")


def test_a_lie_is_called_one_and_what_it_threatens(table):
    table.propose(0, trace_of(0, lie=1), GENESIS)
    early, late = (rows_of(table.game, claims_of(table), table.block + blocks, WINDOW)[0] for blocks in (1, WINDOW))
    assert (early.agrees, early.forecast) == (False, "wrong; will be rejected")
    assert late.forecast == "WRONG, and its timer has run out"


def test_rivals_and_moves_are_counted(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    table.propose(0, honest, GENESIS)
    table.propose(0, lie, GENESIS)
    table.bisect(honest, 2, 0)
    table.bisect(lie, 2, 0)
    rows = rows_of(table.game, claims_of(table), table.block, WINDOW)
    assert [(row.rivals, row.moves, row.agrees) for row in rows] == [(1, 2, True), (1, 2, False)]


def test_what_was_not_executed_here_is_not_judged(table):
    table.propose(0, table.traces[0], GENESIS)
    (row,) = rows_of(table.game, {}, table.block, WINDOW)
    assert (row.agrees, row.forecast) == (None, "not executed here yet")
    assert figures(table.game, {}, b"s" * 20)["games_agreement"] == 0


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.REJECTED])
def test_what_is_settled_needs_no_forecast(table, status):
    identity = table.propose(0, table.traces[0], GENESIS)
    table.tell("Confirmed" if status == Status.CONFIRMED else "Rejected", id=identity)
    (row,) = rows_of(table.game, claims_of(table), table.block, WINDOW)
    assert (row.status, row.forecast) == (status.name.lower(), status.name.lower())
    assert forecast(table.game.assertions[identity], agrees=False, timer=0, window=WINDOW) == status.name.lower()


def test_rows_come_by_batch_and_then_by_age(table):
    lie = trace_of(0, lie=0)
    second = table.propose(0, lie, GENESIS)
    table.block += 1
    first = table.propose(0, table.traces[0], GENESIS)
    table.propose(1, table.traces[1], first)
    assert [(row.batch, row.id in {first, second}) for row in rows_of(table.game, claims_of(table), table.block, WINDOW)] == [
        (0, True), (0, True), (1, False),
    ]  # fmt: skip
    assert rows_of(table.game, claims_of(table), table.block, WINDOW)[0].id == second


def test_figures_are_those_of_a_dispute_monitor(table):
    assert figures(table.game, claims_of(table), b"s" * 20) == {
        "games_open": 0, "games_agreement": 0, "games_disagreement": 0, "games_ignored": 0, "games_open_disagreement": 0,
        "games_forecast_incorrect": 0, "honest_actor_bonds": 0, "claims": 0, "latest_valid_proposal": -1,
        "wrong_confirmed": 0,
    }  # fmt: skip
    lie = trace_of(0, lie=2)
    honest = table.propose(0, table.traces[0], GENESIS)
    table.propose(1, table.traces[1], honest)
    wrong = table.propose(0, lie, GENESIS)
    table.bisect(table.traces[0], 2, 0)
    found = figures(table.game, claims_of(table), b"s" * 20)
    assert found == {
        "games_open": 3, "games_agreement": 2, "games_disagreement": 1, "games_ignored": 0, "games_open_disagreement": 1,
        "games_forecast_incorrect": 0, "honest_actor_bonds": 3, "claims": 5, "latest_valid_proposal": 1,
        "wrong_confirmed": 0,
    }  # fmt: skip
    assert figures(table.game, claims_of(table), b"o" * 20)["honest_actor_bonds"] == 0
    table.tell("Confirmed", id=wrong)
    found = figures(table.game, claims_of(table), b"s" * 20)
    assert (found["wrong_confirmed"], found["games_open"]) == (1, 2)


def test_a_claim_is_of_its_own_batch(table):
    claims = claims_of(table)
    assert claims[1] == claim_of(1, table.traces[1])
