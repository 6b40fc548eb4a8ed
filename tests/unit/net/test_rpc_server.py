"""The RPC listener under friendly and hostile callers, on real sockets."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed, open_websocket_url

from rollup.core.transport import RpcError
from rollup.environment import RpcLimits, RpcOptions, StoreFailed, StreamClosed
from rollup.net.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR
from rollup.net.server import serve_rpc

pytestmark = pytest.mark.process

LIMITS = RpcLimits(backlog=8, connections_per_address=4)

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n"
)


class Node:
    """What the methods below act on, and what the listener logged."""

    def __init__(self):
        self.events = []
        self.contexts = []
        self.cut_off = trio.Event()
        self.ready = True

    def report(self, event, /, **fields):
        self.events.append((event, fields))

    async def handle(self, method, params, context):
        self.contexts.append(context)
        match method:
            case "get_echo":
                return list(params)
            case "send":
                return True
            case "subscribe":
                return self.flood(context, *params)
            case "bug":
                raise ValueError("a secret")
            case "disk":
                raise StoreFailed("disk")
        raise RpcError(METHOD_NOT_FOUND, f"no method {method}")

    def flood(self, context, count):
        try:
            for number in range(count):
                context.notify("subscription", [number])
        except StreamClosed:
            self.cut_off.set()
        return context.can_notify


class Client:
    """A raw or a polite caller."""

    def __init__(self, address, node):
        self.address = address
        self.node = node
        self.url = f"http://{address}/"
        self.http = httpx.AsyncClient(trust_env=False, base_url=self.url, timeout=5)

    async def post(self, content, **headers):
        return await self.http.post("/", content=content, headers=headers)

    async def call(self, method, *params, **headers):
        return (await self.post(request(method, *params), **headers)).json()

    async def raw(self, *pieces):
        host, _, port = self.address.rpartition(":")
        stream = await trio.open_tcp_stream(host, int(port))
        for piece in pieces:
            await stream.send_all(piece)
        return stream

    async def raw_answer(self, *pieces):
        async with await self.raw(*pieces) as stream:
            answer = b""
            with trio.fail_after(5):
                while received := await stream.receive_some():
                    answer += received
            return answer


@asynccontextmanager
async def websocket(client, **options):
    async with open_websocket_url(f"ws://{client.address}/", **options) as socket:
        try:
            yield socket
        finally:
            # Where the server hangs up first, trio-websocket leaves the socket to the garbage collector.
            with trio.CancelScope(shield=True):
                await socket.aclose()
                await trio.aclose_forcefully(socket._stream)


async def until_closed(socket):
    with trio.fail_after(5):
        while True:
            try:
                await socket.get_message()
            except ConnectionClosed:
                return


async def stream_is_open(stream):
    try:
        await stream.send_all(b"a: b\r\n")
        with trio.move_on_after(0.01):
            return bool(await stream.receive_some())
    except trio.BrokenResourceError:
        return False
    return True


def request(method, *params, identity=1):
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}).encode()


async def serving(nursery, limits):
    node = Node()
    options = RpcOptions(
        limits=limits, is_read=lambda name: name.startswith("get"), is_ready=lambda: node.ready, metrics=lambda: b"heads 3\n"
    )
    run = partial(serve_rpc, "127.0.0.1:0", node.handle, options=options, report=node.report)
    return Client(await nursery.start(run), node)


@pytest.fixture
async def client(nursery):
    client = await serving(nursery, LIMITS)
    async with client.http:
        yield client


@pytest.fixture
async def hasty(nursery):
    """A client of a listener with short clocks."""
    client = await serving(nursery, replace(LIMITS, header_s=0.05, body_s=0.05, idle_s=0.1))
    async with client.http:
        yield client


async def test_calls_batches_and_notifications(client):
    assert await client.call("get_echo", 1, "two", None) == {"jsonrpc": "2.0", "id": 1, "result": [1, "two", None]}
    batch = await client.post(b"[" + request("get_echo", identity=7) + b"," + request("nothing", identity=8) + b"]")
    assert [(item["id"], item.get("error", {}).get("code")) for item in batch.json()] == [(7, None), (8, METHOD_NOT_FOUND)]
    notification = await client.post(b'{"jsonrpc":"2.0","method":"get_echo"}')
    assert (notification.status_code, notification.content) == (204, b"")
    assert client.node.contexts[0].peer == "127.0.0.1"


async def test_errors_come_with_status_200(client):
    answer = await client.post(b"{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, PARSE_ERROR)
    answer = await client.post(b'{"a":' * 100 + b"1" + b"}" * 100)
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, PARSE_ERROR)
    answer = await client.post(b"[" + b",".join([request("send")] * 51) + b"]")
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, INVALID_REQUEST)
    assert client.node.contexts == []


async def test_a_bug_keeps_its_secrets(client):
    answer = await client.call("bug")
    assert answer["error"] == {"code": INTERNAL_ERROR, "message": "internal error"}
    assert client.node.events[0][0] == "rpc_method_failed"


async def test_pages_beside_the_rpc(client):
    assert (await client.http.get("/healthz")).text == "ok"
    assert (await client.http.get("/readyz")).status_code == 200
    client.node.ready = False
    assert (await client.http.get("/readyz")).status_code == 503
    assert (await client.http.get("/metrics")).text == "heads 3\n"
    assert (await client.http.get("/elsewhere")).status_code == 404
    assert (await client.http.get("/")).status_code == 405


async def test_other_host_names_are_turned_away_everywhere(client):
    for path in ("/", "/healthz", "/metrics"):
        answer = await client.http.post(path, content=request("send"), headers={"host": "evil.example"})
        assert answer.status_code == 403
    assert client.node.contexts == []
    assert b" 403 " in await client.raw_answer(HANDSHAKE.replace(b"localhost", b"evil.example"))


async def test_foreign_pages_may_read_and_not_write(client):
    origin = {"origin": "https://evil.example"}
    read = await client.post(request("get_echo"), **origin)
    assert (read.json()["result"], read.headers["access-control-allow-origin"]) == ([], "*")
    assert (await client.call("send", **origin))["error"]["code"] == INVALID_REQUEST
    assert (await client.call("send", origin="http://localhost:3000"))["result"] is True
    preflight = await client.http.options(
        "/", headers={**origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    )
    assert preflight.headers["access-control-allow-origin"] == "*"


async def test_a_long_body_is_refused_whether_announced_or_not(client):
    for size in (LIMITS.body_bytes + 1, 8 * LIMITS.body_bytes):
        answer = await client.post(bytes(size))
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    chunk = b"%x\r\n%s\r\n" % (1 << 14, bytes(1 << 14))
    unannounced = await client.raw_answer(b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n", *[chunk] * 9)
    assert b" 413 " in unannounced
    absurd = await client.raw_answer(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: " + b"9" * 20 + b"\r\n\r\n")
    assert b" 413 " in absurd or b" 400 " in absurd


async def test_long_headers_are_refused(client):
    answer = await client.raw_answer(b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"x: " + b"y" * LIMITS.header_bytes + b"\r\n")
    assert b" 431 " in answer


async def test_slow_headers_slow_bodies_and_silence_run_into_their_clocks(hasty):
    assert await hasty.raw_answer() == b""
    assert await hasty.raw_answer(b"GET / HT") == b""
    slow_body = await hasty.raw_answer(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nab")
    assert b" 408 " in slow_body


async def test_dripping_headers_do_not_reset_their_clock(hasty):
    async with await hasty.raw(b"GET / HTTP/1.1\r\n") as stream:
        with trio.move_on_after(5):
            while await stream_is_open(stream):
                pass
        assert not await stream_is_open(stream)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    ],
    ids=range(5),
)
async def test_garbage_is_refused_and_the_listener_lives(client, garbage):
    answer = await client.raw_answer(garbage + b"\r\n")
    assert b" 200 " not in answer
    assert (await client.call("send"))["result"] is True


async def test_http2_is_not_offered(client):
    wish = (
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n\r\n"
    )
    async with await client.raw(wish) as stream:
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 200")


async def test_many_requests_on_one_connection_pipelined(client):
    one = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(request("send")) + request("send")
    async with await client.raw(one * 20) as stream:
        answers = b""
        with trio.fail_after(5):
            while answers.count(b'"result":true') < 20:
                answers += await stream.receive_some()
        assert answers.count(b"HTTP/1.1 200") == 20


@pytest.mark.parametrize("ending", [b"", b"POST / HT"], ids=["whole", "half"])
async def test_callers_who_leave_at_once_harm_nobody(client, ending):
    one = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(request("send")) + request("send")
    for _ in range(200):
        await (await client.raw(one + ending)).aclose()
    assert (await client.call("send"))["result"] is True
    assert client.node.events == []


async def test_connections_are_capped(client):
    held = [await client.raw() for _ in range(4)]
    assert await client.raw_answer(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n") == b""
    for stream in held:
        await stream.aclose()
    with trio.fail_after(5):
        while not await client.raw_answer(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"):
            pass


async def test_websocket_takes_text_and_binary_and_pushes_in_order(client):
    async with websocket(client) as socket:
        await socket.send_message(request("get_echo", 1))
        assert json.loads(await socket.get_message())["result"] == [1]
        await socket.send_message(request("subscribe", 3).decode())
        messages = [json.loads(await socket.get_message()) for _ in range(4)]
        assert [message.get("params") for message in messages] == [[0], [1], [2], None]
        assert messages[3]["result"] is True
        await socket.send_message("{")
        assert json.loads(await socket.get_message())["error"]["code"] == PARSE_ERROR
    with trio.fail_after(5):
        await client.node.contexts[0].closed.wait()


async def test_http_takes_no_notifications(client):
    assert (await client.call("subscribe", 1))["result"] is False
    assert client.node.cut_off.is_set()


async def test_a_subscriber_that_falls_behind_is_cut_off(client):
    async with websocket(client) as socket:
        await socket.send_message(request("subscribe", 100))
        await until_closed(socket)
    assert client.node.cut_off.is_set()


async def test_a_long_websocket_message_ends_the_connection(client):
    async with websocket(client) as socket:
        await socket.send_message(bytes(LIMITS.body_bytes + 1))
        await until_closed(socket)
    assert client.node.contexts == []


async def test_a_websocket_from_a_foreign_page_may_read_and_not_write(client):
    async with websocket(client, extra_headers=[(b"origin", b"https://evil.example")]) as socket:
        await socket.send_message(request("get_echo"))
        assert json.loads(await socket.get_message())["result"] == []
        await socket.send_message(request("send"))
        assert json.loads(await socket.get_message())["error"]["code"] == INVALID_REQUEST


async def test_websocket_compression_is_not_taken_up(client):
    async with await client.raw(HANDSHAKE) as stream:
        answer = await stream.receive_some()
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"extensions" not in answer.lower()


async def test_a_storage_failure_ends_the_listener():
    node = Node()

    async def run(*, task_status):
        with pytest.raises(StoreFailed):
            await serve_rpc("127.0.0.1:0", node.handle, options=RpcOptions(), report=node.report, task_status=task_status)

    async with trio.open_nursery() as nursery:
        client = Client(await nursery.start(run), node)
        with pytest.raises(httpx.HTTPError):
            await client.call("disk")
        await client.http.aclose()
