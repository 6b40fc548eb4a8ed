"""What open orders reserve of their account's margin, and where that counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.margin import health
from rollup.market.terms import REDUCE_ONLY
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, spot_feed
from tests.unit.transition.status_cases import ATM, ask, bid, hold, wait


def reserved(desk, account=1):
    return desk.row("accounts", account).reserved_e8


def initial(desk, account=1):
    found = health(desk.state, account, 0, 0, 0)[0]
    commit(desk.state)
    return found


def test_a_purchase_reserves_its_price_and_the_makers_fee():
    desk = Desk()
    desk.run(bid(desk, price=1990, quantity=2))
    # 0.01 % of 60,000 USD a contract.
    assert reserved(desk) == 2 * (1990 + 6) * E8


def test_a_sale_reserves_the_requirement_of_a_short_less_what_it_is_paid():
    desk, short = Desk(), Desk()
    desk.run(ask(desk, account=1, price=1990))
    before = initial(short)
    short.run(bid(short, account=2, price=1990))
    short.run(ask(short, account=1, price=1990))
    # The taker of the other desk has paid three times the maker's fee.
    assert before - initial(short) == reserved(desk) + 12 * E8


@pytest.mark.parametrize(("held", "resting", "expected"), [(0, 0, 1), (2, 0, 0), (2, 1, 0), (2, 2, 1)])
def test_what_a_position_covers_is_not_reserved_twice(held, resting, expected):
    """Expected: whether the last order of one contract reserves, when `held` are held and orders for `resting` rest already."""
    desk = Desk()
    if held:
        desk.run(ask(desk, account=2, quantity=held))
        desk.run(bid(desk, account=1, quantity=held))
    if resting:
        desk.run(ask(desk, account=1, price=1995, quantity=resting))
    assert reserved(desk) == 0
    desk.run(ask(desk, account=1, price=1995))
    assert (reserved(desk) > 0) == expected


def test_only_the_part_that_is_not_covered_reserves():
    desk, other = Desk(), Desk()
    hold(desk)
    desk.run(ask(desk, account=1, price=1995, quantity=3))
    other.run(ask(other, account=1, price=1995, quantity=2))
    assert reserved(desk) == reserved(other) > 0


def test_a_reduce_only_order_reserves_nothing():
    desk = Desk()
    hold(desk)
    desk.run(ask(desk, account=1, price=1995))
    desk.run(ask(desk, account=1, price=1995, options=REDUCE_ONLY))
    assert reserved(desk) == 0
    assert desk.row("accounts", 1).open_orders == 2


def test_a_reserve_shrinks_with_its_order_and_ends_with_it():
    desk = Desk()
    desk.run(bid(desk, price=1990, quantity=3))
    whole = reserved(desk)
    desk.run(ask(desk, quantity=1))
    assert reserved(desk) == whole - whole // 3
    order = desk.row("resting", 1).order[0]
    assert desk.row("orders", order).reserved_e8 == reserved(desk)
    desk.run(desk.signed(Kind.CANCEL, 1, order=order))
    assert reserved(desk) == 0


def test_a_fill_is_not_refused_for_what_other_orders_reserve():
    """Prices move after orders were placed: each of them is filled for as long as initial margin lasts, whatever the others wait for."""
    desk = Desk()
    desk.edit("accounts", 2, cash_e8=20_000 * E8)
    for _ in range(2):
        assert desk.status(ask(desk, price=1990)) == Status.OK
    desk.edit("accounts", 2, cash_e8=10_000 * E8)
    assert reserved(desk, 2) > 10_000 * E8
    receipt = desk.run(bid(desk, quantity=2))
    assert (receipt.fills, receipt.cancelled) == (1, 1)


def test_a_taker_needs_margin_beside_what_it_reserves():
    desk = Desk()
    desk.run(ask(desk))
    desk.edit("accounts", 1, cash_e8=4_000 * E8)
    desk.run(bid(desk, price=1900, quantity=2))
    assert desk.status(bid(desk)) == Status.INITIAL_MARGIN
    desk.run(desk.signed(Kind.CANCEL_ALL, 1))
    assert desk.status(bid(desk)) == Status.OK


def test_below_margin_orders_that_close_still_rest_and_others_do_not():
    desk = Desk()
    hold(desk)
    desk.edit("accounts", 2, cash_e8=3_000 * E8)
    assert initial(desk, 2) < 0
    assert desk.status(bid(desk, account=2, price=1900)) == Status.OK
    assert desk.status(bid(desk, account=2, price=1900)) == Status.INITIAL_MARGIN


def test_a_silent_feed_lets_closing_orders_rest_only():
    desk = Desk()
    hold(desk)
    wait(desk, START_S + 601)
    assert desk.status(bid(desk, account=2, price=1900)) == Status.OK
    assert desk.status(bid(desk, account=2, price=1900)) == Status.STALE_ORACLE
    assert desk.status(bid(desk, account=2, price=1900, options=REDUCE_ONLY)) == Status.OK


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1), st.integers(1980, 1999), st.integers(1, 9)), min_size=1, max_size=40))
def test_reserves_are_those_of_the_open_orders_and_are_paid_for(orders):
    """Whoever is given an order has initial margin for all his open orders at that moment."""
    desk = Desk(accounts=3, cash_e8=60_000 * E8)
    for account, side, price, quantity in orders:
        receipt = desk.run(desk.order(account, side, price, quantity, instrument=ATM))
        if receipt.order:
            made = desk.row("orders", receipt.order)
            assert made.reserved_e8 == 0 or initial(desk, account) >= reserved(desk, account)
        check_all(desk.state)


def test_an_order_moves_with_the_price_and_its_reserve_stays():
    desk = Desk()
    desk.run(ask(desk, account=1, price=1990))
    kept = reserved(desk)
    desk.edit("feeds", spot_feed(1), number=50_000 * E8)
    desk.run(ask(desk, account=1, price=1990, quantity=1, max_fee_e8=1 << 40))
    assert desk.row("orders", 1).reserved_e8 == kept
    assert desk.row("orders", 2).reserved_e8 not in {0, kept}
    assert desk.row("orders", 2).quantity_e6 == E6
