"""Statuses of liquidation auctions, and of what an account in one may not do."""

from rollup.core.instrument_names import CALL
from rollup.market.terms import BUY, INSOLVENT, SOLVENT
from rollup.state.limits import CASH_MAX, MONEY_MAX
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import (
    ALL,
    INSOLVENT_CASH,
    auction,
    deleverage,
    end,
    offer,
    refresh,
    set_cash,
    set_fund,
    sink,
    start,
    uninsured,
)
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, START_S, instrument, spot_feed
from tests.unit.transition.status_cases import ATM, bid, block, case, expire, hold, leave, pair, settle, wait

# Beginning.


@case(Status.OK)
def start_auction(desk):
    sink(desk)
    return (start(desk),)


@case(Status.UNKNOWN_COUNTERPARTY)
def auction_of_nobody(desk):
    return (start(desk, account=9),)


@case(Status.IN_AUCTION)
def auction_twice(desk):
    auction(desk)
    return (start(desk),)


@case(Status.NOT_LIQUIDATABLE)
def auction_of_the_sound(desk):
    hold(desk)
    return (start(desk),)


@case(Status.STALE_ORACLE)
def auction_on_silent_feeds(desk):
    sink(desk)
    wait(desk, START_S + 601)
    return (start(desk),)


# Bids.


@case(Status.OK)
def bid_for_a_tenth(desk):
    auction(desk)
    return (offer(desk, ALL // 10),)


@case(Status.OUT_OF_RANGE)
def bid_for_nothing(desk):
    auction(desk)
    return (offer(desk, 0),)


@case(Status.OUT_OF_RANGE)
def bid_for_more_than_all(desk):
    auction(desk)
    return (offer(desk, ALL + 1),)


@case(Status.UNKNOWN_COUNTERPARTY)
def bid_for_nobody(desk):
    return (offer(desk, counterparty=9),)


@case(Status.UNKNOWN_COUNTERPARTY)
def bid_for_oneself(desk):
    return (offer(desk, counterparty=3),)


@case(Status.NO_AUCTION)
def bid_without_an_auction(desk):
    return (offer(desk),)


@case(Status.AUCTION_KIND)
def solvent_bid_in_an_insolvent_auction(desk):
    auction(desk, INSOLVENT_CASH)
    return (offer(desk, kind=SOLVENT),)


@case(Status.AUCTION_KIND)
def insolvent_bid_in_a_solvent_auction(desk):
    auction(desk)
    return (offer(desk, kind=INSOLVENT),)


@case(Status.SEQUENCE_MISMATCH)
def bid_on_what_another_has_changed(desk):
    auction(desk)
    seen = desk.row("auctions", 2).sequence
    assert desk.status(offer(desk, ALL // 10, by=1)) == Status.OK
    return (offer(desk, ALL // 10, sequence=seen),)


@case(Status.BID_PRICE)
def bid_that_costs_more(desk):
    auction(desk)
    return (offer(desk, ALL // 10, amount_e8=E8),)


@case(Status.BID_PRICE)
def bid_that_pays_less(desk):
    auction(desk, INSOLVENT_CASH)
    set_fund(desk, 10_000)
    return (offer(desk, kind=INSOLVENT, amount_e8=-2_000 * E8),)


@case(Status.STALE_ORACLE)
def bid_on_silent_feeds(desk):
    auction(desk)
    wait(desk, START_S + 601)
    return (offer(desk),)


@case(Status.STALE_ORACLE)
def bid_of_a_bidder_with_silent_feeds(desk):
    """He is short on the other underlying, whose feeds are silent."""
    desk.hold(3, {instrument(2, 0, 2, CALL): -10_000})
    auction(desk)
    refresh(desk, START_S + 601)
    desk.edit("feeds", spot_feed(2), timestamp_s=START_S)
    return (offer(desk),)


@case(Status.INITIAL_MARGIN)
def bid_of_a_poor_bidder(desk):
    auction(desk)
    set_cash(desk, 3, 100)
    return (offer(desk),)


@case(Status.AUCTION_OVER)
def bid_after_the_last_second(desk):
    auction(desk)
    refresh(desk, START_S + 900 + 43_200)
    return (offer(desk),)


@case(Status.AUCTION_OVER)
def bid_for_what_is_restored(desk):
    auction(desk)
    set_cash(desk, 2, 100_000)
    return (offer(desk),)


@case(Status.INSURANCE_SHORT)
def bid_that_nobody_can_pay_for(desk):
    auction(desk, INSOLVENT_CASH)
    set_fund(desk, 0)
    return (offer(desk, kind=INSOLVENT),)


@case(Status.POSITION_CAP)
def bid_beyond_the_position_cap(desk):
    auction(desk)
    desk.edit("parameters", 0, position_max_e6=1)
    return (offer(desk),)


@case(Status.OVERFLOW)
def bid_for_what_cannot_be_valued(desk):
    auction(desk)
    desk.hold(2, {ATM: -(1 << 39)})
    return (offer(desk),)


@case(Status.OVERFLOW)
def bid_of_the_richest(desk):
    auction(desk)
    desk.edit("accounts", 3, cash_e8=CASH_MAX - 1)
    return (offer(desk),)


# The end.


@case(Status.OK)
def end_of_the_restored(desk):
    auction(desk)
    set_cash(desk, 2, 100_000)
    return (end(desk),)


@case(Status.UNKNOWN_COUNTERPARTY)
def end_of_nobody(desk):
    return (end(desk, account=9),)


@case(Status.NO_AUCTION)
def end_without_a_beginning(desk):
    return (end(desk),)


@case(Status.STALE_ORACLE)
def end_on_silent_feeds(desk):
    auction(desk)
    wait(desk, START_S + 601)
    return (end(desk),)


@case(Status.AUCTION_LIVE)
def end_while_there_is_something_for_sale(desk):
    auction(desk)
    return (end(desk),)


@case(Status.OVERFLOW)
def end_of_a_debt_beyond_all_bounds(desk):
    auction(desk, -30_000)
    expire(desk)
    assert desk.status(settle(desk, holder=2)) == Status.OK
    set_fund(desk, 0)
    desk.edit("system", 0, deficit_e8=MONEY_MAX - 1)
    return (end(desk),)


# Deleveraging.


@case(Status.OK)
def deleverage_half(desk):
    uninsured(desk)
    return (deleverage(desk, quantity=E6 // 2),)


@case(Status.UNKNOWN_COUNTERPARTY)
def deleverage_nobody(desk):
    return (deleverage(desk, counterparty=9),)


@case(Status.UNKNOWN_COUNTERPARTY)
def deleverage_against_nobody(desk):
    uninsured(desk)
    return (deleverage(desk, other=0),)


@case(Status.UNKNOWN_COUNTERPARTY)
def deleverage_against_itself(desk):
    uninsured(desk)
    return (deleverage(desk, other=2),)


@case(Status.NO_AUCTION)
def deleverage_without_an_auction(desk):
    hold(desk)
    return (deleverage(desk),)


@case(Status.AUCTION_KIND)
def deleverage_the_solvent(desk):
    auction(desk)
    return (deleverage(desk),)


@case(Status.IN_AUCTION)
def deleverage_against_another_in_auction(desk):
    uninsured(desk)
    set_cash(desk, 1, -5_000)
    assert desk.status(start(desk, account=1)) == Status.OK
    return (deleverage(desk),)


@case(Status.UNKNOWN_INSTRUMENT)
def deleverage_no_instrument(desk):
    uninsured(desk)
    return (deleverage(desk, instrument=0),)


@case(Status.INSTRUMENT_EXPIRED)
def deleverage_the_expired(desk):
    uninsured(desk)
    wait(desk, EXPIRIES_S[0])
    return (deleverage(desk),)


@case(Status.OUT_OF_RANGE)
def deleverage_nothing(desk):
    uninsured(desk)
    return (deleverage(desk, quantity=0),)


@case(Status.NOT_OPPOSITE)
def deleverage_more_than_there_is(desk):
    uninsured(desk)
    return (deleverage(desk, quantity=E6 + 1),)


@case(Status.NOT_OPPOSITE)
def deleverage_against_one_without_a_position(desk):
    uninsured(desk)
    return (deleverage(desk, other=4),)


@case(Status.STALE_ORACLE)
def deleverage_on_silent_feeds(desk):
    uninsured(desk)
    wait(desk, START_S + 601)
    return (deleverage(desk),)


@case(Status.AUCTION_OVER)
def deleverage_the_restored(desk):
    uninsured(desk)
    set_cash(desk, 2, 100_000)
    return (deleverage(desk),)


@case(Status.INSURED)
def deleverage_the_insured(desk):
    uninsured(desk)
    set_fund(desk, 100_000)
    return (deleverage(desk),)


@case(Status.NOT_PROFITABLE)
def deleverage_against_a_loser(desk):
    uninsured(desk)
    desk.edit("accounts", 1, paid_in_e8=desk.row("accounts", 1).paid_in_e8 + 10_000 * E8)
    return (deleverage(desk),)


@case(Status.MAINTENANCE_MARGIN)
def deleverage_that_takes_a_hedge(desk):
    """Without its long call, account 1's short one of the same expiry is naked."""
    uninsured(desk)
    desk.hold(1, {ATM: E6, ATM + 2: -E6})
    set_cash(desk, 1, 100)
    desk.edit("accounts", 1, paid_in_e8=0)
    return (deleverage(desk),)


@case(Status.OVERFLOW)
def deleverage_against_the_richest(desk):
    uninsured(desk)
    desk.edit("accounts", 1, cash_e8=CASH_MAX - 1)
    return (deleverage(desk),)


# What an account in auction may not do.


@case(Status.IN_AUCTION)
def order_in_auction(desk):
    auction(desk)
    return (bid(desk, account=2),)


@case(Status.IN_AUCTION)
def trade_in_auction(desk):
    auction(desk)
    return pair(desk)


@case(Status.IN_AUCTION)
def trade_of_a_head_in_auction(desk):
    auction(desk)
    return block(desk, (ATM, BUY), one=2, other=1)


@case(Status.IN_AUCTION)
def transfer_in_auction(desk):
    auction(desk)
    return (desk.signed(Kind.TRANSFER, 2, counterparty=1, amount_e8=E8),)


@case(Status.IN_AUCTION)
def withdrawal_in_auction(desk):
    auction(desk)
    return (desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=(1, 2, 3)),)


@case(Status.IN_AUCTION)
def exit_in_auction(desk):
    auction(desk)
    return (leave(account=2),)


@case(Status.IN_AUCTION)
def bid_in_auction(desk):
    auction(desk)
    return (offer(desk, by=2, counterparty=1),)
