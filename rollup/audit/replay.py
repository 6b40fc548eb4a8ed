"""Replay from L1 alone (invariant 10), audited on the way, and forced entries in time (invariant 11).

One rule: what is known here follows from L1's bytes, the genesis and the transition; what nodes say is only compared with it.
"""

from collections.abc import Mapping, Sequence

from rollup.audit.exits import Exits
from rollup.audit.machine import AuditedMachine
from rollup.audit.violation import REPLAY, Violation
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.l1.action import authenticate
from rollup.l1.derivation import DerivedBatch
from rollup.l1.records import Records
from rollup.state.genesis import genesis_rows
from rollup.transition.machine import PlainMachine


class Replay:
    """What L1's batches come to, one after another."""

    def __init__(self, genesis: Genesis) -> None:
        """Start at genesis."""
        self.genesis = genesis
        self.machine = AuditedMachine()
        self.machine.load(genesis_rows(genesis))
        self.exits = Exits.of(genesis)
        self.roots = {-1: self.machine.root()}
        """State root after each batch; after −1 it is genesis'."""
        self.found: list[Violation] = []
        self._checker = SignatureChecker()

    @property
    def violations(self) -> list[Violation]:
        """Everything that was found."""
        return [*self.machine.violations, *self.exits.violations, *self.found]

    def take(self, batch: DerivedBatch) -> Records:
        """Execute and audit the next batch; return its receipts."""
        records = batch.records.copy()
        authenticate(records, batch.signatures, self.genesis, self._checker)
        receipts = self.machine.execute(records, 0, len(records))
        self.roots[batch.index] = self.machine.root()
        self.machine.close_batch()
        self.exits.take(batch, receipts)
        return receipts

    def compare(self, batch: int, told: Mapping[str, bytes]) -> None:
        """Note who says that the state root after a batch is another one."""
        self.found += differing(batch, self.roots[batch], told)


def differing(batch: int, root: bytes, told: Mapping[str, bytes]) -> list[Violation]:
    """Return a finding for everybody whose root after a batch is another one."""
    return [
        Violation(REPLAY, f"{name} has {each.hex()} after batch {batch}, not {root.hex()}") for name, each in told.items() if each != root
    ]


def check_replay(genesis: Genesis, batches: Sequence[DerivedBatch], told: Mapping[int, Mapping[str, bytes]]) -> list[Violation]:
    """Replay all batches from genesis on a machine of its own, and compare what was told of each."""
    machine, checker, found = PlainMachine(), SignatureChecker(), list[Violation]()
    machine.load(genesis_rows(genesis))
    for batch in batches:
        records = batch.records.copy()
        authenticate(records, batch.signatures, genesis, checker)
        machine.execute(records, 0, len(records))
        found += differing(batch.index, machine.root(), told.get(batch.index, {}))
        machine.close_batch()
    return found
