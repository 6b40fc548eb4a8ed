"""Journal entries: frozen dataclasses as canonical bytes, with arrays and rows among their fields.

One rule: a node writes only what it can read back to an equal value.

    entry  = canonical map of the dataclass's fields, and "type": its name in the node's table of types
    array  = its bytes; which dtype it has follows from the field's name
    rows   = {section: [indices as int64 bytes, words as int64 bytes]}
    change = [rows before, rows after]
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

import numpy as np

from rollup.core.codec import Limits, Value, decode, encode
from rollup.state.layout import TX
from rollup.state.rows import WIDTHS, Change, RowsBySection

Entry = TypeVar("Entry")

ENTRY_LIMITS = Limits(size=1 << 28, depth=6)
"""Bounds of an entry; only this node writes them."""


def encode_entry(entry: object, types: Mapping[str, type[Any]]) -> bytes:
    """Return an entry's bytes; `types` are the node's entries by name."""
    name = next(name for name, kind in types.items() if isinstance(entry, kind))
    values = {field.name: to_value(getattr(entry, field.name)) for field in fields(types[name])}
    return encode({"type": name, **values})


def decode_entry(payload: bytes, types: Mapping[str, type[Entry]]) -> Entry:
    """Return the entry of its bytes. Raises DecodeError for bytes that `encode_entry` did not write."""
    values = cast("dict[str, Value]", decode(payload, ENTRY_LIMITS))
    kind = types[cast("str", values.pop("type"))]
    return kind(**{name: FROM_VALUE.get(name, unchanged)(value) for name, value in values.items()})


def to_value(field: object) -> object:
    """Return an entry's field as a value of the codec."""
    if isinstance(field, np.ndarray):
        return field.tobytes()
    if isinstance(field, Change):
        return [encode_rows(field.before), encode_rows(field.after)]
    return encode_rows(cast("RowsBySection", field)) if isinstance(field, dict) else field


def encode_rows(rows: RowsBySection) -> dict[str, list[bytes]]:
    """Return rows as a value of the codec; sections without rows are left out."""
    return {name: [indices.tobytes(), words.tobytes()] for name, (indices, words) in rows.items() if len(indices)}


def decode_rows(value: Any) -> RowsBySection:
    """Return the rows of their value."""
    return {
        name: (np.frombuffer(indices, np.int64), np.frombuffer(words, np.int64).reshape(-1, WIDTHS[name]))
        for name, (indices, words) in value.items()
    }


def unchanged(value: Any) -> Any:
    """Return a field that is stored as it is."""
    return value


FROM_VALUE: Mapping[str, Callable[[Any], Any]] = {
    "opening": lambda value: np.frombuffer(value, TX),
    "change": lambda value: Change(decode_rows(value[0]), decode_rows(value[1])),
    "rows": decode_rows,
}
"""How the fields that are not stored as they are are read, by name."""
