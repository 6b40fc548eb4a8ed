"""The oracle: replays L1's batches by the plain mode, audits them, and so knows what is true.

One rule: it shares no state with any node. What it says follows from L1's bytes, the genesis and the transition alone.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from rollup.audit.machine import AuditedMachine
from rollup.core.address import address_from_words
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.dispute.trace import Trace, commit, height_of
from rollup.l1.action import authenticate, digests
from rollup.l1.derivation import DerivedBatch
from rollup.state.genesis import genesis_rows
from rollup.transition.kinds import NONCELESS
from rollup.transition.status import REJECTED_FIRST, Status


class Place(NamedTuple):
    """Where a transaction took effect, and how."""

    batch: int
    step: int
    status: int


@dataclass
class Oracle:
    """What L1's batches come to."""

    genesis: Genesis
    machine: AuditedMachine = field(default_factory=AuditedMachine)
    traces: dict[int, Trace] = field(default_factory=dict)
    statuses: dict[int, list[int]] = field(default_factory=dict)
    """What became of each step, by batch."""
    places: defaultdict[bytes, list[Place]] = field(default_factory=lambda: defaultdict(list))
    """Where each signed transaction took effect, by the digest of its head: if only by using a nonce, which reports do not have."""

    def __post_init__(self) -> None:
        """Start at genesis."""
        self.machine.load(genesis_rows(self.genesis))
        self.genesis_root = self.machine.root()

    def replay(self, batches: Mapping[int, DerivedBatch]) -> None:
        """Execute the batches that were not yet, in order."""
        checker, stride = SignatureChecker(), self.genesis.dispute.txs_per_leaf
        for index in range(len(self.traces), len(batches)):
            batch = batches[index]
            authenticate(batch.records, batch.signatures, self.genesis, checker)
            receipts, roots = self.machine.trace(batch.records, 0, len(batch.records), stride)
            self.machine.close_batch()
            self.traces[index] = commit(self.root(index - 1), roots, height_of(len(batch.records), stride))
            self.statuses[index] = receipts["status"].tolist()
            rejected = (receipts["status"] >= REJECTED_FIRST) & ~np.isin(batch.records["kind"], NONCELESS)
            done = (receipts["status"] == Status.OK) | rejected
            hashes = digests(batch.records, self.genesis)
            for step in np.flatnonzero(done).tolist():
                self.places[hashes[step].tobytes()].append(Place(index, step, int(receipts["status"][step])))

    def root(self, batch: int) -> bytes:
        """Return the state root after a batch."""
        return self.traces[batch].end if batch >= 0 else self.genesis_root

    def owed(self, message: int) -> tuple[bytes, int]:
        """Return the recipient and amount (1e-8 USD) of an outgoing message; 0 where there is none."""
        row = self.machine.row("messages", message)
        words, amount_e8 = row["recipient"], row["amount_e8"]
        assert isinstance(words, list)
        assert isinstance(amount_e8, int)
        return address_from_words(words[0], words[1], words[2]), amount_e8

    def system(self, name: str) -> int:
        """Return a field of the rollup's own row."""
        value = self.machine.row("system", 0)[name]
        assert isinstance(value, int)
        return value
