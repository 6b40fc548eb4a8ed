"""Framed streams between simulated nodes.

One rule: what a node sees of a stream is what TCP would show it: frames in order, then an orderly end, or a reset at any moment.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

import trio

from rollup.devnet.simulation.network import Network
from rollup.environment import FrameTooLarge, StreamClosed, StreamLimits

WINDOW_BYTES = 4 << 20
"""Bytes sent and not yet received at which a sender waits."""


class Pipe:
    """One direction of a stream: what has arrived, and how it ended."""

    def __init__(self, network: Network, label: str, source: str, target: str) -> None:
        self.arrived: deque[bytes] = deque()
        self.end: str | None = None
        self._network = network
        self._label = label
        self._source = source
        self._target = target
        self._last_arrival = 0.0
        self._bytes_under_way = 0
        self._changed = trio.Event()

    @property
    def has_room(self) -> bool:
        """Whether a sender need not wait."""
        return self._bytes_under_way < WINDOW_BYTES or self.end is not None

    def is_reset(self) -> bool:
        """Draw whether the network resets the stream now."""
        return self._network.chance(self._network.link_between(self._source, self._target).reset)

    async def wait(self) -> None:
        """Wait until something arrives, leaves or ends."""
        await self._changed.wait()

    def send(self, frames: Sequence[bytes]) -> None:
        """Put frames on their way."""
        self._bytes_under_way += sum(map(len, frames))
        self._post(lambda: self._arrive(frames))

    def send_end(self, reason: str) -> None:
        """Put the end on its way, behind every frame."""
        self._post(lambda: self._finish(reason))

    def took(self, length: int) -> None:
        """Make room for more."""
        self._bytes_under_way -= length
        self._wake()

    def _post(self, action: Callable[[], None]) -> None:
        self._last_arrival = self._network.post_in_order(self._source, self._target, self._last_arrival, action)

    def _arrive(self, frames: Sequence[bytes]) -> None:
        if self.end is None:
            self._network.record("frames", self._label, self._source, self._target, frames)
            self.arrived.extend(frames)
            self._wake()

    def _finish(self, reason: str) -> None:
        if self.end is None:
            self._network.record("stream_end", self._label, self._source, self._target, reason)
            self.end = reason
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class SimulatedStream:
    """A `rollup.environment.Stream` between two nodes: one node's end of it."""

    def __init__(self, incoming: Pipe, outgoing: Pipe, *, peer: str, limits: StreamLimits, gate: "StreamGate") -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._peer = peer
        self._limits = limits
        self._gate = gate
        self._number = gate.enter(self)
        self._closed = False

    @property
    def peer(self) -> str:
        """The other node's name, and the number of the stream."""
        return self._peer

    async def send(self, frame: bytes) -> None:
        """Send one frame. Raises StreamClosed, FrameTooLarge."""
        await self.send_many((frame,))

    async def send_many(self, frames: Sequence[bytes]) -> None:
        """Send frames in one go. Raises StreamClosed, FrameTooLarge."""
        await self._gate.pass_through()
        for frame in frames:
            self._check_size(frame)
        with trio.move_on_after(self._limits.send_s):
            while not self._outgoing.has_room and self._is_open():
                await self._outgoing.wait()
        if not self._is_open() or not self._outgoing.has_room or self._outgoing.is_reset():
            self.hang_up("reset by the network")
            raise StreamClosed(f"{self._peer}: {self._incoming.end or 'the stream is closed'}")
        self._outgoing.send(tuple(map(bytes, frames)))

    async def receive(self) -> bytes:
        """Return the next frame. Raises StreamClosed, FrameTooLarge."""
        await self._arrival()
        return self._take()

    async def receive_many(self) -> list[bytes]:
        """Return every frame at hand, at least one. Raises StreamClosed, FrameTooLarge."""
        await self._arrival()
        return [self._take() for _ in range(len(self._incoming.arrived))]

    async def aclose(self) -> None:
        """Close both directions."""
        self.hang_up("closed by the peer")
        await trio.lowlevel.checkpoint()

    def hang_up(self, reason: str) -> None:
        """Close both directions, and let the peer know why, after what was sent before."""
        if not self._closed:
            self._closed = True
            self._gate.leave(self._number)
            self._outgoing.send_end(reason)

    def _is_open(self) -> bool:
        return not self._closed and self._incoming.end is None

    async def _arrival(self) -> None:
        await self._gate.pass_through()
        with trio.move_on_after(self._limits.idle_s):
            while not self._incoming.arrived:
                if not self._is_open():
                    raise StreamClosed(f"{self._peer}: {self._incoming.end or 'the stream is closed'}")
                await self._incoming.wait()
                self._gate.check()
            return
        self.hang_up("closed for idleness")
        raise StreamClosed(f"{self._peer} was idle for too long")

    def _take(self) -> bytes:
        frame = self._incoming.arrived.popleft()
        self._incoming.took(len(frame))
        if len(frame) > self._limits.frame_bytes:
            self.hang_up("a frame was too large")
        self._check_size(frame)
        return frame

    def _check_size(self, frame: bytes) -> None:
        if len(frame) > self._limits.frame_bytes:
            raise FrameTooLarge(len(frame), self._limits.frame_bytes)


class StreamGate:
    """What a node's streams share: the node's life, and the list of them."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check
        self._streams: dict[int, SimulatedStream] = {}
        self._numbers = count(1)

    async def pass_through(self) -> None:
        """Let others run, then go on if the node lives. Raises NodeDead."""
        await trio.lowlevel.checkpoint()
        self.check()

    def enter(self, stream: SimulatedStream) -> int:
        """Add a stream."""
        number = next(self._numbers)
        self._streams[number] = stream
        return number

    def leave(self, number: int) -> None:
        """Forget a stream."""
        self._streams.pop(number, None)

    def reset_all(self) -> None:
        """Reset every stream: the node has died."""
        for stream in list(self._streams.values()):
            stream.hang_up("reset by the peer")
