"""Settlement at expiry: price, money and dust."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.market.terms import SETTLED
from rollup.transition.status import Status
from tests.unit.transition.invariants import check_all
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, RICH_E8, Desk, forward_feed, spot_feed
from tests.unit.transition.status_cases import ATM, ask, bid, expire, hold, pair, reports, settle, wait


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
    assert (row.settlement_e8, row.status, row.open_interest_e6, row.pool_e8) == (61_000 * E8, SETTLED, 0, 0)
    check_all(desk.state)


def test_first_settlement_fixes_the_price():
    desk = Desk()
    hold(desk)
    expire(desk)
    desk.run(settle(desk, holder=1))
    wait(desk, EXPIRIES_S[0] + 2000)
    assert desk.status(*reports(desk, 90_000 * E8, 90_000 * E8)) == Status.OK
    receipt = desk.run(settle(desk, holder=2))
    assert receipt.cost_e8 == 1_000 * E8


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
    wait(desk, EXPIRIES_S[0] + 10)
    price = 60_000 * E8 + fraction
    assert desk.status(*reports(desk, price, price)) == Status.OK
    holders = [n for n in range(1, 7) if desk.row("accounts", n).positions]
    random.shuffle(holders)
    for holder in holders:
        assert desk.status(settle(desk, holder=holder)) == Status.OK
        check_all(desk.state)
    assert 0 <= desk.row("system", 0).insurance_e8 - insured <= len(holders)
    assert desk.row("instruments", ATM).pool_e8 == 0


def test_price_is_the_average_of_the_reports_in_the_window():
    """61,000 USD for its first half and 62,000 USD for the second, by whole transactions."""
    desk = Desk()
    hold(desk)
    middle = EXPIRIES_S[0] - 900
    for time_s, price in ((middle - 901, 61_000), (middle, 62_000), (EXPIRIES_S[0], 80_000)):
        wait(desk, time_s)
        for feed in (spot_feed(1), forward_feed(1, 0)):
            assert desk.status(*reports(desk, price * E8, price * E8, feed=feed)) == Status.OK
    desk.run(settle(desk))
    # The forward feed's first report, one second before the window, shares out that second too.
    assert abs(desk.row("instruments", ATM).settlement_e8 - 61_500 * E8) < E8
