"""Greeks, beside what others take for them: ours in bulk and one at a time, QuantLib, py_vollib, and a formula over numpy's arrays.

One rule: every side gives price, delta, gamma, vega and theta of the same options, in turn in the same run, and what they give must agree
before a time is worth anything. A library that is not installed is named, and left out.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

import numpy as np
import numpy.typing as npt

from rollup.bulk_greeks import BulkGreeks, Numbers
from rollup.bulk_greeks_code import warm_bulk_greeks
from rollup.core.errors import RollupError
from rollup.core.instrument_names import CALL, PUT
from rollup.market.greeks import DISCOUNT_ONE, greeks

Reals = npt.NDArray[np.float64]
Side = Callable[[Numbers], Reals]
"""Options in our units → rows of price, delta, gamma, vega, theta, in USD, contracts and days."""
Say = Callable[[str], None]

YEAR_S = 365 * 86_400

UNITS = np.array([1e8, 1e9, 1e12, 1e8, 1e8])
"""One USD, or one, of each of our numbers."""

NAMES = ("price", "delta", "gamma", "vega", "theta")

OURS = "ours, in bulk"
"""The side that the others are compared with."""

TOLERANCE = 1e-6
"""How far another's number may be from ours, of itself; besides ten of our units and 1e-12 of the forward, which are where floats end."""

PEERS = ("QuantLib", "vollib", "scipy")
"""Packages of the extra `bench`."""


class SidesDisagree(RollupError):
    """Somebody computes something else: the times would compare nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    options: int
    """How many options a round of the bulk side values."""
    cache: Path
    rounds: int = 9
    singles: int = 400
    """How many options a round of every other side values; one formula over arrays has them all."""


def measure(plan: Plan, say: Say) -> dict[str, object]:
    """Measure every side that is installed. Raises SidesDisagree."""
    options, code = chain(plan.options), warm_bulk_greeks(plan.cache, say)
    sides, missing = sides_of(code)
    counts = {name: plan.options if name in WHOLE else min(plan.singles, plan.options) for name in sides}
    worst = {name: difference(name, side, options[: counts[name]], code) for name, side in sides.items()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(plan.rounds):
        say(f"round {number + 1} of {plan.rounds}")
        for name, side in sides.items():
            times[name].append(timed(side, options[: counts[name]]))
    return {
        "options": plan.options,
        "rounds": plan.rounds,
        "us_an_option": {name: median(found) for name, found in times.items()},
        "ratio_to_bulk": {name: median(a / b for a, b in zip(found, times[OURS], strict=True)) for name, found in times.items()},
        "worst_difference": worst,
        "not_installed": missing,
    }


def chain(count: int) -> Numbers:
    """Options as an exchange lists them: strikes from half to twice the forward, a day to a year, 30 % to 150 %; rows as for `greeks`."""
    r = random.Random(76)
    rows = [
        (
            forward,
            int(forward * 2 ** r.uniform(-1, 1)) // 10**8 * 10**8,
            r.randint(300_000_000, 1_500_000_000),
            r.randint(86_400, YEAR_S),
            r.choice((CALL, PUT)),
            DISCOUNT_ONE,
        )
        for forward in (r.randint(2_000, 100_000) * 10**8 for _ in range(count))
    ]
    return np.array(rows, np.int64)


def sides_of(code: BulkGreeks) -> tuple[dict[str, Side], list[str]]:
    """Return the sides that can run here, and the packages that are not installed."""
    sides: dict[str, Side] = {
        OURS: lambda options: code.greeks(options) / UNITS,
        "ours, one call an option": lambda options: (
            np.concatenate([code.greeks(options[row : row + 1]) for row in range(len(options))]) / UNITS
        ),
        "ours, plain, one call an option": lambda options: np.array([greeks(*row) for row in options.tolist()]) / UNITS,
    }
    missing = []
    for package, (name, make) in zip(PEERS, (("QuantLib", quantlib), ("py_vollib", vollib), ("numpy and scipy", arrays)), strict=True):
        try:
            sides[name] = make()
        except ImportError:
            missing.append(package)
    return sides, missing


WHOLE = frozenset({OURS, "numpy and scipy"})
"""Sides that take all options in one call."""


def quantlib() -> Side:
    """Return QuantLib's BlackCalculator, one option after the other. Raises ImportError."""
    library: Any = import_module("QuantLib")
    types = {CALL: library.Option.Call, PUT: library.Option.Put}

    def one(forward: float, strike: float, sigma: float, years: float, option_type: int) -> tuple[float, ...]:
        found = library.BlackCalculator(library.PlainVanillaPayoff(types[option_type], strike), forward, sigma * years**0.5, 1.0)
        return found.value(), found.deltaForward(), found.gammaForward(), found.vega(years), found.thetaPerDay(forward, years)

    return lambda options: np.array([one(*row) for row in in_reals(options)])


def vollib() -> Side:
    """Return py_vollib's Black-76 with its analytical Greeks, one option after the other. Raises ImportError.

    The package is called vollib now. Its vega is for 1 %.
    """
    price = import_module("vollib.black").black
    analytical: Any = import_module("vollib.black.greeks.analytical")
    flags = {CALL: "c", PUT: "p"}

    def one(forward: float, strike: float, sigma: float, years: float, option_type: int) -> tuple[float, ...]:
        market = (flags[option_type], forward, strike, years, 0.0, sigma)
        return (
            price(*market),
            analytical.delta(*market),
            analytical.gamma(*market),
            100 * analytical.vega(*market),
            analytical.theta(*market),
        )

    return lambda options: np.array([one(*row) for row in in_reals(options)])


def arrays() -> Side:
    """Return the formula over whole arrays of floats, with scipy's normal distribution. Raises ImportError."""
    normal_cdf = import_module("scipy.special").ndtr

    def whole(options: Numbers) -> Reals:
        forward, strike, sigma, years = (options[:, :4] / np.array([1e8, 1e8, 1e9, YEAR_S])).T
        sign = np.where(options[:, 4] == PUT, -1.0, 1.0)
        v = sigma * np.sqrt(years)
        d1 = np.log(forward / strike) / v + v / 2
        delta, density = sign * normal_cdf(sign * d1), np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)
        price = forward * delta - strike * sign * normal_cdf(sign * (d1 - v))
        weight = forward * density
        return np.stack((price, delta, density / (forward * v), weight * np.sqrt(years), -weight * v / (2 * 365 * years)), axis=1)

    return whole


def in_reals(options: Numbers) -> Iterable[tuple[float, float, float, float, int]]:
    """Return forward, strike, volatility, years and type of each option."""
    for forward, strike, vol, seconds, option_type, _discount in options.tolist():
        yield forward / 1e8, strike / 1e8, vol / 1e9, seconds / YEAR_S, option_type


def difference(name: str, side: Side, options: Numbers, code: BulkGreeks) -> dict[str, float]:
    """Return how far a side is from ours in the worst case, in each of our units. Raises SidesDisagree."""
    ours, theirs = code.greeks(options) / UNITS, side(options)
    apart = np.abs(ours - theirs)
    bound = TOLERANCE * np.abs(ours) + 10 / UNITS
    bound[:, 0] += options[:, 0] / 1e8 * 1e-12
    if not (apart <= bound).all():
        row, column = (int(place[0]) for place in np.nonzero(~(apart <= bound)))
        what = f"{NAMES[column]} of the option {options[row].tolist()} by {name}"
        raise SidesDisagree(what, received=float(theirs[row, column]), expected=float(ours[row, column]))
    return dict(zip(NAMES, (apart * UNITS).max(axis=0).tolist(), strict=True))


def timed(side: Side, options: Numbers) -> float:
    """Return microseconds of processor time an option: every side has one thread, and what else this machine does is not its fault."""
    start = thread_time()
    side(options)
    return (thread_time() - start) / len(options) * 1e6
