"""JSON-RPC 2.0 (https://www.jsonrpc.org/specification), sans I/O: bytes in, calls out; results in, bytes out.

One rule: the parser is stricter than Python's. Duplicate keys, NaN and infinities, numbers beyond a double, lone surrogates,
other encodings than UTF-8, deep nesting and long batches are refused before anything is called. Order in a batch is kept.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from rollup.core.transport import JSON, Parameters, RpcError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
LIMIT_EXCEEDED = -32005
"""Too much was asked for (EIP-1474)."""

METHOD_LENGTH_MAX = 128
"""Characters in a method's name."""

Id: TypeAlias = int | str | None

_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Strings and brackets. Possessive, and content with an open end, so that a hostile body is scanned once."""


class ResponseMalformed(ValueError):
    """A response body that is JSON, and no answer to what was asked."""


@dataclass(frozen=True, slots=True)
class Call:
    """One well-formed request. A notification is to be executed and not answered."""

    method: str
    params: Parameters
    id: Id
    is_notification: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that is answered with an error at once."""

    id: Id
    error: RpcError


Outcome: TypeAlias = tuple[Id, JSON | RpcError]
"""What became of a call: its id, and its result or error."""


def parse_requests(body: bytes, *, depth_max: int, batch_max: int) -> tuple[list[Call | Failure], bool]:
    """Return the requests of a body in order, and whether they are a batch. A body refused whole is one Failure, no batch."""
    try:
        content = parse_json(body, depth_max=depth_max)
    except ValueError as error:
        return [Failure(None, RpcError(PARSE_ERROR, f"parse error: {error}"))], False
    if not isinstance(content, list):
        return [_request(content)], False
    if not content:
        return [_invalid(None, "empty batch")], False
    if len(content) > batch_max:
        return [_invalid(None, f"a batch of {len(content)} requests exceeds the limit of {batch_max}")], False
    return [_request(item) for item in content], True


def encode_outcomes(outcomes: Sequence[Outcome], *, is_batch: bool) -> bytes:
    """Return the response body. There must be at least one outcome, and exactly one where there was no batch."""
    objects = [encode_outcome(*outcome) for outcome in outcomes]
    return b"[" + b",".join(objects) + b"]" if is_batch else objects[0]


def encode_outcome(identity: Id, outcome: JSON | RpcError) -> bytes:
    """Return one response object. Raises TypeError, ValueError where the result is not JSON: a programmer's error."""
    if not isinstance(outcome, RpcError):
        return encode_json({"jsonrpc": "2.0", "id": identity, "result": outcome})
    error: dict[str, JSON] = {"code": outcome.code, "message": outcome.message}
    if outcome.data is not None:
        error["data"] = outcome.data
    return encode_json({"jsonrpc": "2.0", "id": identity, "error": error})


def encode_request(method: str, params: Parameters, identity: Id) -> bytes:
    """Return one request object."""
    return encode_json({"jsonrpc": "2.0", "id": identity, "method": method, "params": _plain(params)})


def encode_notification(method: str, params: Parameters) -> bytes:
    """Return one notification object."""
    return encode_json({"jsonrpc": "2.0", "method": method, "params": _plain(params)})


def decode_responses(body: bytes, count: int) -> list[JSON | RpcError]:
    """Return the outcomes of requests with ids 0 … count-1, in that order. Raises ValueError where the body does not answer them."""
    content = parse_json(body, depth_max=RESPONSE_DEPTH_MAX)
    if isinstance(content, dict) and content.get("id") is None and "error" in content:
        return [_outcome(content)] * count
    items = content if isinstance(content, list) else [content]
    answers: dict[Id, JSON | RpcError] = {}
    for item in items:
        if not isinstance(item, dict) or not _is_id(item.get("id")):
            raise ResponseMalformed("a response has no usable id")
        answers[cast("Id", item["id"])] = _outcome(item)
    if len(items) != count or any(number not in answers for number in range(count)):
        raise ResponseMalformed(f"{count} requests were answered by {len(items)} responses, not one each")
    return [answers[number] for number in range(count)]


RESPONSE_DEPTH_MAX = 64
"""Nesting accepted from a server: its results sit deeper than a request's arguments."""


def parse_json(body: bytes, *, depth_max: int) -> JSON:
    """Return the value of strict JSON text. Raises ValueError with the reason."""
    text = body.decode("utf-8")
    depth = nesting(body)
    if depth > depth_max:
        raise ValueError(f"nested {depth} deep, more than {depth_max}")
    value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return cast("JSON", value)


def encode_json(value: JSON) -> bytes:
    """Return compact JSON text, in ASCII. Raises TypeError, ValueError where the value is not JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def nesting(body: bytes) -> int:
    """Return the depth of the deepest array or object; counts before parsing, because the parser recurses."""
    if b"[" not in body and b"{" not in body:
        return 0
    depth = deepest = 0
    for token in _TOKENS.finditer(body):
        byte = body[token.start()]
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _request(item: JSON) -> Call | Failure:
    if not isinstance(item, dict):
        return _invalid(None, "a request is an object")
    identity = item.get("id")
    if not _is_id(identity):
        return _invalid(None, "an id is a string, an integer or null")
    known = cast("Id", identity)
    method, params = item.get("method"), item.get("params", [])
    if item.get("jsonrpc") != "2.0":
        return _invalid(known, 'the member jsonrpc must be "2.0"')
    if not isinstance(method, str) or not 0 < len(method) <= METHOD_LENGTH_MAX:
        return _invalid(known, f"a method is a string of 1 to {METHOD_LENGTH_MAX} characters")
    if not isinstance(params, list | dict):
        return _invalid(known, "params are an array or an object")
    return Call(method, params, known, is_notification="id" not in item)


def _invalid(identity: Id, reason: str) -> Failure:
    return Failure(identity, RpcError(INVALID_REQUEST, f"invalid request: {reason}"))


def _outcome(item: Mapping[str, JSON]) -> JSON | RpcError:
    error = item.get("error")
    if error is None and "result" in item:
        return item["result"]
    if not isinstance(error, dict):
        raise ResponseMalformed("a response has neither result nor error")
    code, message = error.get("code"), error.get("message")
    if not isinstance(code, int) or not isinstance(message, str):
        raise ResponseMalformed("an error has no code or no message")
    return RpcError(code, message, error.get("data"))


def _is_id(value: JSON) -> bool:
    return value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _plain(params: Parameters) -> JSON:
    return dict(params) if isinstance(params, Mapping) else list(params)


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has a key twice")
    return members


def _constant(name: str) -> JSON:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return value
