"""Averages of the spot price, against the sum over seconds."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.market.feeds import AGGREGATE_MASK, price_seconds, roll, settlement_price, settling_forward
from rollup.state.limits import PRICE_MAX, WINDOW_MAX_S
from rollup.state.table import commit, read, write
from tests.unit.transition.opened_market import E8, EXPIRIES_S, Desk, forward_feed, instrument, spot_feed

WINDOW_S = 1800
SPOT, FORWARD = spot_feed(1), forward_feed(1, 0)
EXPIRY_S = EXPIRIES_S[0]


@given(st.integers(0, PRICE_MAX - 1), st.integers(0, (1 << 42) - 1))
def test_price_seconds_is_the_product_modulo(price, seconds):
    assert price_seconds(price, seconds) == price * seconds & AGGREGATE_MASK


def report(desk: Desk, feed: int, time_s: int, number: int) -> None:
    """Let time pass and a feed change."""
    write(desk.state.system, 0).time_s = time_s
    roll(desk.state, feed)
    row = write(desk.state.feeds, feed)
    row.number, row.timestamp_s = number, time_s
    commit(desk.state)


def settled(desk: Desk, time_s: int) -> int:
    write(desk.state.system, 0).time_s = time_s
    price = settlement_price(desk.state, read(desk.state.instruments, instrument(1, 0, 2, 1)))
    commit(desk.state)
    return price


def mean(steps: list[tuple[int, int]], begin: int, end: int) -> Fraction:
    """Time-weighted mean of a step function of (time, price), from its first step on."""
    edges = [*steps, (end, 0)]
    total = 0
    for (since, price), (until, _) in pairwise(edges):
        total += price * max(min(until, end) - max(since, begin), 0)
    return Fraction(total, end - begin)


STEPS = st.lists(st.tuples(st.integers(1, 90), st.integers(50_000 * E8, 70_000 * E8)), min_size=30, max_size=60)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_settlement_is_the_mean_over_the_window(steps):
    """With the forward feed reported at the window's edges, and anyhow between, the average is exact but for rounding down."""
    desk = Desk()
    time_s = EXPIRY_S - WINDOW_S
    report(desk, SPOT, time_s, 60_000 * E8)
    report(desk, FORWARD, time_s, 60_000 * E8)
    path = [(time_s, 60_000 * E8)]
    folds = 1
    for wait, price in steps:
        time_s += wait
        if time_s >= EXPIRY_S:
            break
        report(desk, SPOT, time_s, price)
        path.append((time_s, price))
        if wait % 3 == 0:
            report(desk, FORWARD, time_s, price)
            folds += 1
    report(desk, FORWARD, EXPIRY_S, 1)
    report(desk, SPOT, EXPIRY_S, 99_000 * E8)
    expected = mean(path, EXPIRY_S - WINDOW_S, EXPIRY_S)
    price = settled(desk, EXPIRY_S + 5_000)
    assert 0 <= expected - price <= folds + 1
    assert settled(desk, EXPIRY_S + 50_000) == price


def test_edges_are_shared_out_by_time():
    """A forward report 100 s before the window and one 300 s into it: the mean of those 400 s stands for the 300 inside."""
    desk = Desk()
    begin = EXPIRY_S - WINDOW_S
    report(desk, SPOT, begin - 100, 60_000 * E8)
    report(desk, FORWARD, begin - 100, 1)
    report(desk, SPOT, begin + 100, 64_000 * E8)
    report(desk, FORWARD, begin + 300, 1)
    row = desk.row("feeds", FORWARD)
    assert (row.covered_s, row.aggregate) == (300, 62_000 * E8 * 300)


def test_silent_feeds_settle_at_the_price_then():
    """Nobody reported for a day around the expiry: the first spot price after it counts."""
    desk = Desk()
    report(desk, SPOT, EXPIRY_S + 2 * WINDOW_MAX_S, 55_000 * E8)
    assert settled(desk, EXPIRY_S + 2 * WINDOW_MAX_S + 60) == 55_000 * E8


def test_settlement_waits_for_the_spot_feed():
    desk = Desk()
    report(desk, SPOT, EXPIRY_S - 1, 60_000 * E8)
    assert settled(desk, EXPIRY_S + 60) == 0
    report(desk, SPOT, EXPIRY_S + 61, 61_000 * E8)
    assert settled(desk, EXPIRY_S + 62) > 0


def test_spike_moves_the_price_by_its_share_of_the_window_only():
    desk = Desk()
    begin = EXPIRY_S - WINDOW_S
    for time_s in range(begin - 60, EXPIRY_S + 1, 60):
        report(desk, SPOT, time_s, (180_000 if time_s == EXPIRY_S - 60 else 60_000) * E8)
        report(desk, FORWARD, time_s, 60_000 * E8)
    assert settled(desk, EXPIRY_S + 1) == (60_000 + 120_000 * 60 // WINDOW_S) * E8


@given(st.integers(1, PRICE_MAX - 1), st.integers(1, PRICE_MAX - 1), st.integers(-5, WINDOW_MAX_S), st.integers(0, WINDOW_MAX_S))
def test_forward_in_the_window_lies_between_its_parts(past, number, remaining, covered):
    desk = Desk()
    row = desk.row("feeds", FORWARD)
    desk.edit("feeds", FORWARD, number=number, aggregate=past * covered, covered_s=covered)
    blended = settling_forward(row, remaining, WINDOW_S)
    assert min(past, number) <= blended <= max(past, number)
    if not 0 < remaining < WINDOW_S or covered == 0:
        assert blended == number
