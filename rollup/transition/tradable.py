"""What an order and a bilateral trade have in common: may these terms be traded at all?"""

from rollup.core.kernel import kernel
from rollup.market.amounts import gross
from rollup.market.feeds import has_expired, is_stale, observe
from rollup.market.fees import fee_each
from rollup.market.marks import mark_price, price_band
from rollup.market.positions import is_reduction, position_of
from rollup.market.terms import LIVE
from rollup.state.layout import Record, State
from rollup.state.limits import ORDER_GROSS_MAX, PRICE_MAX, QUANTITY_MAX, TICK_MAX
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def check_tradable(state: State, tx: Record, bought_e6: int) -> int:
    """Instrument, ranges, pause, expiry, tick and lot. While the rollup is paused, only what reduces a position goes on."""
    if not 0 < tx.instrument <= read(state.system, 0).instruments:
        return Status.UNKNOWN_INSTRUMENT
    if not (0 < tx.price_e8 < PRICE_MAX and 0 < tx.quantity_e6 < QUANTITY_MAX):
        return Status.OUT_OF_RANGE
    system = read(state.system, 0)
    if system.time_s < system.paused_until_s and not is_reduction(position_of(state, tx.account, tx.instrument), bought_e6):
        return Status.PAUSED
    instrument = read(state.instruments, tx.instrument)
    if instrument.status != LIVE or instrument.tick_e8 <= 0 or instrument.lot_e6 <= 0:
        return Status.UNKNOWN_INSTRUMENT
    if has_expired(state, instrument):
        return Status.INSTRUMENT_EXPIRED
    if tx.price_e8 % instrument.tick_e8 != 0 or tx.price_e8 // instrument.tick_e8 >= TICK_MAX:
        return Status.TICK
    return check_quantity(state, tx.quantity_e6, instrument.lot_e6)


@kernel
def check_quantity(state: State, quantity_e6: int, lot_e6: int) -> int:
    """Whole lots, and no less or more than one order may have."""
    parameters = read(state.parameters, 0)
    if quantity_e6 % lot_e6 != 0:
        return Status.LOT
    if not parameters.quantity_min_e6 <= quantity_e6 <= parameters.quantity_max_e6:
        return Status.OUT_OF_RANGE
    return Status.OK


@kernel
def check_price(state: State, tx: Record, bought_e6: int) -> int:
    """Band around the mark on the side that could hurt the trader, freshness of the feeds, and the width of the product.

    A silent feed stops all but reductions; what reduces a position is held to the band by the last mark that there was.
    """
    instrument = read(state.instruments, tx.instrument)
    spot, forward, vol, _, oldest = observe(state, instrument)
    if spot <= 0 or forward <= 0:
        return Status.STALE_ORACLE
    low, high = price_band(state, spot, mark_price(state, instrument, forward, vol))
    if (bought_e6 > 0 and tx.price_e8 > high) or (bought_e6 < 0 and tx.price_e8 < low):
        return Status.PRICE_BAND
    if is_stale(state, oldest) and not is_reduction(position_of(state, tx.account, tx.instrument), bought_e6):
        return Status.STALE_ORACLE
    if gross(tx.quantity_e6, tx.price_e8) >= ORDER_GROSS_MAX:
        return Status.OVERFLOW
    return Status.OK


@kernel
def check_fees(state: State, tx: Record, rate_e9: int) -> int:
    """Is the fee for one contract at this rate and price within the signed maximum?"""
    if fee_each(state, spot_of(state, tx.instrument), tx.price_e8, rate_e9) > tx.max_fee_e8:
        return Status.FEE_CAP
    return Status.OK


@kernel
def spot_of(state: State, instrument_id: int) -> int:
    """Spot price of an instrument's underlying, 1e-8 USD."""
    market = read(state.markets, read(state.instruments, instrument_id).market)
    return int(read(state.feeds, market.spot_feed).number)
