"""The RPC client against good, slow, dead and senseless servers: every failure is one of three."""

from functools import partial

import pytest
import trio

from rollup.core.transport import ConnectionFailed, RpcError, RpcTimeout
from rollup.environment import AddressRefused, RpcOptions
from rollup.net.client import HttpRpcClient
from rollup.net.server import serve_rpc

pytestmark = pytest.mark.process


async def handle(method, params, context):
    if method == "slow":
        await trio.sleep_forever()
    if method == "revert":
        raise RpcError(3, "execution reverted", "0x1234")
    return list(params)


@pytest.fixture
async def address(nursery):
    async def run(*, task_status):
        await serve_rpc("127.0.0.1:0", handle, options=RpcOptions(), report=lambda *_, **__: None, task_status=task_status)

    yield await nursery.start(run)
    nursery.cancel_scope.cancel()


@pytest.fixture
async def client(address):
    client = HttpRpcClient(f"http://{address}", timeout_s=5)
    yield client
    await client.aclose()


async def answering(nursery, response):
    """Serve one response to whatever comes, and hang up."""

    async def answer(stream):
        async with stream:
            await stream.receive_some()
            await stream.send_all(response)

    (listener,) = await nursery.start(partial(trio.serve_tcp, answer, 0, host="127.0.0.1"))
    return f"http://127.0.0.1:{listener.socket.getsockname()[1]}"


async def test_calls_and_batches(client):
    assert await client.call("m", [1, {"a": None}]) == [1, {"a": None}]
    assert await client.call("m", {"a": 1}) == ["a"]
    first, error, last = await client.batch([("m", [1]), ("revert", []), ("m", [])])
    assert (first, error.code, error.data, last) == ([1], 3, "0x1234", [])
    assert await client.batch([]) == []
    with pytest.raises(RpcError, match="execution reverted"):
        await client.call("revert")


async def test_many_tasks_share_the_pool(client):
    results = {}

    async def call(number):
        results[number] = await client.call("m", [number])

    async with trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(call, number)
    assert results == {number: [number] for number in range(50)}


async def test_a_slow_server_is_a_timeout(address):
    client = HttpRpcClient(f"http://{address}", timeout_s=0.02)
    with pytest.raises(RpcTimeout, match=r"did not answer within 0\.02 s"):
        await client.call("slow")
    await client.aclose()


async def test_nobody_there_and_a_closed_client_are_failed_connections(client):
    with pytest.raises(ConnectionFailed):
        await HttpRpcClient("http://127.0.0.1:1", timeout_s=5).call("m")
    await client.aclose()
    with pytest.raises(ConnectionFailed):
        await client.call("m")


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"nonsense",
        b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 302 no\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n" + b" " * 101,
    ],
    ids=["silence", "nonsense", "500", "redirect", "no answer", "cut short", "too long"],
)
async def test_senseless_answers_are_failed_connections(nursery, response):
    client = HttpRpcClient(await answering(nursery, response), timeout_s=5, response_bytes_max=100)
    with pytest.raises(ConnectionFailed) as failure:
        await client.call("m")
    assert not isinstance(failure.value, RpcTimeout)
    await client.aclose()


def test_a_malformed_url_is_refused_at_once():
    with pytest.raises(AddressRefused):
        HttpRpcClient("localhost:1", timeout_s=5)
