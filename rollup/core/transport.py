"""What every floor may know of a transport: JSON values, a JSON-RPC client, and how a call fails.

One rule: no transport is implemented here, and nothing is imported but types. `rollup.l1` writes its client against
`RpcClient`, the environment supplies one, and both name the same failures.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

JSON: TypeAlias = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None
"""A JSON value as the parser gives it."""

Parameters: TypeAlias = Sequence[JSON] | Mapping[str, JSON]
"""Arguments of a JSON-RPC call, by position or by name."""


class TransportError(Exception):
    """Base of everything that can go wrong between two peers."""


class ConnectionFailed(TransportError):
    """The peer could not be reached, or hung up before it answered: the call may or may not have been executed."""


class RpcTimeout(ConnectionFailed):
    """The peer did not answer in time: the call may or may not have been executed."""


class RpcError(TransportError):
    """The peer answered with a JSON-RPC error object; `data` is what it attached (a revert's bytes, for example)."""

    def __init__(self, code: int, message: str, data: JSON = None) -> None:
        super().__init__(f"{message} (JSON-RPC error {code})")
        self.code = code
        self.message = message
        self.data = data


class RpcClient(Protocol):
    """A JSON-RPC 2.0 client of one server. Any number of tasks may call at once; order is only kept within a batch."""

    async def call(self, method: str, params: Parameters = ()) -> JSON:
        """Return the result of one call. Raises RpcError, RpcTimeout, ConnectionFailed."""
        ...

    async def batch(self, calls: Sequence[tuple[str, Parameters]]) -> list[JSON | RpcError]:
        """Return one result or RpcError a call, in order, from one round trip. Raises RpcTimeout, ConnectionFailed."""
        ...

    async def aclose(self) -> None:
        """Drop pooled connections; later calls raise ConnectionFailed."""
        ...
