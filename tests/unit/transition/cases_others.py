"""Statuses of transfers, withdrawals, oracle updates, settlement and governance."""

from rollup.core.margin_parameters import SCENARIOS_MAX, VolShock
from rollup.devnet.surfaces import flat
from rollup.market.margin import MODEL_LAST, Model
from rollup.market.terms import BUY, SELL
from rollup.state.limits import AMOUNT_MAX, CASH_MAX
from rollup.transition.kinds import SCOPES_ALL, Kind
from rollup.transition.model_parameters import SCENARIO_FACTOR_MAX
from rollup.transition.parameters import SETTABLE_LAST, Parameter
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, EXPIRIES_S, START_S, perpetual, reporter, spot_feed, vol_feed
from tests.unit.transition.status_cases import (
    case,
    expire,
    fix,
    govern,
    hold,
    pause,
    register,
    report_spot,
    reports,
    scenario,
    settle,
    spread,
    surfaces,
    wait,
)

FLAT = flat(600_000_000, 60_000 * E8)

# Money.


@case(Status.OUT_OF_RANGE)
def transfer_of_nothing(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2),)


@case(Status.UNKNOWN_COUNTERPARTY)
def transfer_to_nobody(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=9, amount_e8=E8),)


@case(Status.UNKNOWN_COUNTERPARTY)
def transfer_to_oneself(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=1, amount_e8=E8),)


@case(Status.PAUSED)
def transfer_while_paused(desk):
    pause(desk)
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=E8),)


@case(Status.INSUFFICIENT_CASH)
def transfer_of_too_much(desk):
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=AMOUNT_MAX - 1),)


@case(Status.OVERFLOW)
def transfer_to_the_richest(desk):
    desk.edit("accounts", 2, cash_e8=CASH_MAX - 1)
    return (desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=E8),)


@case(Status.INITIAL_MARGIN)
def transfer_of_margin(desk):
    hold(desk)
    cash = desk.row("accounts", 2).cash_e8
    return (desk.signed(Kind.TRANSFER, 2, counterparty=1, amount_e8=cash - 9000 * E8),)


@case(Status.OUT_OF_RANGE)
def withdrawal_too_small(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=E8, address=(1, 2, 3)),)


@case(Status.OUT_OF_RANGE)
def withdrawal_to_nowhere(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8),)


@case(Status.INSUFFICIENT_CASH)
def withdrawal_of_too_much(desk):
    return (desk.signed(Kind.WITHDRAW, 1, amount_e8=AMOUNT_MAX - 1, address=(1, 2, 3)),)


@case(Status.INITIAL_MARGIN)
def withdrawal_of_margin(desk):
    hold(desk)
    cash = desk.row("accounts", 2).cash_e8
    return (desk.signed(Kind.WITHDRAW, 2, amount_e8=cash - 9000 * E8, address=(1, 2, 3)),)


@case(Status.STALE_ORACLE)
def withdrawal_on_silent_feeds(desk):
    hold(desk)
    wait(desk, START_S + 601)
    return (desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=(1, 2, 3)),)


# Oracles.


@case(Status.UNKNOWN_FEED)
def no_feed(desk):
    return reports(desk, 1, 1, feed=15)


@case(Status.INVALID_REPORTER)
def not_a_reporter(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 60_000 * E8, first=3)


@case(Status.INVALID_REPORTER)
def one_reporter_twice(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 60_000 * E8, signer=reporter(1))


@case(Status.OUT_OF_RANGE)
def report_of_nothing(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 0)


@case(Status.OUT_OF_RANGE)
def report_of_two_feeds(desk):
    wait(desk, START_S + 5)
    one, two = reports(desk, 60_000 * E8, 60_000 * E8)
    return one, {**two, "feed": spot_feed(2)}


@case(Status.OUT_OF_RANGE)
def too_confident(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8, 60_000 * E8, confidence_e9=10**9 + 1)


@case(Status.ORACLE_ORDER)
def not_newer(desk):
    return reports(desk, 60_000 * E8, 60_000 * E8)


@case(Status.ORACLE_ORDER)
def of_the_future(desk):
    return reports(desk, 60_000 * E8, 60_000 * E8, timestamp_s=START_S + 1)


@case(Status.ORACLE_QUORUM)
def one_report(desk):
    wait(desk, START_S + 5)
    return reports(desk, 60_000 * E8)


@case(Status.ORACLE_BAND)
def leap(desk):
    wait(desk, START_S + 5)
    return reports(desk, 90_000 * E8, 90_000 * E8)


@case(Status.OUT_OF_RANGE)
def number_of_a_surface(desk):
    wait(desk, START_S + 5)
    return reports(desk, 600_000_000, 600_000_000, feed=vol_feed(1, 0))


@case(Status.OUT_OF_RANGE)
def surface_of_a_price(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, FLAT, FLAT, feed=spot_feed(1))


@case(Status.UNKNOWN_FEED)
def surface_of_no_feed(desk):
    return surfaces(desk, FLAT, FLAT, feed=0)


@case(Status.SURFACE_INVALID)
def surface_with_negative_variance(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, FLAT, {**FLAT, "surface_a": -1})


@case(Status.SURFACE_INVALID)
def surface_without_volatility(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, {**FLAT, "surface_a": 0}, FLAT)


@case(Status.SURFACE_INVALID)
def surface_beyond_the_volatility_of_a_feed(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, FLAT, {**FLAT, "surface_a": 20 * 10**12, "number": 10**12})


@case(Status.ORACLE_BAND)
def surface_leap(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, flat(721_000_000, 60_000 * E8), flat(721_000_000, 60_000 * E8))


@case(Status.ORACLE_QUORUM)
def one_surface(desk):
    wait(desk, START_S + 5)
    return surfaces(desk, FLAT)


# Settlement.


@case(Status.UNKNOWN_INSTRUMENT)
def settle_nothing(desk):
    return (settle(desk, instrument=0),)


@case(Status.INSTRUMENT_LIVE)
def settle_early(desk):
    hold(desk)
    return (settle(desk),)


@case(Status.UNKNOWN_COUNTERPARTY)
def settle_nobody(desk):
    expire(desk)
    return (settle(desk, holder=5),)


@case(Status.NO_POSITION)
def settle_twice(desk):
    hold(desk)
    expire(desk)
    desk.run(settle(desk))
    return (settle(desk),)


@case(Status.NOT_FIXED)
def settle_before_the_price_is_fixed(desk):
    hold(desk)
    report_spot(desk, EXPIRIES_S[0] + 10, 61_000 * E8)
    return (settle(desk),)


@case(Status.STALE_ORACLE)
def fix_before_the_feed_has_seen_expiry(desk):
    wait(desk, EXPIRIES_S[0] + 10)
    return (fix(desk),)


@case(Status.STALE_ORACLE)
def fix_by_an_observation_from_before_the_expiry(desk):
    wait(desk, EXPIRIES_S[0] + 10)
    desk.run(*reports(desk, 60_000 * E8, 60_000 * E8, timestamp_s=EXPIRIES_S[0] - 1))
    return (fix(desk),)


@case(Status.INSTRUMENT_LIVE)
def fix_early(desk):
    wait(desk, EXPIRIES_S[0] - 1)
    return (fix(desk),)


@case(Status.ALREADY_FIXED)
def fix_twice(desk):
    expire(desk)
    return (fix(desk),)


@case(Status.UNKNOWN_FEED)
def fix_nothing(desk):
    return (fix(desk, feed=0),)


@case(Status.UNKNOWN_FEED)
def fix_a_spot_price(desk):
    return (fix(desk, feed=spot_feed(1)),)


@case(Status.UNKNOWN_COUNTERPARTY)
def mark_what_somebody_holds(desk):
    hold(desk)
    expire(desk)
    return (settle(desk, holder=0),)


@case(Status.OVERFLOW)
def settle_beyond_cash(desk):
    hold(desk)
    expire(desk)
    desk.edit("accounts", 1, cash_e8=CASH_MAX - 1)
    return (settle(desk),)


# Funding.


def fund(desk, **fields):
    return (desk.signed(Kind.APPLY_FUNDING, 3, **{"instrument": perpetual(1), "counterparty": 1, **fields}),)


@case(Status.OK)
def apply_funding(desk):
    exchange(desk)
    return fund(desk)


@case(Status.UNKNOWN_INSTRUMENT)
def funding_of_an_option(desk):
    return fund(desk, instrument=1)


@case(Status.UNKNOWN_INSTRUMENT)
def funding_of_nothing(desk):
    return fund(desk, instrument=0)


@case(Status.UNKNOWN_COUNTERPARTY)
def funding_of_nobody(desk):
    return fund(desk, counterparty=77)


@case(Status.NO_POSITION)
def funding_without_a_position(desk):
    return fund(desk)


@case(Status.OVERFLOW)
def funding_beyond_cash(desk):
    exchange(desk)
    desk.edit("instruments", perpetual(1), funding_e8=-E8)
    desk.edit("accounts", 1, cash_e8=CASH_MAX - E8)
    return fund(desk)


def exchange(desk):
    """Let account 1 be long, and account 2 short, one perpetual."""
    desk.run(desk.order(2, SELL, 60_000, 1, instrument=perpetual(1)))
    assert desk.run(desk.order(1, BUY, 60_000, 1, instrument=perpetual(1))).fills == 1


# Governance.


@case(Status.NOT_GOVERNOR)
def anybody(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 60, account=2),)


@case(Status.UNKNOWN_PARAMETER)
def no_parameter(desk):
    return (govern(desk, SETTABLE_LAST + 1, 1),)


@case(Status.OUT_OF_RANGE)
def parameter_too_large(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 86_401),)


@case(Status.OUT_OF_RANGE)
def no_notice(desk):
    return (govern(desk, Parameter.HEARTBEAT_S, 60, effective=START_S),)


@case(Status.OUT_OF_RANGE)
def endless_pause(desk):
    return (govern(desk, Parameter.PAUSE, START_S + 30 * 86_400),)


# Margin models.


@case(Status.UNKNOWN_MARGIN_MODEL)
def no_model(desk):
    return (desk.signed(Kind.SET_MARGIN_MODEL, 1, number=MODEL_LAST + 1),)


@case(Status.UNKNOWN_MARGIN_MODEL)
def a_negative_model(desk):
    return (desk.signed(Kind.SET_MARGIN_MODEL, 1, number=-1),)


@case(Status.INITIAL_MARGIN)
def a_model_that_asks_for_more(desk):
    """A call covers another in standard margin, but not where each is weighed by itself."""
    spread(desk, Model.STANDARD, cash_e8=9_000 * E8)
    return (desk.signed(Kind.SET_MARGIN_MODEL, 2, number=Model.ISOLATED),)


@case(Status.STALE_ORACLE)
def a_model_on_silent_feeds(desk):
    spread(desk, Model.STANDARD, cash_e8=12_000 * E8)
    wait(desk, START_S + 700)
    return (desk.signed(Kind.SET_MARGIN_MODEL, 2, number=Model.ISOLATED),)


@case(Status.KEY_SCOPE)
def key_that_would_change_the_model(desk):
    desk.run(register(desk, scope=SCOPES_ALL))
    return (desk.signed(Kind.SET_MARGIN_MODEL, 1, signer=(9, 9, 9), number=Model.PORTFOLIO),)


@case(Status.NOT_GOVERNOR)
def scenario_by_anybody(desk):
    return (scenario(desk, account=2),)


@case(Status.UNKNOWN_SCENARIO)
def a_scenario_too_many(desk):
    return (scenario(desk, order=SCENARIOS_MAX),)


@case(Status.UNKNOWN_SCENARIO)
def a_negative_scenario(desk):
    return (scenario(desk, order=-1),)


@case(Status.OUT_OF_RANGE)
def scenario_of_a_spot_too_far(desk):
    return (scenario(desk, number=SCENARIO_FACTOR_MAX + 1),)


@case(Status.OUT_OF_RANGE)
def scenario_of_a_negative_spot(desk):
    return (scenario(desk, number=-1),)


@case(Status.OUT_OF_RANGE)
def scenario_that_counts_for_too_much(desk):
    return (scenario(desk, confidence_e9=SCENARIO_FACTOR_MAX + 1),)


@case(Status.OUT_OF_RANGE)
def scenario_of_an_unknown_shock(desk):
    return (scenario(desk, options=VolShock.ABSOLUTE + 1),)


@case(Status.OUT_OF_RANGE)
def scenario_without_notice(desk):
    return (scenario(desk, timestamp_s=START_S),)


@case(Status.OUT_OF_RANGE)
def scenario_that_skews_elsewhere(desk):
    return (scenario(desk, options=VolShock.LINEAR),)
