"""Scenario prices and their sums against MARKET's formulas in 50 digits, and at and beyond every bound."""

import random
from dataclasses import fields

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from rollup.core.instrument_names import CALL, PUT
from rollup.core.margin_parameters import PortfolioNumber, PortfolioParameters, Scenario, VolShock
from rollup.market.pricing import TENOR_MAX
from rollup.market.scenario_gains import GAIN_MAX, add_expiry, clear_gains, find_worst
from rollup.market.scenario_prices import NARROW, VALUE_MAX, add_prices, clear_sums, gather_values, set_prices
from rollup.market.shocks import EXPONENT_MAX, PRICE_LIMIT, cap, exponent, mark_deviation, set_forwards, set_terms, skew_factor
from rollup.market.surface import VARIANCE_MAX, total_variance
from rollup.state.derived import COLUMNS, FIRST_SCENARIO, GAINS, GRID, MARK, PRICES, SUMS, TERMS
from rollup.state.limits import POSITIONS, PRICE_MAX, QUANTITY_MAX
from rollup.state.plain import plain_row

E8, E9, E12 = 10**8, 10**9, 10**12
DAY_S = 86_400
DERIVE = PortfolioParameters()
USUAL = (14_300_357_704, 82_752_452_746, -382_822_578_434, -95_805_529_179, 130_054_633_002)
WORD = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def grid_of(parameters):
    """The columns that parameters ask for, and their numbers."""
    grid = plain_row(GRID)
    for number in PortfolioNumber:
        grid.portfolio[number] = getattr(parameters, number.name.lower())
    basis = [Scenario(spot) for spot in (E9, parameters.basis_up_e9, parameters.basis_down_e9)]
    for column, each in enumerate([*basis, *parameters.scenarios]):
        grid.spot_e9[column], grid.vol[column], grid.dampener_e9[column] = each.spot_e9, int(each.vol), each.dampener_e9
    grid.columns = FIRST_SCENARIO + len(parameters.scenarios)
    return grid


def terms_of(parameters, seconds, rate_e9, moving_e8, fixed_e8=0):
    terms = plain_row(TERMS)
    grid = grid_of(parameters)
    set_terms(terms, grid, seconds, rate_e9)
    set_forwards(terms, grid, moving_e8, fixed_e8)
    return terms


def prices_of(terms, parameters, strike_e8, option_type, variance_q52, tenor_us):
    prices = plain_row(PRICES)
    set_prices(prices, terms, grid_of(parameters), strike_e8, option_type, variance_q52, tenor_us)
    return prices


def true_price(forward, strike, deviation, option_type):
    sign = 1 if option_type == CALL else -1
    if deviation == 0:
        return max(mpf(0), sign * (forward - strike))
    d1 = mpmath.log(forward / strike) / deviation + deviation / 2
    return sign * (forward * mpmath.ncdf(sign * d1) - strike * mpmath.ncdf(sign * (d1 - deviation)))


def true_deviation(terms_at, shock, deviation, strike, forward):
    """A volatility shocked, times √T; word for word from MARKET."""
    seconds, p = terms_at
    tenor = mpf(seconds) / (365 * DAY_S)
    root = mpmath.sqrt(tenor)
    power = p["short_power"] if seconds <= 30 * DAY_S else p["long_power"]
    reach = (mpf(30 * DAY_S) / max(seconds, p["tenor_floor"])) ** power
    if shock == VolShock.UP:
        return max(p["vol_floor"] * root, deviation * (1 + p["vol_up"] * reach))
    if shock == VolShock.DOWN:
        return deviation * max(mpf(0), 1 - p["vol_down"] * reach)
    if shock == VolShock.NONE:
        return deviation
    name = "linear" if shock == VolShock.LINEAR else "absolute"
    k = mpmath.log(strike / forward)
    k = abs(k) if shock == VolShock.ABSOLUTE else k
    bound = p[f"{name}_cap"] + p[f"{name}_slope"] * root
    wing = max(p["wing_floor"], root * p["wing_scale"] * (p["wing_vol"] + p["wing_slope"] * root))
    tilt = k * bound / wing
    return deviation * max(mpf(0), 1 + (min(bound, tilt) if k >= 0 else max(-bound, tilt)))


def numbers_of(parameters):
    """Parameters as real numbers, by their names without units."""
    names = [each.name for each in fields(parameters) if each.name != "scenarios"]
    return {name.rpartition("_")[0]: mpf(getattr(parameters, name)) / (E9 if name.endswith("e9") else 1) for name in names}


def cases(seed, count):
    """Options and expiries as they are traded, a day to two years."""
    r = random.Random(seed)
    for _ in range(count):
        forward = int(10 ** r.uniform(9, 13))
        seconds = int(10 ** r.uniform(3, 7.8))
        strike = int(forward * mpmath.exp(r.uniform(-1.5, 1.5)))
        tenor_us = seconds * 10**6 + r.randrange(-500_000, 10**9)
        yield forward, strike, seconds, tenor_us, r.choice((CALL, PUT)), r.randrange(-E9 // 10, E9)


def test_every_price_is_near_the_truth():
    """Within 1e-10 USD, or 1e-11 of forward and strike where these are large."""
    p = numbers_of(DERIVE)
    for forward, strike, seconds, tenor_us, option_type, rate in cases(1, 60):
        variance = total_variance(*USUAL, forward, strike)
        terms = terms_of(DERIVE, seconds, rate, forward)
        prices = prices_of(terms, DERIVE, strike, option_type, variance, tenor_us)
        deviation = mpmath.sqrt(mpmath.ldexp(variance, -52) * seconds * 10**6 / tenor_us)
        grid = grid_of(DERIVE)
        for column in range(grid.columns):
            shocked = mpf(forward) * grid.spot_e9[column] / E9
            v = true_deviation((seconds, p), grid.vol[column], deviation, mpf(strike), mpf(forward))
            truth = true_price(shocked, mpf(strike), v, option_type)
            found = mpmath.ldexp(prices.price[column], -8)
            assert abs(found - truth) <= max(mpf("0.01"), mpf("1e-11") * max(shocked, strike)), (forward, strike, seconds, column)


def test_discounts_are_near_the_truth():
    p = numbers_of(DERIVE)
    for *_, seconds, _tenor, _type, rate in cases(2, 60):
        terms = terms_of(DERIVE, seconds, rate, 10**11)
        tenor, r = mpf(seconds) / (365 * DAY_S), max(0, mpf(rate) / E9)
        discount = mpmath.exp(-r * tenor)
        long = p["long_discount"] * mpmath.exp(-tenor * (r * p["long_rate_scale"] + p["long_rate_add"]))
        short = p["short_discount"] * mpmath.exp(tenor * (r * p["short_rate_scale"] + p["short_rate_add"]))
        near = {"discount": discount, "long": discount * long, "short": discount * min(1 / discount, short)}
        for name, truth in near.items():
            found = mpmath.ldexp(getattr(terms, f"{name}_q62"), -62) * 15_625 / 1_024
            assert abs(found - truth) < mpf("1e-14"), (name, seconds, rate)
        assert abs(mpmath.ldexp(terms.basis_q50, -50) - (p["basis_add"] + p["basis_scale"] * tenor)) < mpf("1e-13")


def value_of(sums, column):
    """A column's value in grains, and whether any column has overflown."""
    overflow = gather_values(sums, COLUMNS)
    return sums.value[column], overflow


def test_sums_are_exact():
    """Of quantities that go together, of those that go in parts, and of any mix of them, whatever cancels."""
    r, ways = random.Random(3), set()
    for _ in range(400):
        sums, total = plain_row(SUMS), 0
        clear_sums(sums, COLUMNS)
        most = r.randrange(1, 40)
        for _ in range(r.randrange(1, 20)):
            prices, quantity = plain_row(PRICES), r.randrange(-(2**most), 2 ** r.randrange(1, 40))
            prices.price[5] = r.randrange(2 ** r.randrange(1, 60))
            add_prices(sums, prices, quantity, COLUMNS)
            total += quantity * prices.price[5]
        exact = total >> 24
        value, overflow = value_of(sums, 5)
        assert overflow == (not -VALUE_MAX + 64 <= exact < VALUE_MAX - 64) or abs(abs(exact) - VALUE_MAX) <= 64
        assert value == exact or overflow
        assert sums.value[4] == 0
        ways.add((sums.wide, sums.narrow_e6 != 0, overflow))
    assert ways >= {(0, True, 0), (1, False, 0), (1, True, 0), (1, True, 1)}


def test_which_way_a_quantity_goes_makes_no_difference():
    """The same positions in any order: what comes first goes together, the rest in parts."""
    r = random.Random(5)
    for _ in range(40):
        positions = [(r.randrange(-(2**31), 2**31), r.randrange(2**50)) for _ in range(12)]
        found = set()
        for _ in range(6):
            r.shuffle(positions)
            sums = plain_row(SUMS)
            clear_sums(sums, COLUMNS)
            for quantity, price in positions:
                prices = plain_row(PRICES)
                prices.price[0] = price
                add_prices(sums, prices, quantity, COLUMNS)
            found.add(value_of(sums, 0))
        assert found == {(sum(quantity * price for quantity, price in positions) >> 24, 0)}


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("first", [0, NARROW - 1])
def test_the_greatest_sums_overflow_no_word(sign, first):
    sums, prices = plain_row(SUMS), plain_row(PRICES)
    for column in range(COLUMNS):
        prices.price[column] = (1 << 60) - 1
    add_prices(sums, prices, sign * first, COLUMNS)
    for _ in range(POSITIONS):
        add_prices(sums, prices, sign * (QUANTITY_MAX - 1), COLUMNS)
    kept = [list(getattr(sums, name)) for name in ("first", "second", "third", "fourth")]
    assert all(abs(cell) < 2**62 - 2**50 for row in kept for cell in row)
    assert gather_values(sums, COLUMNS) == 1
    made = [list(getattr(sums, name)) for name in ("first", "second", "value")]
    assert all(abs(cell) < 2**63 for row in made for cell in row)
    assert all(abs(cell) <= VALUE_MAX for cell in sums.value)


def test_shorts_make_no_room_for_longs():
    """Sums that go together are bounded by all that was added, whatever its sign."""
    sums, dear, free = plain_row(SUMS), plain_row(PRICES), plain_row(PRICES)
    dear.price[0] = (1 << 60) - 1
    for _ in range(POSITIONS // 2):
        add_prices(sums, dear, NARROW // 4, 1)
        add_prices(sums, free, -NARROW // 4, 1)
    assert max(sums.first[0], sums.second[0]) < 2**62


def test_the_value_bound_is_exact():
    """In units of a high digit, of which 64 grains make one."""
    edge = 1 << 56
    for high, overflow in ((edge - 1, 0), (edge, 1), (-edge + 1, 0), (-edge, 1)):
        sums, prices = plain_row(SUMS), plain_row(PRICES)
        prices.price[0] = abs(high)
        add_prices(sums, prices, (1 << 30) * (1 if high > 0 else -1), 1)
        assert value_of(sums, 0) == (high << 6 if not overflow else max(-edge, min(high, edge - 1)) << 6, overflow)


def test_a_skew_is_clipped_as_derives_is():
    one = 1 << 56
    for k, bound, wing, wanted in (
        (1, "0.25", "0.5", "1.25"), (-1, "0.25", "0.5", "0.75"), ("0.25", "0.25", "0.5", "1.125"), ("-0.25", "0.25", "0.5", "0.875"),
        (1, "-0.5", "0.5", "0"), (-1, "-0.5", "0.5", "2"), ("0.25", "-0.5", "0.5", "0.5"), (0, "0.25", "0.5", "1"), (1, "4", "0.1", "5"),
        (-1, "4", "0.1", "0"), ("1e-9", "10", "1e-15", "11"),
    ):  # fmt: skip
        found = skew_factor(int(mpf(k) * 2**50), int(mpf(bound) * one), max(1, int(mpf(wing) * 2**50)))
        assert abs(mpf(found) / one - mpf(wanted)) < mpf("1e-12"), (k, bound, wing)


def test_known_values():
    terms = terms_of(DERIVE, 30 * DAY_S, 0, 2000 * E8)
    assert terms.up_q44 == (1 << 44) // 2
    assert terms.down_q44 == (1 << 44) - (1 << 44) * 3 // 10
    assert terms.discount_q62 == (1 << 72) // 15_625
    assert [terms.forward[column] >> 8 for column in (0, 1, 2)] == [2000 * E8, 2090 * E8, 1910 * E8]
    at_expiry = terms_of(DERIVE, 0, E9, 2000 * E8)
    prices = prices_of(at_expiry, DERIVE, 1900 * E8, CALL, VARIANCE_MAX, 10**12)
    assert prices.price[MARK] == 100 * E8 << 8
    settling = terms_of(DERIVE, 900, 0, 1000 * E8, 1000 * E8)
    assert settling.forward[1] >> 8 == 2045 * E8


@given(WORD, WORD, WORD, WORD, st.lists(WORD, min_size=len(PortfolioNumber), max_size=len(PortfolioNumber)))
def test_terms_stay_in_their_bounds_whatever_is_said(seconds, rate, moving, fixed, words):
    terms, grid = plain_row(TERMS), grid_of(DERIVE)
    for number in PortfolioNumber:
        grid.portfolio[number] = words[number]
    grid.spot_e9[3] = words[0]
    set_terms(terms, grid, seconds, rate)
    set_forwards(terms, grid, moving, fixed)
    assert 0 <= terms.seconds <= TENOR_MAX
    assert 0 <= terms.up_q44 <= 1 << 62
    assert 0 <= terms.down_q44 <= 1 << 44
    assert 0 <= terms.discount_q62 <= (1 << 72) // 15_625
    assert 0 <= terms.short_q62 <= (1 << 72) // 15_625
    assert 0 <= terms.long_q62 <= (1 << 74) // 15_625
    assert abs(terms.linear_cap_q56) <= 40 << 56
    assert 1 <= terms.wing_q50 <= 1 << 61
    assert 0 <= terms.basis_q50 < 1 << 60
    assert all(0 <= terms.forward[column] <= PRICE_LIMIT for column in range(grid.columns))


@given(WORD, WORD, WORD, WORD)
def test_parts_are_total(a, b, c, d):
    assert -(40 << 56) <= cap(a % (3 << 56), b, c) <= 40 << 56
    assert 0 <= exponent(a % (9 << 56), b % (1 << 34), c, d) <= EXPONENT_MAX
    assert 0 <= mark_deviation(a % (VARIANCE_MAX + 1), b, c % (TENOR_MAX + 1)) <= 1 << 61


@given(st.integers(0, VARIANCE_MAX), st.integers(0, TENOR_MAX), st.integers(0, PRICE_MAX - 1), st.integers(1, PRICE_MAX - 1))
def test_prices_lie_between_intrinsic_value_and_what_is_bought(variance, seconds, forward, strike):
    terms = terms_of(DERIVE, seconds, 0, forward)
    grid = grid_of(DERIVE)
    for option_type in (CALL, PUT):
        prices = prices_of(terms, DERIVE, strike, option_type, variance, max(seconds, 1) * 10**6)
        for column in range(grid.columns):
            low, high = terms.forward[column], strike << 8
            sign = 1 if option_type == CALL else -1
            assert max(0, sign * (low - high)) <= prices.price[column] <= (low if option_type == CALL else high)


def gains_of(parameters, positions, seconds, forward, linear_e8=0, futures_e8=0):
    """One market with one expiry: (strike, type, quantity) …"""
    terms, grid = terms_of(parameters, seconds, 0, forward), grid_of(parameters)
    gains, sums = plain_row(GAINS), plain_row(SUMS)
    clear_gains(gains, grid.columns)
    for strike, option_type, quantity in positions:
        variance = total_variance(*USUAL, forward, strike)
        add_prices(sums, prices_of(terms, parameters, strike, option_type, variance, max(seconds, 1) * 10**6), quantity, grid.columns)
    add_expiry(gains, sums, terms, grid, futures_e8)
    gains.linear_e8 += linear_e8
    find_worst(gains, grid)
    return gains, grid


def test_the_worst_of_what_moves_with_spot_alone():
    gains, grid = gains_of(DERIVE, [], 7 * DAY_S, 2000 * E8, linear_e8=1000 * E8)
    assert gains.worst_e8 == -180 * E8
    assert (grid.spot_e9[gains.worst_column], grid.vol[gains.worst_column]) == (820_000_000, VolShock.UP)
    gains, grid = gains_of(DERIVE, [], 7 * DAY_S, 2000 * E8, linear_e8=-1000 * E8)
    # 6 times the spot price, dampened: −5,000 · 0.02772.
    assert gains.worst_e8 == -180 * E8
    dampened = [gains.gain_e8[column] for column in range(grid.columns) if grid.spot_e9[column] == 6 * E9]
    assert dampened == [-5000 * 2_772_000]


def test_futures_hedge_and_make_a_basis():
    gains, _ = gains_of(DERIVE, [], 73 * DAY_S, 2000 * E8, linear_e8=-2000 * E8, futures_e8=2000 * E8)
    # The basis alone is left: 4.5 % of 2,000, times 0.5 + 2·0.2.
    assert gains.worst_e8 == gains.basis_e8
    assert abs(gains.basis_e8 + 81 * E8) <= 1
    assert gains.worst_column == MARK


def test_a_short_straddle_loses_most_where_spot_moves_most():
    gains, grid = gains_of(DERIVE, [(2000 * E8, CALL, -(10**6)), (2000 * E8, PUT, -(10**6))], 7 * DAY_S, 2000 * E8)
    assert gains.mark_e8 < 0
    assert -320 * E8 < gains.worst_e8 < -300 * E8
    assert abs(grid.spot_e9[gains.worst_column] - E9) == 180_000_000
    assert gains.overflow == 0


def test_skews_never_gain():
    for quantity in (10**6, -(10**6)):
        gains, grid = gains_of(DERIVE, [(2600 * E8, CALL, quantity)], 7 * DAY_S, 2000 * E8)
        skews = [gains.gain_e8[column] for column in range(grid.columns) if grid.vol[column] in {VolShock.LINEAR, VolShock.ABSOLUTE}]
        assert len(skews) == 2
        assert max(skews) < 0


def test_what_is_too_large_overflows_in_words():
    huge = [(PRICE_MAX - 1, PUT, QUANTITY_MAX - 1)]
    assert gains_of(DERIVE, huge, 7 * DAY_S, E8)[0].overflow == 1
    assert gains_of(DERIVE, [], 7 * DAY_S, E8, linear_e8=1 << 58)[0].overflow == 1
    assert gains_of(DERIVE, [], 7 * DAY_S, E8, futures_e8=-(1 << 56))[0].overflow == 1
    assert gains_of(DERIVE, [], 7 * DAY_S, E8, linear_e8=(1 << 56) - 1)[0].overflow == 0
    assert np.iinfo(np.int64).max > gains_of(DERIVE, [], 7 * DAY_S, E8, linear_e8=(1 << 56) - 1)[0].worst_e8


def test_gains_that_pile_up_beyond_their_bound_overflow_at_once():
    """Expiry after expiry gains as much as one may, in one scenario alone: no sum leaves its bound, and none is left over once one has."""
    terms, grid = terms_of(DERIVE, 7 * DAY_S, 0, 2000 * E8), grid_of(DERIVE)
    for sign in (1, -1):
        gains, total = plain_row(GAINS), 0
        clear_gains(gains, grid.columns)
        for _ in range(8):
            sums = plain_row(SUMS)
            sums.second[FIRST_SCENARIO + 4] = sign * ((1 << 56) - 1)
            add_expiry(gains, sums, terms, grid, 0)
            total += sums.value[FIRST_SCENARIO + 4] * (terms.long_q62 if sign > 0 else terms.short_q62) >> 62
            assert gains.overflow == (abs(total) >= GAIN_MAX)
            assert gains.gain_e8[FIRST_SCENARIO + 4] == (0 if gains.overflow else total)
            if gains.overflow:
                break
        assert gains.overflow == 1
