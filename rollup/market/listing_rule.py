"""What may be listed: the expiries, and the strikes around the spot price. All of it is integers and the calendar: no state.

    class    expiries, at 08:00 UTC                                                                  strikes      multiples of
    daily    the next `listing_days` days                                                            band / 4     1 step
    weekly   the next `listing_weeks` Fridays                                                        band / 2     2 steps
    monthly  the next `listing_months` last Fridays of a month, `listing_quarters` of a quarter      band         4 steps

The classes, and that they are the next so many, are Deribit's (its contract introduction policy). A strike may be as far from spot as its
class says, of `listing_band_e9` times spot; within a quarter of that distance it is a multiple of so many of the market's strike steps,
within a half of twice as many, in the rest of four times as many. An expiry that is of several classes has the strikes of each: so finer
ones are added as it comes nearer. Dated futures may be listed for what is a Friday's.

Bounds: a step and a spot price are under 2^47, the band is at most 4, so nothing passes 2^51.
"""

from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S, FRIDAY, QUARTER, WEEK, expiry_on, last_friday, month_of
from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.state.layout import Record
from rollup.state.limits import PRICE_MAX, RATIO_ONE, TIME_MAX

DAILY, WEEKLY, MONTHLY = range(3)
"""Classes of expiries. Strikes are twice as coarse, and twice as far from spot, from one to the next."""

CLASSES = 3
"""How many there are."""

ZONES = 3
"""Distances from spot, by which strikes are coarser."""


@kernel
def classes_of(parameters: Record, expiry_s: int, now_s: int) -> int:
    """The classes that an expiry is of, a bit each; 0 where it is none that may be listed now."""
    if not now_s < expiry_s < TIME_MAX or expiry_s % DAY_S != EXPIRY_HOUR_S:
        return 0
    day, found = expiry_s // DAY_S, 0
    if expiry_s <= now_s + parameters.listing_days * DAY_S:
        found |= 1 << DAILY
    if day % WEEK == FRIDAY and expiry_s <= now_s + parameters.listing_weeks * WEEK * DAY_S:
        found |= 1 << WEEKLY
    if day == last_friday(month_of(day)) and is_month_ahead(parameters, month_of(day), now_s):
        found |= 1 << MONTHLY
    return found


@kernel
def is_month_ahead(parameters: Record, month: int, now_s: int) -> bool:
    """Is a month's last Friday, which is to come, one of the next so many, or one of the next so many of a quarter?"""
    first = month_of(now_s // DAY_S)
    quarter = first // QUARTER
    if expiry_on(last_friday(first)) <= now_s:
        first += 1
    if month - first < parameters.listing_months:
        return True
    if expiry_on(last_friday(quarter * QUARTER + QUARTER - 1)) <= now_s:
        quarter += 1
    return bool(month % QUARTER == QUARTER - 1 and month // QUARTER - quarter < parameters.listing_quarters)


@kernel
def width_of(parameters: Record, classes: int, spot_e8: int) -> int:
    """How far from spot an expiry of some classes may have strikes, 1e-8 USD, rounded down; -1 for no class."""
    for place in range(CLASSES):
        if classes >> (MONTHLY - place) & 1 == 1:
            return mul_div_down(spot_e8, parameters.listing_band_e9, RATIO_ONE) >> place
    return -1


@kernel
def is_strike(parameters: Record, market: Record, classes: int, spot_e8: int, strike_e8: int) -> bool:
    """Is a strike one that an expiry of some classes may have, with spot at this price?"""
    if not 0 < strike_e8 < PRICE_MAX:
        return False
    for term in range(CLASSES):
        if classes >> term & 1 == 1:
            width = width_of(parameters, 1 << term, spot_e8)
            for zone in range(ZONES):
                near = abs(strike_e8 - spot_e8) <= width >> (ZONES - 1 - zone)
                if near and strike_e8 % (max(market.strike_step_e8, 1) << (term + zone)) == 0:
                    return True
    return False


@kernel
def may_have_future(classes: int) -> bool:
    """May an expiry of some classes have a dated future?"""
    return classes >> WEEKLY != 0
