"""Trading fees: a share of the underlying's price, never more than a share of the option's (Deribit's cap rule)."""

from rollup.core.fixed import mul_div_up
from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down, cost_up
from rollup.market.terms import BUY
from rollup.state.layout import State
from rollup.state.limits import RATIO_ONE
from rollup.state.table import read


@kernel
def fee_each(state: State, spot_e8: int, price_e8: int, rate_e9: int) -> int:
    """Fee for one contract, 1e-8 USD, rounded up: min(rate · spot, cap · price), so never above the price while the cap is at most 1."""
    cap = mul_div_up(price_e8, read(state.parameters, 0).fee_cap_e9, RATIO_ONE)
    return min(mul_div_up(spot_e8, rate_e9, RATIO_ONE), cap)


@kernel
def cash_change(side: int, quantity_e6: int, price_e8: int, each_e8: int) -> int:
    """What a fill does to cash: the price, rounded against the trader, and the fee, rounded up. Price and fee are under 2^56 each."""
    fee = cost_up(quantity_e6, each_e8)
    if side == BUY:
        return -cost_up(quantity_e6, price_e8) - fee
    return cost_down(quantity_e6, price_e8) - fee
