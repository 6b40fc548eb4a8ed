"""The kernels of mathematics compiled from the registered functions, and the digest of their results on seeded arguments.

Run by itself it prints the digest, so that a test can compare machines: `NUMBA_CPU_NAME=generic python compiled_kernels.py`.
"""

import math
import sys

import numba
import numpy as np

from rollup.core.instrument_names import CALL, PUT
from rollup.core.keccak import keccak256
from rollup.core.mathematics.elementary import exp, ln, sqrt
from rollup.core.mathematics.normal import normal_cdf
from rollup.market.greeks import greeks, implied_vol
from rollup.market.pricing import black76
from rollup.market.surface import surface_is_valid, surface_vol
from rollup.state.compiled import compile_kernels
from rollup.state.linking import WholeLibrary, making

EDGES = [-(2**63), -(2**62), -(2**61), -(10**9), -1, 0, 1, 2, 3, 60, 2**28, 2**34, 2**47, 2**50, 2**56, 2**61, 2**62 - 1, 2**62, 2**63 - 1]


def build(function, count):
    """Compile a kernel of `count` arguments as the compiled machine does, with an entry from Python around it."""
    raw = getattr(function, "__wrapped__", function)
    inner = compile_kernels([raw])[raw]

    @numba.njit
    def entered(*arguments):
        return inner(*arguments)

    with making(WholeLibrary):
        entered.compile((numba.types.UniTuple(numba.types.int64, count),))
    return entered


def exponential(x):
    """Powers of e, about: lines between powers of two. numpy's own exp gives other bits on another processor, so it makes no arguments."""
    powers = x * 1.4426950408889634
    whole = np.floor(powers)
    return np.ldexp(1 + powers - whole, whole.astype(np.int64))


def spread(r, low, high, count):
    """Numbers from `low` to `high` of every magnitude between."""
    return exponential(r.uniform(math.log(low), math.log(high), count))


def market_cases(seed, count):
    """Forwards, strikes, volatilities, seconds and types over the stated domain, most of them within nine deviations."""
    r = np.random.default_rng(seed)
    forward, vol, seconds = spread(r, 1e6, 2.0**47, count), spread(r, 1e7, 5e9, count), spread(r, 60, 157_680_000, count)
    width = vol * 1e-9 * np.sqrt(seconds / 31_536_000)
    strike = forward * exponential(np.clip(r.uniform(-9, 9, count) * width, math.log(0.05), math.log(20)))
    columns = (forward, np.clip(strike, 1, 2.0**52 - 1), vol, seconds, r.integers(CALL, PUT + 1, count))
    return list(zip(*[column.astype(np.int64).tolist() for column in columns], strict=True))


def wild_cases(seed, count, width):
    """Tuples of any int64, of every magnitude, edges among them."""
    r = np.random.default_rng(seed)
    wild = r.integers(-(2**63), 2**63 - 1, (count, width), np.int64, endpoint=True) >> r.integers(0, 64, (count, width))
    edges = r.choice(np.array(EDGES, np.int64), (count, width))
    return [tuple(row) for row in np.where(r.random((count, width)) < 0.3, edges, wild).tolist()]


def surface_cases(seed, count):
    """Surfaces that could be, each with a strike."""
    r = np.random.default_rng(seed)
    forward = spread(r, 1e6, 2.0**47, count)
    columns = (
        r.integers(-(10**11), 10**12, count), r.integers(0, 10**12, count), r.integers(1 - 10**12, 10**12, count),
        r.integers(-(10**12), 10**12, count), spread(r, 1e3, 1e13, count),
        forward, spread(r, 1e6, 1e15, count), forward * exponential(r.uniform(-4, 4, count)),
    )  # fmt: skip
    return list(zip(*[column.astype(np.int64).tolist() for column in columns], strict=True))


def discounted_cases(seed, count):
    """Market cases, half of them with a discount."""
    discounts = np.random.default_rng(seed).integers(10**8, 2 * 10**9, count).tolist()
    return [(*case, 10**9 if d % 2 else d) for case, d in zip(market_cases(seed, count), discounts, strict=True)]


CASES = (
    (black76, [*market_cases(1, 40_000), *wild_cases(2, 20_000, 5)]),
    (ln, wild_cases(3, 10_000, 2)),
    (sqrt, wild_cases(4, 10_000, 1)),
    (exp, wild_cases(5, 10_000, 2)),
    (normal_cdf, wild_cases(6, 10_000, 1)),
    (surface_vol, [*surface_cases(7, 10_000), *wild_cases(8, 10_000, 8)]),
    (greeks, [*discounted_cases(11, 10_000), *wild_cases(12, 10_000, 6)]),
    (implied_vol, [*[(case[0] // 9, *case[:2], *case[3:]) for case in market_cases(13, 300)], *wild_cases(14, 300, 5)]),
    (surface_is_valid, [*[case[:7] for case in surface_cases(9, 10_000)], *wild_cases(10, 10_000, 7)]),
)


def run(make):
    """Results of all cases, by functions made from the kernels; several numbers of one case one after the other."""
    made = [(make(function, len(cases[0])), cases) for function, cases in CASES]
    results = [function(*arguments) for function, cases in made for arguments in cases]
    return [number for result in results for number in (result if isinstance(result, tuple) else (result,))]


def digest(results):
    """Hash of results."""
    return keccak256(b"".join(int(x).to_bytes(8, "little", signed=True) for x in results)).hex()


if __name__ == "__main__":
    sys.stdout.write(f"{digest(run(build))}\n")
