"""What a verifier's journal holds: an entry a batch that it executed, an entry a roll-back.

A batch's entry is everything a dispute about it needs, so that it can be defended after a restart without asking L1 again.
"""

from dataclasses import dataclass

from rollup.state.rows import Change, RowsBySection


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """An executed batch: its header's fields, its bytes, and what came of it."""

    index: int
    acc: bytes
    chunk_root: bytes
    parent: bytes
    time_s: int
    queue_from: int
    queue_to: int
    queue_acc: bytes
    count: int
    body: bytes
    queue: list[bytes]
    """The queue entries it takes, as L1 has them."""
    root: bytes
    """State root after it."""
    claimed: bytes
    """State root that is claimed for it: the same, from an honest verifier."""
    trace_root: bytes
    proof: list[bytes]
    """Path of the trace's last leaf."""
    change: Change


@dataclass(frozen=True, slots=True)
class RollbackEntry:
    """The batch `index` is the head again; `rows` undo what came after it."""

    index: int
    rows: RowsBySection


Entry = BatchEntry | RollbackEntry

TYPES: dict[str, type[Entry]] = {"batch": BatchEntry, "rollback": RollbackEntry}
"""Every type of entry by its name in the journal."""
