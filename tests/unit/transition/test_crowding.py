"""Initial margin rises with open interest, from a share of its cap on; nothing else does, and reductions go on."""

import pytest

from rollup.core.instrument_names import CALL
from rollup.market.margin import Model, calm_health, health
from rollup.market.terms import BUY, SELL
from rollup.state.limits import HOPELESS_E8, RATIO_ONE
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, Desk, instrument, perpetual
from tests.unit.transition.status_cases import pair

CAP = 100 * E6
SPOT = 60_000
SHORT = instrument(1, 0, 2, CALL)
OTHER = instrument(2, 0, 2, CALL)


def desk_of(held, open_interest=0, of=SHORT, **fields):
    desk = Desk()
    crowding = {"open_interest_max_e6": CAP, "crowding_start_e9": RATIO_ONE // 2, "crowding_most_e9": RATIO_ONE * 8 // 10, **fields}
    desk.edit("parameters", 0, silence_most_e9=0, **crowding)
    desk.hold(2, held)
    desk.edit("instruments", of, open_interest_e6=open_interest, shorts_e6=open_interest)
    return desk


def asked(desk, bought=0, of=0):
    """What crowding asks of account 2, in USD."""
    calm, calm_maintenance, _ = calm_health(desk.state, 2, of, bought, 0)
    initial, maintenance, _ = health(desk.state, 2, of, bought, 0)
    assert maintenance == calm_maintenance
    return (calm - initial) / E8


@pytest.mark.parametrize(
    ("open_interest", "share"),
    [(0, 0), (50 * E6, 0), (50 * E6 + 1, 1.6e-8), (75 * E6, 0.4), (100 * E6, 0.8), (150 * E6, 0.8)],
)
@pytest.mark.parametrize("model", Model)
def test_it_rises_from_its_start_to_the_cap_in_every_model(model, open_interest, share):
    desk = desk_of({SHORT: -2 * E6}, open_interest)
    desk.edit("accounts", 2, margin_model=model)
    assert asked(desk) == pytest.approx(2 * SPOT * share, rel=1e-3, abs=1e-8)


def test_longs_of_options_ask_for_nothing_and_outrights_on_both_sides():
    assert asked(desk_of({SHORT: 2 * E6}, CAP)) == 0
    for sign in (1, -1):
        assert asked(desk_of({perpetual(1): sign * E6}, CAP, of=perpetual(1))) == SPOT * 0.8


def test_other_instruments_do_not_count():
    assert asked(desk_of({OTHER: -E6}, CAP)) == 0
    assert asked(desk_of({SHORT: -E6, OTHER: -E6}, CAP)) == SPOT * 0.8


def test_what_has_expired_asks_for_nothing():
    desk = desk_of({SHORT: -E6}, CAP)
    desk.edit("system", 0, time_s=desk.row("instruments", SHORT).expiry_s)
    assert asked(desk) == 0


def test_a_purchase_counts_with_the_open_interest_that_it_makes():
    desk = desk_of({SHORT: -10 * E6}, 60 * E6)
    assert asked(desk) == pytest.approx(10 * SPOT * 0.16)
    assert asked(desk, -15 * E6, SHORT) == pytest.approx(25 * SPOT * 0.4)
    # Half is bought back: no open interest is added, nor is any taken away before it is.
    assert asked(desk, 5 * E6, SHORT) == pytest.approx(5 * SPOT * 0.16)
    # From short 10 to long 30: 20 more, of which a long option asks for nothing.
    assert asked(desk, 40 * E6, SHORT) == 0
    opened = desk_of({}, 60 * E6)
    assert asked(opened, -15 * E6, SHORT) == pytest.approx(15 * SPOT * 0.4)


def test_a_parameter_of_zero_switches_it_off():
    assert asked(desk_of({SHORT: -E6}, CAP, crowding_most_e9=0)) == 0
    assert asked(desk_of({SHORT: -E6}, CAP, crowding_start_e9=RATIO_ONE)) == 0
    assert asked(desk_of({SHORT: -E6}, CAP + 1, crowding_start_e9=RATIO_ONE)) == SPOT * 0.8


def test_what_is_beyond_all_bounds_is_hopeless():
    desk = desk_of({SHORT: -((1 << 40) - 1)}, CAP)
    desk.edit("accounts", 2, cash_e8=(1 << 60) - 1)
    assert health(desk.state, 2, 0, 0, 0)[0] == HOPELESS_E8


def test_profit_on_a_crowded_instrument_does_not_buy_more_of_it():
    """The same trade that margin allows elsewhere is refused where it would crowd, and a way out stays open."""
    for most, wanted in ((0, Status.OK), (RATIO_ONE * 8 // 10, Status.INITIAL_MARGIN)):
        desk = desk_of({}, 60 * E6, of=perpetual(1), crowding_most_e9=most)
        desk.hold(1, {perpetual(1): 60 * E6})
        desk.edit("accounts", 1, cash_e8=-60 * SPOT * E8 + 2_500_000 * E8)
        terms = {"instrument": perpetual(1), "price_e8": SPOT * E8}
        more, less = {**terms, "quantity_e6": 20 * E6}, {**terms, "quantity_e6": 5 * E6}
        assert desk.status(*pair(desk, more, **more)) == wanted
        assert desk.status(*pair(desk, {**less, "side": SELL}, **{**less, "side": BUY})) == Status.OK
