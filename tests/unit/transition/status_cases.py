"""What the tables of statuses (`cases_*`) are made of: the form of a case, and transactions that are right until they are spoilt."""

from collections.abc import Callable
from typing import NamedTuple

from rollup.core.instrument_names import CALL
from rollup.core.margin_parameters import VolShock
from rollup.market.feeds import observe
from rollup.market.margin import Model
from rollup.market.marks import mark_price
from rollup.market.terms import BOTH_SIDES, BUY, SELL, STOP_LOSS
from rollup.state.table import commit
from rollup.transition.kinds import SCOPE_TRADE, Kind
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.opened_market import (
    E6,
    E8,
    EXPIRIES_S,
    START_S,
    Desk,
    forward_feed,
    instrument,
    owner,
    reporter,
    spot_feed,
    vol_feed,
)

Transaction = tuple[dict[str, object], ...]


class Case(NamedTuple):
    """A status, how to come to it, and the accounts whose nonces it uses."""

    name: str
    status: Status
    make: Callable[[Desk], Transaction]


CASES: list[Case] = []


def case(status: Status) -> Callable[[Callable[[Desk], Transaction]], Callable[[Desk], Transaction]]:
    """Add a function to the cases."""

    def add(make: Callable[[Desk], Transaction]) -> Callable[[Desk], Transaction]:
        CASES.append(Case(make.__name__, status, make))
        return make

    return add


ATM = 5
"""The at-the-money call of the first expiry on BTC: worth about 1,988 USD."""


def bid(desk: Desk, account: int = 1, price: float = 1990, quantity: float = 1, **fields: object) -> dict[str, object]:
    return desk.order(account, BUY, price, quantity, **{"instrument": ATM, **fields})


def ask(desk: Desk, account: int = 2, price: float = 1990, quantity: float = 1, **fields: object) -> dict[str, object]:
    return desk.order(account, SELL, price, quantity, **{"instrument": ATM, **fields})


def pair(desk: Desk, head: dict[str, object] | None = None, **part: object) -> Transaction:
    """A bilateral trade of one ATM call, account 1 from account 2."""
    terms = {"instrument": ATM, "price_e8": 1990 * E8, "quantity_e6": E6, "max_fee_e8": 1 << 40, "number": 1}
    first = desk.signed(Kind.EXECUTE_BLOCK, 1, **{**terms, "side": BUY, "counterparty": 2, "parts": 1, **(head or {})})
    second = desk.signed(Kind.EXECUTE_BLOCK, 2, **{**terms, "side": SELL, "counterparty": 1, **part})
    return first, {**second, "kind": Kind.CONTINUATION, "continues": Kind.EXECUTE_BLOCK}


def block(desk: Desk, *legs: tuple[int, int], one: int = 1, other: int = 2, number: int | None = None) -> Transaction:
    """A block trade of legs (instrument, the taker's side), a contract each at its mark, account `one` with account `other`."""
    made: list[dict[str, object]] = []
    for account, counterparty, turn in ((one, other, 0), (other, one, 1)):
        first = desk.signed(Kind.EXECUTE_BLOCK, account, counterparty=counterparty, number=number or len(legs), quantity_e6=E6)
        for place, (traded, side) in enumerate(legs):
            price = mark_e8(desk, traded)
            terms = {"instrument": traded, "side": abs(side - turn), "price_e8": price, "max_fee_e8": 1 << 40, "sequence": place}
            made.append({**first, **terms, "kind": Kind.CONTINUATION, "continues": Kind.EXECUTE_BLOCK})
    made[0] = {**made[0], "kind": Kind.EXECUTE_BLOCK, "continues": 0, "parts": len(made) - 1}
    return tuple(made)


def quotes(desk: Desk, *fields: dict[str, object], account: int = 1, **head: object) -> Transaction:
    """A mass quote of one record for each of `fields`; see `two_sided`."""
    first = desk.signed(Kind.MASS_QUOTE, account, number=len(fields), max_fee_e8=1 << 40, instrument=ATM, **head)
    parts = [
        {**first, "kind": Kind.CONTINUATION, "continues": Kind.MASS_QUOTE, "sequence": place, **each} for place, each in enumerate(fields)
    ]
    return ({**parts[0], "kind": Kind.MASS_QUOTE, "continues": 0, "parts": len(fields) - 1}, *parts[1:])


def two_sided(bid_price: float = 1980, ask_price: float = 2000, quantity: float = 1, **fields: object) -> dict[str, object]:
    """A record of a mass quote, prices in USD, with the same quantity on both sides."""
    lots = round(quantity * E6)
    terms = {"price_e8": round(bid_price * E8), "quantity_e6": lots, "amount_e8": round(ask_price * E8), "expected_e6": lots}
    return {"side": BOTH_SIDES, **terms, **fields}


def stop(
    desk: Desk, account: int = 1, trigger: float = 61_000, price: float = 1990, quantity: float = 1, **fields: object
) -> dict[str, object]:
    """A stop-loss purchase of the ATM call, by the spot price, which is 60,000 USD."""
    return bid(desk, account, price, quantity, **{"options": STOP_LOSS, "trigger_e8": round(trigger * E8), **fields})


def fire(order: int, nonce: int, **fields: object) -> dict[str, object]:
    """Anybody's order to fire a waiting order."""
    base = {"authentic": 1, "kind": Kind.TRIGGER, "expiry_s": 1 << 40, "signer": (7, 7, 7), "order": order, "number": nonce}
    return {**base, **fields}


def move_spot(desk: Desk, usd: float, time_s: int = START_S + 1) -> None:
    """Let a batch begin at a time, at which all feeds of the first market but its vols are at a price, and fresh."""
    wait(desk, time_s)
    for feed in range(1, desk.row("system", 0).feeds + 1):
        row = desk.row("feeds", feed)
        moved = row.market == 1 and row.number > 10**12
        desk.edit("feeds", feed, timestamp_s=time_s, number=round(usd * E8) if moved else row.number)


def protect(desk: Desk, account: int = 1, interval: int = 10, freeze: int = 60, quantity: int = E6, delta: int = 0) -> dict[str, object]:
    return desk.signed(Kind.SET_PROTECTION, account, number=interval, timestamp_s=freeze, quantity_e6=quantity, expected_e6=delta)


def replace(desk: Desk, order: int, nonce: int, price: float = 1990, quantity: float = 1, **fields: object) -> dict[str, object]:
    """Another price and quantity for an open order of account 1, of which nothing is filled."""
    terms = {"order": order, "number": nonce, "price_e8": round(price * E8), "quantity_e6": round(quantity * E6), "max_fee_e8": 1 << 40}
    return desk.signed(Kind.REPLACE, 1, **{**terms, **fields})


def mark_e8(desk: Desk, instrument: int) -> int:
    """The mark of an instrument, on its tick."""
    row = desk.row("instruments", instrument)
    _, forward, vol, _, _ = observe(desk.state, row)
    mark = mark_price(desk.state, row, forward, vol)
    commit(desk.state)
    return max(mark // row.tick_e8, 1) * row.tick_e8


def reports(desk: Desk, *numbers: int, feed: int = spot_feed(1), first: int = 1, **fields: object) -> Transaction:
    """Reports of a feed by reporters `first`, `first + 1`, … at the state's time."""
    base = {"authentic": 1, "feed": feed, "confidence_e9": 10**9, "timestamp_s": desk.row("system", 0).time_s, "expiry_s": 1 << 40}
    made = [
        {**base, "kind": Kind.CONTINUATION, "continues": Kind.ORACLE_UPDATE, "number": number, "signer": reporter(place), **fields}
        for place, number in enumerate(numbers, first)
    ]
    made[0] = {**made[0], "kind": Kind.ORACLE_UPDATE, "continues": 0, "parts": len(numbers) - 1}
    return tuple(made)


def surfaces(desk: Desk, *surfaces: dict[str, int], feed: int = vol_feed(1, 0), **fields: object) -> Transaction:
    """Reports of a surface by reporters 1, 2, … at the state's time."""
    made = reports(desk, *(0 for _ in surfaces), feed=feed, **fields)
    kinds = [{"kind": Kind.SURFACE_UPDATE}, *[{"continues": Kind.SURFACE_UPDATE}] * len(surfaces)]
    return tuple({**each, **surface, **kind} for each, surface, kind in zip(made, surfaces, kinds, strict=False))


def begin(desk: Desk, time_s: int, **fields: object) -> dict[str, object]:
    """A batch's beginning at a time."""
    system = desk.row("system", 0)
    return {"kind": Kind.BEGIN_BATCH, "source": 2, "amount_e8": system.batch, "timestamp_s": time_s, "number": system.queue_next, **fields}


def wait(desk: Desk, time_s: int) -> None:
    """Let a batch begin at a time."""
    assert desk.status(begin(desk, time_s)) == Status.OK


def deposit(account: int = 1, amount: int = 100 * E8, **fields: object) -> dict[str, object]:
    return {"kind": Kind.DEPOSIT, "source": 1, "account": account, "owner": owner(account), "amount_e8": amount, **fields}


def leave(account: int = 1, **fields: object) -> dict[str, object]:
    """An exit, as the bridge queues it."""
    return {"kind": Kind.EXIT, "source": 1, "account": account, "owner": owner(account), "address": (7, 8, 9), **fields}


def posted(batches: int = 1, **fields: object) -> dict[str, object]:
    """L1's word on how many batches it has, as the inbox queues it."""
    return {"kind": Kind.POSTED, "source": 1, "number": batches, **fields}


def register(desk: Desk, account: int = 1, key: int = 9, scope: int = SCOPE_TRADE, until: int = START_S + 100) -> dict[str, object]:
    return desk.signed(Kind.REGISTER_KEY, account, address=(key, key, key), scope=scope, timestamp_s=until)


def revoke(desk: Desk, account: int = 1, key: int = 9) -> dict[str, object]:
    return desk.signed(Kind.REVOKE_KEY, account, address=(key, key, key))


def second_account(desk: Desk, usd: float = 50_000) -> int:
    """Let account 2's owner open another account with some money: its number."""
    receipt = desk.run(desk.signed(Kind.TRANSFER, 2, counterparty=0, amount_e8=round(usd * E8)))
    assert receipt.status == Status.OK
    return int(receipt.opened)


def shift(desk: Desk, target: int, account: int = 2, quantity: int = E6, **fields: object) -> dict[str, object]:
    """Move a part of a position in the ATM call to another account."""
    terms = {"counterparty": target, "instrument": ATM, "quantity_e6": quantity}
    return desk.signed(Kind.TRANSFER_POSITION, account, **{**terms, **fields})


def govern(desk: Desk, parameter: int, number: int, account: int = 1, effective: int = START_S + 100) -> dict[str, object]:
    return desk.signed(Kind.SET_PARAMETER, account, order=parameter, number=number, timestamp_s=effective)


def scenario(desk: Desk, account: int = 1, **fields: object) -> dict[str, object]:
    """A change of scenario 33, behind the usual ones, to a fall of spot by a half that counts in full."""
    terms = {"order": 33, "number": 500_000_000, "options": VolShock.UP, "confidence_e9": 1_000_000_000, "timestamp_s": START_S + 100}
    return desk.signed(Kind.SET_SCENARIO, account, **{**terms, **fields})


def spread(desk: Desk, model: Model, cash_e8: int) -> None:
    """Let account 2, of some cash and by a model, be short an ATM call and long one that is a tenth higher, of the first expiry."""
    desk.hold(2, {ATM: -E6, instrument(1, 0, 3, CALL): E6})
    desk.edit("accounts", 2, cash_e8=cash_e8, margin_model=model)


def settle(desk: Desk, holder: int = 1, **fields: object) -> dict[str, object]:
    return desk.signed(Kind.SETTLE, 3, **{"instrument": ATM, "counterparty": holder, **fields})


def pause(desk: Desk) -> None:
    """Let the governor pause for an hour."""
    assert desk.status(govern(desk, Parameter.PAUSE, START_S + 3600)) == Status.OK


def hold(desk: Desk) -> None:
    """Let account 1 be long, and account 2 short, one ATM call."""
    assert desk.status(*pair(desk)) == Status.OK


def expire(desk: Desk) -> None:
    """Let the first expiry pass at 61,000 USD, which the spot feed has reported since before the window, and fix its price."""
    report_spot(desk, EXPIRIES_S[0] - 2000, 61_000 * E8)
    report_spot(desk, EXPIRIES_S[0] + 10, 61_000 * E8)
    assert desk.status(fix(desk)) == Status.OK


def report_spot(desk: Desk, time_s: int, number: int) -> None:
    """Let a batch begin, and the spot feed report."""
    wait(desk, time_s)
    assert desk.status(*reports(desk, number, number)) == Status.OK


def fix(desk: Desk, **fields: object) -> dict[str, object]:
    return desk.signed(Kind.FIX_SETTLEMENT, 4, **{"feed": forward_feed(1, 0), **fields})
