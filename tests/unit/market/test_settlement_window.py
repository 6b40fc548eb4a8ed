"""Averages of the spot price over settlement windows, against the sum over seconds."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.positions import check_windows
from rollup.market.feeds import observe
from rollup.market.settlement_window import AGGREGATE_MASK, pass_time, price_seconds, settling_forward, window_mean
from rollup.state.limits import PRICE_MAX, WINDOW_MAX_S
from rollup.state.table import commit, write
from tests.unit.transition.opened_market import E8, EXPIRIES_S, START_S, Desk, forward_feed, instrument, spot_feed

WINDOW_S = 1800
SPOT, FORWARD, NEXT = spot_feed(1), forward_feed(1, 0), forward_feed(1, 1)
EXPIRY_S = EXPIRIES_S[0]
Path = list[tuple[int, int]]


@given(st.integers(0, PRICE_MAX - 1), st.integers(0, (1 << 42) - 1))
def test_price_seconds_is_the_product_modulo(price, seconds):
    assert price_seconds(price, seconds) == price * seconds & AGGREGATE_MASK


def report(desk: Desk, time_s: int, number: int, brought_s: int = 0) -> None:
    """Let the spot price be observed, and be brought then or later."""
    write(desk.state.system, 0).time_s = max(brought_s, time_s, desk.row("system", 0).time_s)
    pass_time(desk.state, SPOT, number, time_s)
    row = write(desk.state.feeds, SPOT)
    row.number, row.timestamp_s = number, time_s
    commit(desk.state)
    check_windows(desk.state)


def mean(path: Path, begin: int, end: int) -> Fraction:
    """Time-weighted mean of a step function of (time, price), whose first step lies before the beginning."""
    total = sum(price * max(min(until, end) - max(since, begin), 0) for (since, price), (until, _) in pairwise([*path, (end, 0)]))
    return Fraction(total, end - begin)


def forward_at(desk: Desk, time_s: int, feed: int = FORWARD) -> int:
    write(desk.state.system, 0).time_s = time_s
    price = settling_forward(desk.state, desk.row("feeds", feed), desk.row("feeds", SPOT))
    commit(desk.state)
    return price


STEPS = st.lists(st.tuples(st.integers(1, 400), st.integers(50_000 * E8, 70_000 * E8), st.integers(0, 900)), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(0, 4000), st.integers(0, 10_000))
def test_settlement_is_the_mean_over_the_window_however_late_observations_come(steps, before, last):
    desk = Desk()
    path = [(START_S, 60_000 * E8)]
    time_s = EXPIRY_S - WINDOW_S - before
    for wait, price, late in steps:
        time_s += wait
        if time_s >= EXPIRY_S:
            break
        report(desk, time_s, price, brought_s=time_s + late)
        path.append((time_s, price))
    assert window_mean(desk.row("feeds", FORWARD)) == 0
    report(desk, EXPIRY_S + last, 99_000 * E8)
    expected = mean(path, EXPIRY_S - WINDOW_S, EXPIRY_S)
    assert window_mean(desk.row("feeds", FORWARD)) == expected.numerator // expected.denominator


def test_both_edges_are_exact():
    """61,000 USD from a second after the beginning until a second before the end, and 10,000 USD around that."""
    desk = Desk()
    report(desk, EXPIRY_S - WINDOW_S - 100, 10_000 * E8)
    report(desk, EXPIRY_S - WINDOW_S + 1, 61_000 * E8)
    report(desk, EXPIRY_S - 1, 10_000 * E8)
    report(desk, EXPIRY_S, 90_000 * E8)
    assert window_mean(desk.row("feeds", FORWARD)) == (61_000 * E8 * (WINDOW_S - 2) + 2 * 10_000 * E8) // WINDOW_S


def test_observation_at_the_expiry_closes_the_window_and_one_before_does_not():
    desk = Desk()
    report(desk, EXPIRY_S - 1, 61_000 * E8)
    assert desk.row("feeds", FORWARD).closed_s == 0
    report(desk, EXPIRY_S, 61_000 * E8)
    assert desk.row("feeds", FORWARD).closed_s == EXPIRY_S
    assert (desk.row("markets", 1).expiring, desk.row("markets", 1).expiries) == (NEXT, 1)


def test_silence_leaves_the_last_price_in_force():
    desk = Desk()
    report(desk, EXPIRY_S - 5 * WINDOW_MAX_S, 55_000 * E8)
    report(desk, EXPIRY_S + 5 * WINDOW_MAX_S, 99_000 * E8)
    assert window_mean(desk.row("feeds", FORWARD)) == 55_000 * E8


def test_one_observation_may_close_every_window():
    desk = Desk()
    report(desk, EXPIRIES_S[1] + 5, 55_000 * E8)
    assert [window_mean(desk.row("feeds", feed)) for feed in (FORWARD, NEXT)] == [60_000 * E8] * 2
    assert (desk.row("markets", 1).expiring, desk.row("markets", 1).expiries) == (0, 0)
    report(desk, EXPIRIES_S[1] + 9, 50_000 * E8)
    assert [window_mean(desk.row("feeds", feed)) for feed in (FORWARD, NEXT)] == [60_000 * E8] * 2


@pytest.mark.parametrize("first, expected", [(-900, 61_500), (-1, 62_000), (0, 61_000), (500, 61_000)])
def test_window_begins_with_the_first_observation_there_is(first, expected):
    """A feed that has never reported has no price in force: what is before its first observation does not count."""
    desk = Desk()
    desk.edit("feeds", SPOT, timestamp_s=0, number=0)
    report(desk, EXPIRY_S + first, (61_000 if first != -1 else 62_000) * E8)
    if first == -900:
        report(desk, EXPIRY_S - 450, 62_000 * E8)
    report(desk, EXPIRY_S + 1_000, 70_000 * E8)
    assert window_mean(desk.row("feeds", FORWARD)) == expected * E8


def test_longer_window_counts_from_the_last_observation_before_the_change():
    desk = Desk()
    report(desk, EXPIRY_S - 3_000, 61_000 * E8)
    desk.edit("parameters", 0, settlement_window_s=6_000)
    report(desk, EXPIRY_S - 1_500, 64_000 * E8)
    assert desk.row("feeds", FORWARD).opened_s == EXPIRY_S - 3_000
    desk.edit("parameters", 0, settlement_window_s=60)
    report(desk, EXPIRY_S, 99_000 * E8)
    assert window_mean(desk.row("feeds", FORWARD)) == 62_500 * E8


def test_spike_moves_the_price_by_its_share_of_the_window_only():
    desk = Desk()
    for time_s in range(EXPIRY_S - WINDOW_S - 60, EXPIRY_S + 1, 60):
        report(desk, time_s, (180_000 if time_s == EXPIRY_S - 60 else 60_000) * E8)
    assert window_mean(desk.row("feeds", FORWARD)) == (60_000 + 120_000 * 60 // WINDOW_S) * E8


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(50_000 * E8, 70_000 * E8), st.integers(0, 2_400))
def test_forward_in_the_window_is_what_is_fixed_and_the_rest_of_the_forward(steps, number, now):
    """fixed + variable · remaining / window, at every second of it, between two observations too."""
    desk = Desk()
    desk.edit("feeds", FORWARD, number=number)
    path, time_s, now_s = [(START_S, 60_000 * E8)], EXPIRY_S - WINDOW_S - 600, EXPIRY_S - WINDOW_S + now
    for wait, price, _ in steps:
        time_s += wait
        if time_s > now_s:
            break
        report(desk, time_s, price)
        path.append((time_s, price))
    end = min(now_s, EXPIRY_S)
    if now == 0:
        assert forward_at(desk, now_s) == number
        return
    fixed = mean(path, EXPIRY_S - WINDOW_S, end) * (end - EXPIRY_S + WINDOW_S)
    expected = (fixed + number * (EXPIRY_S - end)) / WINDOW_S
    assert forward_at(desk, now_s) == expected.numerator // expected.denominator


def test_forward_comes_to_the_settlement_price_and_stays():
    desk = Desk()
    report(desk, EXPIRY_S - 1_000, 63_000 * E8)
    at_expiry = forward_at(desk, EXPIRY_S)
    assert at_expiry == (60_000 * 800 + 63_000 * 1_000) * E8 // WINDOW_S
    assert forward_at(desk, EXPIRY_S + 77) == at_expiry
    report(desk, EXPIRY_S + 99, 80_000 * E8)
    assert forward_at(desk, EXPIRY_S + 9_999) == at_expiry == window_mean(desk.row("feeds", FORWARD))
    assert forward_at(desk, EXPIRY_S + 9_999, NEXT) == 60_000 * E8
    assert observe(desk.state, desk.row("instruments", instrument(1, 0, 2, 1)))[:3] == (80_000 * E8, at_expiry, 0)
    commit(desk.state)


def test_forward_before_the_window_is_the_feeds():
    desk = Desk()
    desk.edit("feeds", FORWARD, number=7 * E8)
    assert forward_at(desk, EXPIRY_S - WINDOW_S) == 7 * E8
    assert forward_at(desk, EXPIRY_S - WINDOW_S + 1) == (7 * E8 * (WINDOW_S - 1) + 60_000 * E8) // WINDOW_S
