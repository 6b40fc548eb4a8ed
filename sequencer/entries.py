"""What the sequencer's journal holds: an entry a group, an entry a sealed batch, an entry a roll-back.

A group's entry is what makes its transactions durable; a batch's entry holds the same effects as rows, so that a start loads them
instead of executing; a roll-back names the batch that became the head again, with the rows as they were. The users' transactions in what
it drops are owed, also across a start, until an entry says that they have been executed again.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rollup.l1.batch import decode_body
from rollup.state.rows import Change, RowsBySection

Array = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """Steps that became durable together, and the batch they are in."""

    batch: int
    first: int
    time_s: int
    queue_to: int
    queue_acc: bytes
    opening: Array
    """The batch's begin and its queue entries, where they are among the steps; otherwise empty."""
    count: int
    """Records in the body."""
    body: bytes
    """The posted records and their signatures as a batch's body would hold them: a fifth of their size in memory."""
    flags: bytes
    """Which of these records are authentic, a bit each."""
    root: bytes

    @property
    def records(self) -> Array:
        """The group's posted steps."""
        records, _ = decode_body(self.body, self.count)
        records["authentic"] = np.unpackbits(np.frombuffer(self.flags, np.uint8), count=self.count)
        return records

    @property
    def signatures(self) -> npt.NDArray[np.uint8]:
        """Their signatures, (n, 64)."""
        return decode_body(self.body, self.count)[1]


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A sealed batch: the fields of its header, its bytes and its effects."""

    index: int
    parent: bytes
    chunk_root: bytes
    time_s: int
    queue_from: int
    queue_to: int
    queue_acc: bytes
    count: int
    acc: bytes
    body: bytes
    root: bytes
    change: Change


@dataclass(frozen=True, slots=True)
class RollbackEntry:
    """The batch `index` is the head again; `rows` undo what came after it."""

    index: int
    rows: RowsBySection


@dataclass(frozen=True, slots=True)
class SettledEntry:
    """Everything that roll-backs had set free has been executed again."""


Entry = GroupEntry | BatchEntry | RollbackEntry | SettledEntry

TYPES: dict[str, type[Entry]] = {"group": GroupEntry, "batch": BatchEntry, "rollback": RollbackEntry, "settled": SettledEntry}
"""Every type of entry by its name in the journal."""
