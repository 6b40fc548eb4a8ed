"""Who is behind an RPC connection: what a handler learns of its caller, and how it sends notifications.

One rule: no caller makes us wait or remember without bound. A subscriber that does not read is cut off when its queue is full.
"""

import trio
from starlette.websockets import WebSocket

from rollup.core.transport import Parameters
from rollup.environment import StreamClosed
from rollup.net.connection import Connection
from rollup.net.jsonrpc import encode_notification


class HttpCaller:
    """The caller of a POST: a `rollup.environment.RpcContext`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def peer(self) -> str:
        """Host, without port."""
        return self._connection.host

    @property
    def connection(self) -> int:
        """Number, unique in the listener's life."""
        return self._connection.number

    @property
    def closed(self) -> trio.Event:
        """Set when the connection has gone."""
        return self._connection.closed

    @property
    def can_notify(self) -> bool:
        """Whether notifications are taken: HTTP answers and is done."""
        return False

    def notify(self, method: str, params: Parameters) -> None:
        """Raise StreamClosed."""
        raise StreamClosed(f"{method} with {len(params)} params: a caller over HTTP takes no notifications")


class WebSocketCaller(HttpCaller):
    """The caller behind a WebSocket, with the queue of what it is to be sent: answers and notifications, in order."""

    def __init__(self, connection: Connection, backlog: int) -> None:
        super().__init__(connection)
        self._sender, self._queue = trio.open_memory_channel[bytes](backlog)

    @property
    def can_notify(self) -> bool:
        """Whether notifications are taken: yes."""
        return True

    def notify(self, method: str, params: Parameters) -> None:
        """Queue a notification. Raises StreamClosed where the connection has gone or its queue is full."""
        if self.closed.is_set():
            raise StreamClosed("the subscriber has gone")
        try:
            self._sender.send_nowait(encode_notification(method, params))
        except trio.WouldBlock:
            self._connection.hang_up()
            raise StreamClosed("the subscriber fell behind and was cut off") from None

    async def reply(self, answer: bytes) -> None:
        """Queue an answer; waits for room, so that a caller who does not read is not served further."""
        await self._sender.send(answer)

    async def pump(self, websocket: WebSocket) -> None:
        """Send what is queued, until cancelled."""
        async for content in self._queue:
            await websocket.send_text(content.decode("ascii"))
