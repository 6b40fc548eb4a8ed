"""The seam between a node and the world: clock, randomness, log, threads, network, RPC and store.

One rule: only shapes live here. Node code reaches the outside through an `Environment` and nothing else, so that the
same code runs on sockets and LevelDB (`rollup.net.real`) and on a seeded simulation (`rollup.devnet.simulation`).

Nodes own their nurseries and use trio's cancel scopes, events and memory channels directly: these obey the
simulation's clock and seed. `serve` and `serve_rpc` follow trio's start protocol:

    address = await nursery.start(environment.serve, "127.0.0.1:0", handler)

returns once the listener is bound, with the address that others can dial; the listener lives until it is cancelled.
Addresses are "host:port"; port 0 means any free one. RPC clients take "http://host:port".
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Protocol, TypeAlias, TypeVar, TypeVarTuple

import trio

from rollup.core.transport import (
    JSON,
    ConnectionFailed,
    Parameters,
    RpcClient,
    RpcError,
    RpcTimeout,
    TransportError,
)

__all__ = [
    "DIALLED",
    "JSON",
    "LISTENING",
    "RPC_DEFAULTS",
    "AddressInUse",
    "AddressRefused",
    "ConnectionFailed",
    "Environment",
    "FrameTooLarge",
    "Marker",
    "NodeDead",
    "Parameters",
    "RpcClient",
    "RpcContext",
    "RpcError",
    "RpcHandler",
    "RpcLimits",
    "RpcOptions",
    "RpcTimeout",
    "Store",
    "StoreCorrupt",
    "StoreError",
    "StoreFailed",
    "StoreLocked",
    "Stream",
    "StreamClosed",
    "StreamHandler",
    "StreamLimits",
    "TransportError",
]

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class StreamClosed(TransportError):
    """The stream is at its end: closed here, closed or reset by the peer, or idle for too long."""


class FrameTooLarge(TransportError):
    """A frame is longer than this stream allows; on receiving, the stream is closed as well."""

    def __init__(self, received: int, allowed: int) -> None:
        super().__init__(f"a frame of {received} bytes exceeds the limit of {allowed}")
        self.received = received
        self.allowed = allowed


class AddressInUse(TransportError):
    """Another process listens on this address."""


class AddressRefused(TransportError):
    """The address is malformed, or lies beyond loopback without leave to."""


class StoreError(Exception):
    """Base of the store's failures: all of them end the node."""


class StoreLocked(StoreError):
    """Another process has this data directory open."""


class StoreCorrupt(StoreError):
    """The data directory's checksums do not hold; the message names the directory."""


class StoreFailed(StoreError):
    """A storage operation failed, now or earlier: the handle is poisoned, because LevelDB loses writes after an error."""


class NodeDead(BaseException):
    """This node has been killed by the simulation: every effect is refused. Not an Exception, so no retry loop eats it."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Bounds of a framed stream, and of a listener for such streams. Times in seconds."""

    frame_bytes: int = 1 << 20
    """Longest frame, without its length prefix."""
    frame_s: float = 10.0
    """From a frame's first byte to its last."""
    idle_s: float = 60.0
    """Longest silence while a frame is awaited."""
    send_s: float = 30.0
    """Longest that one send may take: a peer that does not read counts as gone."""
    connections_per_address: int = 32
    connections: int = 1024


LISTENING = StreamLimits()
"""Limits of a listener's streams, unless it names its own."""

DIALLED = StreamLimits(idle_s=inf)
"""Limits of the dialling side: it may wait for the peer for as long as it likes."""


@dataclass(frozen=True, slots=True)
class RpcLimits:
    """Bounds of a JSON-RPC listener (RELIABILITY: who may call what). Times in seconds."""

    header_bytes: int = 8 << 10
    header_s: float = 5.0
    """From a request's first byte to the end of its headers."""
    body_bytes: int = 128 << 10
    body_s: float = 10.0
    """From the end of the headers to the end of the body."""
    depth: int = 32
    """Deepest nesting of a request's arrays and objects."""
    batch: int = 50
    """Most calls in one batch."""
    response_bytes: int = 5 << 20
    idle_s: float = 60.0
    backlog: int = 1024
    """Most unsent notifications of a WebSocket; a subscriber that falls further behind is disconnected."""
    connections_per_address: int = 32
    connections: int = 1024


def no_method(_method: str) -> bool:
    """Say that no method is open to foreign web pages."""
    return False


def always_ready() -> bool:
    """Say that the node is ready from the start."""
    return True


def no_metrics() -> bytes:
    """Return an empty page of metrics."""
    return b""


@dataclass(frozen=True, slots=True)
class RpcOptions:
    """How a JSON-RPC listener treats its callers, beside the handler."""

    limits: RpcLimits = field(default_factory=RpcLimits)
    is_read: Callable[[str], bool] = no_method
    """Whether a method changes nothing: such methods may be called from any web page, the others only from local ones."""
    is_ready: Callable[[], bool] = always_ready
    """Answers /readyz: 200 or 503. /healthz is 200 for as long as the listener runs."""
    metrics: Callable[[], bytes] = no_metrics
    """Answers /metrics in Prometheus' text format: `partial(prometheus_client.generate_latest, registry)`."""
    allowed_hosts: frozenset[str] = frozenset()
    """Host names accepted in the Host header beside loopback's and the bound one (DNS rebinding)."""


RPC_DEFAULTS = RpcOptions()
"""Treats callers as strictly as we can."""


class Stream(Protocol):
    """A connection that carries frames: byte strings with a u32 big-endian length before each."""

    @property
    def peer(self) -> str:
        """The other side's address, for logs and budgets."""
        ...

    async def send(self, frame: bytes) -> None:
        """Send one frame. Raises StreamClosed, FrameTooLarge (our own misuse: nothing is sent)."""
        ...

    async def send_many(self, frames: Sequence[bytes]) -> None:
        """Send frames in one go, in order. Raises as send."""
        ...

    async def receive(self) -> bytes:
        """Return the next frame. Raises StreamClosed at the end, FrameTooLarge."""
        ...

    async def receive_many(self) -> list[bytes]:
        """Return every frame at hand, at least one. Raises as receive. The bulk path: one wake-up for many frames."""
        ...

    async def aclose(self) -> None:
        """Close both directions, at once and idempotently."""
        ...


StreamHandler: TypeAlias = Callable[[Stream], Awaitable[None]]
"""Runs once a connection; the stream is closed when it returns. It may let TransportError escape; nothing else."""


class RpcContext(Protocol):
    """The caller of an RPC method."""

    @property
    def peer(self) -> str:
        """The caller's address, without port: what budgets are counted by."""
        ...

    @property
    def connection(self) -> int:
        """Number of the connection, unique in this listener's life: what subscriptions are kept by."""
        ...

    @property
    def closed(self) -> trio.Event:
        """Set when the connection has gone: time to forget its subscriptions."""
        ...

    @property
    def can_notify(self) -> bool:
        """Whether this connection takes notifications (WebSocket yes, HTTP no)."""
        ...

    def notify(self, method: str, params: Parameters) -> None:
        """Queue a notification, in order, without waiting. Raises StreamClosed when gone, or too slow to be served."""
        ...


RpcHandler: TypeAlias = Callable[[str, Parameters, RpcContext], Awaitable[JSON]]
"""Answers one call, or raises RpcError. Any other Exception is logged and answered with -32603, without its text."""


class Store(Protocol):
    """An ordered map of bytes to bytes on disk. Calls block: run writes through `in_thread`.

    The first failure poisons the store: that call and all later ones raise StoreFailed, and the node must end.
    """

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None."""
        ...

    def iterate(self, prefix: bytes = b"", *, start: bytes = b"", reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Yield the pairs whose key has the prefix and is at least prefix ‖ start, in key order or backwards."""
        ...

    def write(self, puts: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Write all pairs or none, and return when they are on the disk. None deletes."""
        ...

    def close(self) -> None:
        """Give up the directory, idempotently. Later calls raise StoreFailed."""
        ...


class Marker(Protocol):
    """A few bytes on disk, outside the store, replaced atomically and durably. Notices a store that lost its tail."""

    def read(self) -> bytes | None:
        """Return the bytes last written, or None where nothing ever was. Raises StoreCorrupt when neither copy is whole."""
        ...

    def write(self, content: bytes) -> None:
        """Replace the bytes; on disk when it returns. Raises StoreFailed."""
        ...

    def close(self) -> None:
        """Give up the file, idempotently."""
        ...


class Environment(Protocol):
    """All that a node may do to the world, and learn from it."""

    @property
    def name(self) -> str:
        """The node's name in logs and traces, such as "sequencer"."""
        ...

    def now(self) -> float:
        """Return Unix time in seconds: the wall clock, or the simulation's. It may jump; never feed it to the state."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def random(self) -> Random:
        """Return the node's own generator, for jitter. Never for protocol, never for secrets."""
        ...

    def log(self, event: str, /, **fields: object) -> None:
        """Log an event. Fields are ints, strings, bytes (shown in hex) and lists of such; no secrets."""
        ...

    async def in_thread(self, function: Callable[[*Arguments], Result], /, *arguments: *Arguments) -> Result:
        """Run blocking or CPU-bound work beside the event loop; the simulation runs it inline.

        It is not interrupted by cancellation: the caller waits for its end, and is cancelled then.
        """
        ...

    async def dial(self, address: str, *, limits: StreamLimits = DIALLED) -> Stream:
        """Connect to a framed listener. Raises ConnectionFailed."""
        ...

    async def serve(
        self,
        address: str,
        handler: StreamHandler,
        *,
        limits: StreamLimits = LISTENING,
        task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen for framed streams until cancelled; starts with the bound address. Raises AddressInUse, AddressRefused.

        An unexpected Exception of a handler ends its connection and is logged; the simulation raises it. A StoreError ends the
        listener, so that the node hears of it (in an ExceptionGroup, as from any nursery).
        """
        ...

    def rpc_client(self, url: str, *, timeout_s: float = 10.0) -> RpcClient:
        """Return a JSON-RPC client; it connects on the first call."""
        ...

    async def serve_rpc(
        self,
        address: str,
        handler: RpcHandler,
        *,
        options: RpcOptions = RPC_DEFAULTS,
        task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Answer JSON-RPC over HTTP and WebSocket until cancelled; starts with the bound "host:port". Raises as serve."""
        ...

    def open_store(self, path: str) -> Store:
        """Open, or create, the store at a path. Raises StoreLocked, StoreCorrupt, StoreFailed."""
        ...

    def open_marker(self, path: str) -> Marker:
        """Open, or create, the marker file at a path. Raises StoreCorrupt, StoreFailed."""
        ...
