"""Reports of a feed: median, confidence, time, band."""

from statistics import median_low

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.genesis import FeedKind
from rollup.state.limits import PRICE_MAX
from rollup.transition.oracle_update import REPORTERS, is_in_range
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, START_S, Desk, reporter, spot_feed
from tests.unit.transition.status_cases import reports, wait

RATE = spot_feed(1) + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(55_000 * E8, 65_000 * E8) | st.sampled_from([60_000 * E8, 60_000 * E8 + 1]), min_size=2, max_size=REPORTERS))
def test_number_is_the_lower_median(numbers):
    desk = Desk()
    desk.edit("system", 0, reporters=REPORTERS)
    for number in range(1, REPORTERS + 1):
        desk.edit("reporters", number, status=1)
        desk.row("reporters", number).set_words([*reporter(number), 1])
    wait(desk, START_S + 5)
    assert desk.status(*reports(desk, *numbers)) == Status.OK
    assert desk.row("feeds", spot_feed(1)).number == median_low(numbers)


def test_confidence_is_the_least_and_time_the_oldest():
    desk = Desk()
    wait(desk, START_S + 9)
    one, two = reports(desk, 60_000 * E8, 60_000 * E8)
    assert desk.status({**one, "timestamp_s": START_S + 4}, {**two, "confidence_e9": 7}) == Status.OK
    feed = desk.row("feeds", spot_feed(1))
    assert (feed.timestamp_s, feed.confidence_e9) == (START_S + 4, 7)


def test_silence_longer_than_the_heartbeat_ends_the_band():
    desk = Desk()
    wait(desk, START_S + 600)
    assert desk.status(*reports(desk, 90_000 * E8, 90_000 * E8)) == Status.ORACLE_BAND
    wait(desk, START_S + 601)
    assert desk.status(*reports(desk, 90_000 * E8, 90_000 * E8)) == Status.OK


def test_rate_is_banded_by_its_distance():
    desk = Desk()
    wait(desk, START_S + 5)
    assert desk.status(*reports(desk, -300_000_000, -300_000_000, feed=RATE)) == Status.ORACLE_BAND
    assert desk.status(*reports(desk, -200_000_000, -200_000_000, feed=RATE)) == Status.OK
    assert desk.row("feeds", RATE).number == -200_000_000


def test_reporter_who_is_off_duty_does_not_count():
    desk = Desk()
    desk.edit("reporters", 2, status=0)
    wait(desk, START_S + 5)
    assert desk.status(*reports(desk, 60_000 * E8, 60_000 * E8)) == Status.INVALID_REPORTER


def test_same_reports_do_not_count_again():
    desk = Desk()
    wait(desk, START_S + 5)
    made = reports(desk, 60_000 * E8, 60_000 * E8)
    assert [desk.status(*made), desk.status(*made)] == [Status.OK, Status.ORACLE_ORDER]


@pytest.mark.parametrize(
    "kind,inside,outside",
    [
        (FeedKind.SPOT, (1, PRICE_MAX - 1), (0, -1, PRICE_MAX)),
        (FeedKind.FORWARD, (1, PRICE_MAX - 1), (0, -1, PRICE_MAX)),
        (FeedKind.PERPETUAL, (1, PRICE_MAX - 1), (0, -1, PRICE_MAX)),
        (FeedKind.STABLE, (1, PRICE_MAX - 1), (0, -1, PRICE_MAX)),
        (FeedKind.SURFACE, (), (0, 1, 600_000_000)),
        (FeedKind.RATE, (0, 1 - 10**9, 10**9 - 1), (-(10**9), 10**9)),
    ],
)
def test_ranges(kind, inside, outside):
    assert all(is_in_range(kind, number) for number in inside)
    assert not any(is_in_range(kind, number) for number in outside)
