"""Oracle feeds: what they say of an instrument now, and how prices are averaged for settlement.

Theory: a spot feed keeps the running sum A(t) of price times seconds. A forward feed, of one expiry, keeps the sum over its settlement
window only: at each of its updates it adds the mean spot price since its last one, (A(now) − A(then)) / (now − then), for those of
the seconds between that lie in the window. So an update touches two rows however many expiries there are, the average is over
prices that were in force, and a silent forward feed makes it coarser but never wrong by more than the edges of the window.
"""

from rollup.core.genesis import FeedKind
from rollup.core.kernel import kernel
from rollup.market.surface import surface_vol
from rollup.state.layout import Record, State
from rollup.state.limits import TIME_MAX, WINDOW_MAX_S
from rollup.state.table import read, write

AGGREGATE_MASK = (1 << 62) - 1
"""Sums of price times seconds are kept modulo 2^62."""

NEVER_S = TIME_MAX
"""Time of the oldest observation where none was needed."""


@kernel
def observe(state: State, instrument: Record) -> tuple[int, int, int, int, int]:
    """What the feeds say of an instrument: spot, forward, vol, confidence, and when the oldest of these was observed.

    Options of one market and expiry share their feeds, and a future there does without the volatility; a perpetual's forward is its mark.
    From its expiry on, the spot feed is all that counts.
    """
    spot = read(state.feeds, read(state.markets, instrument.market).spot_feed)
    if has_expired(state, instrument):
        return spot.number, spot.number, 0, spot.confidence_e9, spot.timestamp_s
    forward = read(state.feeds, instrument.forward_feed)
    confidence, oldest = min(spot.confidence_e9, forward.confidence_e9), min(spot.timestamp_s, forward.timestamp_s)
    number = forward_of(state, instrument, forward)
    if instrument.vol_feed == 0:
        return spot.number, number, 0, confidence, oldest
    vol = read(state.feeds, instrument.vol_feed)
    return spot.number, number, volatility(state, instrument), min(confidence, vol.confidence_e9), min(oldest, vol.timestamp_s)


@kernel
def has_expired(state: State, instrument: Record) -> bool:
    """Is it the time of an instrument's expiry, or later? A perpetual has none."""
    return bool(0 < instrument.expiry_s <= read(state.system, 0).time_s)


@kernel
def forward_of(state: State, instrument: Record, feed: Record) -> int:
    """An instrument's forward price now, 1e-8 USD, by its forward feed."""
    if instrument.expiry_s == 0:
        return int(feed.number)
    remaining = instrument.expiry_s - read(state.system, 0).time_s
    return settling_forward(feed, remaining, read(state.parameters, 0).settlement_window_s)


@kernel
def volatility(state: State, instrument: Record) -> int:
    """Implied volatility of an option, 1e-9 a year, by its expiry's surface; 0 before the first report."""
    return vol_at(read(state.feeds, instrument.vol_feed), instrument.strike_e8)


@kernel
def vol_at(feed: Record, strike_e8: int) -> int:
    """Implied volatility at a strike, 1e-9 a year, by a feed's surface."""
    return surface_vol(
        feed.surface_a,
        feed.surface_b,
        feed.surface_rho,
        feed.surface_m,
        feed.surface_sigma,
        feed.reference_e8,
        feed.reference_us,
        strike_e8,
    )


@kernel
def is_stale(state: State, timestamp_s: int) -> bool:
    """Is an observation older than the heartbeat?"""
    return bool(timestamp_s + read(state.parameters, 0).heartbeat_s < read(state.system, 0).time_s)


@kernel
def settling_forward(forward: Record, remaining_s: int, window_s: int) -> int:
    """Forward price, of which the part that the settlement window has already fixed no longer moves (MARKET, settlement).

    (mean so far · elapsed + forward · remaining) / window, rounded down; each product is under 2^47 · 2^14.
    """
    if not 0 < remaining_s < window_s or forward.covered_s <= 0:
        return int(forward.number)
    fixed = forward.aggregate // forward.covered_s * (window_s - remaining_s)
    return int((fixed + forward.number * remaining_s) // window_s)


@kernel
def price_seconds(price_e8: int, seconds: int) -> int:
    """Price times seconds modulo 2^62, for 0 ≤ price < 2^47 and 0 ≤ seconds < 2^42, by pieces of 14 bits."""
    total = 0
    for shift in (0, 14, 28):
        piece = price_e8 * ((seconds >> shift) & 0x3FFF) & (AGGREGATE_MASK >> shift)
        total = (total + (piece << shift)) & AGGREGATE_MASK
    return total


@kernel
def spot_aggregate(spot: Record, now_s: int) -> int:
    """The spot feed's aggregate as of now."""
    return int((spot.aggregate + price_seconds(spot.number, max(now_s - spot.aggregate_s, 0))) & AGGREGATE_MASK)


@kernel
def roll(state: State, feed_id: int) -> None:
    """Bring a feed's aggregate up to now, before its number changes."""
    feed = write(state.feeds, feed_id)
    now = read(state.system, 0).time_s
    if feed.kind == FeedKind.SPOT:
        feed.aggregate = spot_aggregate(feed, now)
        feed.aggregate_s = now
    elif feed.kind == FeedKind.FORWARD:
        roll_window(state, feed, now)


@kernel
def roll_window(state: State, feed: Record, now_s: int) -> None:
    """Add what has passed of a forward feed's settlement window. Σ price·seconds < 2^47 · (2^14 + a second change of the window)."""
    spot = read(state.feeds, read(state.markets, feed.market).spot_feed)
    total = spot_aggregate(spot, now_s)
    elapsed = now_s - feed.aggregate_s
    if elapsed > 0:
        mean = spot.number
        if elapsed <= WINDOW_MAX_S:
            mean = ((total - feed.origin) & AGGREGATE_MASK) // elapsed
        begin = max(feed.aggregate_s, feed.expiry_s - read(state.parameters, 0).settlement_window_s)
        inside = min(now_s, feed.expiry_s) - begin
        if inside > 0:
            feed.aggregate += mean * inside
            feed.covered_s += inside
    feed.origin = total
    feed.aggregate_s = now_s


@kernel
def settlement_price(state: State, instrument: Record) -> int:
    """Time-weighted average of the spot price over the settlement window, 1e-8 USD, rounded down; 0 if it cannot be known yet.

    It waits for a spot observation from the expiry or later, so that the whole window has been seen.
    """
    spot = read(state.feeds, read(state.markets, instrument.market).spot_feed)
    if spot.timestamp_s < instrument.expiry_s:
        return 0
    roll(state, instrument.forward_feed)
    forward = read(state.feeds, instrument.forward_feed)
    if forward.covered_s <= 0:
        return int(spot.number)
    return int(forward.aggregate // forward.covered_s)
