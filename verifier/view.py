"""What the strategy goes by: the game on L1, what was found here, and who is asking. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollup.dispute.game import Game
from rollup.dispute.trace import Trace


@dataclass(frozen=True, slots=True)
class Claim:
    """What this verifier found a batch to be, by its own derivation and execution."""

    batch: int
    accumulator: bytes
    trace_root: bytes
    end_root: bytes
    last_leaf_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What a verifier sees at one moment, and what it is asked to do."""

    game: Game
    traces: Mapping[int, Trace]
    """The traces kept in memory, by batch."""
    now: int
    """L1's head, a block number."""
    window: int
    """T, the unrivaled time that confirms, in blocks."""
    proposes: bool = True
    """Whether to assert each batch at once; otherwise only against somebody else's wrong assertion."""
    own: bytes = b""
    """L1 address that collects what is owed for moves; empty: nothing is collected, and nothing committed to."""
    patience: int = 0
    """Blocks that a proof may wait for its commitment to be on L1, from when its leaf got a rival."""
    committed: Mapping[bytes, int] = field(default_factory=dict)
    """This verifier's commitments, as far as it remembers: the block that each came in, NEVER while L1 has it not, by subject."""
