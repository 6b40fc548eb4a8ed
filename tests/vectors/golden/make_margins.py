"""Write margins.json beside this file; see README.md for its format."""

import json
from pathlib import Path

import mpmath

from rollup.market.assets import assets_worth
from rollup.market.margin import Model, health, mark_to_market
from rollup.portfolio.arrangement import portfolio_state
from rollup.portfolio.reading import portfolio_from_mapping
from tests.vectors import oracle
from tests.vectors.random_portfolios import random_portfolio

SEEDS = range(100, 116)


def case(seed):
    """One entry of the file: a portfolio, and every model's margins of it."""
    document = random_portfolio(seed)
    return {"portfolio": document, "models": {model.name.lower(): margins(document, model) for model in Model}}


def margins(document, model):
    """What the state machine finds, and what the oracle does."""
    state = portfolio_state(portfolio_from_mapping(document), model)
    initial, maintenance, _ = health(state, 1, 0, 0, 0)
    truth = oracle.margin(document, model.name.lower())
    return {
        "initial_e8": initial,
        "maintenance_e8": maintenance,
        "mark_e8": mark_to_market(state, 1)[0] + assets_worth(state, 1),
        "truth": {name: mpmath.nstr(truth[name], 25, min_fixed=-40, max_fixed=40) for name in ("initial", "maintenance", "mark")},
    }


def encoded():
    """The text of the file."""
    with mpmath.workdps(60):
        rows = ",\n".join(json.dumps(case(seed)) for seed in SEEDS)
    return f'{{"format": "optroll/margins/1", "cases": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    Path(__file__).with_name("margins.json").write_text(encoded())
