"""Funding of perpetuals, by index: what longs pay to shorts, or shorts to longs, so that the perpetual's mark stays near its underlying.

    rate an hour = clamp(premium · 3600 / period + interest, ±most)        premium = (mark − spot) / spot
    index(t)     = Σ spot · rate · seconds / 3600                          1e-8 USD a contract, while spot and mark are fresh

A position pays quantity · (index now − index up to which it has paid). The rate is that of Derive's perpetual (v2-core, PerpAsset: premium
over a convergence period, static interest, clamp).

One rule: the index is a sum over time alone. It accrues with the numbers that were in force, before any of them changes, and exactly: so
nothing is gained by asking for it at some times and not at others. Silent feeds accrue nothing beyond their heartbeat.

What is paid goes through the instrument's pool. Longs and shorts are equal, so all that is owed sums to 0 at any time, and the pool is what
is owed still; each payment is rounded against its position, which leaves less than a unit a payment. That dust goes to the insurance fund
when nobody holds the perpetual any more.

Bounds: spot < 2^47 and rate ≤ 1 % an hour, so a second accrues under 2^29 units; an index is held within ±2^60, 68 years of that.
"""

from rollup.core.fixed import clamp, mul_div_down
from rollup.core.kernel import kernel
from rollup.state.layout import Record, State
from rollup.state.limits import PRICE_MAX, RATIO_ONE
from rollup.state.table import read, write

HOUR_S = 3_600
"""Seconds of an hour, in which rates are given."""

INDEX_BITS = 20
"""Fraction bits of the index beyond 1e-8 USD, kept in `funding_rest`."""

INDEX_FRACTION = (1 << INDEX_BITS) - 1

INDEX_MAX = 1 << 60
"""Greatest magnitude of an index, 1e-8 USD."""

ACCRUED_MAX_S = 1 << 28
"""Seconds that accrue at once, at most: more than any heartbeat."""

PREMIUM_MAX = 1 << 40
"""Greatest premium, 1e-9, before the rate is clamped."""


@kernel
def funding_rate(state: State, spot_e8: int, mark_e8: int) -> int:
    """What a long pays an hour, 1e-9 of the spot price, rounded down; 0 while a price is missing."""
    if spot_e8 <= 0 or mark_e8 <= 0:
        return 0
    parameters = read(state.parameters, 0)
    premium = clamp(mul_div_down(mark_e8 - spot_e8, RATIO_ONE, spot_e8), -PREMIUM_MAX, PREMIUM_MAX)
    rate = premium * HOUR_S // parameters.funding_period_s + parameters.funding_interest_e9
    return clamp(rate, -parameters.funding_rate_max_e9, parameters.funding_rate_max_e9)


@kernel
def accrued_index(state: State, perpetual: Record) -> tuple[int, int]:
    """A perpetual's index as of now: whole units and fraction."""
    spot = read(state.feeds, read(state.markets, perpetual.market).spot_feed)
    mark = read(state.feeds, perpetual.forward_feed)
    fresh_s = min(spot.timestamp_s, mark.timestamp_s) + read(state.parameters, 0).heartbeat_s
    seconds = clamp(min(read(state.system, 0).time_s, fresh_s) - perpetual.funding_s, 0, ACCRUED_MAX_S)
    # Under 2^47 · 2^44 / 2^41: the pace of a second with its fraction, rounded down, so that it adds up exactly over any seconds.
    pace = mul_div_down(spot.number, funding_rate(state, spot.number, mark.number) << INDEX_BITS, HOUR_S * RATIO_ONE)
    fraction = perpetual.funding_rest + (pace & INDEX_FRACTION) * seconds
    whole = perpetual.funding_e8 + (pace >> INDEX_BITS) * seconds + (fraction >> INDEX_BITS)
    return clamp(whole, -INDEX_MAX, INDEX_MAX), fraction & INDEX_FRACTION


@kernel
def accrue(state: State, market_id: int) -> None:
    """Bring the index of a market's perpetual, if it has one, up to now: before a number or parameter that it rests on changes."""
    perpetual_id = read(state.markets, market_id).perpetual
    if perpetual_id == 0:
        return
    whole, fraction = accrued_index(state, read(state.instruments, perpetual_id))
    perpetual = write(state.instruments, perpetual_id)
    perpetual.funding_e8, perpetual.funding_rest = whole, fraction
    perpetual.funding_s = read(state.system, 0).time_s


@kernel
def owed_each(state: State, perpetual: Record, paid_e8: int) -> int:
    """What a long that has paid up to an index owes now for one contract, 1e-8 USD; what is beyond a price's bound waits."""
    whole, _ = accrued_index(state, perpetual)
    return clamp(whole - paid_e8, 1 - PRICE_MAX, PRICE_MAX - 1)
