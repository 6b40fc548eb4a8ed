"""Write black76.json beside this file; see README.md for its format."""

import json
import random
from pathlib import Path

import mpmath

YEAR_S = 31_536_000
FORWARDS = (10**6, 10**8, 2_345_678_901, 180_000_000_000, 300_000_000_000, 6_543_210_987_654, 2**47 - 1)
MONEYNESS = ("0.05", "0.3", "0.8", "0.97", "0.9999", "1", "1.0001", "1.03", "1.25", "3", "20")
VOLS = (10_000_000, 150_000_000, 650_000_000, 1_200_000_000, 5_000_000_000)
TENORS = (60, 3600, 86_400, 604_800, 2_592_000, YEAR_S, 5 * YEAR_S)


def truth(forward, strike, vol, seconds, option_type):
    """Undiscounted price, 1e-8 USD."""
    sign = 1 if option_type == "call" else -1
    v = mpmath.mpf(vol) / 10**9 * mpmath.sqrt(mpmath.mpf(seconds) / YEAR_S)
    if v == 0:
        return mpmath.mpf(max(0, sign * (forward - strike)))
    d1 = mpmath.log(mpmath.mpf(forward) / strike) / v + v / 2
    return sign * (forward * mpmath.ncdf(sign * d1) - strike * mpmath.ncdf(sign * (d1 - v)))


def inputs():
    """The cases: a seeded choice from the grid, then the edges."""
    r = random.Random(76)
    for _ in range(400):
        forward = r.choice(FORWARDS)
        strike = int(mpmath.nint(forward * mpmath.mpf(r.choice(MONEYNESS)))) + r.randrange(3)
        yield forward, strike, r.choice(VOLS) + r.randrange(1000), r.choice(TENORS) + r.randrange(60), r.choice(("call", "put"))
    for option_type in ("call", "put"):
        for strike in (299_999_999_999, 300_000_000_000, 300_000_000_001):
            yield 300_000_000_000, strike, 650_000_000, 604_800, option_type
            yield 300_000_000_000, strike, 0, 604_800, option_type
            yield 300_000_000_000, strike, 650_000_000, 0, option_type
            yield 300_000_000_000, strike, 1, 1, option_type


def case(forward, strike, vol, seconds, option_type):
    """One entry of the file, or None where the rounding would hang on the last digits."""
    price = truth(forward, strike, vol, seconds, option_type)
    if abs(price - mpmath.floor(price) - mpmath.mpf(1) / 2) < mpmath.mpf("1e-3"):
        return None
    return {
        "forward_e8": forward, "strike_e8": strike, "vol_e9": vol, "seconds": seconds, "option_type": option_type,
        "truth_e8": decimal(price), "price_e8": int(mpmath.nint(price)),
    }  # fmt: skip


def decimal(price):
    """A price, never negative, with 25 digits after the point."""
    digits = int(mpmath.nint(price * mpmath.mpf(10) ** 25))
    return f"{digits // 10**25}.{digits % 10**25:025}"


def encoded():
    """The text of the file."""
    with mpmath.workdps(50):
        cases = [made for made in (case(*given) for given in inputs()) if made is not None]
    rows = ",\n".join(json.dumps(made) for made in cases)
    return f'{{"format": "optroll/black76/1", "year_s": {YEAR_S}, "cases": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    Path(__file__).with_name("black76.json").write_text(encoded())
