"""Standard margin against its formulas in exact fractions, and against hopeless input."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT
from rollup.market.funding import INDEX_FRACTION, INDEX_MAX
from rollup.market.margin import health
from rollup.market.marks import mark_price
from rollup.market.pricing import black76
from rollup.market.settlement_window import AGGREGATE_MASK
from rollup.state.limits import HOPELESS_E8, PAGE_POSITIONS, PAGES, POSITIONS, PRICE_MAX, QUANTITY_MAX, TIME_MAX
from rollup.state.plain import plain_state
from rollup.state.table import commit
from rollup.transition.parameters import BOUNDS, Parameter
from tests.unit.transition.opened_market import (
    E6,
    E8,
    EXPIRIES_S,
    MARKETS,
    RICH_E8,
    START_S,
    Desk,
    forward_feed,
    future,
    instrument,
    instrument_rows,
    perpetual,
    perpetual_feed,
    spot_feed,
    vol_feed,
)
from tests.unit.transition.opened_market import (
    INSTRUMENTS as LISTED,
)
from tests.unit.transition.opened_market import (
    PARAMETERS as NUMBERS,
)

RATIO = {name: Fraction(int(str(value)), 10**9) for name, value in NUMBERS.items() if name.endswith("_e9")}
ROWS = instrument_rows()
Portfolio = dict[int, int]
TOLERANCE = 200
"""Units by which roundings, three a position and scan point, may add up against the account."""


def hold(desk: Desk, portfolio: Portfolio, account: int = 1) -> None:
    """Give an account positions."""
    desk.hold(account, portfolio)


def exact_health(desk: Desk, portfolio: Portfolio) -> tuple[Fraction, Fraction]:
    """MARKET's standard margin, word for word; negative margin is a requirement."""
    initial = maintenance = Fraction(RICH_E8)
    for expiry in {(ROWS[i]["market"], ROWS[i].get("expiry_s", 0)) for i in portfolio}:
        legs = {i: Fraction(q, E6) for i, q in portfolio.items() if (ROWS[i]["market"], ROWS[i].get("expiry_s", 0)) == expiry}
        initial += expiry_margin(desk, legs, "initial")
        maintenance += expiry_margin(desk, legs, "maintenance")
        initial -= low_confidence(desk, legs)
    return initial, maintenance


def feeds_of(desk: Desk, leg: int) -> tuple[int, int, int]:
    row = ROWS[leg]
    feed = desk.row("feeds", spot_feed(row["market"]))
    return feed.number, desk.row("feeds", row["forward_feed"]).number, desk.row("feeds", row.get("vol_feed", 0)).number


def is_outright(leg: int) -> bool:
    return ROWS[leg]["option_type"] in (FUTURE, PERPETUAL)


def expiry_margin(desk: Desk, legs: dict[int, Fraction], which: str) -> Fraction:
    isolated = sum((isolated_margin(desk, i, a, which) for i, a in legs.items()), Fraction(0))
    if any(ROWS[i]["option_type"] == PERPETUAL for i in legs):
        return isolated
    _, forward, _ = feeds_of(desk, next(iter(legs)))
    points = [0, *(ROWS[i].get("strike_e8", 0) for i in legs)]
    worst = min(Fraction(0), *(sum((a * intrinsic(i, p) for i, a in legs.items()), Fraction(0)) for p in points))
    net_calls = sum((a for i, a in legs.items() if ROWS[i]["option_type"] != PUT), Fraction(0))
    return max(isolated, worst + RATIO[f"unpaired_{which}_e9"] * forward * min(Fraction(0), net_calls))


def isolated_margin(desk: Desk, leg: int, a: Fraction, which: str) -> Fraction:
    row = ROWS[leg]
    spot, forward, vol = feeds_of(desk, leg)
    if is_outright(leg):
        return a * forward - RATIO[f"outright_{which}_e9"] * abs(a) * forward
    if a >= 0:
        return Fraction(0)
    value = a * black76(forward, row["strike_e8"], vol, row["expiry_s"] - START_S, row["option_type"])
    is_call = row["option_type"] == CALL
    away = max(row["strike_e8"] - spot if is_call else spot - row["strike_e8"], 0)
    shock = max(RATIO["initial_spot_max_e9"] - Fraction(away, spot), RATIO["initial_spot_min_e9"]) * spot * a
    if is_call:
        return value + (shock if which == "initial" else RATIO["maintenance_call_e9"] * spot * a)
    maintenance = value + min(RATIO["maintenance_put_e9"] * spot * a, RATIO["maintenance_put_mark_e9"] * value)
    return min(value + shock, RATIO["put_offset_e9"] * maintenance) if which == "initial" else maintenance


def intrinsic(leg: int, price: int) -> int:
    if is_outright(leg):
        return price
    strike = ROWS[leg]["strike_e8"]
    return max(price - strike if ROWS[leg]["option_type"] == CALL else strike - price, 0)


def low_confidence(desk: Desk, legs: dict[int, Fraction]) -> Fraction:
    feeds = {feed for i in legs for feed in (spot_feed(ROWS[i]["market"]), ROWS[i]["forward_feed"], ROWS[i].get("vol_feed", 0)) if feed}
    confidence = Fraction(min(desk.row("feeds", feed).confidence_e9 for feed in feeds), 10**9)
    if confidence >= RATIO["confidence_threshold_e9"]:
        return Fraction(0)
    spot, _, _ = feeds_of(desk, next(iter(legs)))
    return (1 - confidence) * RATIO["confidence_factor_e9"] * spot * sum((exposure(i, a) for i, a in legs.items()), Fraction(0))


def exposure(leg: int, a: Fraction) -> Fraction:
    return abs(a) if is_outright(leg) else max(-a, Fraction(0))


QUANTITIES = st.integers(-1000 * E6, 1000 * E6).filter(bool)
PORTFOLIOS = st.dictionaries(st.integers(1, LISTED), QUANTITIES, max_size=POSITIONS)


@settings(max_examples=150, deadline=None)
@given(PORTFOLIOS, st.data())
def test_health_is_the_formula_rounded_against_the_account(portfolio, data):
    desk = Desk()
    for market, (_, spot) in enumerate(MARKETS, 1):
        for feed in (spot_feed(market), perpetual_feed(market)):
            desk.edit("feeds", feed, number=data.draw(st.integers(spot * E8 // 2, spot * E8 * 2)))
        for expiry in range(len(EXPIRIES_S)):
            confidence = data.draw(st.sampled_from([10**9, 10**9, 400_000_000, 0]))
            desk.edit("feeds", forward_feed(market, expiry), number=data.draw(st.integers(spot * E8 // 2, spot * E8 * 2)))
            desk.set_vol(vol_feed(market, expiry), data.draw(st.integers(10**7, 3 * 10**9)), confidence_e9=confidence)
    hold(desk, portfolio)
    expected = exact_health(desk, portfolio)
    actual = health(desk.state, 1, 0, 0, 0)
    for exact, computed in zip(expected, actual, strict=False):
        assert 0 <= exact - computed <= TOLERANCE


@settings(max_examples=100, deadline=None)
@given(PORTFOLIOS, st.integers(1, LISTED), QUANTITIES, st.integers(-RICH_E8, RICH_E8))
def test_planned_purchase_is_judged_as_the_made_one(portfolio, bought_id, bought, cash):
    desk = Desk()
    hold(desk, portfolio)
    planned = health(desk.state, 1, bought_id, bought, cash)
    after = {**portfolio, bought_id: portfolio.get(bought_id, 0) + bought}
    after = {i: q for i, q in after.items() if q != 0}
    if len(after) <= POSITIONS:
        hold(desk, after)
        desk.edit("accounts", 1, cash_e8=RICH_E8 + cash)
        assert health(desk.state, 1, 0, 0, 0)[:2] == planned[:2]


@pytest.mark.parametrize(
    "portfolio,initial,maintenance",
    [
        ({}, 0, 0),
        ({instrument(1, 0, 2, CALL): 5 * E6}, 0, 0),
        # A call spread bought: nothing can be lost beyond its price.
        ({instrument(1, 0, 2, CALL): E6, instrument(1, 0, 3, CALL): -E6}, 0, 0),
        # Sold: the strikes' distance.
        ({instrument(1, 0, 1, CALL): -E6, instrument(1, 0, 2, CALL): E6}, -6_000 * E8, -6_000 * E8),
        # A put deep out of the money: never more than its strike, here less than 13 % of spot are far away.
        ({instrument(1, 0, 0, PUT): -E6}, -7_805 * E8, -5_405 * E8),
        # An outright is worth its price, less the share required.
        ({perpetual(1): E6}, 54_000 * E8, 56_100 * E8),
        ({perpetual(1): -E6}, -66_000 * E8, -63_900 * E8),
        ({future(1, 1): 2 * E6}, 108_000 * E8, 112_200 * E8),
        # A short future and a call: whatever happens, no more than the strike is lost.
        ({future(1, 0): -E6, instrument(1, 0, 2, CALL): E6}, -60_000 * E8, -60_000 * E8),
        # A perpetual covers no call: it never meets its expiry.
        ({perpetual(1): E6, instrument(1, 0, 2, CALL): -E6}, (54_000 - 10_991) * E8, (56_100 - 7_391) * E8),
    ],
)
def test_worked_portfolios(portfolio, initial, maintenance):
    desk = Desk()
    hold(desk, portfolio)
    first, second, _ = health(desk.state, 1, 0, 0, 0)
    assert abs(first - RICH_E8 - initial) < 10 * E8
    assert abs(second - RICH_E8 - maintenance) < 10 * E8


def test_account_without_shorts_needs_no_oracle():
    desk = Desk()
    hold(desk, {1: E6, 11: E6})
    assert health(desk.state, 1, 0, 0, 0) == (RICH_E8, RICH_E8, TIME_MAX)


def test_oldest_observation_of_all_that_shorts_rest_on():
    desk = Desk()
    desk.edit("feeds", vol_feed(2, 1), timestamp_s=START_S - 7)
    hold(desk, {1: -E6, instrument(2, 1, 0, CALL): -E6})
    assert health(desk.state, 1, 0, 0, 0)[2] == START_S - 7
    hold(desk, {1: -E6, instrument(2, 1, 0, CALL): E6})
    assert health(desk.state, 1, 0, 0, 0)[2] == START_S


def test_outright_alone_needs_no_volatility():
    desk = Desk()
    desk.edit("feeds", vol_feed(1, 0), timestamp_s=START_S - 7)
    hold(desk, {future(1, 0): E6, perpetual(1): -E6})
    assert health(desk.state, 1, 0, 0, 0)[2] == START_S
    hold(desk, {future(1, 0): E6, instrument(1, 0, 4, CALL): -E6})
    assert health(desk.state, 1, 0, 0, 0)[2] == START_S - 7


def test_settled_positions_count_as_what_they_pay():
    desk = Desk()
    desk.edit("feeds", forward_feed(1, 0), settlement_e8=61_000 * E8 + 1)
    hold(desk, {5: 3})
    assert health(desk.state, 1, 0, 0, 0)[0] == RICH_E8 + 3 * (1_000 * E8 + 1) // E6
    hold(desk, {5: -3})
    assert health(desk.state, 1, 0, 0, 0)[0] == RICH_E8 - (3 * (1_000 * E8 + 1) // E6 + 1)


def test_too_large_to_value_is_hopeless():
    desk = Desk()
    hold(desk, {5: 1 - QUANTITY_MAX, 7: QUANTITY_MAX - 1})
    assert health(desk.state, 1, 0, 0, 0)[0] == HOPELESS_E8


def test_unknown_model_is_hopeless():
    desk = Desk()
    desk.edit("accounts", 1, margin_model=9)
    assert health(desk.state, 1, 0, 0, 0)[0] == HOPELESS_E8


PRICES = st.one_of(st.integers(0, PRICE_MAX - 1), st.sampled_from([0, 1, PRICE_MAX - 1]))
WORD = st.integers(-(1 << 63), (1 << 63) - 1)
SURFACE = ("surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma", "reference_e8", "reference_us")
INDICES = st.one_of(st.just(0), st.integers(-INDEX_MAX, INDEX_MAX))
TIMES = st.one_of(st.integers(0, TIME_MAX - 1), st.sampled_from([0, START_S, TIME_MAX - 1]))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_margin_is_total(data):
    """Whatever feeds, strikes, times, parameters and positions hold within their bounds, nothing raises or leaves 62 bits."""
    state = plain_state()
    fill_row(state.system.rows[0], {"time_s": data.draw(TIMES)})
    bounds = {parameter.name.lower(): BOUNDS[parameter] for parameter in Parameter if parameter != Parameter.PAUSE}
    fill_row(state.parameters.rows[0], {name: data.draw(st.integers(low, high)) for name, (low, high) in bounds.items()})
    fill_row(state.markets.rows[1], {"spot_feed": 1})
    for feed in (1, 2, 3):
        number = data.draw(PRICES)
        surface = {name: data.draw(WORD) for name in SURFACE} if feed == 3 else {}
        times = {name: data.draw(TIMES) for name in ("timestamp_s", "expiry_s", "opened_s", "closed_s")}
        times |= {name: data.draw(st.integers(0, AGGREGATE_MASK)) for name in ("aggregate", "origin")}
        times["settlement_e8"] = data.draw(st.sampled_from([0, 0, 5, PRICE_MAX - 1]))
        fill_row(state.feeds.rows[feed], {"number": number, "confidence_e9": data.draw(st.integers(0, 10**9)), **times, **surface})
    count = data.draw(st.integers(0, 12) | st.sampled_from([POSITIONS - 1, POSITIONS]))
    strikes = sorted(data.draw(PRICES) for _ in range(count))
    for place, strike in enumerate(strikes):
        terms = {"market": 1, "option_type": data.draw(st.integers(0, PERPETUAL)), "strike_e8": strike, "expiry_s": data.draw(TIMES)}
        funding = {
            "funding_e8": data.draw(INDICES),
            "funding_rest": data.draw(st.integers(0, INDEX_FRACTION)),
            "funding_s": data.draw(TIMES),
        }
        fill_row(state.instruments.rows[place + 1], {**terms, **funding, "forward_feed": 2, "vol_feed": 3})
    quantities = [data.draw(st.integers(1 - QUANTITY_MAX, QUANTITY_MAX - 1)) for _ in range(count)]
    for page in range(PAGES):
        some = quantities[page * PAGE_POSITIONS : (page + 1) * PAGE_POSITIONS]
        ids, rest = range(page * PAGE_POSITIONS + 1, page * PAGE_POSITIONS + 1 + len(some)), [0] * (PAGE_POSITIONS - len(some))
        state.holdings.rows[PAGES + page].set_words([*ids, *rest, *some, *rest, *(data.draw(INDICES) for _ in range(PAGE_POSITIONS))])
    fill_row(state.accounts.rows[1], {"positions": count, "cash_e8": data.draw(st.integers(-(1 << 60), 1 << 60))})
    initial, maintenance, oldest = health(state, 1, 0, 0, 0)
    commit(state)
    assert -(1 << 62) < initial <= maintenance < 1 << 62
    assert 0 <= oldest <= TIME_MAX


def fill_row(row: object, fields: dict[str, int]) -> None:
    for name, value in fields.items():
        object.__setattr__(row, name, value)


def test_mark_is_zero_before_the_first_report():
    desk = Desk()
    assert mark_price(desk.state, desk.row("instruments", 5), 0, 0) == 0
