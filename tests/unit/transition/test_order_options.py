"""Market orders, reduce-only orders, and orders that meet their own."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.market.positions import position_of
from rollup.market.terms import (
    BUY,
    CANCEL_BOTH,
    CANCEL_MAKER,
    DECREMENT_BOTH,
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    MARKET,
    OWNER_WIDE,
    REDUCE_ONLY,
    SELL,
)
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, owner
from tests.unit.transition.status_cases import ATM, ask, bid, hold, mark_e8, pause, wait


def held(desk, account):
    found = position_of(desk.state, account, ATM)
    commit(desk.state)
    return found


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_market_order_takes_what_the_band_allows(side):
    """The band is the mark and 10 % of the spot price on either side: 6,000 USD. A limit order cannot go further either."""
    desk = Desk()
    desk.edit("parameters", 0, fee_cap_e9=0)
    option = 1
    mark = mark_e8(desk, option) // E8
    far = 5_999 if side == BUY else -5_999
    for number in (0, far, 2 * far):
        desk.run(desk.order(2, 1 - side, mark + number, 1, instrument=option))
    taken = desk.run(desk.order(1, side, 0, 3, instrument=option, options=MARKET, time_in_force=IMMEDIATE_OR_CANCEL))
    assert (taken.fills, taken.order, taken.fill_price_e8[1]) == (2, 0, (mark + far) * E8)
    assert desk.status(desk.order(1, side, mark + 2 * far, 1, instrument=option)) == Status.PRICE_BAND


def test_a_market_order_may_ask_for_all_or_nothing():
    desk = Desk()
    desk.run(ask(desk))
    order = {"price": 0, "options": MARKET, "time_in_force": FILL_OR_KILL}
    assert desk.status(bid(desk, quantity=2, **order)) == Status.FOK_UNFILLED
    assert desk.status(bid(desk, quantity=1, **order)) == Status.OK


def test_a_market_order_without_anybody_is_nothing():
    desk = Desk()
    receipt = desk.run(bid(desk, price=0, options=MARKET, time_in_force=IMMEDIATE_OR_CANCEL))
    assert (receipt.status, receipt.fills, receipt.order) == (Status.OK, 0, 0)


def test_a_market_order_sells_at_one_tick_where_the_band_reaches_zero():
    desk = Desk()
    desk.run(bid(desk, account=2, instrument=9, price=1))
    receipt = desk.run(ask(desk, account=1, instrument=9, price=0, options=MARKET, time_in_force=IMMEDIATE_OR_CANCEL))
    assert receipt.fill_price_e8[0] == E8


def test_reduce_only_is_clipped_when_it_takes():
    desk = Desk()
    hold(desk)
    desk.run(bid(desk, account=3, quantity=5))
    receipt = desk.run(ask(desk, account=1, quantity=5, options=REDUCE_ONLY))
    assert (receipt.filled_e6, receipt.order) == (E6, 0)
    assert held(desk, 1) == 0


def test_reduce_only_is_clipped_when_it_rests_and_again_when_it_is_filled():
    desk = Desk()
    desk.run(ask(desk, account=2, quantity=3))
    desk.run(bid(desk, account=1, quantity=3))
    order = desk.run(ask(desk, account=1, price=1995, quantity=9, options=REDUCE_ONLY)).order
    assert desk.row("orders", order).quantity_e6 == 3 * E6
    desk.run(bid(desk, account=3, quantity=2))
    desk.run(ask(desk, account=1, quantity=2))
    assert held(desk, 1) == E6
    receipt = desk.run(bid(desk, account=4, price=1995, quantity=3))
    assert (receipt.filled_e6, receipt.cancelled) == (E6, 1)
    assert held(desk, 1) == 0
    check_all(desk.state)


def test_reduce_only_that_has_nothing_left_makes_way():
    desk = Desk()
    hold(desk)
    desk.run(ask(desk, account=1, price=1990, options=REDUCE_ONLY))
    desk.run(ask(desk, account=3, price=1991))
    desk.run(bid(desk, account=4, price=1985))
    desk.run(ask(desk, account=1, price=1985))
    receipt = desk.run(bid(desk, account=4, price=1991))
    assert (receipt.cancelled, receipt.fill_account[0]) == (1, 3)


def test_reduce_only_trades_whole_lots():
    desk = Desk()
    desk.hold(1, {ATM: 1_015_000})
    desk.hold(2, {ATM: -1_015_000})
    desk.edit("instruments", ATM, open_interest_e6=1_015_000)
    desk.run(bid(desk, account=3, quantity=5))
    assert desk.run(ask(desk, account=1, quantity=5, options=REDUCE_ONLY)).filled_e6 == 1_010_000
    assert desk.status(ask(desk, account=1, options=REDUCE_ONLY)) == Status.REDUCE_ONLY


def test_reduce_only_goes_on_while_paused_and_while_feeds_are_silent():
    desk = Desk()
    hold(desk)
    desk.run(bid(desk, account=3, price=1950, quantity=5))
    pause(desk)
    wait(desk, START_S + 601)
    assert desk.status(ask(desk, account=1, price=1950, quantity=5)) == Status.PAUSED
    assert desk.status(ask(desk, account=1, price=1950, quantity=5, options=REDUCE_ONLY)) == Status.OK
    assert held(desk, 1) == 0


def test_all_or_nothing_of_a_reduce_only_order_is_what_it_may_reduce():
    desk = Desk()
    hold(desk)
    desk.run(bid(desk, account=3, quantity=5))
    assert desk.run(ask(desk, account=1, quantity=5, options=REDUCE_ONLY, time_in_force=FILL_OR_KILL)).filled_e6 == E6


def family(desk):
    """Give account 2 the owner of account 1; what account 2 signs as."""
    desk.row("accounts", 2).set_words([*owner(1), *desk.row("accounts", 2).words()[3:]])
    return {"owner": owner(1), "signer": owner(1)}


@pytest.mark.parametrize(("taker", "maker", "fills"), [(0, 0, 1), (OWNER_WIDE, 0, 1), (0, OWNER_WIDE, 1), (OWNER_WIDE, OWNER_WIDE, 0)])
def test_accounts_of_one_owner_trade_unless_both_orders_say_that_they_do_not(taker, maker, fills):
    desk = Desk()
    signer = family(desk)
    desk.run(ask(desk, account=2, options=maker, **signer))
    receipt = desk.run(bid(desk, account=1, options=taker))
    assert (receipt.fills, receipt.cancelled) == (fills, 1 - fills)


def test_accounts_of_other_owners_trade_whatever_their_orders_say():
    desk = Desk()
    desk.run(ask(desk, account=2, options=OWNER_WIDE))
    assert desk.run(bid(desk, account=1, options=OWNER_WIDE)).fills == 1


@pytest.mark.parametrize(
    ("mode", "filled", "own", "rests"),
    [(CANCEL_MAKER, 2, 0, 5), (CANCEL_BOTH, 0, 0, 0), (DECREMENT_BOTH, 2, 0, 2)],
)
def test_what_is_left_after_meeting_ones_own(mode, filled, own, rests):
    """Three of one's own are offered below two of another's; seven are wanted."""
    desk = Desk()
    desk.run(ask(desk, account=1, price=1985, quantity=3))
    desk.run(ask(desk, account=2, price=1986, quantity=2))
    receipt = desk.run(bid(desk, account=1, quantity=7, options=mode))
    left = desk.row("orders", receipt.order).quantity_e6 if receipt.order else 0
    assert (receipt.filled_e6, left) == (filled * E6, rests * E6)
    assert desk.row("accounts", 1).open_orders == (rests > 0) + (own > 0)
    check_all(desk.state)


def test_decrementing_a_larger_order_of_ones_own_leaves_the_rest_of_it():
    desk = Desk()
    order = desk.run(ask(desk, account=1, price=1985, quantity=3)).order
    receipt = desk.run(bid(desk, account=1, quantity=2, options=DECREMENT_BOTH))
    assert (receipt.fills, receipt.cancelled, receipt.order) == (0, 0, 0)
    row = desk.row("orders", order)
    assert (row.quantity_e6, row.filled_e6) == (E6, 0)


def test_what_was_decremented_is_not_filled():
    desk = Desk()
    desk.run(ask(desk, account=1, price=1985, quantity=3))
    order = bid(desk, account=1, quantity=2, options=DECREMENT_BOTH, time_in_force=FILL_OR_KILL)
    assert desk.status(order) == Status.FOK_UNFILLED


def test_an_order_knows_what_was_filled_of_it_before_and_after_it_rested():
    desk = Desk()
    desk.run(ask(desk, quantity=1))
    order = desk.run(bid(desk, quantity=5)).order
    desk.run(ask(desk, account=3, quantity=2))
    row = desk.row("orders", order)
    assert (row.quantity_e6, row.filled_e6) == (2 * E6, 3 * E6)
    desk.run(desk.signed(Kind.CANCEL, 1, order=order))
    assert not any(word for name, word in zip(row.FIELDS, row.words(), strict=True) if name[0] != "newer")
