"""Listing and delisting: the strikes of an expiry as a list, opening an expiry's feeds, and taking away what is over.

    market.expiring ─▶ forward feed ─later─▶ forward feed …        in order of expiry, until its window closes
                           │ last_listed
                           ▼
                       call (put: next id) ─listed_before─▶ call … or future

One rule: ids of instruments and feeds are given once. Signed orders name an instrument, signed reports a feed; what was signed for one
must never be taken for another. So what is delisted leaves a row of zeros for ever, and a state has as many ids as its trees have leaves.
"""

from rollup.core.genesis import LIVE, FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PUT
from rollup.core.kernel import kernel
from rollup.market.book import remove_order
from rollup.market.levels import best_level
from rollup.market.settling import is_empty, mark_settled
from rollup.market.terms import BUY, SELL, SETTLED
from rollup.state.layout import State
from rollup.state.limits import EXPIRIES, FEED_BITS, INSTRUMENT_BITS, STRIKES, SWEPT
from rollup.state.table import read, write

OPTIONS_OF_STRIKE = 2
"""Instruments that a strike is: its call, and its put with the next id. The strike 0 is the future alone."""

FEEDS_OF_EXPIRY = 2
"""Feeds that an expiry has: its forward, and its surface with the next id."""


@kernel
def find_expiry(state: State, market_id: int, expiry_s: int) -> int:
    """The forward feed of a market's expiry whose settlement window has not closed, or 0."""
    forward_id = read(state.markets, market_id).expiring
    for _ in range(EXPIRIES):
        if forward_id == 0:
            break
        forward = read(state.feeds, forward_id)
        if forward.expiry_s == expiry_s:
            return int(forward_id)
        forward_id = forward.later
    return 0


@kernel
def find_strike(state: State, forward_id: int, strike_e8: int) -> int:
    """The call, or for the strike 0 the future, of an expiry; 0 where it is not listed."""
    instrument_id = read(state.feeds, forward_id).last_listed
    for _ in range(STRIKES):
        if instrument_id == 0:
            break
        instrument = read(state.instruments, instrument_id)
        if instrument.strike_e8 == strike_e8:
            return int(instrument_id)
        instrument_id = instrument.listed_before
    return 0


@kernel
def ids_are_left(state: State, opens_expiry: bool) -> bool:  # noqa: FBT001 -- kernels take no names
    """Are there ids for one strike more, and for an expiry's feeds if it needs them?"""
    system = read(state.system, 0)
    if opens_expiry and system.feeds + FEEDS_OF_EXPIRY >= 1 << FEED_BITS:
        return False
    return bool(system.instruments + OPTIONS_OF_STRIKE < 1 << INSTRUMENT_BITS)


@kernel
def open_expiry(state: State, market_id: int, expiry_s: int) -> int:
    """Give a market's new expiry its feeds, and its place among the market's others: its forward feed."""
    system, market = write(state.system, 0), write(state.markets, market_id)
    forward_id = system.feeds + 1
    system.feeds += FEEDS_OF_EXPIRY
    forward, surface = write(state.feeds, forward_id), write(state.feeds, forward_id + 1)
    forward.kind, forward.market, forward.expiry_s = int(FeedKind.FORWARD), market_id, expiry_s
    surface.kind, surface.market, surface.expiry_s = int(FeedKind.SURFACE), market_id, expiry_s
    market.expiries += 1
    before, after = 0, market.expiring
    for _ in range(EXPIRIES):
        if after == 0 or read(state.feeds, after).expiry_s > expiry_s:
            break
        before, after = after, read(state.feeds, after).later
    forward.later = after
    if before == 0:
        market.expiring = forward_id
    else:
        write(state.feeds, before).later = forward_id
    return int(forward_id)


@kernel
def list_strike(state: State, market_id: int, forward_id: int, strike_e8: int) -> int:
    """List a strike's call and put, or for the strike 0 the future, of an expiry: the first one's id."""
    instrument_id = read(state.system, 0).instruments + 1
    if strike_e8 == 0:
        list_instrument(state, market_id, forward_id, strike_e8, int(FUTURE))
    else:
        list_instrument(state, market_id, forward_id, strike_e8, int(CALL))
        list_instrument(state, market_id, forward_id, strike_e8, int(PUT))
    forward = write(state.feeds, forward_id)
    write(state.instruments, instrument_id).listed_before = forward.last_listed
    forward.last_listed = instrument_id
    forward.strikes += 1
    return int(instrument_id)


@kernel
def list_instrument(state: State, market_id: int, forward_id: int, strike_e8: int, option_type: int) -> None:
    """Write the row of a new instrument under the next id."""
    system, market = write(state.system, 0), read(state.markets, market_id)
    system.instruments += 1
    instrument = write(state.instruments, system.instruments)
    instrument.status, instrument.market, instrument.option_type = int(LIVE), market_id, option_type
    instrument.strike_e8, instrument.expiry_s = strike_e8, read(state.feeds, forward_id).expiry_s
    instrument.tick_e8, instrument.lot_e6 = market.tick_e8, market.lot_e6
    instrument.forward_feed, instrument.rate_feed = forward_id, market.rate_feed
    if option_type != FUTURE:
        instrument.vol_feed = forward_id + 1


@kernel
def is_strike_empty(state: State, instrument_id: int) -> bool:
    """Does nobody hold any instrument of the strike whose call, or future, this is?"""
    if not is_empty(state, instrument_id):
        return False
    return bool(read(state.instruments, instrument_id).option_type == FUTURE or is_empty(state, instrument_id + 1))


@kernel
def sweep_books(state: State, instrument_id: int) -> int:
    """Remove resting orders of a strike's instruments, at most SWEPT, whoever placed them: how many."""
    swept, last = 0, instrument_id
    if read(state.instruments, instrument_id).option_type != FUTURE:
        last = instrument_id + 1
    for each in range(instrument_id, last + 1):
        for side in (BUY, SELL):
            for _ in range(SWEPT):
                level_id = best_level(state, each, side)
                if level_id == 0 or swept == SWEPT:
                    break
                remove_order(state, read(state.levels, level_id).oldest)
                swept += 1
    return swept


@kernel
def has_book(state: State, instrument_id: int) -> bool:
    """Are there resting orders on any instrument of a strike?"""
    one = read(state.instruments, instrument_id)
    if one.book[BUY] != 0 or one.book[SELL] != 0:
        return True
    if one.option_type == FUTURE:
        return False
    other = read(state.instruments, instrument_id + 1)
    return bool(other.book[BUY] != 0 or other.book[SELL] != 0)


@kernel
def drop_last_strike(state: State, forward_id: int) -> None:
    """Take the strike that was listed last, which nobody holds or bids for, out of its expiry."""
    forward = write(state.feeds, forward_id)
    instrument_id = forward.last_listed
    forward.last_listed = read(state.instruments, instrument_id).listed_before
    forward.strikes -= 1
    if read(state.instruments, instrument_id).option_type != FUTURE:
        drop_instrument(state, instrument_id + 1)
    drop_instrument(state, instrument_id)


@kernel
def drop_instrument(state: State, instrument_id: int) -> None:
    """Clear the row of an instrument that nobody holds; what dust is in its pool goes to the insurance fund."""
    if read(state.instruments, instrument_id).status != SETTLED:
        mark_settled(state, instrument_id)
    row = write(state.instruments, instrument_id)
    row.status, row.market, row.option_type, row.strike_e8, row.expiry_s, row.tick_e8, row.lot_e6 = 0, 0, 0, 0, 0, 0, 0
    row.forward_feed, row.vol_feed, row.rate_feed, row.listed_before = 0, 0, 0, 0


@kernel
def drop_feed(state: State, feed_id: int) -> None:
    """Clear the row of a feed."""
    row = write(state.feeds, feed_id)
    row.kind, row.market, row.expiry_s, row.number, row.confidence_e9, row.timestamp_s = 0, 0, 0, 0, 0, 0
    row.aggregate, row.origin, row.opened_s, row.closed_s, row.settlement_e8, row.later, row.strikes = 0, 0, 0, 0, 0, 0, 0
    row.surface_a, row.surface_b, row.surface_rho, row.surface_m, row.surface_sigma = 0, 0, 0, 0, 0
    row.reference_e8, row.reference_us = 0, 0
