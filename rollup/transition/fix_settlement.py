"""FIX_SETTLEMENT: fix the price at which all instruments of an expiry settle, once, by anybody's order."""

from rollup.core.genesis import FeedKind
from rollup.core.kernel import kernel
from rollup.market.settlement_window import window_mean
from rollup.state.layout import Record, State
from rollup.state.table import read, write
from rollup.transition.status import Status


@kernel
def apply_fix_settlement(state: State, tx: Record) -> int:
    """Fix the settlement price of the expiry whose forward feed is `feed`: the mean of the spot price over its settlement window.

    It waits for a spot observation from the expiry or later, so that the whole window has been seen. Never paused.
    Statuses: UNKNOWN_FEED, ALREADY_FIXED, INSTRUMENT_LIVE, STALE_ORACLE.
    """
    system = read(state.system, 0)
    if not 0 < tx.feed <= system.feeds:
        return Status.UNKNOWN_FEED
    forward = read(state.feeds, tx.feed)
    if forward.kind != FeedKind.FORWARD:
        return Status.UNKNOWN_FEED
    if forward.settlement_e8 != 0:
        return Status.ALREADY_FIXED
    if system.time_s < forward.expiry_s:
        return Status.INSTRUMENT_LIVE
    price = window_mean(forward)
    if price <= 0:
        return Status.STALE_ORACLE
    write(state.feeds, tx.feed).settlement_e8 = price
    return Status.OK
