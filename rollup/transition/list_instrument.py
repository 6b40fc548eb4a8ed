"""LIST_INSTRUMENT: list a strike's call and put, or a dated future, where the rule allows it, by anybody's order."""

from rollup.core.kernel import kernel
from rollup.market.feeds import is_stale
from rollup.market.listing import find_expiry, find_strike, ids_are_left, list_strike, open_expiry
from rollup.market.listing_rule import classes_of, is_strike, may_have_future, width_of
from rollup.state.layout import Record, State
from rollup.state.limits import EXPIRIES, STRIKES
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def apply_list_instrument(state: State, tx: Record, receipt: Record) -> int:
    """List strike `price_e8` (0: the future) of market `number` for the expiry `timestamp_s`; the receipt's `opened` is the first id.

    With its first strike an expiry gets its feeds. Never paused: it adds no risk. Statuses: UNKNOWN_MARKET, OFF_SCHEDULE, STALE_ORACLE,
    STRIKE_BAND, STRIKE_STEP, ALREADY_LISTED, EXPIRIES_FULL, STRIKES_FULL, INSTRUMENTS_FULL.
    """
    status = check_rule(state, tx.number, tx.timestamp_s, tx.price_e8)
    if status != Status.OK:
        return status
    forward_id = find_expiry(state, tx.number, tx.timestamp_s)
    status = check_room(state, tx.number, forward_id, tx.price_e8)
    if status != Status.OK:
        return status
    if forward_id == 0:
        forward_id = open_expiry(state, tx.number, tx.timestamp_s)
    receipt.opened = list_strike(state, tx.number, forward_id, tx.price_e8)
    return Status.OK


@kernel
def check_rule(state: State, market_id: int, expiry_s: int, strike_e8: int) -> int:
    """Does the rule allow this strike of this expiry? Not within the settlement window, whose beginning the expiry's feed has to see."""
    system, parameters = read(state.system, 0), read(state.parameters, 0)
    if not 0 < market_id <= system.markets:
        return Status.UNKNOWN_MARKET
    market = read(state.markets, market_id)
    classes = classes_of(parameters, expiry_s, system.time_s)
    if classes == 0 or expiry_s - system.time_s <= parameters.settlement_window_s:
        return Status.OFF_SCHEDULE
    if strike_e8 == 0 and not may_have_future(classes):
        return Status.OFF_SCHEDULE
    spot = read(state.feeds, market.spot_feed)
    if spot.number <= 0 or is_stale(state, spot.timestamp_s):
        return Status.STALE_ORACLE
    if strike_e8 == 0:
        return Status.OK
    if not -width_of(parameters, classes, spot.number) <= strike_e8 - spot.number <= width_of(parameters, classes, spot.number):
        return Status.STRIKE_BAND
    return Status.OK if is_strike(parameters, market, classes, spot.number, strike_e8) else Status.STRIKE_STEP


@kernel
def check_room(state: State, market_id: int, forward_id: int, strike_e8: int) -> int:
    """Is the strike not listed, and room for it: in its expiry (0: a new one), in its market, and among the ids?"""
    if forward_id == 0 and read(state.markets, market_id).expiries >= EXPIRIES:
        return Status.EXPIRIES_FULL
    if forward_id != 0:
        if find_strike(state, forward_id, strike_e8) != 0:
            return Status.ALREADY_LISTED
        if read(state.feeds, forward_id).strikes >= STRIKES:
            return Status.STRIKES_FULL
    return Status.OK if ids_are_left(state, forward_id == 0) else Status.INSTRUMENTS_FULL
