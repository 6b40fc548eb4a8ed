"""Every game that can be played on a small trace: none is lost with the whole window, and one is at the window that a lie can reach."""

import pytest

from rollup.devnet.arena.exhaustive import Search
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.rules import Rules
from tests.unit.arena.tables import fresh_table


def searched(rules, *lies, **settings):
    return Search(fresh_table(rules), rules, [Lie(0, leaf, "robbed", salt) for leaf, salt in lies], **settings).run()


def with_window(rules, blocks):
    return Rules(rules.censored, rules.delay, rules.heights, -(-1_000 * blocks // rules.window_full))


def test_every_game_on_two_leaves_is_won_in_time():
    rules = Rules(0, 0, (1,))
    found = searched(rules, (1, 0))
    assert not found.lost
    assert found.delay_blocks_max <= rules.bound()
    assert found.positions > 2_000
    assert found.games > 500
    assert found.moves >= found.positions


def test_one_block_decides():
    """With a block to censor, a lie wins at a window of what it can gather, and at one block more it never does."""
    rules = Rules(1, 0, (1,))
    lost = searched(with_window(rules, rules.reach), (1, 0))
    assert lost.lost
    assert "is confirmed" in lost.lost[0]
    safe = searched(with_window(rules, rules.reach + 1), (1, 0))
    assert not safe.lost
    assert safe.positions > 10 * lost.positions


@pytest.mark.long
def test_liars_of_one_lie_are_interchangeable():
    """Two Sybils with one lie have half the positions of two that are told apart, about."""
    rules = Rules(0, 0, (1,))
    short = with_window(rules, rules.reach + 1)
    alike = searched(short, (1, 0), (1, 1))
    search = Search(fresh_table(short), short, [Lie(0, 1, "robbed", salt) for salt in (0, 1)])
    search.renamings = search.renamings[:1]
    told_apart = search.run()
    assert not alike.lost
    assert not told_apart.lost
    assert 1.3 * alike.positions < told_apart.positions
    assert alike.delay_blocks_max == told_apart.delay_blocks_max


def test_an_honest_player_that_does_nothing_loses(monkeypatch):
    rules = Rules(0, 0, (1,))
    monkeypatch.setattr(Search, "looked", lambda self, position: type(position)(position.number + 1, position.events, (), position.budget))
    assert searched(rules, (1, 0)).lost


@pytest.mark.long
@pytest.mark.parametrize(
    ("censored", "delay", "height", "lies"), [(1, 0, 1, [(0, 0)]), (0, 1, 1, [(1, 0)]), (1, 0, 1, [(1, 0), (1, 1)]), (0, 0, 2, [(2, 0)])]
)
def test_one_block_above_what_a_lie_can_gather_every_game_is_won(censored, delay, height, lies):
    rules = Rules(censored, delay, (height,))
    short = with_window(rules, rules.reach + 1)
    found = searched(short, *lies)
    assert not found.lost
    assert found.delay_blocks_max <= short.bound()
