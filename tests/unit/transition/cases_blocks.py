"""Statuses of block trades."""

from rollup.market.terms import BUY, SELL
from rollup.state.limits import LEGS, MONEY_MAX
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, owner
from tests.unit.transition.status_cases import ATM, block, case, pair


@case(Status.OK)
def block_of_all_legs(desk):
    return block(desk, *((number, number % 2) for number in range(1, LEGS + 1)))


@case(Status.SELF_TRADE)
def trade_with_oneself(desk):
    head, part = pair(desk, {"counterparty": 1})
    return head, {**part, "account": 1, "owner": owner(1), "signer": owner(1)}


@case(Status.INVALID_PARTS)
def leg_dropped_on_both_sides(desk):
    whole = block(desk, (1, BUY), (2, BUY), (3, BUY))
    return ({**whole[0], "parts": 3}, whole[1], whole[3], whole[4])


@case(Status.INVALID_PARTS)
def leg_dropped_and_the_count_forged_on_one_side(desk):
    one, other = block(desk, (1, BUY)), block(desk, (1, BUY), (2, BUY))
    return (one[0], *other[2:3])


@case(Status.INVALID_PARTS)
def legs_in_another_order(desk):
    whole = block(desk, (1, BUY), (2, BUY))
    head = {**whole[1], "kind": Kind.EXECUTE_BLOCK, "continues": 0, "parts": 3}
    part = {**whole[0], "kind": Kind.CONTINUATION, "continues": Kind.EXECUTE_BLOCK, "parts": 0}
    return (head, part, whole[3], whole[2])


@case(Status.INVALID_PARTS)
def leg_of_another_nonce(desk):
    whole, other = block(desk, (1, BUY), (2, BUY)), block(desk, (1, BUY), (2, BUY))
    return (whole[0], other[1], whole[2], whole[3])


@case(Status.INVALID_PARTS)
def leg_of_another_signer(desk):
    whole = block(desk, (1, BUY), (2, BUY))
    return (whole[0], {**whole[1], "signer": owner(3)}, whole[2], whole[3])


@case(Status.INVALID_PARTS)
def too_many_legs(desk):
    return block(desk, *((number, BUY) for number in range(1, LEGS + 1)), number=LEGS + 1)


@case(Status.INVALID_TERMS)
def other_price(desk):
    return pair(desk, price_e8=1991 * E8)


@case(Status.INVALID_TERMS)
def other_counterparty(desk):
    return pair(desk, {"counterparty": 3})


@case(Status.INVALID_TERMS)
def same_side(desk):
    return pair(desk, side=BUY)


@case(Status.INVALID_TERMS)
def other_quantity(desk):
    return pair(desk, quantity_e6=2 * E6)


@case(Status.INVALID_TERMS)
def other_instrument(desk):
    return pair(desk, instrument=ATM + 1)


@case(Status.INVALID_TERMS)
def other_price_in_the_last_leg(desk):
    *most, last = block(desk, (1, BUY), (2, SELL), (3, BUY))
    return (*most, {**last, "price_e8": E8})


@case(Status.UNKNOWN_INSTRUMENT)
def last_leg_of_no_instrument(desk):
    whole = block(desk, (1, BUY), (2, BUY))
    return tuple({**tx, "instrument": 1 << 40} if tx["sequence"] == 1 else tx for tx in whole)


@case(Status.PRICE_BAND)
def trade_far_too_high(desk):
    return pair(desk, {"price_e8": 9000 * E8}, price_e8=9000 * E8)


@case(Status.FEE_CAP)
def fee_above_signed_by_part(desk):
    return pair(desk, max_fee_e8=1)


@case(Status.FEE_CAP)
def fee_above_signed_in_the_last_leg(desk):
    *most, last = block(desk, (ATM, BUY), (ATM + 1, BUY))
    return (*most, {**last, "max_fee_e8": 1})


@case(Status.INITIAL_MARGIN)
def poor_part(desk):
    desk.edit("accounts", 2, cash_e8=1000 * E8)
    return pair(desk)


@case(Status.INITIAL_MARGIN)
def poor_head_of_a_block(desk):
    desk.edit("accounts", 1, cash_e8=1000 * E8)
    return block(desk, (ATM, BUY), (ATM, SELL), (ATM + 1, SELL))


@case(Status.OPEN_INTEREST_CAP)
def trade_above_open_interest(desk):
    desk.edit("parameters", 0, open_interest_max_e6=1)
    return pair(desk)


@case(Status.POSITION_CAP)
def trade_above_position(desk):
    desk.edit("parameters", 0, position_max_e6=1)
    return pair(desk)


@case(Status.OVERFLOW)
def trade_with_insurance_full(desk):
    desk.edit("system", 0, insurance_e8=MONEY_MAX)
    return pair(desk)
