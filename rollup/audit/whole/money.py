"""Money and collateral in a whole state (invariant 1), and what perpetuals' pools owe (invariant 8)."""

from collections import defaultdict

from rollup.audit.rows import row_of, system_of
from rollup.audit.violation import DUST, MONEY, ensure
from rollup.core.instrument_names import PERPETUAL
from rollup.state.layout import State
from rollup.state.limits import CASH_MAX, FILLS, LEGS, MONEY_MAX, PAGES, QUANTITY_MAX, QUANTITY_ONE, STEPS

PAYMENTS_A_STEP = 4 * (FILLS + LEGS)
"""Payments of one perpetual's funding that a step makes, at most: both sides of each fill or leg, before and after it."""


def check_money(state: State) -> None:
    """All cash, the insurance fund and the pools, less the deficit, are what the vault holds."""
    system = system_of(state)
    accounts = [row_of(state, "accounts", n) for n in range(1, system.accounts + 1)]
    pools = sum(row_of(state, "instruments", n).pool_e8 for n in range(1, system.instruments + 1))
    total = sum(account.cash_e8 for account in accounts) + system.insurance_e8 + pools - system.deficit_e8
    ensure(total == system.vault_e8, MONEY, f"{total} is not the vault's {system.vault_e8}")
    ensure(all(abs(account.cash_e8) < CASH_MAX for account in accounts), MONEY, "cash beyond its bound")
    ensure(0 <= system.insurance_e8 < MONEY_MAX, MONEY, "insurance fund")
    ensure(0 <= system.deficit_e8 < MONEY_MAX, MONEY, "deficit")
    ensure(system.insurance_e8 == 0 or system.deficit_e8 == 0, MONEY, "a fund beside a deficit")
    ensure(not any(row_of(state, "accounts", 0).words()), MONEY, "account 0 is null")


def check_collateral(state: State) -> None:
    """Of each underlying, what accounts hold is what L1 holds for them."""
    totals: dict[int, int] = defaultdict(int)
    for n in range(1, system_of(state).accounts + 1):
        for market, quantity in enumerate(row_of(state, "collateral", n).quantity_e6):
            ensure(0 <= quantity < QUANTITY_MAX, MONEY, f"collateral of account {n}")
            totals[market] += quantity
    ensure(totals[0] == 0, MONEY, "there is no market 0")
    for market, total in totals.items():
        ensure(total == row_of(state, "markets", market).vault_e6, MONEY, f"collateral of market {market}")


def check_funding(state: State) -> None:
    """What is in a perpetual's pool is what its holders are owed still, and dust: less than a unit a payment."""
    system = system_of(state)
    payments: dict[int, int] = defaultdict(int)
    for n in range(1, system.accounts + 1):
        for page in range(PAGES):
            held = row_of(state, "holdings", n * PAGES + page)
            for each, quantity, paid in zip(held.instrument, held.quantity_e6, held.funding_e8, strict=True):
                payments[each] -= quantity * (row_of(state, "instruments", each).funding_e8 - paid) if each else 0
    dust_max = max(system.batch, 1) * STEPS * PAYMENTS_A_STEP
    for i in range(1, system.instruments + 1):
        row = row_of(state, "instruments", i)
        if row.option_type == PERPETUAL:
            # Both in units of 1e-6 · 1e-8 USD, so that nothing is rounded.
            dust = row.pool_e8 * QUANTITY_ONE - payments[i]
            ensure(0 <= dust < dust_max * QUANTITY_ONE, DUST, f"pool of perpetual {i}: {dust / QUANTITY_ONE:.6f} units beyond what is owed")
            ensure(row.open_interest_e6 != 0 or row.pool_e8 == 0, DUST, f"pool of perpetual {i}, which nobody holds")
