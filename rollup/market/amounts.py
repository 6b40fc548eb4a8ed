"""Quantity times price, without leaving int64.

One rule: before two stored quantities are multiplied, `gross` has shown that the product is small enough.
"""

from rollup.core.fixed import mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.state.limits import QUANTITY_ONE

GROSS_SHIFT = 16
"""Bits that each factor loses in `gross`."""


@kernel
def gross(quantity_e6: int, price_e8: int) -> int:
    """Bound |quantity|·price from above, in units of 2^32.

    For |quantity| < 2^44 and 0 ≤ price < 2^48 the result is at most 2^28 · 2^32 = 2^60.
    """
    return ((abs(quantity_e6) >> GROSS_SHIFT) + 1) * ((price_e8 >> GROSS_SHIFT) + 1)


@kernel
def gross_of_cash(cash_e8: int) -> int:
    """Bound an amount of cash, 1e-8 USD, from above in the unit of `gross`, of which 10^6 / 2^32 < 2^-12 make one."""
    return (abs(cash_e8) >> 12) + 1


@kernel
def cost_down(quantity_e6: int, price_e8: int) -> int:
    """Price of a quantity, 1e-8 USD, rounded towards −∞; exact bounds follow from `gross`."""
    return mul_div_down(quantity_e6, price_e8, QUANTITY_ONE)


@kernel
def cost_up(quantity_e6: int, price_e8: int) -> int:
    """Price of a quantity, 1e-8 USD, rounded towards +∞; exact bounds follow from `gross`."""
    return mul_div_up(quantity_e6, price_e8, QUANTITY_ONE)
