"""The SVI volatility surface: one expiry's implied volatilities by five numbers.

    w(k) = a + b·(ρ·(k − m) + √((k − m)² + σ²))      k = ln(strike / reference forward), held within ±4·√(a + b·σ)
    vol  = √(w / reference tenor)                    tenor in years of 365 days; w at most 20

(Gatheral, "A parsimonious arbitrage-free implied volatility parameterization", 2004. The reference forward and tenor are those at which
the parameters were fitted, so that between two reports a strike keeps its volatility; they, the flat wings and the bound of w are those
of Derive's volatility feed.)

One rule: total. Every int64 argument gives a volatility; a parameter outside of its bounds counts as the nearest bound. Whether a
surface makes sense is another question, which `surface_is_valid` answers before the surface is let in.

Units: the five parameters 1e-12, signed; forward and strike 1e-8 USD; reference tenor in microseconds, since published tenors are not
whole seconds, and half a second of the last minute would be half a percent of the volatility.
"""

from rollup.core.fixed import clamp, mul_div_down
from rollup.core.kernel import kernel, memoised_kernel
from rollup.core.mathematics.elementary import ln, sqrt
from rollup.core.mathematics.wide import bit_length, multiply_q62
from rollup.market.pricing import FORWARD_MAX, TENOR_MAX, VOL_MAX, rounded

PARAMETER_ONE = 1_000_000_000_000
"""One, as a parameter of a surface."""

LEVEL_MAX = 256 * PARAMETER_ONE
"""Greatest magnitude of a."""

SLOPE_MAX = 2 * PARAMETER_ONE
"""Greatest b, and greatest b·(1 + |ρ|): the total variance of a wing rises by less than 2·|k| (Lee, "The moment formula", 2004)."""

CORRELATION_MAX = PARAMETER_ONE - 1
"""Greatest magnitude of ρ."""

SHIFT_MAX = 16 * PARAMETER_ONE
"""Greatest magnitude of m: e^16 is 8.9 million."""

WIDTH_MAX = 256 * PARAMETER_ONE - 1
"""Greatest σ."""

REFERENCE_US_MIN = 1_000_000
"""Least reference tenor of a valid surface, microseconds."""

REFERENCE_US_MAX = TENOR_MAX * 1_000_000
"""Greatest reference tenor, microseconds."""

VARIANCE_BITS = 52
"""Fraction bits of a total variance: before its bound it is under 256 + 2·(52.1 + √(52.1² + 256²)) < 1,024."""

VARIANCE_MAX = 20 << VARIANCE_BITS
"""Greatest total variance: 200 % over 5 years."""

SHAPE_BITS = 53
"""Fraction bits of k, m and σ, and of what they make together: they are at most 36.1, 16, 256, and 314 < 2^9."""

RECIPROCAL_Q101 = 2535301200456458803
"""2^101 / 10^12, rounded to nearest: from units of 1e-12 to fraction bits."""

YEAR_SCALE = 5615692299262843
"""10^9·√(365·86,400·10^6), rounded to nearest: from √microseconds to √years, and from 1 to 1e-9 of volatility."""

ROOT_ONE = 1_000_000 << 40
"""One, as a root of 1 − ρ²: a square in units of 10^-12·2^-20 has a root in units of 10^-6·2^-10, to which `sqrt` adds 30 bits."""


@memoised_kernel
def surface_vol(
    a_e12: int, b_e12: int, rho_e12: int, m_e12: int, sigma_e12: int, reference_forward_e8: int, reference_us: int, strike_e8: int
) -> int:
    """Return the implied volatility at a strike, 1e-9 a year, rounded to nearest, in 0 … VOL_MAX.

    Bounds: see the constants; strike and forward count as within 1 … FORWARD_MAX, the reference tenor as within 1 … REFERENCE_US_MAX.
    Error: 0.501 units, 2^-47 of itself for a reference tenor of a second or more, and what `total_variance` is off by.
    """
    variance = total_variance(a_e12, b_e12, rho_e12, m_e12, sigma_e12, reference_forward_e8, strike_e8)
    # √w has 26 + 30 fraction bits and is under 2^59; √microseconds has 7 + 30 and is from 2^37 to 2^61. The quotient has 19; beyond 2^62
    # it stays there.
    tenor = sqrt(clamp(reference_us, 1, REFERENCE_US_MAX) << 14)
    return min(rounded(min(mul_div_down(sqrt(variance), YEAR_SCALE, tenor), (1 << 62) - 1), 19), VOL_MAX)


@kernel
def total_variance(a_e12: int, b_e12: int, rho_e12: int, m_e12: int, sigma_e12: int, reference_forward_e8: int, strike_e8: int) -> int:
    """Return w, the variance of the logarithm until expiry, 52 fraction bits, in 0 … VARIANCE_MAX; rounded down on the way.

    It is within 2^-48 of the truth for some a that is within 2^-48 of the given one: a 280th of one unit of a.
    """
    forward, strike = clamp(reference_forward_e8, 1, FORWARD_MAX), clamp(strike_e8, 1, FORWARD_MAX)
    m, sigma = shape(clamp(m_e12, -SHIFT_MAX, SHIFT_MAX)), shape(clamp(sigma_e12, 0, WIDTH_MAX))
    level, slope = shape(clamp(a_e12, -LEVEL_MAX, LEVEL_MAX)) >> 1, share(clamp(b_e12, 0, SLOPE_MAX))
    # √(a + b·σ) has 26 + 30 fraction bits and is under 2^61; four times that with 53 of them is a half of it.
    reach = sqrt(level + multiply_q62(sigma, slope)) >> 1
    # Logarithms have 56 fraction bits, and their difference is under 36.1.
    x = clamp((ln(strike, 0) - ln(forward, 0)) >> 3, -reach, reach) - m
    skewed = multiply_q62(x, share(clamp(rho_e12, -CORRELATION_MAX, CORRELATION_MAX)) << 1)
    # The sum is under 314·2^53; a slope with 61 fraction bits takes one of its own.
    return clamp(level + multiply_q62(max(0, skewed + hypotenuse(abs(x), sigma)), slope), 0, VARIANCE_MAX)


@kernel
def shape(parameter_e12: int) -> int:
    """Return a parameter with 53 fraction bits, rounded down; for magnitudes up to 256, whose result is at most 2^61."""
    return multiply_q62(parameter_e12 << 14, RECIPROCAL_Q101)


@kernel
def share(parameter_e12: int) -> int:
    """Return a parameter with 61 fraction bits, the last of them 0, rounded down; for magnitudes up to 2, whose result is at most 2^62."""
    return multiply_q62(parameter_e12 << 21, RECIPROCAL_Q101) << 1


@kernel
def hypotenuse(x: int, y: int) -> int:
    """Return √(x² + y²), rounded down, for 0 ≤ x, y < 2^61; relative error under 2^-56 besides that rounding."""
    pad = 61 - bit_length(max(x, y))
    # The greater one gets 61 bits, so that squares are under 2^60 and the greater one at least 2^58.
    x, y = x << pad, y << pad
    # √(sum / 2^62)·2^30 is half of the padded hypotenuse, at most 2^60.5.
    return (sqrt(multiply_q62(x, x) + multiply_q62(y, y)) << 1) >> pad


@kernel
def surface_is_valid(
    a_e12: int, b_e12: int, rho_e12: int, m_e12: int, sigma_e12: int, reference_forward_e8: int, reference_us: int
) -> bool:
    """Is a surface within its bounds, with wings that no price forbids and no negative variance anywhere?

    Necessary conditions of there being no butterfly arbitrage, not sufficient ones (those need every strike): b ≥ 0, |ρ| < 1, σ > 0,
    b·(1 + |ρ|) ≤ 2, and the least total variance a + b·σ·√(1 − ρ²) ≥ 0, whose second part is rounded down.
    """
    if not (0 < reference_forward_e8 <= FORWARD_MAX and REFERENCE_US_MIN <= reference_us <= REFERENCE_US_MAX):
        return False
    if not (-LEVEL_MAX <= a_e12 <= LEVEL_MAX and 0 <= b_e12 <= SLOPE_MAX and -CORRELATION_MAX <= rho_e12 <= CORRELATION_MAX):
        return False
    if not (-SHIFT_MAX <= m_e12 <= SHIFT_MAX and 0 < sigma_e12 <= WIDTH_MAX):
        return False
    if mul_div_down(b_e12, PARAMETER_ONE + abs(rho_e12), PARAMETER_ONE) > SLOPE_MAX:
        return False
    # Operands under 2^61 and 2^41; the square is at most 2^60.
    square = mul_div_down((PARAMETER_ONE - rho_e12) << 20, PARAMETER_ONE + rho_e12, PARAMETER_ONE)
    least = mul_div_down(mul_div_down(b_e12, sigma_e12, PARAMETER_ONE), sqrt(square), ROOT_ONE)
    return a_e12 + least >= 0
