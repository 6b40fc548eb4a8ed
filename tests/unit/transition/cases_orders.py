"""Statuses of orders and cancels."""

from rollup.market.terms import FILL_OR_KILL, IMMEDIATE_OR_CANCEL, MARKET, POST_ONLY, REDUCE_ONLY, REJECT_TAKER
from rollup.state.limits import CASH_MAX, LEVEL_ROW_BITS, MONEY_MAX, OPEN_ORDERS, ORDER_BITS, POSITIONS, TICK_MAX
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, INSTRUMENTS, START_S, spot_feed
from tests.unit.transition.status_cases import ATM, ask, bid, case, hold, pause, wait

# Orders.


@case(Status.UNKNOWN_INSTRUMENT)
def no_instrument(desk):
    return (bid(desk, instrument=INSTRUMENTS + 1),)


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
def one_position_too_many(desk):
    desk.hold(1, dict.fromkeys(range(20, 20 + POSITIONS), E6))
    return (bid(desk),)


@case(Status.OPEN_ORDERS_FULL)
def one_order_too_many(desk):
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


@case(Status.SELF_TRADE)
def order_that_meets_its_own(desk):
    desk.run(ask(desk, account=1))
    return (bid(desk, options=REJECT_TAKER),)


@case(Status.REDUCE_ONLY)
def nothing_to_reduce(desk):
    hold(desk)
    return (bid(desk, options=REDUCE_ONLY),)


@case(Status.OUT_OF_RANGE)
def options_unknown(desk):
    return (bid(desk, options=1 << 30),)


@case(Status.OUT_OF_RANGE)
def market_order_that_would_rest(desk):
    return (bid(desk, price=0, options=MARKET),)


@case(Status.OUT_OF_RANGE)
def market_order_with_a_price(desk):
    return (bid(desk, options=MARKET, time_in_force=IMMEDIATE_OR_CANCEL),)


@case(Status.STALE_ORACLE)
def market_order_before_any_report(desk):
    desk.edit("feeds", spot_feed(1), number=0)
    return (bid(desk, price=0, options=MARKET, time_in_force=IMMEDIATE_OR_CANCEL),)


@case(Status.INITIAL_MARGIN)
def margin_that_is_reserved(desk):
    desk.edit("accounts", 1, cash_e8=3500 * E8)
    desk.run(bid(desk))
    return (bid(desk),)


@case(Status.INITIAL_MARGIN)
def withdrawal_of_what_is_reserved(desk):
    desk.edit("accounts", 1, cash_e8=3500 * E8)
    desk.run(bid(desk))
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=2000 * E8, address=(1, 2, 3)),)


@case(Status.INITIAL_MARGIN)
def transfer_of_what_is_reserved(desk):
    desk.edit("accounts", 1, cash_e8=3500 * E8)
    desk.run(bid(desk))
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=2000 * E8),)


@case(Status.OVERFLOW)
def order_that_reserves_too_much(desk):
    desk.edit("parameters", 0, quantity_max_e6=1 << 39, position_max_e6=1 << 39)
    return (ask(desk, price=2000, quantity=200_000),)
