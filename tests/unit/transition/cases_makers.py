"""Statuses of replaced orders, mass quotes and market-maker protection."""

from rollup.market.terms import BOTH_SIDES, CANCEL_ALL_BITS, POST_ONLY, PROTECTED
from rollup.state.limits import ORDER_BITS, PROTECTION_MAX_S, QUANTITY_MAX
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6
from tests.unit.transition.status_cases import ask, bid, case, protect, quotes, replace, two_sided


@case(Status.OUT_OF_RANGE)
def cancel_of_what_there_is_not(desk):
    return (desk.signed(Kind.CANCEL_ALL, 1, options=CANCEL_ALL_BITS + 1),)


# Replacing.


@case(Status.UNKNOWN_ORDER)
def replace_nothing(desk):
    return (replace(desk, 1, 1),)


@case(Status.UNKNOWN_ORDER)
def replace_anothers(desk):
    order = desk.run(ask(desk)).order
    return (replace(desk, order, desk.nonce),)


@case(Status.UNKNOWN_ORDER)
def replace_without_its_nonce(desk):
    order = desk.run(bid(desk)).order
    return (replace(desk, order, 0),)


@case(Status.UNKNOWN_ORDER)
def replace_what_is_filled(desk):
    order = desk.run(bid(desk)).order
    nonce = desk.nonce
    desk.run(ask(desk))
    return (replace(desk, order, nonce, expected_e6=E6),)


@case(Status.FILL_MISMATCH)
def replace_after_a_fill(desk):
    order = desk.run(bid(desk, quantity=2)).order
    nonce = desk.nonce
    desk.run(ask(desk))
    return (replace(desk, order, nonce),)


@case(Status.WOULD_CROSS)
def replacement_that_would_cross(desk):
    order = desk.run(bid(desk, price=1980)).order
    nonce = desk.nonce
    desk.run(ask(desk))
    return (replace(desk, order, nonce, price=1995, options=POST_ONLY),)


@case(Status.TICK)
def replacement_off_tick(desk):
    order = desk.run(bid(desk)).order
    return (replace(desk, order, desk.nonce, price=1990.5),)


@case(Status.LOT)
def less_that_is_off_lot(desk):
    order = desk.run(bid(desk, quantity=2)).order
    return (replace(desk, order, desk.nonce, quantity=1.000001),)


@case(Status.FEE_CAP)
def less_for_a_fee_above_signed(desk):
    order = desk.run(bid(desk, quantity=2)).order
    return (replace(desk, order, desk.nonce, max_fee_e8=1),)


# Quoting.


@case(Status.OUT_OF_RANGE)
def quote_on_no_side(desk):
    return quotes(desk, two_sided(), two_sided(side=BOTH_SIDES + 1))


@case(Status.INVALID_PARTS)
def quote_dropped(desk):
    whole = quotes(desk, two_sided(), two_sided(), two_sided())
    return ({**whole[0], "parts": 1}, whole[1])


@case(Status.INVALID_PARTS)
def quotes_in_another_order(desk):
    whole = quotes(desk, two_sided(), two_sided(), two_sided())
    return (whole[0], whole[2], whole[1])


@case(Status.INVALID_PARTS)
def quote_of_another_account(desk):
    whole, other = quotes(desk, two_sided(), two_sided()), quotes(desk, two_sided(), two_sided(), account=2)
    return (whole[0], other[1])


@case(Status.BOOK_FULL)
def no_rows_for_a_quote(desk):
    desk.edit("system", 0, orders=(1 << ORDER_BITS) - 2)
    return quotes(desk, two_sided())


# Protection.


@case(Status.OUT_OF_RANGE)
def protection_without_a_limit(desk):
    return (protect(desk, quantity=0),)


@case(Status.OUT_OF_RANGE)
def protection_for_too_long(desk):
    return (protect(desk, interval=PROTECTION_MAX_S + 1),)


@case(Status.OUT_OF_RANGE)
def freeze_for_too_long(desk):
    return (protect(desk, freeze=PROTECTION_MAX_S + 1),)


@case(Status.OUT_OF_RANGE)
def limit_of_too_much(desk):
    return (protect(desk, delta=QUANTITY_MAX),)


def strike(desk):
    """Let protection strike account 1."""
    assert desk.status(protect(desk)) == Status.OK
    desk.run(bid(desk, quantity=2, options=PROTECTED))
    desk.run(ask(desk, quantity=2))


@case(Status.MMP_FROZEN)
def protected_order_in_a_freeze(desk):
    strike(desk)
    return (bid(desk, options=PROTECTED),)


@case(Status.MMP_FROZEN)
def quote_in_a_freeze(desk):
    strike(desk)
    return quotes(desk, two_sided())


@case(Status.MMP_FROZEN)
def replacement_in_a_freeze(desk):
    order = desk.run(bid(desk, price=1900)).order
    nonce = desk.nonce
    strike(desk)
    return (replace(desk, order, nonce, options=PROTECTED),)
