"""Margin models of accounts, governed scenarios, and what is kept of their prices."""

import random

import pytest

from rollup.core.instrument_names import CALL, PUT
from rollup.core.margin_parameters import PortfolioNumber, VolShock
from rollup.market.margin import Model, health
from rollup.market.scenarios import current_grid
from rollup.state.derived import FIRST_SCENARIO, PRICES_SLOTS, TERMS_SLOTS
from rollup.state.limits import FEED_BITS, INSTRUMENT_BITS
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.model_parameters import PORTFOLIO_FIRST
from rollup.transition.status import Status
from tests.unit.transition.opened_market import (
    E6,
    E8,
    EXPIRIES_S,
    START_S,
    Desk,
    forward_feed,
    future,
    instrument,
    perpetual,
    perpetual_feed,
    spot_feed,
    vol_feed,
)
from tests.unit.transition.status_cases import ATM, govern, scenario, spread, wait

USUAL = 33
"""Scenarios of the opened market."""


def healths(desk, account=2):
    found = health(desk.state, account, 0, 0, 0)
    commit(desk.state)
    return found


def model(desk, account, number):
    return desk.status(desk.signed(Kind.SET_MARGIN_MODEL, account, number=number))


def test_an_account_chooses_its_model_and_back():
    desk = Desk()
    spread(desk, Model.STANDARD, cash_e8=12_000 * E8)
    standard = healths(desk)
    for number in (Model.PORTFOLIO, Model.ISOLATED, Model.AEVO_PORTFOLIO, Model.DERIBIT_STANDARD, Model.STANDARD):
        assert model(desk, 2, number) == Status.OK
        assert desk.row("accounts", 2).margin_model == number
    assert healths(desk) == standard


def test_a_model_that_asks_for_more_is_open_to_whoever_has_it():
    desk = Desk()
    spread(desk, Model.STANDARD, cash_e8=0)
    # A spread of 6,000 USD in standard margin, 10,988.34 USD by itself.
    missing = -health(desk.state, 2, 0, 0, 0)[0]
    desk.edit("accounts", 2, margin_model=Model.ISOLATED)
    alone = -health(desk.state, 2, 0, 0, 0)[0]
    assert (missing, alone) == (6_000 * E8, 1_098_833_810_131)
    for cash, status in ((alone - 1, Status.INITIAL_MARGIN), (alone, Status.OK)):
        desk.edit("accounts", 2, margin_model=Model.STANDARD, cash_e8=cash)
        assert model(desk, 2, Model.ISOLATED) == status


def test_whoever_lacks_margin_may_choose_a_model_by_which_he_lacks_no_more():
    desk = Desk()
    spread(desk, Model.ISOLATED, cash_e8=1_000 * E8)
    assert model(desk, 2, Model.STANDARD) == Status.OK
    assert model(desk, 2, Model.ISOLATED) == Status.INITIAL_MARGIN
    assert model(desk, 2, Model.STANDARD) == Status.OK


def test_what_orders_reserve_must_be_left_by_the_new_model():
    desk = Desk()
    spread(desk, Model.STANDARD, cash_e8=1_098_833_810_131)
    desk.edit("accounts", 2, reserved_e8=1)
    assert model(desk, 2, Model.ISOLATED) == Status.INITIAL_MARGIN


def test_portfolio_margin_rests_on_the_rate_too():
    desk = Desk()
    spread(desk, Model.PORTFOLIO, cash_e8=12_000 * E8)
    desk.edit("feeds", spot_feed(1) + 1, timestamp_s=START_S - 1)
    assert healths(desk)[2] == START_S - 1
    desk.edit("accounts", 2, margin_model=Model.STANDARD)
    assert healths(desk)[2] == START_S


def columns(desk):
    grid = current_grid(desk.state)
    commit(desk.state)
    return [(grid.spot_e9[c], grid.vol[c], grid.dampener_e9[c]) for c in range(FIRST_SCENARIO, grid.columns)]


def test_a_scenario_comes_into_force_at_its_time_and_may_go_again():
    desk = Desk()
    usual = columns(desk)
    assert len(usual) == USUAL
    assert desk.status(scenario(desk, timestamp_s=START_S + 50)) == Status.OK
    wait(desk, START_S + 49)
    assert columns(desk) == usual
    wait(desk, START_S + 50)
    assert columns(desk) == [*usual, (500_000_000, VolShock.UP, 10**9)]
    assert desk.status(scenario(desk, number=0, timestamp_s=START_S + 90)) == Status.OK
    assert columns(desk)[-1] == (500_000_000, VolShock.UP, 10**9)
    wait(desk, START_S + 90)
    assert columns(desk) == usual


def test_a_change_that_waits_is_replaced_and_one_in_force_is_kept():
    desk = Desk()
    desk.run(scenario(desk, timestamp_s=START_S + 50))
    desk.run(scenario(desk, timestamp_s=START_S + 60, number=400_000_000))
    wait(desk, START_S + 55)
    assert len(columns(desk)) == USUAL
    wait(desk, START_S + 61)
    desk.run(scenario(desk, timestamp_s=START_S + 99, number=300_000_000))
    assert columns(desk)[-1][0] == 400_000_000


def test_a_worse_scenario_asks_for_more_from_its_time_on():
    """A short put loses what its strike lies above, where spot is a tenth."""
    desk = Desk()
    desk.hold(2, {instrument(1, 0, 2, PUT): -E6})
    desk.edit("accounts", 2, margin_model=Model.PORTFOLIO)
    before = healths(desk)[0]
    desk.run(scenario(desk, number=100_000_000, timestamp_s=START_S + 1))
    assert healths(desk)[0] == before
    wait(desk, START_S + 1)
    assert healths(desk)[0] < before - 40_000 * E8


def every_kind(desk, account=2):
    desk.hold(
        account,
        {
            ATM: -2 * E6, instrument(1, 0, 1, PUT): 3 * E6, instrument(1, 1, 4, CALL): -E6, instrument(2, 0, 0, PUT): -9 * E6,
            future(1, 1): -E6 // 2, future(2, 0): 4 * E6, perpetual(1): E6, perpetual(2): -3 * E6,
        },
    )  # fmt: skip
    desk.edit("accounts", account, margin_model=Model.PORTFOLIO)


def changes(r):
    """Whatever prices rest on, one at a time."""
    market, expiry = r.choice((1, 2)), r.choice((0, 1))
    price = r.randrange(1_000, 90_000) * E8
    flat = {"surface_a": r.randrange(10**9, 10**11)}
    return r.choice(
        (
            ("feeds", spot_feed(market), {"number": price}),
            ("feeds", spot_feed(market) + 1, {"number": r.randrange(-(10**8), 10**8)}),
            ("feeds", spot_feed(market), {"confidence_e9": r.randrange(10**9)}),
            ("feeds", forward_feed(market, expiry), {"number": price}),
            ("feeds", forward_feed(market, expiry), {"opened_s": START_S - 600, "origin": 600 * price}),
            ("feeds", spot_feed(market), {"aggregate": 10**6 * price}),
            ("feeds", perpetual_feed(market), {"number": price}),
            ("feeds", vol_feed(market, expiry), flat),
            ("feeds", vol_feed(market, expiry), {"surface_b": r.randrange(10**11), "surface_sigma": 10**11}),
            ("feeds", vol_feed(market, expiry), {"surface_rho": r.randrange(10**11), "surface_m": r.randrange(10**11)}),
            ("feeds", vol_feed(market, expiry), {"reference_e8": price}),
            ("feeds", vol_feed(market, expiry), {"reference_us": r.randrange(10**11, 10**12)}),
            ("system", 0, {"time_s": r.choice((START_S + r.randrange(86_400), EXPIRIES_S[0] - r.randrange(1_800)))}),
            ("parameters", 0, {"settlement_window_s": r.randrange(600, 3_600)}),
            ("scenarios", r.randrange(USUAL), {"spot_e9": r.randrange(2 * 10**9), "dampener_e9": r.randrange(10**9)}),
            ("scenarios", r.randrange(USUAL), {"vol": r.randrange(3)}),
            ("instruments", ATM, {"strike_e8": r.randrange(30_000, 90_000) * E8}),
        )
    )


def apply_change(desk, section, index, fields):
    if section == "models":
        list.__setitem__(desk.row("models", 0).portfolio, index, fields)
    else:
        desk.edit(section, index, **fields)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_would_be_computed(seed):
    """A desk that keeps its prices through many changes agrees after each with one that has kept nothing."""
    r, kept = random.Random(seed), Desk()
    every_kind(kept)
    done, distinct = [], set()
    for step in range(25):
        done.append(changes(r) if r.random() < 0.8 else ("models", r.choice(list(PortfolioNumber)), r.randrange(10**9)))
        apply_change(kept, *done[-1])
        fresh = Desk()
        every_kind(fresh)
        for change in done:
            apply_change(fresh, *change)
        found = healths(kept)
        assert found == healths(fresh), f"seed {seed}, step {step}: {done[-1]}"
        distinct.add(found)
    assert len(distinct) > 5


EACH_KEY = (
    ("feeds", spot_feed(1) + 1, {"number": 5 * 10**7}),
    ("feeds", forward_feed(1, 0), {"number": 61_000 * E8}),
    ("feeds", vol_feed(1, 0), {"surface_a": 5 * 10**9}),
    ("feeds", vol_feed(1, 0), {"surface_b": 10**10, "surface_sigma": 10**11}),
    ("feeds", vol_feed(1, 0), {"reference_us": 5 * 10**11}),
    ("system", 0, {"time_s": START_S + 3_600}),
    ("instruments", ATM, {"strike_e8": 61_000 * E8}),
    ("instruments", ATM, {"option_type": PUT}),
    ("scenarios", 1, {"spot_e9": 1_500_000_000}),
    ("scenarios", 0, {"vol": 2}),
    ("models", PortfolioNumber.VOL_UP_E9, 10**9),
)


@pytest.mark.parametrize("change", EACH_KEY, ids=str)
def test_nothing_that_prices_rest_on_may_change_unnoticed(change):
    kept, fresh = Desk(), Desk()
    for desk in (kept, fresh):
        desk.hold(2, {ATM: -E6})
        desk.edit("accounts", 2, margin_model=Model.PORTFOLIO)
    before = healths(kept)
    for desk in (kept, fresh):
        apply_change(desk, *change)
    assert healths(kept) == healths(fresh) != before


def twin(desk, section, index, other, **fields):
    """Make a row like another, but for some fields."""
    desk.row(section, other).set_words(desk.row(section, index).words())
    desk.edit(section, other, **fields)


def test_two_that_share_a_place_do_not_share_prices():
    """An option and an expiry whose ids are as far apart as there are places: weighed in turn, each is what it is alone."""
    assert PRICES_SLOTS < 1 << INSTRUMENT_BITS
    assert TERMS_SLOTS < 1 << FEED_BITS
    other, feed = ATM + PRICES_SLOTS, forward_feed(1, 0) + TERMS_SLOTS
    desk = Desk()
    twin(desk, "feeds", forward_feed(1, 0), feed, number=70_000 * E8)
    cases = [{"strike_e8": 66_000 * E8}, {"option_type": PUT}, {"forward_feed": feed}, {"vol_feed": vol_feed(1, 1)}]
    for fields in cases:
        twin(desk, "instruments", ATM, other, **fields)
        desk.set_vol(vol_feed(1, 1), 800_000_000)
        expected = []
        for held in ({ATM: -E6}, {other: -E6}):
            fresh = Desk()
            twin(fresh, "feeds", forward_feed(1, 0), feed, number=70_000 * E8)
            twin(fresh, "instruments", ATM, other, **fields)
            fresh.set_vol(vol_feed(1, 1), 800_000_000)
            fresh.hold(2, held)
            fresh.edit("accounts", 2, margin_model=Model.PORTFOLIO)
            expected.append(healths(fresh))
        assert expected[0] != expected[1]
        desk.edit("accounts", 2, margin_model=Model.PORTFOLIO)
        for _ in range(2):
            for held, wanted in zip(({ATM: -E6}, {other: -E6}), expected, strict=True):
                desk.hold(2, held)
                assert healths(desk) == wanted


def test_numbers_of_the_portfolio_model_ask_for_more():
    """One contingency at a time, of a short straddle, futures and a perpetual."""
    for number, only_initial in ((PortfolioNumber.NAKED_MAINTENANCE_E9, False), (PortfolioNumber.PERPETUAL_INITIAL_E9, True)):
        desk = Desk()
        every_kind(desk)
        desk.run(govern(desk, PORTFOLIO_FIRST + number, 10**9, effective=START_S + 2))
        wait(desk, START_S + 1)
        desk.edit("system", 0, time_s=START_S + 2)
        before = healths(desk)
        wait(desk, START_S + 2)
        after = healths(desk)
        assert after[0] < before[0]
        assert (after[1] == before[1]) == only_initial
