"""From a move to the call of the assertions contract that makes it. Pure: shared by whoever sends moves, in earnest or in a simulation."""

from collections.abc import Callable
from dataclasses import dataclass

from rollup.core.keccak import keccak256
from rollup.dispute.bounty import commitment_of
from rollup.dispute.game import Game, Status
from rollup.dispute.refutation import work_of
from verifier.moves import Bisect, Commit, Confirm, Move, Propose, Prove, Reclaim, Refund, Refute, Reject, Sweep, Update


@dataclass(frozen=True, slots=True)
class MoveCall:
    """A call of the assertions contract."""

    function: str
    arguments: tuple[object, ...]
    value: int = 0
    """Wei that go with it."""


def undone(move: Move) -> bytes:
    """Stand for what only the other lane needs."""
    raise KeyError(move)


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
    refute: Callable[[Refute], bytes] = undone
    """Builds the proof that a published leaf is wrong."""
    leaves: Callable[[Propose], bytes] = undone
    """Returns the state roots to publish with an assertion."""
    salt: bytes = bytes(32)
    """What the mover's commitments are hidden by until they are shown: its secret, and the same in every life."""

    def salt_of(self, subject: bytes) -> bytes:
        """Return the salt of the commitment to the work on one subject."""
        return keccak256(self.salt + subject)


def call_of(move: Move, means: Means) -> MoveCall:
    """Return the call that makes a move on L1. Raises KeyError for what is no move there."""
    return CALLS[type(move)](move, means)


def propose(move: Propose, means: Means) -> MoveCall:
    """Assert where a batch leads; a bond of one's own that stands behind the parent moves up with it."""
    parent = means.game.assertions.get(move.parent)
    has_bond = parent is not None and parent.staker == means.address and parent.status == Status.OPEN
    value = 0 if has_bond else means.bond_wei
    if means.game.published_leaves:
        return MoveCall("proposeLeaves", (move.parent, move.accumulator, means.leaves(move)), value)
    arguments = (move.parent, move.accumulator, move.trace_root, move.end_root, list(move.last_leaf_proof))
    return MoveCall("propose", arguments, value)


def bisect(move: Bisect, _means: Means) -> MoveCall:
    """Halve a node."""
    return MoveCall("bisect", (move.node, move.left, move.right))


def prove(move: Prove, means: Means) -> MoveCall:
    """Build the proof of a leaf, and prove it."""
    return MoveCall("prove", (move.node, means.prove(move), means.salt_of(move.node)))


def refute(move: Refute, means: Means) -> MoveCall:
    """Build the proof that a published leaf is wrong, and refute the assertion."""
    return MoveCall("refute", (move.assertion, move.index, means.refute(move), means.salt_of(move.assertion)))


def commit(move: Commit, means: Means) -> MoveCall:
    """Build a proof, and commit to it."""
    work = keccak256(means.prove(move.to)) if isinstance(move.to, Prove) else work_of(move.to.index, means.refute(move.to))
    return MoveCall("commit", (commitment_of(move.subject, work, means.address, means.salt_of(move.subject)),))


def update(move: Update, _means: Means) -> MoveCall:
    """Carry a timer up."""
    return MoveCall("update", (move.node,))


def confirm(move: Confirm, _means: Means) -> MoveCall:
    """Confirm an assertion."""
    return MoveCall("confirm", (move.assertion,))


def reject(move: Reject, _means: Means) -> MoveCall:
    """Reject an assertion."""
    return MoveCall("reject", (move.assertion,))


def reclaim(move: Reclaim, _means: Means) -> MoveCall:
    """Have a bond given back."""
    return MoveCall("reclaim", (move.assertion,))


def refund(move: Refund, _means: Means) -> MoveCall:
    """Have a move paid back."""
    return MoveCall("refund", (move.node, list(move.path)))


def sweep(move: Sweep, _means: Means) -> MoveCall:
    """Have what is left of a pool paid out."""
    return MoveCall("sweep", (move.pool,))


CALLS: dict[type[Move], Callable[..., MoveCall]] = {
    Propose: propose,
    Bisect: bisect,
    Commit: commit,
    Prove: prove,
    Refute: refute,
    Update: update,
    Confirm: confirm,
    Reject: reject,
    Reclaim: reclaim,
    Refund: refund,
    Sweep: sweep,
}
"""How each move is made; what is missing here is none on L1."""
