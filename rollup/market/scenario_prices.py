"""Prices of one option in every scenario, and sums of quantities times such prices.

One rule: a price depends on the option, its expiry's terms and the scenarios, not on who holds it. So a host may keep the prices and
give them again while these are the same; a portfolio's value in each scenario is then a dot product.

Prices have PRICE_BITS fraction bits beyond 1e-8 USD and are under 2^60. A sum of up to POSITIONS + 1 products of a quantity under 2^40 and
such a price does not fit a word, so it is kept by digits of the price, of 15 bits: each digit's sum is under 2^(40 + 15 + 7.1) < 2^63.
"""

from rollup.core.instrument_names import PUT
from rollup.core.kernel import kernel
from rollup.core.mathematics.elementary import ln
from rollup.market.pricing import distance, time_value_at
from rollup.market.shocks import PRICE_BITS, mark_deviation, shocked_deviation
from rollup.state.derived import COLUMNS
from rollup.state.layout import Record

DIGIT_BITS = 15
"""Bits of a digit of a price."""

DIGIT = (1 << DIGIT_BITS) - 1

REST = 15_625
"""5^6. A sum of quantities times prices has units of 1e-14 USD / 2^8, of which 2^14·5^6 make 1e-8 USD."""

REST_BITS = 14

VALUE_MAX = 1 << 58
"""Exclusive bound of the magnitude of what an expiry's options may be worth, 1e-8 USD: 2.9 billion USD."""

OVERFLOW = 1 << 59
"""Stands for a value beyond its bound."""


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
    for column in range(min(columns, COLUMNS)):
        sums.first[column], sums.second[column], sums.third[column], sums.fourth[column] = 0, 0, 0, 0


@kernel
def add_prices(sums: Record, prices: Record, quantity_e6: int, columns: int) -> None:
    """Add a quantity times each price; exact."""
    for column in range(min(columns, COLUMNS)):
        price = prices.price[column]
        sums.first[column] += quantity_e6 * (price & DIGIT)
        sums.second[column] += quantity_e6 * ((price >> DIGIT_BITS) & DIGIT)
        sums.third[column] += quantity_e6 * ((price >> 2 * DIGIT_BITS) & DIGIT)
        sums.fourth[column] += quantity_e6 * (price >> 3 * DIGIT_BITS)


@kernel
def value_of(sums: Record, column: int) -> int:
    """What the positions are worth in a column, 1e-8 USD, rounded down; ±OVERFLOW where that is VALUE_MAX or more."""
    # Carries are under 2^48, so every sum stays under 2^63.
    first = sums.first[column]
    second = sums.second[column] + (first >> DIGIT_BITS)
    third = sums.third[column] + (second >> DIGIT_BITS)
    high = sums.fourth[column] + (third >> DIGIT_BITS)
    # The sum is high·2^45 + low; without its last 14 bits, high·2^31 + (low >> 14).
    low = ((third & DIGIT) << 2 * DIGIT_BITS) | ((second & DIGIT) << DIGIT_BITS) | (first & DIGIT)
    top = high // REST
    if not -(VALUE_MAX >> 31) < top < (VALUE_MAX >> 31) - 1:
        return OVERFLOW if top > 0 else -OVERFLOW
    return int((top << 31) + (((high - top * REST) << 31) + (low >> REST_BITS)) // REST)
