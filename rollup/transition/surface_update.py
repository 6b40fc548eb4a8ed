"""SURFACE_UPDATE: several reporters' signed surfaces of one expiry become one.

Each record, the head and its continuations, is one reporter's report, as in ORACLE_UPDATE.

The rule: each of the seven numbers becomes its lower median, so that as long as most reporters are honest each lies among honest ones.
Such a mixture of different surfaces need not make sense as one; where it does not, the report counts whose volatility at the money is the
lower median, and that is valid because every report has to be.
"""

from collections.abc import Sequence

from rollup.core.genesis import FeedKind
from rollup.core.kernel import kernel
from rollup.market.feeds import vol_at
from rollup.market.surface import surface_is_valid
from rollup.state.layout import Record, State
from rollup.state.limits import RATIO_MAX
from rollup.state.table import write
from rollup.transition.oracle_update import (
    AT_THE_MONEY,
    NUMBER,
    REFERENCE,
    SURFACE_A,
    SURFACE_B,
    SURFACE_M,
    SURFACE_RHO,
    SURFACE_SIGMA,
    check_reports,
    is_in_band,
    median_place,
    note_reports,
)
from rollup.transition.status import Status


@kernel
def apply_surface_update(state: State, records: Sequence[Record], index: int) -> int:
    """Set an expiry's surface by the reports' medians, with their least confidence and their oldest time.

    The deviation band holds the volatility at the money. Statuses: those of ORACLE_UPDATE, and SURFACE_INVALID.
    """
    status = check_reports(state, records, index)
    if status != Status.OK:
        return status
    tx = records[index]
    feed = write(state.feeds, tx.feed)
    if feed.kind != FeedKind.SURFACE:
        return Status.OUT_OF_RANGE
    last = index + tx.parts + 1
    for place in range(index, last):
        set_surface(feed, records, place, place + 1)
        if not is_surface(feed):
            return Status.SURFACE_INVALID
    set_surface(feed, records, index, last)
    if not is_surface(feed):
        place = median_place(records, index, last, AT_THE_MONEY)
        set_surface(feed, records, place, place + 1)
    level = vol_at(feed, feed.reference_e8)
    if not is_in_band(state, feed, level):
        return Status.ORACLE_BAND
    feed.number = level
    note_reports(state, records, index)
    return Status.OK


@kernel
def set_surface(feed: Record, records: Sequence[Record], first: int, last: int) -> None:
    """Write the medians of some reports into a feed's row."""
    feed.surface_a = records[median_place(records, first, last, SURFACE_A)].surface_a
    feed.surface_b = records[median_place(records, first, last, SURFACE_B)].surface_b
    feed.surface_rho = records[median_place(records, first, last, SURFACE_RHO)].surface_rho
    feed.surface_m = records[median_place(records, first, last, SURFACE_M)].surface_m
    feed.surface_sigma = records[median_place(records, first, last, SURFACE_SIGMA)].surface_sigma
    feed.reference_e8 = records[median_place(records, first, last, REFERENCE)].price_e8
    feed.reference_us = records[median_place(records, first, last, NUMBER)].number


@kernel
def is_surface(feed: Record) -> bool:
    """Does a feed's row hold a valid surface, whose volatility at the money is one that a feed may have?"""
    return (
        surface_is_valid(
            feed.surface_a,
            feed.surface_b,
            feed.surface_rho,
            feed.surface_m,
            feed.surface_sigma,
            feed.reference_e8,
            feed.reference_us,
        )
        and 0 < vol_at(feed, feed.reference_e8) < RATIO_MAX
    )
