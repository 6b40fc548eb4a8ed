"""Accounts in a whole state: auctions (5), nonces and fills (7), margin (9), and whether who lacks it can be put up for sale (4)."""

from rollup.audit.rows import row_of, system_of
from rollup.audit.sale import can_be_sold
from rollup.audit.violation import AUCTIONS, HEALTH, LIQUIDATION, NONCES, ensure
from rollup.market.margin import health
from rollup.market.terms import IN_AUCTION, INSOLVENT, SOLVENT
from rollup.state.layout import Record, State
from rollup.state.table import commit

HEALTH_MAX = 1 << 62
"""Bound of every health's magnitude."""


def check_auctions(state: State) -> None:
    """An account is in auction if and only if its row says which, and then it has no orders."""
    for n in range(1, system_of(state).accounts + 1):
        check_auction(n, row_of(state, "accounts", n), row_of(state, "auctions", n))


def check_auction(n: int, account: Record, auction: Record) -> None:
    """Check the auction of one account."""
    ensure((account.status == IN_AUCTION) == (auction.kind != 0), AUCTIONS, f"account {n} and its auction's row")
    if auction.kind == 0:
        ensure((auction.started_s, auction.reserved_e8) == (0, 0), AUCTIONS, f"the row of no auction of account {n}")
        return
    ensure(account.open_orders == 0, AUCTIONS, f"account {n} has orders in an auction")
    ensure(auction.kind in {SOLVENT, INSOLVENT}, AUCTIONS, f"kind of the auction of account {n}")
    ensure(auction.reserved_e8 >= 0, AUCTIONS, f"what bidders have paid for account {n}")
    ensure(auction.sequence > 0, AUCTIONS, f"sequence of the auction of account {n}")


def check_protections(state: State) -> None:
    """What is counted is within its limit, or protection would have struck; and it has struck orders of the past only."""
    for n in range(1, system_of(state).accounts + 1):
        check_protection(n, row_of(state, "accounts", n), row_of(state, "protections", n))


def check_protection(n: int, account: Record, row: Record) -> None:
    """Check the protection of one account."""
    ensure(0 <= row.filled_e6 <= row.quantity_limit_e6, NONCES, f"protected fills of account {n}")
    ensure(abs(row.delta_e6) <= row.delta_limit_e6, NONCES, f"protected delta of account {n}")
    ensure(0 <= row.dead_nonce <= account.nonce, NONCES, f"dead orders of account {n}")


def check_nonces(state: State) -> None:
    """An open order was signed with a nonce that its account has used, and has filled nothing below zero."""
    for n in range(1, system_of(state).accounts + 1):
        account = row_of(state, "accounts", n)
        for order_id in filter(None, row_of(state, "resting", n).order):
            check_fill(order_id, row_of(state, "orders", order_id), account)


def check_fill(order_id: int, order: Record, account: Record) -> None:
    """Check the nonce and the fills of one open order."""
    ensure(0 < order.nonce <= account.nonce, NONCES, f"nonce of order {order_id}")
    ensure(order.filled_e6 >= 0 and order.quantity_e6 > 0, NONCES, f"order {order_id} is filled beyond what was wanted")


def check_health(state: State) -> None:
    """Margin is total, and initial health is never above maintenance health."""
    for n in range(1, system_of(state).accounts + 1):
        check_healths(n, health(state, n, 0, 0, 0))
    commit(state)


def check_healths(n: int, healths: tuple[int, int, int]) -> None:
    """Check the health of one account."""
    initial, maintenance, _ = healths
    ensure(-HEALTH_MAX < initial <= maintenance < HEALTH_MAX, HEALTH, f"health of account {n}: {initial} beside {maintenance}")


def check_liquidation(state: State) -> None:
    """Whoever lacks maintenance margin, by feeds that speak, and is not for sale yet, can be put up for sale by anybody."""
    for n in range(1, system_of(state).accounts + 1):
        ensure(can_be_sold(state, n), LIQUIDATION, f"account {n} lacks maintenance margin and cannot be put up for sale")
