"""A contract's interface: from Solidity declarations to a JSON ABI, and the coding of calls, results and logs (Solidity's ABI).

    declaration = ("function" name parameters mutability? ("returns" parameters)?) | ("event" name parameters)
    parameter   = type "indexed"? name?

One rule: on our side an address is 20 bytes and never text. Data that do not fit are a DecodeError; values that do not fit are our
own mistake, an EncodeError.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from rollup.core.errors import DecodeError, EncodeError
from rollup.core.keccak import keccak256
from rollup.l1.static_words import decode_words, encode_words

AbiEntry: TypeAlias = dict[str, object]
"""One entry of a JSON ABI."""

SELECTOR_BYTES = 4
"""A function's selector."""

WORD_BYTES = 32
"""A word of the ABI, and a log's topic."""

_DECLARATION = re.compile(r"(function|event) (\w+)\(([^)]*)\)(?: (view|payable))?(?: returns \(([^)]*)\))?")

_BOUNDARY = re.compile(r"\s+(?=(?:function|event) )")


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its selector, and the types of what goes in and comes out."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode_call(self, arguments: Sequence[object]) -> bytes:
        """Return the calldata of a call. Raises EncodeError."""
        return self.selector + encoded(self.inputs, arguments)

    def decode_call(self, calldata: bytes) -> tuple[object, ...]:
        """Return the arguments of a call. Raises DecodeError."""
        if calldata[:SELECTOR_BYTES] != self.selector:
            raise DecodeError(f"selector of {self.name}", received=calldata[:SELECTOR_BYTES], expected=self.selector)
        return decoded(self.inputs, calldata[SELECTOR_BYTES:])

    def decode_result(self, data: bytes) -> tuple[object, ...]:
        """Return what a call returned. Raises DecodeError."""
        return decoded(self.outputs, data)


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its topic, and name, type and whether it is indexed of each parameter. Indexed ones are all of one word."""

    name: str
    topic: bytes
    parameters: tuple[tuple[str, str, bool], ...]

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> dict[str, object]:
        """Return the arguments of a log by name. Raises DecodeError."""
        indexed = [(name, kind) for name, kind, is_indexed in self.parameters if is_indexed]
        plain = [(name, kind) for name, kind, is_indexed in self.parameters if not is_indexed]
        if len(topics) != 1 + len(indexed) or topics[0] != self.topic:
            raise DecodeError(f"topics of {self.name}", received=[topic.hex() for topic in topics], expected=1 + len(indexed))
        first = decoded([kind for _, kind in indexed], b"".join(topics[1:]))
        second = decoded([kind for _, kind in plain], data)
        return dict(zip([name for name, _ in indexed + plain], first + second, strict=True))


@dataclass(frozen=True, slots=True)
class Interface:
    """Functions and events of a contract by name, and events by topic."""

    functions: Mapping[str, Function]
    events: Mapping[str, Event]
    topics: Mapping[bytes, Event]

    @classmethod
    def of(cls, entries: Sequence[AbiEntry]) -> Self:
        """Read a JSON ABI."""
        functions = {str(entry["name"]): _function(entry) for entry in entries if entry["type"] == "function"}
        events = {str(entry["name"]): _event(entry) for entry in entries if entry["type"] == "event"}
        return cls(functions, events, {event.topic: event for event in events.values()})


def declared(text: str) -> list[AbiEntry]:
    """Return the JSON ABI of declarations, each of which may take several lines. Raises EncodeError for one that is none."""
    return [_entry(" ".join(each.split())) for each in _BOUNDARY.split(text.strip())]


def encoded(types: Sequence[str], values: Sequence[object]) -> bytes:
    """Return the ABI encoding of values. Raises EncodeError."""
    words = encode_words(types, values)
    if words is not None:
        return words
    try:
        return encode(types, values)
    except (EncodingError, TypeError, ValueError) as error:
        raise EncodeError("values to encode", received=str(error), expected=f"({','.join(types)})") from error


def decoded(types: Sequence[str], data: bytes) -> tuple[object, ...]:
    """Return the values of an ABI encoding, addresses as bytes. Raises DecodeError."""
    words = decode_words(types, data)
    if words is not None:
        return tuple(words)
    try:
        values = decode(types, data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise DecodeError("ABI-encoded values", received=data, expected=f"({','.join(types)}): {error}") from error
    return tuple(bytes.fromhex(str(value)[2:]) if kind == "address" else value for kind, value in zip(types, values, strict=True))


def _entry(line: str) -> AbiEntry:
    match = _DECLARATION.fullmatch(line)
    if match is None:
        raise EncodeError("declaration", received=line, expected="function or event name(type name, …)")
    sort, name, inputs, mutability, outputs = match.groups()
    if sort == "event":
        return {"type": sort, "name": name, "inputs": _parameters(inputs, is_event=True), "anonymous": False}
    return {
        "type": sort,
        "name": name,
        "inputs": _parameters(inputs, is_event=False),
        "outputs": _parameters(outputs or "", is_event=False),
        "stateMutability": mutability or "nonpayable",
    }


def _parameters(text: str, *, is_event: bool) -> list[dict[str, object]]:
    parameters: list[dict[str, object]] = []
    for part in filter(None, text.split(", ")):
        kind, *rest = part.split()
        parameter: dict[str, object] = {"name": rest[-1] if rest else "", "type": kind}
        if is_event:
            parameter["indexed"] = "indexed" in rest
        parameters.append(parameter)
    return parameters


def _function(entry: AbiEntry) -> Function:
    name, inputs, outputs = str(entry["name"]), _types(entry["inputs"]), _types(entry["outputs"])
    return Function(name, keccak256(f"{name}({','.join(inputs)})".encode())[:SELECTOR_BYTES], inputs, outputs)


def _event(entry: AbiEntry) -> Event:
    name, types = str(entry["name"]), _types(entry["inputs"])
    inputs = cast("list[dict[str, object]]", entry["inputs"])
    parameters = tuple((str(each["name"]), str(each["type"]), bool(each["indexed"])) for each in inputs)
    return Event(name, keccak256(f"{name}({','.join(types)})".encode()), parameters)


def _types(parameters: object) -> tuple[str, ...]:
    return tuple(str(parameter["type"]) for parameter in cast("list[dict[str, object]]", parameters))
