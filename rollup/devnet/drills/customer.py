"""A customer of the sequencer: submits until it is answered, and keeps every answer for the final account.

One rule: what is not answered is sent again, with the same bytes. So a transaction that was executed while its answer was lost comes
back as a used nonce, and nothing is ever in doubt for longer than the sequencer is away.
"""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import trio

from rollup.core.codec import Limits, Value, decode, encode
from rollup.core.transport import TransportError
from rollup.devnet.drills.desk import Signed
from rollup.environment import Environment, Stream
from rollup.l1.envelope import encode_envelope
from rollup.l1.evidence import SignedReceipt
from rollup.l1.promise import encode_claim
from rollup.transition.kinds import NONCELESS
from rollup.transition.status import REJECTED_FIRST, Status
from sequencer.receipts import Claim, verify_receipt
from sequencer.submissions import RESULT

ANSWER_S = 20.0
"""Longest wait for an answer before the same transaction is sent again."""

AGAIN_S = 2.0
"""Pause before another attempt."""

ANSWER_LIMITS = Limits(size=1 << 20, depth=6)
"""Bounds of an answer."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the sequencer said of one transaction."""

    digest: bytes
    status: Status
    batch: int
    step: int
    """-1 where it went into no batch."""
    order: int
    message: int
    signed: bool
    """Whether its receipt was signed by the sequencer; True where there is no receipt."""
    promised: bool
    """Whether it must be in the chain, once."""
    receipt: SignedReceipt | None = None
    """What the sequencer signed, as evidence; None where it went into no batch."""


@dataclass(slots=True)
class Books:
    """What all customers of a world were told."""

    sequencer: bytes
    """Its address, by which receipts are checked."""
    genesis_hash: bytes
    acknowledged: list[Acknowledgement] = field(default_factory=list)
    refused: int = 0
    """Submissions that were turned away at the door."""
    resent: int = 0
    """Submissions that had to be sent again."""


class Customer:
    """One connection to the intake, made anew whenever it breaks. One transaction is under way at a time."""

    def __init__(self, environment: Environment, address: str, books: Books) -> None:
        """Submit to the intake at an address."""
        self._environment = environment
        self._address = address
        self._books = books
        self._stream: Stream | None = None
        self._number = 0

    async def submit(self, transaction: Signed, *, attempts_max: int = 1 << 20) -> Acknowledgement | None:
        """Return what became of a transaction; None where it was refused, or not answered, so often."""
        self._number += 1
        frame = encode({"id": self._number, "transaction": encode_envelope(transaction.records, transaction.signatures)})
        for attempt in range(1, attempts_max + 1):
            try:
                answer = await self._ask(frame)
            except TransportError:
                await self._hang_up()
                answer = None
            if answer is not None and "results" in answer:
                told = self._read(transaction, answer, attempt)
                self._books.acknowledged.append(told)
                return told
            self._books.refused += answer is not None
            self._books.resent += 1
            await self._environment.sleep(AGAIN_S)
        return None

    async def _ask(self, frame: bytes) -> dict[str, Value] | None:
        """Return the answer to this request, or None where none came in time. Raises TransportError."""
        if self._stream is None:
            self._stream = await self._environment.dial(self._address)
        await self._stream.send(frame)
        with trio.move_on_after(ANSWER_S):
            while True:
                answer = cast("dict[str, Value]", decode(await self._stream.receive(), ANSWER_LIMITS))
                if answer["id"] == self._number:
                    return answer
        await self._hang_up()
        return None

    async def _hang_up(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
            self._stream = None

    def _read(self, transaction: Signed, answer: dict[str, Value], attempt: int) -> Acknowledgement:
        result = np.frombuffer(cast("bytes", answer["results"]), RESULT)[0]
        step = int(result["step"])
        groups = cast("list[dict[str, Value]]", answer["groups"])
        signed = step < 0 or self._is_signed(transaction.digest, groups[0], step)
        status = Status(int(result["status"]))
        return Acknowledgement(
            transaction.digest,
            status,
            batch=int(result["batch"]),
            step=step,
            order=int(result["order"]),
            message=int(result["message"]),
            signed=signed,
            promised=is_promised(int(transaction.records["kind"][0]), status, attempt),
            receipt=self._receipt(transaction.digest, groups[0], step) if step >= 0 else None,
        )

    def _claim(self, group: dict[str, Value]) -> Claim:
        batch, first, count = (cast("int", group[name]) for name in ("batch", "first", "count"))
        hashes = (cast("bytes", group[name]) for name in ("receipts_root", "state_root", "beginning"))
        return Claim(self._books.genesis_hash, batch, first, count, *hashes)

    def _receipt(self, digest: bytes, group: dict[str, Value], step: int) -> SignedReceipt:
        leaf = step.to_bytes(8, "big") + digest + cast("bytes", group["receipt"])
        path = tuple(sibling or bytes(32) for sibling in cast("list[bytes]", group["path"]))
        return SignedReceipt(encode_claim(self._claim(group), cast("bytes", group["signature"])), leaf, path)

    def _is_signed(self, digest: bytes, group: dict[str, Value], step: int) -> bool:
        claim = self._claim(group)
        receipt = (step, digest, cast("bytes", group["receipt"]))
        return verify_receipt(claim, cast("bytes", group["signature"]), self._books.sequencer, receipt, cast("list[bytes]", group["path"]))


def is_promised(kind: int, status: Status, attempt: int) -> bool:
    """Whether an answer promises that the transaction is in the chain: executed now, or by an attempt whose answer was lost.

    Reports have no nonce but their feed's time, so one that comes again is rejected again, each time in a step of its own.
    """
    if kind in NONCELESS:
        return status == Status.OK
    return status == Status.OK or status >= REJECTED_FIRST or (attempt > 1 and status == Status.INVALID_NONCE)
