"""ORACLE_UPDATE: several reporters' signed reports of one feed become its median.

Each record, the head and its continuations, is one reporter's report: feed, number, confidence, timestamp. No account and no
nonce is needed, since a feed's time only moves forward; anybody may bring the reports.
"""

from collections.abc import Sequence

from rollup.core.fixed import mul_div_down
from rollup.core.genesis import FeedKind
from rollup.core.kernel import kernel
from rollup.market.feeds import is_stale, roll
from rollup.market.terms import LIVE
from rollup.state.layout import Record, State
from rollup.state.limits import PRICE_MAX, RATIO_MAX, RATIO_ONE
from rollup.state.table import read, write
from rollup.transition.authorise import same_address
from rollup.transition.status import Status

REPORTERS = 15
"""Highest id that a reporter may have."""


@kernel
def apply_oracle_update(state: State, records: Sequence[Record], index: int) -> int:
    """Set a feed to the reports' median (the lower middle one), their least confidence and their oldest time.

    Statuses: UNKNOWN_FEED, OUT_OF_RANGE, ORACLE_ORDER, INVALID_REPORTER, ORACLE_QUORUM, ORACLE_BAND.
    """
    tx = records[index]
    if not 0 < tx.feed <= read(state.system, 0).feeds:
        return Status.UNKNOWN_FEED
    last = index + tx.parts + 1
    status = check_reports(state, records, index, last)
    if status != Status.OK:
        return status
    if last - index < read(state.parameters, 0).reporters_required:
        return Status.ORACLE_QUORUM
    number = median(records, index, last)
    feed = read(state.feeds, tx.feed)
    if not is_in_band(state, feed, number):
        return Status.ORACLE_BAND
    roll(state, tx.feed)
    feed = write(state.feeds, tx.feed)
    feed.number = number
    feed.confidence_e9, feed.timestamp_s = records[index].confidence_e9, records[index].timestamp_s
    for place in range(index + 1, last):
        feed.confidence_e9 = min(feed.confidence_e9, records[place].confidence_e9)
        feed.timestamp_s = min(feed.timestamp_s, records[place].timestamp_s)
    return Status.OK


@kernel
def check_reports(state: State, records: Sequence[Record], index: int, last: int) -> int:
    """Every report is about the feed, in range, newer than what is known, not of the future, and of a reporter of its own."""
    now = read(state.system, 0).time_s
    feed = read(state.feeds, records[index].feed)
    seen = 0
    for place in range(index, last):
        report = records[place]
        if report.feed != records[index].feed or not is_in_range(feed.kind, report.number):
            return Status.OUT_OF_RANGE
        if not 0 <= report.confidence_e9 <= RATIO_ONE:
            return Status.OUT_OF_RANGE
        if not feed.timestamp_s < report.timestamp_s <= now:
            return Status.ORACLE_ORDER
        bit = 1 << reporter_of(state, report)
        if bit == 1 or seen & bit != 0:
            return Status.INVALID_REPORTER
        seen |= bit
    return Status.OK


@kernel
def is_in_range(kind: int, number: int) -> bool:
    """Can a feed of this kind have this number?"""
    if kind == FeedKind.RATE:
        return -RATIO_ONE < number < RATIO_ONE
    if kind == FeedKind.VOL:
        return 0 < number < RATIO_MAX
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
def median(records: Sequence[Record], index: int, last: int) -> int:
    """The report that as many others are below as above; of the two in the middle the lower. Equal numbers rank by place."""
    wanted = (last - index - 1) // 2
    for place in range(index, last):
        number = records[place].number
        below = 0
        for other in range(index, last):
            if records[other].number < number or (records[other].number == number and other < place):
                below += 1
        if below == wanted:
            return int(number)
    return 0


@kernel
def is_in_band(state: State, feed: Record, number: int) -> bool:
    """Is a number near enough to the feed's last one: by a share of it, or for a rate by so much? Silence ends what the last one says."""
    if feed.timestamp_s == 0 or is_stale(state, feed.timestamp_s):
        return True
    width = read(state.parameters, 0).deviation_e9
    if feed.kind != FeedKind.RATE:
        width = mul_div_down(feed.number, width, RATIO_ONE)
    return bool(abs(number - feed.number) <= width)
