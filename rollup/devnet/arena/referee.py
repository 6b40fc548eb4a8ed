"""The referee of a game: checks the invariants of DISPUTE after every block, against the oracle's replay and a reckoning of its own.

One rule: it believes L1's events about who did what, and nothing about who is right. What is true comes from the oracle, what a claim's
time is from `clockwork`, what money there is from the wei that came in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, UnionType
from typing import cast

from l1_mock.blocks import Receipt
from l1_mock.contracts.bonds import BURNED
from l1_mock.contracts.dispute_storage import AssertionRecord
from rollup.devnet.arena.clockwork import Clockwork, Piece
from rollup.devnet.arena.ground import Ground
from rollup.devnet.arena.player import HONEST, Waiting
from rollup.devnet.arena.rules import Rules
from rollup.devnet.drills.oracle import Oracle
from rollup.dispute.bisection import base_at
from rollup.dispute.game import Event
from rollup.dispute.trace import Trace, first_base, height_of, join
from rollup.l1.derivation import DerivedBatch
from verifier.strategy import Bisect, Commit, Confirm, Move, Propose, Prove, Reclaim, Refund, Refute, Reject, Sweep, Update


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
class Referee:
    """One game's referee."""

    ground: Ground
    rules: Rules
    truth: Truth
    genesis: bytes
    """The genesis assertion."""
    violations: dict[str, str] = field(default_factory=dict)
    """By the invariant that was broken: when, and how."""
    vanished: set[bytes] = field(default_factory=set)
    """Sybils whose block L1 has replaced: what answered them may have landed all the same."""
    seen: list[tuple[int, Receipt, Sequence[Event], Waiting | None, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with an empty table."""
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self.clocks = Clockwork()
        self.batches: dict[int, tuple[bytes, int, int]] = {}
        """By index: accumulator, steps, block."""
        self.bets: dict[bytes, Bet] = {}
        self.pieces: dict[bytes, Piece] = {}
        """By the identities that L1's events give them."""
        self.winners: dict[bytes, bytes] = {}
        self.paid_out: dict[int, tuple[bytes, int]] = {}
        self.taken = self.paid = self.burned = 0
        self.honest_moves = 0
        self.honest_gas = self.attack_gas = 0
        self.is_touched = False

    def roll_back(self, number: int) -> None:
        """Judge anew without the blocks after `number`. What was violated stays so."""
        self.vanished |= self.standing_sybils
        kept = [each for each in self.seen if each[0] <= number]
        self.seen = []
        self.reset()
        for block, receipt, events, waiting, is_attack in kept:
            self.see(block, receipt, events, waiting, is_attack=is_attack)

    def see(self, block: int, receipt: Receipt, events: Sequence[Event], waiting: Waiting | None, *, is_attack: bool) -> None:
        """Take in a transaction; `waiting` is set if it is an honest player's."""
        self.seen.append((block, receipt, events, waiting, is_attack))
        cost = receipt.gas_used * receipt.gas_price
        if is_attack:
            self.attack_gas += cost
        if waiting is not None:
            self._judge_honest(block, receipt, events, waiting, cost)
        for event in events:
            self.is_touched = True
            handler = HANDLERS.get(event.name)
            if handler is not None:
                handler(self, event, receipt)

    def after_block(self, now: int) -> None:
        """Check what depends on time or on sums."""
        if self.is_touched:
            self.is_touched = False
            held = self.ground.world.balance(self.ground.addresses["assertions"])
            self.hold("S7", held == self.taken - self.paid - self.burned, now, f"held {held}, taken {self.taken}")
            self.hold("S7", self.ground.world.balance(BURNED) == self.burned, now, "burned")
        self.heaviest(now)

    def heaviest(self, now: int) -> int:
        """Check S4: no wrong root has the window; return the blocks that the heaviest one lacks."""
        known: dict[Piece, int] = {}
        lacking = self.rules.window
        for bet in self.bets.values():
            settled = bet.is_rejected or bet.parent in self.winners
            if not bet.is_true and not settled and self.is_right(bet.parent):
                lacking = min(lacking, self.rules.window - self.clocks.gathered(bet.root, now, known))
        self.hold("S4", lacking > 0, now, "a wrong root has gathered the window")
        return lacking

    def hold(self, name: str, condition: bool, block: int, what: str = "") -> None:  # noqa: FBT001  # reads as a contract's require
        """Note a violation of an invariant, the first of its kind."""
        if not condition:
            self.violations.setdefault(name, f"block {block}: {what}")

    def settle(self, now: int) -> None:
        """Check at the game's end that the contract owes what it holds."""
        storage = self.ground.world.tables["storage"]
        address, owed = self.ground.addresses["assertions"], 0
        for place, value in storage.items():
            where, key = cast("tuple[bytes, tuple[str, bytes] | str]", place)
            if where == address and key[0] in {"pool", "credit"}:
                owed += cast("int", value)
            if where == address and isinstance(value, AssertionRecord):
                owed += value.bond
        held = self.ground.world.balance(address)
        self.hold("S7", held == owed, now, f"held {held}, owed {owed}")

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
        return sum(bet.is_rejected and bet.staker == HONEST for bet in self.bets.values())

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

    def is_meant(self, move: Move, event: Event) -> bool:
        """Whether an event is what an honest move was meant to do. Timers and sums are carried along by other moves."""
        if event.name in {"Updated", "BondPaid", "BondBurned", "BountyNoted", "Committed", "Published"}:
            return True
        if event.name == "Claimed":
            return isinstance(move, Prove | Refute) and event.arguments["subject"] == Commit(move).subject
        kind, argument, attribute = MEANT[event.name]
        if isinstance(move, Propose) and self.batches[move.batch][0] != move.accumulator:
            return False
        return isinstance(move, kind) and event.arguments[argument] == getattr(move, attribute)

    def _judge_honest(self, block: int, receipt: Receipt, events: Sequence[Event], waiting: Waiting, cost: int) -> None:
        kind = type(waiting.move)
        if kind in {Bisect, Commit, Prove, Refute, Update}:
            self.honest_gas += cost
        if receipt.success:
            self.honest_moves += kind in {Bisect, Prove, Refute} and bool(events)
            self.hold("S5", all(self.is_meant(waiting.move, event) for event in events), block, f"{waiting.move} did {events}")
        else:
            self.hold("S5", receipt.reason in TOO_LATE[kind], block, f"{kind.__name__} reverted: {receipt.reason}")


def true_base(trace: Trace, base: bytes, height: int, index: int) -> bytes:
    """Return the base of a span of a true trace."""
    return base_at(base, index, trace.path(height, index))


SETTLED = frozenset({"the dispute is settled", "the parent's successor is settled", "a rival was confirmed"})
"""Why a move may come too late."""

UNSETTLED = frozenset({"no such assertion", "nothing is confirmed here yet"})
"""Why money may be asked for too early."""

MOVED = "bond: send exactly the bond, or nothing to move that of your parent assertion"
"""Why an assertion may come too late: the parent was confirmed meanwhile, and its bond is back already."""

TOO_LATE: Mapping[type[Move], frozenset[str]] = MappingProxyType(
    {
        Propose: SETTLED | {"no such assertion", "L1's batch is another one", "no such batch", MOVED, "the parent is rejected"},
        Bisect: SETTLED | {"no such node", "the node has no rival"},
        Prove: SETTLED | {"no such node", "no such assertion"},
        Refute: SETTLED | {"no such assertion", "the assertion is confirmed, or was rejected otherwise"},
        Reclaim: frozenset(),
        Update: SETTLED | {"no such node"},
        Confirm: SETTLED | {"the timer has not reached the window", "the parent is not confirmed", "no such assertion"},
        Reject: SETTLED | {"no such assertion", "no rival is confirmed and the parent is not rejected"},
        Commit: frozenset(),
        Refund: frozenset(
            {"no such node", "no such assertion", "nothing is confirmed here yet", "refund: not a node of the confirmed trace"}
        ),
        Sweep: frozenset({"no such assertion", "nothing is confirmed here yet", "sweep: movers may still be paid"}),
    }
)
"""Why an honest move may fail: somebody was faster, the order in the block was another, or a reorganisation took what it was about."""

MEANT: Mapping[str, tuple[type[Move] | UnionType, str, str]] = MappingProxyType(
    {
        "Bisected": (Bisect, "node", "node"),
        "Proved": (Prove, "node", "node"),
        "Confirmed": (Confirm, "id", "assertion"),
        "Rejected": (Reject | Refute, "id", "assertion"),
        "Refuted": (Refute, "id", "assertion"),
        "Reclaimed": (Reclaim, "id", "assertion"),
        "Asserted": (Propose, "endRoot", "end_root"),
        "Slashed": (Reject | Refute, "id", "assertion"),
        "Refunded": (Refund, "node", "node"),
        "Swept": (Sweep, "pool", "pool"),
    }
)
"""What each event of an honest transaction must be about: the move, the event's argument and the move's."""


def _on_batch(referee: Referee, event: Event, _receipt: Receipt) -> None:
    index, accumulator = cast("int", event.arguments["index"]), cast("bytes", event.arguments["acc"])
    first, last, count = (cast("int", event.arguments[name]) for name in ("queueFrom", "queueTo", "count"))
    referee.batches[index] = accumulator, 1 + last - first + count, event.block


def _on_asserted(referee: Referee, event: Event, receipt: Receipt) -> None:
    identity, parent, trace_root, end_root, staker = (
        cast("bytes", event.arguments[name]) for name in ("id", "parent", "traceRoot", "endRoot", "staker")
    )
    batch, direct = cast("int", event.arguments["batch"]), referee.rules.published_leaves
    trace = referee.trace_at(batch)
    is_true = referee.is_right(parent) and (trace_root, end_root) == (trace.root, trace.end)
    before = referee.truth.genesis_root if parent == referee.genesis else referee.bets[parent].end_root
    accumulator, steps, _block = referee.batches[batch]
    context = identity if direct else parent, height_of(steps, 1), 0, first_base(parent, accumulator, before)
    piece = referee.clocks.claim(context, trace_root, event.block)
    referee.bets[identity] = Bet(parent, batch, staker, event.block, end_root, is_true, piece)
    referee.pieces[cast("bytes", event.arguments["rootNode"])] = piece
    referee.taken += receipt.transaction.value
    referee.hold("E3", is_true or staker != HONEST, event.block, "an honest player asserted a falsehood")


def _on_bisected(referee: Referee, event: Event, _receipt: Receipt) -> None:
    names = ("node", "left", "right", "leftNode", "rightNode", "mover")
    node, left, right, left_node, right_node, mover = (cast("bytes", event.arguments[name]) for name in names)
    piece = referee.pieces[node]
    referee.hold("S3", join(left, right) == piece.span, event.block, "the halves are not those of the node")
    halves = referee.clocks.halve(piece, left, right, event.block)
    referee.pieces[left_node], referee.pieces[right_node] = halves
    honest = mover != HONEST or all(map(referee.is_true_piece, halves))
    referee.hold("E3", honest, event.block, "an honest player halved a false node")


def _on_proved(referee: Referee, event: Event, _receipt: Receipt) -> None:
    piece = referee.pieces[cast("bytes", event.arguments["node"])]
    piece.proved = True
    origin, height, index, base = piece.context
    referee.hold("S3", height == 0, event.block, "more than a leaf was proved")
    if not referee.is_right(origin):
        return
    batch = referee.bets[origin].batch + 1 if origin != referee.genesis else 0
    trace = referee.trace_at(batch)
    agreed = true_base(trace, referee.base_of(origin, batch), 0, index) == base
    referee.hold("S3", not agreed or trace.span(0, index) == piece.span, event.block, f"a wrong leaf {index} was proved")


def _on_updated(referee: Referee, event: Event, _receipt: Receipt) -> None:
    piece, stored = referee.pieces[cast("bytes", event.arguments["node"])], cast("int", event.arguments["bottomUp"])
    exact = referee.clocks.gathered(piece, event.block, {})
    referee.hold("S4", stored <= exact, event.block, f"L1 stored a timer of {stored}, more than {exact}")


def _on_confirmed(referee: Referee, event: Event, _receipt: Receipt) -> None:
    identity = cast("bytes", event.arguments["id"])
    bet = referee.bets[identity]
    bet.confirmed = event.block
    exact = referee.clocks.gathered(bet.root, event.block, {})
    referee.hold("S1", bet.is_true, event.block, "a wrong assertion was confirmed")
    referee.hold("S2", bet.parent not in referee.winners, event.block, "a parent has two confirmed children")
    referee.hold("S4", exact >= referee.rules.window, event.block, f"confirmed with {exact} blocks")
    parent_settled = bet.parent == referee.genesis or referee.bets[bet.parent].confirmed > 0
    referee.hold("S1", parent_settled, event.block, "confirmed before its parent")
    referee.winners[bet.parent] = identity


def _on_rejected(referee: Referee, event: Event, _receipt: Receipt) -> None:
    bet = referee.bets[cast("bytes", event.arguments["id"])]
    bet.is_rejected = True
    referee.hold("S7", bet.staker != HONEST, event.block, "an honest bond was lost")


def _on_refuted(referee: Referee, event: Event, _receipt: Receipt) -> None:
    bet = referee.bets[cast("bytes", event.arguments["id"])]
    referee.hold("S3", not bet.is_true, event.block, "a true assertion was refuted")
    honest = event.arguments["refuter"] == HONEST
    referee.hold("E3", not honest or not bet.is_true, event.block, "an honest player refuted the truth")


def _on_paid(referee: Referee, event: Event, _receipt: Receipt) -> None:
    referee.paid += cast("int", event.arguments["amount"])


def _on_burned(referee: Referee, event: Event, _receipt: Receipt) -> None:
    referee.burned += cast("int", event.arguments["amount"])


def _on_finalized(referee: Referee, event: Event, _receipt: Receipt) -> None:
    message, paid = cast("int", event.arguments["message"]), (event.arguments["recipient"], event.arguments["amount"])
    last = referee.batches[max(referee.batches)][0]
    referee.hold("S6", message not in referee.paid_out, event.block, "a withdrawal was paid twice")
    referee.hold("S6", referee.truth.payers[last].owed(message) == paid, event.block, f"the bridge paid {paid}, which it did not owe")
    referee.paid_out[message] = cast("tuple[bytes, int]", paid)


HANDLERS: Mapping[str, Callable[[Referee, Event, Receipt], None]] = MappingProxyType(
    {
        "BatchPosted": _on_batch,
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
"""What each event changes on the referee's table."""
