"""Margin of a full account on the portfolio model: how long a check takes, with prices kept and from scratch, by how many expiries it has.

One rule: what is timed is the kernel that judges orders, in a loop, over the rows of a market as it might be; and before a time counts,
its health must be the plain kernel's, to the unit.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import median
from time import thread_time
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rollup.core.development import PARAMETERS
from rollup.core.errors import RollupError
from rollup.core.genesis import LIVE, FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PUT
from rollup.core.margin_parameters import PortfolioParameters
from rollup.market.margin import Model, health
from rollup.state.limits import EXPIRIES, PAGE_POSITIONS, PAGES, POSITIONS
from rollup.state.plain import plain_state
from rollup.state.rows import DTYPES
from rollup.state.table import commit

if TYPE_CHECKING:
    from rollup.state.compiled import CompiledState

Fields = Mapping[str, int | Sequence[int]]
Rows = dict[str, dict[int, Fields]]
Say = Callable[[str], None]

NOW_S = 1_790_000_000
"""Time of the market."""

DAY_S = 86_400
SPOT_E8 = 60_000 * 10**8
SPOT_FEED, RATE_FEED, FIRST_FEED = 1, 2, 3
ACCOUNT = 1
PORTFOLIO = PortfolioParameters()


class HealthDiffers(RollupError):
    """Machine code and plain kernel disagree: the times would measure something else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    cache: Path
    expiries: tuple[int, ...] = (1, 8, EXPIRIES)
    """Expiries that the positions are spread over, one account each."""
    rounds: int = 9
    checks: int = 400
    """Checks of one round."""


def measure(plan: Plan, say: Say) -> dict[str, object]:
    """Measure both ways for every number of expiries, in turn. Raises HealthDiffers."""
    weigh = compiled_loop(plan.cache, say)
    accounts = {count: account_of(count) for count in plan.expiries}
    states = {count: compiled_of(rows) for count, rows in accounts.items()}
    for count, rows in accounts.items():
        expected, found = plain_health(rows), weigh(states[count].addresses.ctypes.data, 1, 0)
        if found != expected:
            what = f"initial health over {count} expiries"
            raise HealthDiffers(what, received=found, expected=expected)
    kept: dict[int, list[float]] = {count: [] for count in plan.expiries}
    scratch: dict[int, list[float]] = {count: [] for count in plan.expiries}
    for number in range(plan.rounds):
        say(f"round {number + 1} of {plan.rounds}")
        for count, state in states.items():
            address = state.addresses.ctypes.data
            # One second later all times to expiry are others, for which no price is kept.
            scratch[count].append(timed(weigh, address, max(plan.checks // 20, 1), 1))
            kept[count].append(timed(weigh, address, plan.checks, 0))
    return {
        "positions": POSITIONS,
        "scenarios": len(PORTFOLIO.scenarios),
        "rounds": plan.rounds,
        "kept_us": {str(count): median(found) for count, found in kept.items()},
        "scratch_us": {str(count): median(found) for count, found in scratch.items()},
        "ratio": {str(count): median(b / a for a, b in zip(kept[count], scratch[count], strict=True)) for count in plan.expiries},
    }


def compiled_loop(cache: Path, say: Say) -> Any:
    """Return (address of a state, checks, seconds between two) → initial health of the last, as machine code out of the cache."""
    from numba import njit, types

    from rollup.state.compiled import compile_kernels
    from rollup.state.compiled_types import as_state
    from rollup.state.linking import WholeLibrary, making
    from rollup.transition.machine import standard_transition
    from rollup.transition.machine_code import LOCK, caching_in, fingerprint, locked

    directory = Path(cache).joinpath(fingerprint(standard_transition()))
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory.joinpath(LOCK)), caching_in(directory):
        say("machine code: portfolio margin")
        copies = compile_kernels([health, commit])
        space = {**globals(), "as_state": as_state, **{kernel.__name__: copies[kernel] for kernel in (health, commit)}}
        dispatcher = njit(nogil=True, cache=True)(FunctionType(weigh_often.__code__, space, weigh_often.__name__))
        with making(WholeLibrary):
            dispatcher.compile((types.int64, types.int64, types.int64))
    return dispatcher


def weigh_often(address: int, checks: int, seconds: int) -> int:
    """Check the account again and again; each step's notes are let go, as after an order."""
    state = as_state(address)  # type: ignore[name-defined] # noqa: F821 -- set by `compiled_loop`
    initial = 0
    for _ in range(checks):
        state.system.rows[0].time_s += seconds
        initial, _maintenance, _oldest = health(state, ACCOUNT, 0, 0, 0)
        commit(state)
    return initial


def timed(weigh: Callable[[int, int, int], int], address: int, checks: int, seconds: int) -> float:
    """Return microseconds of processor time a check."""
    start = thread_time()
    weigh(address, checks, seconds)
    return (thread_time() - start) / checks * 1e6


def account_of(expiries: int) -> Rows:
    """Return the rows of a market with so many expiries, and of an account with as many positions as there may be, spread over all.

    Every expiry has a future; where there is room for more than one strike, calls and puts around the spot price.
    """
    r = random.Random(expiries)
    each = POSITIONS // expiries
    instruments: dict[int, Fields] = {}
    feeds: dict[int, Fields] = {
        SPOT_FEED: {"kind": FeedKind.SPOT, "number": SPOT_E8},
        RATE_FEED: {"kind": FeedKind.RATE, "number": 40_000_000},
    }
    for place in range(expiries):
        forward, expiry_s = FIRST_FEED + 2 * place, NOW_S + DAY_S * (2 + 20 * place)
        feeds[forward] = {"kind": FeedKind.FORWARD, "number": SPOT_E8 + 10**10 * place, "expiry_s": expiry_s}
        feeds[forward + 1] = {"kind": FeedKind.SURFACE, "expiry_s": expiry_s, **surface(expiry_s - NOW_S)}
        dated = {"status": LIVE, "market": 1, "expiry_s": expiry_s, "forward_feed": forward, "rate_feed": RATE_FEED}
        instruments[len(instruments) + 1] = {**dated, "option_type": FUTURE}
        for number in range(each - 1):
            strike = SPOT_E8 * (7_000 + 6_000 * (number // 2) // max(each // 2, 1)) // 10_000
            option = {"option_type": (CALL, PUT)[number % 2], "strike_e8": strike, "vol_feed": forward + 1}
            instruments[len(instruments) + 1] = {**dated, **option}
    fresh = {"market": 1, "confidence_e9": 10**9, "timestamp_s": NOW_S}
    *numbers, _ = astuple(PORTFOLIO)
    return {
        "system": {0: {"time_s": NOW_S, "accounts": 1, "markets": 1, "feeds": len(feeds), "instruments": len(instruments)}},
        "parameters": {0: PARAMETERS},
        "models": {0: {"portfolio": numbers}},
        "scenarios": dict(enumerate(asdict(each) for each in PORTFOLIO.scenarios)),
        "markets": {1: {"spot_feed": SPOT_FEED, "rate_feed": RATE_FEED, "status": LIVE, "asset_market": 1}},
        "feeds": {number: {**feed, **fresh} for number, feed in feeds.items()},
        "instruments": instruments,
        "accounts": {ACCOUNT: {"status": LIVE, "cash_e8": 10**17, "positions": POSITIONS, "margin_model": Model.PORTFOLIO}},
        "holdings": pages(list(instruments), [r.randrange(-(10**8), 10**8) | 1 for _ in instruments]),
    }


def surface(tenor_s: int) -> dict[str, int]:
    """Return a skewed surface of about 60 % volatility, as fitted for a tenor."""
    variance = 360 * 10**9 * tenor_s // (365 * DAY_S)
    return {
        "surface_a": variance // 2,
        "surface_b": variance,
        "surface_rho": -(10**11),
        "surface_m": 0,
        "surface_sigma": 5 * 10**11,
        "reference_e8": SPOT_E8,
        "reference_us": tenor_s * 10**6,
    }


def pages(ids: Sequence[int], quantities: Sequence[int]) -> dict[int, Fields]:
    """Return the pages of the account's positions."""
    starts = range(0, POSITIONS, PAGE_POSITIONS)
    return {
        ACCOUNT * PAGES + place: {
            "instrument": ids[start : start + PAGE_POSITIONS],
            "quantity_e6": quantities[start : start + PAGE_POSITIONS],
        }
        for place, start in enumerate(starts)
    }


def packed(section: str, rows: Mapping[int, Fields]) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Return rows as indices and words."""
    made = np.zeros(len(rows), DTYPES[section])
    for place, fields in enumerate(rows.values()):
        for name, value in fields.items():
            made[place][name] = value
    return list(rows), made.view(np.int64).reshape(len(rows), -1)


def compiled_of(rows: Rows) -> CompiledState:
    """Return rows as a compiled state."""
    from rollup.state.compiled import CompiledState

    state = CompiledState()
    for section, some in rows.items():
        indices, words = packed(section, some)
        state.sections[section].rows[indices] = words
    return state


def plain_health(rows: Rows) -> int:
    """Return the initial health that the plain kernel finds."""
    state = plain_state()
    for section, some in rows.items():
        table = getattr(state, section).rows
        for index, words in zip(*packed(section, some), strict=True):
            table[index].set_words(words.tolist())
    return health(state, ACCOUNT, 0, 0, 0)[0]
