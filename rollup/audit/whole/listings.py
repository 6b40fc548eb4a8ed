"""Which instruments there are (invariant 2): each expiry's list has its strikes once, and nothing dated stands beside the lists."""

from typing import Any

from rollup.audit.rows import row_of, system_of
from rollup.audit.violation import POSITIONS, ensure
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT
from rollup.market.terms import LIVE, SETTLED
from rollup.state.layout import State
from rollup.state.limits import INSTRUMENT_BITS, STRIKES


def check_listings(state: State) -> None:
    """Each expiry's list has its strikes once, with their puts; nothing dated is listed beside them; what is not listed is all zeros."""
    listed: list[int] = []
    for feed_id in range(1, system_of(state).feeds + 1):
        listed += check_list(state, feed_id)
    last = system_of(state).instruments
    dated = [i for i in range(1, last + 1) if row_of(state, "instruments", i).option_type != PERPETUAL]
    there = [i for i in dated if any(row_of(state, "instruments", i).words())]
    ensure(sorted(listed) == there, POSITIONS, "instruments beside the lists of their expiries")
    rows: Any = state.instruments.rows
    beyond = [i for i in sorted(rows) if last < i < 1 << INSTRUMENT_BITS]
    ensure(not any(any(rows[i].words()) for i in beyond), POSITIONS, "an instrument that was never listed")


def check_list(state: State, feed_id: int) -> list[int]:
    """Check the list of one expiry, by its forward feed, and return the instruments on it; none where the feed is another one."""
    feed = row_of(state, "feeds", feed_id)
    if feed.kind != FeedKind.FORWARD:
        ensure((feed.strikes, feed.last_listed) == (0, 0), POSITIONS, f"strikes of feed {feed_id}")
        return []
    surface = row_of(state, "feeds", feed_id + 1)
    same = (surface.kind, surface.market, surface.expiry_s) == (FeedKind.SURFACE, feed.market, feed.expiry_s)
    ensure(same, POSITIONS, f"surface beside feed {feed_id}")
    listed: list[int] = []
    strikes: list[int] = []
    found = feed.last_listed
    while found and len(strikes) <= STRIKES:
        strike = row_of(state, "instruments", found).strike_e8
        ids, types = ([found], [FUTURE]) if strike == 0 else ([found, found + 1], [CALL, PUT])
        for i, option_type in zip(ids, types, strict=True):
            row = row_of(state, "instruments", i)
            terms = (row.option_type, row.market, row.expiry_s, row.strike_e8)
            ensure(terms == (option_type, feed.market, feed.expiry_s, strike), POSITIONS, f"terms of instrument {i}")
            ensure((row.forward_feed, row.vol_feed) == (feed_id, feed_id + 1 if strike else 0), POSITIONS, f"feeds of instrument {i}")
            ensure(row.status in {LIVE, SETTLED}, POSITIONS, f"status of instrument {i}")
        strikes.append(strike)
        listed += ids
        found = row_of(state, "instruments", found).listed_before
    ensure(len(set(strikes)) == len(strikes) == feed.strikes <= STRIKES, POSITIONS, f"strikes of feed {feed_id}")
    return listed
