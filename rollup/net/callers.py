"""Who may call what over HTTP: the Host and Origin checks, as pure functions of the headers.

One rule: a browser is a stranger's hand on our user's machine. The Host header must name us, or a page may have bent its own name to
our address (DNS rebinding); a page from elsewhere may read what is open to all, and change nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from rollup.core.transport import RpcError
from rollup.net.addresses import is_loopback
from rollup.net.jsonrpc import INVALID_REQUEST

Refusal = Callable[[str], RpcError | None]
"""Says why a caller may not call a method, or None where it may."""


@dataclass(frozen=True, slots=True)
class CallerPolicy:
    """Names that this listener answers to, and the methods that any page may call."""

    own_hosts: frozenset[str]
    is_read: Callable[[str], bool]

    def knows_host(self, host_header: str | None) -> bool:
        """Whether the Host header names this listener: loopback, or one of its own names; the port does not matter."""
        host = _host_of(f"http://{host_header}") if host_header else None
        return host is not None and (is_loopback(host) or host in self.own_hosts)

    def refusal(self, origin: str | None) -> Refusal:
        """Return what a caller with this Origin header may not call. No Origin: not a web page."""
        if origin is None or self._is_local(origin):
            return nothing_refused
        return self._refuse_writes

    def _is_local(self, origin: str) -> bool:
        host = _host_of(origin)
        return host is not None and (is_loopback(host) or host in self.own_hosts)

    def _refuse_writes(self, method: str) -> RpcError | None:
        if self.is_read(method):
            return None
        return RpcError(INVALID_REQUEST, f"{method} may not be called from a foreign web page")


def nothing_refused(_method: str) -> RpcError | None:
    """Refuse nothing: the caller is no web page."""
    return None


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    is_bare = not parts.path and not parts.query and not parts.username
    return parts.hostname if is_bare else None
