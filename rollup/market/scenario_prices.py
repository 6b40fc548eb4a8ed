"""Prices of one option in every scenario, and sums of quantities times such prices.

One rule: a price depends on the option, its expiry's terms and the scenarios, not on who holds it. So a host may keep the prices and
give them again while these are the same; a portfolio's value in each scenario is then a dot product.

Prices have PRICE_BITS fraction bits beyond 1e-8 USD and are under 2^60, two digits of 30 bits. A sum of up to POSITIONS + 1 products of a
quantity under 2^40 and such a price does not fit a word, so products of digits are summed each by itself:

    narrow    quantity · low digit, quantity · high digit                     while the quantities together are under 2^31
    wide      the quantity too as a low part of 20 bits and a high part       the low part's products go with the narrow ones

The narrow sums are under (2^31 + 129·2^20)·2^30 < 2^61.1, those of high parts under 129·2^20·2^30 < 2^57.1. Which way a quantity went makes
no difference to the total, which is exact.
"""

from rollup.core.instrument_names import PUT
from rollup.core.kernel import kernel
from rollup.core.mathematics.elementary import ln
from rollup.market.pricing import distance, time_value_at
from rollup.market.shocks import PRICE_BITS, mark_deviation, shocked_deviation
from rollup.state.derived import COLUMNS
from rollup.state.layout import Record

DIGIT_BITS = 30
"""Bits of a digit of a price."""

DIGIT = (1 << DIGIT_BITS) - 1

NARROW = 1 << 31
"""Exclusive bound of the quantities that are added in one part, 1e-6 contracts: 2,147 contracts."""

PART_BITS = 20
"""Bits of the low part of any other quantity."""

GRAIN_BITS = 24
"""A value's unit, a **grain**, is 2^24 of the units that quantities times prices have, 1e-14 USD / 2^8: 2^10/5^6 · 1e-8 USD."""

VALUE_MAX = 1 << 62
"""Exclusive bound of the magnitude of what an expiry's options may be worth, in grains: 3.0 billion USD."""


@kernel
def set_prices(prices: Record, terms: Record, grid: Record, strike_e8: int, option_type: int, variance_q52: int, tenor_us: int) -> None:
    """Price an option in every column, undiscounted. For a strike in 0 … PRICE_MAX − 1 and a variance of a surface."""
    strike = strike_e8 << PRICE_BITS
    logarithm = ln(strike, 0)
    deviation = mark_deviation(variance_q52, tenor_us, terms.seconds)
    for column in range(min(grid.columns, COLUMNS)):
        v = shocked_deviation(terms, grid.vol[column], deviation, logarithm)
        prices.price[column] = option_price(terms.forward[column], strike, terms.logarithm_q56[column] - logarithm, v, option_type)


@kernel
def option_price(forward: int, strike: int, logarithm_q56: int, v_q56: int, option_type: int) -> int:
    """Black-76 for prices under 2^60 of any one unit, where ln(forward / strike) is known; undiscounted, rounded to nearest."""
    value = 0
    if v_q56 > 0 and forward > 0 and strike > 0:
        near = distance(abs(logarithm_q56), v_q56) - (v_q56 >> 1)
        value = time_value_at(min(forward, strike), max(forward, strike), near, v_q56)
    if option_type == PUT:
        return value + max(0, strike - forward)
    return value + max(0, forward - strike)


@kernel
def clear_sums(sums: Record, columns: int) -> None:
    """Begin new sums."""
    sums.narrow_e6, sums.wide = 0, 0
    for column in range(min(columns, COLUMNS)):
        sums.first[column], sums.second[column], sums.third[column], sums.fourth[column] = 0, 0, 0, 0


@kernel
def add_prices(sums: Record, prices: Record, quantity_e6: int, columns: int) -> None:
    """Add a quantity times each price; exact. For a quantity under 2^40, POSITIONS + 1 times at most."""
    if sums.narrow_e6 + abs(quantity_e6) >= NARROW:
        add_wide(sums, prices, quantity_e6, columns)
        return
    sums.narrow_e6 += abs(quantity_e6)
    for column in range(min(columns, COLUMNS)):
        price = prices.price[column]
        sums.first[column] += quantity_e6 * (price & DIGIT)
        sums.second[column] += quantity_e6 * (price >> DIGIT_BITS)


@kernel
def add_wide(sums: Record, prices: Record, quantity_e6: int, columns: int) -> None:
    """Add a quantity in two parts times each price."""
    sums.wide = 1
    low, high = quantity_e6 & ((1 << PART_BITS) - 1), quantity_e6 >> PART_BITS
    for column in range(min(columns, COLUMNS)):
        price = prices.price[column]
        sums.first[column] += low * (price & DIGIT)
        sums.second[column] += low * (price >> DIGIT_BITS)
        sums.third[column] += high * (price & DIGIT)
        sums.fourth[column] += high * (price >> DIGIT_BITS)


@kernel
def gather_values(sums: Record, columns: int) -> int:
    """Make values of the sums, in grains, rounded down; 1 where one is VALUE_MAX or more, and then none of them counts.

    Widths: with all that is carried the second sum is under 2^61.1 + 2^62 + 2^48 < 2^63. What is clamped is beyond the bound anyhow.
    """
    if sums.wide != 0:
        carry_high_parts(sums, columns)
    most = VALUE_MAX >> DIGIT_BITS - GRAIN_BITS
    largest = 0
    for column in range(min(columns, COLUMNS)):
        first = sums.first[column]
        high = sums.second[column] + (first >> DIGIT_BITS)
        largest = max(largest, abs(high))
        high = max(-most, min(high, most - 1))
        sums.value[column] = (high << DIGIT_BITS - GRAIN_BITS) | ((first & DIGIT) >> GRAIN_BITS)
    return 1 if largest >= most else 0


@kernel
def carry_high_parts(sums: Record, columns: int) -> None:
    """Bring the products of high parts, which count 2^20 times, to those of the digits that they belong to."""
    for column in range(min(columns, COLUMNS)):
        third = sums.third[column]
        # 2^20 and a digit of 30 bits: the lowest 10 bits of the sum stay below 2^30.
        sums.first[column] += (third & 1023) << PART_BITS
        high = max(-(1 << 42), min(sums.fourth[column], 1 << 42))
        sums.second[column] += (third >> DIGIT_BITS - PART_BITS) + (high << PART_BITS)
