"""The rows of the state at genesis.

One rule: the genesis state is a pure function of the genesis value, so every node and L1's contracts start from the same root.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words
from rollup.core.genesis import COUNTED, LIVE, FeedKind, Genesis
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL
from rollup.core.margin_parameters import ModelParameters, Scenario
from rollup.state.rows import DTYPES, RowsBySection

SYMBOL_BYTES = 8
"""Letters of a symbol, at most."""

Fields = Mapping[str, int | Sequence[int]]
"""Fields of one row; those left out are 0."""


def genesis_rows(genesis: Genesis) -> RowsBySection:
    """Return every row of the genesis state that is not all zeros, by section."""
    rows: dict[str, dict[int, Fields]] = {
        "system": {0: _system(genesis)},
        "parameters": {0: {name: getattr(genesis.parameters, name) for name in genesis.parameters.__dataclass_fields__}},
        "models": {0: _models(genesis)},
        "scenarios": {number: _scenario(scenario) for number, scenario in enumerate(genesis.portfolio.scenarios)},
        "instruments": dict(enumerate(_instruments(genesis), 1)),
        "markets": dict(enumerate(_markets(genesis), 1)),
        "feeds": dict(enumerate(_feeds(genesis), 1)),
        "reporters": {
            number: {"address": address_words(address), "status": LIVE} for number, address in enumerate(genesis.roles.reporters, 1)
        },
    }
    return {name: _packed(dtype, rows.get(name, {})) for name, dtype in DTYPES.items()}


def symbol_number(symbol: str) -> int:
    """Return a market's symbol, at most 8 ASCII letters, as one big-endian integer."""
    return int.from_bytes(symbol.encode("ascii"), "big")


def symbol_text(number: int) -> str:
    """Return the symbol that a number is: the inverse of `symbol_number`."""
    return number.to_bytes(SYMBOL_BYTES, "big").lstrip(b"\0").decode("ascii")


def _system(genesis: Genesis) -> Fields:
    return {
        "time_s": genesis.chain.time_s,
        "instruments": len(genesis.instruments),
        "markets": len(genesis.markets),
        "feeds": len(genesis.feeds),
        "stable_feed": genesis.feed_id(FeedKind.STABLE, 0),
        "reporters": len(genesis.roles.reporters),
        "governor": address_words(genesis.roles.governor),
    }


def _models(genesis: Genesis) -> Fields:
    """Return the numbers of the margin models, each model's in the order of its parameters."""
    models: dict[str, ModelParameters] = {"portfolio": genesis.portfolio, "deribit": genesis.deribit, "aevo": genesis.aevo}
    return {name: [getattr(model, each.name) for each in fields(model) if each.name != "scenarios"] for name, model in models.items()}


def _scenario(scenario: Scenario) -> Fields:
    return {"spot_e9": scenario.spot_e9, "vol": scenario.vol, "dampener_e9": scenario.dampener_e9}


def _instruments(genesis: Genesis) -> list[Fields]:
    before = _listed_before(genesis)
    return [
        {
            "status": LIVE,
            "market": instrument.market,
            "option_type": instrument.option_type,
            "strike_e8": instrument.strike_e8,
            "expiry_s": instrument.expiry_s,
            "tick_e8": instrument.tick_e8,
            "lot_e6": instrument.lot_e6,
            "forward_feed": instrument.forward_feed,
            "vol_feed": instrument.vol_feed,
            "rate_feed": instrument.rate_feed,
            "listed_before": before.get(number, 0),
        }
        for number, instrument in enumerate(genesis.instruments, 1)
    ]


def _strikes_of(genesis: Genesis) -> dict[int, list[int]]:
    """Return the strikes of each expiry, by its forward feed: the ids of their calls, and of the future."""
    strikes: dict[int, list[int]] = {}
    for number, instrument in enumerate(genesis.instruments, 1):
        if instrument.option_type in (CALL, FUTURE):
            strikes.setdefault(instrument.forward_feed, []).append(number)
    return strikes


def _listed_before(genesis: Genesis) -> dict[int, int]:
    return {later: earlier for strikes in _strikes_of(genesis).values() for earlier, later in pairwise(strikes)}


def _markets(genesis: Genesis) -> list[Fields]:
    by_kind = {(feed.kind.name, feed.market): number for number, feed in enumerate(genesis.feeds, 1)}
    forwards = [(number, feed) for number, feed in enumerate(genesis.feeds, 1) if feed.kind == FeedKind.FORWARD]
    perpetuals = {each.market: number for number, each in enumerate(genesis.instruments, 1) if each.option_type == PERPETUAL}
    return [
        {
            "symbol": symbol_number(market.symbol),
            "spot_feed": by_kind["SPOT", number],
            "rate_feed": by_kind["RATE", number],
            "status": LIVE,
            "perpetual": perpetuals.get(number, 0),
            "expiring": min((forward for forward, feed in forwards if feed.market == number), default=0),
            "expiries": sum(feed.market == number for _, feed in forwards),
            "asset_market": number,
            "cancels": 1,
            "tick_e8": market.tick_e8,
            "lot_e6": market.lot_e6,
            "strike_step_e8": market.strike_step_e8,
            **{name: getattr(market.collateral, name) for name in COUNTED},
        }
        for number, market in enumerate(genesis.markets, 1)
    ]


def _feeds(genesis: Genesis) -> list[Fields]:
    """Return the feeds; each market's forward feeds, which follow one another by expiry, are linked."""
    forwards = [number for number, feed in enumerate(genesis.feeds, 1) if feed.kind == FeedKind.FORWARD]
    pairs = [(one, other) for one, other in pairwise(forwards) if genesis.feeds[one - 1].market == genesis.feeds[other - 1].market]
    later, strikes = dict(pairs), _strikes_of(genesis)
    return [
        {
            "kind": feed.kind,
            "market": feed.market,
            "expiry_s": feed.expiry_s,
            "later": later.get(number, 0),
            "strikes": len(strikes.get(number, ())),
            "last_listed": strikes[number][-1] if number in strikes else 0,
        }
        for number, feed in enumerate(genesis.feeds, 1)
    ]


def _packed(dtype: np.dtype[np.void], rows: Mapping[int, Fields]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    packed = np.zeros(len(rows), dtype)
    for slot, row in enumerate(rows.values()):
        for name, value in row.items():
            packed[slot][name] = value
    words = packed.view(np.int64).reshape(len(rows), dtype.itemsize // 8)
    return np.fromiter(rows, np.int64, len(rows)), words
