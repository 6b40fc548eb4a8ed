"""An order takes the place of another, atomically, and cancels by scope."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.core.instrument_names import CALL
from rollup.market.terms import (
    BUY,
    BUYS_ONLY,
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    POST_ONLY,
    QUOTES_ONLY,
    REDUCE_ONLY,
    SELL,
    SELLS_ONLY,
)
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import refresh
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, FEEDS_OF_MARKET, START_S, Desk, instrument
from tests.unit.transition.status_cases import ATM, ask, bid, hold, quotes, replace, two_sided, wait


def placed(desk, **fields):
    """An order of account 1 for two contracts: its id and nonce."""
    order = desk.run(bid(desk, **{"quantity": 2, **fields})).order
    assert order
    return order, desk.nonce


def first_met(desk):
    """Whose order a sale of one contract meets."""
    return desk.run(ask(desk, account=4, price=1900)).fill_account[0]


def test_a_replacement_has_its_own_terms_and_the_old_id():
    desk = Desk()
    order, nonce = placed(desk)
    receipt = desk.run(replace(desk, order, nonce, price=1985, quantity=3, options=POST_ONLY, timestamp_s=START_S + 50, max_fee_e8=7 * E8))
    row = desk.row("orders", order)
    assert (receipt.status, receipt.order) == (Status.OK, order)
    assert (row.price_e8, row.quantity_e6, row.filled_e6) == (1985 * E8, 3 * E6, 0)
    assert (row.options, row.expiry_s, row.max_fee_e8, row.nonce) == (POST_ONLY, START_S + 50, 7 * E8, desk.nonce)
    assert desk.row("accounts", 1).open_orders == 1
    check_all(desk.state)


@pytest.mark.parametrize(
    ("changed", "keeps"),
    [
        ({"quantity": 1}, True),
        ({"quantity": 2}, True),
        ({"quantity": 3}, False),
        ({"quantity": 1, "price": 1989}, False),
        ({"quantity": 1, "options": POST_ONLY}, False),
        ({"quantity": 1, "timestamp_s": START_S + 9}, True),
    ],
)
def test_less_of_the_same_keeps_its_place_in_the_queue(changed, keeps):
    desk = Desk()
    order, nonce = placed(desk)
    desk.run(bid(desk, account=2))
    assert desk.status(replace(desk, order, nonce, **changed)) == Status.OK
    assert (first_met(desk) == 1) == keeps
    check_all(desk.state)


def test_what_was_filled_must_be_what_the_owner_knows():
    desk = Desk()
    order, nonce = placed(desk, quantity=3)
    desk.run(ask(desk))
    assert desk.status(replace(desk, order, nonce, quantity=2)) == Status.FILL_MISMATCH
    assert desk.status(replace(desk, order, nonce, quantity=2, expected_e6=2 * E6)) == Status.FILL_MISMATCH
    assert desk.row("orders", order).nonce == nonce
    assert desk.status(replace(desk, order, nonce, quantity=2, expected_e6=E6)) == Status.OK
    assert desk.status(replace(desk, order, desk.nonce, price=1980, quantity=2)) == Status.OK


def test_a_replacement_may_trade_and_what_is_left_rests():
    desk = Desk()
    order, nonce = placed(desk)
    desk.run(ask(desk, price=1995))
    receipt = desk.run(replace(desk, order, nonce, price=1995, quantity=3))
    assert (receipt.filled_e6, receipt.order) == (E6, order)
    assert desk.row("orders", order).quantity_e6 == 2 * E6


@pytest.mark.parametrize("force", [IMMEDIATE_OR_CANCEL, FILL_OR_KILL])
def test_a_replacement_that_does_not_rest_ends_the_order(force):
    desk = Desk()
    order, nonce = placed(desk)
    desk.run(ask(desk, price=1995, quantity=2))
    receipt = desk.run(replace(desk, order, nonce, price=1995, quantity=2, time_in_force=force))
    assert (receipt.status, receipt.order, desk.row("accounts", 1).open_orders) == (Status.OK, 0, 0)
    check_all(desk.state)


def test_a_replacement_that_is_refused_leaves_the_old_order_where_it_was():
    desk = Desk()
    order, nonce = placed(desk)
    desk.run(bid(desk, account=2))
    desk.run(ask(desk, price=1995))
    assert desk.status(replace(desk, order, nonce, price=1995, quantity=5, time_in_force=FILL_OR_KILL)) == Status.FOK_UNFILLED
    assert desk.status(replace(desk, order, nonce, quantity=900)) == Status.OK
    assert desk.status(replace(desk, order, desk.nonce, price=1991, quantity=1001)) == Status.OUT_OF_RANGE
    assert desk.row("orders", order).quantity_e6 == 900 * E6


def test_refused_margin_leaves_the_old_order_and_its_reserve():
    desk = Desk()
    desk.edit("accounts", 1, cash_e8=5_000 * E8)
    order, nonce = placed(desk)
    kept = desk.row("accounts", 1).reserved_e8
    assert desk.status(replace(desk, order, nonce, quantity=3)) == Status.INITIAL_MARGIN
    assert desk.status(ask(desk, account=4, price=1990)) == Status.OK
    assert desk.row("accounts", 1).reserved_e8 == kept - kept // 2


def test_a_replacement_uses_the_margin_that_the_old_order_reserved():
    desk = Desk()
    desk.edit("accounts", 1, cash_e8=4_000 * E8)
    order, nonce = placed(desk)
    assert desk.status(replace(desk, order, nonce, price=1989, quantity=2)) == Status.OK
    desk.edit("accounts", 1, cash_e8=100 * E8)
    assert desk.status(replace(desk, order, desk.nonce, price=1980, quantity=2)) == Status.OK
    assert desk.status(replace(desk, order, desk.nonce, price=1985, quantity=2)) == Status.INITIAL_MARGIN


def test_a_reduce_only_replacement_is_clipped():
    desk = Desk()
    hold(desk)
    order = desk.run(ask(desk, account=1, price=1995)).order
    changed = replace(desk, order, desk.nonce, price=1996, quantity=9, options=REDUCE_ONLY)
    assert desk.status(changed) == Status.OK
    assert desk.row("orders", order).quantity_e6 == E6


def test_an_order_whose_time_has_come_may_be_replaced_while_it_is_open():
    desk = Desk()
    order, nonce = placed(desk, timestamp_s=START_S)
    wait(desk, START_S + 1)
    assert desk.status(replace(desk, order, nonce, quantity=2)) == Status.OK
    assert first_met(desk) == 1


# Cancels by scope.

OPENED = ((ATM, BUY, 1900), (ATM, SELL, 2100), (15, BUY, 1900), (25, BUY, 90), (35, SELL, 400))
"""Orders on BTC and ETH, first and second expiry."""


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ({}, ()),
        ({"number": 1}, (25, 35)),
        ({"number": 2}, (ATM, ATM, 15)),
        ({"number": 3}, (ATM, ATM, 15, 25, 35)),
        ({"timestamp_s": EXPIRIES_S[0]}, (15, 35)),
        ({"timestamp_s": EXPIRIES_S[0], "number": 2}, (ATM, ATM, 15, 35)),
        ({"instrument": ATM}, (15, 25, 35)),
        ({"instrument": ATM, "options": BUYS_ONLY}, (ATM, 15, 25, 35)),
        ({"options": BUYS_ONLY}, (ATM, 35)),
        ({"options": SELLS_ONLY}, (ATM, 15, 25)),
        ({"options": BUYS_ONLY | SELLS_ONLY}, ()),
        ({"options": QUOTES_ONLY}, (ATM, ATM, 15, 25, 35)),
    ],
)
def test_cancel_by_scope(scope, left):
    desk = Desk()
    for traded, side, price in OPENED:
        assert desk.status(desk.order(1, side, price, 1, instrument=traded)) == Status.OK
    desk.run(*quotes(desk, two_sided(1850, 2150)))
    everything = desk.row("accounts", 1).open_orders
    receipt = desk.run(desk.signed(Kind.CANCEL_ALL, 1, **scope))
    rows = [desk.row("orders", order) for order in desk.row("resting", 1).order if order]
    assert tuple(sorted(row.instrument for row in rows if row.price_e8 not in {1850 * E8, 2150 * E8})) == tuple(sorted(left))
    assert receipt.cancelled == everything - len(rows)
    assert (scope.get("options", 0) & QUOTES_ONLY == 0) or receipt.cancelled == 2
    check_all(desk.state)


def short_with_an_offer(desk, **fields):
    """Let account 1 be short a call, and offer two more with the margin for them: the order's id and nonce; account 2 bids for them."""
    assert desk.status(ask(desk, account=1)) == Status.OK
    assert desk.status(bid(desk, account=2)) == Status.OK
    order = desk.run(ask(desk, account=1, price=2500, quantity=2, **fields)).order
    nonce = desk.nonce
    assert order
    assert desk.row("accounts", 1).reserved_e8 > 0
    assert desk.status(bid(desk, account=2, price=1980, quantity=2)) == Status.OK
    return order, nonce


@pytest.mark.parametrize(("usd", "status"), [(40_000, Status.OK), (12_000, Status.INITIAL_MARGIN), (9_000, Status.INITIAL_MARGIN)])
def test_what_an_order_reserved_is_no_margin_for_its_replacement(usd, status):
    """It was there when the order came to rest. Since then it may have been lost, and the order itself would not be filled any more."""
    desk = Desk()
    order, nonce = short_with_an_offer(desk)
    desk.edit("accounts", 1, cash_e8=usd * E8)
    assert desk.status(replace(desk, order, nonce, price=1980, quantity=1)) == status
    assert desk.row("orders", order).nonce == (0 if status == Status.OK else nonce)


def test_nor_while_another_position_rests_on_a_silent_feed():
    desk = Desk()
    order, nonce = short_with_an_offer(desk)
    desk.hold(1, {ATM: -E6, instrument(2, 0, 2, CALL): -E6})
    wait(desk, START_S + 601)
    for feed in range(1, FEEDS_OF_MARKET + 1):
        desk.edit("feeds", feed, timestamp_s=START_S + 601)
    assert desk.status(replace(desk, order, nonce, price=1980, quantity=1)) == Status.STALE_ORACLE
    refresh(desk, START_S + 601)
    assert desk.status(replace(desk, order, nonce, price=1980, quantity=1)) == Status.OK
