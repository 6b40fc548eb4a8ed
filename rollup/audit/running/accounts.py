"""Auctions, protection and nonces of the accounts that a step has touched (invariants 5 and 7)."""

from rollup.audit.rows import Written, row_of
from rollup.audit.violation import NONCES, ensure
from rollup.audit.whole.accounts import check_auction, check_protection
from rollup.state.layout import State


class Accounts:
    """What has been touched; nothing is summed."""

    sections = ("accounts", "auctions", "protections")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.touched: set[int] = set()
        self.fallen: list[int] = []

    def take(self, change: Written) -> None:
        """Note an account."""
        self.touched.add(change.index)
        if change.section == "accounts" and change.after.nonce < change.before.nonce:
            self.fallen.append(change.index)

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        touched, fallen, self.touched, self.fallen = self.touched, self.fallen, set(), []
        ensure(not fallen, NONCES, f"nonces of accounts {fallen} have fallen")
        for n in sorted(touched - {0}):
            account = row_of(state, "accounts", n)
            check_auction(n, account, row_of(state, "auctions", n))
            check_protection(n, account, row_of(state, "protections", n))
