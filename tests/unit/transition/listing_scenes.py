"""Listing and delisting as transactions, and the days on which the rule is looked at."""

from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, START_S, Desk, forward_feed, future
from tests.unit.transition.status_cases import bid, expire

TOMORROW_S = START_S // DAY_S * DAY_S + DAY_S + EXPIRY_HOUR_S
"""08:00 UTC of the first day that begins after the market was opened, a Tuesday evening: Wednesday, 15 November 2023."""
FRIDAY_S = TOMORROW_S + 2 * DAY_S
"""Friday, 17 November: a day ahead, and the first Friday ahead."""
MONTH_S = FRIDAY_S + 7 * DAY_S
"""Friday, 24 November: the month's last."""
QUARTER_S = TOMORROW_S + 44 * DAY_S
"""Friday, 29 December: the quarter's last."""

BY_ANYBODY = {"authentic": 1, "expiry_s": 1 << 40, "signer": (7, 7, 7)}


def listing(strike: float = 60_000, expiry_s: int = FRIDAY_S, market: int = 1, **fields: object) -> dict[str, object]:
    """Anybody's order to list a strike, in USD; the future for 0."""
    terms = {"number": market, "timestamp_s": expiry_s, "price_e8": round(strike * E8)}
    return {**BY_ANYBODY, "kind": Kind.LIST_INSTRUMENT, **terms, **fields}


def delisting(feed: int = forward_feed(1, 0), **fields: object) -> dict[str, object]:
    """Anybody's order to take away a strike of an expiry, the first one on BTC unless told otherwise."""
    return {**BY_ANYBODY, "kind": Kind.DELIST, "feed": feed, **fields}


def over(desk: Desk) -> None:
    """Let the first expiry be over, with an order that rests on its last strike still."""
    assert desk.status(bid(desk, 1, price=60_000, instrument=future(1, 0))) == Status.OK
    expire(desk)
