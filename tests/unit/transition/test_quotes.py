"""Mass quotes: what they take away, what they let rest, and what they drop."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.terms import BOTH_SIDES, BUY, OWNER_WIDE, PROTECTED, QUOTE, SELL
from rollup.state.limits import FILLS, OPEN_ORDERS
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, START_S, Desk
from tests.unit.transition.status_cases import ATM, ask, bid, hold, mark_e8, pause, quotes, two_sided, wait


def open_orders(desk, account=1):
    """An account's orders: (instrument, side, price in USD, quantity, is it a quote), in order."""
    ids = [order for order in desk.row("resting", account).order if order]
    rows = [desk.row("orders", order) for order in ids]
    return sorted((row.instrument, row.side, row.price_e8 // E8, row.quantity_e6 / E6, row.options & QUOTE != 0) for row in rows)


def test_a_mass_quote_replaces_the_accounts_quotes_of_the_same_instrument_and_side_and_nothing_else():
    desk = Desk()
    desk.run(*quotes(desk, two_sided(), two_sided(instrument=ATM + 2, bid_price=200, ask_price=300)))
    desk.run(bid(desk, price=1950))
    desk.run(*quotes(desk, two_sided(1975, 1995), account=3))
    receipt = desk.run(*quotes(desk, two_sided(1982, 2002, side=BUY), two_sided(210, 290, instrument=ATM + 2, side=SELL)))
    assert (receipt.status, receipt.cancelled, receipt.dropped) == (Status.OK, 2, 0)
    assert open_orders(desk) == [
        (ATM, BUY, 1950, 1, False),
        (ATM, BUY, 1982, 1, True),
        (ATM, SELL, 2000, 1, True),
        (ATM + 2, BUY, 200, 1, True),
        (ATM + 2, SELL, 290, 1, True),
    ]
    assert len(open_orders(desk, 3)) == 2
    check_all(desk.state)


def test_new_quotes_may_stand_where_the_old_ones_of_the_other_side_stood():
    """The market moves up: the new bid is above the old ask, which is gone by then."""
    desk = Desk()
    desk.run(*quotes(desk, two_sided(1980, 1990)))
    receipt = desk.run(*quotes(desk, two_sided(1995, 2005)))
    assert receipt.dropped == 0
    assert open_orders(desk) == [(ATM, BUY, 1995, 1, True), (ATM, SELL, 2005, 1, True)]


def test_no_quantity_takes_a_quote_away():
    desk = Desk()
    desk.run(*quotes(desk, two_sided()))
    receipt = desk.run(*quotes(desk, two_sided(quantity=0, side=BUY)))
    assert (receipt.cancelled, receipt.dropped) == (1, 0)
    assert open_orders(desk) == [(ATM, SELL, 2000, 1, True)]


def test_an_instrument_may_be_quoted_in_depth():
    desk = Desk()
    desk.run(*quotes(desk, *(two_sided(1980 - step, 2000 + step) for step in range(4))))
    assert len(open_orders(desk)) == 8
    assert desk.run(*quotes(desk, two_sided())).cancelled == 8


def test_thirty_two_quotes_at_once():
    desk = Desk()
    prices = {number: mark_e8(desk, number) // E8 for number in range(1, 17)}
    whole = quotes(desk, *(two_sided(max(prices[number] - 5, 1), prices[number] + 5, instrument=number) for number in prices))
    receipt = desk.run(*whole)
    assert (receipt.status, receipt.dropped) == (Status.OK, 0)
    assert len(open_orders(desk)) == OPEN_ORDERS
    assert all(row[-1] for row in open_orders(desk))
    receipt = desk.run(*quotes(desk, *(two_sided(max(prices[number] - 6, 1), prices[number] + 6, instrument=number) for number in prices)))
    assert (receipt.cancelled, receipt.dropped) == (OPEN_ORDERS, 0)
    check_all(desk.state)


DROPPED = {
    "crosses": (two_sided(2011, 2020), 1),
    "meets_itself": (two_sided(2005, 2005), 2),
    "off_tick": (two_sided(1980.5, 2000), 1),
    "off_lot": ({**two_sided(), "expected_e6": E6 + 1}, 2),
    "beyond_the_band": (two_sided(9000, 9001), 1),
    "no_instrument": (two_sided(instrument=1 << 40), 3),
    "no_price": (two_sided(0, 2000), 1),
    "negative": ({**two_sided(), "quantity_e6": -E6}, 1),
    "too_much": (two_sided(quantity=1001), 3),
    "late": ({**two_sided(), "timestamp_s": START_S - 1}, 3),
    "fee_above_signed": ({**two_sided(), "max_fee_e8": 1}, 3),
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_quote_that_may_not_rest_is_dropped_and_the_others_rest(name):
    """Somebody offers at 2,010. The bad record is the second one; its bits are 4 for the bid and 8 for the ask."""
    desk = Desk()
    desk.run(ask(desk, account=2, price=2010))
    bad, sides = DROPPED[name]
    receipt = desk.run(*quotes(desk, two_sided(1970, 2060), bad, two_sided(1960, 2070)))
    assert (receipt.status, receipt.dropped) == (Status.OK, sides << 2)
    assert len(open_orders(desk)) == 6 - sides.bit_count()
    check_all(desk.state)


def test_no_old_quote_outlives_a_mass_quote_even_where_the_new_one_is_dropped():
    desk = Desk()
    desk.run(*quotes(desk, two_sided()))
    assert desk.run(*quotes(desk, two_sided(1980.5, 2000.5))).cancelled == 2
    assert open_orders(desk) == []


def test_quotes_rest_for_as_long_as_margin_and_slots_last():
    desk = Desk()
    desk.edit("accounts", 1, cash_e8=5 * 2000 * E8)
    receipt = desk.run(*quotes(desk, *(two_sided(1990 - step, side=BUY) for step in range(8))))
    assert receipt.dropped == sum(1 << 2 * place for place in (5, 6, 7))
    desk = Desk()
    for number in range(OPEN_ORDERS - 3):
        desk.run(bid(desk, price=1900 + number))
    assert desk.run(*quotes(desk, two_sided(), two_sided())).dropped == 8
    check_all(desk.state)


def test_what_the_earlier_quotes_reserved_may_be_reserved_again_below_margin():
    desk = Desk()
    desk.run(*quotes(desk, two_sided(1980, side=BUY)))
    desk.edit("accounts", 1, cash_e8=100 * E8)
    assert desk.run(*quotes(desk, two_sided(1985, side=BUY))).dropped == 1
    desk.edit("accounts", 1, cash_e8=10_000_000 * E8)
    desk.run(*quotes(desk, two_sided(1980, side=BUY)))
    desk.edit("accounts", 1, cash_e8=100 * E8)
    assert desk.run(*quotes(desk, two_sided(1975, side=BUY))).dropped == 0


def test_while_paused_or_while_feeds_are_silent_only_closing_quotes_rest():
    desk = Desk()
    hold(desk)
    desk.run(*quotes(desk, two_sided()))
    pause(desk)
    assert desk.run(*quotes(desk, two_sided())).dropped == 1 << BUY
    desk.edit("system", 0, paused_until_s=0)
    wait(desk, START_S + 601)
    assert desk.run(*quotes(desk, two_sided())).dropped == 1 << BUY


def test_orders_that_are_over_make_way_for_a_quote():
    desk = Desk()
    desk.run(ask(desk, account=2, price=1985, timestamp_s=START_S))
    wait(desk, START_S + 1)
    receipt = desk.run(*quotes(desk, two_sided(1990, 2000)))
    assert (receipt.dropped, receipt.cancelled) == (0, 1)


def test_no_more_orders_make_way_for_quotes_than_an_order_may_meet():
    desk = Desk()
    for number in range(FILLS + 5):
        desk.run(ask(desk, account=2 + number % 2, price=1985, timestamp_s=START_S))
    wait(desk, START_S + 1)
    whole = (two_sided(1990, side=BUY), two_sided(1989, side=BUY))
    receipt = desk.run(*quotes(desk, *whole))
    assert (receipt.cancelled, receipt.dropped) == (FILLS, 0b101)
    receipt = desk.run(*quotes(desk, *whole))
    assert (receipt.cancelled, receipt.dropped) == (5, 0)


def test_on_silent_feeds_two_quotes_do_not_close_the_same_position():
    desk = Desk()
    hold(desk)
    wait(desk, START_S + 601)
    assert desk.run(*quotes(desk, two_sided(1900, side=BUY), two_sided(1890, side=BUY), account=2)).dropped == 0b100


def test_a_quote_is_filled_as_any_order():
    desk = Desk()
    desk.run(*quotes(desk, two_sided(quantity=2)))
    assert desk.run(bid(desk, account=3, price=2000)).fill_account[0] == 1
    assert open_orders(desk)[1] == (ATM, SELL, 2000, 1, True)
    assert desk.row("orders", desk.row("resting", 1).order[0]).options == 1 | PROTECTED | QUOTE


RECORDS = st.builds(
    lambda instrument, middle, width, quantity, side: two_sided(middle - width, middle + width, quantity, instrument=instrument, side=side),
    st.sampled_from([ATM, ATM, ATM + 1]),
    st.integers(1960, 2020),
    st.integers(0, 20),
    st.sampled_from([0, 1, 1, 2, 3]),
    st.sampled_from([BUY, SELL, BOTH_SIDES, BOTH_SIDES]),
)
ACTIONS = st.one_of(
    st.lists(RECORDS, min_size=1, max_size=6),
    st.lists(RECORDS, min_size=1, max_size=6),
    st.tuples(st.sampled_from([BUY, SELL]), st.integers(1960, 2020), st.integers(1, 3)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), ACTIONS), min_size=1, max_size=25))
def test_what_rests_is_what_was_quoted_and_not_dropped(actions):
    """Whatever happens: of the named instruments and sides an account has exactly the quotes whose bits are not set."""
    desk = Desk(accounts=3)
    for account, action in actions:
        if isinstance(action, tuple):
            side, price, quantity = action
            desk.run(desk.order(account, side, price, quantity, instrument=ATM, options=OWNER_WIDE))
            continue
        before = [row for row in open_orders(desk, account) if not row[-1] or not any(is_about(record, row) for record in action)]
        receipt = desk.run(*quotes(desk, *action, account=account))
        assert receipt.status == Status.OK
        wanted = [
            (record["instrument"], side, price // E8, quantity / E6, True)
            for place, record in enumerate(action)
            for side, price, quantity in sides_of(record)
            if not receipt.dropped >> (2 * place + side) & 1
        ]
        assert open_orders(desk, account) == sorted(before + wanted)
        check_all(desk.state)


def is_about(record, row):
    return record["instrument"] == row[0] and record["side"] in {row[1], BOTH_SIDES}


def sides_of(record):
    """The quotes of a record that have a quantity."""
    named = {BUY: (record["price_e8"], record["quantity_e6"]), SELL: (record["amount_e8"], record["expected_e6"])}
    return [(side, *terms) for side, terms in named.items() if record["side"] in {side, BOTH_SIDES} and terms[1]]


def test_a_session_key_may_quote():
    desk = Desk()
    desk.run(desk.signed(Kind.REGISTER_KEY, 1, address=(9, 9, 9), scope=1, timestamp_s=START_S + 100))
    assert desk.status(*quotes(desk, two_sided(), two_sided(), signer=(9, 9, 9))) == Status.OK
