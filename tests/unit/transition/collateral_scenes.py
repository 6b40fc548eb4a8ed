"""Collateral on its way into accounts, between them and out, for tables of statuses and for stories."""

from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, Desk, owner

Transaction = dict[str, object]
BTC, ETH = 1, 2
"""Markets."""


def bring(market: int = BTC, quantity: int = E6, account: int = 1, **fields: object) -> Transaction:
    """A deposit of a market's underlying."""
    base = {"kind": Kind.DEPOSIT_COLLATERAL, "source": 1, "account": account, "owner": owner(account)}
    return {**base, "number": market, "quantity_e6": quantity, **fields}


def lodge(desk: Desk, market: int = BTC, quantity: int = E6, account: int = 1) -> None:
    """Let an account hold some of a market's underlying."""
    assert desk.status(bring(market, quantity, account)) == Status.OK


def take(desk: Desk, account: int = 1, **fields: object) -> Transaction:
    """A withdrawal of one BTC unless told otherwise."""
    return desk.signed(Kind.WITHDRAW_COLLATERAL, account, **{"number": BTC, "quantity_e6": E6, "address": (1, 2, 3), **fields})


def pass_on(desk: Desk, account: int = 1, **fields: object) -> Transaction:
    """A transfer of one BTC to account 2 unless told otherwise."""
    return desk.signed(Kind.TRANSFER_COLLATERAL, account, **{"number": BTC, "quantity_e6": E6, "counterparty": 2, **fields})


def held(desk: Desk, account: int, market: int = BTC) -> int:
    return int(desk.row("collateral", account).quantity_e6[market])
