"""What an underlying is worth in cash: three numbers, of which no part is rounded before the others are in."""

import random
from fractions import Fraction
from math import floor

import pytest

from rollup.market.assets import ASSET_VALUE_MAX, value_in_cash
from rollup.state.limits import PRICE_MAX, QUANTITY_MAX
from rollup.state.plain import plain_state

CENT, ONE, HUNDRED = 10**6, 10**8, 10**10


def worth(quantity_e6, price_e8, cash_price_e8):
    state = plain_state()
    object.__setattr__(state.markets.rows[1], "spot_feed", 1)
    object.__setattr__(state.feeds.rows[1], "number", price_e8)
    object.__setattr__(state.system.rows[0], "stable_feed", 2)
    object.__setattr__(state.feeds.rows[2], "number", cash_price_e8)
    return value_in_cash(state, 1, quantity_e6)


def exact(quantity_e6, price_e8, cash_price_e8):
    return floor(Fraction(quantity_e6, 10**6) * Fraction(price_e8, cash_price_e8) * 10**8)


def test_it_is_rounded_down_once():
    r = random.Random(1)
    for _ in range(2_000):
        quantity, price = r.randrange(2 ** r.randrange(1, 30)), r.randrange(2 ** r.randrange(1, 40))
        cash_price = r.choice((CENT, ONE, ONE - 1, HUNDRED, r.randrange(CENT, HUNDRED)))
        assert worth(quantity, price, cash_price) == exact(quantity, price, cash_price)


def test_a_part_that_were_rounded_first_would_be_a_hundred_times_as_much():
    assert worth(999_999, 1, CENT) == 99
    assert worth(1, 10**6 - 1, CENT) == 99


@pytest.mark.parametrize("cash_price", [CENT, ONE, HUNDRED])
def test_what_is_worth_too_much_counts_as_the_bound(cash_price):
    most = worth(QUANTITY_MAX - 1, PRICE_MAX - 1, cash_price)
    assert most == min(ASSET_VALUE_MAX * ONE // cash_price, 1 << 62)


def test_a_price_below_nothing_is_worth_nothing():
    assert worth(10**6, -5, ONE) == 0
