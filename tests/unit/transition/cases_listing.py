"""Statuses of listing and delisting."""

from rollup.core.calendar import DAY_S
from rollup.market.terms import BUY
from rollup.state.limits import EXPIRIES, FEED_BITS, INSTRUMENT_BITS, STRIKES
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.listing_scenes import FRIDAY_S, TOMORROW_S, delisting, listing, over
from tests.unit.transition.opened_market import E6, START_S, forward_feed, future, spot_feed, vol_feed
from tests.unit.transition.status_cases import block, case, expire, govern, wait


@case(Status.OK)
def a_strike_is_listed(desk):
    return (listing(),)


@case(Status.UNKNOWN_MARKET)
def strike_of_no_market(desk):
    return (listing(market=3),)


@case(Status.OFF_SCHEDULE)
def expiry_at_another_hour(desk):
    return (listing(expiry_s=FRIDAY_S + 3600),)


@case(Status.OFF_SCHEDULE)
def expiry_too_far_ahead(desk):
    return (listing(expiry_s=FRIDAY_S + 3 * DAY_S),)


@case(Status.OFF_SCHEDULE)
def expiry_that_has_passed(desk):
    return (listing(expiry_s=TOMORROW_S - DAY_S),)


@case(Status.OFF_SCHEDULE)
def expiry_whose_window_has_begun(desk):
    wait(desk, TOMORROW_S - 1800)
    desk.edit("feeds", spot_feed(1), timestamp_s=TOMORROW_S - 1800)
    return (listing(expiry_s=TOMORROW_S),)


@case(Status.OFF_SCHEDULE)
def future_of_no_friday(desk):
    return (listing(0, TOMORROW_S),)


@case(Status.OFF_SCHEDULE)
def nothing_is_listed_where_the_governor_wants_none(desk):
    for parameter in (Parameter.LISTING_DAYS, Parameter.LISTING_WEEKS):
        assert desk.status(govern(desk, parameter, 0)) == Status.OK
    wait(desk, START_S + 100)
    return (listing(),)


@case(Status.STALE_ORACLE)
def strike_on_a_silent_feed(desk):
    wait(desk, START_S + 601)
    return (listing(),)


@case(Status.STALE_ORACLE)
def future_on_a_silent_feed(desk):
    wait(desk, START_S + 601)
    return (listing(0),)


@case(Status.STRIKE_BAND)
def strike_too_far_from_spot(desk):
    return (listing(76_000),)


@case(Status.STRIKE_STEP)
def strike_between_the_steps(desk):
    return (listing(60_500),)


@case(Status.STRIKE_STEP)
def strike_that_is_too_fine_so_far_from_spot(desk):
    return (listing(65_000),)


@case(Status.ALREADY_LISTED)
def strike_that_is_listed(desk):
    assert desk.status(listing()) == Status.OK
    return (listing(),)


@case(Status.ALREADY_LISTED)
def future_that_is_listed(desk):
    assert desk.status(listing(0)) == Status.OK
    return (listing(0),)


@case(Status.EXPIRIES_FULL)
def one_expiry_too_many(desk):
    desk.edit("markets", 1, expiries=EXPIRIES)
    return (listing(),)


@case(Status.STRIKES_FULL)
def one_strike_too_many(desk):
    first = desk.run(listing()).opened
    desk.edit("feeds", desk.row("instruments", first).forward_feed, strikes=STRIKES)
    return (listing(61_000),)


@case(Status.INSTRUMENTS_FULL)
def one_instrument_too_many(desk):
    desk.edit("system", 0, instruments=(1 << INSTRUMENT_BITS) - 2)
    return (listing(),)


@case(Status.INSTRUMENTS_FULL)
def one_feed_too_many(desk):
    desk.edit("system", 0, feeds=(1 << FEED_BITS) - 2)
    return (listing(),)


@case(Status.OK)
def a_strike_is_delisted(desk):
    expire(desk)
    return (delisting(),)


@case(Status.UNKNOWN_FEED)
def delisting_of_no_feed(desk):
    return (delisting(0),)


@case(Status.UNKNOWN_FEED)
def delisting_of_no_forward(desk):
    expire(desk)
    return (delisting(vol_feed(1, 0)),)


@case(Status.UNKNOWN_FEED)
def delisting_once_all_is_gone(desk):
    over(desk)
    while desk.row("feeds", forward_feed(1, 0)).strikes:
        assert desk.status(delisting()) == Status.OK
    return (delisting(),)


@case(Status.INSTRUMENT_LIVE)
def delisting_of_what_is_alive(desk):
    return (delisting(),)


@case(Status.NOT_FIXED)
def delisting_before_the_price_is_fixed(desk):
    wait(desk, desk.row("feeds", forward_feed(1, 0)).expiry_s)
    return (delisting(),)


@case(Status.INSTRUMENT_HELD)
def delisting_of_what_somebody_holds(desk):
    receipt = desk.run(*block(desk, (future(1, 0), BUY)))
    assert (receipt.status, receipt.filled_e6) == (Status.OK, E6)
    expire(desk)
    return (delisting(),)
