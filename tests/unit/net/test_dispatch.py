"""From body to body in memory: a client's codec against the server's dispatcher, with nothing between them."""

import json

import pytest
import trio

from rollup.core.transport import RpcError
from rollup.environment import RpcLimits, StoreFailed
from rollup.net.callers import CallerPolicy, nothing_refused
from rollup.net.dispatch import Dispatcher
from rollup.net.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    decode_responses,
    encode_notification,
    encode_request,
)

METHODS = {}


def method(function):
    METHODS[function.__name__] = function
    return function


@method
def echo(params):
    return params


@method
def revert(params):
    raise RpcError(3, "execution reverted", "0x08c379a0")


@method
def bug(params):
    return 1 // 0 * len(params)


@method
def not_json(params):
    return {1, 2}


@method
def large(params):
    return "x" * params[0]


@method
def broken_disk(params):
    raise StoreFailed("disk")


async def handler(name, params, context):
    if name not in METHODS:
        raise RpcError(METHOD_NOT_FOUND, f"no method {name}")
    return METHODS[name](params)


class Peer:
    """A client and a server with nothing between them."""

    def __init__(self, **limits):
        self.events = []
        self.dispatcher = Dispatcher(handler, RpcLimits(**limits), self.report)

    def report(self, event, /, **fields):
        self.events.append((event, fields))

    async def exchange(self, *calls, refusal=nothing_refused):
        body = b"[" + b",".join(encode_request(name, params, number) for number, (name, params) in enumerate(calls)) + b"]"
        return decode_responses(await self.dispatcher.answer(body, None, refusal), len(calls))


def codes(outcomes):
    return [outcome.code if isinstance(outcome, RpcError) else outcome for outcome in outcomes]


async def test_calls_are_answered_in_order_and_a_bad_one_does_not_stop_the_next():
    outcomes = await Peer().exchange(("echo", [1]), ("revert", []), ("nothing", []), ("bug", []), ("not_json", []), ("echo", {"a": 2}))
    assert codes(outcomes) == [[1], 3, METHOD_NOT_FOUND, INTERNAL_ERROR, INTERNAL_ERROR, {"a": 2}]
    assert outcomes[1].data == "0x08c379a0"


async def test_a_bug_is_logged_and_its_text_is_not_told():
    peer = Peer()
    (outcome,) = await peer.exchange(("bug", []))
    assert outcome.message == "internal error"
    assert peer.events == [("rpc_method_failed", {"method": "bug", "error": "ZeroDivisionError('integer division or modulo by zero')"})]


async def test_the_simulation_hears_of_a_bug_at_once():
    peer = Peer()
    strict = Dispatcher(handler, RpcLimits(), peer.report, raises_bugs=True)
    with pytest.raises(ZeroDivisionError):
        await strict.answer(encode_request("bug", [], 1), None, nothing_refused)


async def test_a_storage_failure_is_not_answered_but_ends_the_node():
    with pytest.raises(StoreFailed):
        await Peer().exchange(("broken_disk", []))


async def test_responses_are_capped_together():
    outcomes = await Peer(response_bytes=1000).exchange(("large", [400]), ("large", [700]), ("large", [100]))
    assert codes(outcomes) == ["x" * 400, LIMIT_EXCEEDED, "x" * 100]


async def test_notifications_are_executed_and_not_answered():
    peer = Peer()
    assert await peer.dispatcher.answer(encode_notification("bug", []), None, nothing_refused) is None
    assert len(peer.events) == 1
    both = b"[" + encode_notification("bug", []) + b"," + encode_request("echo", [5], "a") + b"]"
    answer = await peer.dispatcher.answer(both, None, nothing_refused)
    assert json.loads(answer) == [{"jsonrpc": "2.0", "id": "a", "result": [5]}]


async def test_a_refused_method_never_reaches_the_handler():
    policy = CallerPolicy(frozenset(), is_read=lambda name: name == "echo")
    peer = Peer()
    outcomes = await peer.exchange(("echo", [1]), ("bug", []), refusal=policy.refusal("https://elsewhere.example"))
    assert codes(outcomes) == [[1], INVALID_REQUEST]
    assert peer.events == []


async def test_a_cancelled_caller_cancels_the_method():
    async def forever(name, params, context):
        await trio.sleep_forever()

    dispatcher = Dispatcher(forever, RpcLimits(), Peer().report)
    with trio.move_on_after(0) as scope:
        await dispatcher.answer(encode_request("m", [], 1), None, nothing_refused)
    assert scope.cancelled_caught
