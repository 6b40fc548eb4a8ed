"""What orders and bilateral trades have in common: may these terms be traded at all?"""

from rollup.core.kernel import kernel
from rollup.market.amounts import gross
from rollup.market.feeds import has_expired, is_stale, observe
from rollup.market.fees import fee_each
from rollup.market.marks import mark_price, price_band
from rollup.market.order import Order
from rollup.market.positions import is_reduction, position_of, signed_quantity
from rollup.market.terms import BUY, LIVE, MARKET
from rollup.state.layout import State
from rollup.state.limits import ORDER_GROSS_MAX, PRICE_MAX, QUANTITY_MAX, TICK_MAX
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def check_contract(state: State, order: Order) -> int:
    """Instrument, ranges, expiry, tick and lot. A market order has no price, any other one has."""
    system = read(state.system, 0)
    if not 0 < order.instrument <= system.instruments:
        return Status.UNKNOWN_INSTRUMENT
    if not (0 <= order.price_e8 < PRICE_MAX and 0 < order.quantity_e6 < QUANTITY_MAX):
        return Status.OUT_OF_RANGE
    if (order.price_e8 == 0) != (order.options & MARKET != 0):
        return Status.OUT_OF_RANGE
    instrument = read(state.instruments, order.instrument)
    if instrument.status != LIVE or instrument.tick_e8 <= 0 or instrument.lot_e6 <= 0:
        return Status.UNKNOWN_INSTRUMENT
    if has_expired(state, instrument):
        return Status.INSTRUMENT_EXPIRED
    if order.price_e8 % instrument.tick_e8 != 0 or order.price_e8 // instrument.tick_e8 >= TICK_MAX:
        return Status.TICK
    return check_quantity(state, order.quantity_e6, instrument.lot_e6)


@kernel
def check_live(state: State, instrument_id: int) -> int:
    """Is there such an instrument, and has it not expired: may it change hands?"""
    if not 0 < instrument_id <= read(state.system, 0).instruments:
        return Status.UNKNOWN_INSTRUMENT
    if has_expired(state, read(state.instruments, instrument_id)):
        return Status.INSTRUMENT_EXPIRED
    return Status.OK


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
def check_price(state: State, order: Order) -> int:
    """Pause, band around the mark on the side that could hurt the trader, freshness of the feeds, and the width of the product.

    A pause and a silent feed stop all but reductions; what reduces a position is held to the band by the last mark that there was.
    """
    bought = signed_quantity(order.side, order.quantity_e6)
    reduces = is_reduction(position_of(state, order.account, order.instrument), bought)
    system = read(state.system, 0)
    if system.time_s < system.paused_until_s and not reduces:
        return Status.PAUSED
    instrument = read(state.instruments, order.instrument)
    spot, forward, vol, _, oldest = observe(state, instrument)
    if spot <= 0 or forward <= 0:
        return Status.STALE_ORACLE
    low, high = price_band(state, spot, mark_price(state, instrument, forward, vol))
    if (bought > 0 and order.price_e8 > high) or (bought < 0 and order.price_e8 < low):
        return Status.PRICE_BAND
    if is_stale(state, oldest) and not reduces:
        return Status.STALE_ORACLE
    if gross(order.quantity_e6, order.price_e8) >= ORDER_GROSS_MAX:
        return Status.OVERFLOW
    return Status.OK


@kernel
def edge_of_band(state: State, order: Order) -> int:
    """The worst price that the band lets an order have, in whole ticks: a market order's limit. At least one tick, in the band or not."""
    instrument = read(state.instruments, order.instrument)
    spot, forward, vol, _, _ = observe(state, instrument)
    low, high = price_band(state, spot, mark_price(state, instrument, forward, vol))
    tick = instrument.tick_e8
    ticks = high // tick if order.side == BUY else -(-low // tick)
    return int(max(1, min(ticks, TICK_MAX - 1, (PRICE_MAX - 1) // tick)) * tick)


@kernel
def check_fees(state: State, order: Order, rate_e9: int) -> int:
    """Is the fee for one contract at this rate and price within the signed maximum?"""
    if fee_each(state, spot_of(state, order.instrument), order.price_e8, rate_e9) > order.max_fee_e8:
        return Status.FEE_CAP
    return Status.OK


@kernel
def spot_of(state: State, instrument_id: int) -> int:
    """Spot price of an instrument's underlying, 1e-8 USD."""
    market = read(state.markets, read(state.instruments, instrument_id).market)
    return int(read(state.feeds, market.spot_feed).number)
