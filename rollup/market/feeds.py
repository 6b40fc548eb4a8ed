"""Oracle feeds: what they say of an instrument now."""

from rollup.core.fixed import clamp
from rollup.core.kernel import kernel
from rollup.market.settlement_window import settling_forward, settling_parts
from rollup.market.surface import surface_vol
from rollup.state.layout import Record, State
from rollup.state.limits import TIME_MAX
from rollup.state.table import read

CASH_PRICE_ONE = 100_000_000
"""One USD, in the unit of prices."""

NEVER_S = TIME_MAX
"""Time of the oldest observation where none was needed."""


@kernel
def observe(state: State, instrument: Record) -> tuple[int, int, int, int, int]:
    """What the feeds say of an instrument: spot, forward, vol, confidence, and when the oldest of these was observed."""
    spot, forward, confidence, oldest = observe_prices(state, instrument)
    vol = 0 if has_expired(state, instrument) or instrument.vol_feed == 0 else volatility(state, instrument)
    return spot, forward, vol, confidence, oldest


@kernel
def observe_prices(state: State, instrument: Record) -> tuple[int, int, int, int]:
    """What the feeds say of an instrument but for its volatility: spot, forward, confidence, and when the oldest of all was observed.

    Options of one market and expiry share their feeds, and a future there does without the volatility; a perpetual's forward is its mark.
    From its expiry on, the spot feed alone counts: the forward is its mean over the settlement window.
    """
    spot = read(state.feeds, read(state.markets, instrument.market).spot_feed)
    forward = read(state.feeds, instrument.forward_feed)
    number = forward.number if instrument.expiry_s == 0 else settling_forward(state, forward, spot)
    if has_expired(state, instrument):
        return spot.number, number, spot.confidence_e9, spot.timestamp_s
    confidence, oldest = min(spot.confidence_e9, forward.confidence_e9), min(spot.timestamp_s, forward.timestamp_s)
    if instrument.vol_feed == 0:
        return spot.number, number, confidence, oldest
    vol = read(state.feeds, instrument.vol_feed)
    return spot.number, number, min(confidence, vol.confidence_e9), min(oldest, vol.timestamp_s)


@kernel
def has_expired(state: State, instrument: Record) -> bool:
    """Is it the time of an instrument's expiry, or later? A perpetual has none."""
    return bool(0 < instrument.expiry_s <= read(state.system, 0).time_s)


@kernel
def forward_parts(state: State, instrument: Record) -> tuple[int, int]:
    """An instrument's forward price now, 1e-8 USD, as the part that moves with the spot price, and the part that does not any more."""
    forward = read(state.feeds, instrument.forward_feed)
    if instrument.expiry_s == 0:
        return int(forward.number), 0
    return settling_parts(state, forward, read(state.feeds, read(state.markets, instrument.market).spot_feed))


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
def cash_price(state: State) -> tuple[int, int]:
    """Price of what cash is a claim on, 1e-8 USD, in a cent to 100 USD, and when it was observed; 1 USD where no feed tells."""
    feed_id = read(state.system, 0).stable_feed
    if feed_id == 0:
        return CASH_PRICE_ONE, NEVER_S
    feed = read(state.feeds, feed_id)
    return int(clamp(feed.number, CASH_PRICE_ONE // 100, 100 * CASH_PRICE_ONE)), int(feed.timestamp_s)


@kernel
def is_stale(state: State, timestamp_s: int) -> bool:
    """Is an observation older than the heartbeat?"""
    return bool(timestamp_s + read(state.parameters, 0).heartbeat_s < read(state.system, 0).time_s)
