"""A drill's story and its page: everything that happened is there once, the lie is narrowed to its field, and the page stands alone."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rollup.cli import optroll
from rollup.devnet.drills.catalogue import CATALOGUE, load
from rollup.devnet.drills.scenario import Lane, Ticket, run_told, silent
from rollup.devnet.story.axis import LABEL_WIDTH, LEFT, WIDTH, axis_of, lasted
from rollup.devnet.story.drawing import page_of, spelled
from rollup.devnet.story.story import BAD, GOOD, Mark, Party
from rollup.devnet.story.telling import CLAIMS_MAX, NARROWINGS_MAX, PARTIES_MAX
from tests.unit.sweep.offline import read_page

NASTY = "</title><script>alert('x')</script>\"&<b>"


def told(name, lane=Lane.BISECTION, seed=1):
    drill = load(name)
    report, tell = run_told(drill, Ticket(name, seed, lane), silent)
    return report, drill, tell()


@pytest.fixture(scope="module")
def robbed():
    """One liar who gives an account money, after a transfer."""
    return told("last-second")


@pytest.fixture(scope="module")
def nodes():
    """The same, played by nodes, who leaves a step out."""
    return told("invalid-state-root")


def test_lanes_are_those_who_did_something(robbed):
    _, _, story = robbed
    assert {"sequencer", "L1", "honest verifier", "liar 1"} <= {party.name for party in story.parties}
    assert {mark.party for mark in story.marks} == {party.name for party in story.parties}
    assert [mark.block for mark in story.marks] == sorted(mark.block for mark in story.marks)


def test_the_lie_is_narrowed_down_to_its_row_and_field(robbed):
    _, _, story = robbed
    (lie,) = story.narrowings
    spans = [(halving.first, halving.last) for halving in lie.halvings]
    assert spans[0] == (0, lie.leaves)
    assert spans[-1][1] - spans[-1][0] == 1
    for (first, last), (low, high) in pairwise(spans):
        assert first <= low < high <= last
        assert 2 * (high - low) == last - first
    assert lie.verdict == f"wrong at leaf {spans[-1][1]} of {lie.leaves}; rejected"
    (change,) = lie.finding.differs
    assert (change.section, change.row, change.field) == ("accounts", 1, "cash_e8")
    assert change.before == change.after + 10**8


def test_nodes_lies_are_narrowed_down_too(nodes):
    report, _, story = nodes
    (lie,) = story.narrowings
    assert lie.label == "attacker about batch 1"
    assert "as if the step had never been executed" in lie.finding.reading
    assert lie.finding.differs == lie.finding.written != ()
    assert any(mark.party == "director" and "days pass" in mark.text for mark in story.marks)
    assert story.head == report.figures["l1_blocks"]
    assert sum(sum(row.values()) for row in story.activity.values()) > report.figures["transactions"]


@pytest.mark.parametrize("lane", list(Lane))
def test_clocks_run_till_the_claim_is_settled(lane):
    _, _, story = told("front-running", lane)
    right, wrong = ([claim for claim in story.claims if claim.is_true is truth] for truth in (True, False))
    assert [claim.status for claim in right] == ["confirmed"]
    assert [claim.status for claim in wrong] == ["rejected"]
    assert right[0].timers[-1][1] == story.window
    assert max(timer for _, timer in wrong[0].timers) < story.window // 10
    for claim in story.claims:
        blocks = [block for block, _ in claim.timers]
        assert blocks == sorted(set(blocks))
        assert claim.created <= blocks[0] <= blocks[-1] <= claim.settled


@pytest.mark.parametrize("fixture", ["robbed", "nodes"])
def test_money_is_what_came_in(request, fixture):
    """All that was deposited is held, paid or burned; slashing burns the half."""
    _, _, story = request.getfixturevalue(fixture)
    peak, last = max(item.escrow for item in story.balances), story.balances[-1]
    assert last.escrow + last.paid + last.burned == peak
    assert 0 < last.burned < peak
    assert all(item.escrow >= 0 for item in story.balances)


def test_the_direct_lane_shows_one_leap():
    _, _, story = told("slander", Lane.DIRECT)
    (lie,) = story.narrowings
    assert [halving.last - halving.first for halving in lie.halvings] == [lie.leaves, 1]
    assert lie.verdict.endswith("rejected by a refutation")
    assert any("refutes leaf 4" in mark.text for mark in story.marks)


def test_a_story_is_bounded_whatever_happened():
    _, _, story = told("silence")
    assert len(story.narrowings) == NARROWINGS_MAX < 6
    assert len(story.claims) == story.asserted == 7 <= CLAIMS_MAX
    assert story.disputed == (min(claim.created for claim in story.claims), max(claim.settled for claim in story.claims))
    report, drill, crowd = told("every-step")
    assert (len(crowd.claims), crowd.asserted > CLAIMS_MAX) == (CLAIMS_MAX, True)
    page = read_page(page_of(report, drill, "", crowd))
    assert f"{crowd.asserted - CLAIMS_MAX} more assertions are not drawn." in page.text
    assert len(story.parties) <= PARTIES_MAX + 6


def test_what_truth_and_lie_are_called_follows_from_the_traces(robbed):
    _, _, story = robbed
    tones = {mark.party: mark.tone for mark in story.marks if mark.text.startswith("asserts")}
    assert tones == {"honest verifier": GOOD, "liar 1": BAD}


@pytest.mark.parametrize("fixture", ["robbed", "nodes"])
def test_the_page_stands_alone_and_shows_everything(request, fixture):
    report, drill, story = request.getfixturevalue(fixture)
    page = read_page(page_of(report, drill, CATALOGUE[report.drill], story))
    assert all(name.replace("_", " ") in page.text for name in report.invariants)
    marks = [attributes["aria-label"] for tag, attributes in page.attributes if attributes.get("class") in {"ok", "bad"} and tag == "svg"]
    assert marks == ["holds"] * len(report.invariants)
    for text in (drill.fault, drill.expectation, report.replay, report.trace_digest, "SAFE"):
        assert text in page.text
    titles = page.text
    assert all(mark.text in titles for mark in story.marks)
    assert page.tags.count("polyline") == len([claim for claim in story.claims if claim.timers]) + 3
    assert "cash_e8" in page.text or "order_free" in page.text


def test_every_value_is_escaped(robbed):
    report, drill, story = robbed
    lie = replace(story.narrowings[0], label=NASTY, verdict=NASTY)
    evil = replace(
        story,
        parties=(*story.parties, Party(NASTY)),
        marks=(*story.marks, Mark(3, NASTY, NASTY)),
        claims=(replace(story.claims[0], label=NASTY, status=NASTY),),
        narrowings=(lie,),
        activity={NASTY: {NASTY: 1}},
    )
    bad = replace(report, drill=NASTY, verdict=NASTY, missed=NASTY, replay=NASTY, invariants={NASTY: False}, figures={NASTY: 1})
    text = page_of(bad, replace(drill, fault=NASTY, expectation=NASTY, covers=(NASTY,)), NASTY, evil)
    page = read_page(text)
    assert "script" not in page.tags
    assert "<script" not in text
    assert page.text.count("alert('x')") >= 15
    assert ": BROKEN" in page.text


def test_an_unsafe_end_is_drawn_as_one(robbed):
    report, drill, story = robbed
    page = read_page(page_of(replace(report, verdict="unsafe", missed="S1: block 3: a lie"), drill, "x", story))
    assert "UNSAFE" in page.text
    assert "S1: block 3: a lie" in page.text


def test_a_seed_means_one_page():
    pages = []
    for seed in (1, 1, 2):
        report, drill, story = told("deep-reorganisation", seed=seed)
        pages.append(page_of(replace(report, wall_seconds=0.0), drill, "", story))
    assert pages[0] == pages[1] != pages[2]


@pytest.mark.parametrize(("name", "lane"), [("early-withdrawal", "direct"), ("after-the-end", "bisection")])
def test_the_command_writes_the_page(tmp_path, name, lane):
    path = tmp_path / "out.html"
    result = CliRunner().invoke(optroll, ["drill", "run", name, "--lane", lane, "--report", str(path)])
    assert result.exit_code == 0
    assert f"report: {path}" in result.stdout
    page = read_page(path.read_text(encoding="utf-8"))
    assert CATALOGUE[name] in page.text


def test_a_report_draws_one_lane(tmp_path):
    options = ["drill", "run", "slander", "--lane", "both", "--report", str(tmp_path / "out.html")]
    result = CliRunner().invoke(optroll, options, standalone_mode=False)
    assert "a report draws one lane" in str(result.exception)


@pytest.mark.parametrize("command", [["run"], ["sweep"]])
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_played(tmp_path, command):
    options = ["drill", *command, "last-second", "--report", str(tmp_path / "no" / "out.html")]
    result = CliRunner().invoke(optroll, options, standalone_mode=False)
    assert "is no folder that can be written to" in str(result.exception)
    assert not result.stdout


@given(st.lists(st.integers(0, 200_000), max_size=60))
def test_places_keep_the_order_and_stay_on_the_axis(blocks):
    axis = axis_of(blocks, 12)
    known = sorted({*blocks, 0})
    places = [axis.x(block) for block in known]
    assert places[0] == LEFT
    assert all(low < high for low, high in pairwise(places))
    assert abs(places[-1] - (LEFT + WIDTH)) < 1 or len(known) == 1
    between = [axis.x((low + high) // 2) for low, high in pairwise(known)]
    assert all(low <= place <= high for low, place, high in zip(places, between, places[1:], strict=False))
    labels = [label["x"] for label in axis.labels()]
    assert all(high - low >= LABEL_WIDTH for low, high in pairwise(labels))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (90, "1.5 min"), (7_200, "2 h"), (86_400, "1 d"), (613_236, "7.1 d")]
)
def test_times_are_said_as_people_say_them(seconds, text):
    assert lasted(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(1_234, "1,234"), ((1, 0, 2), "(1, 0, 2)"), ((5, 0, 0), "(5, 0 …)"), ((0, 0), "(, 0 …)")])
def test_values_are_spelled(value, text):
    assert spelled(value) == text.replace("(, ", "(")


def test_no_page_has_anything_but_numbers_for_places(robbed):
    text = page_of(*robbed[:2], "", robbed[2])
    assert not re.search(r"nan|inf|None|Undefined", re.sub(r"<title>.*?</title>|>[^<]*<", "><", text, flags=re.DOTALL))
    assert len(text) < 200_000
