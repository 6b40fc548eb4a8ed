import math

from hypothesis import example, given
from hypothesis import strategies as st

from rollup.core.fixed import WIDE, clamp, isqrt, mul_div_down, mul_div_up, wide_down, wide_up

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@st.composite
def any_width(draw):
    return draw(st.integers(0, 1 << draw(st.integers(0, 62)))) * draw(st.sampled_from((1, -1)))


class Int64(int):
    """An integer that cannot leave the range of a machine's."""

    def kept(self, result):
        assert -(1 << 63) <= result < 1 << 63, f"{result} does not fit"
        return Int64(result)


def checked(name):
    exact = getattr(int, f"__{name}__")
    return lambda number, *others: number.kept(exact(number, *others))


for operation in "abs neg add radd sub rsub mul rmul floordiv rfloordiv mod rmod lshift rlshift rshift and rand or".split():
    setattr(Int64, f"__{operation}__", checked(operation))


@given(any_width(), any_width(), any_width())
@example(WIDE - 1, WIDE - 1, WIDE - 1)
@example(1 - WIDE, WIDE - 1, (1 << 61) + 1)
@example(WIDE - 1, WIDE - 1, 1)
@example(1 - WIDE, 3, 2)
def test_wide_arithmetic_is_exact_and_stays_inside_64_bits(a, b, c):
    assert wide_down(Int64(a), Int64(b), Int64(c)) == mul_div_down(a, b, c)
    assert wide_up(Int64(a), Int64(b), Int64(c)) == mul_div_up(a, b, c)


@given(INT64, INT64, INT64)
def test_wide_arithmetic_is_total(a, b, c):
    assert wide_down(a, b, c) == mul_div_down(a, b, c)
    assert wide_up(a, b, c) == mul_div_up(a, b, c)


@given(any_width(), any_width(), st.integers(1, WIDE - 1))
def test_rounding(a, b, c):
    if max(abs(a), abs(b)) < WIDE and abs(a * b // c) + 1 < WIDE:
        assert mul_div_down(a, b, c) * c <= a * b < (mul_div_down(a, b, c) + 1) * c
        assert (mul_div_up(a, b, c) - 1) * c < a * b <= mul_div_up(a, b, c) * c


def test_beyond_the_domain():
    assert mul_div_down(1, 1, 0) == mul_div_up(1, 1, -1) == 0
    assert mul_div_down(WIDE, 1, 1) == mul_div_up(1, -WIDE, 1) == 0
    assert mul_div_down(WIDE - 1, 2, 1) == WIDE
    assert mul_div_up(1 - WIDE, 2, 1) == -WIDE


@given(INT64)
@example(0)
@example((1 << 62) - 1)
def test_isqrt(n):
    assert isqrt(n) == (math.isqrt(n) if 0 <= n < WIDE else 0)


def test_clamp():
    assert [clamp(x, -2, 3) for x in (-3, -2, 0, 3, 4)] == [-2, -2, 0, 3, 3]
