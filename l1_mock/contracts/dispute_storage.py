"""What the assertions contract keeps, and how its parts reach it: one contract in eight files, this one without a decision.

Storage, by key:

    ("assertion", id)   AssertionRecord
    ("successor", id)   the child that was confirmed
    ("verdict", id)     of a rejected assertion: the assertion whose pool its bond went to, its parent or, refuted, itself
    ("node", id)        NodeRecord
    ("halves", id)      identities of a node's children
    ("timer", id)       bottom-up timer, as last updated; NEVER where the node is proved
    ("rival", context)  RivalRecord
    ("mover", id)       MoverRecord: who halved or proved this node, and what L1 still owes for it
    ("pool", id)        wei left of bonds slashed in the dispute over the successor of this assertion, or with it if it was refuted
    ("bounty", id)      ClaimRecord: who is owed what is left of that pool, as it stands
    ("credit", address) wei that the address may claim
    "latest"            the last confirmed assertion

and commitments and claims, as `l1_mock.contracts.bounty` says, and what `l1_mock.contracts.closing` keeps.

A bond lies in an assertion's record, in a pool or in a credit, or has left the contract; so what the contract holds is what it owes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from l1_mock.contracts import bounty, closing
from l1_mock.contracts.framework import Call
from rollup.dispute import clock
from rollup.dispute.bisection import Node
from rollup.dispute.game import Status

StepCheck = Callable[[Call, int, int, bytes, bytes], bytes]
"""(call, batch, leaf index, state root before, proof) → state root after; reverts where the proof does not suffice."""


@dataclass(frozen=True, slots=True)
class SafetyRules:
    """The bounds of the safety net, in L1 blocks."""

    guardian: bytes
    pause_blocks: int
    """How long a pause lasts."""
    pause_rest_blocks: int
    """How long after it the next may begin."""
    liveness_blocks: int
    """How long a queue entry may wait before anybody may close the rollup."""


@dataclass(frozen=True, slots=True)
class DisputeSettings:
    """Immutables of the assertions contract. Times are L1 blocks, money is wei."""

    inbox: bytes
    """Address of the inbox."""
    genesis: bytes
    """The assertion that everything follows from, confirmed from the beginning."""
    genesis_root: bytes
    steps_per_leaf: int
    published_leaves: bool
    """Which lane: whether assertions publish their leaves."""
    window: int
    """T: the unrivaled time that confirms."""
    bond: int
    burn_e9: int
    """Share of a slashed bond that is burned, 1e-9, rounded up."""
    refund_gas_max: int
    """Gas of one move that is paid for, at most."""
    refund_price_max: int
    """Wei a gas that is paid for, at most."""
    check_step: StepCheck
    safety: SafetyRules


@dataclass(frozen=True, slots=True)
class AssertionRecord:
    """An assertion as stored."""

    storage_slots: ClassVar[int] = 5

    parent: bytes
    end_root: bytes
    root: bytes
    """Identity of its root node."""
    staker: bytes
    batch: int
    """Index of its batch; -1 for the genesis assertion."""
    created_at: int
    settled_at: int
    """Block in which it was confirmed or refuted; 0 before, and where it was rejected otherwise."""
    bond: int
    """Wei at stake here; 0 where the staker moved it on to a child."""
    status: int


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node as stored: its content, and the block that it was made in."""

    storage_slots: ClassVar[int] = 4

    origin: bytes
    base: bytes
    span: bytes
    height: int
    index: int
    created_at: int

    @property
    def node(self) -> Node:
        """Return the content."""
        return Node(self.origin, self.height, self.index, self.base, self.span)


@dataclass(frozen=True, slots=True)
class RivalRecord:
    """A context as stored: how many nodes share it, and the block in which the second came."""

    storage_slots: ClassVar[int] = 1

    count: int
    since: int


@dataclass(frozen=True, slots=True)
class MoverRecord:
    """Who made a move, and the wei that its gas cost within the caps and that are not yet paid back."""

    storage_slots: ClassVar[int] = 1

    address: bytes
    owed: int


RECORDS = (AssertionRecord, NodeRecord, RivalRecord, MoverRecord, *bounty.RECORDS, *closing.RECORDS)
"""Everything that the contract keeps which is not a number or bytes."""


def settings(call: Call) -> DisputeSettings:
    """Return the contract's immutables."""
    return call.settings(DisputeSettings)


def find_assertion(call: Call, identity: bytes) -> AssertionRecord | None:
    """Return an assertion, or None. The genesis assertion is not stored but known."""
    fixed = settings(call)
    if identity == fixed.genesis:
        return AssertionRecord(bytes(32), fixed.genesis_root, bytes(32), bytes(20), -1, 0, 0, 0, int(Status.CONFIRMED))
    return call.storage.find(("assertion", identity), AssertionRecord)


def get_assertion(call: Call, identity: bytes) -> AssertionRecord:
    """Return an assertion; revert where there is none."""
    found = find_assertion(call, identity)
    if found is None:
        call.revert("no such assertion")
    return found


def get_node(call: Call, identity: bytes) -> NodeRecord:
    """Return a node; revert where there is none."""
    found = call.storage.find(("node", identity), NodeRecord)
    if found is None:
        call.revert("no such node")
    return found


def successor(call: Call, identity: bytes) -> bytes:
    """Return the confirmed child of an assertion, or nothing."""
    return call.storage.get(("successor", identity), b"")


def rival(call: Call, node: Node) -> RivalRecord:
    """Return how a node's context stands."""
    charge_identity(call)
    return call.storage.get(("rival", node.context), RivalRecord(0, clock.NEVER))


def charge_identity(call: Call) -> None:
    """Pay for hashing a node's identity or context."""
    call.charge_keccak(106)


def charge_joins(call: Call, count: int) -> None:
    """Pay for hashing `count` pairs of spans."""
    for _ in range(count):
        call.charge_keccak(65)
