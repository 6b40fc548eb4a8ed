"""Initial margin under strain: in every model it rises with silence, lag and volatility, within bounds, and falls again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.instrument_names import CALL, PUT
from rollup.market.margin import MODEL_LAST, Model, calm_health, health
from rollup.market.strain import BUFFER_MAX, next_variance, strain_of, strain_parts, strained, volatility_of
from rollup.market.terms import BUY, REDUCE_ONLY, SELL
from rollup.state.limits import HOPELESS_E8, PAGES, RATIO_ONE, STRAIN_MAX_E9, STRAIN_MAX_S
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, INSTRUMENTS, START_S, Desk, instrument, perpetual, spot_feed
from tests.unit.transition.status_cases import begin, posted, reports, wait

CALL_SOLD = instrument(1, 0, 2, CALL)
ETH_CALL = instrument(2, 0, 2, CALL)
PARTS = ("silence", "volatility", "lag")
SETTINGS = {
    "heartbeat_s": 7_200,
    **{f"silence_{name}": value for name, value in (("start_s", 600), ("full_s", 1_800), ("most_e9", RATIO_ONE), ("decay_e9", RATIO_ONE))},
    **{f"lag_{name}": value for name, value in (("start_s", 900), ("full_s", 2_700), ("most_e9", 2 * RATIO_ONE), ("decay_e9", RATIO_ONE))},
    "volatility_start_e9": RATIO_ONE,
    "volatility_full_e9": 3 * RATIO_ONE,
    "volatility_most_e9": 3 * RATIO_ONE,
    "volatility_memory_s": 3_600,
}


def desk_short(quantity: int = 1, of: int = CALL_SOLD, **fields: int) -> Desk:
    """A desk whose first account has sold options, or holds a perpetual."""
    desk = Desk()
    desk.edit("parameters", 0, **{**SETTINGS, **fields})
    desk.hold(1, {of: -quantity * E6})
    return desk


def strain(desk: Desk, account: int = 1, instrument_id: int = 0, oldest_s: int | None = None) -> dict[str, int]:
    """What the account's initial buffer is raised by, part for part."""
    oldest = health(desk.state, account, 0, 0, 0)[2] if oldest_s is None else oldest_s
    return dict(zip(PARTS, strain_parts(desk.state, account, instrument_id, oldest), strict=True))


def extra(desk: Desk, account: int = 1) -> float:
    """How often the initial buffer is asked for, beyond once."""
    calm, _, _ = calm_health(desk.state, account, 0, 0, 0)
    initial, maintenance, _ = health(desk.state, account, 0, 0, 0)
    return (calm - initial) / (maintenance - calm)


def feed_all(desk: Desk, time_s: int, spot: int = 60_000 * E8) -> None:
    """Let a batch begin, and all feeds of all markets report as if nothing had happened."""
    wait(desk, time_s)
    assert desk.status(*reports(desk, spot, spot)) == Status.OK
    for feed in range(1, desk.row("system", 0).feeds + 1):
        if feed != spot_feed(1):
            desk.edit("feeds", feed, timestamp_s=time_s)


def test_nothing_is_asked_while_all_is_well():
    desk = desk_short()
    assert health(desk.state, 1, 0, 0, 0) == calm_health(desk.state, 1, 0, 0, 0)
    assert strain(desk) == dict.fromkeys(PARTS, 0)


@pytest.mark.parametrize(("age", "expected"), [(600, 0), (601, 833_334), (1_200, RATIO_ONE // 2), (1_800, RATIO_ONE), (7_000, RATIO_ONE)])
def test_silence_raises_initial_margin_alone(age, expected):
    desk = desk_short()
    _, maintenance, _ = health(desk.state, 1, 0, 0, 0)
    wait(desk, START_S + age)
    assert strain(desk) == {"silence": expected, "volatility": 0, "lag": 0}
    assert extra(desk) == pytest.approx(expected / RATIO_ONE, abs=1e-9)
    _, later, _ = health(desk.state, 1, 0, 0, 0)
    desk.edit("parameters", 0, silence_most_e9=0)
    assert health(desk.state, 1, 0, 0, 0)[1] == later
    assert later >= maintenance  # a call sold has less and less time


def test_silence_is_remembered_and_forgotten():
    desk = desk_short()
    feed_all(desk, START_S + 1_500)
    assert strain(desk)["silence"] == RATIO_ONE * 900 // 1_200
    wait(desk, START_S + 1_500 + 300)
    assert strain(desk)["silence"] == RATIO_ONE * 600 // 1_200
    for later in (600, 899):
        feed_all(desk, START_S + 1_500 + later)
    assert strain(desk)["silence"] == 833_334
    wait(desk, START_S + 1_500 + 900)
    assert strain(desk)["silence"] == 0


def test_a_longer_silence_is_remembered_as_full_and_a_shorter_one_shortens_nothing():
    desk = desk_short()
    feed_all(desk, START_S + 6_000)
    until = desk.row("feeds", spot_feed(1)).silence_until_s
    assert until == START_S + 6_000 + 1_800
    feed_all(desk, START_S + 6_000 + 601)
    assert desk.row("feeds", spot_feed(1)).silence_until_s == until


def test_a_surface_that_was_silent_counts_too_and_a_first_report_does_not():
    desk = desk_short()
    desk.edit("feeds", spot_feed(1), timestamp_s=0, number=0)
    wait(desk, START_S + 1_500)
    assert desk.status(*reports(desk, 60_000 * E8, 60_000 * E8)) == Status.OK
    assert desk.row("feeds", spot_feed(1)).silence_until_s == 0
    assert desk.status(*reports(desk, 0, 0, feed=spot_feed(1) + 1)) == Status.OK
    assert desk.row("feeds", spot_feed(1)).silence_until_s == START_S + 3_000


def test_volatility_is_that_of_the_accounts_own_markets():
    desk = desk_short()
    desk.edit("feeds", spot_feed(2), variance_e12=4 * 10**12)
    assert strain(desk)["volatility"] == 0
    assert strain(desk, instrument_id=ETH_CALL)["volatility"] == 3 * RATIO_ONE // 2
    desk.hold(1, {CALL_SOLD: -E6, ETH_CALL: -E6, perpetual(1): E6})
    assert strain(desk)["volatility"] == 3 * RATIO_ONE // 2
    desk.edit("feeds", spot_feed(1), variance_e12=9 * 10**12)
    assert strain(desk)["volatility"] == 3 * RATIO_ONE


def test_a_volatile_hour_raises_and_a_calm_one_lowers():
    desk = desk_short()
    now, highest = START_S, 0
    for place in range(60):
        now += 60
        feed_all(desk, now, 60_000 * E8 + (600 * E8 if place % 2 else -600 * E8))
        highest = max(highest, strain(desk)["volatility"])
        assert 0 <= strain(desk)["volatility"] <= 3 * RATIO_ONE
    assert highest == 3 * RATIO_ONE
    assert volatility_of(desk.row("feeds", spot_feed(1)).variance_e12) > 9 * RATIO_ONE
    spot = desk.row("feeds", spot_feed(1)).number
    last = highest
    for _ in range(8 * 60):
        now += 60
        feed_all(desk, now, spot)
        assert strain(desk)["volatility"] <= last
        last = strain(desk)["volatility"]
    assert last == 0


def test_lag_counts_once_l1_has_told_and_until_it_has_the_batch():
    desk = desk_short()
    wait(desk, START_S + 5_000)
    assert strain(desk, oldest_s=START_S + 5_000)["lag"] == 0
    assert desk.status(posted(1)) == Status.OK
    wait(desk, START_S + 5_100)
    wait(desk, START_S + 5_100 + 1_800)
    assert strain(desk)["lag"] == RATIO_ONE
    wait(desk, START_S + 5_100 + 9_000)
    assert strain(desk)["lag"] == 2 * RATIO_ONE
    awaited = desk.row("system", 0).awaited
    assert desk.status(posted(awaited - 1)) == Status.OK
    assert desk.row("system", 0).awaited == awaited
    assert desk.status(posted(awaited)) == Status.OK
    assert desk.row("system", 0).awaited == 0
    assert strain(desk)["lag"] == 2 * RATIO_ONE
    wait(desk, START_S + 5_100 + 9_000 + 900)
    assert strain(desk)["lag"] == RATIO_ONE
    assert desk.status(posted(desk.row("system", 0).batch)) == Status.OK
    wait(desk, START_S + 5_100 + 9_000 + 1_800)
    assert strain(desk)["lag"] == 0


def test_an_idle_rollup_waits_for_nothing():
    """What is waited for is on L1, and nothing begins for a week."""
    desk = desk_short()
    assert desk.status(posted(1)) == Status.OK
    wait(desk, START_S + 60)
    assert desk.status(posted(desk.row("system", 0).batch)) == Status.OK
    wait(desk, START_S + 60 + 604_800)
    assert strain(desk)["lag"] == 0
    assert desk.row("system", 0).awaited_s == START_S + 60 + 604_800


def test_l1s_word_about_what_has_not_begun_is_about_what_has():
    desk = desk_short()
    assert desk.status(posted(1 << 60)) == Status.OK
    assert desk.row("system", 0).posted == desk.row("system", 0).batch


def test_new_risk_is_refused_reductions_go_on_and_nobody_is_sold():
    """An account with initial margin for its position, and little more, while feeds are silent within the heartbeat."""
    desk = desk_short(10)
    calm, _, _ = calm_health(desk.state, 1, 0, 0, 0)
    desk.edit("accounts", 1, cash_e8=desk.row("accounts", 1).cash_e8 - calm + 100 * E8)
    wait(desk, START_S + 1_800)
    initial, maintenance, _ = health(desk.state, 1, 0, 0, 0)
    assert initial < 0 < maintenance
    price = 2_000
    assert desk.status(desk.order(2, BUY, price - 10, 5, instrument=CALL_SOLD)) == Status.OK
    assert desk.status(desk.order(3, SELL, price, 5, instrument=CALL_SOLD)) == Status.OK
    assert desk.status(desk.order(1, SELL, price - 10, 1, instrument=CALL_SOLD)) == Status.INITIAL_MARGIN
    assert desk.status(desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3))) == Status.INITIAL_MARGIN
    assert desk.status(desk.signed(Kind.START_AUCTION, 2, counterparty=1)) == Status.NOT_LIQUIDATABLE
    assert desk.status(desk.order(1, BUY, price, 3, instrument=CALL_SOLD, options=REDUCE_ONLY)) == Status.OK
    assert desk.row("holdings", PAGES).quantity_e6[0] == -7 * E6
    desk.edit("feeds", spot_feed(1), silence_until_s=0)
    for feed in range(1, desk.row("system", 0).feeds + 1):
        desk.edit("feeds", feed, timestamp_s=START_S + 1_800)
    assert desk.status(desk.order(1, SELL, price - 10, 1, instrument=CALL_SOLD)) == Status.OK


@pytest.mark.parametrize("model", list(Model))
def test_every_model_is_asked_the_same_share_of_its_buffer(model):
    desk = desk_short()
    desk.edit("accounts", 1, margin_model=model)
    desk.edit("feeds", spot_feed(1), variance_e12=4 * 10**12)
    assert model <= MODEL_LAST
    calm, maintenance, _ = calm_health(desk.state, 1, 0, 0, 0)
    assert calm < maintenance
    initial, _, _ = health(desk.state, 1, 0, 0, 0)
    assert initial == calm - -(-(maintenance - calm) * 3 // 2)


quantities = st.integers(-(1 << 40) + 1, (1 << 40) - 1)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(Model),
    st.dictionaries(st.integers(1, INSTRUMENTS), quantities, max_size=12),
    st.integers(-(1 << 60) + 1, (1 << 60) - 1),
    st.tuples(st.integers(0, 1 << 58), st.integers(0, 1 << 58), st.integers(0, 3 * STRAIN_MAX_S), st.integers(0, 3 * STRAIN_MAX_S)),
    st.tuples(*[st.integers(0, STRAIN_MAX_E9)] * 3),
)
def test_strained_health_is_bounded_and_never_above_calm_health(model, portfolio, cash, strains, mosts):
    desk = Desk()
    variance, other, silence, lag = strains
    desk.edit("parameters", 0, **{**SETTINGS, "silence_most_e9": mosts[0], "lag_most_e9": mosts[1], "volatility_most_e9": mosts[2]})
    desk.hold(1, {number: held for number, held in portfolio.items() if held})
    desk.edit("accounts", 1, cash_e8=cash, margin_model=model)
    desk.edit("feeds", spot_feed(1), variance_e12=variance, silence_until_s=START_S + silence)
    desk.edit("feeds", spot_feed(2), variance_e12=other)
    desk.edit("system", 0, lag_until_s=START_S + lag)
    calm, maintenance, oldest = calm_health(desk.state, 1, 0, 0, 0)
    initial, same, _ = health(desk.state, 1, 0, 0, 0)
    assert same == maintenance
    assert HOPELESS_E8 <= initial <= min(calm, maintenance)
    assert 0 <= strain_of(desk.state, 1, 0, oldest) <= sum(mosts) <= 12 * RATIO_ONE
    desk.edit("feeds", spot_feed(1), variance_e12=0)
    assert health(desk.state, 1, 0, 0, 0)[0] >= initial


def test_puts_and_calls_of_one_market_are_one_market():
    desk = desk_short()
    desk.hold(1, dict.fromkeys(range(1, INSTRUMENTS + 1), -E6))
    desk.edit("feeds", spot_feed(2), variance_e12=4 * 10**12)
    assert strain(desk)["volatility"] == 3 * RATIO_ONE // 2
    desk.hold(1, {instrument(1, 1, 4, PUT): -E6})
    assert strain(desk)["volatility"] == 0


def test_a_batch_that_does_not_begin_waits_for_nothing():
    desk = desk_short()
    assert desk.status(posted(1)) == Status.OK
    assert desk.status(begin(desk, START_S - 1)) == Status.INVALID_FIELD
    assert desk.row("system", 0).awaited == 0


def test_a_planned_purchase_is_weighed_in_its_own_market():
    """An account that holds nothing there yet, and sells its first option in a market that is not calm."""
    desk = desk_short()
    desk.edit("feeds", spot_feed(2), variance_e12=4 * 10**12)
    calm, maintenance, _ = calm_health(desk.state, 2, ETH_CALL, -E6, 0)
    assert health(desk.state, 2, ETH_CALL, -E6, 0) == (calm - -(-(maintenance - calm) * 3 // 2), maintenance, START_S)
    assert health(desk.state, 2, CALL_SOLD, -E6, 0) == calm_health(desk.state, 2, CALL_SOLD, -E6, 0)


@pytest.mark.parametrize(
    ("initial", "maintenance", "expected"),
    [
        (0, 0, 0),
        (5, 4, 5),
        (0, 10, -30),
        (0, BUFFER_MAX, -3 * BUFFER_MAX),
        (0, 8 * BUFFER_MAX, -3 * BUFFER_MAX),
        (HOPELESS_E8, 1 << 61, HOPELESS_E8),
        (HOPELESS_E8 + 5, 0, HOPELESS_E8),
        (HOPELESS_E8, HOPELESS_E8, HOPELESS_E8),
    ],
)
def test_what_is_asked_stays_within_its_bounds(initial, maintenance, expected):
    desk = desk_short()
    desk.edit("feeds", spot_feed(1), variance_e12=9 * 10**12)
    assert strained(desk.state, 1, 0, initial, maintenance, START_S) == max(expected, HOPELESS_E8)


def test_variance_goes_by_the_times_of_observations():
    desk = desk_short()
    wait(desk, START_S + 100)
    one, two = reports(desk, 60_300 * E8, 60_300 * E8)
    assert desk.status(one, {**two, "timestamp_s": START_S + 40}) == Status.OK
    first = desk.row("feeds", spot_feed(1)).variance_e12
    assert first == next_variance(0, 60_000 * E8, 60_300 * E8, 40, 3_600) > 0
    wait(desk, START_S + 200)
    assert desk.status(*reports(desk, 60_000 * E8, 60_000 * E8)) == Status.OK
    assert desk.row("feeds", spot_feed(1)).variance_e12 == next_variance(first, 60_300 * E8, 60_000 * E8, 160, 3_600)
    assert desk.row("feeds", spot_feed(2)).variance_e12 == 0
