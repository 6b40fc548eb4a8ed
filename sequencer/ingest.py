"""The intake's listener: framed requests over TCP, many in flight on a connection, answered in any order.

One rule: a connection's task only reads and hands over; answers are written by one other task, so that a slow reader delays
nobody but itself. See `sequencer.submissions` for what a request and a response are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import trio

from rollup.core.codec import Limits, Value, decode, encode
from rollup.core.errors import DecodeError, RollupError
from rollup.environment import Environment, FrameTooLarge, Stream, StreamClosed
from rollup.l1.envelope import decode_bulk, decode_envelope
from sequencer.intake import REASONS, Refusal, Submission
from sequencer.pipeline import Executed, put_together
from sequencer.receipts import SignedGroup

REQUEST_LIMITS = Limits(size=1 << 20, depth=2)
"""Bounds of a request: as long as a frame may be."""

ANSWERS_WAITING = 4096
"""Answers that may wait to be read by the client; a client further behind is disconnected."""

MALFORMED = -32600
"""Error code of a request that is none."""

UNDECODABLE = -32602
"""Error code of a transaction that cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for a submission: `answer` takes what became of it, or None where the sequencer is going away."""

    answer: Callable[[Executed | None], None]


def halves(waiting: Waiting) -> tuple[Waiting, Waiting]:
    """Return who wait for the first and the second part of a submission: it is answered as a whole once both are."""
    answers: dict[int, Executed | None] = {}

    def part(place: int) -> Waiting:
        def answer(executed: Executed | None) -> None:
            answers[place] = executed
            if len(answers) == 2:
                first, second = answers[0], answers[1]
                waiting.answer(None if first is None or second is None else put_together(first, second))

        return Waiting(answer)

    return part(0), part(1)


Offer = Callable[[Submission[Waiting]], Refusal | None]


class Connection:
    """One client."""

    def __init__(self, stream: Stream, offer: Offer) -> None:
        """Serve a stream: what it submits goes to `offer`."""
        self.stream = stream
        self.offer = offer
        self.send, self.outgoing = trio.open_memory_channel[bytes](ANSWERS_WAITING)

    async def run(self) -> None:
        """Read until the client goes, or does not take its answers; then forget what it waits for."""
        with self.outgoing:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, nursery.cancel_scope)
                try:
                    while True:
                        for frame in await self.stream.receive_many():
                            self._take(frame)
                except (StreamClosed, FrameTooLarge):
                    nursery.cancel_scope.cancel()

    async def _write(self, scope: trio.CancelScope) -> None:
        try:
            while True:
                frames = [await self.outgoing.receive()]
                while len(frames) < ANSWERS_WAITING and self.outgoing.statistics().current_buffer_used:
                    frames.append(self.outgoing.receive_nowait())
                await self.stream.send_many(frames)
        except (trio.EndOfChannel, StreamClosed):
            scope.cancel()

    def _take(self, frame: bytes) -> None:
        try:
            request = read_request(frame)
        except RollupError as error:
            self._answer({"id": 0, "error": {"code": MALFORMED, "message": str(error)}})
            return
        number = cast("int", request["id"])
        try:
            submission = self._submission(request, number)
        except RollupError as error:
            self._answer({"id": number, "error": {"code": UNDECODABLE, "message": str(error)}})
            return
        refusal = self.offer(submission)
        if refusal is not None:
            self._answer({"id": number, "error": {"code": int(refusal), "message": REASONS[refusal]}})

    def _submission(self, request: dict[str, Value], number: int) -> Submission[Waiting]:
        bulk = "bulk" in request
        data = cast("bytes", request["bulk" if bulk else "transaction"])
        records, signatures = decode_bulk(data) if bulk else decode_envelope(data)

        def answer(executed: Executed | None) -> None:
            self._answer(gone(number) if executed is None else response(number, executed, single=not bulk))

        return Submission(records, np.ascontiguousarray(signatures[:, :64]), self.stream.peer, Waiting(answer))

    def _answer(self, message: dict[str, object]) -> None:
        try:
            self.send.send_nowait(encode(message))
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            self.send.close()


async def serve_ingest(environment: Environment, address: str, offer: Offer, *, task_status: trio.TaskStatus[str]) -> None:
    """Listen until cancelled; starts with the bound address. Raises AddressInUse, AddressRefused."""

    async def handle(stream: Stream) -> None:
        await Connection(stream, offer).run()

    await environment.serve(address, handle, task_status=task_status)


def read_request(frame: bytes) -> dict[str, Value]:
    """Return the request of a frame. Raises DecodeError."""
    request = decode(frame, REQUEST_LIMITS)
    if not isinstance(request, dict) or set(request) not in ({"id", "transaction"}, {"id", "bulk"}):
        raise DecodeError(
            "request",
            received=sorted(request) if isinstance(request, dict) else type(request).__name__,
            expected="id, and transaction or bulk",
        )
    if type(request["id"]) is not int or not isinstance(request.get("bulk", request.get("transaction")), bytes):
        raise DecodeError("types of a request", received="others", expected="id as an integer, the rest as bytes")
    return request


def response(number: int, executed: Executed, *, single: bool) -> dict[str, object]:
    """Return the answer to a request whose records were executed."""
    groups = [shown(group) for group in executed.groups]
    if single and len(executed.results) and int(executed.results["step"][0]) >= 0:
        group = executed.groups[int(executed.membership[0])]
        groups = [shown(group) | {"receipt": executed.receipts[0].tobytes(), "path": group.path_of(int(executed.results["step"][0]))}]
    return {"id": number, "results": executed.results.tobytes(), "groups": groups}


def shown(group: SignedGroup) -> dict[str, object]:
    """Return a signed group as a value of the codec."""
    claim = group.claim
    return {
        "batch": claim.batch,
        "first": claim.first,
        "count": claim.count,
        "receipts_root": claim.receipts_root,
        "state_root": claim.state_root,
        "beginning": claim.beginning,
        "signature": group.signature,
    }


def gone(number: int) -> dict[str, object]:
    """Return the answer to a request that was not executed because the sequencer is going away."""
    return {"id": number, "error": {"code": int(Refusal.STOPPED), "message": REASONS[Refusal.STOPPED]}}
