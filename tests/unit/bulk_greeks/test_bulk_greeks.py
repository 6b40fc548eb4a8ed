"""Many options at once: the plain way and machine code give the kernels' numbers, and refuse what is no table of options."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from rollup.bulk_greeks import PLAIN
from rollup.bulk_greeks_code import warm_bulk_greeks
from rollup.core.instrument_names import CALL, PUT
from rollup.market.greeks import greeks, implied_vol

CASES = runpy.run_path(str(Path(__file__).parents[1] / "mathematics" / "compiled_kernels.py"))


@pytest.fixture(scope="module")
def code(request):
    """Machine code, compiled once, then kept beside pytest's own cache."""
    return warm_bulk_greeks(Path(request.config.cache.mkdir("machine-code")))


def options():
    return np.array([*CASES["discounted_cases"](51, 500), *CASES["wild_cases"](52, 500, 6)], np.int64)


def prices():
    return np.array([(case[0] // 9, *case[:2], *case[3:]) for case in CASES["market_cases"](53, 200)], np.int64)


def test_machine_code_gives_the_plain_numbers(code):
    assert np.array_equal(code.greeks(options()), PLAIN.greeks(options()))
    assert np.array_equal(code.implied_vols(prices()), PLAIN.implied_vols(prices()))


def test_machine_code_gives_the_golden_greeks(code):
    cases = json.loads((Path(__file__).parents[2] / "vectors" / "golden" / "greeks.json").read_text())["cases"]
    names, types = ("forward_e8", "strike_e8", "vol_e9", "seconds"), {"call": CALL, "put": PUT}
    given = [[*(case[name] for name in names), types[case["option_type"]], case["discount_e9"]] for case in cases]
    assert code.greeks(np.array(given, np.int64)).tolist() == [list(case["kernel"].values()) for case in cases]


def test_the_plain_numbers_are_the_kernels():
    assert PLAIN.greeks(options()).tolist() == [list(greeks(*row)) for row in options().tolist()]
    assert PLAIN.implied_vols(prices()).tolist() == [implied_vol(*row) for row in prices().tolist()]


def test_rows_that_do_not_lie_one_behind_the_other_are_read_right(code):
    spread = np.repeat(options(), 2, axis=0)[::2]
    assert not spread.flags.c_contiguous
    assert np.array_equal(code.greeks(spread), code.greeks(options()))


def test_no_options_have_no_numbers(code):
    for bulk in (PLAIN, code):
        assert bulk.greeks(np.empty((0, 6), np.int64)).shape == (0, 5)
        assert bulk.implied_vols(np.empty((0, 5), np.int64)).shape == (0,)


@pytest.mark.parametrize(
    "rows", [np.zeros((3, 5), np.float64), np.zeros((3, 4), np.int64), np.zeros(6, np.int64), np.zeros((2, 6), np.int32)]
)
def test_what_is_no_table_of_options_is_refused(code, rows):
    for bulk in (PLAIN, code):
        with pytest.raises(ValueError, match="expected rows of 6 int64"):
            bulk.greeks(rows)
        with pytest.raises(ValueError, match="expected rows of 5 int64"):
            bulk.implied_vols(rows)
