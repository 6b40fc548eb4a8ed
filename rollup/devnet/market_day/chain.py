"""The full option chain's genesis: the devnet's, with more expiries and strikes; more than two hundred instruments."""

from collections.abc import Mapping
from typing import Any, cast

from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S, FRIDAY, WEEK, expiry_on
from rollup.core.development import DISPUTE, GENESIS_TIME_S, development_mapping
from rollup.core.genesis import Genesis
from rollup.core.genesis_mapping import genesis_from_mapping
from rollup.core.instrument_names import date_from_expiry

STRIKES = {"BTC": range(60_000, 145_000, 5_000), "ETH": range(2_400, 5_600, 400)}
"""Strikes of every expiry, USD."""

WEEKS_AHEAD = {"BTC": (0, 1, 4, 12), "ETH": (0,)}
"""Fridays with expiries, counted from the first one that is at least two days ahead; and before them those of today and tomorrow."""

INSTRUMENTS_LEAST = 200
"""What a full chain has at least."""


def chain_genesis(
    *, time_s: int = GENESIS_TIME_S, verifiers: int = 3, dispute: Mapping[str, int | bool] = DISPUTE, parameters: Mapping[str, int] = {}
) -> Genesis:
    """Return a devnet's genesis with the full chain; `parameters` stand for the devnet's own."""
    mapping = development_mapping(time_s=time_s, verifiers=verifiers, dispute=dispute)
    mapping["parameters"] = {**cast("dict[str, int]", mapping["parameters"]), **parameters}
    for market in cast("list[dict[str, Any]]", mapping["markets"]):
        symbol = market["symbol"]
        dates = [date_from_expiry(expiry_s) for expiry_s in expiries(time_s, WEEKS_AHEAD[symbol])]
        market |= {"expiries_s": dates, "future_expiries_s": dates[1:], "strikes_e8": [strike * 10**8 for strike in STRIKES[symbol]]}
    genesis = genesis_from_mapping(mapping)
    assert len(genesis.instruments) >= INSTRUMENTS_LEAST
    return genesis


def expiries(time_s: int, weeks: tuple[int, ...]) -> list[int]:
    """Return the expiries of a market: the next two at 08:00, and some Fridays'."""
    today = (time_s + DAY_S - EXPIRY_HOUR_S - 1) // DAY_S
    friday = today + 2 + (FRIDAY - today - 2) % WEEK
    return [expiry_on(day) for day in (today, today + 1, *(friday + WEEK * week for week in weeks))]
