"""From a request body to a response body: the one path that HTTP, WebSocket and the simulation share.

One rule: whatever a caller sends, the answer is a well-formed response and the node lives; whatever the store does, the node hears of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rollup.core.transport import RpcError
from rollup.environment import NodeDead, RpcContext, RpcHandler, RpcLimits, StoreError
from rollup.net.jsonrpc import INTERNAL_ERROR, LIMIT_EXCEEDED, Call, Failure, Outcome, encode_outcome, parse_requests


class Report(Protocol):
    """Logs an event, as `Environment.log` does."""

    def __call__(self, event: str, /, **fields: object) -> None:
        """Log it."""
        ...


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Answers request bodies with a handler. `refusal` may turn a method away before the handler sees it."""

    handler: RpcHandler
    limits: RpcLimits
    report: Report
    raises_bugs: bool = False
    """Whether an unexpected exception of the handler is raised, as the simulation wants, and not just logged and answered."""

    async def answer(self, body: bytes, context: RpcContext, refusal: Callable[[str], RpcError | None]) -> bytes | None:
        """Return the response to a body, or None where it holds notifications alone. Raises StoreError: the node must end."""
        requests, is_batch = parse_requests(body, depth_max=self.limits.depth, batch_max=self.limits.batch)
        pieces: list[bytes] = []
        room = self.limits.response_bytes
        for request in requests:
            outcome = await self._outcome(request, context, refusal)
            if isinstance(request, Call) and request.is_notification:
                continue
            piece = self._encode(outcome, room)
            room -= len(piece) + 1
            pieces.append(piece)
        if not pieces:
            return None
        return b"[" + b",".join(pieces) + b"]" if is_batch else pieces[0]

    async def _outcome(self, request: Call | Failure, context: RpcContext, refusal: Callable[[str], RpcError | None]) -> Outcome:
        if isinstance(request, Failure):
            return request.id, request.error
        refused = refusal(request.method)
        if refused is not None:
            return request.id, refused
        try:
            return request.id, await self.handler(request.method, request.params, context)
        except RpcError as error:
            return request.id, error
        except (StoreError, NodeDead):
            raise
        except Exception as error:  # a bug in one method must not end the others; the log tells of it
            if self.raises_bugs:
                raise
            self.report("rpc_method_failed", method=request.method, error=repr(error))
            return request.id, RpcError(INTERNAL_ERROR, "internal error")

    def _encode(self, outcome: Outcome, room: int) -> bytes:
        identity, value = outcome
        try:
            piece = encode_outcome(identity, value)
        except (TypeError, ValueError) as error:
            self.report("rpc_result_not_json", error=repr(error))
            return encode_outcome(identity, RpcError(INTERNAL_ERROR, "internal error"))
        if len(piece) > room:
            return encode_outcome(identity, RpcError(LIMIT_EXCEEDED, f"response exceeds {self.limits.response_bytes} bytes"))
        return piece
