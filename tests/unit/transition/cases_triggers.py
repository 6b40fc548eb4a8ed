"""Statuses of orders that wait for a trigger, and of what fires them."""

from rollup.market.terms import BY_MARK, PROTECTED, STOP_LOSS, TAKE_PROFIT
from rollup.state.limits import OPEN_ORDERS, ORDER_BITS, PRICE_MAX
from rollup.transition.status import Status
from tests.unit.transition.opened_market import EXPIRIES_S, START_S
from tests.unit.transition.status_cases import bid, case, fire, move_spot, stop, wait


@case(Status.OUT_OF_RANGE)
def stop_at_no_price(desk):
    return (stop(desk, trigger=0),)


@case(Status.OUT_OF_RANGE)
def stop_at_too_high_a_price(desk):
    return (stop(desk, trigger_e8=PRICE_MAX),)


@case(Status.OUT_OF_RANGE)
def trigger_price_of_an_order_that_does_not_wait(desk):
    return (bid(desk, trigger_e8=1),)


@case(Status.OUT_OF_RANGE)
def mark_of_an_order_that_does_not_wait(desk):
    return (bid(desk, options=BY_MARK),)


@case(Status.OUT_OF_RANGE)
def stop_and_take_profit_at_once(desk):
    return (stop(desk, options=STOP_LOSS | TAKE_PROFIT),)


@case(Status.OUT_OF_RANGE)
def protected_stop(desk):
    return (stop(desk, options=STOP_LOSS | PROTECTED),)


@case(Status.TICK)
def stop_off_tick(desk):
    return (stop(desk, price=1990.5),)


@case(Status.INSTRUMENT_EXPIRED)
def stop_after_expiry(desk):
    wait(desk, EXPIRIES_S[0])
    return (stop(desk),)


@case(Status.OPEN_ORDERS_FULL)
def one_stop_too_many(desk):
    for _ in range(OPEN_ORDERS):
        desk.run(stop(desk))
    return (stop(desk),)


@case(Status.BOOK_FULL)
def no_row_for_a_stop(desk):
    desk.edit("system", 0, orders=(1 << ORDER_BITS) - 1)
    return (stop(desk),)


@case(Status.UNKNOWN_ORDER)
def fire_nothing(desk):
    return (fire(1, 1),)


@case(Status.UNKNOWN_ORDER)
def fire_a_negative_id(desk):
    return (fire(-1, 1),)


@case(Status.UNKNOWN_ORDER)
def fire_what_rests(desk):
    order = desk.run(bid(desk)).order
    return (fire(order, desk.nonce),)


@case(Status.UNKNOWN_ORDER)
def fire_another_order_of_the_same_id(desk):
    order = desk.run(stop(desk)).order
    nonce = desk.nonce
    move_spot(desk, 61_000)
    return (fire(order, nonce + 1),)


@case(Status.NOT_TRIGGERED)
def fire_too_early(desk):
    order = desk.run(stop(desk)).order
    nonce = desk.nonce
    move_spot(desk, 60_999)
    return (fire(order, nonce),)


@case(Status.STALE_ORACLE)
def fire_on_silent_feeds(desk):
    order = desk.run(stop(desk, trigger=50_000)).order
    wait(desk, START_S + 601)
    return (fire(order, desk.nonce),)


@case(Status.INVALID_SIGNATURE)
def fire_unsigned(desk):
    order = desk.run(stop(desk, trigger=50_000)).order
    return (fire(order, desk.nonce, authentic=0),)


@case(Status.INVALID_PARTS)
def fire_with_parts(desk):
    order = desk.run(stop(desk, trigger=50_000)).order
    return (fire(order, desk.nonce, parts=1), fire(order, desk.nonce))


@case(Status.INITIAL_MARGIN)
def fire_what_cannot_be_paid(desk):
    order = desk.run(stop(desk, trigger=50_000)).order
    desk.edit("accounts", 1, cash_e8=0)
    return (fire(order, desk.nonce),)


@case(Status.FEE_CAP)
def fire_what_costs_more_fees_than_signed(desk):
    order = desk.run(stop(desk, trigger=50_000, max_fee_e8=1)).order
    return (fire(order, desk.nonce),)
