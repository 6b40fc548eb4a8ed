"""The SVI surface against 50-digit truth, and its behaviour at and beyond every bound."""

import random

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.market import surface
from rollup.market.pricing import FORWARD_MAX, VOL_MAX
from rollup.market.surface import surface_is_valid, surface_vol, total_variance

ONE = surface.PARAMETER_ONE
WORD = st.integers(-(2**63), 2**63 - 1)
YEAR_US = 365 * 86_400 * 10**6
TOLERANCE = mpmath.ldexp(1, -50)
USUAL = (14_300_357_704, 82_752_452_746, -382_822_578_434, -95_805_529_179, 130_054_633_002, 9_624_876_561_418, 3_214_140_000_000)
plain = surface_vol.__wrapped__


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def truth(a, b, rho, m, sigma, forward, strike, *, raised=0):
    """Total variance by the formula, of a surface whose a is `raised`."""
    a, b, rho, m, sigma = (mpmath.mpf(x) / ONE for x in (a, b, rho, m, sigma))
    reach = 4 * mpmath.sqrt(max(0, a + raised + b * sigma))
    x = max(-reach, min(reach, mpmath.log(mpmath.mpf(strike) / forward))) - m
    return min(mpmath.mpf(20), max(mpmath.mpf(0), a + raised + b * (rho * x + mpmath.sqrt(x * x + sigma * sigma))))


def cases(seed, count):
    """Surfaces within the bounds, a third of them anywhere in there, with a strike each; the last number is the reference tenor."""
    r = random.Random(seed)
    for _ in range(count):
        wild = r.random() < 0.33
        rho = r.randint(-ONE + 1, ONE - 1) if r.random() < 0.8 else r.choice([-1, 1]) * (ONE - 1 - r.randint(0, 1000))
        b = min(r.randint(0, 2 * ONE), 2 * ONE * ONE // (ONE + abs(rho))) // (1 if wild else 10)
        sigma = int(10 ** r.uniform(0, 14.4 if wild else 12.3))
        m = r.randint(-16 * ONE, 16 * ONE) // (1 if wild else 50)
        a = r.randint(-10 * ONE, 256 * ONE) if wild else int(10 ** r.uniform(0, 13))
        forward = int(10 ** r.uniform(0, 15.6 if wild else 13))
        strike = int(10 ** r.uniform(0, 15.6)) if wild else max(1, int(forward * 10 ** r.uniform(-1, 1)))
        yield a, b, rho, m, sigma, forward, strike, int(10 ** r.uniform(6, 14.4))


def test_total_variance_is_within_its_bound_of_the_truth():
    for *parameters, _reference in cases(1, 3000):
        near = [truth(*parameters, raised=sign * TOLERANCE) for sign in (-1, 0, 1)]
        assert min(near) - TOLERANCE <= mpmath.ldexp(total_variance(*parameters), -52) <= max(near) + TOLERANCE, parameters


def test_volatility_is_the_rounded_root_of_the_variance():
    for *parameters, strike, reference in cases(2, 3000):
        variance = mpmath.ldexp(total_variance(*parameters, strike), -52)
        expected = min(mpmath.sqrt(variance / reference * YEAR_US) * 10**9, mpmath.mpf(VOL_MAX))
        found = plain(*parameters, reference, strike)
        assert abs(found - expected) <= mpmath.mpf("0.501") + mpmath.ldexp(expected, -47), parameters


def test_a_usual_surface_is_within_a_unit_of_the_truth():
    for strike in range(5_000_000_000_000, 20_000_000_000_000, 50_000_000_000):
        variance = truth(*USUAL[:5], USUAL[5], strike)
        assert abs(plain(*USUAL, strike) - mpmath.sqrt(variance / USUAL[6] * YEAR_US) * 10**9) < mpmath.mpf("0.51")


def test_wings_are_flat_beyond_four_deviations():
    reach = 4 * mpmath.sqrt((USUAL[0] + mpmath.mpf(USUAL[1]) * USUAL[4] / ONE) / ONE)
    right, left = (int(USUAL[5] * mpmath.exp(sign * reach)) for sign in (1, -1))
    assert plain(*USUAL, right + 2) == plain(*USUAL, 3 * right) == plain(*USUAL, FORWARD_MAX)
    assert plain(*USUAL, left - 2) == plain(*USUAL, left // 3) == plain(*USUAL, 1)
    assert plain(*USUAL, right - 10**10) < plain(*USUAL, right)
    assert plain(*USUAL, left + 10**10) < plain(*USUAL, left)


def test_known_values():
    flat = (ONE // 4, 0, 0, 0, ONE, 10**12, YEAR_US)
    assert plain(*flat, 10**12) == plain(*flat, 7) == 500_000_000
    # √(0.25 / (1/4 year)) = 1, and 0.04 + 0.4·(−0.5·x + √(x² + 0.09)) at x = 0.
    assert plain(*flat[:6], YEAR_US // 4, 10**12) == 1_000_000_000
    assert plain(4 * ONE // 100, 4 * ONE // 10, -ONE // 2, 0, 3 * ONE // 10, 10**12, YEAR_US, 10**12) == 400_000_000


def test_bounds_hold_variance_and_volatility():
    assert total_variance(256 * ONE, 0, 0, 0, ONE, 10**12, 10**12) == surface.VARIANCE_MAX
    assert plain(20 * ONE, 0, 0, 0, ONE, 10**12, 1, 10**12) == VOL_MAX
    assert plain(-1, 0, 0, 0, 1, 10**12, YEAR_US, 10**12) == 0


def test_parameters_beyond_the_bounds_count_as_the_bounds():
    far = 2**63 - 1
    a, b, rho, m, sigma, forward, reference = USUAL
    strike = forward * 11 // 10
    assert plain(-far - 1, b, rho, m, far, forward, reference, strike) == plain(
        -surface.LEVEL_MAX, b, rho, m, surface.WIDTH_MAX, forward, reference, strike
    )
    assert plain(a, far, rho, m, sigma, forward, reference, strike) == plain(
        a, surface.SLOPE_MAX, rho, m, sigma, forward, reference, strike
    )
    assert plain(a, -1, rho, m, sigma, forward, reference, strike) == plain(a, 0, rho, m, sigma, forward, reference, strike)
    for sign in (-1, 1):
        assert plain(a, b, sign * far, m, sigma, forward, reference, strike) == plain(
            a, b, sign * (ONE - 1), m, sigma, forward, reference, strike
        )
        assert plain(a, b, rho, sign * far, sigma, forward, reference, strike) == plain(
            a, b, rho, sign * 16 * ONE, sigma, forward, reference, strike
        )
    assert plain(a, b, rho, m, -far, forward, reference, strike) == plain(a, b, rho, m, 0, forward, reference, strike)
    assert plain(a, b, rho, m, sigma, -far, reference, strike) == plain(a, b, rho, m, sigma, 1, reference, strike)
    assert plain(a, b, rho, m, sigma, far, reference, far) == plain(a, b, rho, m, sigma, FORWARD_MAX, reference, FORWARD_MAX)
    assert plain(a, b, rho, m, sigma, forward, far, strike) == plain(a, b, rho, m, sigma, forward, surface.REFERENCE_US_MAX, strike)
    assert plain(a, b, rho, m, sigma, forward, -far, strike) == plain(a, b, rho, m, sigma, forward, 1, strike)


@given(WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD)
def test_every_int64_gives_a_volatility_and_a_verdict(a, b, rho, m, sigma, forward, reference, strike):
    assert 0 <= plain(a, b, rho, m, sigma, forward, reference, strike) <= VOL_MAX
    assert surface_is_valid(a, b, rho, m, sigma, forward, reference) in (False, True)


def test_a_valid_surface_has_no_negative_variance_and_no_wing_steeper_than_two():
    valid = 0
    for a, b, rho, m, sigma, forward, _strike, reference in cases(3, 3000):
        if surface_is_valid(a, b, rho, m, sigma, forward, reference):
            valid += 1
            real = [mpmath.mpf(x) / ONE for x in (a, b, rho, sigma)]
            assert real[0] + real[1] * real[3] * mpmath.sqrt(1 - real[2] ** 2) >= 0
            assert real[1] * (1 + abs(real[2])) <= 2 + mpmath.mpf(1) / ONE
    assert valid > 1000


def test_the_least_variance_decides_to_the_unit():
    # b·σ·√(1 − ρ²) = 0.5·0.4·0.8 = 0.16
    surface_of = (ONE // 2, 6 * ONE // 10, 0, 4 * ONE // 10, 10**12, YEAR_US)
    assert surface_is_valid(-16 * ONE // 100, *surface_of)
    assert not surface_is_valid(-16 * ONE // 100 - 1, *surface_of)
    assert plain(-16 * ONE // 100, *surface_of[:5], YEAR_US, int(10**12 * mpmath.exp(-mpmath.mpf("0.3")))) <= 2


@pytest.mark.parametrize(
    ("place", "least", "most"),
    [
        (0, 0, surface.LEVEL_MAX),
        (1, 0, 2 * ONE * ONE // (ONE + 382_822_578_434)),
        (2, -ONE + 1, ONE - 1),
        (3, -16 * ONE, 16 * ONE),
        (4, 1, 256 * ONE - 1),
        (5, 1, FORWARD_MAX),
        (6, 10**6, surface.REFERENCE_US_MAX),
    ],
)
def test_each_bound_is_valid_and_one_beyond_is_not(place, least, most):
    for edge, beyond in ((least, least - 1), (most, most + 1)):
        at, outside = list(USUAL), list(USUAL)
        at[place], outside[place] = edge, beyond
        assert surface_is_valid(*at)
        # A negative a is valid as long as no variance is: its edge has a test of its own.
        assert surface_is_valid(*outside) == (place == 0 and edge == 0)


def test_remembering_changes_no_volatility():
    for strike in range(10**12, 10**13, 10**11):
        assert surface_vol(*USUAL, strike) == surface_vol(*USUAL, strike) == plain(*USUAL, strike)
