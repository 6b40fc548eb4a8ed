"""Triggers: when a stop-loss or take-profit that waits outside the book is fired.

Theory: such an order is there to close a position: a sale guards what is long, a purchase what is short. A stop-loss is fired when that
has lost so much, a take-profit when it has gained so much. A mark price says so itself; a spot price says so by the side of the market
that the instrument is on: a put gains when the spot price falls. So the trader signs a price, and not which way it has to be crossed.
"""

from rollup.core.instrument_names import PUT
from rollup.core.kernel import kernel
from rollup.market.feeds import has_expired, is_stale, observe
from rollup.market.marks import mark_price
from rollup.market.terms import BUY, BY_MARK, LIVE, TAKE_PROFIT
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.table import read


@kernel
def judge_trigger(state: State, order: Record) -> int:
    """May a waiting order be fired now: PASS, STALE, or WAITS."""
    instrument = read(state.instruments, order.instrument)
    spot, forward, vol, _, oldest = observe(state, instrument)
    if spot <= 0 or forward <= 0 or is_stale(state, oldest):
        return Verdict.STALE
    price = spot
    if order.options & BY_MARK != 0:
        price = mark_price(state, instrument, forward, vol)
    if fires_above(order, instrument):
        return Verdict.PASS if price >= order.trigger_e8 else Verdict.WAITS
    return Verdict.PASS if price <= order.trigger_e8 else Verdict.WAITS


@kernel
def is_too_late(state: State, order: Record) -> bool:
    """Has a waiting order's instrument expired, or is it no longer listed?"""
    instrument = read(state.instruments, order.instrument)
    return instrument.status != LIVE or has_expired(state, instrument)


@kernel
def fires_above(order: Record, instrument: Record) -> bool:
    """Is an order fired when its price is at or above the one that it waits for, and not at or below it?"""
    above = bool(order.side == BUY)
    if order.options & TAKE_PROFIT != 0:
        above = not above
    if order.options & BY_MARK == 0 and instrument.option_type == PUT:
        above = not above
    return above
