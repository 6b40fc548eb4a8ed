"""What the scenarios of portfolio margin do to one expiry (MARKET, portfolio margin; Derive's PMRM_2).

    reach  = (30 d / max(T, floor))^p              p by whether T is above 30 days
    up     = max(floor, σ·(1 + vol_up·reach))      down = σ·max(0, 1 − vol_down·reach)
    skew   = σ·max(0, 1 + clip(k·cap/wing, ±cap))  k = ln(strike / forward), or |k|; cap and wing by √T
    long   = D·long_discount·e^(−T·(r·ls + la))    short = min(1, D·short_discount·e^(T·(r·ss + sa)))      D = e^(−r·T)
    basis  = basis_add + basis_scale·T

One rule: total. Whatever feeds and parameters say, each term here is within its bound; what would pass it counts as the bound. Volatilities
never appear by themselves: all is in deviations, v = σ·√T, so no rounding to a unit of volatility comes between a surface and a price.

Bounds, fraction bits behind the q: deviations up to 32 (of a surface) and 18 (of a price); reach up to 2^17; exponents up to 64;
discounts of the parameters up to 4; what a debt is discounted with up to 1, times what D takes away; caps up to 40; wings up to 2,048.
Discounts are for values in grains (`rollup.market.scenario_prices`), 2^10/5^6 of what they are for 1e-8 USD: under 2^60.1 of 2^62.
"""

from rollup.core.fixed import clamp, mul_div_down
from rollup.core.kernel import kernel
from rollup.core.margin_parameters import PortfolioNumber as Number
from rollup.core.margin_parameters import VolShock
from rollup.core.mathematics.elementary import exp, ln, sqrt
from rollup.core.mathematics.wide import multiply_q62
from rollup.market.pricing import DEVIATION_MAX, TENOR_MAX, deviation
from rollup.state.derived import COLUMNS, MARK
from rollup.state.layout import Record
from rollup.state.limits import PRICE_MAX, RATIO_ONE

PRICE_BITS = 8
"""Fraction bits that prices of scenarios have beyond their unit of 1e-8 USD, so that a thousand contracts lose no cent's millionth."""

PRICE_LIMIT = (1 << 60) - 1
"""Greatest price of a scenario, in its unit: 45 million USD, and 32 times the greatest price there is."""

RATE_MAX = 1 << 34
"""Greatest rate, 1e-9."""

MONTH_S = 30 * 86_400
"""Tenor at which shocks of volatility have their plain size."""

YEAR_S = 365 * 86_400

ROOT_YEAR_Q72 = 840_923_296_935_185_966
"""2^72/√31,536,000, rounded to nearest: from √seconds with 46 fraction bits to √years with 56."""

GRAINS = 15_625
"""5^6: grains that make 2^10 · 1e-8 USD."""

ONE_Q44 = 1 << 44
ONE_Q50 = 1 << 50
ONE_Q56 = 1 << 56
ONE_Q60 = 1 << 60

REACH_BITS = 44
"""Fraction bits of what multiplies a volatility; exp stops at 2^61, which makes the reach 2^17 at most."""

EXPONENT_MAX = (1 << 62) - 1
"""Greatest exponent of a discount, 56 fraction bits: just under 64."""

CAP_MAX = 40 << 56
"""Greatest cap of a skew, 56 fraction bits."""

SMALL_VARIANCE = 1 << 46
"""Variance, 52 fraction bits, below which ten more bits are carried."""


@kernel
def set_terms(terms: Record, models: Record, seconds: int, rate_e9: int) -> None:
    """Compute all that hangs on the time to expiry and the rate. The rate counts as 0 where it is negative."""
    time = clamp(seconds, 0, TENOR_MAX)
    terms.seconds = time
    # Seconds under 2^28 times 2^56; the quotient, in years, is under 8.6.
    terms.tenor_q56 = mul_div_down(time, ONE_Q56, YEAR_S)
    terms.root_q56 = multiply_q62(sqrt(time << 32), ROOT_YEAR_Q72)
    set_vol_shocks(terms, models)
    set_skew(terms, models)
    set_discounts(terms, models, clamp(rate_e9, 0, RATE_MAX))
    # Each part under 2^6·8.6·2^50.
    add = mul_div_down(clamp(models.portfolio[Number.BASIS_ADD_E9], 0, 64 * RATIO_ONE), ONE_Q50, RATIO_ONE)
    terms.basis_q50 = add + mul_div_down(terms.tenor_q56 >> 6, clamp(models.portfolio[Number.BASIS_SCALE_E9], 0, 64 * RATIO_ONE), RATIO_ONE)


@kernel
def set_vol_shocks(terms: Record, models: Record) -> None:
    """Set the factors of volatilities that rise and fall, and the deviation of the least volatility once it has risen."""
    power = models.portfolio[Number.SHORT_POWER_E9] if terms.seconds <= MONTH_S else models.portfolio[Number.LONG_POWER_E9]
    # The logarithm is under 19.6; times a power it stays there once it is past 2^62.
    stretch = ln(MONTH_S, 0) - ln(max(terms.seconds, models.portfolio[Number.TENOR_FLOOR_S], 1), 0)
    reach = exp(mul_div_down(stretch, clamp(power, 0, 16 * RATIO_ONE), RATIO_ONE), REACH_BITS)
    terms.up_q44 = mul_div_down(reach, clamp(models.portfolio[Number.VOL_UP_E9], 0, 16 * RATIO_ONE), RATIO_ONE)
    terms.down_q44 = max(0, ONE_Q44 - mul_div_down(reach, clamp(models.portfolio[Number.VOL_DOWN_E9], 0, 16 * RATIO_ONE), RATIO_ONE))
    terms.floor_q56 = deviation(models.portfolio[Number.VOL_FLOOR_E9], terms.seconds)


@kernel
def set_skew(terms: Record, models: Record) -> None:
    """Set the caps of both skews, and the distance at which they reach them."""
    terms.linear_cap_q56 = cap(terms.root_q56, models.portfolio[Number.LINEAR_CAP_E9], models.portfolio[Number.LINEAR_SLOPE_E9])
    terms.absolute_cap_q56 = cap(terms.root_q56, models.portfolio[Number.ABSOLUTE_CAP_E9], models.portfolio[Number.ABSOLUTE_SLOPE_E9])
    # Bounds keep the volatility under 16 + 32·2.92 < 2^7 and the width under 16·2.92 < 2^6.
    root = terms.root_q56 >> 6
    slope, scale = (
        clamp(models.portfolio[Number.WING_SLOPE_E9], -32 * RATIO_ONE, 32 * RATIO_ONE),
        clamp(models.portfolio[Number.WING_SCALE_E9], 0, 16 * RATIO_ONE),
    )
    vol = mul_div_down(clamp(models.portfolio[Number.WING_VOL_E9], 0, 16 * RATIO_ONE), ONE_Q50, RATIO_ONE) + mul_div_down(
        root, slope, RATIO_ONE
    )
    width = mul_div_down(mul_div_down(root, scale, RATIO_ONE), vol, ONE_Q50)
    floor = mul_div_down(clamp(models.portfolio[Number.WING_FLOOR_E9], 0, 16 * RATIO_ONE), ONE_Q50, RATIO_ONE)
    terms.wing_q50 = clamp(max(floor, width), 1, 1 << 61)


@kernel
def cap(root_q56: int, base_e9: int, slope_e9: int) -> int:
    """Greatest change of a volatility by a skew, 56 fraction bits: base + slope·√T, which may be negative."""
    base = mul_div_down(clamp(base_e9, -16 * RATIO_ONE, 16 * RATIO_ONE), ONE_Q56, RATIO_ONE)
    return clamp(base + mul_div_down(root_q56, clamp(slope_e9, -16 * RATIO_ONE, 16 * RATIO_ONE), RATIO_ONE), -CAP_MAX, CAP_MAX)


@kernel
def set_discounts(terms: Record, models: Record, rate_e9: int) -> None:
    """Set D, and what the expiry's shocked value is multiplied with, which has D in it already."""
    discount = decayed(exponent(terms.tenor_q56, rate_e9, RATIO_ONE, 0))
    terms.discount_q62 = for_grains(discount)
    lost = exponent(terms.tenor_q56, rate_e9, models.portfolio[Number.LONG_RATE_SCALE_E9], models.portfolio[Number.LONG_RATE_ADD_E9])
    kept = mul_div_down(decayed(lost), clamp(models.portfolio[Number.LONG_DISCOUNT_E9], 0, 4 * RATIO_ONE), RATIO_ONE)
    terms.long_q62 = for_grains(mul_div_down(kept, discount, ONE_Q60))
    grown = exponent(terms.tenor_q56, rate_e9, models.portfolio[Number.SHORT_RATE_SCALE_E9], models.portfolio[Number.SHORT_RATE_ADD_E9])
    # D·e^x in one exponent, so that a long tenor loses nothing; at most 2^61 / 2^56.
    net = exp(grown - exponent(terms.tenor_q56, rate_e9, RATIO_ONE, 0), 56)
    debt = mul_div_down(net, clamp(models.portfolio[Number.SHORT_DISCOUNT_E9], 0, 4 * RATIO_ONE), RATIO_ONE)
    terms.short_q62 = for_grains(min(debt, ONE_Q56) << 4)


@kernel
def for_grains(discount_q60: int) -> int:
    """A discount of at most 4 as what a value in grains is multiplied with, rounded down."""
    return mul_div_down(discount_q60, 1 << 12, GRAINS)


@kernel
def decayed(exponent_q56: int) -> int:
    """e^−x for x ≥ 0, 60 fraction bits; exactly 1 for 0, which the polynomial misses by a unit."""
    return ONE_Q60 if exponent_q56 == 0 else exp(-exponent_q56, 60)


@kernel
def exponent(tenor_q56: int, rate_e9: int, scale_e9: int, add_e9: int) -> int:
    """Tenor times (rate·scale + add), 56 fraction bits, in 0 … EXPONENT_MAX. For a tenor and a rate within their bounds.

    Scale and add count as within 0 … 64. With 50 fraction bits tenor times rate is under 2^58, the first part at most 2^62.
    """
    tenor = tenor_q56 >> 6
    scaled = mul_div_down(mul_div_down(tenor, rate_e9, RATIO_ONE), clamp(scale_e9, 0, 64 * RATIO_ONE), RATIO_ONE)
    return min(scaled + mul_div_down(tenor, clamp(add_e9, 0, 64 * RATIO_ONE), RATIO_ONE), EXPONENT_MAX >> 6) << 6


@kernel
def set_forwards(terms: Record, grid: Record, moving_e8: int, fixed_e8: int) -> None:
    """Shock the part of a forward that still moves with spot; the other part the settlement window has fixed."""
    moving, fixed = clamp(moving_e8, 0, PRICE_MAX - 1) << PRICE_BITS, clamp(fixed_e8, 0, PRICE_MAX - 1) << PRICE_BITS
    for column in range(min(grid.columns, COLUMNS)):
        # Under 2^55·2^5 + 2^55: the product is clamped first.
        shocked = min(mul_div_down(moving, clamp(grid.spot_e9[column], 0, 32 * RATIO_ONE), RATIO_ONE), PRICE_LIMIT)
        terms.forward[column] = min(shocked + fixed, PRICE_LIMIT)
        terms.logarithm_q56[column] = ln(terms.forward[column], 0)


@kernel
def mark_deviation(variance_q52: int, tenor_us: int, seconds: int) -> int:
    """Return v = √(w·T / reference tenor), 56 fraction bits, at most 32.

    For 0 ≤ w < 2^57, a time in 0 … TENOR_MAX; a reference tenor below a microsecond counts as one.
    """
    tenor, time = max(tenor_us, 1), seconds * 1_000_000
    variance = mul_div_down(variance_q52, time, tenor)
    if variance < SMALL_VARIANCE and variance_q52 < SMALL_VARIANCE << 5:
        return sqrt(mul_div_down(variance_q52 << 10, time, tenor)) >> 5
    return sqrt(variance)


@kernel
def shocked_deviation(terms: Record, vol: int, v_q56: int, strike_logarithm_q56: int) -> int:
    """Return the deviation of an option in a column, 56 fraction bits, in 0 … DEVIATION_MAX; for v up to 2^61."""
    if vol == VolShock.NONE:
        return min(v_q56, DEVIATION_MAX)
    if vol == VolShock.UP:
        return int(min(max(v_q56 + mul_div_down(v_q56, terms.up_q44, ONE_Q44), terms.floor_q56), DEVIATION_MAX))
    if vol == VolShock.DOWN:
        return min(mul_div_down(v_q56, terms.down_q44, ONE_Q44), DEVIATION_MAX)
    distance = (strike_logarithm_q56 - terms.logarithm_q56[MARK]) >> 6
    if vol == VolShock.LINEAR:
        return min(mul_div_down(v_q56, skew_factor(distance, terms.linear_cap_q56, terms.wing_q50), ONE_Q56), DEVIATION_MAX)
    return min(mul_div_down(v_q56, skew_factor(abs(distance), terms.absolute_cap_q56, terms.wing_q50), ONE_Q56), DEVIATION_MAX)


@kernel
def skew_factor(distance_q50: int, cap_q56: int, wing_q50: int) -> int:
    """Return max(0, 1 + clip(k·cap/wing, ±cap)), 56 fraction bits, at most 41; the clip as Derive's, for caps of either sign."""
    tilt = mul_div_down(distance_q50, cap_q56, wing_q50)
    tilt = min(cap_q56, tilt) if distance_q50 >= 0 else max(-cap_q56, tilt)
    return max(0, ONE_Q56 + tilt)
