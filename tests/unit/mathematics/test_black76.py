"""Black-76 against 50-digit truth and an integral; parity, monotony and totality on the grid of its units."""

import random
import runpy
from pathlib import Path

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.instrument_names import CALL, PUT
from rollup.market.pricing import DEVIATION_MAX, FORWARD_MAX, TENOR_MAX, USUAL_VOL_MAX, VOL_MAX, black76, deviation, rounded, time_value
from rollup.state.limits import PRICE_MAX, RATIO_MAX

WORD = st.integers(-(2**63), 2**63 - 1)
FORWARD = st.integers(1, FORWARD_MAX - 1)
VOL = st.integers(0, USUAL_VOL_MAX) | st.integers(0, VOL_MAX - 1)
SECONDS = st.integers(0, TENOR_MAX - 1)
TYPE = st.sampled_from([CALL, PUT])
YEAR_S = 31_536_000
plain = getattr(black76, "__wrapped__", black76)
market_cases = runpy.run_path(str(Path(__file__).with_name("compiled_kernels.py")))["market_cases"]


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def truth(forward, strike, vol, seconds, option_type):
    v = mpmath.mpf(vol) / 10**9 * mpmath.sqrt(mpmath.mpf(seconds) / YEAR_S)
    d1 = mpmath.log(mpmath.mpf(forward) / strike) / v + v / 2
    if option_type == CALL:
        return forward * mpmath.ncdf(d1) - strike * mpmath.ncdf(d1 - v)
    return strike * mpmath.ncdf(v - d1) - forward * mpmath.ncdf(-d1)


def test_prices_are_the_rounded_truth_over_the_stated_domain():
    for case in market_cases(11, 4000):
        assert abs(plain(*case) - truth(*case)) <= 0.5 + max(case[:2]) * 1e-16, case


def test_prices_are_the_rounded_truth_at_volatilities_that_no_feed_may_report():
    for forward, strike, vol, seconds, option_type in market_cases(13, 1000):
        case = (forward, strike, vol * 800, seconds // 10_000 + 1, option_type)
        assert abs(plain(*case) - truth(*case)) <= 0.5 + max(case[:2]) * 1e-14, case


@pytest.mark.parametrize("seconds", [1, 60, 86_400, 31_536_000, TENOR_MAX])
def test_deviations_rise_where_they_are_cut_shorter(seconds):
    below, edge, above = (deviation(USUAL_VOL_MAX + step, seconds) for step in (0, 1, 2))
    assert below < edge < above or above == DEVIATION_MAX
    assert below <= edge <= above


def test_prices_are_what_the_payoff_is_worth_by_quadrature():
    mpmath.mp.dps = 20
    for forward, strike, vol, seconds, option_type in market_cases(12, 12):
        v = mpmath.mpf(vol) / 10**9 * mpmath.sqrt(mpmath.mpf(seconds) / YEAR_S)
        sign = 1 if option_type == CALL else -1

        def worth(z, forward=forward, strike=strike, v=v, sign=sign):
            return max(0, sign * (forward * mpmath.exp(v * z - v * v / 2) - strike)) * mpmath.npdf(z)

        kink = (mpmath.log(mpmath.mpf(strike) / forward) + v * v / 2) / v
        ends = [-14, kink, 14 + v] if -14 < kink < 14 + v else [-14, 14 + v]
        assert abs(plain(forward, strike, vol, seconds, option_type) - mpmath.quad(worth, ends)) <= 1 + forward * 1e-12


@given(FORWARD, FORWARD, VOL, SECONDS)
def test_parity_holds_exactly(forward, strike, vol, seconds):
    assert plain(forward, strike, vol, seconds, CALL) - plain(forward, strike, vol, seconds, PUT) == forward - strike


@given(FORWARD, FORWARD, VOL, SECONDS)
def test_a_price_is_between_intrinsic_value_and_what_it_can_pay(forward, strike, vol, seconds):
    assert max(0, forward - strike) <= plain(forward, strike, vol, seconds, CALL) <= forward
    assert max(0, strike - forward) <= plain(forward, strike, vol, seconds, PUT) <= strike


@pytest.mark.parametrize("seed", range(3))
def test_prices_move_the_right_way_on_the_finest_grid(seed):
    for forward, strike, vol, seconds, option_type in market_cases(20 + seed, 6000):
        sign = 1 if option_type == CALL else -1
        price = plain(forward, strike, vol, seconds, option_type)
        assert sign * (plain(forward + 1, strike, vol, seconds, option_type) - price) >= 0
        assert sign * (price - plain(forward, strike + 1, vol, seconds, option_type)) >= 0
        assert plain(forward, strike, vol + 1, seconds, option_type) >= price
        assert plain(forward, strike, vol, seconds + 1, option_type) >= price


@given(FORWARD, FORWARD, VOL, SECONDS, TYPE)
def test_prices_move_the_right_way_at_the_extremes_too(forward, strike, vol, seconds, option_type):
    sign = 1 if option_type == CALL else -1
    price = plain(forward, strike, vol, seconds, option_type)
    assert 0 <= sign * (plain(forward + 1, strike, vol, seconds, option_type) - price) <= 1 or option_type == PUT
    assert sign * (plain(forward, strike + 1, vol, seconds, option_type) - price) <= 0
    assert plain(forward, strike, vol + 1, seconds, option_type) >= price
    assert plain(forward, strike, vol, seconds + 1, option_type) >= price


@given(st.lists(FORWARD, min_size=3, max_size=3), FORWARD, VOL, SECONDS)
def test_a_butterfly_costs_nothing_or_more(strikes, forward, vol, seconds):
    # Convexity in the strike, up to the rounding of each price.
    low, middle, high = sorted(strikes)
    prices = [plain(forward, k, vol, seconds, CALL) for k in (low, middle, high)]
    assert prices[0] * (high - middle) - prices[1] * (high - low) + prices[2] * (middle - low) >= -(high - low)


@given(WORD, WORD, WORD, WORD, WORD)
def test_every_int64_gives_a_price_within_the_bounds(forward, strike, vol, seconds, option_type):
    assert 0 <= plain(forward, strike, vol, seconds, option_type) <= FORWARD_MAX


def test_arguments_beyond_the_bounds_count_as_the_bounds():
    far = 2**63 - 1
    assert plain(far, 5, 10**9, 9, CALL) == plain(FORWARD_MAX, 5, 10**9, 9, CALL)
    assert plain(5, far, 10**9, 9, PUT) == plain(5, FORWARD_MAX, 10**9, 9, PUT)
    assert plain(10**9, 10**9, far, far, CALL) == plain(10**9, 10**9, VOL_MAX, TENOR_MAX, CALL)
    assert plain(-1, 7, 10**9, 9, CALL) == plain(0, 7, 10**9, 9, CALL) == 0
    assert plain(7, -1, 10**9, 9, CALL) == 7
    assert plain(10**9, 10**9, -1, -1, PUT) == 0
    assert plain(10**9, 9 * 10**8, 10**9, 10**6, 77) == plain(10**9, 9 * 10**8, 10**9, 10**6, CALL)


@pytest.mark.parametrize(("vol", "seconds"), [(0, YEAR_S), (10**9, 0), (0, 0)])
def test_without_volatility_or_time_the_price_is_the_intrinsic_value(vol, seconds):
    assert plain(300, 200, vol, seconds, CALL) == plain(200, 300, vol, seconds, PUT) == 100
    assert plain(200, 300, vol, seconds, CALL) == plain(300, 200, vol, seconds, PUT) == 0


def test_the_bounds_cover_the_state_machines():
    assert FORWARD_MAX + 1 >= 20 * PRICE_MAX
    assert VOL_MAX + 1 >= RATIO_MAX


def test_with_all_the_volatility_there_is_the_time_value_is_the_lower_price():
    r = random.Random(7)
    for _ in range(500):
        low, high = sorted(r.randrange(1, 1 << r.randint(1, 52)) for _ in range(2))
        assert time_value(low, high, DEVIATION_MAX) == low
    assert deviation(VOL_MAX, TENOR_MAX) == DEVIATION_MAX


def test_rounding_is_to_nearest_and_halves_go_up():
    assert [rounded(value, 2) for value in (-3, -2, -1, 0, 1, 2, 3, 5, 6)] == [-1, 0, 0, 0, 0, 1, 1, 1, 2]
    assert rounded(2**62 - 1, 63) == 0
    assert rounded(2**62 - 1, 62) == 1


def test_remembering_changes_no_price():
    for case in market_cases(31, 300):
        assert black76(*case) == black76(*case) == plain(*case)
