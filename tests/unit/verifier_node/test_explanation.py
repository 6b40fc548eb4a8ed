"""A dispute in words: who is right, at which leaf, what each side may do and until when; and the figures of a dispute monitor."""

import pytest

from rollup.core.development import development_genesis
from rollup.dispute.clock import NEVER
from rollup.net.metrics import metrics_page
from tests.unit.dispute.test_strategy import GENESIS, WINDOW, Table, trace_of
from verifier.explanation import Sight, agreement, explain, pick
from verifier.figures import Watched, series

DISPUTE = development_genesis(verifiers=1).dispute
OWN, OTHER = b"s" * 20, b"o" * 20


@pytest.fixture(name="table")
def table_fixture():
    return Table(2)


def sight(table):
    return Sight(table.game, {claim.batch: claim for claim in table.claims()}, table.block, WINDOW)


def explained(table, identity, batch=0):
    return explain(sight(table), table.game.assertions[identity], table.traces[batch])


def may(told):
    return [(option.side, option.may, option.until) for option in told.options]


def test_the_truth_alone_is_confirmed_in_time(table):
    right = table.propose(0, table.traces[0], GENESIS)
    told = explained(table, right)
    assert told.verdict == "Its staker is right: this is what executing batch 0 leads to."
    assert (told.agrees, told.subject, told.parting, told.rivals) == (True, None, None, ())
    assert may(told) == [("anybody", f"confirm it from block {1 + WINDOW} on, if its clock is not stopped before", NEVER)]
    table.block += WINDOW
    assert may(explained(table, right))[0][1].startswith("carry its timers up and confirm it")


def test_a_lie_alone_is_to_be_stopped_before_its_clock_runs_out(table):
    lie = trace_of(0, lie=2)
    wrong = table.propose(0, lie, GENESIS)
    told = explained(table, wrong)
    assert told.verdict == f"Its staker is WRONG somewhere in leaves 1 to 4: batch 0 leads to 0x{table.traces[0].end.hex()} instead."
    assert may(told)[1] == ("its opponents", "assert the truth beside it, which stops its clock", 1 + WINDOW)


def test_each_side_is_told_its_answer_down_to_the_leaf(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    right, wrong = table.propose(0, honest, GENESIS), table.propose(0, lie, GENESIS)
    assert may(explained(table, right)) == [("its defenders", "halve leaves 1 to 4", NEVER)]
    table.block += 5
    table.bisect(honest, 2, 0)
    late = table.block + WINDOW
    assert may(explained(table, wrong)) == [("its defenders", "halve leaves 1 to 4", late)]
    assert ("its opponents", "assert the truth beside it, which stops its clock", late) not in may(explained(table, wrong))
    table.bisect(lie, 2, 0)
    told = explained(table, right)
    assert (told.parting.first, told.parting.last) == (2, 4)
    assert told.verdict.endswith(f"The one of 0x{OWN.hex()} beside it is wrong somewhere in leaves 3 to 4.")
    for trace in (honest, lie):
        table.tell("Bisected", node=table.node(trace, 1, 1), left=trace.span(0, 2), right=trace.span(0, 3), mover=OWN)
    told = explained(table, right)
    assert (told.parting.first, told.parting.is_single, told.subject.id) == (2, True, wrong)
    assert "is wrong at leaf 3" in told.verdict
    assert ("its defenders", "prove leaf 3 in one step", NEVER) in may(told)
    assert ("its defenders", "do nothing: leaf 3 is wrong, and cannot be proved", NEVER) in may(explained(table, wrong))
    table.block += 1
    table.tell("Proved", node=table.node(honest, 0, 2), mover=OWN)
    found = may(explained(table, right))
    assert found[0][1].startswith("confirm it from block")
    assert not any("prove leaf" in text for _, text, _ in found)


def test_a_lie_that_gathers_time_is_answered_before_it_has_the_window(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    right, wrong = table.propose(0, honest, GENESIS), table.propose(0, lie, GENESIS)
    table.block += 4
    table.bisect(lie, 2, 0)
    late = table.block + WINDOW
    assert ("its opponents", "halve or prove the right nodes beside its own that gather time now", late) in may(explained(table, wrong))
    assert may(explained(table, right)) == [("its defenders", "halve leaves 1 to 4", late)]


def test_what_stands_on_a_lie_is_wrong_with_it(table):
    wrong = table.propose(0, trace_of(0, lie=1), GENESIS)
    child = table.propose(1, table.traces[1], wrong)
    assert agreement(sight(table), table.game.assertions[child]) is False
    assert "builds on the assertion" in explained(table, child, 1).verdict


def test_what_was_not_executed_here_is_not_judged(table):
    right = table.propose(0, table.traces[0], GENESIS)
    told = explain(Sight(table.game, {}, 1, WINDOW), table.game.assertions[right], None)
    assert (told.agrees, told.verdict) == (None, "Nobody knows here: batch 0 was not executed yet.")


def test_the_right_end_by_a_wrong_way_is_called_that(table):
    honest = table.traces[0]
    twisted = [*honest.roots]
    twisted[1] = b"x" * 32
    from rollup.dispute.trace import commit

    wrong = table.propose(0, commit(honest.before, twisted, 2), GENESIS)
    assert explained(table, wrong).verdict.endswith("batch 0 leads to the right root by a wrong way.")


def test_losers_are_rejected_and_the_settled_left_alone(table):
    right, wrong = table.propose(0, table.traces[0], GENESIS), table.propose(0, trace_of(0, lie=1), GENESIS)
    table.tell("Confirmed", id=right)
    assert may(explained(table, right)) == []
    assert may(explained(table, wrong)) == [("anybody", "reject it: a rival is confirmed, or what it builds on is rejected", NEVER)]
    table.tell("Closed", reason=1)
    assert may(explained(table, wrong)) == []


def test_the_worst_is_explained_first(table):
    assert pick(sight(table)) is None
    right = table.propose(0, table.traces[0], GENESIS)
    assert pick(sight(table)).id == right
    wrong = table.propose(0, trace_of(0, lie=1), GENESIS)
    child = table.propose(1, table.traces[1], right)
    assert pick(sight(table)).id == wrong
    table.tell("Rejected", id=wrong)
    assert pick(sight(table)).id in {right, child}


def counted(table, own=OWN, claims=None):
    claims = {claim.batch: claim for claim in table.claims()} if claims is None else claims
    return series(Watched(table.game, claims, own, table.block, DISPUTE))


def of(found, name, **labels):
    return sum(value for (each, given), value in found.items() if each == f"monitor_{name}" and labels.items() <= dict(given).items())


def test_figures_are_those_of_a_dispute_monitor_by_its_names(table):
    right = table.propose(0, table.traces[0], GENESIS)
    found = counted(table)
    assert of(found, "games_agreement") == of(found, "games_agreement", status="agree_defender_ahead", result_correctness="correct") == 1
    wrong = table.propose(0, trace_of(0, lie=2), GENESIS)
    table.block += 1
    table.bisect(trace_of(0, lie=2), 2, 0)
    found = counted(table)
    assert of(found, "games_agreement", status="disagree_defender_ahead", result_correctness="incorrect", completion="in_progress") == 1
    assert of(found, "games_agreement", status="agree_challenger_ahead", root_agreement="agree") == 1
    assert of(found, "resolution_status", completion="in_progress", max_duration="before_max_duration") == 2
    assert of(found, "claims", resolved="unresolved", clock="not_expired") == of(found, "claims") == 4
    assert (of(found, "latest_proposal", root_agreement="agree"), of(found, "latest_proposal", root_agreement="disagree")) == (0, 0)
    bond = DISPUTE.bond_wei / 10**18
    assert of(found, "honest_actor_claims", state="pending") == 2
    assert of(found, "honest_actor_bonds", state="pending") == of(found, "bond_collateral_required") == 2 * bond
    table.block += 10 * DISPUTE.window_blocks
    found = counted(table)
    assert of(found, "resolution_status", max_duration="max_duration") == 2
    assert of(found, "resolution_status", completion="resolvable") == 1
    assert of(found, "claims", clock="expired") > 0
    table.tell("Confirmed", id=right)
    table.tell("Rejected", id=wrong)
    table.tell("Slashed", id=wrong, pool=GENESIS, amount=6 * 10**18)
    table.tell("Refunded", node=b"n", pool=GENESIS, mover=OWN, amount=2 * 10**18)
    table.tell("Refunded", node=b"n", pool=GENESIS, mover=OTHER, amount=10**18)
    found = counted(table)
    assert of(found, "games_agreement", status="agree_defender_wins", completion="complete") == 1
    assert of(found, "games_agreement", status="disagree_challenger_wins", result_correctness="correct") == 1
    assert of(found, "claims", resolved="resolved") == of(found, "claims")
    assert (of(found, "honest_actor_claims", state="valid"), of(found, "honest_actor_claims", state="invalid")) == (1, 1)
    assert of(found, "honest_actor_bonds", state="lost") == bond
    assert of(found, "honest_actor_bonds", state="won") == 2
    assert of(found, "bond_collateral_required") == 3
    assert of(counted(table, claims={}), "ignored_games") == 2
    table.tell("Swept", pool=GENESIS, to=OWN, amount=3 * 10**18)
    assert of(counted(table), "honest_actor_bonds", state="won") == 5


def test_one_bond_stands_behind_a_branch(table):
    first = table.propose(0, table.traces[0], GENESIS)
    table.propose(1, table.traces[1], first)
    found = counted(table)
    assert of(found, "bond_collateral_required") == of(found, "honest_actor_bonds", state="pending") == DISPUTE.bond_wei / 10**18


def test_the_page_has_every_figure_with_its_labels(table):
    table.propose(0, table.traces[0], GENESIS)
    page = metrics_page({"alarm": 0.0, **counted(table)}).decode()
    assert "optroll_alarm 0.0" in page
    assert 'completion="in_progress",result_correctness="correct",root_agreement="agree",status="agree_defender_ahead"} 1.0' in page
    assert page.count("# TYPE optroll_monitor_games_agreement gauge") == 1
