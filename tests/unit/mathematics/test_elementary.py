"""exp, ln, sqrt and the normal distribution against 50-digit truth, and their behaviour at and beyond every bound."""

import random

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.mathematics.elementary import EXP_ARGUMENT_MAX, EXP_MAX, NUMBER_MAX, exp, ln, sqrt
from rollup.core.mathematics.layout import EXP2_ROW, EXP2_ROWS, LN_ROW, LN_ROWS, SQRT_ROW, SQRT_ROWS, TAIL_ROW, TAIL_ROWS
from rollup.core.mathematics.normal import ONE, TAIL_ARGUMENT_MAX, normal_cdf, normal_tail
from rollup.core.mathematics.polynomial import evaluate
from rollup.core.mathematics.wide import bit_length, bit_length_compiled, multiply_q62, multiply_q62_compiled

WORD = st.integers(-(2**63), 2**63 - 1)
UNIT = 2**56
CASES = 3000


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def numbers(seed, low_bits=1, high_bits=62):
    r = random.Random(seed)
    return [r.randrange(1 << (bits - 1), 1 << bits) for bits in (r.randint(low_bits, high_bits) for _ in range(CASES))]


def test_ln_is_within_its_bound_of_the_truth():
    for x in numbers(1):
        assert abs(ln(x, 60) - mpmath.log(mpmath.mpf(x) / 2**60) * UNIT) < 1


def test_ln_is_within_2e_12_relative_from_a_ten_thousandth_off_one():
    for x in numbers(2):
        truth = mpmath.log(mpmath.mpf(x) / 2**60)
        if abs(truth) > 1e-4:
            assert abs(mpmath.mpf(ln(x, 60)) / UNIT - truth) <= 2e-12 * abs(truth)


def test_sqrt_is_within_its_bound_of_the_truth():
    for x in numbers(3):
        truth = mpmath.sqrt(x) * 2**30
        assert abs(sqrt(x) - truth) <= 0.5 + truth / 2**58


def test_exp_is_within_its_bound_of_the_truth():
    r = random.Random(4)
    for _ in range(CASES):
        x, bits = r.randrange(-64 * UNIT + 1, 64 * UNIT), r.randint(0, 62)
        truth = mpmath.exp(mpmath.mpf(x) / UNIT) * mpmath.mpf(2) ** bits
        if truth < EXP_MAX * 0.999:
            assert abs(exp(x, bits) - truth) <= 0.5 + truth / 2**54


def test_the_normal_distribution_is_within_its_bound_of_the_truth():
    r = random.Random(5)
    for _ in range(CASES):
        x = r.randrange(-10 * UNIT, 10 * UNIT)
        assert abs(normal_cdf(x) - mpmath.ncdf(mpmath.mpf(x) / UNIT) * UNIT) < 1


def test_a_tail_is_exact_relative_to_itself():
    r = random.Random(6)
    for _ in range(CASES):
        x = r.randrange(TAIL_ARGUMENT_MAX)
        mantissa, exponent = normal_tail(x)
        truth = mpmath.ncdf(-mpmath.mpf(x) / UNIT) * mpmath.mpf(2) ** (61 + exponent)
        assert abs(mantissa - truth) < truth / 2**56
        assert mantissa <= 1 << 61


def test_known_values():
    assert ln(1, 0) == 0
    assert ln(1 << 56, 56) == 0
    assert ln(2, 0) == int(mpmath.nint(mpmath.log(2) * UNIT))
    assert exp(0, 56) == UNIT
    assert abs(exp(UNIT, 56) - mpmath.e * UNIT) < 4
    assert normal_cdf(0) == ONE // 2
    assert [sqrt(n * n) for n in range(1, 2000)] == [n << 30 for n in range(1, 2000)]
    assert sqrt(0) == 0
    assert abs(sqrt(1 << 60) - (1 << 60)) <= 2


def test_arguments_beyond_the_bounds_count_as_the_bounds():
    assert ln(-5, 3) == ln(0, 3) == ln(1, 3)
    assert ln(2**63 - 1, 0) == ln(NUMBER_MAX, 0)
    assert ln(7, 10**9) == ln(7, 64)
    assert ln(7, -(10**9)) == ln(7, -64)
    assert sqrt(-1) == 0
    assert sqrt(2**63 - 1) == sqrt(NUMBER_MAX)
    assert exp(2**63 - 1, 0) == exp(EXP_ARGUMENT_MAX, 0) == EXP_MAX
    assert exp(-(2**63), 62) == 0
    assert exp(3, -1) == exp(3, 0)
    assert exp(-40 * UNIT, 99) == exp(-40 * UNIT, 62)
    assert normal_cdf(2**63 - 1) == ONE
    assert normal_cdf(-(2**63)) == 0


@given(WORD, WORD)
def test_every_int64_gives_an_int64(x, bits):
    for result in (ln(x, bits), sqrt(x), exp(x, bits), normal_cdf(x)):
        assert -(2**63) < result < 2**63


@given(st.integers(1, NUMBER_MAX - 1))
def test_ln_and_sqrt_never_fall(x):
    assert ln(x, 56) <= ln(x + 1, 56)
    assert sqrt(x) <= sqrt(x + 1)


@given(st.integers(-EXP_ARGUMENT_MAX, EXP_ARGUMENT_MAX - 1), st.integers(0, 56))
def test_exp_and_the_normal_distribution_never_fall(x, bits):
    assert exp(x, bits) <= exp(x + 1, bits)
    assert normal_cdf(x) <= normal_cdf(x + 1)


@given(WORD)
def test_the_normal_distribution_is_symmetric(x):
    assert normal_cdf(x) + normal_cdf(-x) == ONE


@pytest.mark.parametrize(("first", "rows"), [(TAIL_ROW, TAIL_ROWS), (LN_ROW, LN_ROWS), (SQRT_ROW, SQRT_ROWS), (EXP2_ROW, EXP2_ROWS)])
def test_segments_meet(first, rows):
    for row in range(first, first + rows - 1):
        (left, exponent), (right, next_exponent) = evaluate(row, 2**62 - 1), evaluate(row + 1, -(2**62))
        assert abs((left << (next_exponent - exponent)) - right) <= 64


@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_the_wide_product_in_64_bits_is_the_exact_one(a, b):
    assert multiply_q62_compiled(a, b) == multiply_q62(a, b) == a * b // 2**62


@given(st.integers(0, 2**63 - 1))
def test_the_length_in_64_bits_is_the_exact_one(x):
    assert bit_length_compiled(x) == bit_length(x) == x.bit_length()
