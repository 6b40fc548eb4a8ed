"""JSON-RPC over HTTP POST and WebSocket on one port, with /healthz, /readyz and /metrics beside it.

One rule: what a caller may cost us is bounded before it is served: see `RpcLimits` for each bound. A StoreError in a handler
ends the listener, and with it the node.
"""

from contextlib import aclosing
from functools import partial
from itertools import count

import trio
from hypercorn.typing import ASGIFramework
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from rollup.environment import RpcHandler, RpcOptions, StoreError
from rollup.net.addresses import Endpoint
from rollup.net.callers import CallerPolicy, Refusal
from rollup.net.connection import Connection, connection_of, hypercorn_config
from rollup.net.dispatch import Dispatcher, Report
from rollup.net.listeners import Admission, accept_all, bind
from rollup.net.sessions import HttpCaller, WebSocketCaller

LAST_ANSWER = {"connection": "close"}
"""For answers before the request's end: the rest of it is not read, so no other can follow on the connection."""


async def serve_rpc(
    address: str,
    handler: RpcHandler,
    *,
    options: RpcOptions,
    report: Report,
    beyond_loopback: bool = False,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer calls until cancelled. Raises AddressInUse, AddressRefused, and any StoreError that a handler raises."""
    listener, endpoint = await bind(address, beyond_loopback=beyond_loopback)
    task_status.started(str(endpoint))
    server = RpcServer(Dispatcher(handler, options.limits, report), options, endpoint)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept_all, listener, server.admission, server.connected)
        await server.failed.wait()
        nursery.cancel_scope.cancel()
    if server.failure is not None:
        raise server.failure


class RpcServer:
    """A listener's application and what its connections share."""

    def __init__(self, dispatcher: Dispatcher, options: RpcOptions, endpoint: Endpoint) -> None:
        limits = options.limits
        self.admission = Admission(limits.connections, limits.connections_per_address)
        self.failed = trio.Event()
        self.failure: StoreError | None = None
        self._dispatcher = dispatcher
        self._options = options
        self._policy = CallerPolicy(options.allowed_hosts | {endpoint.host}, options.is_read)
        self._numbers = count(1)
        self._config = hypercorn_config(limits)
        self._app = self._application()

    async def connected(self, stream: trio.SocketStream, caller: Endpoint) -> None:
        """Serve one connection; a bug in that ends it, and no other."""
        connection = Connection(stream, caller, next(self._numbers), self._options.limits)
        try:
            await connection.run(self._app, self._config)
        except Exception as error:  # noqa: BLE001 - one caller's bytes must not end the others; the log tells of the bug
            self._dispatcher.report("rpc_connection_failed", peer=str(caller), error=repr(error))

    def _application(self) -> ASGIFramework:
        routes = [
            Route("/", self._post, methods=["POST"]),
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
            WebSocketRoute("/", self._websocket),
        ]
        reads = CORSMiddleware(Starlette(routes=routes), allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"])
        return partial(known_hosts_only, reads, self._policy)

    async def _post(self, request: Request) -> Response:
        body = await read_body(request, self._options.limits.body_bytes, self._options.limits.body_s)
        if isinstance(body, Response):
            return body
        connection = connection_of(request.scope["state"])
        answer = await self._answer(body, HttpCaller(connection), self._refusal(request))
        return Response(status_code=204) if answer is None else Response(answer, media_type="application/json")

    async def _websocket(self, websocket: WebSocket) -> None:
        await websocket.accept()
        connection = connection_of(websocket.scope["state"])
        session = WebSocketCaller(connection, self._options.limits.backlog)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.pump, websocket)
            while (body := await receive_message(websocket)) is not None:
                answer = await self._answer(body, session, self._refusal(websocket))
                if answer is not None:
                    await session.reply(answer)
            nursery.cancel_scope.cancel()

    async def _answer(self, body: bytes, caller: HttpCaller, refusal: Refusal) -> bytes | None:
        try:
            return await self._dispatcher.answer(body, caller, refusal)
        except StoreError as error:
            self.failure = error
            self.failed.set()
            raise

    def _refusal(self, caller: HTTPConnection) -> Refusal:
        return self._policy.refusal(caller.headers.get("origin"))

    async def _healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _readyz(self, _request: Request) -> Response:
        if self._options.is_ready():
            return PlainTextResponse("ready")
        return PlainTextResponse("not ready", status_code=503)

    async def _metrics(self, _request: Request) -> Response:
        return Response(self._options.metrics(), media_type="text/plain; version=0.0.4")


async def known_hosts_only(app: ASGIApp, policy: CallerPolicy, scope: Scope, receive: Receive, send: Send) -> None:
    """Turn away requests whose Host header does not name us, whatever they ask for."""
    if scope["type"] == "lifespan":
        return
    if policy.knows_host(HTTPConnection(scope).headers.get("host")):
        await app(scope, receive, send)
    elif scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close()
    else:
        await PlainTextResponse("this listener does not answer to that host name", status_code=403, headers=LAST_ANSWER)(
            scope, receive, send
        )


async def read_body(request: Request, bytes_max: int, seconds: float) -> bytes | Response:
    """Return the body, or the response that says why not: 413 too long, 408 too slow."""
    too_long = PlainTextResponse(f"a body may have {bytes_max} bytes", status_code=413, headers=LAST_ANSWER)
    announced = request.headers.get("content-length", "0")
    if len(announced) > 18 or int(announced) > bytes_max:
        return too_long
    pieces, size = [], 0
    with trio.move_on_after(seconds):
        async with aclosing(request.stream()) as stream:
            async for piece in stream:
                size += len(piece)
                if size > bytes_max:
                    return too_long
                pieces.append(piece)
        return b"".join(pieces)
    return PlainTextResponse("the body took too long", status_code=408, headers=LAST_ANSWER)


async def receive_message(websocket: WebSocket) -> bytes | None:
    """Return the next message, text or binary alike (web3.py sends binary), or None at the end."""
    message = await websocket.receive()
    if message["type"] != "websocket.receive":
        return None
    content: bytes | None = message.get("bytes")
    text: str | None = message.get("text")
    return content if content is not None else (text or "").encode("utf-8", "replace")
