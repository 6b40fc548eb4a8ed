"""The canonical encoding of messages: msgpack with one spelling for each value.

One rule: bytes are accepted only if encoding what they decode to gives the same bytes. That alone refuses duplicate keys,
keys out of order, long forms of short numbers and trailing bytes; a list of allowed types refuses floats, extension types
and timestamps.

    value = none | bool | integer (-2^63 … 2^64 - 1) | bytes | text | [value …] | {text: value …}, keys sorted
"""

from dataclasses import dataclass
from typing import TypeAlias, cast

import msgpack

from rollup.core.errors import DecodeError, EncodeError

Value: TypeAlias = "bool | int | bytes | str | list[Value] | dict[str, Value] | None"
"""Everything that has an encoding."""

SCALARS = (type(None), bool, int, bytes, str)
"""Types that hold no other values; exactly these, not their subclasses."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a message that is decoded."""

    size: int = 128 << 10
    """Bytes."""
    depth: int = 8
    """Nesting of lists and maps."""


LIMITS = Limits()
"""Bounds of a message unless its reader states others."""

ALLOWED = "none, bool, integer, bytes, text, list or map"
"""The types, in words."""


def encode(value: object) -> bytes:
    """Return the one encoding of a value; map keys are sorted. Raises EncodeError for anything outside of the list above."""
    try:
        return cast("bytes", msgpack.packb(_sorted(value), use_bin_type=True, strict_types=True))
    except (TypeError, ValueError, OverflowError) as error:
        raise EncodeError("value", received=type(value).__name__, expected=str(error)) from error


def decode(data: bytes, limits: Limits = LIMITS) -> Value:
    """Return the value of its encoding. Raises DecodeError for any other bytes."""
    if len(data) > limits.size:
        raise DecodeError("size of a message, bytes", received=len(data), expected=f"at most {limits.size}")
    try:
        value = msgpack.unpackb(data, raw=False, use_list=True, strict_map_key=True, ext_hook=_no_extension)
    except DecodeError:
        raise
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise DecodeError("message", received=data, expected=f"msgpack ({type(error).__name__})") from error
    _check(value, limits.depth)
    if encode(value) != data:
        raise DecodeError("message", received=data, expected="the canonical encoding")
    return cast("Value", value)


def _no_extension(code: int, _data: bytes) -> object:
    raise DecodeError("extension type", received=code, expected="none")


def _check(value: object, depth: int) -> None:
    """Refuse other types and deeper nesting; level by level, so that no nesting can exhaust the stack."""
    level = [value]
    for _ in range(depth + 1):
        for item in level:
            if type(item) not in (*SCALARS, list, dict):
                raise DecodeError("type", received=type(item).__name__, expected=ALLOWED)
            if isinstance(item, dict) and not all(type(key) is str for key in item):
                raise DecodeError("key of a map", received=str(list(item)), expected="text")
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise DecodeError("nesting", received=f"more than {depth}", expected=f"at most {depth}")


def _children(item: object) -> list[object]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        if not all(type(key) is str for key in value):
            raise TypeError("text as keys of a map")
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if type(value) not in SCALARS:
        raise TypeError(ALLOWED)
    return value
