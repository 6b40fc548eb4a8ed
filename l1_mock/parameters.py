"""Arguments of JSON-RPC calls, checked: what is asked for comes out in its Python form, anything else is an RpcError of code -32602.

Quantities are hexadecimal text ("0x1f") or, as developers' tools send them, plain integers. Data is text of an even number of digits.
"""

from collections.abc import Mapping, Sequence
from string import hexdigits
from typing import NoReturn

from rollup.core.transport import JSON, Parameters, RpcError

INVALID_PARAMS = -32_602
"""JSON-RPC 2.0: the arguments are not what the method takes."""
HEX_DIGITS = frozenset(hexdigits)
"""Digits of quantities and data; other scripts' digits are not."""
QUANTITY_DIGITS = 64
"""Longest quantity: 256 bits."""
ARGUMENTS_MAX = 8
"""Most arguments of a call."""


class Arguments:
    """The arguments of one call, by position."""

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[JSON]) -> None:
        """Wrap arguments by position."""
        self._values = values

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._values)

    def get(self, index: int) -> JSON:
        """Return an argument as it came; None where it is missing."""
        return self._values[index] if index < len(self._values) else None

    def quantity(self, index: int, default: int | None = None) -> int:
        """Return an argument that is a number; `default` where it is missing."""
        value = self.get(index)
        if value is None and default is not None:
            return default
        return quantity(value, f"argument {index}")

    def data(self, index: int) -> bytes:
        """Return an argument that is bytes."""
        return data(self.get(index), f"argument {index}")

    def hash(self, index: int) -> bytes:
        """Return an argument that is a hash."""
        return data(self.get(index), f"argument {index}", 32)

    def address(self, index: int) -> bytes:
        """Return an argument that is an address."""
        return data(self.get(index), f"argument {index}", 20)

    def flag(self, index: int) -> bool:
        """Return an argument that is true or false; false where it is missing."""
        value = self.get(index)
        if value is None or isinstance(value, bool):
            return bool(value)
        return refuse(f"argument {index}: expected true or false")

    def mapping(self, index: int) -> Mapping[str, JSON]:
        """Return an argument that is an object."""
        return mapping(self.get(index), f"argument {index}")


def arguments(parameters: Parameters | None) -> Arguments:
    """Wrap a call's parameters, which must be by position."""
    if parameters is None:
        return Arguments(())
    if isinstance(parameters, Mapping) or not isinstance(parameters, Sequence) or isinstance(parameters, str):
        refuse("arguments are taken by position only")
    if len(parameters) > ARGUMENTS_MAX:
        refuse(f"too many arguments, want at most {ARGUMENTS_MAX}")
    return Arguments(parameters)


def quantity(value: JSON, name: str) -> int:
    """Read a number of at most 256 bits."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
        return value
    if isinstance(value, str) and value.startswith("0x") and 2 < len(value) <= 2 + QUANTITY_DIGITS and HEX_DIGITS.issuperset(value[2:]):
        return int(value, 16)
    return refuse(f"{name}: expected a number, as hexadecimal text")


def data(value: JSON, name: str, length: int | None = None) -> bytes:
    """Read bytes, of this length if one is given."""
    if isinstance(value, str) and value.startswith("0x") and value.isascii():
        try:
            result = bytes.fromhex(value[2:])
        except ValueError:
            refuse(f"{name}: expected an even number of hexadecimal digits")
        if len(result) * 2 != len(value) - 2:
            refuse(f"{name}: expected hexadecimal digits without spaces")
        if length is None or len(result) == length:
            return result
        refuse(f"{name}: expected {length} bytes, received {len(result)}")
    return refuse(f"{name}: expected hexadecimal text after 0x")


def mapping(value: JSON, name: str) -> Mapping[str, JSON]:
    """Read an object."""
    return value if isinstance(value, Mapping) else refuse(f"{name}: expected an object")


def listing(value: JSON, name: str, most: int) -> Sequence[JSON]:
    """Read an array of at most `most` entries."""
    if not isinstance(value, list | tuple):
        refuse(f"{name}: expected an array")
    if len(value) > most:
        refuse(f"{name}: expected at most {most} entries, received {len(value)}")
    return value


def refuse(reason: str) -> NoReturn:
    """Raise the error of an argument that is not what the method takes."""
    raise RpcError(INVALID_PARAMS, f"invalid argument: {reason}")
