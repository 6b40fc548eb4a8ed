"""A contract's ABI made ready for use: selectors, topics, and the coding of arguments (Solidity's ABI specification).

One rule: addresses are 20 raw bytes on this side, never text. Calldata that the ABI does not allow is a DecodingError; it never raises
anything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder
from eth_abi.exceptions import DecodingError as AbiDecodingError
from eth_abi.exceptions import EncodingError as AbiEncodingError
from eth_abi.registry import ABIRegistry, BaseEquals
from eth_abi.registry import registry as eth_registry

from rollup.l1.interface import AbiEntry
from rollup.l1.interface import Interface as DeclaredInterface
from rollup.l1.static_words import decode_words, encode_words


class DecodingError(Exception):
    """Calldata does not fit the ABI. Carries the types expected and the length received."""

    def __init__(self, types: Sequence[str], length: int, reason: str) -> None:
        """Name the `types` expected, the `length` received and the decoder's `reason`."""
        super().__init__(f"{length} bytes do not decode as ({','.join(types)}): {reason}")
        self.types = tuple(types)
        self.length = length


def _codec() -> ABICodec:
    """Return eth-abi's codec, but for addresses, which decode to raw bytes; its encoder takes them raw as it is."""
    registry: ABIRegistry = eth_registry.copy()  # type: ignore[no-untyped-call]
    registry.unregister_decoder("address")
    decoder = AddressDecoder(decoder_fn=bytes)  # type: ignore[no-untyped-call]
    registry.register_decoder(BaseEquals("address"), decoder, label="address")  # type: ignore[no-untyped-call]
    return ABICodec(registry)


_CODEC = _codec()


def encode(types: Sequence[str], values: Sequence[object]) -> bytes:
    """Encode `values` as `types`. A wrong value is a programmer's error and raises eth-abi's EncodingError."""
    words = encode_words(types, values)
    return words if words is not None else bytes(_CODEC.encode(list(types), list(values)))


def decode(types: Sequence[str], data: bytes) -> tuple[object, ...]:
    """Decode `data` as `types`. Raises DecodingError."""
    words = decode_words(types, data)
    if words is not None:
        return tuple(words)
    try:
        return tuple(_CODEC.decode(list(types), data))
    except (AbiDecodingError, ValueError, OverflowError) as error:
        raise DecodingError(types, len(data), str(error)) from error


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a contract."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    mutability: str
    """Solidity's: pure, view, nonpayable or payable."""

    @property
    def payable(self) -> bool:
        """Whether the function accepts ether."""
        return self.mutability == "payable"

    @property
    def static(self) -> bool:
        """Whether the function promises to change nothing."""
        return self.mutability in {"pure", "view"}

    def encode_outputs(self, result: object) -> bytes:
        """Encode what a handler returned: None, the one value, or a tuple of values."""
        count = len(self.outputs)
        values = cast("tuple[object, ...]", result) if count > 1 else (result,) * count
        return encode(self.outputs, values)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a contract."""

    name: str
    topic: bytes
    parameters: tuple[tuple[str, str, bool], ...]
    """Name, type, and whether it is indexed; an indexed one is of one word."""

    def log(self, values: Mapping[str, object]) -> tuple[tuple[bytes, ...], bytes]:
        """Encode the event with these arguments as topics and data. A missing or extra argument is a KeyError."""
        extra = values.keys() - {name for name, _, _ in self.parameters}
        if extra:
            raise KeyError(*extra)
        topics = [encode([kind], [values[name]]) for name, kind, indexed in self.parameters if indexed]
        plain = [(kind, values[name]) for name, kind, indexed in self.parameters if not indexed]
        return (self.topic, *topics), encode([kind for kind, _ in plain], [value for _, value in plain])


@dataclass(frozen=True, slots=True)
class Interface:
    """All functions and events of a contract."""

    functions: Mapping[str, Function]
    """By name; names are not overloaded."""
    selectors: Mapping[bytes, Function]
    events: Mapping[str, Event]


def interface(abi: Sequence[AbiEntry]) -> Interface:
    """Make a JSON ABI ready for use."""
    declared = DeclaredInterface.of(abi)
    mutability = {str(entry["name"]): str(entry["stateMutability"]) for entry in abi if entry["type"] == "function"}
    functions = {
        name: Function(name, each.selector, each.inputs, each.outputs, mutability[name]) for name, each in declared.functions.items()
    }
    events = {name: Event(name, each.topic, each.parameters) for name, each in declared.events.items()}
    return Interface(functions, {function.selector: function for function in functions.values()}, events)


__all__ = ["AbiEncodingError", "AbiEntry", "DecodingError", "Event", "Function", "Interface", "decode", "encode", "interface"]
