"""The Greeks against 50-digit truth, which is itself checked against numerical derivatives of the price; and what is beyond every bound."""

import random
import runpy
from pathlib import Path

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.instrument_names import CALL, PUT
from rollup.market.greeks import DISCOUNT_MAX, GREEK_MAX, decay, greeks, implied_vol, widened
from rollup.market.pricing import DEVIATION_MAX, FORWARD_MAX, TENOR_MAX, USUAL_VOL_MAX, VOL_MAX, black76, deviation

ONE = 10**9
YEAR_S = 31_536_000
DAY_S = 86_400
WORD = st.integers(-(2**63), 2**63 - 1)
FORWARD = st.integers(1, FORWARD_MAX - 1)
VOL = st.integers(0, USUAL_VOL_MAX) | st.integers(0, VOL_MAX)
SECONDS = st.integers(0, TENOR_MAX)
TYPE = st.sampled_from([CALL, PUT])
PRICE, DELTA, GAMMA, VEGA, THETA = range(5)
UNITS = (1, ONE, mpmath.mpf(10) ** 20, 1, 1)
"""What a derivative of a price in 1e-8 USD by numbers in 1e-8 USD, 1 and days has to be multiplied by."""

market_cases = runpy.run_path(str(Path(__file__).parents[1] / "mathematics" / "compiled_kernels.py"))["market_cases"]


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def price_of(forward, strike, sigma, days, rate, option_type):
    """The discounted price, at a rate a day."""
    sign = 1 if option_type == CALL else -1
    v = sigma * mpmath.sqrt(days / 365)
    d1 = mpmath.log(forward / strike) / v + v / 2
    return mpmath.exp(-rate * days) * sign * (forward * mpmath.ncdf(sign * d1) - strike * mpmath.ncdf(sign * (d1 - v)))


def in_reals(forward, strike, vol, seconds, option_type, discount):
    days = mpmath.mpf(seconds) / DAY_S
    rate = -mpmath.log(mpmath.mpf(discount) / ONE) / days
    return mpmath.mpf(forward), mpmath.mpf(strike), mpmath.mpf(vol) / ONE, days, rate, option_type


def truth(case):
    """d1 and v, the five numbers in their units, and what gamma, vega and decay are at d1 = 0."""
    forward, strike, sigma, days, rate, option_type = in_reals(*case)
    v = sigma * mpmath.sqrt(days / 365)
    d1 = mpmath.log(forward / strike) / v + v / 2
    discount, price = mpmath.exp(-rate * days), price_of(forward, strike, sigma, days, rate, option_type)
    weight = discount * forward * mpmath.npdf(0)
    peaks = (weight / (forward * forward * v) * UNITS[GAMMA], weight * mpmath.sqrt(days / 365), weight * v / (2 * days))
    share = mpmath.npdf(d1) / mpmath.npdf(0)
    delta = discount * (mpmath.ncdf(d1) - (option_type == PUT)) * UNITS[DELTA]
    numbers = (price, delta, share * peaks[0], share * peaks[1], rate * price - share * peaks[2])
    return d1, v, numbers, peaks, share


def cases(seed, count):
    """The stated domain; half of the cases with rates from −10 % to 100 % a year."""
    r = random.Random(seed)
    for forward, strike, vol, seconds, option_type in market_cases(seed, count):
        rate = r.choice([0, r.uniform(-0.1, 1)])
        yield forward, strike, vol, seconds, option_type, int(mpmath.exp(-rate * mpmath.mpf(seconds) / YEAR_S) * ONE)


def test_they_are_the_rounded_truth_over_the_stated_domain():
    for case in cases(41, 4000):
        found = greeks(*case)
        d1, v, expected, peaks, share = truth(case)
        error = [abs(mine - theirs) for mine, theirs in zip(found, expected, strict=True)]
        half, off = mpmath.mpf("0.5"), mpmath.ldexp(1, -38) + mpmath.ldexp(1, -55) / v + abs(d1) * mpmath.ldexp(1, -56) / v
        own, noise = (1 + abs(d1)) * off + mpmath.ldexp(1, -55) / v, mpmath.ldexp(1, -55)
        rounding = 0 if case[5] == ONE else 1
        assert error[PRICE] <= half * (1 + rounding) + max(case[:2]) * 1e-16, case
        assert error[DELTA] <= half + off * UNITS[DELTA] * mpmath.mpf("0.4"), case
        for place, peak in zip((GAMMA, VEGA), peaks, strict=False):
            assert error[place] <= half + peak * (share * own + noise), case
        # A discount has its own unit of 1e-9, but it is the same one on both sides; the price that earns is a rounded one.
        earned = rounding * (half + abs(mpmath.log(mpmath.mpf(case[5]) / ONE)) * DAY_S / case[3])
        assert error[THETA] <= half + earned + peaks[2] * (share * own + noise), case


def test_the_truth_is_the_derivative_of_the_price():
    for case in cases(42, 12):
        forward, strike, sigma, days, rate, option_type = in_reals(*case)
        _, _, expected, _, _ = truth(case)
        found = (
            mpmath.diff(lambda x, s=(strike, sigma, days, rate, option_type): price_of(x, *s), forward),
            mpmath.diff(lambda x, s=(strike, sigma, days, rate, option_type): price_of(x, *s), forward, 2),
            mpmath.diff(lambda x, s=(forward, strike), e=(days, rate, option_type): price_of(*s, x, *e), sigma),
            -mpmath.diff(lambda x, s=(forward, strike, sigma), e=(rate, option_type): price_of(*s, x, *e), days),
        )
        for place, derivative in zip((DELTA, GAMMA, VEGA, THETA), found, strict=True):
            assert abs(derivative * UNITS[place] - expected[place]) <= abs(expected[place]) * 1e-9 + mpmath.mpf("1e-9"), (place, case)


def test_without_discount_the_price_is_the_state_machines():
    for *case, _discount in cases(43, 3000):
        assert greeks(*case, ONE)[PRICE] == black76(*case)


@given(FORWARD, FORWARD, VOL, SECONDS, TYPE)
def test_without_discount_the_price_is_the_state_machines_at_the_extremes_too(forward, strike, vol, seconds, option_type):
    assert greeks(forward, strike, vol, seconds, option_type, ONE)[PRICE] == black76(forward, strike, vol, seconds, option_type)


@given(FORWARD, FORWARD, VOL, SECONDS, st.integers(1, DISCOUNT_MAX))
def test_calls_less_puts_are_a_forward(forward, strike, vol, seconds, discount):
    call, put = (greeks(forward, strike, vol, seconds, option_type, discount) for option_type in (CALL, PUT))
    assert call[DELTA] - put[DELTA] == discount
    assert (call[GAMMA], call[VEGA]) == (put[GAMMA], put[VEGA])
    assert abs((call[PRICE] - put[PRICE]) * ONE - discount * (forward - strike)) <= ONE
    if discount == ONE:
        assert call[THETA] == put[THETA] <= 0


@given(WORD, WORD, WORD, WORD, WORD, WORD)
def test_every_int64_gives_numbers_within_the_bounds(forward, strike, vol, seconds, option_type, discount):
    price, delta, gamma, vega, theta = greeks(forward, strike, vol, seconds, option_type, discount)
    assert 0 <= price <= 2 * FORWARD_MAX
    assert -DISCOUNT_MAX <= delta <= DISCOUNT_MAX
    assert 0 <= gamma <= GREEK_MAX
    assert 0 <= vega <= GREEK_MAX
    assert -GREEK_MAX <= theta <= GREEK_MAX


@pytest.mark.parametrize(("vol", "seconds"), [(0, YEAR_S), (ONE, 0), (0, 0), (-5, YEAR_S), (VOL_MAX, TENOR_MAX)])
def test_without_volatility_or_time_or_with_all_of_it_delta_is_the_pay_offs(vol, seconds):
    at_the_money = ONE if vol == VOL_MAX else ONE // 2
    for forward, strike, delta in ((300, 200, ONE), (200, 300, ONE if vol == VOL_MAX else 0), (200, 200, at_the_money)):
        assert greeks(forward, strike, vol, seconds, CALL, ONE)[1:] == (delta, 0, 0, 0)
        assert greeks(forward, strike, vol, seconds, PUT, ONE)[1:] == (delta - ONE, 0, 0, 0)
    assert greeks(1, FORWARD_MAX, vol, seconds, CALL, ONE)[2:] == (0, 0, 0)
    assert greeks(0, 300, ONE, YEAR_S, CALL, ONE) == (0, 0, 0, 0, 0)
    assert greeks(300, 0, ONE, YEAR_S, CALL, ONE) == (300, ONE, 0, 0, 0)
    assert greeks(0, 300, ONE, YEAR_S, PUT, ONE // 2) == (150, -ONE // 2, 0, 0, pytest.approx(0, abs=1))


def test_arguments_beyond_the_bounds_count_as_the_bounds():
    far, usual = 2**63 - 1, (10**12, 11 * 10**11, 6 * 10**8, 10**6, CALL, ONE)
    bounds = ((far, FORWARD_MAX), (far, FORWARD_MAX), (far, VOL_MAX), (far, TENOR_MAX), (77, CALL), (far, DISCOUNT_MAX))
    floors = ((-far, 0), (-far, 0), (-far, 0), (-far, 0), (-far, CALL), (-far, 1))
    for place, (beyond, bound) in [*enumerate(bounds), *enumerate(floors)]:
        outside, at = list(usual), list(usual)
        outside[place], at[place] = beyond, bound
        assert greeks(*outside) == greeks(*at)


def test_known_values():
    # F = K = 100, σ = 1, T = 1: d1 = 1/2, Φ(1/2) = 0.6914624613, φ(1/2) = 0.3520653268.
    hundred = 100 * 10**8
    assert greeks(hundred, hundred, ONE, YEAR_S, CALL, ONE) == (
        3_829_249_225, 691_462_461, 3_520_653_268, 3_520_653_268, -4_822_813,
    )  # fmt: skip
    # Two days of a bond of 100 that pays half a percent a day.
    discount = int(mpmath.exp(-mpmath.mpf("0.01")) * ONE)
    price, *_, theta = greeks(hundred, 1, 10**6, 2 * DAY_S, CALL, discount)
    assert price == pytest.approx(discount * 10, abs=2)
    assert theta == pytest.approx(price // 200, abs=10)


def test_what_leaves_62_bits_stops_there():
    assert greeks(1, 1, 10_000, 1, CALL, ONE)[GAMMA] == GREEK_MAX
    assert greeks(FORWARD_MAX, FORWARD_MAX, VOL_MAX, 1, CALL, ONE)[THETA] == -GREEK_MAX
    assert decay(2**61, 10, DEVIATION_MAX, 1) == GREEK_MAX
    assert greeks(FORWARD_MAX, 1, ONE, 1, CALL, 1)[THETA] > 0


@pytest.mark.parametrize("bits", range(29))
def test_no_product_leaves_62_bits_where_all_factors_are_longest(bits):
    # Forward and v just under powers of two, d1 near 0, the greatest discount, and seconds just at one: the quotient is greatest there.
    seconds = min(1 << bits, TENOR_MAX)
    vol = min(int(mpmath.ldexp(1, -8) / mpmath.sqrt(mpmath.mpf(seconds) / YEAR_S) * ONE), USUAL_VOL_MAX)
    case = (FORWARD_MAX, FORWARD_MAX, vol, seconds, CALL, DISCOUNT_MAX)
    _, _, _, peaks, share = truth(case)
    assert decay_of(case) == pytest.approx(min(int(peaks[2] * share), GREEK_MAX), rel=1e-9)
    assert greeks(*case)[VEGA] == pytest.approx(int(peaks[1] * share), rel=1e-9)


def decay_of(case):
    """What theta is without what the price earns."""
    *market, discount = case
    earned = greeks(*market, discount)[THETA]
    price, rate = greeks(*market, discount)[PRICE], -mpmath.log(mpmath.mpf(discount) / ONE) * DAY_S / case[3]
    return int(max(rate, -64) * price) - earned


def test_widening_stops_at_the_bound():
    assert [widened(5, -3), widened(GREEK_MAX >> 3, -3), widened((GREEK_MAX >> 3) + 1, -3)] == [40, GREEK_MAX - 7, GREEK_MAX]
    assert [widened(5, 0), widened(GREEK_MAX, 0), widened(3, 1), widened(5, 100)] == [5, GREEK_MAX, 2, 0]


def test_near_the_greatest_deviation_nothing_jumps():
    vol = next(vol for vol in range(6_170_000_000, 6_190_000_000, 1_000_000) if deviation(vol, TENOR_MAX) == DEVIATION_MAX)
    below, at = (greeks(10**12, 10**12, x, TENOR_MAX, CALL, ONE) for x in (vol - 1_000_000, vol))
    assert all(abs(one - other) <= 1 for one, other in zip(below, at, strict=True))


@given(st.integers(0, FORWARD_MAX), FORWARD, FORWARD, SECONDS, TYPE)
def test_an_implied_volatility_is_the_least_that_reaches_the_price(price, forward, strike, seconds, option_type):
    near = black76(forward, strike, price % VOL_MAX, seconds, option_type) + price % 3 - 1
    for wanted in (price, near):
        is_least(wanted, forward, strike, seconds, option_type)


def is_least(price, forward, strike, seconds, option_type):
    found = implied_vol(price, forward, strike, seconds, option_type)
    if found == -1:
        assert black76(forward, strike, VOL_MAX, seconds, option_type) < price
    else:
        assert black76(forward, strike, found, seconds, option_type) >= price
        assert found == 0 or black76(forward, strike, found - 1, seconds, option_type) < price


def test_volatility_comes_back_from_its_price():
    back = 0
    for *case, _discount in cases(44, 800):
        vega = greeks(*case, ONE)[VEGA]
        if vega > 2 * ONE:
            back += 1
            assert implied_vol(black76(*case), case[0], case[1], case[3], case[4]) == case[2]
    assert back > 50


def test_a_price_that_needs_no_volatility_and_one_that_no_volatility_gives():
    assert implied_vol(100, 300, 200, YEAR_S, CALL) == implied_vol(-(2**63), 300, 200, YEAR_S, CALL) == 0
    assert implied_vol(301, 300, 200, YEAR_S, CALL) == implied_vol(2**63 - 1, 300, 200, YEAR_S, PUT) == -1
    assert implied_vol(101, 300, 200, 0, CALL) == -1
