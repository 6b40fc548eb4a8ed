"""Open orders: reserves and levels as running sums, links with their neighbours, slots (invariant 6); nonces and fills (invariant 7)."""

from collections import Counter, defaultdict

from rollup.audit.rows import Written, row_of
from rollup.audit.running.trees import Trees
from rollup.audit.violation import BOOK, NONCES, ensure
from rollup.audit.whole.accounts import check_fill
from rollup.audit.whole.book import waits
from rollup.market.levels import LEVEL, level_key
from rollup.state.layout import Record, State
from rollup.state.limits import OPEN_ORDERS, RESERVE_MAX


class Orders:
    """What accounts reserve, what levels hold, and in whose slots an order is."""

    sections = ("orders", "resting", "accounts", "levels")

    def __init__(self, trees: Trees) -> None:
        """Begin with nothing. The trees, which are fed before, tell which book a level is in."""
        self.trees = trees
        self.reserved_e8: dict[int, int] = defaultdict(int)
        self.level_e6: dict[int, int] = defaultdict(int)
        self.slots: dict[int, Counter[int]] = defaultdict(Counter)
        """By order: whose slots it is in."""
        self.open: Counter[int] = Counter()
        self.orders: set[int] = set()
        self.levels: set[int] = set()
        self.accounts: set[int] = set()
        self.shrunk: list[int] = []

    def take(self, change: Written) -> None:
        """Add what a row has changed by, and note what it may have broken."""
        if change.section == "orders":
            self.take_order(change)
        elif change.section == "resting":
            self.accounts.add(change.index)
            for row, sign in ((change.before, -1), (change.after, 1)):
                for order_id in filter(None, row.order):
                    self.slots[order_id][change.index] += sign
                    self.open[change.index] += sign
                    self.orders.add(order_id)
        elif change.section == "accounts":
            self.accounts.add(change.index)
        else:
            self.levels.add(change.index)
            if change.before.key != change.after.key:
                # All orders of a level have its price: one of them tells.
                self.orders.add(change.after.oldest)

    def take_order(self, change: Written) -> None:
        """Add what an order has changed by."""
        before, after = change.before, change.after
        self.orders.add(change.index)
        for row, sign in ((before, -1), (after, 1)):
            self.reserved_e8[row.account] += sign * row.reserved_e8
            self.accounts.add(row.account)
            if row.level:
                self.level_e6[row.level] += sign * row.quantity_e6
                self.levels.add(row.level)
                self.orders |= {row.older, row.newer}
        if (before.account, before.nonce) == (after.account, after.nonce) and before.account and after.filled_e6 < before.filled_e6:
            self.shrunk.append(change.index)

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        orders, levels, accounts, shrunk = self.orders, self.levels, self.accounts, self.shrunk
        self.orders, self.levels, self.accounts, self.shrunk = set(), set(), set(), []
        ensure(not shrunk, NONCES, f"less is filled than was: orders {shrunk}")
        for n in sorted(accounts - {0}):
            account = row_of(state, "accounts", n)
            ensure(self.open[n] == account.open_orders <= OPEN_ORDERS, BOOK, f"number of orders of account {n}")
            ensure(self.reserved_e8[n] == account.reserved_e8, BOOK, f"what account {n} reserves")
        for level in sorted(levels - {0}):
            self.check_level(state, level)
        for order_id in sorted(orders - {0}):
            self.check_order(state, order_id)

    def check_level(self, state: State, level: int) -> None:
        """Compare a level with the sum of its orders, and see that its ends are ends. Raises Violation."""
        row = row_of(state, "levels", level)
        ensure(self.level_e6[level] == row.quantity_e6, BOOK, f"quantity of level {level}")
        if row.kind == LEVEL:
            oldest, newest = row_of(state, "orders", row.oldest), row_of(state, "orders", row.newest)
            ensure((oldest.level, oldest.older, newest.level, newest.newer) == (level, 0, level, 0), BOOK, f"ends of level {level}")

    def check_order(self, state: State, order_id: int) -> None:
        """Check an order's slot, margin, links and price; of one that is gone, that no account has it. Raises Violation."""
        order = row_of(state, "orders", order_id)
        whose = {n: times for n, times in self.slots[order_id].items() if times}
        ensure(whose == ({order.account: 1} if order.account else {}), BOOK, f"slots of order {order_id}")
        if order.account == 0:
            return
        ensure(0 <= order.reserved_e8 < RESERVE_MAX, BOOK, f"reserve of order {order_id}")
        check_fill(order_id, order, row_of(state, "accounts", order.account))
        if not waits(order):
            self.check_place(state, order_id, order)

    def check_place(self, state: State, order_id: int, order: Record) -> None:
        """Check that a resting order and its neighbours know each other, in a level of its price. Raises Violation."""
        level = row_of(state, "levels", order.level)
        for other, back, end in ((order.older, "newer", level.oldest), (order.newer, "older", level.newest)):
            neighbour = row_of(state, "orders", other)
            linked = end == order_id if other == 0 else (getattr(neighbour, back), neighbour.level) == (order_id, order.level)
            ensure(linked, BOOK, f"links of order {order_id}")
        ensure(self.trees.root_of(order.level) == (order.instrument, order.side), BOOK, f"order {order_id} is in another book")
        tick_e8 = row_of(state, "instruments", order.instrument).tick_e8
        ensure(level.kind == LEVEL and order.price_e8 == level_key(order.side, level.key) * tick_e8, BOOK, f"price of order {order_id}")
