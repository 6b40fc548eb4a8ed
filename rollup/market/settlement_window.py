"""The settlement window: how the spot price is averaged before an expiry, exactly, however late observations arrive.

Theory: a spot feed keeps the running sum A of price times seconds, by the times of its observations: each price is in force from its own
observation to the next one's. So A is known at every second that an observation has passed, whenever it was brought. When one passes
the beginning of an expiry's window, or its end, A there is written into that expiry's forward feed; the mean is their difference over
the window, (A(end) − A(beginning)) / window (MARKET, settlement). Nobody can move it by bringing observations late or in a burst.

The forward feeds of a market whose windows have not closed form a list in order of expiry, from `markets.expiring` along `later`; so an
observation looks at one of them, and at more only where their windows are open too.
"""

from rollup.core.kernel import kernel
from rollup.state.layout import Record, State
from rollup.state.limits import EXPIRIES, PRICE_MAX, WINDOW_MAX_S
from rollup.state.table import read, write

AGGREGATE_MASK = (1 << 62) - 1
"""Sums of price times seconds are kept modulo 2^62: over a window they are under 2^47 · 2^14."""


@kernel
def price_seconds(price_e8: int, seconds: int) -> int:
    """Price times seconds modulo 2^62, for 0 ≤ price < 2^47 and 0 ≤ seconds < 2^42, by pieces of 14 bits."""
    total = 0
    for shift in (0, 14, 28):
        piece = price_e8 * ((seconds >> shift) & 0x3FFF) & (AGGREGATE_MASK >> shift)
        total = (total + (piece << shift)) & AGGREGATE_MASK
    return total


@kernel
def aggregate_at(spot: Record, time_s: int) -> int:
    """A spot feed's sum of price times seconds up to a time not before its last observation, whose price is taken to be in force still."""
    return int((spot.aggregate + price_seconds(spot.number, max(time_s - spot.timestamp_s, 0))) & AGGREGATE_MASK)


@kernel
def pass_time(state: State, spot_feed: int, number_e8: int, timestamp_s: int) -> None:
    """Bring a spot feed's sum up to a new observation, before that is written, and note it where windows begin or end on the way."""
    spot = write(state.feeds, spot_feed)
    forward_id = read(state.markets, spot.market).expiring
    for _ in range(EXPIRIES):
        if forward_id == 0 or not pass_window(state, forward_id, spot, number_e8, timestamp_s):
            break
        forward_id = read(state.feeds, forward_id).later
    if read(state.feeds, read(state.markets, spot.market).expiring).closed_s != 0:
        drop_closed(state, spot.market)
    spot.aggregate = aggregate_at(spot, timestamp_s)


@kernel
def pass_window(state: State, forward_id: int, spot: Record, number_e8: int, timestamp_s: int) -> bool:
    """Note a window's beginning and end if an observation has come to them; false if it has not come to the beginning.

    Where the very first observation comes after the expiry, it counts as the price of the last second.
    """
    forward = read(state.feeds, forward_id)
    if timestamp_s < forward.expiry_s - read(state.parameters, 0).settlement_window_s:
        return False
    if forward.opened_s == 0:
        begins, origin = beginning(state, forward, spot)
        if spot.timestamp_s == 0:
            begins, origin = min(timestamp_s, forward.expiry_s - 1), 0
        opened = write(state.feeds, forward_id)
        opened.opened_s, opened.origin = begins, origin
    if timestamp_s >= forward.expiry_s:
        closed = write(state.feeds, forward_id)
        closed.closed_s = forward.expiry_s
        closed.aggregate = aggregate_at(spot, forward.expiry_s) if spot.timestamp_s != 0 else number_e8
    return True


@kernel
def beginning(state: State, forward: Record, spot: Record) -> tuple[int, int]:
    """When an expiry's window began, and the spot feed's sum then; if that is not noted yet, as of now.

    The window may have been made longer since the last observation: no earlier time is known exactly.
    """
    if forward.opened_s != 0:
        return forward.opened_s, forward.origin
    begins = max(forward.expiry_s - read(state.parameters, 0).settlement_window_s, spot.timestamp_s)
    return begins, aggregate_at(spot, begins)


@kernel
def drop_closed(state: State, market_id: int) -> None:
    """Take the expiries whose windows have closed out of their market's list."""
    market = write(state.markets, market_id)
    for _ in range(EXPIRIES):
        if market.expiring == 0 or read(state.feeds, market.expiring).closed_s == 0:
            break
        market.expiring = read(state.feeds, market.expiring).later
        market.expiries -= 1


@kernel
def settling_forward(state: State, forward: Record, spot: Record) -> int:
    """Forward price of an expiry, of which what its window has already fixed no longer moves: fixed + forward · remaining / window.

    (MARKET, settlement.) Rounded down; at the expiry, and after it, it is the mean over the window, with the last spot price in force for
    as long as no other is known.
    """
    moving, fixed = settling_parts(state, forward, spot)
    return int(moving + fixed)


@kernel
def settling_parts(state: State, forward: Record, spot: Record) -> tuple[int, int]:
    """The part of that price that moves, rounded down, and the part that is fixed. Each product is under 2^47 · 2^14."""
    time_s = min(read(state.system, 0).time_s, forward.expiry_s)
    opened_s, origin = beginning(state, forward, spot)
    if time_s <= opened_s or not 0 < forward.expiry_s - opened_s <= WINDOW_MAX_S:
        return int(forward.number), 0
    total = forward.aggregate if forward.closed_s != 0 else aggregate_at(spot, time_s)
    fixed = (total - origin) & AGGREGATE_MASK
    moving = forward.number * (forward.expiry_s - time_s)
    whole = min((fixed + moving) // (forward.expiry_s - opened_s), PRICE_MAX - 1)
    moving = moving // (forward.expiry_s - opened_s)
    return int(moving), int(whole - moving)


@kernel
def window_mean(forward: Record) -> int:
    """Mean of the spot price over a window that has closed, 1e-8 USD, rounded down; 0 while it has not."""
    if forward.closed_s == 0:
        return 0
    return int(((forward.aggregate - forward.origin) & AGGREGATE_MASK) // max(forward.closed_s - forward.opened_s, 1))


@kernel
def settlement_of(state: State, instrument: Record) -> int:
    """The settlement price of an instrument's expiry, 1e-8 USD; 0 while it is not fixed."""
    return int(read(state.feeds, instrument.forward_feed).settlement_e8)
