"""Black-76: the undiscounted price of a European option on a forward.

    call = F·Φ(d1) − K·Φ(d2)      d1 = −ln(K/F)/v + v/2      d2 = d1 − v      v = σ·√T        (Black 1976; T in years of 365 days)

One rule: what is computed is the time value, the price of the option that is out of the money, which depends only on the lower and the
higher one of F and K. Then call = time value + max(F − K, 0) and put = time value + max(K − F, 0): parity holds exactly, and no price
is below its intrinsic value.

Why prices move the right way on the finest grid (1e-8 USD, 1e-9 of volatility, one second), for a ≤ b, the two prices, under 2^47:
  * a·φ(d1) = b·φ(d2), so the time value is stationary in d1 at fixed v: the errors of logarithm and division, Δ < 2^-38 + 2^-55/v, enter
    only as a·φ(d1)·v·Δ²/2, far below what follows. The error of v is the same for every forward and strike.
  * What is left is the noise of the two products, each under 2^-56 of itself: tails are exact relative to themselves however small they
    are, and a time value with d1 > 0 is computed as a less the two complements.
  * One unit of a or b moves the time value by Φ(d1), Φ(d2) or their complements, and each product is at most 2^47·15 times that tail
    (Mills' ratio, |d| ≤ 9): two products at two points make a noise of under 60·2^(47 − 56) < 1/8 of the step.
  * One unit of volatility moves v by √T·1e-9 > 2^-43, and the price by a·φ(d1) ≥ 0.8·a·Φ(d1) times that: greater again.
"""

from rollup.core.instrument_names import PUT
from rollup.core.kernel import kernel, memoised_kernel
from rollup.core.mathematics.elementary import ln, sqrt
from rollup.core.mathematics.normal import TAIL_ARGUMENT_MAX, normal_tail
from rollup.core.mathematics.wide import bit_length, multiply_q62

FORWARD_MAX = (1 << 52) - 1
"""Greatest forward or strike, 1e-8 USD: 32 times the greatest price, for shocked forwards."""

VOL_MAX = (1 << 42) - 1
"""Greatest volatility, 1e-9: 4,398, which is far beyond what a feed may report, for surfaces and shocks that go there."""

USUAL_VOL_MAX = (1 << 34) - 1
"""Greatest volatility that v is computed from to its last bit, 1e-9: 1,718 %."""

TENOR_MAX = (1 << 28) - 1
"""Greatest time to expiry, seconds: 8.5 years."""

DEVIATION_MAX = 18 << 56
"""Greatest v, 56 fraction bits: from here on a time value is its limit, the lower of forward and strike."""

DISTANCE_MAX = 18
"""Where ln(K/F)/v reaches this, d1 is below −9 and the time value is 0."""

YEAR_SCALE = 3611738058781120754
"""2^104 / (10^9·√31,536,000), rounded to nearest: from √seconds to √years, and 1e-9 of volatility to 1."""

DIVISOR_BITS = 43
"""Bits that a divisor keeps for the fraction of a quotient: a remainder of as many, times 2^20, is under 2^63."""


@memoised_kernel
def black76(forward_e8: int, strike_e8: int, vol_e9: int, seconds: int, option_type: int) -> int:
    """Return the undiscounted price, 1e-8 USD, rounded to nearest. A type other than PUT is a call.

    Total: forward and strike count as within 0 … FORWARD_MAX, vol as within 0 … VOL_MAX, seconds as within 0 … TENOR_MAX. Without
    volatility or time the price is the intrinsic value. Error: half a unit, and 1e-16 of the higher one of forward and strike.
    """
    forward = max(0, min(int(forward_e8), FORWARD_MAX))
    strike = max(0, min(int(strike_e8), FORWARD_MAX))
    value = time_value(min(forward, strike), max(forward, strike), deviation(vol_e9, seconds))
    if option_type == PUT:
        return value + max(0, strike - forward)
    return value + max(0, forward - strike)


@kernel
def deviation(vol_e9: int, seconds: int) -> int:
    """Return v = σ·√T, 56 fraction bits, rounded down, at most DEVIATION_MAX: the standard deviation of the logarithm at expiry.

    Beyond USUAL_VOL_MAX rounded down to 48 of the bits.
    """
    return deviation_over(vol_e9, root_years(seconds))


@kernel
def root_years(seconds: int) -> int:
    """Return √T, T in years, in units of 10^9·2^-88: under 2^59.7."""
    # √seconds with 46 fraction bits, under 2^60; times √(1/year)·2^42·1e-9.
    return multiply_q62(sqrt(max(0, min(int(seconds), TENOR_MAX)) << 32), YEAR_SCALE)


@kernel
def deviation_over(vol_e9: int, root: int) -> int:
    """Return v of a volatility over a time whose root is known."""
    vol = max(0, min(int(vol_e9), VOL_MAX))
    # The root is times 2^2 under 2^61.7, a usual volatility times 2^28 under 2^62: the product is v with 56 fraction bits, under 2^62.
    if vol <= USUAL_VOL_MAX:
        return min(multiply_q62(root << 2, vol << 28), DEVIATION_MAX)
    # With 48 fraction bits there is room for all of it: one unit of volatility still moves v by more than 2^-43.
    return min(multiply_q62(root << 2, vol << 20), DEVIATION_MAX >> 8) << 8


@kernel
def time_value(low: int, high: int, v_q56: int) -> int:
    """Return low·Φ(d1) − high·Φ(d2), rounded to nearest, in [0, low]. For 0 ≤ low ≤ high ≤ FORWARD_MAX and 0 ≤ v ≤ DEVIATION_MAX."""
    if low == 0 or v_q56 == 0:
        return 0
    return time_value_at(low, high, nearness(low, high, v_q56), v_q56)


@kernel
def nearness(low: int, high: int, v_q56: int) -> int:
    """Return ln(high / low)/v − v/2, 56 fraction bits: −d1 of a call struck at the higher price. For 0 < low ≤ high, 0 < v ≤ DEVIATION_MAX.

    Off by less than 2^-38 + 2^-55/v; from −9 to DISTANCE_MAX.
    """
    return distance(ln(high, 0) - ln(low, 0), v_q56) - (v_q56 >> 1)


@kernel
def time_value_at(low: int, high: int, near: int, v_q56: int) -> int:
    """Return the time value of prices whose nearness is known; for 0 < low ≤ high < 2^60, which is more than forwards may be."""
    if near > TAIL_ARGUMENT_MAX:
        return 0
    # −d1 and −d2: |near| ≤ far, since both are v/2 ∓ or ± the same distance. Widths: distance ≤ 18·2^56, v/2 ≤ 9·2^56.
    far = near + v_q56
    pad = 62 - bit_length(high)
    near_tail, exponent = normal_tail(abs(near))
    far_tail, far_exponent = normal_tail(far)
    # Both products are under 2^61 (tails ≤ 2^61, padded prices < 2^62), with pad + exponent − 1 fraction bits: at least 1, and 9 or
    # more up to FORWARD_MAX.
    near_part = multiply_q62(low << pad, near_tail)
    far_part = multiply_q62(high << pad, far_tail) >> (far_exponent - exponent)
    if near >= 0:
        return max(0, rounded(near_part - far_part, pad + exponent - 1))
    return max(0, low - rounded(near_part + far_part, pad + exponent - 1))


@kernel
def distance(logarithm_q56: int, v_q56: int) -> int:
    """Return logarithm / v, 56 fraction bits, rounded down to 40, or DISTANCE_MAX if it is at least that; 0 ≤ logarithm, 0 < v < 2^61.

    Long division: the whole part exactly, then two digits of 20 bits by the highest 43 bits of v; off by less than 2^-39.
    """
    whole = logarithm_q56 // v_q56
    if whole >= DISTANCE_MAX:
        return DISTANCE_MAX << 56
    drop = max(0, bit_length(v_q56) - DIVISOR_BITS)
    divisor = v_q56 >> drop
    # The remainder is below v and so at most the divisor, < 2^43, after the shift.
    first = ((logarithm_q56 - whole * v_q56) >> drop) << 20
    second = (first % divisor) << 20
    return ((whole << 40) + ((first // divisor) << 20) + second // divisor) << 16


@kernel
def rounded(value: int, shift: int) -> int:
    """Return value / 2^shift, rounded to nearest, halves up; for value < 2^62 in magnitude and 1 ≤ shift."""
    if shift > 62:
        return 0
    return ((value >> (shift - 1)) + 1) >> 1
