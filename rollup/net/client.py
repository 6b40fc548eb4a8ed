"""A JSON-RPC client over HTTP, with pooled connections.

One rule: every failure is one of three: the peer answered with an error (RpcError), it did not answer in time (RpcTimeout), or it
did not answer sensibly or at all (ConnectionFailed). After the latter two the call may have been executed; nothing is retried here.
"""

import ssl

import httpx
import trio

from rollup.core.transport import JSON, ConnectionFailed, RpcError, RpcTimeout
from rollup.net.addresses import endpoint_of_url
from rollup.net.calling import Calling
from rollup.net.jsonrpc import decode_responses

RESPONSE_BYTES_MAX = 64 << 20
"""Longest response accepted: our servers send 5 MiB at most, other people's a whole block's logs."""

POOL = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=30.0)
"""Connections at once; one that has been idle is dropped before our servers would drop it (60 s)."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody. Our URLs are http alone, and httpx would otherwise read the system's certificates for every client: 35 ms."""


class HttpRpcClient(Calling):
    """A `rollup.core.transport.RpcClient` of the server at a URL."""

    def __init__(self, url: str, *, timeout_s: float, response_bytes_max: int = RESPONSE_BYTES_MAX) -> None:
        """Keep the URL; connect on the first call. Raises AddressRefused where it is malformed."""
        endpoint_of_url(url)
        self._url = url
        self._timeout_s = timeout_s
        self._response_bytes_max = response_bytes_max
        # No proxy, no netrc, no redirect: the configured peer and nobody else.
        self._http = httpx.AsyncClient(verify=NO_TLS, timeout=None, limits=POOL, trust_env=False, follow_redirects=False)  # noqa: S113 - `_post` keeps the time

    async def aclose(self) -> None:
        """Drop the pooled connections."""
        await self._http.aclose()

    async def _exchange(self, body: bytes, count: int) -> list[JSON | RpcError]:
        answer = await self._post(body)
        try:
            return decode_responses(answer, count)
        except ValueError as error:
            raise ConnectionFailed(f"{self._url} gave no JSON-RPC response: {error}") from error

    async def _post(self, body: bytes) -> bytes:
        with trio.move_on_after(self._timeout_s):
            try:
                return await self._fetch(body)
            except (httpx.HTTPError, RuntimeError) as error:
                # A closed client raises RuntimeError.
                raise ConnectionFailed(f"{self._url}: {str(error) or type(error).__name__}") from error
        raise RpcTimeout(f"{self._url} did not answer within {self._timeout_s:g} s")

    async def _fetch(self, body: bytes) -> bytes:
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        async with self._http.stream("POST", self._url, content=body, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise ConnectionFailed(f"{self._url} answered HTTP {response.status_code}")
            return await self._read(response)

    async def _read(self, response: httpx.Response) -> bytes:
        pieces, size = [], 0
        # Leaving the loop early would leave httpx's generators to the garbage collector; cancelled, they end in order.
        with trio.CancelScope() as too_long:
            async for piece in response.aiter_raw():
                size += len(piece)
                if size > self._response_bytes_max:
                    too_long.cancel()
                else:
                    pieces.append(piece)
        if size > self._response_bytes_max:
            raise ConnectionFailed(f"{self._url} answered with more than {self._response_bytes_max} bytes")
        return b"".join(pieces)
