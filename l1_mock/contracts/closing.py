"""Whether the rollup still goes on. Closed, it is in refund mode for ever: nothing more is asserted or confirmed, and everybody gets out.

One rule: closing takes nothing from anybody. The last confirmed state stands, withdrawals out of it are paid as ever, open bonds go back,
and accounts leave by the escape hatch (`l1_mock.contracts.escape`). Storage, by key:

    "closed"       ClosedRecord, once it is
    "paused_to"    block up to which nothing is confirmed, and the guardian's right to pause is used up
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from l1_mock.contracts.framework import Call


class Reason(IntEnum):
    """Why the rollup was closed."""

    NONE = 0
    """It was not."""
    FROZEN = 1
    """The guardian froze it."""
    CONTRADICTION = 2
    """Two valid proofs gave different answers about one step."""
    STALLED = 3
    """Nobody took the queue's oldest entry into a batch within the liveness bound."""


@dataclass(frozen=True, slots=True)
class ClosedRecord:
    """When and why it was closed."""

    storage_slots: ClassVar[int] = 1

    block: int
    reason: int


RECORDS = (ClosedRecord,)
"""Everything kept here which is not a number."""


def require_going(call: Call) -> None:
    """Revert once the rollup is closed."""
    call.require("closed" not in call.storage, "the rollup is closed")


def require_unpaused(call: Call) -> None:
    """Revert while confirmations are paused."""
    call.require(call.block_number > call.storage.get("paused_to", 0), "confirmations are paused")


def close(call: Call, reason: Reason) -> None:
    """Close the rollup, for good."""
    require_going(call)
    call.storage["closed"] = ClosedRecord(call.block_number, int(reason))
    call.emit("Closed", reason=int(reason))


def view_closed(call: Call) -> tuple[int, int]:
    """Return the block in which the rollup was closed and the reason; zeros while it goes on."""
    found = call.storage.find("closed", ClosedRecord)
    return (found.block, found.reason) if found else (0, int(Reason.NONE))


def paused_to(call: Call) -> int:
    """Return the block up to which nothing is confirmed; one that has passed where nothing is paused."""
    return call.storage.get("paused_to", 0)
