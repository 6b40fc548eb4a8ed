"""Which instruments there are, by the lists of the expiries that a step has touched (invariant 2)."""

from rollup.audit.rows import Written, row_of
from rollup.audit.violation import POSITIONS, ensure
from rollup.audit.whole.listings import check_list
from rollup.core.instrument_names import PERPETUAL
from rollup.state.layout import Record, State

TERMS = ("market", "option_type", "strike_e8", "expiry_s", "forward_feed", "vol_feed", "listed_before")
"""Fields of an instrument that listing sets, and only delisting changes."""

WATCHED = ("kind", "market", "expiry_s", "strikes", "last_listed")
"""Fields of a feed that lists are made of."""


class Listings:
    """How many instruments each expiry has on its list, and how many dated ones there are."""

    sections = ("feeds", "instruments")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.sizes: dict[int, int] = {}
        self.dated = 0
        self.feeds: set[int] = set()

    def take(self, change: Written) -> None:
        """Note the lists that a row may have broken. A list is short, and is touched by listing and delisting alone."""
        before, after = change.before, change.after
        if change.section == "feeds":
            if any(getattr(before, name) != getattr(after, name) for name in WATCHED):
                self.feeds.add(change.index)
        elif any(getattr(before, name) != getattr(after, name) for name in TERMS) or before.status == 0 or after.status == 0:
            self.dated += is_dated(after) - is_dated(before)
            self.feeds |= {before.forward_feed, after.forward_feed}

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        feeds, self.feeds = self.feeds, set()
        for feed_id in sorted(feeds - {0}):
            self.sizes[feed_id] = 0 if is_perpetuals(state, feed_id) else len(check_list(state, feed_id))
        ensure(not feeds or sum(self.sizes.values()) == self.dated, POSITIONS, "instruments beside the lists of their expiries")


def is_dated(row: Record) -> bool:
    """Return whether a row is an instrument that expires."""
    return row.option_type != PERPETUAL and any(row.words())


def is_perpetuals(state: State, feed_id: int) -> bool:
    """Return whether a feed, a perpetual's mark, has no list."""
    feed = row_of(state, "feeds", feed_id)
    return (feed.strikes, feed.last_listed, feed.expiry_s) == (0, 0, 0)
