"""Listening sockets: binding with one clear sentence when it fails, and the caps on connections.

One rule: a node listens on loopback unless its user has said otherwise in so many words.
"""

import errno
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import trio

from rollup.environment import AddressInUse, AddressRefused
from rollup.net.addresses import Endpoint, is_loopback, parse_address

BACKLOG = 256
"""Connections that the kernel keeps waiting for us."""

OUT_OF_SOCKETS_S = 0.1
"""Pause after the process has run out of file descriptors."""


async def bind(address: str, *, beyond_loopback: bool) -> tuple[trio.SocketListener, Endpoint]:
    """Return a listener and where it listens. Raises AddressInUse, AddressRefused."""
    wanted = parse_address(address)
    if not beyond_loopback and not is_loopback(wanted.host):
        raise AddressRefused(f"refusing to listen on {wanted} without TLS: it is not loopback; allow it in so many words if you mean it")
    try:
        # A name may have several addresses, which a free port could not share.
        host = "127.0.0.1" if wanted.host == "localhost" else wanted.host
        listeners = await trio.open_tcp_listeners(wanted.port, host=host, backlog=BACKLOG)
    except OSError as error:
        raise _explained(wanted, error) from error
    for extra in listeners[1:]:
        await extra.aclose()
    listener = listeners[0]
    return listener, Endpoint(*listener.socket.getsockname()[:2])


def _explained(wanted: Endpoint, error: OSError) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(f"{wanted} is in use by another process; choose another port, or 0 for any free one")
    return AddressRefused(f"cannot listen on {wanted}: {error.strerror}")


@dataclass(slots=True)
class Admission:
    """Counts connections, in all and by host."""

    total_max: int
    per_host_max: int
    by_host: Counter[str] = field(default_factory=Counter)

    def admit(self, host: str) -> bool:
        """Count a connection in, or turn it away."""
        if self.by_host.total() >= self.total_max or self.by_host[host] >= self.per_host_max:
            return False
        self.by_host[host] += 1
        return True

    def leave(self, host: str) -> None:
        """Count a connection out."""
        self.by_host[host] -= 1
        if not self.by_host[host]:
            del self.by_host[host]


Connected = Callable[[trio.SocketStream, Endpoint], Awaitable[None]]
"""Serves one connection, given the caller."""


async def accept_all(listener: trio.SocketListener, admission: Admission, connected: Connected) -> None:
    """Serve each admitted connection in a task of its own, until cancelled; close the others at once."""
    async with listener, trio.open_nursery() as nursery:
        while True:
            stream = await _accept(listener)
            caller = _caller_of(stream)
            if caller is None or not admission.admit(caller.host):
                stream.socket.close()
                continue
            nursery.start_soon(_serve_one, stream, caller, admission, connected)


async def _accept(listener: trio.SocketListener) -> trio.SocketStream:
    while True:
        try:
            return await listener.accept()
        except OSError as error:
            if error.errno not in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                raise
            await trio.sleep(OUT_OF_SOCKETS_S)


def _caller_of(stream: trio.SocketStream) -> Endpoint | None:
    """Return who is at the other end, or None where nobody is any more; not to be asked again: they may leave at any moment."""
    try:
        return Endpoint(*stream.socket.getpeername()[:2])
    except OSError:
        return None


async def _serve_one(stream: trio.SocketStream, caller: Endpoint, admission: Admission, connected: Connected) -> None:
    try:
        await connected(stream, caller)
    finally:
        stream.socket.close()
        admission.leave(caller.host)
