"""A genesis from and to a plain mapping, as a TOML or JSON file gives it.

One rule: strict. An entry that is missing, unknown or of the wrong type is refused by name, because a default that two nodes
fill in differently splits them. Bytes are written as `0x` and hexadecimal digits; expiries as dates, YYYYMMDD; wei, which may
pass 2^63, as an integer or as its decimal text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from typing import TypeVar, cast, get_args, get_origin, get_type_hints

from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S
from rollup.core.errors import GenesisError, NameInvalid
from rollup.core.genesis import BATCH_STEPS, Genesis, Market
from rollup.core.instrument_names import date_from_expiry, expiry_from_date
from rollup.core.margin_parameters import SCENARIOS_MAX, VolShock

Entry = TypeVar("Entry")

DATES = ("expiries_s", "future_expiries_s")
"""Members that a file gives as dates."""

RATIO_ONE = 10**9
"""The whole, in units of a share."""

ENTRIES_MAX = 1_024
"""Longest list in a genesis file."""

FEEDS, INSTRUMENTS = 1 << 16, 1 << 20
"""Bounds of the ids that a state has room for."""


def genesis_from_mapping(mapping: Mapping[str, object]) -> Genesis:
    """Return the genesis that a mapping describes. Raises GenesisError naming the entry, what it is and what it should be."""
    genesis = _read_record(Genesis, mapping, "genesis")
    _check(genesis)
    return genesis


def genesis_to_mapping(genesis: Genesis) -> dict[str, object]:
    """Return the mapping that `genesis_from_mapping` reads back to the same genesis."""
    return cast("dict[str, object]", _written(genesis))


def _read_record(kind: type[Entry], value: object, path: str) -> Entry:
    if not isinstance(value, Mapping):
        raise GenesisError(path, received=type(value).__name__, expected="a table")
    hints = get_type_hints(kind)
    members = {member.name: member for member in fields(kind)}  # type: ignore[arg-type]  # only ever called on dataclasses
    for name in value:
        if name not in members:
            raise GenesisError(f"{path}.{name}", received="an entry", expected=f"one of {', '.join(members)}")
    for name in members:
        if name not in value:
            raise GenesisError(f"{path}.{name}", received="nothing", expected="an entry")
    return kind(**{name: _read(hints[name], member, value[name], f"{path}.{name}") for name, member in members.items()})


def _read(hint: object, member: "Field[object]", value: object, path: str) -> object:
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or len(value) > ENTRIES_MAX:
            raise GenesisError(path, received=type(value).__name__, expected=f"a list of at most {ENTRIES_MAX}")
        item = get_args(hint)[0]
        return tuple(_read(item, member, each, f"{path}[{number}]") for number, each in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        return _read_record(hint, value, path)
    return READERS[cast("type", hint)](value, member, path)


def _read_integer(value: object, member: "Field[object]", path: str) -> int:
    if member.name in DATES:
        return _read_date(value, path)
    if isinstance(value, str) and member.name.endswith("_wei") and re.fullmatch(r"[0-9]{1,30}", value):
        return int(value)
    if type(value) is not int or (value < 0 and not member.name.endswith("_slope_e9")):
        raise GenesisError(path, received=repr(value), expected="an integer, not negative")
    return value


def _read_date(value: object, path: str) -> int:
    try:
        return expiry_from_date(str(value))
    except NameInvalid as error:
        raise GenesisError(path, received=repr(value), expected="a date, YYYYMMDD") from error


def _read_boolean(value: object, _member: "Field[object]", path: str) -> bool:
    if not isinstance(value, bool):
        raise GenesisError(path, received=repr(value), expected="true or false")
    return value


def _read_vol_shock(value: object, _member: "Field[object]", path: str) -> VolShock:
    names = {each.name.lower(): each for each in VolShock}
    if not isinstance(value, str) or value not in names:
        raise GenesisError(path, received=repr(value), expected=f"one of {', '.join(names)}")
    return names[value]


def _read_symbol(value: object, _member: "Field[object]", path: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{1,8}", value):
        raise GenesisError(path, received=repr(value), expected="one to eight capital letters")
    return value


def _read_bytes(value: object, member: "Field[object]", path: str) -> bytes:
    length = member.metadata["bytes"]
    if not isinstance(value, str) or not re.fullmatch(f"0x[0-9a-fA-F]{{{2 * length}}}", value):
        raise GenesisError(path, received=repr(value), expected=f"0x and {2 * length} hexadecimal digits")
    return bytes.fromhex(value[2:])


READERS: Mapping[type, Callable[[object, "Field[object]", str], object]] = {
    int: _read_integer,
    bool: _read_boolean,
    str: _read_symbol,
    bytes: _read_bytes,
    VolShock: _read_vol_shock,
}
"""How an entry is read, by its type. A text can only be a market's symbol, or a shock's name."""


def _written(value: object) -> object:
    if is_dataclass(value):
        record = {member.name: _written(getattr(value, member.name)) for member in fields(value)}
        for name in set(DATES) & set(record):
            record[name] = [date_from_expiry(expiry_s) for expiry_s in cast("list[int]", record[name])]
        return record
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, VolShock):
        return value.name.lower()
    return str(value) if isinstance(value, int) and value >= 1 << 63 else value


def _check(genesis: Genesis) -> None:
    """Refuse what is well written and cannot work."""
    required, reporters = genesis.parameters.reporters_required, len(genesis.roles.reporters)
    steps, forced = genesis.dispute.txs_per_leaf, genesis.inbox.forced_batch_max
    threshold, delay = genesis.inbox.delay_threshold_blocks, genesis.inbox.forced_delay_blocks
    pause, rest = genesis.safety.pause_blocks, genesis.safety.pause_rest_blocks
    feeds, instruments = len(genesis.feeds), len(genesis.instruments)
    symbols = [market.symbol for market in genesis.markets]
    rules = (
        (1 <= required <= reporters, "genesis.parameters.reporters_required", required, f"1 to {reporters}"),
        (reporters < 1 << 4, "genesis.roles.reporters", reporters, "at most 15"),
        (len(set(genesis.roles.reporters)) == reporters, "genesis.roles.reporters", "a repeated address", "distinct ones"),
        (steps >= 1 and steps & (steps - 1) == 0, "genesis.dispute.txs_per_leaf", steps, "a power of two"),
        (len(set(symbols)) == len(symbols) < 1 << 4, "genesis.markets", symbols, "at most 15 distinct symbols"),
        (feeds < FEEDS, "feeds that the markets need", feeds, f"fewer than {FEEDS}"),
        (instruments < INSTRUMENTS, "instruments that the markets have", instruments, f"fewer than {INSTRUMENTS}"),
        (0 < forced <= BATCH_STEPS // 4, "genesis.inbox.forced_batch_max", forced, f"1 to {BATCH_STEPS // 4}"),
        (genesis.dispute.burn_e9 <= RATIO_ONE, "genesis.dispute.burn_e9", genesis.dispute.burn_e9, f"at most {RATIO_ONE}"),
        (threshold <= delay, "genesis.inbox.delay_threshold_blocks", threshold, f"no more than the delay, {delay}"),
        (genesis.inbox.delay_recovery_blocks > 0, "genesis.inbox.delay_recovery_blocks", 0, "at least 1"),
        (pause <= rest, "genesis.safety.pause_blocks", pause, f"no more than the rest after it, {rest}"),
        (len(genesis.portfolio.scenarios) <= SCENARIOS_MAX, "genesis.portfolio.scenarios", "a longer list", f"at most {SCENARIOS_MAX}"),
        (genesis.dispute.block_time_s > 0, "genesis.dispute.block_time_s", 0, "at least 1"),
    )
    for holds, what, received, expected in rules:
        if not holds:
            raise GenesisError(what, received=received, expected=expected)
    window, liveness = genesis.dispute.window_blocks, genesis.safety.liveness_blocks
    if liveness < 2 * window:
        # What was posted can then be confirmed before a rollup without batches is closed.
        raise GenesisError("genesis.safety.liveness_blocks", received=liveness, expected=f"at least two windows, {2 * window}")
    for market in genesis.markets:
        _check_market(market)


def _check_market(market: Market) -> None:
    lists, steps = (market.expiries_s, market.future_expiries_s, market.strikes_e8), (market.tick_e8, market.lot_e6, market.strike_step_e8)
    if any(list(numbers) != sorted(set(numbers)) for numbers in lists) or 0 in market.strikes_e8 or 0 in steps:
        expected = "expiries and strikes that rise, and a tick, lot and strike step above 0"
        raise GenesisError(f"market {market.symbol}", received=(*lists, steps), expected=expected)
    if any(expiry_s % DAY_S != EXPIRY_HOUR_S for expiry_s in market.expiries_s + market.future_expiries_s):
        raise GenesisError(f"market {market.symbol}", received=lists[:2], expected="expiries at 08:00 UTC")
