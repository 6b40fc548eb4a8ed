"""The contracts on a bare world: blocks are a counter, and a toy step stands for the transition.

The toy is op-challenger's alphabet: a step appends a letter, and the state root is the hash of the letters so far.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from l1_mock.contracts.deployment import contracts_of
from l1_mock.contracts.dispute_storage import DisputeSettings
from l1_mock.contracts.framework import Block, Call, Contract, Log
from l1_mock.contracts.interface import decode, encode
from l1_mock.execution import Message, Outcome, execute
from l1_mock.gas import intrinsic_cost
from l1_mock.world import World
from rollup.core.development import development_genesis
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak256
from rollup.dispute.bisection import assertion_id
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Event, Game, Status
from rollup.dispute.prior import encode_prior
from rollup.dispute.refutation import encode_leaves, roots_of
from rollup.dispute.schedule import direct_window, window
from rollup.dispute.trace import Trace, commit, first_base, height_of
from verifier import strategy
from verifier.calls import CALLS, Means, call_of

HONEST = b"H" * 20
LIARS = [bytes([number]) * 20 for number in range(1, 33)]

ASKER = b"?" * 20
ETHER = 10**18
GAS_PRICE = 10**9
SALT = bytes(32)
RICH = 10**6 * ETHER
TOO_LATE = ("settled", "rival was confirmed", "rejected otherwise", "confirmations are paused")
"""What reverts say to moves that were right when they were decided on."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def toy_root(letters: str) -> bytes:
    """The toy's state root."""
    return keccak256(letters.encode())


def toy_check(call: Call, batch: int, leaf: int, before: bytes, proof: bytes) -> bytes:
    """The toy's step: the proof is the letters so far; the next one follows from the leaf's number."""
    del batch
    letters = proof.decode("ascii", "replace")
    call.require(toy_root(letters) == before, "these are not the letters so far")
    return toy_root(letters + LETTERS[leaf % 26])


@dataclass
class L1:
    """The contracts, and a way to call them."""

    genesis: Genesis
    contracts: dict[bytes, Contract]
    world: World = field(default_factory=World)
    block: int = 1
    events: list[Event] = field(default_factory=list)
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    history: list[tuple[int, bytes, tuple[Log, ...]]] = field(default_factory=list)
    """Block, calldata and logs of every transaction."""

    def __post_init__(self) -> None:
        """Begin with what the contracts hold at genesis."""
        for contract in self.contracts.values():
            for key, value in contract.initial.items():
                self.world.put("storage", (contract.address, key), value)
            if contract.balance:
                self.world.put("balances", contract.address, contract.balance)

    def address(self, name: str) -> bytes:
        """Where a contract is; "token:BTC" is a market's underlying."""
        if name.startswith("token:"):
            return next(market.collateral.token for market in self.genesis.markets if market.symbol == name.removeprefix("token:"))
        return cast("bytes", getattr(self.genesis.contracts, name))

    def contract(self, name: str) -> Contract:
        return self.contracts[self.address(name)]

    def send(self, sender: bytes, name: str, function: str, *arguments: object, value: int = 0) -> Outcome:
        """Run a transaction in the present block; keep its events."""
        target = self.contract(name)
        made = target.interface.functions[function]
        outcome = self.raw(sender, name, made.selector + encode(made.inputs, arguments), value)
        self.outcomes.append((function, outcome))
        return outcome

    def raw(self, sender: bytes, name: str, data: bytes, value: int = 0) -> Outcome:
        target = self.contract(name)
        self.world.put("balances", sender, max(self.world.balance(sender), RICH))
        message = Message(sender, target.address, data, value, gas_price=GAS_PRICE, gas_limit=60_000_000)
        time = self.genesis.chain.time_s + 12 * self.block
        outcome = execute(self.world, self.contracts, Block(self.block, time), message, intrinsic_cost(data, creates=False))
        self.history.append((self.block, data, outcome.logs))
        for log in outcome.logs:
            self.events.append(self.event(log.address, log.topics, log.data))
        return outcome

    def ask(self, name: str, function: str, *arguments: object) -> object:
        """Call a view."""
        made = self.contract(name).interface.functions[function]
        outcome = self.send(ASKER, name, function, *arguments)
        assert outcome.success, outcome.reason
        values = decode(made.outputs, outcome.output)
        return values[0] if len(values) == 1 else values

    def event(self, address: bytes, topics: Sequence[bytes], data: bytes) -> Event:
        made = next(e for e in self.contracts[address].interface.events.values() if e.topic == topics[0])
        plain = iter(decode([kind for _, kind, indexed in made.parameters if not indexed], data))
        rest = iter(topics[1:])
        arguments = {name: decode([kind], next(rest))[0] if indexed else next(plain) for name, kind, indexed in made.parameters}
        return Event(self.block, made.name, arguments)

    def post_batch(self, count: int) -> bytes:
        """Post a batch of `count` records of zeros; return its accumulator."""
        batches = cast("int", self.ask("inbox", "batchCount"))
        parent = self.genesis.genesis_hash
        if batches:
            parent = cast("tuple[bytes, ...]", self.ask("inbox", "batch", batches - 1))[0]
        time = self.genesis.chain.time_s + 12 * self.block
        done = self.send(self.genesis.roles.poster, "inbox", "postBatch", parent, time, 0, bytes(32), count, b"")
        assert done.success, done.reason
        return cast("tuple[bytes, ...]", self.ask("inbox", "batch", batches))[0]

    @property
    def settings(self) -> DisputeSettings:
        settings = self.contract("assertions").settings
        assert isinstance(settings, DisputeSettings)
        return settings

    def new_game(self) -> Game:
        fixed = self.settings
        return Game(fixed.genesis, fixed.genesis_root, fixed.steps_per_leaf, published_leaves=fixed.published_leaves)


@dataclass
class Run:
    """Somebody's execution of one toy batch, honest but for the letters that it gets wrong."""

    letters: str
    trace: Trace
    claim: strategy.Claim
    steps: int

    @classmethod
    def of(cls, accumulator: bytes, steps: int, wrong: dict[int, str] | None = None, *, batch: int = 0, healed: bool = False) -> "Run":
        """Execute letters, writing `wrong[i]` in place of the right letter of leaf i.

        What follows builds on the lie, unless it is `healed`: then all other roots are the right ones.
        """
        lies, height, letters, roots = wrong or {}, height_of(steps, 1), "", []
        for i in range(1 << height):
            right = letters + LETTERS[i % 26]
            letters = letters + lies.get(i, LETTERS[i % 26])
            roots.append(toy_root(letters))
            letters = right if healed else letters
        trace = commit(toy_root(""), roots, height)
        return cls(letters, trace, strategy.Claim(batch, accumulator, trace.root, trace.end, trace.last_leaf_proof()), steps)

    def proof(self, parent: bytes, index: int) -> bytes:
        """The proof of a leaf, as this run would have it."""
        base = first_base(parent, self.claim.accumulator, self.trace.before)
        return encode_prior(base, self.trace, index) + self.letters[:index].encode()

    def refutation(self, published: bytes, index: int) -> bytes:
        """The proof that another run's leaf is wrong, as this one would have it."""
        return encode_leaves(commit(self.trace.before, roots_of(published), self.trace.height), index) + self.letters[:index].encode()

    @property
    def leaves(self) -> bytes:
        """What it publishes: the roots of the leaves that have steps."""
        return b"".join(self.trace.roots[: self.steps])

    def assertion(self, parent: bytes) -> bytes:
        return assertion_id(parent, self.claim.accumulator, self.trace.root, self.trace.end)


class Execution(Protocol):
    """What a player takes a batch to be: a toy's run, or a real one."""

    trace: Trace

    @property
    def claim(self) -> strategy.Claim: ...
    @property
    def leaves(self) -> bytes: ...
    def proof(self, parent: bytes, index: int) -> bytes: ...
    def refutation(self, published: bytes, index: int) -> bytes: ...
    def assertion(self, parent: bytes) -> bytes: ...


@dataclass
class Player:
    """A verifier: the honest strategy over its own run of the batch, an account, and what makes it slow or wicked."""

    l1: L1
    name: bytes
    run: Execution
    honest: bool = False
    """Honest players see a block when it is over; the others react within it, to whatever came before them."""
    proposes: bool = True
    collects: bool = False
    """Whether it commits to its proofs and collects what is owed to it."""
    delay: int = 0
    """Blocks that its transactions wait beyond the next one."""
    censored: Callable[[int], bool] = lambda _block: False
    """Blocks that take no transaction of its."""
    plays: Callable[[strategy.Move, int], bool] = lambda _move, _block: True
    """Which of the honest moves it makes, and when."""
    made: list[strategy.Move] = field(default_factory=list)
    pending: dict[strategy.Move, int] = field(default_factory=dict)
    commitments: dict[bytes, bytes] = field(default_factory=dict)
    game: Game | None = None
    """What it saw last."""

    def wants(self, game: Game, now: int) -> list[strategy.Move]:
        """What the honest strategy says at block `now`."""
        claim = self.run.claim
        known = game.treasury.commitments
        committed = {subject: known.get(each, NEVER) for subject, each in self.commitments.items()}
        own = self.name if self.collects else b""
        traces, window = {claim.batch: self.run.trace}, self.l1.settings.window
        view = strategy.View(game, traces, now, window, self.proposes, own, self.delay + 1, committed)
        return strategy.next_moves(view, [claim])

    def look(self, game: Game, now: int) -> None:
        """Decide on moves, given all up to block `now`."""
        self.game = game
        for move in self.wants(game, now) if game.batches else ():
            if self.plays(move, self.l1.block):
                self.pending.setdefault(move, self.l1.block + self.delay)

    def act(self) -> None:
        """Have the moves that are due included in the present block."""
        if self.censored(self.l1.block):
            return
        for move, due in list(self.pending.items()):
            if due <= self.l1.block:
                del self.pending[move]
                outcome = self.send(move)
                late = isinstance(move, strategy.Abstain | strategy.Recall) or any(each in outcome.reason for each in TOO_LATE)
                assert outcome.success or late or not self.honest, (move, outcome.reason)

    def send(self, move: strategy.Move) -> Outcome:
        """Send one move."""
        self.made.append(move)
        if isinstance(move, strategy.Recall):
            self.commitments[move.of.subject] = cast("bytes", call_of(move.of, self.means).arguments[0])
        if type(move) not in CALLS:
            return Outcome(False, b"", (), 0, 0, "not a move")
        call = call_of(move, self.means)
        if isinstance(move, strategy.Commit):
            self.commitments[move.subject] = cast("bytes", call.arguments[0])
        return self.l1.send(self.name, "assertions", call.function, *call.arguments, value=call.value)

    @property
    def means(self) -> Means:
        """What it brings to its moves."""
        settings, game = self.l1.settings, self.game or self.l1.new_game()
        return Means(
            game,
            self.name,
            settings.bond,
            prove=lambda leaf: self.run.proof(settings.genesis, leaf.index),
            refute=lambda leaf: self.run.refutation(game.assertions[leaf.assertion].leaves, leaf.index),
            leaves=lambda _claim: self.run.leaves,
            salt=self.name.ljust(32),
        )

    @property
    def assertion(self) -> bytes:
        """The assertion that this player holds to be right."""
        return self.run.assertion(self.l1.settings.genesis)


def play(l1: L1, players: Sequence[Player], *, blocks: int, after: Callable[[Game], None] = lambda _game: None) -> Game:
    """Let players move until nothing is left open or so many blocks have passed: the honest first, the others with the last word."""
    game, seen = l1.new_game(), 0

    def catch_up() -> None:
        nonlocal seen
        fresh, seen = l1.events[seen:], len(l1.events)
        game.feed(fresh)

    game.feed(event for event in l1.events if event.block < l1.block)
    seen = len(game.events)
    for _ in range(blocks):
        for player in players:
            if player.honest:
                player.look(game, l1.block - 1)
        for player in sorted(players, key=lambda each: not each.honest):
            if not player.honest:
                catch_up()
                player.look(game, l1.block)
            player.act()
        catch_up()
        after(game)
        l1.block += 1
        if len(game.assertions) > 1 and all(each.status != Status.OPEN for each in game.assertions.values()):
            break
    return game


def make_l1(*, censored: int = 20, delay: int = 1, height: int = 4, blocks: int | None = None, direct: bool = False) -> L1:
    """Deploy everything with a window of `blocks`, or the one that follows from the rest; on the direct lane or the other."""
    genesis = development_genesis(verifiers=0)
    contracts = contracts_of(genesis, toy_root(""))
    address = genesis.contracts.assertions
    fixed = contracts[address].settings
    assert isinstance(fixed, DisputeSettings)
    follows = direct_window(censored, delay) if direct else window(censored, delay, height)
    wanted = follows if blocks is None else blocks
    toy = replace(fixed, check_step=toy_check, window=wanted, steps_per_leaf=1, published_leaves=direct)
    contracts[address] = replace(contracts[address], settings=toy)
    return L1(genesis, contracts)
