"""Positions in a whole state (invariant 2), and the settlement windows of expiries (invariant 8: pools close at one price)."""

from collections import defaultdict

from rollup.audit.rows import order_key, row_of, system_of
from rollup.audit.violation import POSITIONS, ensure
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import PERPETUAL
from rollup.market.settlement_window import window_mean
from rollup.market.terms import SETTLED
from rollup.state.layout import State
from rollup.state.limits import PAGES, QUANTITY_MAX
from rollup.state.limits import POSITIONS as POSITIONS_MAX


def check_positions(state: State) -> None:
    """Sizes of an instrument sum to 0 until it is settled, its open interest is its longs, and holdings are dense and in order."""
    longs: dict[int, int] = defaultdict(int)
    shorts: dict[int, int] = defaultdict(int)
    for n in range(1, system_of(state).accounts + 1):
        for i, q in portfolio(state, n):
            longs[i] += max(q, 0)
            shorts[i] += max(-q, 0)
    for i in range(1, system_of(state).instruments + 1):
        row = row_of(state, "instruments", i)
        ensure((row.open_interest_e6, row.shorts_e6) == (longs[i], shorts[i]), POSITIONS, f"longs and shorts of instrument {i}")
        if row_of(state, "feeds", row.forward_feed).settlement_e8 == 0:
            ensure(longs[i] == shorts[i], POSITIONS, f"sizes of instrument {i} do not sum to 0")
            ensure(row.option_type == PERPETUAL or row.pool_e8 == 0, POSITIONS, f"pool of instrument {i} before it settles")
            ensure(row.status != SETTLED, POSITIONS, f"instrument {i} is settled without a price")
        settled = longs[i] == shorts[i] == row.pool_e8 == 0
        ensure(row.status != SETTLED or settled, POSITIONS, f"instrument {i} is called settled")


def portfolio(state: State, account: int) -> list[tuple[int, int]]:
    """Return the positions of an account, once they are seen to be as they must."""
    row = row_of(state, "accounts", account)
    pages = [row_of(state, "holdings", account * PAGES + page) for page in range(PAGES)]
    held = [pair for page in pages for pair in zip(page.instrument, page.quantity_e6, strict=True)]
    used, count = held[: row.positions], row.positions
    ensure(all(i > 0 and q != 0 and abs(q) < QUANTITY_MAX for i, q in used), POSITIONS, f"holdings of account {account}")
    ensure(held[count:] == [(0, 0)] * (POSITIONS_MAX - count), POSITIONS, f"holdings of account {account} behind its last")
    expiries = [row_of(state, "instruments", i).expiry_s for i, _ in used]
    first_s = min(filter(None, expiries), default=0)
    ensure(first_s == 0 or 0 < row.expiry_s <= first_s, POSITIONS, f"expiry of account {account}")
    keys = [order_key(state, i) for i, _ in used]
    ensure(keys == sorted(set(keys)), POSITIONS, f"positions of account {account} are not in order")
    return used


def check_windows(state: State) -> None:
    """Expiries whose windows have not closed are linked in order; a price is fixed only behind its window, at a price of its time."""
    for market in range(1, system_of(state).markets + 1):
        row = row_of(state, "markets", market)
        linked: list[int] = []
        feed_id = row.expiring
        while feed_id != 0 and len(linked) <= row.expiries:
            linked.append(feed_id)
            feed_id = row_of(state, "feeds", feed_id).later
        feeds = [(row_of(state, "feeds", n), n) for n in range(1, system_of(state).feeds + 1)]
        mine = sorted((feed.expiry_s, n) for feed, n in feeds if feed.kind == FeedKind.FORWARD and feed.market == market)
        waiting = [n for _, n in mine if row_of(state, "feeds", n).closed_s == 0]
        ensure(linked == waiting, POSITIONS, f"expiries of market {market}")
        ensure(len(linked) == row.expiries, POSITIONS, f"number of expiries of market {market}")
        for expiry_s, n in mine:
            feed = row_of(state, "feeds", n)
            ensure(feed.closed_s in (0, expiry_s), POSITIONS, f"window of feed {n} closes at another time")
            ensure(feed.opened_s < expiry_s, POSITIONS, f"window of feed {n} opens behind its expiry")
            ensure(feed.settlement_e8 in (0, window_mean(feed)), POSITIONS, f"settlement price of feed {n}")
