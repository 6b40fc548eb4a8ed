"""From a move to the call of the assertions contract that makes it. Pure: shared by whoever sends moves, in earnest or in a simulation."""

from collections.abc import Callable
from dataclasses import dataclass

from rollup.dispute.game import Game, Status
from verifier.strategy import Bisect, Confirm, Move, Propose, Prove, Reject, Update


@dataclass(frozen=True, slots=True)
class MoveCall:
    """A call of the assertions contract."""

    function: str
    arguments: tuple[object, ...]
    value: int = 0
    """Wei that go with it."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a mover brings to a move."""

    game: Game
    address: bytes
    """The mover's, on L1."""
    bond_wei: int
    """Bond of an assertion."""
    prove: Callable[[Prove], bytes]
    """Builds the proof of a leaf."""


def call_of(move: Move, means: Means) -> MoveCall:
    """Return the call that makes a move on L1. Raises KeyError for what is no move there."""
    return CALLS[type(move)](move, means)


def propose(move: Propose, means: Means) -> MoveCall:
    """Assert where a batch leads; a bond of one's own that stands behind the parent moves up with it."""
    parent = means.game.assertions.get(move.parent)
    has_bond = parent is not None and parent.staker == means.address and parent.status == Status.OPEN
    arguments = (move.parent, move.accumulator, move.trace_root, move.end_root, list(move.last_leaf_proof))
    return MoveCall("propose", arguments, 0 if has_bond else means.bond_wei)


def bisect(move: Bisect, _means: Means) -> MoveCall:
    """Halve a node."""
    return MoveCall("bisect", (move.node, move.left, move.right))


def prove(move: Prove, means: Means) -> MoveCall:
    """Build the proof of a leaf, and prove it."""
    return MoveCall("prove", (move.node, means.prove(move)))


def update(move: Update, _means: Means) -> MoveCall:
    """Carry a timer up."""
    return MoveCall("update", (move.node,))


def confirm(move: Confirm, _means: Means) -> MoveCall:
    """Confirm an assertion."""
    return MoveCall("confirm", (move.assertion,))


def reject(move: Reject, _means: Means) -> MoveCall:
    """Reject an assertion."""
    return MoveCall("reject", (move.assertion,))


CALLS: dict[type[Move], Callable[..., MoveCall]] = {
    Propose: propose,
    Bisect: bisect,
    Prove: prove,
    Update: update,
    Confirm: confirm,
    Reject: reject,
}
"""How each move is made; what is missing here is none on L1."""
