"""The kernels of mathematics on vectors that others computed, where the folder is there, and on our own golden ones."""

import csv
import json
import os
import runpy
from pathlib import Path

import mpmath
import pytest

from rollup.core.instrument_names import CALL, PUT
from rollup.core.mathematics.elementary import exp, ln, sqrt
from rollup.core.mathematics.normal import normal_cdf
from rollup.market.pricing import black76

CHECKOUT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("OPTROLL_VECTORS", CHECKOUT.parent / "shared" / "vectors")) / "math"
GOLDEN = Path(__file__).with_name("golden")
UNIT = 2**56
E18 = 10**18


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def rows(name):
    if not (FOLDER / name).is_file():
        pytest.skip(f"NO EXTERNAL VECTORS: {FOLDER / name} is not there; set OPTROLL_VECTORS")
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def scaled(text, scale):
    return int(mpmath.nint(mpmath.mpf(text) * scale))


def test_normal_cdf(record_property):
    errors = []
    for row in rows("normal_cdf.csv"):
        x = int(mpmath.nint(mpmath.mpf(int(row["x_1e18"])) * UNIT / E18))
        errors.append(abs(mpmath.mpf(normal_cdf(x)) / UNIT - mpmath.mpf(row["cdf"])))
    record_property("cases", len(errors))
    assert len(errors) > 0
    # The arguments are rounded to 56 fraction bits, the results too.
    assert max(errors) <= 1e-16


def relative_error(function, x, y):
    if function == "exp":
        argument = int(mpmath.nint(mpmath.mpf(x) * UNIT / E18))
        bits = max(0, min(62, 59 - argument * 3 // (2 * UNIT)))
        # A result has `bits` fraction bits: e^−41 cannot be better than half of its last place.
        return max(0, abs(mpmath.mpf(exp(argument, bits)) / 2**bits - y) - mpmath.mpf(2) ** -(bits + 1)) / y
    halves = max(0, x.bit_length() - 59) // 2
    shifted = x >> (2 * halves)
    if function == "ln":
        result = (mpmath.mpf(ln(shifted, -2 * halves)) - ln(E18, 0)) / UNIT
    else:
        spare = max(0, 60 - shifted.bit_length()) // 2
        result = mpmath.mpf(sqrt(shifted << (2 * spare))) * 2**halves / 2**spare / 2**30 / 10**9
    return abs(result - y) / abs(y)


@pytest.mark.parametrize(("function", "bound"), [("exp", 1e-16), ("ln", 2e-12), ("sqrt", 1e-16)])
def test_exp_ln_sqrt(function, bound, record_property):
    chosen = [row for row in rows("exp_ln_sqrt.csv") if row["fn"] == function]
    errors = [relative_error(function, int(row["x_1e18"]), mpmath.mpf(row["y"])) for row in chosen]
    record_property("cases", len(errors))
    assert len(errors) > 0
    assert max(errors) <= bound + (1e-36 if function != "exp" else 0)


def whole_row(row):
    """Does the row obey parity? A few rows lost the exponent of an out-of-the-money price below 1e-36 when they were written."""
    intrinsic = mpmath.mpf(row["discount"]) * (mpmath.mpf(row["fwd"]) - mpmath.mpf(row["strike"]))
    return abs(mpmath.mpf(row["call"]) - mpmath.mpf(row["put"]) - intrinsic) < mpmath.mpf("1e-25")


def test_black76(record_property):
    given = rows("black76.csv")
    lost = 0
    for row in given:
        market = (scaled(row["fwd"], 10**8), scaled(row["strike"], 10**8), scaled(row["vol"], 10**9), int(row["t_sec"]))
        call, put = (black76(*market, option_type) for option_type in (CALL, PUT))
        expected = [mpmath.mpf(row[name]) / mpmath.mpf(row["discount"]) * 10**8 for name in ("call", "put")]
        if not whole_row(row):
            lost += 1
            expected[0 if market[0] < market[1] else 1] = 0
        assert abs(call - expected[0]) <= 0.5 + market[0] * 1e-12, row
        assert abs(put - expected[1]) <= 0.5 + market[0] * 1e-12, row
        assert call - put == market[0] - market[1]
    record_property("cases", len(given))
    record_property("cases with a lost exponent, taken as 0", lost)
    assert len(given) > 0
    assert lost < len(given) / 2


def test_golden_black76(record_property):
    golden = json.loads((GOLDEN / "black76.json").read_text())
    assert golden["format"] == "optroll/black76/1"
    types = {"call": CALL, "put": PUT}
    for case in golden["cases"]:
        market = (case["forward_e8"], case["strike_e8"], case["vol_e9"], case["seconds"], types[case["option_type"]])
        assert black76(*market) == case["price_e8"] == mpmath.nint(mpmath.mpf(case["truth_e8"])), case
    record_property("cases", len(golden["cases"]))
    assert len(golden["cases"]) > 400


def test_the_golden_file_is_what_its_script_writes():
    made = runpy.run_path(str(GOLDEN / "make_black76.py"))
    assert made["encoded"]() == (GOLDEN / "black76.json").read_text()
