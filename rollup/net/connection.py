"""One HTTP/1.1 connection: hypercorn's protocol on a trio stream, under our own clocks.

One rule: at every moment a caller who stays silent runs into a deadline. Hypercorn's own server has one read timeout, which a
caller who drips a byte now and then outlives; and it shields its sends, so that a caller who does not read could hold up a
shutdown. So the protocol (parsing, WebSocket, ASGI) is hypercorn's, and the loop around it is this file:

    silent between requests: idle_s · from a request's first byte to the end of its headers: header_s
    the body: body_s, kept by the application · an open WebSocket: idle_s since the last byte, pings are sent in between
    a send that makes no progress: SEND_S

HTTP/2 is not offered, nor WebSocket compression (a bomb is decompressed before it is measured).
"""

from collections.abc import Awaitable, Callable
from math import inf
from typing import cast

import h11
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ConnectionState, H11SendableEvent

from rollup.environment import RpcLimits
from rollup.net.addresses import Endpoint

RECEIVE_BYTES = 1 << 16
"""Most bytes taken from the socket at once."""

SEND_S = 30.0
"""Longest that a send may take before the caller counts as gone."""

LINGER_S = 1.0
"""How long a caller who was turned away may go on sending, so that it reads our answer before the reset."""

LINGER_BYTES = 1 << 20
"""How much it may send in that time."""


def hypercorn_config(limits: RpcLimits) -> Config:
    """Return hypercorn's settings for our limits; its own logs and time-outs are off."""
    config = Config()
    config.accesslog = None
    config.errorlog = None
    config.h11_max_incomplete_size = limits.header_bytes
    config.websocket_max_message_size = limits.body_bytes
    config.websocket_ping_interval = limits.idle_s / 3
    config.keep_alive_max_requests = 1 << 62
    config.include_server_header = False
    return config


class Protocol(H11Protocol):
    """Hypercorn's HTTP/1.1 and WebSocket, without HTTP/2 upgrades and compression."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Leave any wish for another protocol unanswered, as RFC 9110 §7.8 allows."""

    async def _create_stream(self, request: h11.Request) -> None:
        headers = [(name, value) for name, value in request.headers if name != b"sec-websocket-extensions"]
        await super()._create_stream(
            h11.Request(method=request.method, target=request.target, headers=headers, http_version=request.http_version)
        )

    async def _send_h11_event(self, event: H11SendableEvent) -> None:
        """Hang up where an event does not fit: a caller who left while its answer began has none coming, nor an error in its place."""
        try:
            await super()._send_h11_event(event)
        except h11.LocalProtocolError:
            await self.send(Closed())


class Connection:
    """One accepted connection. `state["connection"]` of an ASGI scope is the one that it came on."""

    def __init__(self, stream: trio.SocketStream, caller: Endpoint, number: int, limits: RpcLimits) -> None:
        self.host = caller.host
        self.number = number
        self.closed = trio.Event()
        self._caller = caller
        self._stream = stream
        self._limits = limits
        self._is_idle = True
        self._header_deadline = inf
        self._reading = trio.CancelScope()
        self._receiving = trio.CancelScope()
        self._sending = trio.Lock()
        self._protocol: Protocol | None = None
        self._hung_up = False

    async def run(self, app: ASGIFramework, config: Config) -> None:
        """Serve requests until either side closes, or a deadline passes."""
        with trio.CancelScope() as scope:
            async with TaskGroup() as tasks:
                try:
                    self._protocol = self._new_protocol(app, config, tasks)
                    with self._reading:
                        await self._read_all(self._protocol)
                    await self._linger()
                finally:
                    self.closed.set()
                    scope.cancel()

    def hang_up(self) -> None:
        """Stop reading; the connection is closed once what was sent has had time to arrive."""
        self._hung_up = True
        self._reading.cancel()

    def _new_protocol(self, app: ASGIFramework, config: Config, tasks: TaskGroup) -> Protocol:
        state = ConnectionState({"connection": self})
        return Protocol(ASGIWrapper(app), config, WorkerContext(None), tasks, state, False, self._caller, None, self._on_event)

    async def _read_all(self, protocol: Protocol) -> None:
        while True:
            received = b""
            with trio.CancelScope(deadline=self._deadline()) as self._receiving:
                try:
                    received = await self._stream.receive_some(RECEIVE_BYTES)
                except trio.BrokenResourceError:
                    return
            if not received:
                return
            if self._is_idle and self._header_deadline == inf:
                self._header_deadline = trio.current_time() + self._limits.header_s
            await protocol.handle(RawData(bytes(received)))

    def _deadline(self) -> float:
        if self._protocol is not None and isinstance(self._protocol.connection, H11WSConnection):
            return trio.current_time() + self._limits.idle_s
        if not self._is_idle:
            return inf
        return min(self._header_deadline, trio.current_time() + self._limits.idle_s)

    async def _on_event(self, event: Event) -> None:
        if isinstance(event, RawData):
            await self._send(event.data)
        elif isinstance(event, Closed):
            self.hang_up()
        elif isinstance(event, Updated):
            self._is_idle = event.idle
            self._header_deadline = inf
            self._receiving.deadline = self._deadline()

    async def _send(self, data: bytes) -> None:
        async with self._sending:
            try:
                with trio.fail_after(SEND_S):
                    await self._stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                self._reading.cancel()

    async def _linger(self) -> None:
        """Let a caller who was turned away in mid-sentence read why: closing on unread bytes would reset the answer away."""
        if not self._hung_up:
            return
        room = LINGER_BYTES
        with trio.move_on_after(LINGER_S):
            try:
                await self._stream.send_eof()
                while room > 0 and (received := await self._stream.receive_some(RECEIVE_BYTES)):
                    room -= len(received)
            except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                return


ConnectionApp = Callable[[Connection], Awaitable[None]]


def connection_of(state: object) -> Connection:
    """Return the connection behind an ASGI scope's state."""
    return cast("dict[str, Connection]", state)["connection"]
