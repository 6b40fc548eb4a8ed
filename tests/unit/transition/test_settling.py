"""Settlement at expiry: price, money and dust."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.pricing import black76
from rollup.market.terms import BUY, SELL, SETTLED
from rollup.state.limits import CASH_MAX, SETTLED_AT_ONCE
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, RICH_E8, Desk, forward_feed, future
from tests.unit.transition.status_cases import ATM, ask, bid, expire, fix, hold, pair, report_spot, reports, settle, wait


def test_longs_are_paid_what_shorts_pay():
    desk = Desk()
    hold(desk)
    expire(desk)
    cash = [desk.row("accounts", n).cash_e8 for n in (1, 2)]
    receipt = desk.run(settle(desk, holder=1))
    assert (receipt.filled_e6, receipt.cost_e8) == (E6, -1_000 * E8)
    check_all(desk.state)
    desk.run(settle(desk, holder=2))
    assert [desk.row("accounts", n).cash_e8 - before for n, before in zip((1, 2), cash, strict=True)] == [1_000 * E8, -1_000 * E8]
    row = desk.row("instruments", ATM)
    assert (row.status, row.open_interest_e6, row.shorts_e6, row.pool_e8) == (SETTLED, 0, 0, 0)
    assert desk.row("feeds", forward_feed(1, 0)).settlement_e8 == 61_000 * E8
    check_all(desk.state)


def test_price_is_fixed_once():
    desk = Desk()
    hold(desk)
    expire(desk)
    desk.run(settle(desk, holder=1))
    report_spot(desk, EXPIRIES_S[0] + 2000, 90_000 * E8)
    assert desk.status(fix(desk)) == Status.ALREADY_FIXED
    assert desk.run(settle(desk, holder=2)).cost_e8 == 1_000 * E8


def test_all_instruments_of_an_expiry_settle_at_one_price():
    desk = Desk()
    hold(desk)
    assert desk.status(*pair(desk, {"instrument": 9, "price_e8": 200 * E8}, instrument=9, price_e8=200 * E8)) == Status.OK
    expire(desk)
    price = desk.row("feeds", forward_feed(1, 0)).settlement_e8
    for time_s, number in ((EXPIRIES_S[0] + 700, 99_000), (EXPIRIES_S[0] + 3_000, 20_000)):
        report_spot(desk, time_s, number * E8)
        for instrument in (ATM, 9):
            account = 1 if number == 99_000 else 2
            value = max(price - desk.row("instruments", instrument).strike_e8, 0)
            assert abs(desk.run(settle(desk, holder=account, instrument=instrument)).cost_e8) == value
    check_all(desk.state)


def test_loser_may_end_below_zero_and_money_is_still_all_there():
    desk = Desk()
    hold(desk)
    desk.edit("accounts", 2, cash_e8=0)
    desk.edit("system", 0, vault_e8=desk.row("system", 0).vault_e8 - (RICH_E8 + 1_984 * E8))
    expire(desk)
    desk.run(settle(desk, holder=2))
    assert desk.row("accounts", 2).cash_e8 == -1_000 * E8
    check_all(desk.state)


def test_out_of_the_money_pays_nothing_and_frees_the_slot():
    desk = Desk()
    assert desk.status(*pair(desk, {"instrument": 9, "price_e8": 200 * E8}, instrument=9, price_e8=200 * E8)) == Status.OK
    expire(desk)
    receipt = desk.run(settle(desk, instrument=9))
    assert (receipt.status, receipt.cost_e8, desk.row("accounts", 1).positions) == (Status.OK, 0, 0)
    desk.run(settle(desk, holder=2, instrument=9))
    check_all(desk.state)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 999)), max_size=12), st.integers(1, 10**7), st.randoms())
def test_dust_is_never_negative_and_less_than_a_unit_a_holder(trades, fraction, random):
    """Odd quantities at an odd price: whoever settles in whatever order, rounding leaves at most a unit each to the insurance fund."""
    desk = Desk(accounts=6)
    desk.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0, quantity_min_e6=1)
    desk.edit("instruments", ATM, lot_e6=1)
    for seller, buyer, quantity in trades:
        if seller != buyer:
            desk.run(ask(desk, account=seller, quantity_e6=quantity))
            assert desk.run(bid(desk, account=buyer, quantity_e6=quantity)).fills == 1
    insured = desk.row("system", 0).insurance_e8
    price = 60_000 * E8 + fraction
    report_spot(desk, EXPIRIES_S[0] - 2000, price)
    report_spot(desk, EXPIRIES_S[0] + 10, price)
    assert desk.status(fix(desk)) == Status.OK
    holders = [n for n in range(1, 7) if desk.row("accounts", n).positions]
    random.shuffle(holders)
    for holder in holders:
        assert desk.status(settle(desk, holder=holder)) == Status.OK
        check_all(desk.state)
    assert 0 <= desk.row("system", 0).insurance_e8 - insured <= len(holders)
    assert desk.row("instruments", ATM).pool_e8 == 0


def test_price_is_the_average_of_the_observations_in_the_window():
    """61,000 USD for its first half and 62,000 USD for the second, by whole transactions, brought late."""
    desk = Desk()
    hold(desk)
    middle = EXPIRIES_S[0] - 900
    for time_s, price in ((middle - 900, 61_000), (middle, 62_000), (EXPIRIES_S[0], 80_000)):
        wait(desk, time_s + 120)
        assert desk.status(*reports(desk, price * E8, price * E8, timestamp_s=time_s)) == Status.OK
    assert desk.status(fix(desk)) == Status.OK
    assert desk.row("feeds", forward_feed(1, 0)).settlement_e8 == 61_500 * E8


def test_instrument_that_nobody_held_is_marked_once():
    desk = Desk()
    expire(desk)
    assert desk.status(settle(desk, holder=0, instrument=7)) == Status.OK
    assert desk.row("instruments", 7).status == SETTLED
    assert desk.status(settle(desk, holder=0, instrument=7)) == Status.UNKNOWN_COUNTERPARTY
    check_all(desk.state)


# On first touch: who acts is settled first.


@pytest.fixture
def expired():
    """Account 1 is long, account 2 short, one call and one future of the first expiry, whose price is fixed; and of the second too."""
    desk = Desk()
    desk.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0)
    for instrument, price in ((ATM, 1_990), (future(1, 0), 60_000), (future(1, 1), 60_000)):
        assert desk.status(desk.order(2, SELL, price, 1, instrument=instrument)) == Status.OK
        assert desk.status(desk.order(1, BUY, price, 1, instrument=instrument)) == Status.OK
    expire(desk)
    freshen(desk)
    return desk


def freshen(desk: Desk) -> None:
    """Let every feed have been observed now."""
    for feed in range(1, desk.row("system", 0).feeds + 1):
        desk.edit("feeds", feed, timestamp_s=desk.row("system", 0).time_s)


TOUCHES = {
    "order": lambda desk: [desk.order(1, BUY, 50_000, 1, instrument=future(1, 1))],
    "trade": lambda desk: pair(desk, {"instrument": 15, "price_e8": 4_000 * E8}, instrument=15, price_e8=4_000 * E8),
    "transfer": lambda desk: [desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=E8)],
    "withdrawal": lambda desk: [desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3))],
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_whoever_acts_is_settled_first(expired, touch):
    desk = expired
    assert desk.row("accounts", 1).positions == 3
    cash = desk.row("accounts", 1).cash_e8
    receipt = desk.run(*TOUCHES[touch](desk))
    assert receipt.status == Status.OK
    assert desk.row("accounts", 1).positions == 1 + (touch == "trade")
    moved = {"order": 0, "trade": -4_000 * E8, "transfer": -E8, "withdrawal": -50 * E8}[touch]
    assert desk.row("accounts", 1).cash_e8 - cash == 1_000 * E8 + 61_000 * E8 + moved
    assert desk.row("accounts", 2).positions == (2 if touch == "trade" else 3)
    assert desk.row("accounts", 1).expiry_s == EXPIRIES_S[1]
    check_all(desk.state)


def test_what_is_refused_settles_nothing(expired):
    desk = expired
    assert desk.status(desk.signed(Kind.WITHDRAW, 1, amount_e8=RICH_E8 * 2, address=(1, 2, 3))) == Status.INSUFFICIENT_CASH
    assert desk.row("accounts", 1).positions == 3


def test_nothing_is_settled_before_the_price_is_fixed():
    desk = Desk()
    hold(desk)
    report_spot(desk, EXPIRIES_S[0] + 10, 61_000 * E8)
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=E8)) == Status.OK
    assert desk.row("accounts", 1).positions == 1
    assert desk.status(fix(desk)) == Status.OK
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=E8)) == Status.OK
    assert (desk.row("accounts", 1).positions, desk.row("accounts", 1).expiry_s) == (0, 0)


def test_so_many_are_settled_at_once_and_the_rest_the_next_time():
    desk = Desk()
    first = [n for n in range(1, 11) if n != ATM]
    for instrument in first:
        row = desk.row("instruments", instrument)
        price = max(round(black76(60_000 * E8, row.strike_e8, 600_000_000, 604_800, row.option_type) // E8), 1) * E8
        terms = {"instrument": instrument, "price_e8": price, "quantity_e6": E6 // 100}
        assert desk.status(*pair(desk, terms, **terms)) == Status.OK
    expire(desk)
    left = len(first)
    while left:
        assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=E8)) == Status.OK
        assert desk.row("accounts", 1).positions == max(left - SETTLED_AT_ONCE, 0)
        left = desk.row("accounts", 1).positions
        check_all(desk.state)


def test_position_that_cannot_be_paid_out_waits(expired):
    desk = expired
    desk.edit("accounts", 1, cash_e8=CASH_MAX - 2_000 * E8)
    desk.edit("system", 0, vault_e8=desk.row("system", 0).vault_e8 + CASH_MAX)
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=E8)) == Status.OK
    held = desk.row("holdings", 8).instrument
    assert [held[0], held[1], desk.row("accounts", 1).positions] == [future(1, 0), future(1, 1), 2]
    assert desk.row("accounts", 1).expiry_s == EXPIRIES_S[0]
