"""Write greeks.json beside this file; see README.md for its format."""

import json
import random
from pathlib import Path

import mpmath

from rollup.core.instrument_names import CALL, PUT
from rollup.market.greeks import greeks

YEAR_S = 31_536_000
DAY_S = 86_400
ONE = 10**9
NAMES = ("price_e8", "delta_e9", "gamma_e12", "vega_e8", "theta_e8")
TYPES = {"call": CALL, "put": PUT}
FORWARDS = (10**8, 2_345_678_901, 300_000_000_000, 6_543_210_987_654, 2**47 - 1)
MONEYNESS = ("0.3", "0.8", "0.97", "1", "1.03", "1.25", "3")
VOLS = (150_000_000, 650_000_000, 1_200_000_000, 5_000_000_000)
TENORS = (3600, 86_400, 604_800, 2_592_000, YEAR_S, 5 * YEAR_S)


def truths(forward, strike, vol, seconds, option_type, discount):
    """Price, delta, gamma, vega and theta, in the units of the state machine (Black 1976; Haug, 2)."""
    sign, discount = (1 if option_type == "call" else -1), mpmath.mpf(discount) / ONE
    years, sigma = mpmath.mpf(seconds) / YEAR_S, mpmath.mpf(vol) / ONE
    v, forward, strike = sigma * mpmath.sqrt(years), mpmath.mpf(forward) / 10**8, mpmath.mpf(strike) / 10**8
    d1 = mpmath.log(forward / strike) / v + v / 2
    price = discount * sign * (forward * mpmath.ncdf(sign * d1) - strike * mpmath.ncdf(sign * (d1 - v)))
    weight = discount * forward * mpmath.npdf(d1)
    earned = -mpmath.log(discount) / years * price
    return (
        price * 10**8,
        discount * sign * mpmath.ncdf(sign * d1) * 10**9,
        discount * mpmath.npdf(d1) / (forward * v) * 10**12,
        weight * mpmath.sqrt(years) * 10**8,
        (earned - weight * sigma / (2 * mpmath.sqrt(years))) / 365 * 10**8,
    )


def inputs():
    """A seeded choice from the grid."""
    r = random.Random(1976)
    for _ in range(200):
        forward = r.choice(FORWARDS)
        strike = int(mpmath.nint(forward * mpmath.mpf(r.choice(MONEYNESS)))) + r.randrange(3)
        seconds = r.choice(TENORS) + r.randrange(60)
        discount = r.choice((ONE, ONE - r.randrange(ONE // 1000)))
        yield forward, strike, r.choice(VOLS) + r.randrange(1000), seconds, r.choice(("call", "put")), discount


def case(forward, strike, vol, seconds, option_type, discount):
    """One entry of the file."""
    truth = truths(forward, strike, vol, seconds, option_type, discount)
    found = greeks(forward, strike, vol, seconds, TYPES[option_type], discount)
    return {
        "forward_e8": forward, "strike_e8": strike, "vol_e9": vol, "seconds": seconds, "option_type": option_type, "discount_e9": discount,
        "truth": {name: mpmath.nstr(each, 25, min_fixed=-40, max_fixed=40) for name, each in zip(NAMES, truth, strict=True)},
        "kernel": dict(zip(NAMES, map(int, found), strict=True)),
    }  # fmt: skip


def encoded():
    """The text of the file."""
    with mpmath.workdps(50):
        rows = ",\n".join(json.dumps(case(*given)) for given in inputs())
    return f'{{"format": "optroll/greeks/1", "year_s": {YEAR_S}, "day_s": {DAY_S}, "cases": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    Path(__file__).with_name("greeks.json").write_text(encoded())
