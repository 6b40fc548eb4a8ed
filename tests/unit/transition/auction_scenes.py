"""Accounts on their way into an auction and through it, for tables of statuses and for stories."""

from rollup.market.terms import SOLVENT
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, Desk, forward_feed, spot_feed
from tests.unit.transition.status_cases import ATM, hold, wait

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
    desk.edit("accounts", account, cash_e8=row.cash_e8 + change, paid_in_e8=row.paid_in_e8 + change)
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


def rally(desk: Desk, usd: int = 66_000) -> None:
    """Let BTC be worth more: who is long the call gains."""
    for feed in (spot_feed(1), forward_feed(1, 0)):
        desk.edit("feeds", feed, number=usd * E8)


def uninsured(desk: Desk) -> None:
    """Put account 2 up for sale after a rally, worth less than nothing, while the fund is empty."""
    sink(desk)
    rally(desk)
    assert desk.status(start(desk)) == Status.OK
    set_fund(desk, 0)


def deleverage(desk: Desk, other: int = 1, quantity: int = E6, **fields: object) -> Transaction:
    """Close a part of account 2's call against another account's."""
    return desk.signed(Kind.DELEVERAGE, 3, **{"counterparty": 2, "instrument": ATM, "quantity_e6": quantity, "number": other, **fields})


def refresh(desk: Desk, time_s: int) -> None:
    """Let a batch begin at a time, at which all feeds are as they were, and fresh."""
    wait(desk, time_s)
    for feed in range(1, desk.row("system", 0).feeds + 1):
        desk.edit("feeds", feed, timestamp_s=time_s)
