"""Games of L1's queue: a sequencer that leaves everybody's entries out for as long as it may, against people who then force them in.

One rule: as in games of the dispute, the adversary makes the blocks, delays each transaction of the honest side by δ blocks and censors
C blocks in all; it posts batches when it likes, with as little of the queue as L1 lets it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from l1_mock.blocks import Receipt
from rollup.core.keccak import keccak256
from rollup.devnet.arena.batches import games_genesis, open_ground
from rollup.devnet.arena.ground import Ground, reader
from rollup.devnet.arena.rulings import Rulings, Terms, Truth
from rollup.devnet.drills.oracle import Oracle
from rollup.dispute.game import Event
from rollup.l1.forced import KIND_OFFSET, RECORD_BYTES
from rollup.transition.kinds import SIGNED_FIRST
from verifier.calls import MoveCall

ENTRIES = 40
"""Entries of a game, at most."""

SPREAD_BLOCKS = 60
"""Blocks within which they come."""

DELAYS, BUDGETS = (0, 1, 3), (0, 5, 20)
"""δ and C of a game, by chance."""

ZEALS = (0.0, 0.1, 0.4, 1.0)
"""How often the sequencer of a game posts, by chance."""

USER = b"wants to be included"
"""Who queues, and forces."""


@dataclass
class QueueGame:
    """One game."""

    ground: Ground
    dice: Random
    delay: int
    """δ: blocks that a transaction of the honest side may be delayed."""
    budget: int
    """C: blocks that may be censored."""
    posts: float = 0.4
    """How often the sequencer posts: in each block, by chance."""
    forces: bool = True
    """Whether anybody forces what is overdue."""
    rulings: Rulings = field(init=False)
    waits: list[int] = field(default_factory=list)
    """Blocks that every entry has waited."""
    forced: int = 0
    """Batches that were forced."""
    pending_since: int = 0
    """Block in which somebody has sent a forced inclusion that has not landed; 0 while nobody has."""
    censored: int = 0

    def __post_init__(self) -> None:
        """Know the rules, and what is queued already."""
        genesis, inbox = self.ground.genesis, self.ground.genesis.inbox
        terms = Terms(1, frozenset({USER}), queue_blocks=inbox.forced_delay_blocks, queue_batch=inbox.forced_batch_max)
        self.rulings = Rulings(terms, Truth([(Oracle(genesis), ())]), b"")
        self.read = reader(self.ground)
        self.first = self.ground.number
        for mined in self.ground.mined:
            for receipt in mined.receipts:
                self.take(self.read(mined.number, receipt.logs))

    @property
    def bound(self) -> int:
        """Return the blocks that an entry may wait: the most that L1 allows, and those in which forced inclusions come in."""
        inbox = self.ground.genesis.inbox
        rounds = -(-len(self.rulings.queued) // inbox.forced_batch_max)
        return inbox.forced_delay_blocks + rounds * (self.delay + 1) + self.censored

    def play(self) -> None:
        """Queue entries by and by, until all of them are taken or have waited too long."""
        arrivals = sorted(self.first + self.dice.randrange(SPREAD_BLOCKS) for _ in range(self.dice.randrange(1, ENTRIES + 1)))
        last = self.first + SPREAD_BLOCKS + 2 * self.bound
        while self.ground.number < last and (arrivals or len(self.waits) < len(self.rulings.queued)):
            self.ground.open_block()
            while arrivals and arrivals[0] < self.ground.number:
                arrivals.pop(0)
                self.call("enqueue", entry_of(self.dice), wei=self.ground.genesis.inbox.queue_fee_wei)
            self.compose()
            self.ground.close_block()
            self.look()
        for index in range(len(self.waits), len(self.rulings.queued)):
            self.hold(index, self.ground.number)

    def compose(self) -> None:
        """Make the adversary's part of a block: post if it likes; let a forced inclusion in where it is due, or spend censorship on it."""
        if self.dice.random() < self.posts:
            self.post()
        due = self.pending_since and self.ground.number > self.pending_since + self.delay
        if due and self.budget:
            self.budget, self.censored = self.budget - 1, self.censored + 1
        elif due:
            self.forced += self.call("forceInclude") is not None
            self.pending_since = 0

    def post(self) -> None:
        """Post a batch with as few entries as L1 lets it."""
        index = len(self.rulings.batches)
        found = self.ground.look("inbox", "batch", index - 1) if index else (self.ground.genesis.genesis_hash, b"", 0, 0, 0, 0, 0)
        parent, taken = found[0], found[4]
        assert isinstance(taken, int)
        for queue_to in range(taken, len(self.rulings.queued) + 1):
            accumulator = self.ground.look("inbox", "queueAcc", queue_to)[0]
            arguments = (parent, self.ground.timestamp, queue_to, accumulator, 0, b"")
            if self.call("postBatch", *arguments, sender=self.ground.genesis.roles.poster) is not None:
                return

    def look(self) -> None:
        """Force what is overdue, as L1 says it is."""
        waiting = self.ground.look("inbox", "waitingSince")[0]
        allowed = self.ground.look("inbox", "forcedDelay")[0]
        assert isinstance(waiting, int)
        assert isinstance(allowed, int)
        overdue = waiting and waiting + allowed <= self.ground.number
        if self.forces and overdue and not self.pending_since:
            self.pending_since = self.ground.number

    def call(self, function: str, *arguments: object, wei: int = 0, sender: bytes = USER) -> Receipt | None:
        """Include a call of the inbox; None where L1 refuses it."""
        receipt = self.ground.call(sender, MoveCall(function, arguments, wei), "inbox")
        if receipt is None or not receipt.success:
            return None
        self.take(self.read(self.ground.number, receipt.logs))
        return receipt

    def take(self, events: Sequence[Event]) -> None:
        """Take in events: of a batch, how long the entries in it have waited."""
        for event in events:
            self.rulings.take(event)
            if event.name == "BatchPosted":
                queue_to = event.arguments["queueTo"]
                assert isinstance(queue_to, int)
                for index in range(len(self.waits), queue_to):
                    self.hold(index, event.block)

    def hold(self, index: int, block: int) -> None:
        """Check L3 of an entry that was taken in a block."""
        waited = block - self.rulings.queued[index]
        self.waits.append(waited)
        self.rulings.hold("L3", waited <= self.bound, block, f"entry {index} has waited for {waited} blocks, the bound is {self.bound}")


def entry_of(dice: Random) -> bytes:
    """Return a queue entry of a signed kind; L1 looks at nothing else in it."""
    data = bytearray(keccak256(dice.randbytes(8)) * (RECORD_BYTES // 32 + 1))[:RECORD_BYTES]
    data[KIND_OFFSET : KIND_OFFSET + 8] = int(SIGNED_FIRST).to_bytes(8, "little")
    return bytes(data)


def play_queue(seed: int, game: int, ground: Ground) -> QueueGame:
    """Play the game of a number in a series of a seed; the ground is as it was before when it is over."""
    dice, start = Random(f"queue/{seed}/{game}"), ground.number
    played = QueueGame(ground, dice, dice.choice(DELAYS), dice.choice(BUDGETS), dice.choice(ZEALS))
    played.play()
    ground.roll_back(start)
    return played


def play_queues(seed: int, games: int) -> dict[str, object]:
    """Play a series of games; return what came of them, as JSON's object."""
    ground = open_ground(games_genesis())
    played = [play_queue(seed, game, ground) for game in range(games)]
    broken = [f"game {game}: {what}" for game, each in enumerate(played) for what in each.rulings.violations.values()]
    worst = max(played, key=lambda each: max(each.waits))
    return {
        "games": games,
        "entries": sum(len(each.waits) for each in played),
        "batches": sum(len(each.rulings.batches) for each in played),
        "forced_batches": sum(each.forced for each in played),
        "censored_blocks": sum(each.censored for each in played),
        "longest_wait_blocks": max(worst.waits),
        "its_bound_blocks": worst.bound,
        "margin_blocks_min": min(each.bound - max(each.waits) for each in played),
        "late": len(broken),
        "example": "".join(broken[:1]),
    }
