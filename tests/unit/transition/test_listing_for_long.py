"""Expiries roll day after day, with spot prices that walk: ids last, the state stays small, and nothing of what is over is left."""

from random import Random

import pytest

from rollup.audit.whole.audit import check_all
from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S
from rollup.core.genesis import FeedKind
from rollup.state.limits import FEED_BITS, INSTRUMENT_BITS
from rollup.state.table import commit
from rollup.transition.status import Status
from sequencer.listings import Strike, strikes_wanted
from tests.unit.transition.listing_scenes import delisting, listing
from tests.unit.transition.opened_market import E8, START_S, Desk, spot_feed
from tests.unit.transition.status_cases import fix, reports, wait

FIRST_S = START_S // DAY_S * DAY_S + DAY_S + EXPIRY_HOUR_S
"""The first 08:00 UTC."""

YEAR = 365
"""Days."""


def roll(desk: Desk, spots: list[int], time_s: int) -> int:
    """Let a day begin at 08:00 UTC: take away what has expired, list what the rule asks for; how many instruments that were."""
    for at_s in (time_s - 2_000, time_s + 10):
        wait(desk, at_s)
        for market, spot in enumerate(spots, 1):
            assert desk.status(*reports(desk, spot, spot, feed=spot_feed(market))) == Status.OK
    for feed in range(1, desk.row("system", 0).feeds + 1):
        row = desk.row("feeds", feed)
        if row.kind == FeedKind.FORWARD and row.expiry_s <= time_s:
            assert desk.status(fix(desk, feed=feed)) == Status.OK
            while desk.row("feeds", feed).kind:
                assert desk.status(delisting(feed)) == Status.OK
    before = desk.row("system", 0).instruments
    while wanted := wishes(desk):
        for market, expiry_s, strike_e8 in wanted:
            terms = {"number": market, "timestamp_s": expiry_s, "price_e8": strike_e8}
            assert desk.status({**listing(), **terms}) == Status.OK
    return int(desk.row("system", 0).instruments - before)


def wishes(desk: Desk) -> list[Strike]:
    """What the rule asks for now; looking is no step."""
    found = strikes_wanted(desk.state)
    commit(desk.state)
    return found


def roll_for(days: int, seed: int) -> tuple[Desk, list[int]]:
    """Roll so many days on fine strikes, with spot prices that move three per cent a day: how many instruments were listed on each."""
    random, desk, spots, listed = Random(seed), Desk(), [60_000 * E8, 3_000 * E8], list[int]()
    for market, step in ((1, 200 * E8), (2, 10 * E8)):
        desk.edit("markets", market, strike_step_e8=step)
    for day in range(days):
        spots = [round(spot * random.uniform(0.97, 1.03)) for spot in spots]
        listed.append(roll(desk, spots, FIRST_S + day * DAY_S))
    return desk, listed


def check(desk: Desk, days: int) -> None:
    """Everything that is over is gone, down to the last word; and a year of this is a small part of the ids."""
    check_all(desk.state)
    now_s, system = desk.row("system", 0).time_s, desk.row("system", 0)
    live = [row for number in range(1, system.instruments + 1) if any((row := desk.row("instruments", number)).words())]
    assert all(row.expiry_s == 0 or row.expiry_s > now_s for row in live)
    assert len(live) < 4_000
    assert all(row.expiry_s == 0 or row.expiry_s > now_s for row in (desk.row("feeds", number) for number in range(1, system.feeds + 1)))
    assert system.instruments * YEAR < days << INSTRUMENT_BITS
    assert system.feeds * YEAR < days << FEED_BITS


def test_expiries_roll_day_after_day():
    desk, listed = roll_for(9, seed=1)
    assert listed[0] > 500
    assert all(listed[1:])
    check(desk, 9)


@pytest.mark.long
def test_months_of_two_hundred_instruments_a_day():
    desk, listed = roll_for(100, seed=2)
    assert sum(listed) >= 200 * 100
    check(desk, 100)
