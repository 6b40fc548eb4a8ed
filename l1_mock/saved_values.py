"""Storage's values and keys as JSON, exactly.

    value = "i" hexadecimal | "b" hexadecimal | "s" text | "t" (true) | "f" (false) | "n" (None) | "-" (nothing there)
          | ["", value …] (a tuple) | [name of a record, value of each field …]

Only records that a contract lists are ever made, by their names; nothing is executed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import NoReturn, TypeAlias

from l1_mock.contracts.framework import Contract
from l1_mock.world import MISSING
from rollup.core.transport import JSON

Records: TypeAlias = Mapping[str, type]
"""The dataclasses of all contracts, by contract and name."""
MISTAKES = (KeyError, IndexError, TypeError, ValueError, OverflowError)
"""What unfit JSON raises on the way."""
TUPLE = ""
"""Name of a tuple, among the names of records."""
SINGLES: Mapping[str, object] = {"t": True, "f": False, "n": None, "-": MISSING}
"""Values that are a letter."""


class SavedError(Exception):
    """The chain cannot be saved, or the bytes are not a saved chain."""


def records_of(contracts: Iterable[Contract]) -> Records:
    """Return the records that these contracts list."""
    return {f"{contract.name}.{record.__name__}": record for contract in contracts for record in contract.records}


def encode_value(value: object, records: Records) -> JSON:
    """Encode a value. Raises SavedError for one of a type that nobody lists."""
    if isinstance(value, bool) or value is None or value is MISSING:
        return next(letter for letter, single in SINGLES.items() if single is value)
    if isinstance(value, int):
        return f"i{value:x}"
    if isinstance(value, bytes):
        return f"b{value.hex()}"
    if isinstance(value, str):
        return f"s{value}"
    if type(value) is tuple:
        return [TUPLE, *(encode_value(item, records) for item in value)]
    for name, record in records.items():
        if type(value) is record and is_dataclass(value):
            return [name, *(encode_value(getattr(value, field.name), records) for field in fields(value))]
    raise SavedError(f"no contract lists {type(value).__name__} among its records")


def decode_value(saved: JSON, records: Records) -> object:
    """Decode a value. Raises SavedError or one of MISTAKES."""
    if isinstance(saved, list):
        values = [decode_value(item, records) for item in saved[1:]]
        name = as_text(saved[0])
        return tuple(values) if name == TUPLE else records[name](*values)
    text = as_text(saved)
    if text in SINGLES:
        return SINGLES[text]
    letter, content = text[0], text[1:]
    if letter == "i":
        return int(content, 16)
    if letter == "b":
        return bytes.fromhex(content)
    if letter == "s":
        return content
    raise SavedError(f"value of an unknown kind {letter}")


def as_list(value: JSON) -> list[JSON]:
    """Return an array, or raise SavedError."""
    return value if isinstance(value, list) else _refuse(value, "an array")


def as_dict(value: JSON) -> dict[str, JSON]:
    """Return an object, or raise SavedError."""
    return value if isinstance(value, dict) else _refuse(value, "an object")


def as_text(value: JSON) -> str:
    """Return text, or raise SavedError."""
    return value if isinstance(value, str) else _refuse(value, "text")


def as_int(value: JSON) -> int:
    """Return an integer, or raise SavedError."""
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse(value, "an integer")


def as_flag(value: JSON) -> bool:
    """Return true or false, or raise SavedError."""
    return value if isinstance(value, bool) else _refuse(value, "true or false")


def as_bytes(value: JSON) -> bytes:
    """Return bytes from hexadecimal text, or raise SavedError or ValueError."""
    return bytes.fromhex(as_text(value))


def _refuse(value: JSON, expected: str) -> NoReturn:
    raise SavedError(f"received {str(value)[:60]}, expected {expected}")
