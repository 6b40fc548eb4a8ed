"""What initial margin answers to: the ramp, what is remembered, realised variance, and the bounds of all of them."""

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.market.strain import (
    RETURN_MAX_E9,
    VARIANCE_MAX_E12,
    YEAR_S,
    answer,
    forgotten_at,
    next_variance,
    remembered,
    volatility_of,
)
from rollup.state.limits import PRICE_MAX, RATIO_ONE, STRAIN_MAX_E9, STRAIN_MAX_S, TIME_MAX
from rollup.transition.parameters import BOUNDS, Parameter

E8 = 10**8
HOUR = 3_600

seconds = st.integers(0, STRAIN_MAX_S)
mosts = st.integers(0, STRAIN_MAX_E9)
decays = st.integers(*BOUNDS[Parameter.SILENCE_DECAY_E9])
prices = st.integers(1, PRICE_MAX - 1)
variances = st.integers(0, VARIANCE_MAX_E12)
memories = st.integers(*BOUNDS[Parameter.VOLATILITY_MEMORY_S])


@pytest.mark.parametrize(
    ("value", "start", "full", "most", "expected"),
    [
        (0, 600, 1_800, RATIO_ONE, 0),
        (600, 600, 1_800, RATIO_ONE, 0),
        (601, 600, 1_800, RATIO_ONE, 833_334),
        (1_200, 600, 1_800, RATIO_ONE, RATIO_ONE // 2),
        (1_800, 600, 1_800, RATIO_ONE, RATIO_ONE),
        (1 << 40, 600, 1_800, RATIO_ONE, RATIO_ONE),
        (600, 600, 600, RATIO_ONE, 0),
        (601, 600, 600, RATIO_ONE, RATIO_ONE),
        (601, 600, 0, RATIO_ONE, RATIO_ONE),
        (10_000, 600, 1_800, 0, 0),
    ],
)
def test_answer(value, start, full, most, expected):
    assert answer(value, start, full, most) == expected


@given(st.integers(0, TIME_MAX), st.integers(0, TIME_MAX), seconds, seconds, mosts)
def test_answer_rises_with_what_it_answers_to_and_is_bounded(one, other, start, full, most):
    least, greatest = answer(min(one, other), start, full, most), answer(max(one, other), start, full, most)
    assert 0 <= least <= greatest <= most


@given(st.integers(0, 1 << 36), st.integers(0, 1 << 36), seconds, seconds, decays, st.integers(0, STRAIN_MAX_S))
def test_what_was_waited_is_remembered_whole_and_forgotten_at_its_pace(now, waited, start, full, decay, later):
    until = forgotten_at(now, waited, start, full, decay)
    if waited <= start:
        assert until == 0
        return
    worst = min(waited, max(full, start + 1))
    assert worst <= remembered(until, now, decay) <= worst + decay // RATIO_ONE + 1
    assert remembered(until, now + later, decay) <= max(0, remembered(until, now, decay) - later * decay // RATIO_ONE + 1)
    assert remembered(until, until, decay) == 0
    assert until - now <= 100 * STRAIN_MAX_S


@pytest.mark.parametrize(
    ("variance", "before", "after", "elapsed", "memory", "expected"),
    [
        (0, 100 * E8, 100 * E8, 5, HOUR, 0),
        (10**12, 100 * E8, 100 * E8, HOUR, HOUR, 10**12 // 2),
        (10**12, 100 * E8, 100 * E8, 3 * HOUR, HOUR, 10**12 // 4),
        # ln 1.01 = 0.00995033085, squared 9.9009…e-5: times a year, over an hour and five seconds.
        (0, 100 * E8, 101 * E8, 5, HOUR, 866_116_636_833),
        (0, 101 * E8, 100 * E8, 5, HOUR, 866_116_636_833),
        # More than a factor of e counts as that, and more variance than can be kept as what can.
        (0, 1, PRICE_MAX - 1, HOUR, HOUR, YEAR_S * 10**12 // (2 * HOUR)),
        (0, 1, PRICE_MAX - 1, 1, 60, VARIANCE_MAX_E12),
    ],
)
def test_variance(variance, before, after, elapsed, memory, expected):
    assert next_variance(variance, before, after, elapsed, memory) == pytest.approx(expected, rel=1e-6, abs=0)


@given(variances, prices, prices, st.integers(1, 1 << 31), memories)
def test_variance_is_the_mean_that_its_formula_says(variance, before, after, elapsed, memory):
    got = next_variance(variance, before, after, elapsed, memory)
    counted = min(elapsed, 1 << 30)
    with mpmath.workdps(40):
        moved = min(abs(mpmath.log(mpmath.mpf(after) / before)), mpmath.mpf(RETURN_MAX_E9) / RATIO_ONE)
        true = (mpmath.mpf(variance) * memory + moved**2 * YEAR_S * 10**12) / (memory + counted)
        step = 2 * moved * YEAR_S * 10**3 / (memory + counted)
        assert got <= true
        assert got >= min(true, VARIANCE_MAX_E12) - step - 3
    assert 0 <= got <= VARIANCE_MAX_E12


@given(variances, variances, prices, prices, st.integers(1, 1 << 31), memories)
def test_variance_rises_with_what_was_before_and_with_the_move(one, other, before, after, elapsed, memory):
    least, most = (next_variance(each, before, after, elapsed, memory) for each in sorted((one, other)))
    assert least <= most
    assert next_variance(one, before, before, elapsed, memory) <= next_variance(one, before, after, elapsed, memory)


@given(variances.filter(bool), prices, memories)
def test_a_calm_market_forgets(variance, price, memory):
    """With every report something, and within 64 memories all but a sliver."""
    first = next_variance(variance, price, price, 1, memory)
    assert first < variance
    for _ in range(64):
        variance = next_variance(variance, price, price, memory, memory)
    assert variance == 0


@given(variances)
def test_volatility_is_the_root(variance):
    volatility = volatility_of(variance)
    assert (volatility // 1_000) ** 2 <= variance < (volatility // 1_000 + 1) ** 2


def test_the_devnets_volatility_is_told_right():
    """A walk of 0.04 % in five seconds is 100.4 % a year."""
    variance, price = 0, 100_000 * E8
    for step in range(10 * HOUR // 5):
        moved = price + price * (4 if step % 2 else -4) // 10_000
        variance, price = next_variance(variance, price, moved, 5, HOUR), moved
    assert volatility_of(variance) == pytest.approx(1_004_000_000, rel=1e-3)
