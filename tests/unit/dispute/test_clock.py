"""Clock arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.dispute.clock import NEVER, bottom_up, unrivaled

BLOCKS = st.integers(0, 1 << 40)


@pytest.mark.parametrize(
    ("now", "created", "rival", "expected"),
    [(10, 3, NEVER, 7), (10, 3, 8, 5), (10, 3, 12, 7), (10, 8, 3, 0), (10, 8, 8, 0), (5, 8, NEVER, 0)],
)
def test_unrivaled(now, created, rival, expected):
    assert unrivaled(now, created, rival) == expected


@given(BLOCKS, BLOCKS, st.one_of(BLOCKS, st.just(NEVER)), st.integers(0, 1000))
def test_it_never_falls_and_stops_at_the_rival(now, created, rival, later):
    assert 0 <= unrivaled(now, created, rival) <= unrivaled(now + later, created, rival)
    assert unrivaled(max(now, rival), created, rival) == max(0, rival - created)


@given(BLOCKS, BLOCKS, BLOCKS)
def test_the_lesser_child_counts(own, left, right):
    assert bottom_up(own, (left, right), proved=False) == own + min(left, right)
    assert bottom_up(own, None, proved=False) == own
    assert bottom_up(own, (left, right), proved=True) == NEVER
    assert bottom_up(own, (NEVER, NEVER), proved=False) == NEVER
