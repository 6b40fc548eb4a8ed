"""What every JSON-RPC client does alike, whatever carries its bytes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from rollup.core.transport import JSON, Parameters, RpcError
from rollup.net.jsonrpc import encode_request


class Calling(ABC):
    """The calls of a `rollup.core.transport.RpcClient`, over an exchange of bodies."""

    __slots__ = ()

    async def call(self, method: str, params: Parameters = ()) -> JSON:
        """Return the result of one call. Raises RpcError, RpcTimeout, ConnectionFailed."""
        (outcome,) = await self._exchange(encode_request(method, params, 0), 1)
        if isinstance(outcome, RpcError):
            raise outcome
        return outcome

    async def batch(self, calls: Sequence[tuple[str, Parameters]]) -> list[JSON | RpcError]:
        """Return one outcome a call, in order. Raises RpcTimeout, ConnectionFailed."""
        if not calls:
            return []
        requests = [encode_request(method, params, number) for number, (method, params) in enumerate(calls)]
        return await self._exchange(b"[" + b",".join(requests) + b"]", len(calls))

    @abstractmethod
    async def _exchange(self, body: bytes, count: int) -> list[JSON | RpcError]:
        """Send a body of `count` requests, and return their outcomes in order. Raises RpcTimeout, ConnectionFailed."""
