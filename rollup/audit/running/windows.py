"""Settlement windows by the forward feeds that each market has (invariant 2: what is settled is settled at one price of its time)."""

from collections import defaultdict

from rollup.audit.rows import Written, row_of
from rollup.audit.violation import POSITIONS, ensure
from rollup.core.genesis import FeedKind
from rollup.market.settlement_window import window_mean
from rollup.state.layout import Record, State

WATCHED = ("kind", "market", "expiry_s", "opened_s", "closed_s", "settlement_e8", "later", "origin", "aggregate")
"""Fields of a forward feed that its window is made of."""


class Windows:
    """The forward feeds of each market."""

    sections = ("feeds", "markets")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.forwards: dict[int, set[int]] = defaultdict(set)
        self.feeds: set[int] = set()
        self.markets: set[int] = set()

    def take(self, change: Written) -> None:
        """Note what a row may have broken."""
        before, after = change.before, change.after
        if change.section == "markets":
            if (before.expiring, before.expiries) != (after.expiring, after.expiries):
                self.markets.add(change.index)
        elif FeedKind.FORWARD in {before.kind, after.kind} and any(getattr(before, name) != getattr(after, name) for name in WATCHED):
            self.forwards[before.market].discard(change.index)
            if after.kind == FeedKind.FORWARD:
                self.forwards[after.market].add(change.index)
            self.feeds.add(change.index)
            self.markets |= {before.market, after.market}

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        feeds, markets, self.feeds, self.markets = self.feeds, self.markets, set(), set()
        for n in sorted(feeds):
            check_feed(n, row_of(state, "feeds", n))
        for market in sorted(markets - {0}):
            self.check_market(state, market)

    def check_market(self, state: State, market: int) -> None:
        """Check that the expiries whose windows have not closed are linked in order."""
        row, feeds = row_of(state, "markets", market), self.forwards[market]
        waiting = sorted((feed.expiry_s, n) for n in feeds for feed in [row_of(state, "feeds", n)] if feed.closed_s == 0)
        ensure(len(waiting) == row.expiries, POSITIONS, f"number of expiries of market {market}")
        feed_id = row.expiring
        for _, n in waiting:
            ensure(feed_id == n, POSITIONS, f"expiries of market {market}")
            feed_id = row_of(state, "feeds", n).later
        ensure(feed_id == 0, POSITIONS, f"expiries of market {market} behind the last")


def check_feed(n: int, feed: Record) -> None:
    """Check the window of one forward feed."""
    if feed.kind == FeedKind.FORWARD:
        ensure(feed.closed_s in {0, feed.expiry_s}, POSITIONS, f"window of feed {n} closes at another time")
        ensure(feed.opened_s < feed.expiry_s, POSITIONS, f"window of feed {n} opens behind its expiry")
        ensure(feed.settlement_e8 in {0, window_mean(feed)}, POSITIONS, f"settlement price of feed {n}")
