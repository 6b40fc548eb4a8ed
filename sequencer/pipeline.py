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
from rollup.l1.action import digests
from rollup.l1.chunks import KeccakMany
from rollup.l1.records import effective_kinds
from rollup.state.limits import PARTS
from rollup.transition.kinds import FIELDS, Kind
from sequencer.intake import Submission
from sequencer.ledger import Ledger
from sequencer.ordering import Policy
from sequencer.producer import NOT_INCLUDED, Group
from sequencer.receipts import Claim, SignedGroup, receipt_leaves, receipt_tree, sign_group
from sequencer.stages import Stages
from sequencer.submissions import RESULT, result_rows

Sender = TypeVar("Sender")
Element = TypeVar("Element", bound=np.generic)
Records = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]

NO_GROUP = -1
"""Group of a record that opened no batch, because it would have changed nothing."""

SIGNED_KINDS = [int(kind) for kind in FIELDS]
"""Kinds that a signature can authorise."""


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


def check(tools: Tools, submissions: list[Submission[Sender]]) -> Checked[Sender]:
    """Check every signature of some submissions; the records are marked, never dropped."""
    records = np.concatenate([submission.records for submission in submissions])
    signatures = np.concatenate([submission.signatures for submission in submissions])
    with tools.stages.measure("digest", len(records)):
        hashes = digests(records, tools.genesis, tools.hash_many)
    with tools.stages.measure("signature", len(records)):
        valid = tools.checker.check_many(hashes, signatures, addresses_from_rows(records["signer"]))
        records["authentic"] = valid & np.isin(effective_kinds(records), SIGNED_KINDS)
    return Checked(submissions, records, signatures, hashes)


def join(parts: list[Checked[Sender]]) -> Checked[Sender]:
    """Put checked submissions one after another."""
    return Checked(
        [submission for part in parts for submission in part.submissions],
        np.concatenate([part.records for part in parts]),
        np.concatenate([part.signatures for part in parts]),
        np.concatenate([part.digests for part in parts]),
    )


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


def picked(rows: npt.NDArray[Element], part: npt.NDArray[np.int64]) -> npt.NDArray[Element]:
    """Return some rows in the order of `part`; all of them as they are, which is the usual case, without copying them."""
    return rows if is_whole(part, len(rows)) else rows[part]


def is_whole(part: npt.NDArray[np.int64], count: int) -> bool:
    """Say whether a part is all of `count` rows in their order."""
    return len(part) == count and bool((part == np.arange(count)).all())


def add_group(tools: Tools, ledger: Ledger, checked: Checked[Sender], part: npt.NDArray[np.int64]) -> tuple[Group, SignedGroup]:
    """Execute some of the checked records in the open batch, durably, and sign what became of them."""
    group = ledger.add(picked(checked.records, part), picked(checked.signatures, part))
    with tools.stages.measure("receipt", len(part)):
        kept = part[group.steps != NOT_INCLUDED]
        leaves = receipt_leaves(group.first, checked.digests[kept], group.receipts, tools.hash_many)
        levels = receipt_tree(leaves, tools.hash_many)
        root = levels[-1][0].tobytes()
        claim = Claim(tools.genesis.genesis_hash, group.batch, group.first, len(kept), root, group.root)
        return group, sign_group(claim, levels, tools.secret)


class Results:
    """Collects what became of records that are executed in several groups."""

    def __init__(self, count: int, receipts: Records) -> None:
        """Expect `count` records; `receipts` is an array of as many zero receipts."""
        self.results = np.zeros(count, RESULT)
        self.membership = np.zeros(count, np.int64)
        self.receipts = receipts
        self.groups: list[SignedGroup] = []

    def take(self, part: npt.NDArray[np.int64], group: Group, signed: SignedGroup) -> None:
        """Note what became of the records at `part`."""
        self.results[part] = result_rows(group.batch, group.steps, group.submitted)
        if is_whole(part, len(self.receipts)):
            self.receipts = group.submitted
        else:
            self.receipts[part] = group.submitted
        self.membership[part] = len(self.groups)
        self.groups.append(signed)

    def leave_out(self, part: npt.NDArray[np.int64], receipts: Records) -> None:
        """Note why the records at `part` went into no batch."""
        self.results[part] = result_rows(0, np.full(len(part), NOT_INCLUDED, np.int64), receipts)
        self.receipts[part] = receipts
        self.membership[part] = NO_GROUP

    def executed(self) -> Executed:
        """Return everything collected."""
        return Executed(self.results, self.groups, self.membership, self.receipts)
