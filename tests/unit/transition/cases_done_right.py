"""Every kind of transaction, done right."""

from rollup.devnet.surfaces import smile
from rollup.market.margin import Model
from rollup.market.terms import CANCEL_ALL_BITS
from rollup.state.limits import NONCE_AHEAD_S, NONCES_A_SECOND
from rollup.transition.kinds import Kind
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, EXPIRIES_S, START_S
from tests.unit.transition.status_cases import (
    ATM,
    begin,
    bid,
    case,
    deposit,
    expire,
    fire,
    fix,
    govern,
    hold,
    leave,
    move_spot,
    pair,
    posted,
    protect,
    quotes,
    register,
    replace,
    report_spot,
    reports,
    revoke,
    scenario,
    second_account,
    settle,
    shift,
    stop,
    surfaces,
    two_sided,
    wait,
)


@case(Status.OK)
def begin_batch(desk):
    return (begin(desk, START_S + 5),)


@case(Status.OK)
def deposit_to_own(desk):
    return (deposit(),)


@case(Status.OK)
def register_key(desk):
    return (register(desk),)


@case(Status.OK)
def place_order(desk):
    return (bid(desk),)


@case(Status.OK)
def place_order_by_a_key_with_a_clock_for_nonces(desk):
    desk.run(register(desk))
    return (bid(desk, signer=(9, 9, 9), nonce=(START_S + NONCE_AHEAD_S) * NONCES_A_SECOND),)


@case(Status.OK)
def place_order_after_the_farthest_nonce_of_a_key(desk):
    """The owner goes on with the next one, however far his key went."""
    farthest = (START_S + NONCE_AHEAD_S + 1) * NONCES_A_SECOND - 1
    desk.run(register(desk))
    desk.run(bid(desk, signer=(9, 9, 9), nonce=farthest))
    return (bid(desk, nonce=farthest + 1),)


@case(Status.OK)
def cancel(desk):
    order = desk.run(bid(desk)).order
    return (desk.signed(Kind.CANCEL, 1, order=order, number=desk.nonce),)


@case(Status.OK)
def cancel_all(desk):
    desk.run(bid(desk))
    return (desk.signed(Kind.CANCEL_ALL, 1),)


@case(Status.OK)
def cancel_all_of_an_instrument(desk):
    desk.run(bid(desk))
    return (desk.signed(Kind.CANCEL_ALL, 1, instrument=ATM, number=1, options=CANCEL_ALL_BITS),)


@case(Status.OK)
def replace_order(desk):
    order = desk.run(bid(desk)).order
    return (replace(desk, order, desk.nonce, price=1980),)


@case(Status.OK)
def mass_quote(desk):
    return quotes(desk, two_sided(), two_sided(instrument=ATM + 1))


@case(Status.OK)
def place_stop_loss(desk):
    return (stop(desk),)


@case(Status.OK)
def trigger(desk):
    order = desk.run(stop(desk)).order
    nonce = desk.nonce
    move_spot(desk, 61_000)
    return (fire(order, nonce),)


@case(Status.OK)
def set_protection(desk):
    return (protect(desk),)


@case(Status.OK)
def trade(desk):
    return pair(desk)


@case(Status.OK)
def transfer(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=E8),)


@case(Status.OK)
def revoke_key(desk):
    desk.run(register(desk))
    return (revoke(desk),)


@case(Status.OK)
def transfer_that_opens_an_account(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=0, amount_e8=10 * E8),)


@case(Status.OK)
def transfer_position(desk):
    hold(desk)
    return (shift(desk, second_account(desk)),)


@case(Status.OK)
def withdraw(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3)),)


@case(Status.OK)
def forced_exit(desk):
    return (leave(),)


@case(Status.OK)
def batches_on_l1(desk):
    return (posted(),)


@case(Status.OK)
def oracle_update(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_100 * E8, 60_200 * E8)


@case(Status.OK)
def surface_update(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, smile(600_000_000, 60_100 * E8, 7 * 86_400), smile(610_000_000, 60_000 * E8, 7 * 86_400))


@case(Status.OK)
def settle_holder(desk):
    hold(desk)
    expire(desk)
    return (settle(desk),)


@case(Status.OK)
def mark_instrument_that_nobody_holds(desk):
    expire(desk)
    return (settle(desk, holder=0),)


@case(Status.OK)
def fix_settlement(desk):
    report_spot(desk, EXPIRIES_S[0], 61_000 * E8)
    return (fix(desk),)


@case(Status.OK)
def set_parameter(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 60),)


@case(Status.OK)
def set_margin_model(desk):
    return (desk.signed(Kind.SET_MARGIN_MODEL, 1, number=Model.PORTFOLIO),)


@case(Status.OK)
def set_scenario(desk):
    return (scenario(desk),)
