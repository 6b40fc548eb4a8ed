"""Money and collateral as running sums (invariant 1)."""

from rollup.audit.rows import Written, row_of, system_of
from rollup.audit.violation import MONEY, ensure
from rollup.state.layout import State
from rollup.state.limits import ASSETS, CASH_MAX, MONEY_MAX, QUANTITY_MAX


class Money:
    """All cash, insurance, pools and deficit in one sum, and each underlying in one."""

    sections = ("accounts", "instruments", "system", "collateral", "markets")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.total_e8 = 0
        self.collateral_e6 = [0] * ASSETS
        self.accounts: set[int] = set()
        self.holders: set[int] = set()

    def take(self, change: Written) -> None:
        """Add what a row has changed by."""
        before, after = change.before, change.after
        if change.section == "accounts":
            self.total_e8 += after.cash_e8 - before.cash_e8
            self.accounts.add(change.index)
        elif change.section == "instruments":
            self.total_e8 += after.pool_e8 - before.pool_e8
        elif change.section == "system":
            self.total_e8 += after.insurance_e8 - before.insurance_e8 - after.deficit_e8 + before.deficit_e8
        elif change.section == "collateral":
            self.holders.add(change.index)
            for market in range(ASSETS):
                self.collateral_e6[market] += after.quantity_e6[market] - before.quantity_e6[market]

    def verify(self, state: State) -> None:
        """Compare with the vaults. Raises Violation."""
        system = system_of(state)
        accounts, holders, self.accounts, self.holders = self.accounts, self.holders, set(), set()
        ensure(self.total_e8 == system.vault_e8, MONEY, f"{self.total_e8} is not the vault's {system.vault_e8}")
        ensure(0 <= system.insurance_e8 < MONEY_MAX, MONEY, "insurance fund")
        ensure(0 <= system.deficit_e8 < MONEY_MAX, MONEY, "deficit")
        ensure(system.insurance_e8 == 0 or system.deficit_e8 == 0, MONEY, "a fund beside a deficit")
        for n in sorted(accounts):
            ensure(abs(row_of(state, "accounts", n).cash_e8) < CASH_MAX, MONEY, f"cash of account {n} beyond its bound")
        ensure(0 not in accounts or not any(row_of(state, "accounts", 0).words()), MONEY, "account 0 is null")
        for n in sorted(holders):
            held = row_of(state, "collateral", n).quantity_e6
            ensure(all(0 <= quantity < QUANTITY_MAX for quantity in held), MONEY, f"collateral of account {n}")
        for market, total in enumerate(self.collateral_e6):
            ensure(total == (row_of(state, "markets", market).vault_e6 if market else 0), MONEY, f"collateral of market {market}")
