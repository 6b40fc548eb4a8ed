"""Strain: how much more initial margin is asked for while feeds are silent, L1 is behind, or prices jump (MARKET, self-healing margins).

    buffer          = maintenance health − initial health of the account's model, never negative
    initial health' = initial health − buffer·(answer to silence + answer to lag + answer to volatility)
    answer(x)       = most·(x − start) / (full − start), no less than 0 and no more than most

    silence     age of the oldest observation that the account's health rests on, and what is remembered of its markets' silences
    lag         how long the batch that is waited for has not been on L1 (`rollup.transition.posted`), and what is remembered of others
    volatility  √ of the realised variance of the account's markets, a year: whichever market's is the greatest

What is remembered shrinks by `decay` seconds a second, so an answer that has risen falls again at its own pace, whatever ends its cause.
Variance is an exponential mean of squared log-returns for unevenly spaced prices, a step of memory/(memory + Δt) each:

    variance' = (variance·memory + ln(price'/price)²·year) / (memory + Δt)

which forgets by itself as calm prices come in. All is 1.0, and costs a subtraction, where nothing is wrong.

Why initial health alone: maintenance margin is what positions were opened under. Silence, lag or a fast market take nothing from an account
that its marks do not take; nobody is to be sold because an oracle, or whoever posts batches, was asleep. So the answer meets new risk, and
what leaves an account, and spares what reduces risk: of a smaller position the buffer is smaller, so health still rises as risk goes.

Widths: three answers are under 12·1e9 < 2^34, and a buffer of at most 2^58 is asked twelve times over: under 2^61.6. Initial health is at
least −2^61 and so is what becomes of it: `HOPELESS_E8`.
"""

from rollup.core.fixed import clamp, isqrt, mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.core.mathematics.elementary import ln
from rollup.market.feeds import NEVER_S
from rollup.market.positions import count_of, page_of
from rollup.state.layout import Record, State
from rollup.state.limits import HOPELESS_E8, MARKETS, PAGE_POSITIONS, POSITIONS, RATIO_ONE, STRAIN_MAX_S, TIME_MAX
from rollup.state.table import read, write

BUFFER_MAX = 1 << 58
"""Most of a buffer that is multiplied, 1e-8 USD: 2.9 billion USD."""

RETURN_MAX_E9 = RATIO_ONE
"""Greatest logarithm of a price's move that counts, 1e-9: more counts as this, a factor of e."""

VARIANCE_MAX_E12 = 1 << 58
"""Greatest realised variance that is kept, 1e-12 a year."""

YEAR_S = 31_536_000
"""Seconds of a year of 365 days, as everywhere here."""

ELAPSED_MAX_S = 1 << 30
"""Most seconds that are counted between two prices."""


@kernel
def strained(state: State, account_id: int, instrument_id: int, initial_e8: int, maintenance_e8: int, oldest_s: int) -> int:
    """Initial health with what the strain on the account's markets, and on a planned instrument's, takes of it; rounded down."""
    buffer = maintenance_e8 - initial_e8
    if buffer <= 0:
        return initial_e8
    extra = strain_of(state, account_id, instrument_id, oldest_s)
    if extra == 0:
        return initial_e8
    return max(initial_e8 - mul_div_up(min(buffer, BUFFER_MAX), extra, RATIO_ONE), HOPELESS_E8)


@kernel
def strain_of(state: State, account_id: int, instrument_id: int, oldest_s: int) -> int:
    """By how much an account's initial buffer grows, as a share of it, 1e-9; 0 while all is well, and under 12·1e9."""
    silence, volatility, lag = strain_parts(state, account_id, instrument_id, oldest_s)
    return silence + volatility + lag


@kernel
def strain_parts(state: State, account_id: int, instrument_id: int, oldest_s: int) -> tuple[int, int, int]:
    """The answers to silence, volatility and lag, 1e-9."""
    parameters, now = read(state.parameters, 0), read(state.system, 0).time_s
    silence = 0 if oldest_s == NEVER_S else max(now - oldest_s, 0)
    variance = 0
    if instrument_id != 0:
        market_id = read(state.instruments, instrument_id).market
        silence, variance = max(silence, remembered_silence(state, market_id)), variance_of(state, market_id)
    place, count = 0, count_of(state, account_id)
    for _ in range(MARKETS):
        if place >= count:
            break
        market_id = market_at(state, account_id, place)
        silence = max(silence, remembered_silence(state, market_id))
        variance = max(variance, variance_of(state, market_id))
        place = end_of_market(state, account_id, place, count)
    return (
        answer(silence, parameters.silence_start_s, parameters.silence_full_s, parameters.silence_most_e9),
        answer(volatility_of(variance), parameters.volatility_start_e9, parameters.volatility_full_e9, parameters.volatility_most_e9),
        answer(lag_of(state), parameters.lag_start_s, parameters.lag_full_s, parameters.lag_most_e9),
    )


@kernel
def answer(value: int, start: int, full: int, most_e9: int) -> int:
    """What a value adds, 1e-9: nothing up to `start`, `most_e9` from `full` on, rounded up between; a step where `full` is no more."""
    if value <= start:
        return 0
    if value >= full:
        return most_e9
    return mul_div_up(most_e9, value - start, full - start)


@kernel
def market_at(state: State, account_id: int, place: int) -> int:
    """Market of the position in a place."""
    return int(read(state.instruments, page_of(state, account_id, place).instrument[place % PAGE_POSITIONS]).market)


@kernel
def end_of_market(state: State, account_id: int, first: int, count: int) -> int:
    """Place behind the last position that shares its market with the one in place `first`, by halving: positions are sorted by market."""
    market_id = market_at(state, account_id, first)
    low, high = first + 1, min(count, POSITIONS)
    while low < high:
        middle = (low + high) // 2
        if market_at(state, account_id, middle) == market_id:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def remembered(until_s: int, now_s: int, decay_e9: int) -> int:
    """Seconds that are still remembered of what is forgotten at `until_s`, rounded down."""
    return mul_div_down(clamp(until_s - now_s, 0, 100 * STRAIN_MAX_S), decay_e9, RATIO_ONE)


@kernel
def forgotten_at(now_s: int, seconds: int, start_s: int, full_s: int, decay_e9: int) -> int:
    """When `seconds` that were waited up to now are forgotten: what is beyond `full_s` is no worse than that. 0 where they never counted.

    At most 100 weeks ahead: `decay_e9` is at least 1e7, `full_s` at most a week.
    """
    if seconds <= start_s:
        return 0
    return int(min(now_s + mul_div_up(min(seconds, max(full_s, start_s + 1)), RATIO_ONE, max(decay_e9, 1)), TIME_MAX))


@kernel
def remembered_silence(state: State, market_id: int) -> int:
    """Seconds that are remembered of the last silence of a market's feeds."""
    feed = read(state.feeds, read(state.markets, market_id).spot_feed)
    return remembered(feed.silence_until_s, read(state.system, 0).time_s, read(state.parameters, 0).silence_decay_e9)


@kernel
def note_silence(state: State, feed_id: int) -> None:
    """Remember in its market's spot feed how long a feed was silent, before a new report of it is written.

    A first report ends nothing, and what is of no market, the price of cash, is forgotten at once.
    """
    feed, parameters, now = read(state.feeds, feed_id), read(state.parameters, 0), read(state.system, 0).time_s
    if feed.market == 0 or feed.timestamp_s == 0 or now - feed.timestamp_s <= parameters.silence_start_s:
        return
    spot_id = read(state.markets, feed.market).spot_feed
    start, full = parameters.silence_start_s, parameters.silence_full_s
    until = forgotten_at(now, now - feed.timestamp_s, start, full, parameters.silence_decay_e9)
    if until > read(state.feeds, spot_id).silence_until_s:
        write(state.feeds, spot_id).silence_until_s = until


@kernel
def variance_of(state: State, market_id: int) -> int:
    """Realised variance of a market's spot price, 1e-12 a year."""
    return int(read(state.feeds, read(state.markets, market_id).spot_feed).variance_e12)


@kernel
def volatility_of(variance_e12: int) -> int:
    """Volatility, 1e-9 a year, of a variance, 1e-12 a year; rounded down to 1e-6."""
    return isqrt(clamp(variance_e12, 0, VARIANCE_MAX_E12)) * 1_000


@kernel
def note_return(state: State, feed_id: int, number_e8: int, timestamp_s: int) -> None:
    """Carry a spot feed's realised variance on to a new price, before that is written. A first price is no return."""
    feed = read(state.feeds, feed_id)
    if feed.timestamp_s == 0:
        return
    variance = next_variance(
        feed.variance_e12, feed.number, number_e8, timestamp_s - feed.timestamp_s, read(state.parameters, 0).volatility_memory_s
    )
    if variance != feed.variance_e12:
        write(state.feeds, feed_id).variance_e12 = variance


@kernel
def next_variance(variance_e12: int, before_e8: int, after_e8: int, elapsed_s: int, memory_s: int) -> int:
    """Realised variance, 1e-12 a year, once a price has become another after some seconds; both parts are rounded down.

    Widths: logarithms of prices under 2^47 lie within 33·2^56 < 2^61.1; a squared return is at most 1e18, and with at least 60 seconds of
    memory what it adds at most 5.3e17 < 2^59. So with what was kept, at most 2^58, the sum is under 2^60.
    """
    elapsed, memory = clamp(elapsed_s, 1, ELAPSED_MAX_S), clamp(memory_s, 60, STRAIN_MAX_S)
    moved = min(mul_div_down(abs(ln(after_e8, 0) - ln(before_e8, 0)), RATIO_ONE, 1 << 56), RETURN_MAX_E9)
    kept = mul_div_down(clamp(variance_e12, 0, VARIANCE_MAX_E12), memory, memory + elapsed)
    return min(kept + mul_div_down(moved * moved, YEAR_S, (memory + elapsed) * 1_000_000), VARIANCE_MAX_E12)


@kernel
def lag_of(state: State) -> int:
    """Seconds that the batch which is waited for has not been on L1, or that are remembered of another; 0 until L1 has ever told."""
    system = read(state.system, 0)
    waited = 0 if system.awaited == 0 else max(system.time_s - system.awaited_s, 0)
    return max(waited, remembered(system.lag_until_s, system.time_s, read(state.parameters, 0).lag_decay_e9))


@kernel
def await_batch(system: Record) -> None:
    """Wait for the batch that was just begun, if none is waited for and L1 tells at all."""
    if system.posted != 0 and system.awaited == 0:
        system.awaited, system.awaited_s = system.batch, system.time_s


@kernel
def note_posted(state: State, batches: int) -> None:
    """L1 has so many batches: if what is waited for is among them, remember how long it took, and wait for none until the next begins."""
    system, parameters = write(state.system, 0), read(state.parameters, 0)
    system.posted = max(system.posted, min(batches, system.batch))
    if 0 < system.awaited <= system.posted:
        start, full = parameters.lag_start_s, parameters.lag_full_s
        until = forgotten_at(system.time_s, system.time_s - system.awaited_s, start, full, parameters.lag_decay_e9)
        system.lag_until_s = max(system.lag_until_s, until)
        system.awaited, system.awaited_s = 0, 0
