"""JSON-RPC without I/O: what is refused, what is kept, and that two peers agree."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.transport import RpcError
from rollup.net.jsonrpc import (
    INVALID_REQUEST,
    PARSE_ERROR,
    Call,
    Failure,
    ResponseMalformed,
    decode_responses,
    encode_notification,
    encode_outcomes,
    encode_request,
    nesting,
    parse_json,
    parse_requests,
)

scalars = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
)
params = st.lists(json_values, max_size=4) | st.dictionaries(st.text(max_size=8), json_values, max_size=4)
errors = st.builds(RpcError, st.integers(-40000, 40000), st.text(max_size=20), scalars)


def parse(body):
    return parse_requests(body, depth_max=32, batch_max=50)


def request(**members):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "m", **members}).encode()


@given(method=st.text(min_size=1, max_size=20), arguments=params, identity=st.integers() | st.text() | st.none())
def test_a_request_arrives_as_it_was_sent(method, arguments, identity):
    assert parse(encode_request(method, arguments, identity)) == ([Call(method, arguments, identity)], False)


@given(arguments=params)
def test_a_notification_is_known_as_one(arguments):
    assert parse(encode_notification("m", arguments)) == ([Call("m", arguments, None, is_notification=True)], False)


@given(outcomes=st.lists(json_values | errors, min_size=1, max_size=6), order=st.randoms())
def test_outcomes_arrive_in_the_order_of_the_calls_whatever_the_order_of_the_answers(outcomes, order):
    numbered = list(enumerate(outcomes))
    order.shuffle(numbered)
    received = decode_responses(encode_outcomes(numbered, is_batch=True), len(outcomes))
    for sent, came in zip(outcomes, received, strict=True):
        if isinstance(sent, RpcError):
            assert (came.code, came.message, came.data) == (sent.code, sent.message, sent.data)
        else:
            assert came == sent


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}',
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":[NaN]}',
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":[-Infinity]}',
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":[1e999]}',
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":["\\ud800"]}',
        b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":[1_0]}',
        '{"jsonrpc":"2.0","id":1,"method":"m","params":[١]}'.encode(),
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":[' + b"9" * 5000 + b"]}",
        request().decode().encode("utf-16"),
        b"\xef\xbb\xbf" + request(),
        request(params=json.loads("[" * 32 + "]" * 32)),
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=range(17),
)
def test_what_is_not_strict_json_is_a_parse_error(body):
    (failure,), is_batch = parse(body)
    assert not is_batch
    assert failure.id is None
    assert failure.error.code == PARSE_ERROR


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (b"1", None),
        (b"null", None),
        (b"[]", None),
        (b'"text"', None),
        (request(jsonrpc="1.0"), 1),
        (request(method=5), 1),
        (request(method=""), 1),
        (request(method="m" * 129), 1),
        (request(params="text"), 1),
        (request(params=None), 1),
        (request(id=True), None),
        (request(id=1.5), None),
        (request(id=[]), None),
        (json.dumps([{}] * 51).encode(), None),
    ],
    ids=range(14),
)
def test_what_is_no_request_is_an_invalid_request(body, identity):
    (failure,), is_batch = parse(body)
    assert not is_batch
    assert failure.id == identity
    assert failure.error.code == INVALID_REQUEST


def test_a_batch_keeps_its_order_and_its_bad_members():
    body = b"[" + request(id=1) + b",5," + request(id=2) + b"]"
    requests, is_batch = parse(body)
    assert is_batch
    assert [type(item) for item in requests] == [Call, Failure, Call]


@pytest.mark.parametrize("depth", [0, 1, 31, 32])
def test_depth_up_to_the_limit_is_allowed(depth):
    assert nesting(b"[" * depth + b"]" * depth) == depth


def test_brackets_within_strings_are_not_nesting():
    assert nesting(rb'["[[[{{{\"[[[", "\\", "{"]') == 1


@pytest.mark.parametrize("unit", [b'"', b'\\"', b'"\\', b'["', b'{"', b"\\"])
def test_depth_is_counted_in_one_pass_over_a_hostile_body(unit):
    """Of a megabyte more than one pass takes the better part of an hour: this ends, or it does not."""
    for length in (99, 100, 101, 1 << 20):
        body = b'[1,"' + unit * (length // len(unit))
        assert nesting(body) == depth_read_byte_by_byte(body)


def depth_read_byte_by_byte(body):
    depth = deepest = 0
    within = escaped = False
    for byte in body:
        if within:
            within, escaped = escaped or byte != ord('"'), not escaped and byte == ord("\\")
        elif byte == ord('"'):
            within = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_parse_or_are_refused_with_a_value_error(body):
    try:
        value = parse_json(body, depth_max=8)
    except ValueError:
        return
    assert value == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"5",
        b"[]",
        b'{"jsonrpc":"2.0","id":0}',
        b'{"jsonrpc":"2.0","id":[],"result":1}',
        b'{"jsonrpc":"2.0","id":7,"result":1}',
        b'{"jsonrpc":"2.0","id":0,"error":"text"}',
        b'{"jsonrpc":"2.0","id":0,"error":{"code":"x","message":"m"}}',
        b'{"jsonrpc":"2.0","id":0,"error":{"code":1}}',
        b'[{"jsonrpc":"2.0","id":0,"result":1},{"jsonrpc":"2.0","id":0,"result":1}]',
    ],
)
def test_what_does_not_answer_the_request_is_malformed(body):
    with pytest.raises(ResponseMalformed):
        decode_responses(body, 1)


def test_an_error_for_the_whole_body_answers_every_call():
    body = encode_outcomes([(None, RpcError(PARSE_ERROR, "parse error"))], is_batch=False)
    assert [outcome.code for outcome in decode_responses(body, 3)] == [PARSE_ERROR] * 3
