"""The moves of a dispute, as the strategy names them and `verifier.calls` makes them. Pure.

One rule: a move says all that it is; two that are equal are one move.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Propose:
    """Assert where a batch leads, with a bond."""

    parent: bytes
    batch: int
    accumulator: bytes
    trace_root: bytes
    end_root: bytes
    last_leaf_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bisect:
    """Halve a rivaled node."""

    node: bytes
    left: bytes
    right: bytes


@dataclass(frozen=True, slots=True)
class Prove:
    """Prove the leaf `index` (from 0) of a batch: the caller builds the proof from its own state before that leaf."""

    node: bytes
    batch: int
    index: int


@dataclass(frozen=True, slots=True)
class Update:
    """Carry a node's timer up from its children."""

    node: bytes


@dataclass(frozen=True, slots=True)
class Confirm:
    """Confirm an assertion whose root has stood long enough."""

    assertion: bytes


@dataclass(frozen=True, slots=True)
class Reject:
    """Reject an assertion that lost, which slashes its bond."""

    assertion: bytes


@dataclass(frozen=True, slots=True)
class Retrace:
    """No move on L1: the trace of this batch is needed to answer a rival."""

    batch: int


@dataclass(frozen=True, slots=True)
class Abstain:
    """No move on L1: this view and L1's disagree, and acting on it could harm. Somebody must look."""

    batch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refute:
    """Show that the leaf `index` (from 0) that an assertion published is wrong; the caller builds the proof."""

    assertion: bytes
    batch: int
    index: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Commit to a proof before it is seen by all, so that the bounty for it cannot be taken by copying it."""

    to: Prove | Refute

    @property
    def subject(self) -> bytes:
        """What the proof is about: a node, or an assertion."""
        return self.to.node if isinstance(self.to, Prove) else self.to.assertion


@dataclass(frozen=True, slots=True)
class Recall:
    """No move on L1: this commitment has to be made again, because L1 may have it from an earlier life of this verifier."""

    of: Commit


@dataclass(frozen=True, slots=True)
class Reclaim:
    """Have the bond of an assertion given back that was open when the rollup closed."""

    assertion: bytes


@dataclass(frozen=True, slots=True)
class Refund:
    """Have a move on a node of the confirmed trace paid back; `path` shows that it is one."""

    node: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Have what is left of a pool paid out."""

    pool: bytes


Move = Propose | Bisect | Commit | Prove | Refute | Update | Confirm | Reject | Reclaim | Refund | Sweep | Retrace | Recall | Abstain
