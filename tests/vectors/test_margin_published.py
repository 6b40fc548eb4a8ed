"""The oracle, which is MARKET's formulas in 60 digits, against the numbers that others published."""

from functools import cache

import pytest
from mpmath import mpf

from tests.vectors import oracle
from tests.vectors.converters import FOLDER, named_cases, portfolio_cases, standard_cases

NEAR = mpf("1e-9")
CENT = mpf("1e-2")

INVALID = "test_67"
"""The case whose configuration is invalid: its scenarios do not hold, its margins do."""


@cache
def judged(model, place):
    cases = {"portfolio": portfolio_cases, "standard": standard_cases}[model]()
    case = list(cases)[place]
    return case, oracle.margin(case.portfolio, case.model)


def all_of(model):
    cases = {"portfolio": portfolio_cases, "standard": standard_cases}[model]()
    count = sum(1 for _ in cases)
    if not count:
        pytest.skip(f"NO EXTERNAL VECTORS: {FOLDER} has no {model} cases; set OPTROLL_VECTORS")
    return [judged(model, place) for place in range(count)]


def error(found, published, least=CENT):
    """Relative, of numbers that are not tiny."""
    wanted = oracle.real(published)
    return abs(found - wanted) / max(abs(wanted), least)


def test_portfolio_margin(comparison):
    margins, marks, scenarios = (comparison(f"oracle ÷ published, portfolio {what}") for what in ("margins", "marks", "scenarios"))
    for case, found in all_of("portfolio"):
        for name, published in case.published.items():
            (marks if name.endswith("mark") else margins).note(case.name, error(found[name], published))
        for gain, published in zip(found["scenarios"]["ETH"], case.scenarios, strict=True):
            if not case.name.startswith(INVALID):
                scenarios.note(case.name, error(gain, published))
    assert max(margins.worst, marks.worst, scenarios.worst) < NEAR


def test_standard_margin(comparison):
    """The cases that share their feeds are published in whole USD, cut off."""
    exact, cut = comparison("oracle ÷ published, standard"), comparison("oracle − published whole USD, standard")
    shared = {name for name, _ in named_cases("test-cases-portfolio.json")}
    for case, found in all_of("standard"):
        for name, published in case.published.items():
            if case.name in shared:
                cut.note(case.name, abs(int(found[name]) - int(published)))
            else:
                exact.note(case.name, error(found[name], published))
    assert exact.worst < NEAR
    assert cut.worst == 0
