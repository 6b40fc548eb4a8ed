"""Listing and delisting: what the rule allows, in which order, with which ids, and what is left when all is over."""

import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollup.audit.rows import snapshot
from rollup.audit.whole.audit import check_all
from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S, expiry_on, last_friday, month_of
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PUT
from rollup.devnet.surfaces import flat
from rollup.market.listing_rule import DAILY, MONTHLY, WEEKLY, classes_of, is_strike, width_of
from rollup.market.terms import BUY, SELL, STOP_LOSS
from rollup.state.layout import MARKETS, PARAMETERS
from rollup.state.limits import EXPIRIES, LISTING_MAX, SWEPT
from rollup.state.plain import plain_row
from rollup.transition.kinds import Kind
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.listing_scenes import FRIDAY_S, MONTH_S, QUARTER_S, TOMORROW_S, delisting, listing, over
from tests.unit.transition.opened_market import (
    E6,
    E8,
    EXPIRIES_S,
    INSTRUMENTS,
    MONEYNESS,
    START_S,
    Desk,
    forward_feed,
    future,
    spot_feed,
    vol_feed,
)
from tests.unit.transition.status_cases import (
    ask,
    begin,
    bid,
    block,
    expire,
    fire,
    fix,
    govern,
    quotes,
    report_spot,
    reports,
    settle,
    surfaces,
    wait,
)


def parameters_of(days: int = 4, weeks: int = 4, months: int = 3, quarters: int = 4, band: int = 500_000_000):
    row = plain_row(PARAMETERS)
    row.listing_days, row.listing_weeks, row.listing_months, row.listing_quarters = days, weeks, months, quarters
    row.listing_band_e9 = band
    return row


def bits(*classes: int) -> int:
    return sum(1 << each for each in classes)


@pytest.mark.parametrize(
    ("expiry_s", "classes"),
    [
        (TOMORROW_S, bits(DAILY)),
        (TOMORROW_S + DAY_S, bits(DAILY)),
        (FRIDAY_S, bits(DAILY, WEEKLY)),
        (TOMORROW_S + 3 * DAY_S, bits(DAILY)),
        (TOMORROW_S + 4 * DAY_S, 0),
        (MONTH_S, bits(WEEKLY, MONTHLY)),
        (FRIDAY_S + 21 * DAY_S, bits(WEEKLY)),
        (FRIDAY_S + 28 * DAY_S, 0),
        (QUARTER_S, bits(MONTHLY)),
        (TOMORROW_S + 72 * DAY_S, bits(MONTHLY)),  # 26 January, the third month
        (TOMORROW_S + 100 * DAY_S, 0),  # 23 February, the fourth
        (TOMORROW_S + 135 * DAY_S, bits(MONTHLY)),  # 29 March
        (TOMORROW_S + 317 * DAY_S, bits(MONTHLY)),  # 27 September, the fourth quarter
        (TOMORROW_S + 408 * DAY_S, 0),  # 27 December, the fifth
        (FRIDAY_S + 1, 0),
        (START_S, 0),
        (TOMORROW_S - DAY_S, 0),
        (-FRIDAY_S, 0),
        ((1 << 62) // DAY_S * DAY_S + EXPIRY_HOUR_S, 0),
    ],
)
def test_classes_of_an_evening_in_november(expiry_s, classes):
    assert classes_of(parameters_of(), expiry_s, START_S) == classes


HORIZON = 32 * 31 + 9
"""Days: 32 months, and more than ten quarters."""


def expiries_ahead(now_s: int, days: int, weeks: int, months: int, quarters: int) -> dict[int, int]:
    """The classes of all expiries to come, by going through the days of the calendar: the rule in other words."""
    found: dict[int, int] = {}
    counts = {"day": 0, "week": 0, "month": 0, "quarter": 0}
    day = now_s // DAY_S
    while day < now_s // DAY_S + HORIZON:
        expiry_s = day * DAY_S + EXPIRY_HOUR_S
        date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
        day += 1
        if expiry_s <= now_s:
            continue
        is_friday = date.weekday() == 4
        is_last = is_friday and (date + dt.timedelta(days=7)).month != date.month
        for name, applies, most, place in (
            ("day", True, days, DAILY),
            ("week", is_friday, weeks, WEEKLY),
            ("month", is_last, months, MONTHLY),
            ("quarter", is_last and date.month in {3, 6, 9, 12}, quarters, MONTHLY),
        ):
            counts[name] += applies
            if applies and counts[name] <= most:
                found[expiry_s] = found.get(expiry_s, 0) | 1 << place
    return found


@settings(max_examples=60, deadline=None)
@example(expiry_on(last_friday(24_281)), 0, 0, 0, 3, 2)
@example(expiry_on(last_friday(24_280)), 0, 0, 0, 3, 2)
@given(
    st.one_of(st.integers(946_684_800, 4_102_444_800), st.integers(24_000, 25_200).map(lambda month: expiry_on(last_friday(month)))),
    st.sampled_from([-1, 0, 1, 43_210]),
    st.integers(0, LISTING_MAX),
    st.integers(0, LISTING_MAX),
    st.integers(0, LISTING_MAX),
    st.integers(0, 10),
)
def test_the_next_so_many_of_each_class(moment_s, near, days, weeks, months, quarters):
    now_s = moment_s // DAY_S * DAY_S + EXPIRY_HOUR_S + near
    expected = expiries_ahead(now_s, days, weeks, months, quarters)
    row = parameters_of(days, weeks, months, quarters)
    first = now_s // DAY_S
    found = {expiry_on(day): classes_of(row, expiry_on(day), now_s) for day in range(first, first + HORIZON)}
    assert {expiry_s: classes for expiry_s, classes in found.items() if classes} == expected


@given(st.integers(0, 60_000))
def test_last_friday_of_a_month(day):
    date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    friday = dt.date(1970, 1, 1) + dt.timedelta(days=last_friday(month_of(day)))
    assert (friday.year, friday.month, friday.weekday()) == (date.year, date.month, 4)
    assert (friday + dt.timedelta(days=7)).month != date.month


STRIKES_AT_60_000 = {
    DAILY: {56_000, 58_000, 59_000, 60_000, 61_000, 62_000, 64_000},
    WEEKLY: {48_000, 56_000, 58_000, 60_000, 62_000, 64_000, 72_000},
    MONTHLY: {32_000, 48_000, 56_000, 60_000, 64_000, 72_000, 80_000},
}
"""Within 7,500 USD of spot for a day, 15,000 for a week, 30,000 for a month; the finest in a quarter of that."""


@pytest.mark.parametrize("classes", range(8))
def test_strikes_around_spot(classes):
    market = plain_row(MARKETS)
    market.strike_step_e8 = 1_000 * E8
    found = {k for k in range(500, 200_000, 500) if is_strike(parameters_of(), market, classes, 60_000 * E8, k * E8)}
    assert found == {k for term, strikes in STRIKES_AT_60_000.items() if classes >> term & 1 for k in strikes}
    width = width_of(parameters_of(), classes, 60_000 * E8)
    assert all(abs(k - 60_000) * E8 <= width for k in found)


@given(st.integers(0, 7), st.integers(1, (1 << 47) - 1), st.integers(-9, 1 << 62), st.integers(1, (1 << 47) - 1), st.integers(0, 4 * 10**9))
def test_a_strike_is_in_the_band_and_on_the_step(classes, spot, strike, step, band):
    market, row = plain_row(MARKETS), parameters_of(band=band)
    market.strike_step_e8 = step
    for each in (strike, spot // step * step, (spot // step + strike % 9 - 4) * step):
        if is_strike(row, market, classes, spot, each):
            assert 0 < each < 1 << 47
            assert each % step == 0
            assert abs(each - spot) <= width_of(row, classes, spot) <= spot * band // 10**9


def order_of_expiries(desk: Desk, market: int = 1) -> list[int]:
    """Expiries of a market's list of forward feeds."""
    feed, found = desk.row("markets", market).expiring, []
    while feed:
        found.append(desk.row("feeds", feed).expiry_s)
        feed = desk.row("feeds", feed).later
    return found


def test_first_strike_opens_the_feeds_in_their_place_and_ids_count_on():
    desk = Desk()
    feeds = desk.row("system", 0).feeds
    expiries = [QUARTER_S, FRIDAY_S, MONTH_S, TOMORROW_S]
    for place, expiry_s in enumerate(expiries):
        receipt = desk.run(listing(64_000 if expiry_s == QUARTER_S else 60_000, expiry_s))
        assert (receipt.status, receipt.opened) == (Status.OK, INSTRUMENTS + 1 + 2 * place)
        call, put = desk.row("instruments", receipt.opened), desk.row("instruments", receipt.opened + 1)
        assert (call.option_type, put.option_type) == (CALL, PUT)
        assert call.forward_feed == put.forward_feed == feeds + 1 + 2 * place
        assert desk.row("feeds", call.forward_feed).kind == FeedKind.FORWARD
        assert (call.tick_e8, call.lot_e6, call.rate_feed) == (E8, 10_000, spot_feed(1) + 1)
        check_all(desk.state)
    assert order_of_expiries(desk) == sorted([*expiries, *EXPIRIES_S])
    assert desk.row("markets", 1).expiries == 6
    receipt = desk.run(listing(0, FRIDAY_S))
    assert desk.row("instruments", receipt.opened).option_type == FUTURE
    assert desk.row("system", 0).instruments == INSTRUMENTS + 9
    assert desk.row("system", 0).feeds == feeds + 8
    check_all(desk.state)


def test_other_markets_have_steps_of_their_own():
    desk = Desk()
    assert desk.status(listing(3_050, market=2)) == Status.OK
    assert desk.status(listing(3_025, market=2)) == Status.STRIKE_STEP
    assert order_of_expiries(desk, 2) == [FRIDAY_S, *EXPIRIES_S]
    check_all(desk.state)


def test_rejected_listing_leaves_no_feeds_behind():
    desk = Desk()
    desk.edit("system", 0, instruments=(1 << 20) - 2)
    before = snapshot(desk.state)
    assert desk.status(listing()) == Status.INSTRUMENTS_FULL
    assert snapshot(desk.state) == before


def report_all(desk: Desk, forward: int, spot_usd: int) -> None:
    """Let the feeds of an expiry on BTC report."""
    assert desk.status(*reports(desk, *[spot_usd * E8] * 2, feed=forward)) == Status.OK
    assert desk.status(*surfaces(desk, *[flat(600_000_000, spot_usd * E8)] * 2, feed=forward + 1)) == Status.OK


def test_what_is_listed_trades_once_its_feeds_have_reported():
    desk = Desk()
    call = desk.run(listing()).opened
    assert desk.status(bid(desk, instrument=call, price=500)) == Status.STALE_ORACLE
    report_all(desk, desk.row("instruments", call).forward_feed, 60_000)
    assert desk.status(bid(desk, instrument=call, price=500)) == Status.OK
    assert desk.run(ask(desk, instrument=call, price=500)).filled_e6 == E6
    assert desk.status(bid(desk, instrument=call + 1, price=500)) == Status.OK
    check_all(desk.state)


def test_life_of_an_expiry_from_listing_to_nothing():
    """Listed, traded, expired, settled, delisted: its rows are zeros again, its ids are not given twice, and all money is there."""
    desk = Desk()
    call = desk.run(listing()).opened
    for strike in (58_000, 0, 62_000):
        assert desk.status(listing(strike)) == Status.OK
    forward = desk.row("instruments", call).forward_feed
    report_all(desk, forward, 60_000)
    assert desk.status(bid(desk, instrument=call, price=500)) == Status.OK
    assert desk.run(ask(desk, instrument=call, price=500)).filled_e6 == E6
    report_spot(desk, FRIDAY_S - 2000, 61_000 * E8)
    report_spot(desk, FRIDAY_S + 10, 61_000 * E8)
    assert desk.status(fix(desk, feed=forward)) == Status.OK
    for _ in range(3):
        assert desk.status(delisting(forward)) == Status.OK
        check_all(desk.state)
    assert desk.status(delisting(forward)) == Status.INSTRUMENT_HELD
    assert desk.run(settle(desk, 1, instrument=call)).cost_e8 == -1_000 * E8
    assert desk.status(delisting(forward)) == Status.INSTRUMENT_HELD
    assert desk.run(settle(desk, 2, instrument=call)).cost_e8 == 1_000 * E8
    assert desk.status(delisting(forward)) == Status.OK
    for section, rows in (("instruments", range(call, call + 7)), ("feeds", (forward, forward + 1))):
        assert not any(any(desk.row(section, number).words()) for number in rows)
    assert desk.status(*reports(desk, 60_000 * E8, 60_000 * E8, feed=forward)) == Status.UNKNOWN_FEED
    assert desk.status(*surfaces(desk, {}, {}, feed=forward + 1)) == Status.UNKNOWN_FEED
    assert desk.status(bid(desk, instrument=call)) == Status.UNKNOWN_INSTRUMENT
    again = desk.run(listing(60_000, MONTH_S))
    assert (again.status, again.opened) == (Status.OK, call + 7)
    assert desk.row("instruments", again.opened).forward_feed == forward + 2
    check_all(desk.state)


def test_delisting_ends_the_orders_that_rest_a_few_at_a_time():
    desk = Desk(accounts=6)
    traded, feed = future(1, 0), forward_feed(1, 0)
    for place in range(SWEPT + 8):
        account, side = 1 + place % 5, SELL if place % 2 else BUY
        price = 60_500 + place if side == SELL else 59_500 - place
        assert desk.status(desk.order(account, side, price, 1, instrument=traded)) == Status.OK
    assert any(desk.row("accounts", n).reserved_e8 for n in range(1, 6))
    expire(desk)
    strikes = desk.row("feeds", feed).strikes
    for swept, left in ((SWEPT, strikes), (8, strikes - 1), (0, strikes - 2)):
        receipt = desk.run(delisting())
        assert (receipt.status, receipt.cancelled) == (Status.OK, swept)
        assert desk.row("feeds", feed).strikes == left
        check_all(desk.state)
    assert not any(desk.row("accounts", n).reserved_e8 or desk.row("accounts", n).open_orders for n in range(1, 6))


@pytest.mark.parametrize("held", [2 * len(MONEYNESS) - 1, 2 * len(MONEYNESS)])
def test_a_strike_stays_while_its_call_or_its_put_is_held(held):
    desk = Desk()
    assert desk.status(*block(desk, (held, BUY))) == Status.OK
    expire(desk)
    assert desk.status(delisting()) == Status.OK  # the future
    assert desk.status(delisting()) == Status.INSTRUMENT_HELD
    for holder in (1, 2):
        assert desk.status(settle(desk, holder, instrument=held)) == Status.OK
    assert desk.status(delisting()) == Status.OK
    check_all(desk.state)


def test_delisting_ends_orders_on_both_instruments_of_a_strike():
    desk = Desk()
    feed, call = forward_feed(1, 0), 2 * len(MONEYNESS) - 1
    for instrument in (call, call + 1):
        mark = 200 if instrument == call else 12_000
        assert desk.status(bid(desk, instrument=instrument, price=mark)) == Status.OK
        assert desk.status(ask(desk, instrument=instrument, price=mark + 100)) == Status.OK
    expire(desk)
    assert desk.run(delisting()).cancelled == 0  # the future
    assert desk.run(delisting()).cancelled == 4
    assert desk.row("feeds", feed).strikes == len(MONEYNESS) - 1
    check_all(desk.state)


def test_orders_that_wait_for_a_trigger_are_ended_once_their_instrument_is_gone():
    desk = Desk()
    traded = future(1, 0)
    order = bid(desk, instrument=traded, price=61_000, options=STOP_LOSS, trigger_e8=62_000 * E8)
    waiting = desk.run(order).order
    expire(desk)
    assert desk.status(delisting()) == Status.OK
    check_all(desk.state)
    receipt = desk.run(fire(waiting, order["nonce"]))
    assert (receipt.status, receipt.cancelled) == (Status.OK, 1)
    assert desk.row("accounts", 1).open_orders == 0
    check_all(desk.state)


def test_everything_is_over_in_any_state_of_its_books():
    """Nothing that traders leave behind keeps an expiry listed."""
    desk = Desk(accounts=4)
    assert desk.status(*quotes(desk, {"side": BUY, "price_e8": 1_900 * E8, "quantity_e6": E6}, account=3)) == Status.OK
    assert desk.status(*block(desk, (5, BUY), (future(1, 0), SELL))) == Status.OK
    over(desk)
    done = 0
    while desk.row("feeds", forward_feed(1, 0)).strikes:
        if desk.status(delisting()) == Status.INSTRUMENT_HELD:
            for instrument in (5, future(1, 0)):
                for holder in (1, 2):
                    desk.run(settle(desk, holder, instrument=instrument))
        done += 1
        assert done < 20
    check_all(desk.state)
    assert not any(
        desk.row("instruments", i).expiry_s == EXPIRIES_S[0] and desk.row("instruments", i).market == 1 for i in range(1, INSTRUMENTS)
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(40, 90), st.booleans()), min_size=1, max_size=40))
def test_a_strike_is_listed_once_and_only_by_the_rule(wishes):
    desk, listed = Desk(), set()
    row = desk.row("parameters", 0)
    for place, thousands, is_future in wishes:
        expiry_s = (TOMORROW_S, FRIDAY_S, MONTH_S, QUARTER_S)[place]
        strike = 0 if is_future else thousands * 1_000
        classes = classes_of(row, expiry_s, START_S)
        market = desk.row("markets", 1)
        allowed = classes != bits(DAILY) if is_future else is_strike(row, market, classes, 60_000 * E8, strike * E8)
        assert (desk.status(listing(strike, expiry_s)) == Status.OK) == (allowed and (expiry_s, strike) not in listed)
        if allowed:
            listed.add((expiry_s, strike))
    check_all(desk.state)
    assert desk.row("system", 0).instruments == INSTRUMENTS + sum(1 if strike == 0 else 2 for _, strike in listed)


def test_a_market_opens_no_more_expiries_than_it_may_have():
    desk = Desk()
    for parameter in (Parameter.LISTING_DAYS, Parameter.LISTING_WEEKS):
        assert desk.status(govern(desk, parameter, LISTING_MAX)) == Status.OK
    wait(desk, START_S + 100)
    found = [desk.status(listing(60_000, TOMORROW_S + day * DAY_S)) for day in range(LISTING_MAX)]
    assert found == [Status.OK] * (EXPIRIES - 2) + [Status.EXPIRIES_FULL] * 2
    check_all(desk.state)


def test_listing_is_not_paused_and_delisting_neither():
    desk = Desk()
    assert desk.status(govern(desk, Parameter.PAUSE, START_S + 3600)) == Status.OK
    assert desk.status(listing()) == Status.OK


def test_listing_needs_no_account_but_a_signature_and_a_life():
    desk = Desk()
    assert desk.status(listing(authentic=0)) == Status.INVALID_SIGNATURE
    assert desk.status({**listing(), "expiry_s": START_S - 1}) == Status.INVALID_EXPIRED
    assert desk.status({**listing(), "source": 1}) == Status.OK
    assert desk.status(begin(desk, START_S + 1)) == Status.OK
    assert desk.run(delisting(vol_feed(1, 0))).account == 0
    assert {Kind.LIST_INSTRUMENT, Kind.DELIST} <= set(Kind)
