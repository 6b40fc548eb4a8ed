"""What L1's events say about a dispute, judged after every block: by the oracle's replay, and by a reckoning of the clocks of its own.

One rule: it believes the events about who did what, and nothing about who is right. What is true comes from the oracle, what a claim's
time is from `clockwork`. The arena's games are judged by it, and the nodes' drills.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from rollup.devnet.arena.clockwork import Clockwork, Piece
from rollup.devnet.drills.oracle import Oracle
from rollup.dispute.bisection import base_at
from rollup.dispute.game import Event
from rollup.dispute.trace import Trace, first_base, height_of, join
from rollup.l1.derivation import DerivedBatch

FOREVER = 1 << 40
"""A wait that no queue entry has."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a dispute is judged by. Times in L1 blocks."""

    window: int
    honest: frozenset[bytes]
    """Addresses of the honest side."""
    published_leaves: bool = False
    stride: int = 1
    """Steps of a leaf."""
    queue_blocks: int = FOREVER
    """The longest that a queue entry may wait before every batch must take it."""
    queue_batch: int = FOREVER
    """Entries that a batch need not exceed for that."""


@dataclass(slots=True, eq=False)
class Bet:
    """An assertion as the referee sees it."""

    parent: bytes
    batch: int
    staker: bytes
    created: int
    end_root: bytes
    is_true: bool
    root: Piece
    confirmed: int = 0
    """Block; 0 while it is not."""
    is_rejected: bool = False


class Truth:
    """What the oracle says of every batch that L1 may come to hold, by accumulator."""

    def __init__(self, oracles: Sequence[tuple[Oracle, Sequence[DerivedBatch]]]) -> None:
        """Replay each line by an oracle of its own."""
        self.genesis_root = oracles[0][0].genesis_root
        self.traces: dict[bytes, Trace] = {}
        self.payers: dict[bytes, Oracle] = {}
        """By the accumulator of a line's last batch."""
        for oracle, batches in oracles:
            oracle.replay(dict(enumerate(batches)))
            self.traces |= {batch.acc: oracle.traces[batch.index] for batch in batches}
            self.payers |= {batch.acc: oracle for batch in batches}


@dataclass
class Rulings:
    """One dispute as its judge sees it."""

    terms: Terms
    truth: Truth
    genesis: bytes
    """The genesis assertion."""
    violations: dict[str, str] = field(default_factory=dict)
    """By the invariant that was broken: when, and how."""
    vanished: set[bytes] = field(default_factory=set)
    """Sybils whose block L1 has replaced: what answered them may have landed all the same."""

    def __post_init__(self) -> None:
        """Start with an empty table."""
        self.reset()

    def reset(self) -> None:
        """Forget what was seen; what was violated stays so."""
        self.clocks = Clockwork()
        self.batches: dict[int, tuple[bytes, int, int]] = {}
        """By index: accumulator, steps, block."""
        self.queued: dict[int, int] = {}
        """Block of every queue entry, by its place."""
        self.bets: dict[bytes, Bet] = {}
        self.pieces: dict[bytes, Piece] = {}
        """By the identities that L1's events give them."""
        self.winners: dict[bytes, bytes] = {}
        self.paid_out: dict[int, tuple[bytes, int]] = {}
        self.taken = self.paid = self.burned = 0
        self.answers = 0
        """Moves of the honest side that L1 has taken."""
        self.is_touched = False

    def take(self, event: Event, wei: int = 0) -> None:
        """Take in an event; `wei` came with its transaction."""
        self.is_touched = True
        handler = HANDLERS.get(event.name)
        if handler is not None:
            handler(self, event, wei)

    def heaviest(self, now: int) -> int:
        """Check S4: no wrong root has the window; return the blocks that the heaviest one lacks."""
        known: dict[Piece, int] = {}
        lacking = self.terms.window
        for bet in self.bets.values():
            settled = bet.is_rejected or bet.parent in self.winners
            if not bet.is_true and not settled and self.is_right(bet.parent):
                lacking = min(lacking, self.terms.window - self.clocks.gathered(bet.root, now, known))
        self.hold("S4", lacking > 0, now, "a wrong root has gathered the window")
        return lacking

    def hold(self, name: str, condition: bool, block: int, what: str = "") -> None:  # noqa: FBT001  # reads as a contract's require
        """Note a violation of an invariant, the first of its kind."""
        if not condition:
            self.violations.setdefault(name, f"block {block}: {what}")

    @property
    def sybils(self) -> int:
        """Count the wrong assertions that ever stood beside true ones, though L1 may have replaced the block that they came in."""
        return len(self.vanished | self.standing_sybils)

    @property
    def standing_sybils(self) -> set[bytes]:
        """The wrong assertions beside true ones: each is a bond at stake against the honest side."""
        return {identity for identity, bet in self.bets.items() if not bet.is_true and self.is_right(bet.parent)}

    @property
    def honest_bonds_lost(self) -> int:
        """Count rejected assertions of the honest player."""
        return sum(bet.is_rejected and bet.staker in self.terms.honest for bet in self.bets.values())

    def is_right(self, assertion: bytes) -> bool:
        """Whether an assertion is the genesis one or true."""
        return assertion == self.genesis or self.bets[assertion].is_true

    def trace_at(self, batch: int) -> Trace:
        """Return the oracle's trace of a batch of L1's."""
        return self.truth.traces[self.batches[batch][0]]

    def base_of(self, parent: bytes, batch: int) -> bytes:
        """Return the base of the true trace's root."""
        return first_base(parent, self.batches[batch][0], self.trace_at(batch).before)

    def is_true_piece(self, piece: Piece) -> bool:
        """Whether a claim belongs to the oracle's trace: span and base both."""
        origin, height, index, base = piece.context
        if not self.is_right(origin):
            return False
        batch = self.bets[origin].batch + 1 if origin != self.genesis else 0
        trace = self.trace_at(batch)
        return trace.span(height, index) == piece.span and true_base(trace, self.base_of(origin, batch), height, index) == base


def true_base(trace: Trace, base: bytes, height: int, index: int) -> bytes:
    """Return the base of a span of a true trace."""
    return base_at(base, index, trace.path(height, index))


def _on_batch(rulings: Rulings, event: Event, _wei: int) -> None:
    index, accumulator = cast("int", event.arguments["index"]), cast("bytes", event.arguments["acc"])
    first, last, count = (cast("int", event.arguments[name]) for name in ("queueFrom", "queueTo", "count"))
    rulings.batches[index] = accumulator, 1 + last - first + count, event.block
    oldest = rulings.queued.get(last, event.block)
    in_time = event.block - oldest <= rulings.terms.queue_blocks or last - first >= rulings.terms.queue_batch
    rulings.hold("L3", in_time, event.block, f"batch {index} leaves out an entry of block {oldest}")


def _on_queued(rulings: Rulings, event: Event, _wei: int) -> None:
    rulings.queued[cast("int", event.arguments["index"])] = event.block


def _on_asserted(rulings: Rulings, event: Event, wei: int) -> None:
    identity, parent, trace_root, end_root, staker = (
        cast("bytes", event.arguments[name]) for name in ("id", "parent", "traceRoot", "endRoot", "staker")
    )
    batch, direct = cast("int", event.arguments["batch"]), rulings.terms.published_leaves
    trace = rulings.trace_at(batch)
    is_true = rulings.is_right(parent) and (trace_root, end_root) == (trace.root, trace.end)
    before = rulings.truth.genesis_root if parent == rulings.genesis else rulings.bets[parent].end_root
    accumulator, steps, _block = rulings.batches[batch]
    context = identity if direct else parent, height_of(steps, rulings.terms.stride), 0, first_base(parent, accumulator, before)
    piece = rulings.clocks.claim(context, trace_root, event.block)
    rulings.bets[identity] = Bet(parent, batch, staker, event.block, end_root, is_true, piece)
    rulings.pieces[cast("bytes", event.arguments["rootNode"])] = piece
    rulings.taken += wei
    rulings.hold("E3", is_true or staker not in rulings.terms.honest, event.block, "an honest player asserted a falsehood")


def _on_bisected(rulings: Rulings, event: Event, _wei: int) -> None:
    names = ("node", "left", "right", "leftNode", "rightNode", "mover")
    node, left, right, left_node, right_node, mover = (cast("bytes", event.arguments[name]) for name in names)
    piece = rulings.pieces[node]
    rulings.hold("S3", join(left, right) == piece.span, event.block, "the halves are not those of the node")
    halves = rulings.clocks.halve(piece, left, right, event.block)
    rulings.pieces[left_node], rulings.pieces[right_node] = halves
    honest = mover not in rulings.terms.honest or all(map(rulings.is_true_piece, halves))
    rulings.hold("E3", honest, event.block, "an honest player halved a false node")
    rulings.answers += mover in rulings.terms.honest


def _on_proved(rulings: Rulings, event: Event, _wei: int) -> None:
    piece = rulings.pieces[cast("bytes", event.arguments["node"])]
    piece.proved = True
    rulings.answers += cast("bytes", event.arguments["mover"]) in rulings.terms.honest
    origin, height, index, base = piece.context
    rulings.hold("S3", height == 0, event.block, "more than a leaf was proved")
    if not rulings.is_right(origin):
        return
    batch = rulings.bets[origin].batch + 1 if origin != rulings.genesis else 0
    trace = rulings.trace_at(batch)
    agreed = true_base(trace, rulings.base_of(origin, batch), 0, index) == base
    rulings.hold("S3", not agreed or trace.span(0, index) == piece.span, event.block, f"a wrong leaf {index} was proved")


def _on_updated(rulings: Rulings, event: Event, _wei: int) -> None:
    piece, stored = rulings.pieces[cast("bytes", event.arguments["node"])], cast("int", event.arguments["bottomUp"])
    exact = rulings.clocks.gathered(piece, event.block, {})
    rulings.hold("S4", stored <= exact, event.block, f"L1 stored a timer of {stored}, more than {exact}")


def _on_confirmed(rulings: Rulings, event: Event, _wei: int) -> None:
    identity = cast("bytes", event.arguments["id"])
    bet = rulings.bets[identity]
    bet.confirmed = event.block
    exact = rulings.clocks.gathered(bet.root, event.block, {})
    rulings.hold("S1", bet.is_true, event.block, "a wrong assertion was confirmed")
    rulings.hold("S2", bet.parent not in rulings.winners, event.block, "a parent has two confirmed children")
    rulings.hold("S4", exact >= rulings.terms.window, event.block, f"confirmed with {exact} blocks")
    parent_settled = bet.parent == rulings.genesis or rulings.bets[bet.parent].confirmed > 0
    rulings.hold("S1", parent_settled, event.block, "confirmed before its parent")
    rulings.winners[bet.parent] = identity


def _on_rejected(rulings: Rulings, event: Event, _wei: int) -> None:
    bet = rulings.bets[cast("bytes", event.arguments["id"])]
    bet.is_rejected = True
    rulings.hold("S7", bet.staker not in rulings.terms.honest, event.block, "an honest bond was lost")


def _on_refuted(rulings: Rulings, event: Event, _wei: int) -> None:
    bet = rulings.bets[cast("bytes", event.arguments["id"])]
    rulings.hold("S3", not bet.is_true, event.block, "a true assertion was refuted")
    honest = event.arguments["refuter"] in rulings.terms.honest
    rulings.answers += honest
    rulings.hold("E3", not honest or not bet.is_true, event.block, "an honest player refuted the truth")


def _on_paid(rulings: Rulings, event: Event, _wei: int) -> None:
    rulings.paid += cast("int", event.arguments["amount"])


def _on_burned(rulings: Rulings, event: Event, _wei: int) -> None:
    rulings.burned += cast("int", event.arguments["amount"])


def _on_finalized(rulings: Rulings, event: Event, _wei: int) -> None:
    message, paid = cast("int", event.arguments["message"]), (event.arguments["recipient"], event.arguments["amount"])
    last = rulings.batches[max(rulings.batches)][0]
    rulings.hold("S6", message not in rulings.paid_out, event.block, "a withdrawal was paid twice")
    rulings.hold("S6", rulings.truth.payers[last].owed(message) == paid, event.block, f"the bridge paid {paid}, which it did not owe")
    rulings.paid_out[message] = cast("tuple[bytes, int]", paid)


HANDLERS: Mapping[str, Callable[[Rulings, Event, int], None]] = MappingProxyType(
    {
        "BatchPosted": _on_batch,
        "Queued": _on_queued,
        "Asserted": _on_asserted,
        "Bisected": _on_bisected,
        "Proved": _on_proved,
        "Updated": _on_updated,
        "Confirmed": _on_confirmed,
        "Rejected": _on_rejected,
        "Refuted": _on_refuted,
        "BondPaid": _on_paid,
        "BondBurned": _on_burned,
        "WithdrawalFinalized": _on_finalized,
    }
)
"""What each event changes on the judge's table."""
