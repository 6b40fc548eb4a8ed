"""DELIST: take what is over away, by anybody's order: of an expiry whose price is fixed, the strike that was listed last."""

from rollup.core.genesis import FeedKind
from rollup.core.kernel import kernel
from rollup.market.listing import drop_feed, drop_last_strike, has_book, is_strike_empty, sweep_books
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.status import Status


@kernel
def apply_delist(state: State, tx: Record, receipt: Record) -> int:
    """Take away the strike that was listed last of the expiry whose forward feed is `feed`; with the last strike go its feeds.

    First the orders that rest on it still are ended, SWEPT at a time: while `cancelled` of the receipt is SWEPT there may be more, and the
    strike may be there still. Orders that wait for a trigger are ended by a TRIGGER. Never paused.
    Statuses: UNKNOWN_FEED, INSTRUMENT_LIVE, NOT_FIXED, INSTRUMENT_HELD.
    """
    system = read(state.system, 0)
    if not 0 < tx.feed <= system.feeds:
        return Status.UNKNOWN_FEED
    forward = read(state.feeds, tx.feed)
    if forward.kind != FeedKind.FORWARD:
        return Status.UNKNOWN_FEED
    if system.time_s < forward.expiry_s:
        return Status.INSTRUMENT_LIVE
    if forward.settlement_e8 == 0:
        return Status.NOT_FIXED
    if forward.last_listed != 0:
        if not is_strike_empty(state, forward.last_listed):
            return Status.INSTRUMENT_HELD
        receipt.cancelled = sweep_books(state, forward.last_listed)
        if has_book(state, forward.last_listed):
            return Status.OK
        drop_last_strike(state, tx.feed)
    if read(state.feeds, tx.feed).last_listed == 0:
        drop_feed(state, tx.feed)
        drop_feed(state, tx.feed + 1)
    return Status.OK
