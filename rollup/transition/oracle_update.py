"""ORACLE_UPDATE: several reporters' signed reports of one feed become its median.

Each record, the head and its continuations, is one reporter's report: feed, number, confidence, timestamp. No account and no
nonce is needed, since a feed's time only moves forward; anybody may bring the reports.
"""

from collections.abc import Sequence

from rollup.core.fixed import mul_div_down
from rollup.core.genesis import FeedKind
from rollup.core.kernel import kernel
from rollup.market.feeds import is_stale
from rollup.market.funding import accrue
from rollup.market.settlement_window import pass_time
from rollup.market.strain import note_return, note_silence
from rollup.market.surface import surface_vol
from rollup.market.terms import LIVE
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import PRICE_MAX, RATIO_ONE
from rollup.state.table import read, write
from rollup.transition.status import Status

REPORTERS = 15
"""Highest id that a reporter may have."""

SPOT, PERPETUAL = int(FeedKind.SPOT), int(FeedKind.PERPETUAL)
"""Kinds of the feeds that funding rests on."""

NUMBER, SURFACE_A, SURFACE_B, SURFACE_RHO, SURFACE_M, SURFACE_SIGMA, REFERENCE, AT_THE_MONEY = range(8)
"""Values of a report: its number, a surface's parameters and reference forward, and the volatility at the money that follows from them."""


@kernel
def apply_oracle_update(state: State, records: Sequence[Record], index: int) -> int:
    """Set a feed to the reports' median (the lower middle one), their least confidence and their oldest time.

    Statuses: UNKNOWN_FEED, OUT_OF_RANGE, ORACLE_ORDER, INVALID_REPORTER, ORACLE_QUORUM, ORACLE_BAND.
    """
    status = check_reports(state, records, index)
    if status != Status.OK:
        return status
    tx = records[index]
    last = index + tx.parts + 1
    feed = read(state.feeds, tx.feed)
    for place in range(index, last):
        if not is_in_range(feed.kind, records[place].number):
            return Status.OUT_OF_RANGE
    number = records[median_place(records, index, last, NUMBER)].number
    if not is_in_band(state, feed, number):
        return Status.ORACLE_BAND
    if feed.kind in (SPOT, PERPETUAL):
        accrue(state, feed.market)
    if feed.kind == FeedKind.SPOT:
        pass_time(state, tx.feed, number, oldest_report(records, index))
        note_return(state, tx.feed, number, oldest_report(records, index))
    write(state.feeds, tx.feed).number = number
    note_reports(state, records, index)
    return Status.OK


@kernel
def check_reports(state: State, records: Sequence[Record], index: int) -> int:
    """Enough reports of a feed, all about it, newer than what is known, not of the future, and each of a reporter of its own."""
    tx = records[index]
    if not 0 < tx.feed <= read(state.system, 0).feeds:
        return Status.UNKNOWN_FEED
    now = read(state.system, 0).time_s
    feed = read(state.feeds, tx.feed)
    if feed.kind == 0:
        return Status.UNKNOWN_FEED
    seen = 0
    for place in range(index, index + tx.parts + 1):
        report = records[place]
        if report.feed != tx.feed or not 0 <= report.confidence_e9 <= RATIO_ONE:
            return Status.OUT_OF_RANGE
        if not feed.timestamp_s < report.timestamp_s <= now:
            return Status.ORACLE_ORDER
        bit = 1 << reporter_of(state, report)
        if bit == 1 or seen & bit != 0:
            return Status.INVALID_REPORTER
        seen |= bit
    if tx.parts + 1 < read(state.parameters, 0).reporters_required:
        return Status.ORACLE_QUORUM
    return Status.OK


@kernel
def note_reports(state: State, records: Sequence[Record], index: int) -> None:
    """Set a feed's confidence to the reports' least, and its time to their oldest; remember for how long it was silent."""
    note_silence(state, records[index].feed)
    feed = write(state.feeds, records[index].feed)
    feed.timestamp_s, feed.confidence_e9 = oldest_report(records, index), records[index].confidence_e9
    for place in range(index + 1, index + records[index].parts + 1):
        feed.confidence_e9 = min(feed.confidence_e9, records[place].confidence_e9)


@kernel
def oldest_report(records: Sequence[Record], index: int) -> int:
    """Time of the oldest of some reports."""
    oldest = records[index].timestamp_s
    for place in range(index + 1, index + records[index].parts + 1):
        oldest = min(oldest, records[place].timestamp_s)
    return int(oldest)


@kernel
def is_in_range(kind: int, number: int) -> bool:
    """Can reports of numbers set a feed of this kind to this one?"""
    if kind == FeedKind.SURFACE:
        return False
    if kind == FeedKind.RATE:
        return -RATIO_ONE < number < RATIO_ONE
    return 0 < number < PRICE_MAX


@kernel
def reporter_of(state: State, report: Record) -> int:
    """Id of the live reporter that signed, or 0."""
    for reporter_id in range(1, min(read(state.system, 0).reporters, REPORTERS) + 1):
        reporter = read(state.reporters, reporter_id)
        if reporter.status == LIVE and same_address(reporter.address, report.signer):
            return reporter_id
    return 0


@kernel
def median_place(records: Sequence[Record], index: int, last: int, column: int) -> int:
    """Place of the report whose value as many others are below as above; of the two in the middle the lower. Equal ones rank by place."""
    wanted = (last - index - 1) // 2
    for place in range(index, last):
        value = value_of(records[place], column)
        below = 0
        for other in range(index, last):
            another = value_of(records[other], column)
            if another < value or (another == value and other < place):
                below += 1
        if below == wanted:
            return place
    return index


@kernel
def value_of(report: Record, column: int) -> int:
    """One of the values that a report gives."""
    if column == SURFACE_A:
        return int(report.surface_a)
    if column == SURFACE_B:
        return int(report.surface_b)
    if column == SURFACE_RHO:
        return int(report.surface_rho)
    if column == SURFACE_M:
        return int(report.surface_m)
    if column == SURFACE_SIGMA:
        return int(report.surface_sigma)
    if column == REFERENCE:
        return int(report.price_e8)
    if column == AT_THE_MONEY:
        return reported_vol(report)
    return int(report.number)


@kernel
def reported_vol(report: Record) -> int:
    """The volatility at the money of a reported surface, 1e-9 a year."""
    return surface_vol(
        report.surface_a,
        report.surface_b,
        report.surface_rho,
        report.surface_m,
        report.surface_sigma,
        report.price_e8,
        report.number,
        report.price_e8,
    )


@kernel
def is_in_band(state: State, feed: Record, number: int) -> bool:
    """Is a number near enough to the feed's last one: by a share of it, or for a rate by so much? Silence ends what the last one says."""
    if feed.timestamp_s == 0 or is_stale(state, feed.timestamp_s):
        return True
    width = read(state.parameters, 0).deviation_e9
    if feed.kind != FeedKind.RATE:
        width = mul_div_down(feed.number, width, RATIO_ONE)
    return bool(abs(number - feed.number) <= width)
