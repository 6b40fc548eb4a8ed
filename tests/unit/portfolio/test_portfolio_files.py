"""Portfolio files: what is read, what is refused and why, and that writing and reading change nothing."""

import copy
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.instrument_names import expiry_from_date
from rollup.core.margin_parameters import PortfolioParameters, Scenario, VolShock
from rollup.portfolio.decimals import PortfolioError, exact, in_decimals, in_units
from rollup.portfolio.portfolio import Deposit, Future, Option, OptionType, Perpetual, Quote
from rollup.portfolio.reading import portfolio_from_json, portfolio_from_mapping
from rollup.portfolio.writing import portfolio_to_json, portfolio_to_mapping

EXPIRY = "20250228"
SURFACE = {"a": "0.0075", "b": "0.0566", "rho": "-0.55", "m": "-0.0633", "sigma": "0.0483", "forward": 2682, "tenor": "794920.5"}
EXAMPLE = {
    "format": "optroll/portfolio/1",
    "time": 1_740_000_000,
    "cash": "-1000.5",
    "stable": {"price": "0.99", "confidence": "0.9"},
    "markets": [
        {
            "symbol": "ETH",
            "spot": {"price": "2681.60298509999", "confidence": 1},
            "perpetual": {"price": "2680"},
            "expiries": [{"expiry": EXPIRY, "forward": {"price": "2682.99"}, "rate": "-0.05", "surface": SURFACE}],
        },
        {"symbol": "BTC", "spot": {"price": 100000}},
    ],
    "assets": [{"symbol": "WEETH", "quote": {"price": 2800}, "market": "ETH", "cancels_risk": True, "maintenance_haircut": "0.1"}],
    "positions": [
        {"instrument": "ETH-20250228-4000-C", "quantity": "-1.5"},
        {"market": "ETH", "expiry": 1_740_729_600, "strike": "3000.5", "type": "put", "quantity": 2},
        {"instrument": "ETH-PERPETUAL", "quantity": -3, "entry": "2700.1", "funding": "0.5"},
        {"instrument": "ETH-20250228", "quantity": 1, "pnl": -4},
        {"asset": "WEETH", "quantity": "0.25"},
    ],
    "parameters": {
        "portfolio": {"vol_up": "0.45", "scenarios": [{"spot": "0.8", "vol": "up", "dampener": "0.5"}]},
        "settlement_window": 3600,
    },
}


def test_the_example_reads_as_it_says():
    portfolio = portfolio_from_json(json.dumps(EXAMPLE))
    assert portfolio.cash_e8 == -100_050_000_000
    assert portfolio.stable == Quote(price_e8=99_000_000, confidence_e9=900_000_000)
    ether, bitcoin = portfolio.markets
    # Rounded to nearest: finer than 1e-8.
    assert ether.spot.price_e8 == 268_160_298_510
    assert bitcoin.perpetual is None
    assert ether.expiries[0].expiry_s == expiry_from_date(EXPIRY)
    assert ether.expiries[0].rate_e9 == -50_000_000
    assert ether.expiries[0].surface.tenor_us == 794_920_500_000
    assert ether.expiries[0].surface.rho_e12 == -550_000_000_000
    # The perpetual: −3·(2680 − 2700.1).
    assert list(portfolio.positions) == [
        Option(market="ETH", expiry_s=1_740_729_600, strike_e8=4000 * 10**8, option_type=OptionType.CALL, quantity_e6=-1_500_000),
        Option(market="ETH", expiry_s=1_740_729_600, strike_e8=300_050_000_000, option_type=OptionType.PUT, quantity_e6=2_000_000),
        Perpetual(market="ETH", quantity_e6=-3_000_000, pnl_e8=6_030_000_000, funding_e8=50_000_000),
        Future(market="ETH", expiry_s=1_740_729_600, quantity_e6=1_000_000, pnl_e8=-400_000_000),
        Deposit(asset="WEETH", quantity_e6=250_000),
    ]
    assert portfolio.parameters.portfolio.vol_up_e9 == 450_000_000
    assert portfolio.parameters.portfolio.scenarios == (Scenario(800_000_000, VolShock.UP, 500_000_000),)
    assert portfolio.parameters.portfolio.vol_down_e9 == PortfolioParameters().vol_down_e9
    assert portfolio.parameters.settlement_window_s == 3600


def test_what_is_written_is_read_back():
    portfolio = portfolio_from_mapping(EXAMPLE)
    assert portfolio_from_json(portfolio_to_json(portfolio)) == portfolio
    assert portfolio_to_mapping(portfolio_from_json(portfolio_to_json(portfolio))) == portfolio_to_mapping(portfolio)


def test_the_least_file():
    portfolio = portfolio_from_json('{"format": "optroll/portfolio/1", "time": 0}')
    assert (portfolio.cash_e8, portfolio.markets, portfolio.positions, portfolio.stable.price_e8) == (0, (), (), 10**8)
    assert len(portfolio.parameters.portfolio.scenarios) == 33


def changed(path, value):
    """The example with one entry changed, added, or taken away."""
    document = copy.deepcopy(EXAMPLE)
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


MARKET, FEEDS = ("markets", 0), ("markets", 0, "expiries", 0)
REFUSED = [
    (("format",), "optroll/portfolio/2", "portfolio.format"),
    (("format",), None, "portfolio.format"),
    (("time",), None, "portfolio.time"),
    (("time",), -1, "portfolio.time"),
    (("wealth",), 1, "portfolio.wealth"),
    (("cash",), "1e40", "portfolio.cash"),
    (("cash",), "12,5", "portfolio.cash"),
    (("cash",), True, "portfolio.cash"),
    (("cash",), "٣", "portfolio.cash"),
    (("cash",), "1_000", "portfolio.cash"),
    (("cash",), "NaN", "portfolio.cash"),
    (("cash",), " 1", "portfolio.cash"),
    (("cash",), [], "portfolio.cash"),
    (("markets",), {}, "portfolio.markets"),
    ((*MARKET, "symbol"), "eth", "portfolio.markets[0].symbol"),
    ((*MARKET, "symbol"), "BTC", "portfolio.markets"),
    ((*MARKET, "spot"), 5, "portfolio.markets[0].spot"),
    ((*MARKET, "spot", "price"), -1, "portfolio.markets[0].spot.price"),
    ((*MARKET, "spot", "price"), 2_000_000, "portfolio.markets[0].spot.price"),
    ((*MARKET, "spot", "confidence"), 18, "portfolio.markets[0].spot.confidence"),
    ((*MARKET, "perpetual", "mark"), 1, "portfolio.markets[0].perpetual.mark"),
    ((*FEEDS, "expiry"), "20250230", "portfolio.markets[0].expiries[0].expiry"),
    ((*FEEDS, "surface"), None, "portfolio.markets[0].expiries[0].surface"),
    ((*FEEDS, "surface", "a"), "1e7", "portfolio.markets[0].expiries[0].surface.a"),
    ((*FEEDS, "surface", "tenor"), 0, "portfolio.markets[0].expiries[0].surface.tenor"),
    (("assets", 0, "market"), "DOGE", "market of WEETH"),
    (("assets", 0, "cancels_risk"), 1, "portfolio.assets[0].cancels_risk"),
    (("assets", 0, "symbol"), "A-B", "portfolio.assets[0].symbol"),
    (("positions", 0, "instrument"), "ETH-20250228-4000-X", "portfolio.positions[0].instrument"),
    (("positions", 0, "instrument"), "SOL-PERPETUAL", "portfolio.positions[0].market"),
    (("positions", 0, "instrument"), "ETH-20250307-4000-C", "portfolio.positions[0].expiry"),
    (("positions", 0, "quantity"), None, "portfolio.positions[0].quantity"),
    (("positions", 0, "quantity"), 10**7, "portfolio.positions[0].quantity"),
    (("positions", 1, "type"), "straddle", "portfolio.positions[1].type"),
    (("positions", 1, "type"), None, "portfolio.positions[1].type"),
    (("positions", 1, "strike"), None, "portfolio.positions[1].strike"),
    (("positions", 1, "expiry"), 5, "portfolio.positions[1].expiry"),
    (("positions", 2, "pnl"), 5, "portfolio.positions[2]"),
    (("positions", 2, "strike"), 5, "portfolio.positions[2].strike"),
    (("positions", 4, "asset"), "DOGE", "portfolio.positions[4].asset"),
    (("positions", 0), {"asset": "WEETH", "quantity": 1}, "portfolio.positions"),
    (("positions", 1), {"instrument": "ETH-28FEB25-4000-C", "quantity": 1}, "portfolio.positions"),
    (("parameters", "portfolio", "vol_sideways"), 1, "portfolio.parameters.portfolio.vol_sideways"),
    (("parameters", "portfolio", "scenarios", 0, "vol"), "UP", "portfolio.parameters.portfolio.scenarios[0].vol"),
    (("parameters", "settlement_window"), 10**6, "portfolio.parameters.settlement_window"),
]


@pytest.mark.parametrize(("path", "value", "named"), REFUSED)
def test_what_is_refused_is_named(path, value, named):
    with pytest.raises(PortfolioError) as refusal:
        portfolio_from_mapping(changed(path, value))
    assert refusal.value.what == named


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "null", "{" * 5000, '{"format": 1, "format": 2}', '{"time": NaN}', '{"time": 1e999999999}', "9" * 5000]
)
def test_what_is_no_portfolio_at_all_is_refused(text):
    with pytest.raises(PortfolioError):
        portfolio_from_json(text)


def test_a_file_that_is_too_long_is_refused():
    with pytest.raises(PortfolioError, match="at most"):
        portfolio_from_json(" " * (1 << 20) + "{}")


def test_decimals_are_never_floats():
    assert portfolio_from_json('{"format": "optroll/portfolio/1", "time": 0, "cash": 0.1}').cash_e8 == 10_000_000
    assert in_units(Decimal("0.123456785"), 10**8, "x") == 12_345_678
    assert in_units(Decimal("0.123456775"), 10**8, "x") == 12_345_678
    assert in_units("-0.5e-8", 10**8, "x") == 0
    assert in_units("-1.5e-8", 10**8, "x") == -2


@given(st.integers(-(2**62), 2**62), st.sampled_from([10**6, 10**8, 10**9, 10**12]))
def test_units_survive_their_text(count, unit):
    text = in_decimals(count, unit)
    assert in_units(text, unit, "x") == count
    assert exact(text, "x") == Decimal(count) / unit


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda part: st.lists(part) | st.dictionaries(st.text(), part)
    )
)
def test_nothing_else_comes_of_bad_entries_than_a_refusal(value):
    for path in (
        ("cash",),
        ("markets",),
        ("positions",),
        ("markets", 0, "expiries"),
        ("positions", 0),
        ("parameters",),
        ("assets", 0, "quote"),
    ):
        try:
            portfolio_from_mapping(changed(path, value) if value is not None else changed(path, [None]))
        except PortfolioError:
            continue
