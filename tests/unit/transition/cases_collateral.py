"""Statuses of collateral: its deposits, transfers and withdrawals."""

from rollup.state.limits import QUANTITY_MAX
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import auction, set_cash
from tests.unit.transition.collateral_scenes import bring, lodge, pass_on, take
from tests.unit.transition.opened_market import E6, START_S
from tests.unit.transition.status_cases import case, hold, pause, wait


@case(Status.OK)
def deposit_collateral(desk):
    return (bring(),)


@case(Status.OK)
def withdraw_collateral(desk):
    lodge(desk)
    return (take(desk),)


@case(Status.OK)
def transfer_collateral(desk):
    lodge(desk)
    return (pass_on(desk),)


@case(Status.INVALID_FIELD)
def collateral_of_no_market(desk):
    return (bring(market=3),)


@case(Status.INVALID_FIELD)
def collateral_of_nothing(desk):
    return (bring(quantity=0),)


@case(Status.INVALID_FIELD)
def collateral_beyond_all_bounds(desk):
    return (bring(quantity=QUANTITY_MAX),)


@case(Status.INVALID_KIND)
def collateral_that_nobody_deposited(desk):
    return (bring(source=0),)


@case(Status.UNKNOWN_MARKET)
def withdrawal_of_no_asset(desk):
    return (take(desk, number=0),)


@case(Status.OUT_OF_RANGE)
def withdrawal_of_no_quantity(desk):
    return (take(desk, quantity_e6=0),)


@case(Status.OUT_OF_RANGE)
def withdrawal_of_collateral_to_nowhere(desk):
    lodge(desk)
    return (take(desk, address=(0, 0, 0)),)


@case(Status.INSUFFICIENT_COLLATERAL)
def withdrawal_of_more_collateral_than_there_is(desk):
    lodge(desk)
    return (take(desk, quantity_e6=E6 + 1),)


@case(Status.INITIAL_MARGIN)
def withdrawal_of_collateral_that_is_margin(desk):
    hold(desk)
    lodge(desk, account=2)
    set_cash(desk, 2, 0)
    return (take(desk, account=2),)


@case(Status.STALE_ORACLE)
def withdrawal_of_collateral_on_silent_feeds(desk):
    hold(desk)
    lodge(desk, account=2)
    wait(desk, START_S + 601)
    return (take(desk, account=2),)


@case(Status.IN_AUCTION)
def withdrawal_of_collateral_in_auction(desk):
    auction(desk)
    return (take(desk, account=2),)


@case(Status.UNKNOWN_MARKET)
def transfer_of_no_asset(desk):
    return (pass_on(desk, number=9),)


@case(Status.OUT_OF_RANGE)
def transfer_of_no_quantity(desk):
    return (pass_on(desk, quantity_e6=-1),)


@case(Status.UNKNOWN_COUNTERPARTY)
def transfer_of_collateral_to_nobody(desk):
    lodge(desk)
    return (pass_on(desk, counterparty=0),)


@case(Status.UNKNOWN_COUNTERPARTY)
def transfer_of_collateral_to_itself(desk):
    lodge(desk)
    return (pass_on(desk, counterparty=1),)


@case(Status.PAUSED)
def transfer_of_collateral_while_paused(desk):
    lodge(desk)
    pause(desk)
    return (pass_on(desk),)


@case(Status.INSUFFICIENT_COLLATERAL)
def transfer_of_more_collateral_than_there_is(desk):
    return (pass_on(desk),)


@case(Status.OVERFLOW)
def transfer_of_collateral_to_the_richest(desk):
    lodge(desk)
    lodge(desk, account=2, quantity=QUANTITY_MAX - 1)
    return (pass_on(desk),)


@case(Status.INITIAL_MARGIN)
def transfer_of_collateral_that_is_margin(desk):
    hold(desk)
    lodge(desk, account=2)
    set_cash(desk, 2, 0)
    return (pass_on(desk, account=2, counterparty=1),)


@case(Status.KEY_SCOPE)
def withdrawal_of_collateral_by_a_key_that_trades(desk):
    lodge(desk)
    desk.run(desk.signed(Kind.REGISTER_KEY, 1, address=(9, 9, 9), scope=1, timestamp_s=START_S + 9))
    return (take(desk, signer=(9, 9, 9)),)
