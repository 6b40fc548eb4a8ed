"""The margin models as every account's are computed, on a state with one account: against what others published, and against the oracle.

The oracle gets the file as it was read, with as many digits as a state has, so that what differs is the kernels' rounding alone.
"""

from functools import cache

import pytest
from mpmath import mpf, sqrt

from rollup.market.assets import assets_worth
from rollup.market.margin import Model, health, mark_to_market
from rollup.portfolio.arrangement import portfolio_state
from rollup.portfolio.reading import portfolio_from_mapping
from rollup.portfolio.writing import portfolio_to_mapping
from rollup.state.derived import FIRST_SCENARIO
from tests.vectors import oracle
from tests.vectors.converters import FOLDER, named_cases, portfolio_cases, standard_cases
from tests.vectors.random_portfolios import random_portfolio

E8 = 10**8
NEAR_PUBLISHED = mpf("1e-6")
"""Relative: the published inputs have more digits than a state."""


def computed(portfolio, model):
    """Initial and maintenance health and mark-to-market, 1e-8 USD, by the state machine."""
    state = portfolio_state(portfolio, model)
    initial, maintenance, oldest = health(state, 1, 0, 0, 0)
    assert oldest >= portfolio.time_s
    return {"state": state, "initial": initial, "maintenance": maintenance, "mark": mark_to_market(state, 1)[0] + assets_worth(state, 1)}


@cache
def judged(kind):
    """Every published case: it, what the state machine makes of it, and what the oracle makes of the same digits."""
    found = []
    for case in {"portfolio": portfolio_cases, "standard": standard_cases}[kind]():
        portfolio = portfolio_from_mapping(case.portfolio)
        found.append((case, computed(portfolio, Model[case.model.upper()]), oracle.margin(portfolio_to_mapping(portfolio), case.model)))
    if not found:
        pytest.skip(f"NO EXTERNAL VECTORS: {FOLDER} has no {kind} cases; set OPTROLL_VECTORS")
    return found


def excess(found_e8, truth, allowed=0):
    """The error, as a share of what is allowed: 1e-6 USD or 1e-9 of it, whichever is more, and what the mark's digits allow."""
    return abs(mpf(found_e8) / E8 - truth) / max(mpf("1e-6"), mpf("1e-9") * abs(truth), allowed)


@pytest.mark.parametrize("kind", ["portfolio", "standard"])
def test_consensus_is_the_oracle(kind, comparison):
    seen = comparison(f"consensus ÷ oracle, {kind}: shares of what is allowed")
    for case, found, truth in judged(kind):
        names = ("initial", "maintenance") if kind == "portfolio" else ("initial", "maintenance", "mark")
        for name in names:
            seen.note(case.name, excess(found[name], truth[name]))
    assert seen.worst < 1


def test_consensus_is_what_was_published(comparison):
    """The standard cases that share their feeds are published in whole USD, cut off."""
    portfolio, standard = comparison("consensus ÷ published, portfolio"), comparison("consensus ÷ published, standard")
    whole = comparison("consensus − published whole USD, standard")
    shared = {name for name, _ in named_cases("test-cases-portfolio.json")}
    for case, found, _ in judged("portfolio") + judged("standard"):
        for name in ("initial", "maintenance"):
            wanted, got = oracle.real(case.published[name]), mpf(found[name]) / E8
            if case.name in shared:
                whole.note(case.name, abs(int(got) - int(wanted)))
            else:
                (portfolio if case.model == "portfolio" else standard).note(case.name, abs(got - wanted) / max(abs(wanted), 1))
    assert max(portfolio.worst, standard.worst) < NEAR_PUBLISHED
    assert whole.worst == 0


def digits_of_marks(document):
    """What the digits of volatilities and marks leave open, USD: vega is under 0.4·forward·√T, and half a unit of volatility is 5e-10."""
    forwards = {
        (market["symbol"], expiry["expiry"]): oracle.real(expiry["forward"]["price"]) * sqrt(mpf(expiry["expiry"] - document["time"]))
        for market in document["markets"]
        for expiry in market["expiries"]
    }
    held = [each for each in document["positions"] if "strike" in each]
    return (
        sum((abs(oracle.real(each["quantity"])) * forwards[each["market"], each["expiry"]] for each in held), mpf(0)) / 5616 * mpf("5e-10")
    )


@pytest.mark.parametrize("model", list(Model))
def test_random_portfolios(model, comparison):
    random_portfolios_hold(model, range(12), comparison)


@pytest.mark.long
@pytest.mark.parametrize("model", list(Model))
def test_many_random_portfolios(model, comparison):
    random_portfolios_hold(model, range(1_000, 2_500), comparison)


def gains_of(model, document, state, truth):
    """What each market gains in each scenario, and in truth."""
    first = {Model.PORTFOLIO: FIRST_SCENARIO, Model.AEVO_PORTFOLIO: 0}.get(model)
    if first is not None:
        for number, market in enumerate(document["markets"], 1):
            gains = state.gains.rows[number].gain_e8[first:]
            for place, wanted in enumerate(truth["scenarios"][market["symbol"]]):
                yield f"gain of {market['symbol']} in scenario {place}", gains[place], wanted


def random_portfolios_hold(model, seeds, comparison):
    seen = comparison(f"consensus ÷ oracle, {model.name.lower()}, random portfolios: shares of what is allowed")
    for seed in seeds:
        document = random_portfolio(seed)
        found, truth = computed(portfolio_from_mapping(document), model), oracle.margin(document, model.name.lower())
        allowed = 0 if model == Model.PORTFOLIO else digits_of_marks(document)
        names = ("initial", "maintenance") if model == Model.PORTFOLIO else ("initial", "maintenance", "mark")
        pairs = [(name, found[name], truth[name]) for name in names] + list(gains_of(model, document, found["state"], truth))
        for name, got, wanted in pairs:
            error = excess(got, wanted, allowed)
            assert error < 1, f"random_portfolio({seed}), {model.name}: {name} is {got / E8}, not {wanted}"
            seen.note(f"seed {seed}", error)
        assert found["initial"] <= found["maintenance"], f"random_portfolio({seed}), {model.name}"
