"""A portfolio as a file: what `rollup.portfolio.reading` reads back to the same portfolio."""

import json
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any

from rollup.portfolio.decimals import in_decimals
from rollup.portfolio.portfolio import FORMAT, UNITS, Future, Perpetual, Portfolio, entry_name


def portfolio_to_json(portfolio: Portfolio) -> str:
    """Return the file that holds a portfolio, every number exact."""
    return json.dumps(portfolio_to_mapping(portfolio), indent=1) + "\n"


def portfolio_to_mapping(portfolio: Portfolio) -> dict[str, Any]:
    """Return the JSON document that describes a portfolio."""
    return {"format": FORMAT, **written(portfolio)}


def written(value: Any, name: str = "") -> Any:
    """Return the JSON form of a part of a portfolio."""
    if is_dataclass(value):
        entries = {entry_name(each.name): written(getattr(value, each.name), each.name) for each in fields(value)}
        kind = "perpetual" if isinstance(value, Perpetual) else "future" if isinstance(value, Future) else ""
        return {"type": kind, **entries} if kind else entries
    if isinstance(value, tuple):
        return [written(each) for each in value]
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, bool | str) or value is None:
        return value
    unit = UNITS[name.rpartition("_")[2]]
    return value if unit == 1 else in_decimals(value, unit)
