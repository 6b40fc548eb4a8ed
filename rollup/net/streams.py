"""Framed streams over TCP: dialling, serving, and the clocks of both.

One rule: the peer's silence, slowness and greed are bounded by `StreamLimits`; whatever ends a stream, the caller sees StreamClosed.
"""

from collections import deque
from collections.abc import Sequence

import trio

from rollup.environment import (
    AddressRefused,
    ConnectionFailed,
    FrameTooLarge,
    StoreError,
    StreamClosed,
    StreamHandler,
    StreamLimits,
    TransportError,
)
from rollup.net.addresses import Endpoint, parse_address
from rollup.net.dispatch import Report
from rollup.net.framing import FrameDecoder, encode_frames
from rollup.net.listeners import Admission, accept_all, bind

RECEIVE_BYTES = 1 << 18
"""Most bytes taken from the socket at once."""

DIAL_S = 10.0
"""Longest that connecting may take."""

_BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError)


class TcpStream:
    """A `rollup.environment.Stream` on a socket. Any task may send; one task at a time may receive."""

    def __init__(self, stream: trio.SocketStream, peer: str, limits: StreamLimits) -> None:
        self._stream = stream
        self._peer = peer
        self._limits = limits
        self._decoder = FrameDecoder(limits.frame_bytes)
        self._ready: deque[bytes] = deque()
        self._sending = trio.StrictFIFOLock()

    @property
    def peer(self) -> str:
        """The other side's address."""
        return self._peer

    async def send(self, frame: bytes) -> None:
        """Send one frame. Raises StreamClosed, FrameTooLarge."""
        await self.send_many((frame,))

    async def send_many(self, frames: Sequence[bytes]) -> None:
        """Send frames in one go. Raises StreamClosed, FrameTooLarge. Cancelled halfway, it closes the stream."""
        content = encode_frames(frames, self._limits.frame_bytes)
        async with self._sending:
            with trio.move_on_after(self._limits.send_s):
                await self._send_all(content)
                return
            self._stream.socket.close()
            raise StreamClosed(f"{self._peer} took no bytes for {self._limits.send_s:g} s")

    async def receive(self) -> bytes:
        """Return the next frame. Raises StreamClosed, FrameTooLarge."""
        if not self._ready:
            self._ready.extend(await self._receive_some())
        return self._ready.popleft()

    async def receive_many(self) -> list[bytes]:
        """Return every frame at hand, at least one. Raises StreamClosed, FrameTooLarge."""
        if self._ready:
            frames = list(self._ready)
            self._ready.clear()
            return frames
        return await self._receive_some()

    async def aclose(self) -> None:
        """Close both directions."""
        self._stream.socket.close()
        await trio.lowlevel.checkpoint()

    async def _send_all(self, content: bytes) -> None:
        try:
            await self._stream.send_all(content)
        except _BROKEN as error:
            raise StreamClosed(f"{self._peer} has gone") from error
        except trio.Cancelled:
            # Half a frame may have left: whatever followed it would be read as the rest.
            self._stream.socket.close()
            raise

    async def _receive_some(self) -> list[bytes]:
        started = None if self._decoder.is_empty else trio.current_time()
        while True:
            idle = started is None
            deadline = trio.current_time() + self._limits.idle_s if started is None else started + self._limits.frame_s
            frames = self._feed(await self._receive_bytes(deadline, is_idle=idle))
            if frames:
                return frames
            started = trio.current_time() if started is None else started

    async def _receive_bytes(self, deadline: float, *, is_idle: bool) -> bytes:
        with trio.move_on_at(deadline):
            try:
                received = bytes(await self._stream.receive_some(RECEIVE_BYTES))
            except _BROKEN as error:
                raise StreamClosed(f"{self._peer} has gone") from error
            if received:
                return received
            raise StreamClosed(f"{self._peer} closed the stream" + ("" if is_idle else " within a frame"))
        self._stream.socket.close()
        raise StreamClosed(f"{self._peer} was idle for too long" if is_idle else f"{self._peer} took too long over a frame")

    def _feed(self, received: bytes) -> list[bytes]:
        try:
            return self._decoder.feed(received)
        except FrameTooLarge:
            self._stream.socket.close()
            raise


async def dial(address: str, limits: StreamLimits) -> TcpStream:
    """Connect to a framed listener. Raises ConnectionFailed."""
    try:
        endpoint = parse_address(address)
        with trio.fail_after(DIAL_S):
            stream = await trio.open_tcp_stream(endpoint.host, endpoint.port)
    except (OSError, trio.TooSlowError, AddressRefused) as error:
        raise ConnectionFailed(f"cannot connect to {address}: {str(error) or 'it does not answer'}") from error
    return TcpStream(stream, address, limits)


async def serve(
    address: str,
    handler: StreamHandler,
    *,
    limits: StreamLimits,
    report: Report,
    beyond_loopback: bool = False,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a handler a connection until cancelled. Raises AddressInUse, AddressRefused, and any StoreError of a handler."""
    listener, endpoint = await bind(address, beyond_loopback=beyond_loopback)
    admission = Admission(limits.connections, limits.connections_per_address)

    async def connected(stream: trio.SocketStream, caller: Endpoint) -> None:
        await handle(handler, TcpStream(stream, str(caller), limits), report)

    task_status.started(str(endpoint))
    await accept_all(listener, admission, connected)


async def handle(handler: StreamHandler, stream: TcpStream, report: Report) -> None:
    """Run a handler for one connection; its end is the connection's, and a bug in it no more than that."""
    try:
        await handler(stream)
    except TransportError as error:
        report("stream_ended", peer=stream.peer, reason=str(error))
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one caller's bytes must not end the others; the log tells of the bug
        report("stream_handler_failed", peer=stream.peer, error=repr(error))
    finally:
        await stream.aclose()
