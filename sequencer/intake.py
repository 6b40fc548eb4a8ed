"""What waits to be executed: a bounded queue of submissions, with its admission rules. Pure.

One rule: a submission is taken whole or refused whole, at the door, with a reason; once inside it is never dropped, and its
sender hears what became of every record in it.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from rollup.state.limits import ACCOUNT_BITS, PARTS
from rollup.transition.kinds import Kind

Sender = TypeVar("Sender")
Records = npt.NDArray[np.void]


class Refusal(IntEnum):
    """Why a submission was not let in; a JSON-RPC error code and its reason."""

    EMPTY = -32010
    TOO_LARGE = -32011
    CONTINUATION_FIRST = -32012
    PEER_BUDGET = -32013
    ACCOUNT_BUDGET = -32014
    QUEUE_FULL = -32015
    STOPPED = -32016


REASONS = {
    Refusal.EMPTY: "no transaction in the submission",
    Refusal.TOO_LARGE: "more records than one submission may hold",
    Refusal.CONTINUATION_FIRST: "a submission starts with a transaction's head, not with a continuation record",
    Refusal.PEER_BUDGET: "too many transactions of this address are waiting",
    Refusal.ACCOUNT_BUDGET: "too many transactions of this account are waiting",
    Refusal.QUEUE_FULL: "the sequencer is busy: too many transactions are waiting",
    Refusal.STOPPED: "the sequencer is stopped",
}
"""Each refusal in words."""


NO_ACCOUNT = 1 << ACCOUNT_BITS
"""Stands for all the accounts that there cannot be: they have one budget together."""

Halves = Callable[[Sender], tuple[Sender, Sender]]
"""Makes of a sender two, who wait for the first and the second part of what it sent."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait, in records."""

    submission: int = 1024
    per_account: int = 4096
    per_peer: int = 16_384
    total: int = 65_536


@dataclass(frozen=True, slots=True)
class Submission(Generic[Sender]):
    """Whole transactions from one sender, in order: records (n,) and their signatures (n, 64)."""

    records: Records
    signatures: npt.NDArray[np.uint8]
    peer: str
    sender: Sender


class Intake(Generic[Sender]):
    """The queue: `offer` at one end, `take` at the other."""

    def __init__(self, bounds: Bounds, halves: Halves[Sender] | None = None) -> None:
        """Start empty and open. Without `halves`, submissions are never divided."""
        self.bounds = bounds
        self.halves = halves
        self.waiting: deque[tuple[Submission[Sender], Accounts]] = deque()
        """Submissions, and whose records are in them."""
        self.by_peer: Counter[str] = Counter()
        self.by_account = np.zeros(NO_ACCOUNT + 1, np.int64)
        """Records that wait, by account."""
        self.count = 0
        self.running = True

    def offer(self, submission: Submission[Sender]) -> Refusal | None:
        """Let a submission in, or say why not."""
        accounts = account_counts(submission.records)
        door = self.door(submission, accounts)
        refusal = next((reason for reason, applies in RULES if applies(door)), None)
        if refusal is None:
            self.waiting.append((submission, accounts))
            self.tally(submission, accounts, 1)
        return refusal

    def door(self, submission: Submission[Sender], accounts: "Accounts") -> "Door":
        """Return what the rules look at."""
        records = submission.records
        return Door(
            bounds=self.bounds,
            running=self.running,
            records=len(records),
            continues=len(records) > 0 and int(records["kind"][0]) == Kind.CONTINUATION,
            waiting=self.count,
            peer=self.by_peer[submission.peer] + len(records),
            account=int((self.by_account[accounts.numbers] + accounts.counts).max(initial=0)),
        )

    def take(self, most: int) -> list[Submission[Sender]]:
        """Take submissions from the front, at least one, at most `most` records in all if that is more than one.

        The last one is divided where only its first transactions fit and its sender can wait for two parts.
        """
        taken: list[Submission[Sender]] = []
        size = 0
        while self.waiting and (not taken or size < most):
            if size + len(self.waiting[0][0].records) > most and not self._divide(most - size) and taken:
                break
            submission, accounts = self.waiting.popleft()
            size += len(submission.records)
            self.tally(submission, accounts, -1)
            taken.append(submission)
        return taken

    def _divide(self, most: int) -> bool:
        """Put two in the place of the front submission, the first of at most `most` records; say whether it could be done."""
        submission, _ = self.waiting[0]
        cut = cut_at_heads(submission.records, most)
        if self.halves is None or cut == 0:
            return False
        senders = self.halves(submission.sender)
        parts = [
            Submission(submission.records[part], submission.signatures[part], submission.peer, sender)
            for part, sender in zip((slice(cut), slice(cut, None)), senders, strict=True)
        ]
        self.waiting.popleft()
        self.waiting.extendleft((part, account_counts(part.records)) for part in reversed(parts))
        return True

    def tally(self, submission: Submission[Sender], accounts: "Accounts", sign: int) -> None:
        """Count a submission in or out."""
        size = sign * len(submission.records)
        self.count += size
        self.by_peer[submission.peer] += size
        if self.by_peer[submission.peer] == 0:
            del self.by_peer[submission.peer]
        self.by_account[accounts.numbers] += sign * accounts.counts


class Accounts(NamedTuple):
    """Whose records there are in a submission: each account once, and how many."""

    numbers: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def account_counts(records: Records) -> Accounts:
    """Return how many records each account has."""
    numbers = records["account"]
    numbers, counts = np.unique(np.where((numbers >= 0) & (numbers < NO_ACCOUNT), numbers, NO_ACCOUNT), return_counts=True)
    return Accounts(numbers, counts)


def cut_at_heads(records: Records, most: int) -> int:
    """Return how many of the first `most` records end with a whole transaction: at least 0, at most `most`."""
    if len(records) <= most:
        return len(records)
    cut = most
    for _ in range(PARTS):
        if cut == 0 or records["kind"][cut] != Kind.CONTINUATION:
            return cut
        cut -= 1
    return cut


@dataclass(frozen=True, slots=True)
class Door:
    """What the rules look at."""

    bounds: Bounds
    running: bool
    records: int
    """In the submission."""
    continues: bool
    """Whether the submission starts with a continuation record."""
    waiting: int
    peer: int
    """Of the same peer, with the submission."""
    account: int
    """Of the account with the most, with the submission."""


RULES: tuple[tuple[Refusal, Callable[[Door], bool]], ...] = (
    (Refusal.STOPPED, lambda door: not door.running),
    (Refusal.EMPTY, lambda door: door.records == 0),
    (Refusal.TOO_LARGE, lambda door: door.records > door.bounds.submission),
    (Refusal.CONTINUATION_FIRST, lambda door: door.continues),
    (Refusal.QUEUE_FULL, lambda door: door.waiting + door.records > door.bounds.total),
    (Refusal.PEER_BUDGET, lambda door: door.peer > door.bounds.per_peer),
    (Refusal.ACCOUNT_BUDGET, lambda door: door.account > door.bounds.per_account),
)
"""Every refusal and when it applies, in the order of the checks."""
