"""A client of the sequencer's bulk intake: many submissions on their way at once, each with its answer.

One rule: an answer belongs to the submission with its number; what was submitted and not answered when the connection breaks may have
been executed or not, and its nonces tell.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import trio

from rollup.core.codec import Limits, Value, decode, encode
from rollup.core.transport import ConnectionFailed, TransportError
from rollup.environment import Environment, Stream, StreamClosed
from rollup.l1.envelope import encode_bulk
from rollup.l1.records import Records
from sequencer.submissions import RESULT

ANSWER_LIMITS = Limits(size=1 << 24, depth=6)
"""Bounds of an answer."""

AGAIN_S = 0.2
"""How long it is waited before dialling again."""

Results = npt.NDArray[np.void]
"""What became of each record: an array of `sequencer.submissions.RESULT`."""


class SubmissionRefused(TransportError):
    """The sequencer did not let a submission in; nothing of it was executed."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the sequencer refused a submission: {message} ({code})")
        self.code = code


@dataclass
class IntakeClient:
    """One connection."""

    stream: Stream
    number: int = 0
    waiting: dict[int, trio.Event] = field(default_factory=dict)
    answers: dict[int, dict[str, Value]] = field(default_factory=dict)
    is_broken: bool = False

    async def submit(self, records: Records, signatures: npt.NDArray[np.uint8]) -> Results:
        """Submit whole transactions with a 65-byte signature a record; return once they are durable, with what became of each.

        Raises SubmissionRefused, StreamClosed.
        """
        self.number += 1
        number, answered = self.number, trio.Event()
        self.waiting[number] = answered
        await self.stream.send(encode({"id": number, "bulk": encode_bulk(records, signatures)}))
        await answered.wait()
        if number not in self.answers:
            raise StreamClosed("the sequencer hung up before it answered")
        answer = self.answers.pop(number)
        if "error" in answer:
            error = cast("dict[str, Value]", answer["error"])
            raise SubmissionRefused(cast("int", error["code"]), str(error["message"]))
        return np.frombuffer(cast("bytes", answer["results"]), RESULT)

    async def read(self) -> None:
        """Take answers until the connection ends; then wake everybody who waits."""
        try:
            while True:
                for frame in await self.stream.receive_many():
                    answer = cast("dict[str, Value]", decode(frame, ANSWER_LIMITS))
                    number = cast("int", answer["id"])
                    if number in self.waiting:
                        self.answers[number] = answer
                        self.waiting.pop(number).set()
        except TransportError:
            self.is_broken = True
            for answered in self.waiting.values():
                answered.set()
            self.waiting.clear()


@asynccontextmanager
async def connected(environment: Environment, address: str, *, patience_s: float = 0.0) -> AsyncIterator[IntakeClient]:
    """Connect for the length of a block, trying again for a while. Raises ConnectionFailed; errors of the block come in a group."""
    client = IntakeClient(await dialled(environment, address, patience_s))
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.read)
            yield client
            nursery.cancel_scope.cancel()
    finally:
        await client.stream.aclose()


async def dialled(environment: Environment, address: str, patience_s: float) -> Stream:
    """Dial until somebody answers. Raises ConnectionFailed."""
    give_up_at = trio.current_time() + patience_s
    while True:
        try:
            return await environment.dial(address)
        except ConnectionFailed:
            if trio.current_time() > give_up_at:
                raise
            await environment.sleep(AGAIN_S)
