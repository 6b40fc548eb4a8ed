"""Mark prices and the price band around them."""

from rollup.core.fixed import mul_div_down
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL
from rollup.core.kernel import kernel
from rollup.market.pricing import black76
from rollup.state.layout import Record, State
from rollup.state.limits import PRICE_MAX, RATIO_ONE
from rollup.state.table import read


@kernel
def is_outright(instrument: Record) -> bool:
    """Is it a dated future or a perpetual?"""
    return bool(instrument.option_type in (FUTURE, PERPETUAL))


@kernel
def mark_price(state: State, instrument: Record, forward_e8: int, vol_e9: int) -> int:
    """Value of one contract, 1e-8 USD, 0 while there is no forward: of an outright the forward, of an option undiscounted Black-76.

    (MARKET, standard margin: D = 1.)
    """
    if forward_e8 <= 0:
        return 0
    if is_outright(instrument):
        return forward_e8
    remaining = max(instrument.expiry_s - read(state.system, 0).time_s, 0)
    return black76(forward_e8, instrument.strike_e8, vol_e9, remaining, instrument.option_type)


@kernel
def price_band(state: State, spot_e8: int, mark_e8: int) -> tuple[int, int]:
    """Lowest price that may be sold at and highest that may be bought at: the mark, less and plus the band's share of the spot price."""
    width = mul_div_down(spot_e8, read(state.parameters, 0).price_band_e9, RATIO_ONE)
    return max(mark_e8 - width, 0), min(mark_e8 + width, PRICE_MAX)


@kernel
def payoff(instrument: Record, price_e8: int) -> int:
    """What one contract pays at a price of the underlying, 1e-8 USD: an outright the price itself, since it was paid for in full."""
    if is_outright(instrument):
        return price_e8
    if instrument.option_type == CALL:
        return int(max(price_e8 - instrument.strike_e8, 0))
    return int(max(instrument.strike_e8 - price_e8, 0))
