"""The referee of a game: checks the invariants of DISPUTE after every block, against the oracle's replay and a reckoning of its own.

One rule: it believes L1's events about who did what, and nothing about who is right. What is true comes from the oracle, what a claim's
time is from `clockwork`, what money there is from the wei that came in.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, UnionType
from typing import cast

from l1_mock.blocks import Receipt
from l1_mock.contracts.bonds import BURNED
from l1_mock.contracts.dispute_storage import AssertionRecord
from rollup.devnet.arena.ground import Ground
from rollup.devnet.arena.player import HONEST, Waiting
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.rulings import Rulings, Terms, Truth
from rollup.dispute.game import Event
from verifier.strategy import Bisect, Commit, Confirm, Move, Propose, Prove, Reclaim, Refund, Refute, Reject, Sweep, Update


class Referee(Rulings):
    """One game's referee."""

    def __init__(self, ground: Ground, rules: Rules, truth: Truth, genesis: bytes) -> None:
        """Come before the first block; `genesis` is the genesis assertion."""
        self.ground, self.rules = ground, rules
        self.seen: list[tuple[int, Receipt, Sequence[Event], Waiting | None, bool]] = []
        super().__init__(Terms(rules.window, frozenset({HONEST}), rules.published_leaves), truth, genesis)

    def reset(self) -> None:
        """Forget what was seen."""
        super().reset()
        self.honest_moves = 0
        self.honest_gas = self.attack_gas = 0

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
            self.take(event, receipt.transaction.value)

    def after_block(self, now: int) -> None:
        """Check what depends on time or on sums."""
        if self.is_touched:
            self.is_touched = False
            held = self.ground.world.balance(self.ground.addresses["assertions"])
            self.hold("S7", held == self.taken - self.paid - self.burned, now, f"held {held}, taken {self.taken}")
            self.hold("S7", self.ground.world.balance(BURNED) == self.burned, now, "burned")
        self.heaviest(now)

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
