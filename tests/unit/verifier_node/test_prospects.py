"""The forecast holds: what it says becomes of an assertion if nobody moves is what becomes of it, and games end as it says at their end."""

from random import Random

import pytest

from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.scenario import Lane, Ticket, run_told, silent
from rollup.devnet.games.drill import GameDrill
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Game, Status
from tests.unit.dispute.test_strategy import GENESIS, WINDOW, Table, trace_of
from verifier.prospects import CONFIRMED, OPEN, REJECTED, prospects, reaches

GAMES = ["slander", "last-second", "silence", "false-flag", "front-running", "deep-reorganisation", "self-slash"]


@pytest.fixture(name="table")
def table_fixture():
    return Table(2)


def outlook(table):
    return {name: (each.outcome, each.block) for name, each in prospects(table.game, table.block, WINDOW).items()}


def test_who_stands_alone_is_confirmed_after_the_window(table):
    first = table.propose(0, table.traces[0], GENESIS)
    table.block += 3
    second = table.propose(1, table.traces[1], first)
    assert outlook(table) == {first: (CONFIRMED, 1 + WINDOW), second: (CONFIRMED, 4 + WINDOW)}
    table.block += 2 * WINDOW
    assert outlook(table) == {first: (CONFIRMED, table.block), second: (CONFIRMED, table.block)}


def test_a_child_waits_for_its_parent_and_falls_with_it(table):
    lie = trace_of(0, lie=1)
    table.block = 40
    slow = table.propose(0, lie, GENESIS)
    child = table.propose(1, table.traces[1], slow)
    assert outlook(table)[child] == (CONFIRMED, 40 + WINDOW)
    table.block = 60
    table.propose(0, table.traces[0], GENESIS)
    found = outlook(table)
    assert {each[0] for each in found.values()} == {OPEN}


def test_rivals_stand_still_until_one_answers_alone(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    right, wrong = table.propose(0, honest, GENESIS), table.propose(0, lie, GENESIS)
    assert outlook(table) == {right: (OPEN, NEVER), wrong: (OPEN, NEVER)}
    table.block += 1
    table.bisect(lie, 2, 0)
    assert outlook(table) == {right: (REJECTED, NEVER), wrong: (CONFIRMED, table.block + WINDOW)}
    assert prospects(table.game, table.block, WINDOW)[right].ahead == "challenger"
    table.block += 1
    table.bisect(honest, 2, 0)
    assert set(outlook(table).values()) == {(OPEN, NEVER)}
    table.tell("Bisected", node=table.node(honest, 1, 1), left=honest.span(0, 2), right=honest.span(0, 3), mover=b"m" * 20)
    table.block += 1
    assert outlook(table)[right][0] == CONFIRMED
    assert outlook(table)[wrong] == (REJECTED, NEVER)


def test_what_is_settled_is_no_forecast(table):
    right, wrong = table.propose(0, table.traces[0], GENESIS), table.propose(0, trace_of(0, lie=1), GENESIS)
    table.block = 70
    table.tell("Confirmed", id=right)
    assert outlook(table) == {right: (CONFIRMED, 70), wrong: (REJECTED, NEVER)}
    table.tell("Rejected", id=wrong)
    assert outlook(table) == {right: (CONFIRMED, 70), wrong: (REJECTED, NEVER)}


def test_a_closed_rollup_decides_nothing(table):
    right = table.propose(0, table.traces[0], GENESIS)
    table.tell("Closed", reason=1)
    assert outlook(table) == {right: (OPEN, NEVER)}


@pytest.mark.parametrize("seed", range(40))
def test_silence_brings_what_was_forecast(seed):
    """Random moves of truth and lies, and then silence: block by block, L1's rule confirms what was forecast, when it was."""
    dice, table = Random(seed), Table(1)
    traces = [table.traces[0], trace_of(0, lie=dice.randrange(4)), trace_of(0, lie=dice.randrange(4), before=b"S" * 32)]
    names = {}
    for trace in dice.sample(traces, dice.randrange(1, 4)):
        table.block += dice.randrange(12)
        names[table.propose(0, trace, GENESIS)] = trace
    for _ in range(dice.randrange(10)):
        table.block += dice.randrange(5)
        trace, height = dice.choice(list(names.values())), dice.randrange(3)
        index = dice.randrange(1 << (2 - height))
        node = table.node(trace, height, index)
        standing = table.game.nodes.get(node)
        if standing is not None and height and standing.children is None:
            table.tell(
                "Bisected", node=node, left=trace.span(height - 1, 2 * index), right=trace.span(height - 1, 2 * index + 1), mover=b"m" * 20
            )
        elif standing is not None and not height and trace is traces[0]:
            table.tell("Proved", node=node, mover=b"m" * 20)
    expected = prospects(table.game, table.block, WINDOW)
    came = next(
        (
            (identity, block)
            for block in range(table.block, table.block + WINDOW + 1)
            for identity in sorted(names, key=lambda each: table.game.assertions[each].created_at)
            if table.game.timer(table.game.assertions[identity].root, block) >= WINDOW
        ),
        None,
    )
    winners = {name: each.block for name, each in expected.items() if each.outcome == CONFIRMED}
    assert winners == (dict([came]) if came else {})
    assert {each.outcome for name, each in expected.items() if name not in winners} <= {REJECTED if came else OPEN}


def test_a_timer_is_reached_in_the_very_block(table):
    right = table.propose(0, table.traces[0], GENESIS)
    root = table.game.assertions[right].root
    for now in (1, 5, WINDOW, WINDOW + 1, WINDOW + 9):
        block = reaches(table.game, root, now, WINDOW)
        assert block == max(now, 1 + WINDOW)
        assert table.game.timer(root, block) >= WINDOW


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.parametrize("name", GAMES)
def test_games_end_as_they_are_forecast(name, lane, monkeypatch):
    """Once the last halving, proof or refutation is made, what is ahead wins; and all the while what is settled is told as it is."""
    matches, play = [], GameDrill.play
    monkeypatch.setattr(GameDrill, "play", lambda *given: matches.append(play(*given)) or matches[-1])
    report, _ = run_told(load(name), Ticket(name, 1, lane), silent)
    assert report.is_safe
    match = matches[0][0]
    told, window = match.game, match.rules.window
    ended = {identity: item.status for identity, item in told.assertions.items() if item.root}
    fates = {Status.CONFIRMED: CONFIRMED, Status.REJECTED: REJECTED}
    decisive = max(event.block for event in match.logged if event.name in {"Asserted", "Bisected", "Proved", "Refuted"})
    game = Game(told.genesis, told.assertions[told.genesis].end_root, told.steps_per_leaf, published_leaves=told.published_leaves)
    for block in sorted({event.block for event in match.logged}):
        game.feed(event for event in match.logged if event.block == block)
        found = prospects(game, block, window)
        for identity, prospect in found.items():
            if game.assertions[identity].status in fates:
                assert prospect.outcome == fates[game.assertions[identity].status]
            if block >= decisive:
                assert prospect.outcome == fates[ended[identity]]
    assert set(ended.values()) == {Status.CONFIRMED, Status.REJECTED}
