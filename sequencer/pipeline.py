"""From submissions to acknowledgements: check signatures, order, execute, make durable, sign. Blocking; a node runs it in threads.

One rule: `check` needs no state, so that it runs ahead and in parallel; `execute` is called by one task alone. What `execute` returns
is durable.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from rollup.core.address import addresses_from_rows
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.l1.action import digests, is_signed
from rollup.l1.chunks import KeccakMany
from rollup.l1.records import concatenated, effective_kinds
from sequencer.intake import Submission
from sequencer.ordering import Policy
from sequencer.producer import NOT_INCLUDED, Group
from sequencer.receipts import Claim, SignedGroup, receipt_leaves, receipt_tree, sign_group
from sequencer.stages import Stages
from sequencer.submissions import RESULT, result_rows

Sender = TypeVar("Sender")
Records = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
Places = slice | npt.NDArray[np.int64]
"""Which of some records, in their order: a slice where they follow one another."""

NO_GROUP = -1
"""Group of a record that went into no batch, and nothing that was executed with it did."""


@dataclass(frozen=True, slots=True)
class Checked(Generic[Sender]):
    """Submissions whose signatures have been checked, their records one after another."""

    submissions: list[Submission[Sender]]
    records: Records
    signatures: Bytes
    digests: Bytes


@dataclass(frozen=True, slots=True)
class Executed:
    """What became of checked records: a result each, and the signed groups that they were in, in order."""

    results: npt.NDArray[np.void]
    groups: list[SignedGroup]
    membership: npt.NDArray[np.int64]
    """Which of the groups each record was executed with; `NO_GROUP` for none."""
    receipts: Records
    """The receipt of each record."""


def put_together(first: Executed, second: Executed) -> Executed:
    """Return what became of records that were executed in two parts."""
    membership = np.where(second.membership == NO_GROUP, NO_GROUP, second.membership + len(first.groups))
    return Executed(
        np.concatenate((first.results, second.results)),
        first.groups + second.groups,
        np.concatenate((first.membership, membership)),
        np.concatenate((first.receipts, second.receipts)),
    )


@dataclass(frozen=True, slots=True)
class Tools:
    """What the pipeline works with: all of it given, none of it its own."""

    genesis: Genesis
    checker: SignatureChecker
    hash_many: KeccakMany
    policy: Policy
    stages: Stages
    secret: bytes
    """Signs receipts."""


def gather(tools: Tools, submissions: list[Submission[Sender]]) -> Checked[Sender]:
    """Put the records of submissions one after another, with their digests; no signature is checked yet."""
    records = concatenated(submission.records for submission in submissions)
    signatures = np.concatenate([submission.signatures for submission in submissions])
    with tools.stages.measure("digest", len(records)):
        return Checked(submissions, records, signatures, digests(records, tools.genesis, tools.hash_many))


def check(tools: Tools, gathered: Checked[Sender], part: slice) -> None:
    """Check the signatures of some records; they are marked, never dropped. Several parts may be checked at the same time."""
    records = gathered.records[part]
    with tools.stages.measure("signature", len(records)):
        valid = tools.checker.check_many(gathered.digests[part], gathered.signatures[part], addresses_from_rows(records["signer"]))
        records["authentic"] = valid & is_signed(effective_kinds(records))


def check_all(tools: Tools, submissions: list[Submission[Sender]]) -> Checked[Sender]:
    """Gather submissions and check all their signatures."""
    gathered = gather(tools, submissions)
    check(tools, gathered, slice(None))
    return gathered


def places(part: npt.NDArray[np.int64]) -> Places:
    """Return places as a slice where they follow one another, which is the usual case, and nothing needs to be copied."""
    first, count = int(part[0]) if len(part) else 0, len(part)
    return slice(first, first + count) if np.array_equal(part, np.arange(first, first + count)) else part


def sign_for(tools: Tools, group: Group, hashes: Bytes) -> SignedGroup:
    """Sign what became of a group whose submitted records have these digests."""
    with tools.stages.measure("receipt", len(hashes)):
        kept = hashes[group.steps != NOT_INCLUDED] if len(group.records) < len(hashes) else hashes
        levels = receipt_tree(receipt_leaves(group.first, kept, group.receipts, tools.hash_many), tools.hash_many)
        claim = Claim(tools.genesis.genesis_hash, group.batch, group.first, len(kept), levels[-1][0].tobytes(), group.root, group.beginning)
        return sign_group(claim, levels, tools.secret)


class Results:
    """Collects what became of records that are executed in several groups."""

    def __init__(self, count: int, receipts: Records) -> None:
        """Expect `count` records; `receipts` is an array of as many zero receipts."""
        self.results = np.zeros(count, RESULT)
        self.membership = np.full(count, NO_GROUP, np.int64)
        self.receipts = receipts
        self.groups: list[SignedGroup] = []

    def take(self, part: Places, group: Group, signed: SignedGroup) -> None:
        """Note what became of the records at `part`."""
        self.results[part] = result_rows(group.batch, group.steps, group.submitted)
        self._keep(part, group.submitted, len(self.groups))
        self.groups.append(signed)

    def leave_out(self, part: Places, receipts: Records) -> None:
        """Note why the records at `part` went into no batch."""
        self.results[part] = result_rows(0, np.full(len(receipts), NOT_INCLUDED, np.int64), receipts)
        self._keep(part, receipts, NO_GROUP)

    def executed(self) -> Executed:
        """Return everything collected."""
        return Executed(self.results, self.groups, self.membership, self.receipts)

    def _keep(self, part: Places, receipts: Records, group: int) -> None:
        self.membership[part] = group
        if isinstance(part, slice) and len(receipts) == len(self.receipts):
            self.receipts = receipts
        else:
            self.receipts[part] = receipts
