"""The dispute as L1's events tell it: assertions, nodes, rivals and timers, without asking L1 anything else.

One rule: this is a fold over events, so a monitor, a verifier and a test see the same game, and a reorg is answered by folding
again up to the common block. Times are L1 block numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, cast

from rollup.dispute import clock
from rollup.dispute.bisection import Node
from rollup.dispute.trace import first_base, height_of
from rollup.dispute.treasury import HANDLERS as MONEY
from rollup.dispute.treasury import Treasury


class Status(IntEnum):
    """What has become of an assertion."""

    NONE = 0
    OPEN = 1
    CONFIRMED = 2
    REJECTED = 3
    RECLAIMED = 4
    """It was open when the rollup closed, and its bond went back."""


class Event(NamedTuple):
    """An event of the inbox or of the assertions contract."""

    block: int
    name: str
    arguments: Mapping[str, object]
    """By the names of the ABI."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What L1 computed about a posted batch."""

    accumulator: bytes
    steps: int


@dataclass(slots=True)
class Assertion:
    """A bonded claim of where a batch leads."""

    id: bytes
    parent: bytes
    batch: int
    trace_root: bytes
    end_root: bytes
    staker: bytes
    root: bytes
    """Identity of its root node; empty for the genesis assertion, which was never in dispute."""
    created_at: int
    status: Status = Status.OPEN
    confirmed_at: int = clock.NEVER
    successor: bytes = b""
    """The child that was confirmed."""
    refuted_at: int = clock.NEVER
    """Block in which one of its published leaves was shown to be wrong."""
    leaves: bytes = b""
    """The state roots that it published, 32 bytes each, where the rollup has them published."""
    children: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Standing:
    """A node and how it stands."""

    node: Node
    context: bytes
    """The node's, kept: it is looked up again and again."""
    created_at: int
    children: tuple[bytes, bytes] | None = None
    proved: bool = False
    timer: int = 0
    """The bottom-up timer as L1 last stored it."""


class Game:
    """All assertions and nodes so far."""

    __slots__ = (
        "assertions", "batches", "closed_at", "confirmed", "events", "genesis", "nodes",
        "open", "published_leaves", "rivals", "steps_per_leaf", "treasury",
    )  # fmt: skip

    def __init__(self, genesis: bytes, genesis_root: bytes, steps_per_leaf: int, *, published_leaves: bool = False) -> None:
        """Start from the genesis assertion, which is confirmed from the beginning. `published_leaves` says which lane it is."""
        first = Assertion(genesis, b"", -1, b"", genesis_root, b"", b"", 0, Status.CONFIRMED, 0)
        self.genesis = genesis
        self.confirmed = {-1: genesis}
        """The confirmed assertion of each batch."""
        self.steps_per_leaf = steps_per_leaf
        self.published_leaves = published_leaves
        self.assertions = {genesis: first}
        self.open = dict[bytes, None]()
        """Assertions that are neither confirmed nor rejected nor reclaimed, in the order in which they were made."""
        self.batches: dict[int, Batch] = {}
        self.nodes: dict[bytes, Standing] = {}
        self.rivals: dict[bytes, tuple[int, int]] = {}
        """By context: how many nodes share it, and when the second came."""
        self.closed_at = clock.NEVER
        """Block in which the rollup was closed: from then on nothing is decided any more."""
        self.treasury = Treasury()
        """Who is owed what for moves."""
        self.events: list[Event] = []

    def feed(self, events: Iterable[Event]) -> None:
        """Take events in L1's order; names other than the dispute's are ignored."""
        for event in events:
            handler = HANDLERS.get(event.name)
            if handler is not None or event.name in MONEY:
                self.events.append(event)
            if handler is not None:
                handler(self, event.arguments, event.block)
            self.treasury.feed(event.name, event.arguments, event.block)

    def rolled_back(self, block: int) -> "Game":
        """Return the game as it stood after `block`: what remains of it when L1 drops the blocks above."""
        root, direct = self.assertions[self.genesis].end_root, self.published_leaves
        game = Game(self.genesis, root, self.steps_per_leaf, published_leaves=direct)
        game.feed(event for event in self.events if event.block <= block)
        return game

    def height(self, batch: int) -> int:
        """Return the height of a batch's trace."""
        return height_of(self.batches[batch].steps, self.steps_per_leaf)

    def rivaled(self, standing: Standing) -> bool:
        """Tell whether another node shares this one's context."""
        return self.rivals[standing.context][0] > 1

    def unrivaled(self, standing: Standing, now: int) -> int:
        """Return λ of a node at block `now`."""
        return clock.unrivaled(now, standing.created_at, self.rivals[standing.context][1])

    def timer(self, root: bytes, now: int) -> int:
        """Return what a node's timer would be at block `now` if every node below it were updated."""
        below = self.below(root)
        timers: dict[bytes, int] = {}
        for identity in below:
            standing = self.nodes[identity]
            pair = standing.children and (timers[standing.children[0]], timers[standing.children[1]])
            timers[identity] = clock.bottom_up(self.unrivaled(standing, now), pair, proved=standing.proved)
        return timers[root]

    def below(self, root: bytes) -> list[bytes]:
        """List the nodes reachable from `root`, each once, children before parents."""
        found, waiting = {root: self.nodes[root].node.height}, [root]
        while waiting:
            for child in self.nodes[waiting.pop()].children or ():
                if child not in found:
                    found[child] = self.nodes[child].node.height
                    waiting.append(child)
        return sorted(found, key=lambda identity: (found[identity], identity))

    def create(self, node: Node, block: int) -> bytes:
        """Add a node made at `block`, unless it is there already; return its identity."""
        identity = node.id
        if identity not in self.nodes:
            context = node.context
            count, since = self.rivals.get(context, (0, clock.NEVER))
            self.rivals[context] = (count + 1, block if count == 1 else since)
            self.nodes[identity] = Standing(node, context, block)
        return identity


def _on_batch(game: Game, arguments: Mapping[str, object], _block: int) -> None:
    steps = 1 + _number(arguments, "queueTo") - _number(arguments, "queueFrom") + _number(arguments, "count")
    game.batches[_number(arguments, "index")] = Batch(_word(arguments, "acc"), steps)


def _on_asserted(game: Game, arguments: Mapping[str, object], block: int) -> None:
    identity, parent, batch = _word(arguments, "id"), _word(arguments, "parent"), _number(arguments, "batch")
    trace_root, before = _word(arguments, "traceRoot"), game.assertions[parent].end_root
    base = first_base(parent, game.batches[batch].accumulator, before)
    origin = identity if game.published_leaves else parent
    root = game.create(Node(origin, game.height(batch), 0, base, trace_root), block)
    staker = _word(arguments, "staker")
    made = Assertion(identity, parent, batch, trace_root, _word(arguments, "endRoot"), staker, root, block)
    game.assertions[identity] = made
    game.open[identity] = None
    game.assertions[parent].children.append(identity)


def _on_published(game: Game, arguments: Mapping[str, object], _block: int) -> None:
    game.assertions[_word(arguments, "id")].leaves = _word(arguments, "roots")


def _on_refuted(game: Game, arguments: Mapping[str, object], block: int) -> None:
    game.assertions[_word(arguments, "id")].refuted_at = block


def _on_bisected(game: Game, arguments: Mapping[str, object], block: int) -> None:
    standing = game.nodes[_word(arguments, "node")]
    halves = standing.node.halves(_word(arguments, "left"), _word(arguments, "right"))
    if halves is not None:
        standing.children = (game.create(halves[0], block), game.create(halves[1], block))


def _on_proved(game: Game, arguments: Mapping[str, object], _block: int) -> None:
    standing = game.nodes[_word(arguments, "node")]
    standing.proved, standing.timer = True, clock.NEVER


def _on_updated(game: Game, arguments: Mapping[str, object], _block: int) -> None:
    game.nodes[_word(arguments, "node")].timer = _number(arguments, "bottomUp")


def _on_confirmed(game: Game, arguments: Mapping[str, object], block: int) -> None:
    assertion = game.assertions[_word(arguments, "id")]
    assertion.status, assertion.confirmed_at = Status.CONFIRMED, block
    game.open.pop(assertion.id, None)
    game.assertions[assertion.parent].successor = assertion.id
    game.confirmed[assertion.batch] = assertion.id


def _on_rejected(game: Game, arguments: Mapping[str, object], _block: int) -> None:
    game.assertions[_word(arguments, "id")].status = Status.REJECTED
    game.open.pop(_word(arguments, "id"), None)


def _on_closed(game: Game, _arguments: Mapping[str, object], block: int) -> None:
    game.closed_at = block


def _on_reclaimed(game: Game, arguments: Mapping[str, object], _block: int) -> None:
    game.assertions[_word(arguments, "id")].status = Status.RECLAIMED
    game.open.pop(_word(arguments, "id"), None)


def _word(arguments: Mapping[str, object], name: str) -> bytes:
    return cast("bytes", arguments[name])


def _number(arguments: Mapping[str, object], name: str) -> int:
    return cast("int", arguments[name])


HANDLERS = {
    "BatchPosted": _on_batch,
    "Asserted": _on_asserted,
    "Published": _on_published,
    "Refuted": _on_refuted,
    "Bisected": _on_bisected,
    "Proved": _on_proved,
    "Updated": _on_updated,
    "Confirmed": _on_confirmed,
    "Rejected": _on_rejected,
    "Closed": _on_closed,
    "Reclaimed": _on_reclaimed,
}
"""What each event does to the game."""
