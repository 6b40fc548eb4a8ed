"""What cash is worth, as reporters say: below its threshold what is exposed asks for more initially, and what rests on it waits for it."""

import pytest

from rollup.core.instrument_names import CALL
from rollup.market.feeds import NEVER_S, cash_price
from rollup.market.margin import Model, health
from rollup.market.terms import SELL
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, STABLE_FEED, START_S, Desk, instrument, market_rows, perpetual
from tests.unit.transition.status_cases import reports, wait

SOLD = instrument(1, 0, 2, CALL)
SPOT = 60_000


@pytest.fixture(name="desk")
def desk_fixture():
    """Account 1 has sold a call and holds two perpetuals; account 2 has cash alone."""
    desk = Desk(opened=market_rows(stable=True))
    desk.hold(1, {SOLD: -E6, perpetual(1): 2 * E6})
    return desk


def depeg(desk: Desk, price: int, later: int = 5) -> None:
    """Let reporters say what cash is worth."""
    wait(desk, desk.row("system", 0).time_s + later)
    assert desk.status(*reports(desk, price, price, feed=STABLE_FEED)) == Status.OK


def healths(desk: Desk, model: Model, account: int = 1) -> tuple[int, int, int]:
    desk.edit("accounts", account, margin_model=model)
    return health(desk.state, account, 0, 0, 0)


@pytest.mark.parametrize(("price", "missing"), [(100, 0), (99, 0), (98, 1), (90, 9), (101, 0)])
@pytest.mark.parametrize("model", [Model.STANDARD, Model.ISOLATED])
def test_standard_margin_asks_for_twice_the_spot_price_of_what_is_exposed_for_each_dollar_missing(desk, model, price, missing):
    wait(desk, START_S + 5)
    initial, maintenance, _ = healths(desk, model)
    assert desk.status(*reports(desk, price * E8 // 100, price * E8 // 100, feed=STABLE_FEED)) == Status.OK
    later, same, _ = healths(desk, model)
    assert same == maintenance
    assert initial - later == 3 * SPOT * E8 * 2 * missing // 100


def test_portfolio_margin_asks_for_as_much_of_the_worst_loss(desk):
    wait(desk, START_S + 5)
    initial, maintenance, _ = healths(desk, Model.PORTFOLIO)
    worst = desk.state.gains.rows[0].worst_e8
    assert desk.status(*reports(desk, 95 * E8 // 100, 95 * E8 // 100, feed=STABLE_FEED)) == Status.OK
    later, same, _ = healths(desk, Model.PORTFOLIO)
    assert same == maintenance
    assert worst < 0
    assert 0 <= initial - later - -worst * 4 // 100 * 2 <= 2


@pytest.mark.parametrize("model", [Model.DERIBIT_STANDARD, Model.AEVO_PORTFOLIO])
def test_models_that_others_have_published_know_of_no_price_of_cash(desk, model):
    wait(desk, START_S + 5)
    before = healths(desk, model)
    assert desk.status(*reports(desk, 90 * E8 // 100, 90 * E8 // 100, feed=STABLE_FEED)) == Status.OK
    assert healths(desk, model) == before


def test_new_risk_waits_under_the_threshold_and_goes_on_above_it(desk):
    initial, _, _ = healths(desk, Model.STANDARD)
    desk.edit("accounts", 1, cash_e8=desk.row("accounts", 1).cash_e8 - initial + 1_000 * E8)
    depeg(desk, 98 * E8 // 100)
    assert desk.status(desk.order(1, SELL, 2_000, 0.01, instrument=SOLD)) == Status.INITIAL_MARGIN
    assert desk.status(desk.signed(Kind.START_AUCTION, 2, counterparty=1)) == Status.NOT_LIQUIDATABLE
    depeg(desk, E8)
    assert desk.status(desk.order(1, SELL, 2_000, 0.01, instrument=SOLD)) == Status.OK


def test_who_has_cash_alone_does_not_wait_for_its_price(desk):
    wait(desk, START_S + 601)
    for model in (Model.STANDARD, Model.PORTFOLIO):
        desk.edit("accounts", 1, margin_model=model)
        assert health(desk.state, 1, 0, 0, 0)[2] == START_S
        assert healths(desk, model, 2)[2] == NEVER_S
    for feed in range(1, STABLE_FEED):
        desk.edit("feeds", feed, timestamp_s=START_S + 601)
    desk.edit("accounts", 1, margin_model=Model.STANDARD)
    assert desk.status(desk.order(1, SELL, 2_000, 0.01, instrument=SOLD)) == Status.STALE_ORACLE
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=(1, 2, 3))) == Status.OK
    assert desk.status(*reports(desk, E8, E8, feed=STABLE_FEED)) == Status.OK
    assert desk.status(desk.order(1, SELL, 2_000, 0.01, instrument=SOLD)) == Status.OK


def test_the_price_is_held_in_a_band_and_within_bounds(desk):
    wait(desk, START_S + 5)
    assert desk.status(*reports(desk, 2 * E8, 2 * E8, feed=STABLE_FEED)) == Status.ORACLE_BAND
    desk.edit("feeds", STABLE_FEED, number=1)
    assert cash_price(desk.state)[0] == E8 // 100
    desk.edit("feeds", STABLE_FEED, number=1 << 46)
    assert cash_price(desk.state)[0] == 100 * E8
    desk.edit("system", 0, stable_feed=0)
    assert cash_price(desk.state) == (E8, NEVER_S)


def test_a_silence_of_its_price_strains_whoever_rests_on_it_until_it_is_over(desk):
    desk.edit("parameters", 0, silence_start_s=300, silence_full_s=600)
    wait(desk, START_S + 450)
    for feed in range(1, STABLE_FEED):
        desk.edit("feeds", feed, timestamp_s=START_S + 450)
    before, _, _ = healths(desk, Model.STANDARD)
    assert desk.status(*reports(desk, E8, E8, feed=STABLE_FEED)) == Status.OK
    after, maintenance, _ = healths(desk, Model.STANDARD)
    buffer = maintenance - after
    assert after - before == pytest.approx(buffer / 2, abs=1)
    assert desk.row("feeds", STABLE_FEED).silence_until_s == 0
