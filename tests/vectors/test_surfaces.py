"""The SVI surface on the volatilities that others published with their margin cases, where the folder is there."""

import json
import os
from pathlib import Path

import mpmath
import pytest

from rollup.market.surface import PARAMETER_ONE, surface_is_valid, surface_vol, total_variance

FOLDER = Path(os.environ.get("OPTROLL_VECTORS", Path(__file__).parents[2].parent / "shared" / "vectors")) / "pmrm2"
YEAR_US = 365 * 86_400 * 10**6


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def scaled(text, scale):
    return int(mpmath.nint(mpmath.mpf(text) * scale))


def published():
    """Each option's surface in our units, its strike, and its volatility."""
    for path in sorted(FOLDER.glob("*.json")):
        scenario = json.loads(path.read_text(), parse_float=str)["Scenario"]
        surfaces = {feed["FeedExpiry"]: feed["SVIparam"] for feed in scenario["OptionFeeds"]}
        for option in scenario["Options"]:
            *parameters, forward, tenor = surfaces[option["Expiry"]]
            units = [scaled(x, PARAMETER_ONE) for x in parameters]
            yield path.name, (*units, scaled(forward, 10**8), scaled(tenor, YEAR_US)), scaled(option["Strike"], 10**8), option["MarkVol"]


def test_published_volatilities(record_property):
    given = list(published())
    if not given:
        pytest.skip(f"NO EXTERNAL VECTORS: {FOLDER} has no cases; set OPTROLL_VECTORS")
    lost = []
    for name, surface, strike, vol in given:
        assert surface_is_valid(*surface), name
        variance = mpmath.ldexp(total_variance(*surface[:6], strike), -52)
        lost.append(abs(mpmath.sqrt(variance / surface[6] * YEAR_US) / mpmath.mpf(vol) - 1))
        # The volatility itself has a unit of 1e-9: the rest is what rounding the inputs cost.
        assert abs(surface_vol(*surface, strike) - mpmath.mpf(vol) * 10**9) <= mpmath.mpf("0.501") + mpmath.mpf(vol), name
    record_property("cases", len(given))
    record_property("worst relative error before rounding to 1e-9", float(max(lost)))
    assert max(lost) < 1e-9
