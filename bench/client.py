"""A client that sends signed orders in bulk and waits for each to be durable.

One rule: a record is done when its acknowledgement has arrived, and its latency begins when its frame is handed to the socket.
"""

from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

import numpy as np
import numpy.typing as npt
import trio

from rollup.core.codec import Limits, decode, encode
from rollup.environment import Environment, Stream
from rollup.l1.envelope import encode_bulk
from rollup.transition.kinds import Kind
from sequencer.submissions import RESULT

FRAME = 1_000
"""Records in one frame."""

LIMITS = Limits(size=1 << 24, depth=6)
"""Bounds of a response."""


@dataclass
class Outcome:
    """What became of the records sent."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    """One a frame."""
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    records: int = 0


async def send(
    environment: Environment,
    address: str,
    records: npt.NDArray[np.void],
    signatures: npt.NDArray[np.uint8],
    *,
    in_flight: int = 16,
) -> Outcome:
    """Send records with their signatures (n, 65) in frames, at most `in_flight` at a time; return when all are answered."""
    stream = await environment.dial(address)
    frames = frames_of(records, signatures)
    outcome, sent = Outcome(records=len(records)), dict[int, float]()
    room = trio.Semaphore(in_flight)
    start = perf_counter()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive, stream, outcome, sent, len(frames), room)
        for number, frame in enumerate(frames):
            await room.acquire()
            sent[number] = perf_counter()
            await stream.send(frame)
    outcome.seconds = perf_counter() - start
    await stream.aclose()
    return outcome


def frames_of(records: npt.NDArray[np.void], signatures: npt.NDArray[np.uint8]) -> list[bytes]:
    """Return the request frames: whole transactions, as many as fit."""
    heads = np.append(np.flatnonzero(records["kind"] != Kind.CONTINUATION), len(records))
    frames: list[bytes] = []
    first = 0
    while first < len(records):
        last = int(heads[np.searchsorted(heads, first + FRAME, side="right") - 1])
        frames.append(encode({"id": len(frames), "bulk": encode_bulk(records[first:last], signatures[first:last])}))
        first = last
    return frames


async def receive(stream: Stream, outcome: Outcome, sent: dict[int, float], expected: int, room: trio.Semaphore) -> None:
    """Take responses until all have come."""
    while expected:
        for frame in await stream.receive_many():
            now, answer = perf_counter(), cast("dict[str, object]", decode(frame, LIMITS))
            outcome.latencies_s.append(now - sent[cast("int", answer["id"])])
            if "results" in answer:
                results = np.frombuffer(cast("bytes", answer["results"]), RESULT)
                outcome.statuses.update(Counter(results["status"].tolist()))
            else:
                outcome.errors[str(cast("dict[str, object]", answer["error"])["message"])] += 1
            expected -= 1
            room.release()
