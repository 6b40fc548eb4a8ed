"""Collateral beside cash: what an account holds of the markets' underlyings, and what the margin models let it count as."""

from rollup.core.fixed import mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down
from rollup.market.feeds import CASH_PRICE_ONE, cash_price
from rollup.state.layout import Record, State
from rollup.state.limits import ASSETS, QUANTITY_MAX, QUANTITY_ONE, RATIO_ONE
from rollup.state.table import read

ASSETS_WORTH_MAX = 1 << 61
"""What all collateral of an account is worth at most in cash, 1e-8 USD."""

ASSET_VALUE_MAX = 1 << 57
"""Exclusive bound of what one asset is worth, 1e-8 USD: 1.4 billion USD. What is worth more counts as this."""


@kernel
def held_of(state: State, account_id: int, market_id: int) -> int:
    """What an account holds of a market's underlying, 1e-6 pieces; never negative."""
    return int(max(0, min(read(state.collateral, account_id).quantity_e6[market_id], QUANTITY_MAX - 1)))


@kernel
def asset_value(state: State, market_id: int, quantity_e6: int) -> int:
    """What a quantity of an underlying is worth in USD, 1e-8, rounded down."""
    price = read(state.feeds, read(state.markets, market_id).spot_feed).number
    return int(min(cost_down(quantity_e6, max(price, 0)), ASSET_VALUE_MAX))


@kernel
def assets_worth(state: State, account_id: int) -> int:
    """What an account's collateral is worth in cash, 1e-8, each asset rounded down: beside its mark-to-market, which can be sold."""
    total = 0
    for market_id in range(1, min(read(state.system, 0).markets + 1, ASSETS)):
        total = min(total + value_in_cash(state, market_id, held_of(state, account_id, market_id)), ASSETS_WORTH_MAX)
    return total


@kernel
def value_in_cash(state: State, market_id: int, quantity_e6: int) -> int:
    """What a quantity of an underlying is worth in cash, 1e-8: of three numbers, rounded down once.

    What is worth ASSET_VALUE_MAX or more in USD counts as that. The price of cash is a cent or more.
    """
    price, (cash, _) = max(read(state.feeds, read(state.markets, market_id).spot_feed).number, 0), cash_price(state)
    value = mul_div_down(quantity_e6, price * (CASH_PRICE_ONE // QUANTITY_ONE), cash)
    return int(min(value, mul_div_down(ASSET_VALUE_MAX, CASH_PRICE_ONE, cash)))


@kernel
def unsure(confidence_e9: int, threshold_e9: int, factor_e9: int, notional_e8: int) -> int:
    """What is asked initially for low confidence: (1 − confidence)·factor·notional, rounded up; nothing from the threshold on."""
    if confidence_e9 >= threshold_e9:
        return 0
    return mul_div_up(mul_div_up(notional_e8, RATIO_ONE - max(confidence_e9, 0), RATIO_ONE), factor_e9, RATIO_ONE)


@kernel
def confidence_of(state: State, market: Record) -> int:
    """How sure the price of an underlying is as collateral, 1e-9: no surer than that of the market whose risk it belongs to."""
    own = read(state.feeds, market.spot_feed).confidence_e9
    if market.asset_market == 0:
        return int(own)
    return int(min(own, read(state.feeds, read(state.markets, market.asset_market).spot_feed).confidence_e9))
