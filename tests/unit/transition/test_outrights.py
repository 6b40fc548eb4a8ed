"""Dated futures and perpetuals: paid in full when traded, worth their mark from then on."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.market.margin import health
from rollup.market.terms import BUY, SELL, SETTLED
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import (
    E8,
    EXPIRIES_S,
    RICH_E8,
    START_S,
    Desk,
    forward_feed,
    future,
    perpetual,
    perpetual_feed,
    vol_feed,
)
from tests.unit.transition.status_cases import expire, reports, settle, wait

OUTRIGHTS = (perpetual(1), future(1, 0))


def exchange(desk: Desk, instrument: int, price: float = 60_000, quantity: float = 1) -> None:
    """Account 1 buys from account 2, over the book."""
    assert desk.status(desk.order(2, SELL, price, quantity, instrument=instrument)) == Status.OK
    assert desk.run(desk.order(1, BUY, price, quantity, instrument=instrument)).fills == 1


def health_of(desk: Desk, account: int) -> int:
    initial, _, _ = health(desk.state, account, 0, 0, 0)
    commit(desk.state)
    return initial


def withdraw(desk: Desk, account: int, amount: int) -> Status:
    return desk.status(desk.signed(Kind.WITHDRAW, account, amount_e8=amount, address=(1, 2, 3)))


@pytest.fixture
def desk():
    made = Desk()
    made.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0)
    return made


@pytest.mark.parametrize("instrument", OUTRIGHTS)
def test_price_is_paid_in_full_and_counts_as_the_mark(desk, instrument):
    exchange(desk, instrument, price=60_010)
    assert [desk.row("accounts", n).cash_e8 - RICH_E8 for n in (1, 2)] == [-60_010 * E8, 60_010 * E8]
    assert [health_of(desk, n) - RICH_E8 for n in (1, 2)] == [-6_010 * E8, -5_990 * E8]
    check_all(desk.state)


@pytest.mark.parametrize("instrument, feed", [(perpetual(1), perpetual_feed(1)), (future(1, 0), forward_feed(1, 0))])
def test_gain_follows_the_mark_and_is_the_others_loss(desk, instrument, feed):
    exchange(desk, instrument)
    wait(desk, START_S + 5)
    assert desk.status(*reports(desk, 63_000 * E8, 63_000 * E8, feed=feed)) == Status.OK
    assert [health_of(desk, n) - RICH_E8 for n in (1, 2)] == [(3_000 - 6_300) * E8, (-3_000 - 6_300) * E8]


def test_gain_can_be_withdrawn_though_cash_is_below_zero(desk):
    exchange(desk, perpetual(1), quantity=200)
    wait(desk, START_S + 5)
    assert desk.status(*reports(desk, 66_000 * E8, 66_000 * E8, feed=perpetual_feed(1))) == Status.OK
    assert desk.row("accounts", 1).cash_e8 == -2_000_000 * E8
    free = health_of(desk, 1)
    assert free == (10_000_000 + 1_200_000 - 1_320_000) * E8
    assert withdraw(desk, 1, free + 1) == Status.INSUFFICIENT_CASH
    assert withdraw(desk, 1, free) == Status.OK
    assert health_of(desk, 1) == 0
    assert withdraw(desk, 1, 10 * E8) == Status.INSUFFICIENT_CASH
    check_all(desk.state)


def test_gain_can_be_transferred_though_cash_is_below_zero(desk):
    exchange(desk, perpetual(1), quantity=200)
    free = health_of(desk, 1)
    assert desk.row("accounts", 1).cash_e8 < 0 < free
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=free + 1)) == Status.INSUFFICIENT_CASH
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=3, amount_e8=free)) == Status.OK
    check_all(desk.state)


def test_nobody_withdraws_more_than_there_is(desk):
    exchange(desk, perpetual(1), quantity=200)
    desk.edit("system", 0, vault_e8=100 * E8)
    assert withdraw(desk, 1, 100 * E8 + 1) == Status.INSUFFICIENT_CASH
    assert withdraw(desk, 1, 100 * E8) == Status.OK


def test_short_cannot_withdraw_what_he_was_paid(desk):
    exchange(desk, perpetual(1), quantity=100)
    assert desk.row("accounts", 2).cash_e8 == 16_000_000 * E8
    assert withdraw(desk, 2, 9_400_000 * E8 + 1) == Status.INITIAL_MARGIN
    assert withdraw(desk, 2, 9_400_000 * E8) == Status.OK


def test_future_settles_at_the_settlement_price(desk):
    exchange(desk, future(1, 0))
    expire(desk)
    costs = [desk.run(settle(desk, holder=n, instrument=future(1, 0))).cost_e8 for n in (1, 2)]
    assert costs == [-61_000 * E8, 61_000 * E8]
    assert [desk.row("accounts", n).cash_e8 - RICH_E8 for n in (1, 2)] == [1_000 * E8, -1_000 * E8]
    assert desk.row("instruments", future(1, 0)).status == SETTLED
    check_all(desk.state)


def test_perpetual_never_expires(desk):
    exchange(desk, perpetual(1))
    wait(desk, EXPIRIES_S[1] + 5)
    assert desk.status(settle(desk, instrument=perpetual(1))) == Status.INSTRUMENT_LIVE
    assert desk.status(desk.order(1, SELL, 60_000, 1, instrument=perpetual(1))) == Status.OK


def test_future_needs_no_volatility_and_every_outright_its_mark(desk):
    wait(desk, START_S + 5)
    desk.edit("feeds", vol_feed(1, 0), number=0, surface_a=0, timestamp_s=0)
    assert desk.status(desk.order(1, BUY, 60_000, 1, instrument=future(1, 0))) == Status.OK
    for instrument, feed in ((future(1, 0), forward_feed(1, 0)), (perpetual(1), perpetual_feed(1))):
        desk.edit("feeds", feed, timestamp_s=START_S - 600)
        assert desk.status(desk.order(1, BUY, 60_000, 1, instrument=instrument)) == Status.STALE_ORACLE
        desk.edit("feeds", feed, number=0)
        assert desk.status(desk.order(1, SELL, 60_000, 1, instrument=instrument)) == Status.STALE_ORACLE


@pytest.mark.parametrize("instrument", OUTRIGHTS)
def test_band_lies_around_the_mark(desk, instrument):
    assert desk.status(desk.order(1, BUY, 66_001, 1, instrument=instrument)) == Status.PRICE_BAND
    assert desk.status(desk.order(1, SELL, 53_999, 1, instrument=instrument)) == Status.PRICE_BAND
    assert desk.status(desk.order(1, BUY, 66_000, 1, instrument=instrument)) == Status.OK
