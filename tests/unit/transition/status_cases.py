"""One case for every status of every transaction type: what to do first, and which transaction then meets it."""

from collections.abc import Callable
from typing import NamedTuple

from rollup.market.terms import BUY, FILL_OR_KILL, IMMEDIATE_OR_CANCEL, POST_ONLY, SELL
from rollup.state.limits import (
    ACCOUNT_BITS,
    AMOUNT_MAX,
    CASH_MAX,
    LEVEL_ROW_BITS,
    MESSAGE_BITS,
    MONEY_MAX,
    NONCE_MAX,
    OPEN_ORDERS,
    ORDER_BITS,
    POSITIONS,
    TICK_MAX,
)
from rollup.transition.kinds import SCOPE_TRADE, SCOPE_WITHDRAW, Kind
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, START_S, Desk, owner, reporter, spot_feed

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
    terms = {"instrument": ATM, "price_e8": 1990 * E8, "quantity_e6": E6, "max_fee_e8": 1 << 40}
    first = desk.signed(Kind.TRADE, 1, **{**terms, "side": BUY, "counterparty": 2, "parts": 1, **(head or {})})
    second = desk.signed(Kind.TRADE, 2, **{**terms, "side": SELL, "counterparty": 1, **part})
    return first, {**second, "kind": Kind.CONTINUATION, "continues": Kind.TRADE}


def reports(desk: Desk, *numbers: int, feed: int = spot_feed(1), first: int = 1, **fields: object) -> Transaction:
    """Reports of a feed by reporters `first`, `first + 1`, … at the state's time."""
    base = {"authentic": 1, "feed": feed, "confidence_e9": 10**9, "timestamp_s": desk.row("system", 0).time_s, "expiry_s": 1 << 40}
    made = [
        {**base, "kind": Kind.CONTINUATION, "continues": Kind.ORACLE_UPDATE, "number": number, "signer": reporter(place), **fields}
        for place, number in enumerate(numbers, first)
    ]
    made[0] = {**made[0], "kind": Kind.ORACLE_UPDATE, "continues": 0, "parts": len(numbers) - 1}
    return tuple(made)


def begin(desk: Desk, time_s: int, **fields: object) -> dict[str, object]:
    """A batch's beginning at a time."""
    system = desk.row("system", 0)
    return {"kind": Kind.BEGIN_BATCH, "source": 2, "amount_e8": system.batch, "timestamp_s": time_s, "number": system.queue_next, **fields}


def wait(desk: Desk, time_s: int) -> None:
    """Let a batch begin at a time."""
    assert desk.status(begin(desk, time_s)) == Status.OK


def deposit(account: int = 1, amount: int = 100 * E8, **fields: object) -> dict[str, object]:
    return {"kind": Kind.DEPOSIT, "source": 1, "account": account, "owner": owner(account), "amount_e8": amount, **fields}


def register(desk: Desk, account: int = 1, key: int = 9, scope: int = SCOPE_TRADE, until: int = START_S + 100) -> dict[str, object]:
    return desk.signed(Kind.REGISTER_KEY, account, address=(key, key, key), scope=scope, timestamp_s=until)


def govern(desk: Desk, parameter: int, number: int, account: int = 1, effective: int = START_S + 100) -> dict[str, object]:
    return desk.signed(Kind.SET_PARAMETER, account, order=parameter, number=number, timestamp_s=effective)


def settle(desk: Desk, holder: int = 1, **fields: object) -> dict[str, object]:
    return desk.signed(Kind.SETTLE, 3, **{"instrument": ATM, "counterparty": holder, **fields})


def pause(desk: Desk) -> None:
    """Let the governor pause for an hour."""
    assert desk.status(govern(desk, Parameter.PAUSE, START_S + 3600)) == Status.OK


def hold(desk: Desk) -> None:
    """Let account 1 be long, and account 2 short, one ATM call."""
    assert desk.status(*pair(desk)) == Status.OK


def expire(desk: Desk) -> None:
    """Let the first expiry pass, and the spot feed report after it."""
    wait(desk, EXPIRIES_S[0] + 10)
    assert desk.status(*reports(desk, 61_000 * E8, 61_000 * E8)) == Status.OK


# Every kind of transaction, done right.


@case(Status.OK)
def begin_batch(desk):
    return (begin(desk, START_S + 5),)


@case(Status.OK)
def deposit_to_own(desk):
    return (deposit(),)


@case(Status.OK)
def register_key(desk):
    return (register(desk),)


@case(Status.OK)
def place_order(desk):
    return (bid(desk),)


@case(Status.OK)
def cancel(desk):
    order = desk.run(bid(desk)).order
    return (desk.signed(Kind.CANCEL, 1, order=order, number=desk.nonce),)


@case(Status.OK)
def cancel_all(desk):
    desk.run(bid(desk))
    return (desk.signed(Kind.CANCEL_ALL, 1),)


@case(Status.OK)
def trade(desk):
    return pair(desk)


@case(Status.OK)
def transfer(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=E8),)


@case(Status.OK)
def withdraw(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3)),)


@case(Status.OK)
def oracle_update(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_100 * E8, 60_200 * E8)


@case(Status.OK)
def settle_holder(desk):
    hold(desk)
    expire(desk)
    return (settle(desk),)


@case(Status.OK)
def set_parameter(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 60),)


# Authorisation.


@case(Status.CONTINUED)
def continuation(desk):
    return (pair(desk)[1],)


@case(Status.INVALID_KIND)
def unknown_kind(desk):
    return ({**bid(desk), "kind": 99},)


@case(Status.INVALID_KIND)
def posted_deposit(desk):
    return (deposit(source=0),)


@case(Status.INVALID_KIND)
def queued_begin_batch(desk):
    return (begin(desk, START_S + 5, source=1),)


@case(Status.INVALID_KIND)
def order_from_a_header(desk):
    return (bid(desk, source=2),)


@case(Status.INVALID_PARTS)
def parts_missing(desk):
    return pair(desk)[:1]


@case(Status.INVALID_PARTS)
def parts_unwanted(desk):
    return (bid(desk, parts=1), pair(desk)[1])


@case(Status.INVALID_PARTS)
def parts_negative(desk):
    return (bid(desk, parts=-1),)


@case(Status.INVALID_PARTS)
def part_of_another_kind(desk):
    head, part = pair(desk)
    return head, {**part, "continues": Kind.ORACLE_UPDATE}


@case(Status.INVALID_PARTS)
def part_of_another_source(desk):
    return pair(desk, source=1)


@case(Status.INVALID_SIGNATURE)
def forged(desk):
    return (bid(desk, authentic=0),)


@case(Status.INVALID_SIGNATURE)
def forged_part(desk):
    return pair(desk, authentic=0)


@case(Status.INVALID_SIGNATURE)
def forged_report(desk):
    return reports(desk, 1, 2, authentic=0)


@case(Status.INVALID_SIGNER)
def stranger(desk):
    return (bid(desk, signer=owner(2)),)


@case(Status.INVALID_SIGNER)
def wrong_owner(desk):
    return (bid(desk, owner=owner(2), signer=owner(2)),)


@case(Status.INVALID_SIGNER)
def expired_key(desk):
    desk.run(register(desk))
    wait(desk, START_S + 101)
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.INVALID_SIGNER)
def revoked_key(desk):
    desk.run(register(desk))
    desk.run(register(desk, scope=0))
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.INVALID_SIGNER)
def key_of_another_account(desk):
    desk.run(register(desk, account=2))
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.INVALID_NONCE)
def used_nonce(desk):
    desk.run(bid(desk))
    return (bid(desk, nonce=1),)


@case(Status.INVALID_NONCE)
def nonce_out_of_range(desk):
    return (bid(desk, nonce=NONCE_MAX),)


@case(Status.INVALID_NONCE)
def used_nonce_of_part(desk):
    desk.run(bid(desk, account=2))
    return pair(desk, nonce=1)


@case(Status.INVALID_EXPIRED)
def late(desk):
    return (bid(desk, expiry_s=START_S - 1),)


@case(Status.INVALID_ACCOUNT)
def no_account(desk):
    return (bid(desk, account=5),)


@case(Status.INVALID_ACCOUNT)
def account_zero(desk):
    return (bid(desk, account=0, owner=(0, 0, 0), signer=(0, 0, 0)),)


@case(Status.KEY_SCOPE)
def key_without_scope(desk):
    desk.run(register(desk, scope=SCOPE_WITHDRAW))
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.KEY_SCOPE)
def key_that_would_register_keys(desk):
    desk.run(register(desk, scope=7))
    return (desk.signed(Kind.REGISTER_KEY, 1, signer=(9, 9, 9), address=(8, 8, 8), scope=7, timestamp_s=START_S + 9),)


@case(Status.KEY_SCOPE)
def key_of_part_without_scope(desk):
    desk.run(register(desk, account=2, scope=SCOPE_WITHDRAW))
    return pair(desk, signer=(9, 9, 9))


# BEGIN_BATCH and DEPOSIT.


@case(Status.INVALID_FIELD)
def time_moves_back(desk):
    return (begin(desk, START_S - 1),)


@case(Status.INVALID_FIELD)
def batch_repeated(desk):
    return (begin(desk, START_S, amount_e8=0),)


@case(Status.INVALID_FIELD)
def queue_moves_back(desk):
    return (begin(desk, START_S, number=-1),)


@case(Status.INVALID_FIELD)
def deposit_of_nothing(desk):
    return (deposit(amount=0),)


@case(Status.INVALID_FIELD)
def deposit_too_large(desk):
    return (deposit(amount=AMOUNT_MAX),)


@case(Status.OVERFLOW)
def vault_full(desk):
    desk.edit("system", 0, vault_e8=MONEY_MAX - 1)
    return (deposit(),)


@case(Status.ACCOUNTS_FULL)
def accounts_full(desk):
    desk.edit("system", 0, accounts=(1 << ACCOUNT_BITS) - 1)
    return (deposit(account=0),)


# Keys.


@case(Status.KEYS_FULL)
def fifth_key(desk):
    for key in range(4):
        desk.run(register(desk, key=20 + key))
    return (register(desk),)


@case(Status.UNKNOWN_KEY)
def revoke_unknown(desk):
    return (register(desk, scope=0),)


@case(Status.OUT_OF_RANGE)
def scope_unknown(desk):
    return (register(desk, scope=8),)


@case(Status.OUT_OF_RANGE)
def key_already_expired(desk):
    return (register(desk, until=START_S - 1),)


# Orders.


@case(Status.UNKNOWN_INSTRUMENT)
def no_instrument(desk):
    return (bid(desk, instrument=41),)


@case(Status.UNKNOWN_INSTRUMENT)
def delisted(desk):
    desk.edit("instruments", ATM, status=0)
    return (bid(desk),)


@case(Status.OUT_OF_RANGE)
def price_zero(desk):
    return (bid(desk, price=0),)


@case(Status.OUT_OF_RANGE)
def quantity_negative(desk):
    return (bid(desk, quantity=-1),)


@case(Status.OUT_OF_RANGE)
def quantity_above_most(desk):
    return (bid(desk, quantity=1001),)


@case(Status.OUT_OF_RANGE)
def side_unknown(desk):
    return ({**bid(desk), "side": 2},)


@case(Status.OUT_OF_RANGE)
def post_only_at_once(desk):
    return (bid(desk, options=POST_ONLY, time_in_force=IMMEDIATE_OR_CANCEL),)


@case(Status.OUT_OF_RANGE)
def order_already_expired(desk):
    return (bid(desk, timestamp_s=START_S - 1),)


@case(Status.PAUSED)
def order_while_paused(desk):
    pause(desk)
    return (bid(desk),)


@case(Status.INSTRUMENT_EXPIRED)
def order_after_expiry(desk):
    wait(desk, EXPIRIES_S[0])
    return (bid(desk),)


@case(Status.TICK)
def off_tick(desk):
    return (bid(desk, price=1990.5),)


@case(Status.TICK)
def too_many_ticks(desk):
    desk.edit("instruments", ATM, tick_e8=1)
    return (bid(desk, price_e8=TICK_MAX),)


@case(Status.LOT)
def off_lot(desk):
    return (bid(desk, quantity=1.000001),)


@case(Status.PRICE_BAND)
def bid_far_too_high(desk):
    return (bid(desk, price=8000),)


@case(Status.PRICE_BAND)
def ask_far_too_low(desk):
    return (ask(desk, instrument=1, price=100),)


@case(Status.FEE_CAP)
def fee_above_signed(desk):
    return (bid(desk, max_fee_e8=1),)


@case(Status.STALE_ORACLE)
def order_on_silent_feeds(desk):
    wait(desk, START_S + 601)
    return (bid(desk),)


@case(Status.STALE_ORACLE)
def order_before_any_report(desk):
    desk.edit("feeds", spot_feed(1), number=0)
    return (bid(desk),)


@case(Status.OVERFLOW)
def order_too_wide(desk):
    desk.edit("parameters", 0, quantity_max_e6=1 << 39)
    return (bid(desk, quantity=500_000),)


@case(Status.OVERFLOW)
def cash_too_low(desk):
    desk.run(ask(desk))
    desk.edit("accounts", 1, cash_e8=1 - CASH_MAX)
    return (bid(desk),)


@case(Status.OVERFLOW)
def insurance_full(desk):
    desk.edit("system", 0, insurance_e8=MONEY_MAX)
    return (bid(desk),)


@case(Status.WOULD_CROSS)
def post_only_that_meets(desk):
    desk.run(ask(desk))
    return (bid(desk, options=POST_ONLY),)


@case(Status.FOK_UNFILLED)
def not_all_at_once(desk):
    desk.run(ask(desk))
    return (bid(desk, quantity=2, time_in_force=FILL_OR_KILL),)


@case(Status.INITIAL_MARGIN)
def poor_taker(desk):
    desk.run(bid(desk))
    desk.edit("accounts", 2, cash_e8=1000 * E8)
    return (ask(desk),)


@case(Status.INITIAL_MARGIN)
def poor_maker(desk):
    desk.edit("accounts", 2, cash_e8=1000 * E8)
    return (ask(desk),)


@case(Status.POSITION_CAP)
def position_too_large(desk):
    desk.edit("parameters", 0, position_max_e6=E6 // 2)
    desk.run(ask(desk, quantity=0.5))
    desk.edit("parameters", 0, position_max_e6=E6 // 4)
    return (bid(desk, quantity=0.5),)


@case(Status.OPEN_INTEREST_CAP)
def open_interest_too_large(desk):
    desk.run(ask(desk))
    desk.edit("parameters", 0, open_interest_max_e6=E6 - 1)
    return (bid(desk),)


@case(Status.FEE_CAP)
def fee_above_signed_at_a_better_price(desk):
    desk.run(bid(desk, instrument=9, price=200))
    return (ask(desk, account=3, instrument=9, price=1, max_fee_e8=E8),)


@case(Status.POSITION_SLOTS)
def seventeenth_position(desk):
    desk.row("holdings", 1).set_words([*range(20, 20 + POSITIONS), *([E6] * POSITIONS)])
    desk.edit("accounts", 1, positions=POSITIONS)
    return (bid(desk),)


@case(Status.OPEN_ORDERS_FULL)
def seventeenth_order(desk):
    for number in range(OPEN_ORDERS):
        desk.run(bid(desk, price=1900 + number))
    return (bid(desk),)


@case(Status.BOOK_FULL)
def no_order_rows(desk):
    desk.edit("system", 0, orders=(1 << ORDER_BITS) - 1)
    return (bid(desk),)


@case(Status.BOOK_FULL)
def no_level_rows(desk):
    desk.run(bid(desk))
    desk.edit("system", 0, levels=(1 << LEVEL_ROW_BITS) - 1)
    return (bid(desk, price=1980),)


@case(Status.UNKNOWN_ORDER)
def cancel_of_nothing(desk):
    return (desk.signed(Kind.CANCEL, 1, order=1),)


@case(Status.UNKNOWN_ORDER)
def cancel_of_anothers(desk):
    order = desk.run(ask(desk)).order
    return (desk.signed(Kind.CANCEL, 1, order=order),)


@case(Status.UNKNOWN_ORDER)
def cancel_of_an_id_used_again(desk):
    order = desk.run(bid(desk)).order
    return (desk.signed(Kind.CANCEL, 1, order=order, number=desk.nonce + 1),)


# Bilateral trades.


@case(Status.SELF_TRADE)
def trade_with_oneself(desk):
    head, part = pair(desk, {"counterparty": 1})
    return head, {**part, "account": 1, "owner": owner(1), "signer": owner(1)}


@case(Status.TERMS_DIFFER)
def other_price(desk):
    return pair(desk, price_e8=1991 * E8)


@case(Status.TERMS_DIFFER)
def other_counterparty(desk):
    return pair(desk, {"counterparty": 3})


@case(Status.TERMS_DIFFER)
def same_side(desk):
    return pair(desk, side=BUY)


@case(Status.PRICE_BAND)
def trade_far_too_high(desk):
    return pair(desk, {"price_e8": 9000 * E8}, price_e8=9000 * E8)


@case(Status.FEE_CAP)
def fee_above_signed_by_part(desk):
    return pair(desk, max_fee_e8=1)


@case(Status.INITIAL_MARGIN)
def poor_part(desk):
    desk.edit("accounts", 2, cash_e8=1000 * E8)
    return pair(desk)


@case(Status.OPEN_INTEREST_CAP)
def trade_above_open_interest(desk):
    desk.edit("parameters", 0, open_interest_max_e6=1)
    return pair(desk)


@case(Status.POSITION_CAP)
def trade_above_position(desk):
    desk.edit("parameters", 0, position_max_e6=1)
    return pair(desk)


@case(Status.OVERFLOW)
def trade_with_insurance_full(desk):
    desk.edit("system", 0, insurance_e8=MONEY_MAX)
    return pair(desk)


# Money.


@case(Status.OUT_OF_RANGE)
def transfer_of_nothing(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2),)


@case(Status.UNKNOWN_COUNTERPARTY)
def transfer_to_nobody(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=9, amount_e8=E8),)


@case(Status.UNKNOWN_COUNTERPARTY)
def transfer_to_oneself(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=1, amount_e8=E8),)


@case(Status.PAUSED)
def transfer_while_paused(desk):
    pause(desk)
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=E8),)


@case(Status.INSUFFICIENT_CASH)
def transfer_of_too_much(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=AMOUNT_MAX - 1),)


@case(Status.OVERFLOW)
def transfer_to_the_richest(desk):
    desk.edit("accounts", 2, cash_e8=CASH_MAX - 1)
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=E8),)


@case(Status.INITIAL_MARGIN)
def transfer_of_margin(desk):
    hold(desk)
    cash = desk.row("accounts", 2).cash_e8
    return (desk.signed(Kind.TRANSFER, 2, counterparty=1, amount_e8=cash - 9000 * E8),)


@case(Status.OUT_OF_RANGE)
def withdrawal_too_small(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=E8, address=(1, 2, 3)),)


@case(Status.OUT_OF_RANGE)
def withdrawal_to_nowhere(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8),)


@case(Status.INSUFFICIENT_CASH)
def withdrawal_of_too_much(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=AMOUNT_MAX - 1, address=(1, 2, 3)),)


@case(Status.INITIAL_MARGIN)
def withdrawal_of_margin(desk):
    hold(desk)
    cash = desk.row("accounts", 2).cash_e8
    return (desk.signed(Kind.WITHDRAW, 2, amount_e8=cash - 9000 * E8, address=(1, 2, 3)),)


@case(Status.STALE_ORACLE)
def withdrawal_on_silent_feeds(desk):
    hold(desk)
    wait(desk, START_S + 601)
    return (desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=(1, 2, 3)),)


@case(Status.MESSAGES_FULL)
def no_message_rows(desk):
    desk.edit("system", 0, messages=(1 << MESSAGE_BITS) - 1)
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3)),)


# Oracles.


@case(Status.UNKNOWN_FEED)
def no_feed(desk):
    return reports(desk, 1, 1, feed=13)


@case(Status.INVALID_REPORTER)
def not_a_reporter(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 60_000 * E8, first=3)


@case(Status.INVALID_REPORTER)
def one_reporter_twice(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 60_000 * E8, signer=reporter(1))


@case(Status.OUT_OF_RANGE)
def report_of_nothing(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 0)


@case(Status.OUT_OF_RANGE)
def report_of_two_feeds(desk):
    wait(desk, START_S + 5)
    one, two = reports(desk, 60_000 * E8, 60_000 * E8)
    return one, {**two, "feed": spot_feed(2)}


@case(Status.OUT_OF_RANGE)
def too_confident(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 60_000 * E8, confidence_e9=10**9 + 1)


@case(Status.ORACLE_ORDER)
def not_newer(desk):
    return reports(desk, 60_000 * E8, 60_000 * E8)


@case(Status.ORACLE_ORDER)
def of_the_future(desk):
    return reports(desk, 60_000 * E8, 60_000 * E8, timestamp_s=START_S + 1)


@case(Status.ORACLE_QUORUM)
def one_report(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8)


@case(Status.ORACLE_BAND)
def leap(desk):
    wait(desk, START_S + 5)
    return reports(desk, 90_000 * E8, 90_000 * E8)


# Settlement.


@case(Status.UNKNOWN_INSTRUMENT)
def settle_nothing(desk):
    return (settle(desk, instrument=0),)


@case(Status.INSTRUMENT_LIVE)
def settle_early(desk):
    hold(desk)
    return (settle(desk),)


@case(Status.UNKNOWN_COUNTERPARTY)
def settle_nobody(desk):
    wait(desk, EXPIRIES_S[0])
    return (settle(desk, holder=5),)


@case(Status.NO_POSITION)
def settle_twice(desk):
    hold(desk)
    expire(desk)
    desk.run(settle(desk))
    return (settle(desk),)


@case(Status.STALE_ORACLE)
def settle_before_the_feed_has_seen_expiry(desk):
    hold(desk)
    wait(desk, EXPIRIES_S[0] + 10)
    return (settle(desk),)


@case(Status.OVERFLOW)
def settle_beyond_cash(desk):
    hold(desk)
    expire(desk)
    desk.edit("accounts", 1, cash_e8=CASH_MAX - 1)
    return (settle(desk),)


# Governance.


@case(Status.NOT_GOVERNOR)
def anybody(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 60, account=2),)


@case(Status.UNKNOWN_PARAMETER)
def no_parameter(desk):
    return (govern(desk, 24, 1),)


@case(Status.OUT_OF_RANGE)
def parameter_too_large(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 86_401),)


@case(Status.OUT_OF_RANGE)
def no_notice(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 60, effective=START_S),)


@case(Status.OUT_OF_RANGE)
def endless_pause(desk):
    return (govern(desk, Parameter.PAUSE, START_S + 30 * 86_400),)
