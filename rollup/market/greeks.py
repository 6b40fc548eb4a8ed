"""The derivatives of the Black-76 price, and the volatility that a price implies.

    price = D·(F·Φ(d1) − K·Φ(d2))                        of a call; less D·(F − K) of a put
    delta = ∂price/∂F = D·Φ(d1)                          less D of a put
    gamma = ∂²price/∂F² = D·φ(d1)/(F·v)                  v = σ·√T
    vega  = ∂price/∂σ = D·F·φ(d1)·√T
    theta = −∂price/∂T = −D·F·φ(d1)·v/(2·T) + r·price    r = −ln(D)/T, so that with D = 1 nothing is earned on the price

(Black 1976; Haug, "The Complete Guide to Option Pricing Formulas", 2.) The derivatives are by the forward, and T passes with the forward
unchanged.

Units: price 1e-8 USD · delta 1e-9 · gamma 1e-12 a USD · vega 1e-8 USD for 1.00 of volatility · theta 1e-8 USD a day of 86,400 seconds.

One rule: total, as the price is. What leaves 62 bits stops there. Without volatility or time, and from the volatility on at which the
price is its limit, gamma, vega and theta are 0, and delta is that of the pay-off: 1, a half at the money, or 0.

Errors: d1 is off by less than δ = 2^-38 + 2^-55/v + |d1|·2^-56/v, from the price's own logarithm, division and v. So delta is off by
half a unit and 0.4·δ; the others, beside half a unit each, by a share (1 + |d1|)·δ + 2^-55/v of themselves, and by 2^-55 of what they
are at d1 = 0. The price's error is that of `black76`.
"""

from rollup.core.fixed import clamp, mul_div_down
from rollup.core.instrument_names import PUT
from rollup.core.kernel import kernel
from rollup.core.mathematics.elementary import exp, ln
from rollup.core.mathematics.normal import normal_cdf
from rollup.core.mathematics.wide import bit_length, multiply_q62
from rollup.market.pricing import (
    DEVIATION_MAX,
    DISTANCE_MAX,
    FORWARD_MAX,
    TENOR_MAX,
    VOL_MAX,
    black76,
    deviation_over,
    nearness,
    root_years,
    rounded,
    time_value_at,
)

DISCOUNT_ONE = 1_000_000_000
"""One, as a discount factor."""

DISCOUNT_MAX = 2 * DISCOUNT_ONE
"""Greatest discount factor: rates may be negative."""

GREEK_MAX = (1 << 62) - 1
"""Greatest magnitude of a derivative, in its unit."""

DENSITY_ARGUMENT_MAX = 11 << 56
"""Beyond it φ is under 2^-88, which is 0 in every unit here; and its square's half is in the domain of exp."""

ROOT_2PI_Q62 = 1839796536686825613
"""2^62 / √(2π), rounded to nearest."""

ROOT_SCALE = 4294967296000000000
"""10^9·2^32: from the unit of `root_years`, times 2^2, to 60 fraction bits by `multiply_q62`; the result is under 2^61.6."""

GAMMA_SCALE = 3125000000000000000
"""10^20·2^-5: the unit of gamma, with 5 bits less and 62 as a factor of `multiply_q62`."""

HALF_DAY_S = 43_200

VOL_BITS = 42
"""Bits of the greatest volatility: as many halvings find one."""


@kernel
def greeks(
    forward_e8: int, strike_e8: int, vol_e9: int, seconds: int, option_type: int, discount_e9: int
) -> tuple[int, int, int, int, int]:
    """Return price, delta, gamma, vega and theta, each rounded to nearest (theta: each of its two parts), in the module's units.

    With a discount of one the price is that of `black76`, and calls less puts are exactly 1 in delta and 0 in gamma, vega and theta.
    Bounds: as `black76`; the discount counts as within 1 … DISCOUNT_MAX.
    """
    forward, strike = clamp(forward_e8, 0, FORWARD_MAX), clamp(strike_e8, 0, FORWARD_MAX)
    discount = clamp(discount_e9, 1, DISCOUNT_MAX)
    root = root_years(seconds)
    low, high, v, value = min(forward, strike), max(forward, strike), deviation_over(vol_e9, root), 0
    d1, density = (DISTANCE_MAX << 56) * ((forward > strike) - (forward < strike)), 0
    if low > 0 and v > 0:
        near = nearness(low, high, v)
        value = time_value_at(low, high, near, v)
        d1 = -near if forward <= strike else near + v
        density = normal_density(d1, v)
        if discount != DISCOUNT_ONE:
            density = mul_div_down(density, discount, DISCOUNT_ONE)
    # D·F·φ(d1), under 2^61.7, with `pad` fraction bits.
    pad = 62 - bit_length(forward)
    weight = multiply_q62(forward << pad, density << 2)
    delta = rounded(multiply_q62(normal_cdf(d1) << 5, discount << 30), 29)
    price = discounted(value + max(0, strike - forward if option_type == PUT else forward - strike), discount)
    theta = carry(price, seconds, discount) - decay(weight, pad, v, seconds)
    return (
        price,
        delta - discount if option_type == PUT else delta,
        curvature(density, forward, v),
        rounded(multiply_q62(weight, multiply_q62(root << 2, ROOT_SCALE)), pad - 2),
        clamp(theta, -GREEK_MAX, GREEK_MAX),
    )


@kernel
def normal_density(x_q56: int, v_q56: int) -> int:
    """Return φ(x), 60 fraction bits, rounded down; 0 beyond DENSITY_ARGUMENT_MAX, and where v has reached its bound."""
    if abs(x_q56) > DENSITY_ARGUMENT_MAX or v_q56 >= DEVIATION_MAX:
        return 0
    # x² with 54 fraction bits is x²/2 with 55: under 60.5·2^55.
    x = abs(x_q56) << 2
    return multiply_q62(exp(-multiply_q62(x, x) << 1, 60), ROOT_2PI_Q62)


@kernel
def discounted(value_e8: int, discount_e9: int) -> int:
    """Return value times discount, rounded to nearest, halves up; for 0 ≤ value < 2^53."""
    if discount_e9 == DISCOUNT_ONE:
        return value_e8
    return (mul_div_down(value_e8 << 1, discount_e9, DISCOUNT_ONE) + 1) >> 1


@kernel
def curvature(density_q60: int, forward: int, v_q56: int) -> int:
    """Return density / (F·v), 1e-12 a USD, for a density of at most 2^59.7."""
    if density_q60 == 0 or forward == 0:
        return 0
    # Both factors are brought to 62 bits: the product of their upper halves has 41 to 43. Long division: the whole part is under 2^18.7,
    # a remainder times 2^20 under 2^63, and the quotient under 2^58.7; off by 2^-40 of itself.
    pads = 124 - bit_length(forward) - bit_length(v_q56)
    divisor = multiply_q62(forward << (62 - bit_length(forward)), v_q56 << (62 - bit_length(v_q56))) >> 19
    whole, rest = density_q60 // divisor, (density_q60 % divisor) << 20
    first, rest = rest // divisor, (rest % divisor) << 20
    quotient = (whole << 40) + (first << 20) + rest // divisor
    # density/(F·v) = quotient / 2^(125 − pads), in 1e-8 USD: times 10^20 it has 58 − pads fraction bits, or less than none.
    return widened(multiply_q62(quotient, GAMMA_SCALE), 58 - pads)


@kernel
def decay(weight: int, pad: int, v_q56: int, seconds: int) -> int:
    """Return D·F·φ(d1)·v/(2·T), 1e-8 USD a day."""
    remaining, spread = clamp(seconds, 1, TENOR_MAX), 62 - bit_length(v_q56)
    spare = max(0, 17 - bit_length(remaining))
    # v with 62 bits leaves the product under 2^61.7. The shifted seconds are from 2^16 to 2^28: a whole part is under 2^45.7, and times
    # half a day under 2^61.1; a remainder's share adds less than half a day.
    product, divisor = multiply_q62(weight, v_q56 << spread), remaining << spare
    daily = product // divisor * HALF_DAY_S + product % divisor * HALF_DAY_S // divisor
    return widened(daily, pad + spread - 6 - spare)


@kernel
def widened(value: int, fraction_bits: int) -> int:
    """Return value / 2^fraction_bits, rounded to nearest, at most GREEK_MAX; for 0 ≤ value < 2^62 and fraction_bits ≥ −62."""
    if fraction_bits > 0:
        return rounded(value, fraction_bits)
    if value > GREEK_MAX >> -fraction_bits:
        return GREEK_MAX
    return value << -fraction_bits


@kernel
def carry(price_e8: int, seconds: int, discount_e9: int) -> int:
    """Return what the price earns in a day at the rate that the discount stands for, 1e-8 USD, rounded to nearest.

    The rate is −ln(D)·86,400/seconds, at most 64 a day.
    """
    if discount_e9 == DISCOUNT_ONE:
        return 0
    logarithm = ln(DISCOUNT_ONE, 0) - ln(discount_e9, 0)
    # Under 2^60.4; a quotient beyond 2^62 stops there. A price is under 2^54.
    rate = clamp(mul_div_down(logarithm, 2 * HALF_DAY_S, clamp(seconds, 1, TENOR_MAX)), -GREEK_MAX, GREEK_MAX)
    return (mul_div_down(price_e8 << 1, rate, 1 << 56) + 1) >> 1


@kernel
def implied_vol(price_e8: int, forward_e8: int, strike_e8: int, seconds: int, option_type: int) -> int:
    """Return the least volatility, 1e-9, at which `black76` is at least a price; −1 where none is.

    By halving, since that price never falls as volatility rises: no derivative, no start to guess, no case in which it does not end.
    A price at or below the intrinsic value needs no volatility: 0.
    """
    if black76(forward_e8, strike_e8, VOL_MAX, seconds, option_type) < price_e8:
        return -1
    below, enough = -1, VOL_MAX
    for _ in range(VOL_BITS):
        middle = (below + enough) >> 1
        if black76(forward_e8, strike_e8, middle, seconds, option_type) < price_e8:
            below = middle
        else:
            enough = middle
    return enough
