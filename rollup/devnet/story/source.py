"""What a story is told from: L1's events, the true traces, and who stands behind which address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rollup.core.genesis import Genesis
from rollup.devnet.story.story import Mark, Party
from rollup.dispute.game import Event, Game
from rollup.dispute.trace import Trace
from rollup.l1.derivation import DerivedBatch
from verifier.divergence import FieldChange

Known = Callable[[bytes, int], Sequence[FieldChange] | None]
"""From a staker and a batch to what its state had otherwise right after the leaf that it lied about; None where nobody knows."""


def unknown(_staker: bytes, _batch: int) -> Sequence[FieldChange] | None:
    """Know nothing of anybody's state."""
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """All of it."""

    genesis: Genesis
    events: Sequence[Event]
    """Of all contracts, in L1's order."""
    game: Game
    """The same, folded."""
    traces: Mapping[int, Trace]
    batches: Mapping[int, DerivedBatch]
    statuses: Mapping[int, Sequence[int]]
    """What became of each step, by batch; empty where nobody noted it."""
    parties: Mapping[bytes, Party]
    """By address, in the order of their lanes."""
    window: int
    head: int
    deposits: Sequence[tuple[int, int]] = ()
    """Block and wei of what came with assertions."""
    notes: Sequence[Mark] = ()
    known: Known = field(default=unknown)

    def party(self, address: bytes) -> Party:
        """Return who stands behind an address; all whom nobody knows share a lane."""
        return self.parties.get(address, OTHERS)

    def is_true(self, assertion: bytes) -> bool:
        """Whether an assertion, and all that it builds on, is what the traces say."""
        while assertion != self.game.genesis:
            found = self.game.assertions[assertion]
            trace = self.traces[found.batch]
            if (found.trace_root, found.end_root) != (trace.root, trace.end):
                return False
            assertion = found.parent
        return True


OTHERS, SEQUENCER, MARKET, LEDGER, DIRECTOR = (Party(name) for name in ("others", "sequencer", "market", "L1", "director"))
"""Lanes that belong to no verifier."""


def noted(block: int, text: str) -> Mark:
    """Return what the director says; before the first block is in it."""
    return Mark(max(block, 0), DIRECTOR.name, text)
