"""Statuses of subaccounts: opening them, moving positions between them, and what leaves them."""

from rollup.state.limits import ACCOUNT_BITS, MONEY_MAX
from rollup.transition.kinds import SCOPE_TRANSFER, Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import auction, set_cash
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, START_S
from tests.unit.transition.status_cases import ATM, case, hold, pause, register, second_account, shift, wait

# Opening.


@case(Status.OUT_OF_RANGE)
def account_of_too_little(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=0, amount_e8=10 * E8 - 1),)


@case(Status.ACCOUNTS_FULL)
def no_account_rows(desk):
    desk.edit("system", 0, accounts=(1 << ACCOUNT_BITS) - 1)
    return (desk.signed(Kind.TRANSFER, 1, counterparty=0, amount_e8=10 * E8),)


@case(Status.INSUFFICIENT_CASH)
def account_opened_with_nothing(desk):
    set_cash(desk, 1, 5)
    return (desk.signed(Kind.TRANSFER, 1, counterparty=0, amount_e8=10 * E8),)


# Positions.


@case(Status.UNKNOWN_COUNTERPARTY)
def position_to_nobody(desk):
    hold(desk)
    return (shift(desk, 9),)


@case(Status.UNKNOWN_COUNTERPARTY)
def position_to_itself(desk):
    hold(desk)
    return (shift(desk, 2),)


@case(Status.PAUSED)
def position_while_paused(desk):
    hold(desk)
    target = second_account(desk)
    pause(desk)
    return (shift(desk, target),)


@case(Status.NOT_OWN)
def position_to_another_owner(desk):
    hold(desk)
    return (shift(desk, 3),)


@case(Status.KEY_SCOPE)
def position_by_a_key_of_one_account_only(desk):
    """It could push a short, and with it a loss, into an account that it was not given."""
    hold(desk)
    target = second_account(desk)
    desk.run(register(desk, account=2, scope=SCOPE_TRANSFER))
    return (shift(desk, target, signer=(9, 9, 9)),)


@case(Status.KEY_SCOPE)
def position_by_a_key_without_the_scope(desk):
    hold(desk)
    target = second_account(desk)
    desk.run(register(desk, account=2))
    return (shift(desk, target, signer=(9, 9, 9)),)


@case(Status.IN_AUCTION)
def position_out_of_an_auction(desk):
    target = second_account(desk)
    auction(desk)
    return (shift(desk, target),)


@case(Status.IN_AUCTION)
def position_into_an_auction(desk):
    target = second_account(desk)
    auction(desk)
    owner = desk.signed(Kind.CANCEL_ALL, 2)["owner"]
    return (shift(desk, 2, account=target, owner=owner, signer=owner),)


@case(Status.UNKNOWN_INSTRUMENT)
def position_in_no_instrument(desk):
    hold(desk)
    return (shift(desk, second_account(desk), instrument=0),)


@case(Status.INSTRUMENT_EXPIRED)
def position_that_has_expired(desk):
    hold(desk)
    target = second_account(desk)
    wait(desk, EXPIRIES_S[0])
    return (shift(desk, target),)


@case(Status.NO_POSITION)
def position_that_is_not_there(desk):
    hold(desk)
    return (shift(desk, second_account(desk), instrument=ATM + 2),)


@case(Status.OUT_OF_RANGE)
def position_larger_than_it_is(desk):
    hold(desk)
    return (shift(desk, second_account(desk), quantity=E6 + 1),)


@case(Status.OUT_OF_RANGE)
def position_of_nothing(desk):
    hold(desk)
    return (shift(desk, second_account(desk), quantity=0),)


@case(Status.INITIAL_MARGIN)
def position_that_the_receiver_cannot_carry(desk):
    hold(desk)
    return (shift(desk, second_account(desk, 5_000)),)


@case(Status.INITIAL_MARGIN)
def position_that_the_giver_needs_as_a_hedge(desk):
    hold(desk)
    target = second_account(desk)
    desk.hold(2, {ATM: -E6, ATM - 2: E6})
    set_cash(desk, 2, 100)
    return (shift(desk, target, instrument=ATM - 2),)


@case(Status.STALE_ORACLE)
def position_on_silent_feeds(desk):
    hold(desk)
    target = second_account(desk)
    wait(desk, START_S + 601)
    return (shift(desk, target),)


@case(Status.POSITION_CAP)
def position_beyond_the_cap(desk):
    hold(desk)
    target = second_account(desk)
    desk.edit("parameters", 0, position_max_e6=E6 - 1)
    return (shift(desk, target),)


# What leaves.


@case(Status.FEE_CAP)
def withdrawal_that_costs_more_than_signed(desk):
    desk.edit("parameters", 0, withdrawal_fee_e8=2 * E8)
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3), max_fee_e8=2 * E8 - 1),)


@case(Status.FEE_CAP)
def withdrawal_with_a_haircut_that_was_not_signed_for(desk):
    system = desk.row("system", 0)
    desk.edit("system", 0, vault_e8=system.vault_e8 // 2, deficit_e8=system.vault_e8 - system.vault_e8 // 2)
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3), max_fee_e8=25 * E8 - 1),)


@case(Status.INSUFFICIENT_CASH)
def withdrawal_of_no_more_than_its_fee(desk):
    desk.edit("parameters", 0, withdrawal_fee_e8=50 * E8)
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3), max_fee_e8=50 * E8),)


@case(Status.INSUFFICIENT_CASH)
def withdrawal_from_an_empty_vault(desk):
    system = desk.row("system", 0)
    desk.edit("system", 0, vault_e8=0, deficit_e8=system.vault_e8)
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3), max_fee_e8=50 * E8),)


@case(Status.OVERFLOW)
def withdrawal_whose_fee_the_fund_has_no_room_for(desk):
    desk.edit("parameters", 0, withdrawal_fee_e8=E8)
    desk.edit("system", 0, insurance_e8=MONEY_MAX - 1)
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3), max_fee_e8=E8),)
