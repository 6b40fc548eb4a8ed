"""What must hold in every state, checked over all rows of a plain one (MARKET, invariants)."""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT
from rollup.market.levels import BRANCH, LEVEL, level_key
from rollup.market.margin import health
from rollup.market.settlement_window import window_mean
from rollup.market.terms import BUY, IN_AUCTION, INSOLVENT, LIVE, SELL, SETTLED, SOLVENT, TRIGGER
from rollup.state.layout import State
from rollup.state.limits import (
    CASH_MAX,
    INSTRUMENT_BITS,
    LEVEL_BITS,
    MONEY_MAX,
    OPEN_ORDERS,
    PAGES,
    POSITIONS,
    QUANTITY_MAX,
    QUANTITY_ONE,
    RESERVE_MAX,
    STRIKES,
)
from rollup.state.plain import Row
from rollup.state.rows import DEPTHS
from rollup.state.table import commit
from tests.unit.transition.opened_market import order_key

Snapshot = dict[str, dict[int, tuple[int, ...]]]


def snapshot(state: State) -> Snapshot:
    """Every row that is not all zeros, by section and index."""
    rows: Snapshot = {}
    for section, depth in DEPTHS.items():
        table = getattr(state, section)
        words = {index: tuple(row.words()) for index, row in table.rows.items() if index < 1 << depth}
        rows[section] = {index: row for index, row in words.items() if any(row)}
    return rows


def check_all(state: State, *, is_listed: bool = True) -> None:
    """Assert every invariant; where instruments were put into the state without being listed, all but those of listing."""
    check_money(state)
    check_positions(state)
    check_book(state)
    check_collateral(state)
    check_auctions(state)
    check_protections(state)
    check_windows(state)
    if is_listed:
        check_listings(state)
    check_funding(state)
    check_health(state)


def system(state: State) -> Row:
    row: Row = state.system.rows[0]
    return row


def check_money(state: State) -> None:
    """All cash, the insurance fund and the pools, less the deficit, are what the vault holds."""
    accounts = [state.accounts.rows[n] for n in range(1, system(state).accounts + 1)]
    pools = sum(state.instruments.rows[n].pool_e8 for n in range(1, system(state).instruments + 1))
    total = sum(account.cash_e8 for account in accounts) + system(state).insurance_e8 + pools - system(state).deficit_e8
    assert total == system(state).vault_e8, f"money {total} is not the vault's {system(state).vault_e8}"
    assert all(abs(account.cash_e8) < CASH_MAX for account in accounts)
    assert 0 <= system(state).insurance_e8 < MONEY_MAX, "insurance fund"
    assert 0 <= system(state).deficit_e8 < MONEY_MAX, "deficit"
    assert system(state).insurance_e8 == 0 or system(state).deficit_e8 == 0, "a fund beside a deficit"
    assert state.accounts.rows[0].words() == [0] * len(state.accounts.rows[0].words()), "account 0 is null"


def check_positions(state: State) -> None:
    """Sizes of an instrument sum to 0, its open interest is its longs, and holdings are dense."""
    longs: dict[int, int] = defaultdict(int)
    shorts: dict[int, int] = defaultdict(int)
    for n in range(1, system(state).accounts + 1):
        count = state.accounts.rows[n].positions
        pages = [state.holdings.rows[n * PAGES + page] for page in range(PAGES)]
        held = [pair for page in pages for pair in zip(page.instrument, page.quantity_e6, strict=True)]
        assert all(i > 0 and q != 0 and abs(q) < QUANTITY_MAX for i, q in held[:count]), f"holdings of account {n}"
        assert held[count:] == [(0, 0)] * (POSITIONS - count), f"holdings of account {n} behind its last"
        expiries = [state.instruments.rows[i].expiry_s for i, _ in held[:count] if state.instruments.rows[i].expiry_s]
        assert not expiries or 0 < state.accounts.rows[n].expiry_s <= min(expiries), f"expiry of account {n}"
        keys = [order_key(state, i) for i, _ in held[:count]]
        assert keys == sorted(set(keys)), f"positions of account {n} are not in order"
        for i, q in held[:count]:
            longs[i] += max(q, 0)
            shorts[i] += max(-q, 0)
    for i in range(1, system(state).instruments + 1):
        row = state.instruments.rows[i]
        assert (row.open_interest_e6, row.shorts_e6) == (longs[i], shorts[i]), f"longs and shorts of instrument {i}"
        if state.feeds.rows[row.forward_feed].settlement_e8 == 0:
            assert longs[i] == shorts[i], f"sizes of instrument {i} do not sum to 0"
            if row.option_type != PERPETUAL:
                assert row.pool_e8 == 0, f"pool of instrument {i}"
            assert row.status != SETTLED
        assert row.status != SETTLED or longs[i] == shorts[i] == row.pool_e8 == 0, f"instrument {i} is not settled"


def check_book(state: State) -> None:
    """Trees, levels, orders, slots and free lists agree, and no book is crossed."""
    live_orders: set[int] = set()
    nodes: set[int] = set()
    for i in range(1, system(state).instruments + 1):
        best = {}
        for side in (BUY, SELL):
            levels = list(walk(state, state.instruments.rows[i].book[side], nodes))
            keys = [level.key for level in levels]
            assert keys == sorted(set(keys)), f"keys of instrument {i}"
            for level in levels:
                check_level(state, level, i, side, live_orders)
            best[side] = keys[0] if keys else None
        if best[BUY] is not None and best[SELL] is not None:
            assert level_key(BUY, best[BUY]) < best[SELL], f"book of instrument {i} is crossed"
    check_slots(state, live_orders)
    check_free(state.orders.rows, system(state).order_free, "newer", set(range(1, system(state).orders + 1)) - live_orders)
    check_free(state.levels.rows, system(state).level_free, "zero", set(range(1, system(state).levels + 1)) - nodes)


def check_collateral(state: State) -> None:
    """Of each underlying, what accounts hold is what L1 holds for them."""
    totals: dict[int, int] = defaultdict(int)
    for n in range(1, system(state).accounts + 1):
        for market, quantity in enumerate(state.collateral.rows[n].quantity_e6):
            assert 0 <= quantity < QUANTITY_MAX, f"collateral of account {n}"
            totals[market] += quantity
    assert totals[0] == 0, "there is no market 0"
    for market, total in totals.items():
        assert total == state.markets.rows[market].vault_e6, f"collateral of market {market}"


def check_auctions(state: State) -> None:
    """An account is in auction if and only if its row says which, and then it has no orders."""
    for n in range(1, system(state).accounts + 1):
        auction, account = state.auctions.rows[n], state.accounts.rows[n]
        assert (account.status == IN_AUCTION) == (auction.kind != 0)
        if auction.kind == 0:
            assert (auction.started_s, auction.reserved_e8) == (0, 0), f"account {n}"
        else:
            assert account.open_orders == 0, f"account {n} has orders in an auction"
            assert auction.kind in (SOLVENT, INSOLVENT)
            assert auction.reserved_e8 >= 0
            assert auction.sequence > 0


def check_protections(state: State) -> None:
    """What is counted is within its limit, or protection would have struck; and it has struck orders of the past only."""
    for n in range(1, system(state).accounts + 1):
        row = state.protections.rows[n]
        assert 0 <= row.filled_e6 <= row.quantity_limit_e6, f"fills of account {n}"
        assert abs(row.delta_e6) <= row.delta_limit_e6, f"delta of account {n}"
        assert 0 <= row.dead_nonce <= state.accounts.rows[n].nonce, f"dead orders of account {n}"


def walk(state: State, node: int, nodes: set[int], above: int = LEVEL_BITS) -> Iterator[Row]:
    """The levels under a node, in order of key; each node is met once, and bits fall on the way down."""
    if node == 0:
        return
    assert node not in nodes, f"node {node} hangs in two places"
    nodes.add(node)
    row = state.levels.rows[node]
    if row.kind == LEVEL:
        yield row
        return
    assert row.kind == BRANCH, f"node {node} has kind {row.kind}"
    assert 0 <= row.bit < above, f"bit of node {node}"
    for child, bit in ((row.zero, 0), (row.one, 1)):
        for level in walk(state, child, nodes, row.bit):
            assert level.key >> row.bit & 1 == bit, f"key {level.key} on the wrong side of bit {row.bit}"
            yield level


def check_level(state: State, level: Row, instrument: int, side: int, live_orders: set[int]) -> None:
    """A level's orders are linked both ways, oldest first, and its quantity is their sum."""
    assert level.oldest != 0, "an empty level"
    older, order_id, total = 0, level.oldest, 0
    while order_id != 0:
        order = state.orders.rows[order_id]
        assert order_id not in live_orders, f"order {order_id} rests twice"
        live_orders.add(order_id)
        assert (order.instrument, order.side, order.older) == (instrument, side, older)
        assert order.quantity_e6 > 0
        assert order.price_e8 == level_key(side, level.key) * state.instruments.rows[instrument].tick_e8
        assert state.levels.rows[order.level].key == level.key
        assert order_id in state.resting.rows[order.account].order
        total += order.quantity_e6
        older, order_id = order_id, order.newer
    assert older == level.newest
    assert total == level.quantity_e6, "quantity of a level"


def check_slots(state: State, live_orders: set[int]) -> None:
    """Accounts know their resting orders and no others."""
    known: list[int] = []
    waiting: set[int] = set()
    for n in range(1, system(state).accounts + 1):
        account = state.accounts.rows[n]
        mine = [order for order in state.resting.rows[n].order if order != 0]
        orders = [state.orders.rows[order] for order in mine]
        assert len(mine) == account.open_orders <= OPEN_ORDERS
        assert all(order.account == n and 0 <= order.reserved_e8 < RESERVE_MAX for order in orders)
        waiting |= {number for number, order in zip(mine, orders, strict=True) if waits(order)}
        assert sum(order.reserved_e8 for order in orders) == account.reserved_e8, f"what account {n} reserves"
        known += mine
    assert sorted(known) == sorted(live_orders | waiting), "orders in slots, orders in books and orders that wait"
    assert not live_orders & waiting
    live_orders |= waiting


def waits(order: Row) -> bool:
    """Does an open order wait for its trigger, outside the book?"""
    assert (order.level == 0) == (order.options & TRIGGER != 0) == (order.trigger_e8 != 0)
    assert order.level != 0 or (order.older, order.newer, order.reserved_e8, order.filled_e6) == (0, 0, 0, 0)
    return bool(order.level == 0)


def check_free(rows: dict[int, Row], first: int, link: str, expected: set[int]) -> None:
    """A free list holds exactly the rows that are not in use, cleared."""
    found = set()
    while first != 0:
        assert first not in found, "a free list goes round"
        found.add(first)
        row = rows[first]
        following = getattr(row, link)
        assert sum(map(abs, row.words())) == following, f"free row {first} is not clear"
        first = following
    assert found == expected, f"free rows {found ^ expected}"


def check_funding(state: State) -> None:
    """What is in a perpetual's pool is what its holders are owed still, and dust: less than a unit a payment."""
    for i in range(1, system(state).instruments + 1):
        row = state.instruments.rows[i]
        if row.option_type == PERPETUAL:
            owed = Fraction(0)
            for n in range(1, system(state).accounts + 1):
                for page in range(PAGES):
                    held = state.holdings.rows[n * PAGES + page]
                    columns = zip(held.instrument, held.quantity_e6, held.funding_e8, strict=True)
                    owed += sum(Fraction(-q * (row.funding_e8 - paid), QUANTITY_ONE) for each, q, paid in columns if each == i)
            assert 0 <= row.pool_e8 - owed < 10_000, f"funding of instrument {i}"
            assert row.open_interest_e6 or row.pool_e8 == 0


def check_windows(state: State) -> None:
    """The expiries whose windows have not closed are linked in order; a price is fixed only behind a window, at a price of its time."""
    for market in range(1, system(state).markets + 1):
        row = state.markets.rows[market]
        linked, feed_id = [], row.expiring
        while feed_id != 0:
            linked.append(feed_id)
            feed_id = state.feeds.rows[feed_id].later
        feeds = [(state.feeds.rows[n].expiry_s, n) for n in range(1, system(state).feeds + 1)]
        mine = [(e, n) for e, n in feeds if state.feeds.rows[n].kind == FeedKind.FORWARD and state.feeds.rows[n].market == market]
        assert linked == [n for _, n in sorted(mine) if state.feeds.rows[n].closed_s == 0], f"expiries of market {market}"
        assert len(linked) == row.expiries
        for expiry_s, n in mine:
            feed = state.feeds.rows[n]
            assert feed.closed_s in (0, expiry_s)
            assert feed.opened_s < expiry_s
            assert feed.settlement_e8 in (0, window_mean(feed))


def check_listings(state: State) -> None:
    """Each expiry's list has its strikes once, with their puts; nothing dated is listed beside them; what is not listed is all zeros."""
    listed = []
    for feed_id in range(1, system(state).feeds + 1):
        feed = state.feeds.rows[feed_id]
        if feed.kind != FeedKind.FORWARD:
            assert (feed.strikes, feed.last_listed) == (0, 0), f"strikes of feed {feed_id}"
            continue
        surface = state.feeds.rows[feed_id + 1]
        assert (surface.kind, surface.market, surface.expiry_s) == (FeedKind.SURFACE, feed.market, feed.expiry_s)
        found, strikes = feed.last_listed, []
        while found:
            row = state.instruments.rows[found]
            ids = [found] if row.strike_e8 == 0 else [found, found + 1]
            assert [state.instruments.rows[i].option_type for i in ids] == ([FUTURE] if row.strike_e8 == 0 else [CALL, PUT])
            for i in ids:
                each = state.instruments.rows[i]
                assert (each.market, each.expiry_s, each.strike_e8) == (feed.market, feed.expiry_s, row.strike_e8), f"instrument {i}"
                assert (each.forward_feed, each.vol_feed) == (feed_id, feed_id + 1 if row.strike_e8 else 0), f"feeds of {i}"
                assert each.status in (LIVE, SETTLED)
            strikes.append(row.strike_e8)
            listed += ids
            found = row.listed_before
        assert len(set(strikes)) == len(strikes) == feed.strikes <= STRIKES, f"strikes of feed {feed_id}"
    dated = [i for i in range(1, system(state).instruments + 1) if state.instruments.rows[i].option_type != PERPETUAL]
    assert sorted(listed) == [i for i in dated if any(state.instruments.rows[i].words())]
    beyond = [i for i in state.instruments.rows if system(state).instruments < i < 1 << INSTRUMENT_BITS]
    assert not any(any(state.instruments.rows[i].words()) for i in beyond), "an instrument that was never listed"


def check_health(state: State) -> None:
    """Margin is total, and initial health is never above maintenance health."""
    for n in range(1, system(state).accounts + 1):
        initial, maintenance, _ = health(state, n, 0, 0, 0)
        assert -(1 << 62) < initial <= maintenance < 1 << 62
    commit(state)
