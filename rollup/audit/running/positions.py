"""Longs and shorts as running sums, and the pages of holdings that a step has touched (invariant 2)."""

from collections import defaultdict

from rollup.audit.rows import Written, order_key, row_of
from rollup.audit.violation import POSITIONS, ensure
from rollup.core.instrument_names import PERPETUAL
from rollup.market.terms import SETTLED
from rollup.state.layout import State
from rollup.state.limits import PAGE_POSITIONS, PAGES, QUANTITY_MAX


class Positions:
    """Longs and shorts by instrument; what is to be looked at again is pages and instruments."""

    sections = ("accounts", "holdings", "instruments", "feeds")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.longs_e6: dict[int, int] = defaultdict(int)
        self.shorts_e6: dict[int, int] = defaultdict(int)
        self.by_feed: dict[int, set[int]] = defaultdict(set)
        self.pages: set[int] = set()
        self.instruments: set[int] = set()

    def take(self, change: Written) -> None:
        """Add what a row has changed by, and note what it may have broken."""
        before, after = change.before, change.after
        if change.section == "holdings":
            self.pages.add(change.index)
            for row, sign in ((before, -1), (after, 1)):
                for i, q in zip(row.instrument, row.quantity_e6, strict=True):
                    self.longs_e6[i] += sign * max(q, 0)
                    self.shorts_e6[i] += sign * max(-q, 0)
                    self.instruments.add(i)
        elif change.section == "accounts":
            self.take_account(change)
        elif change.section == "instruments":
            self.instruments.add(change.index)
            self.by_feed[before.forward_feed].discard(change.index)
            self.by_feed[after.forward_feed].add(change.index)
        elif before.settlement_e8 != after.settlement_e8:
            self.instruments |= self.by_feed[change.index]

    def take_account(self, change: Written) -> None:
        """Note the pages that an account's count or first expiry says something new about."""
        first, last = sorted((change.before.positions, change.after.positions))
        if change.after.expiry_s != change.before.expiry_s:
            first, last = 0, max(last, 1)
        if first != last:
            pages = range(first // PAGE_POSITIONS, min(last // PAGE_POSITIONS, PAGES - 1) + 1)
            self.pages |= {change.index * PAGES + page for page in pages}

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        pages, instruments, self.pages, self.instruments = self.pages, self.instruments, set(), set()
        for page in sorted(pages):
            check_page(state, page)
        for i in sorted(instruments - {0}):
            self.check_instrument(state, i)

    def check_instrument(self, state: State, i: int) -> None:
        """Compare an instrument with the sums. Raises Violation."""
        row, longs, shorts = row_of(state, "instruments", i), self.longs_e6[i], self.shorts_e6[i]
        ensure((row.open_interest_e6, row.shorts_e6) == (longs, shorts), POSITIONS, f"longs and shorts of instrument {i}")
        if row_of(state, "feeds", row.forward_feed).settlement_e8 == 0:
            ensure(longs == shorts, POSITIONS, f"sizes of instrument {i} do not sum to 0")
            ensure(row.option_type == PERPETUAL or row.pool_e8 == 0, POSITIONS, f"pool of instrument {i} before it settles")
            ensure(row.status != SETTLED, POSITIONS, f"instrument {i} is settled without a price")
        ensure(row.status != SETTLED or longs == shorts == row.pool_e8 == 0, POSITIONS, f"instrument {i} is called settled")


def check_page(state: State, index: int) -> None:
    """Check that a page is dense, in order, and between its neighbours; a page that an account does not use is empty."""
    account, page = divmod(index, PAGES)
    row, owner = row_of(state, "holdings", index), row_of(state, "accounts", account)
    held = list(zip(row.instrument, row.quantity_e6, strict=True))
    used = min(max(owner.positions - page * PAGE_POSITIONS, 0), PAGE_POSITIONS)
    ensure(all(i > 0 and q != 0 and abs(q) < QUANTITY_MAX for i, q in held[:used]), POSITIONS, f"holdings of account {account}")
    ensure(not any(i or q for i, q in held[used:]), POSITIONS, f"holdings of account {account} behind its last")
    ids = [i for i, _ in held[:used]]
    expiries = [row_of(state, "instruments", i).expiry_s for i in ids]
    first_s = min(filter(None, expiries), default=0)
    ensure(first_s == 0 or 0 < owner.expiry_s <= first_s, POSITIONS, f"expiry of account {account}")
    if used and page:
        ids = [row_of(state, "holdings", index - 1).instrument[-1], *ids]
    if owner.positions > (page + 1) * PAGE_POSITIONS and page + 1 < PAGES:
        ids.append(row_of(state, "holdings", index + 1).instrument[0])
    keys = [order_key(state, i) for i in ids]
    ensure(keys == sorted(set(keys)), POSITIONS, f"positions of account {account} are not in order")
