"""Accounts on their way into an auction and through it, for tables of statuses and for stories."""

from rollup.market.terms import SOLVENT
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, Desk
from tests.unit.transition.status_cases import hold, wait

Transaction = dict[str, object]
ALL = 10**9
"""The whole of an account, as a bid's share."""
ANY_COST = 1 << 60
SOLVENT_CASH = 5_000
"""Cash of one short ATM call, worth about 1,988 USD, that has not its maintenance margin and is worth something, USD."""
INSOLVENT_CASH = 1_000
"""Cash of the same that is worth less than nothing, USD."""


def set_cash(desk: Desk, account: int, usd: float) -> None:
    """Give an account a sum, and the vault with it."""
    row = desk.row("accounts", account)
    change = round(usd * E8) - row.cash_e8
    desk.edit("accounts", account, cash_e8=row.cash_e8 + change)
    desk.edit("system", 0, vault_e8=desk.row("system", 0).vault_e8 + change)


def set_fund(desk: Desk, usd: float) -> None:
    """Let the insurance fund be a sum, and the vault have it."""
    system = desk.row("system", 0)
    change = round(usd * E8) - system.insurance_e8
    desk.edit("system", 0, insurance_e8=system.insurance_e8 + change, vault_e8=system.vault_e8 + change)


def sink(desk: Desk, usd: float = SOLVENT_CASH) -> None:
    """Let account 2 be short an ATM call, with too little cash."""
    hold(desk)
    set_cash(desk, 2, usd)


def start(desk: Desk, account: int = 2, by: int = 3, **fields: object) -> Transaction:
    return desk.signed(Kind.START_AUCTION, by, **{"counterparty": account, **fields})


def end(desk: Desk, account: int = 2, by: int = 3) -> Transaction:
    return desk.signed(Kind.END_AUCTION, by, counterparty=account)


def offer(desk: Desk, share: int = ALL, kind: int = SOLVENT, by: int = 3, **fields: object) -> Transaction:
    """A bid on account 2."""
    return desk.signed(Kind.BID, by, **{"counterparty": 2, "number": share, "amount_e8": ANY_COST, "side": kind, **fields})


def auction(desk: Desk, usd: float = SOLVENT_CASH) -> None:
    """Put account 2 up for sale."""
    sink(desk, usd)
    assert desk.status(start(desk)) == Status.OK


def refresh(desk: Desk, time_s: int) -> None:
    """Let a batch begin at a time, at which all feeds are as they were, and fresh."""
    wait(desk, time_s)
    for feed in range(1, desk.row("system", 0).feeds + 1):
        desk.edit("feeds", feed, timestamp_s=time_s)
