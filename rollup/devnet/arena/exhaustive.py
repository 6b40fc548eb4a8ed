"""The exhaustive adversary: every legal move of a few liars on small traces, in every order, against the strategy on the real contracts.

A position lies inside a block. From it the adversary may make any move that changes something: assert a lie, halve any rivaled node (the
honest ones too), prove any leaf that can be proved, let in any honest transaction, end the block, and on ending it censor what is due. The
honest player answers what it sees at the end of each block. Every position is visited once.

Three reductions, none of which loses a game. Positions that differ by the names of liars who tell the same lie with another salt are one.
Orders that lead to the same position are one. A false root's timers are carried up only when that wins at once, for a stored timer never
falls and may as well be stored late.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

from l1_mock.contracts.framework import Block
from l1_mock.execution import Message, execute
from rollup.devnet.arena.ground import CALL_GAS, COINBASE, FUNDS_WEI, GAS_PRICE, reader
from rollup.devnet.arena.histories import History, Lie
from rollup.devnet.arena.player import HONEST, Player, Watch
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.series import Table
from rollup.dispute.bisection import assertion_id, node_of
from rollup.dispute.game import Assertion, Event, Game, Status
from rollup.dispute.trace import first_base
from rollup.l1.abi import INTERFACES
from verifier.calls import MoveCall
from verifier.strategy import Bisect, Confirm, Move, Propose, Prove, Reject, Update

TRUE = 0
"""Number of the honest history; liars follow."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An honest transaction on its way."""

    move: Move
    waited: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """A point inside a block; L1's own state is kept beside it, in the world."""

    number: int
    events: tuple[Event, ...]
    waiting: tuple[Waiting, ...]
    budget: int


@dataclass(slots=True)
class Found:
    """What a search came to."""

    positions: int = 0
    """Different ones."""
    moves: int = 0
    """Transactions executed on the contracts."""
    games: int = 0
    """Ends: positions in which the truth is confirmed."""
    delay_blocks_max: int = 0
    lost: list[str] = field(default_factory=list)
    """How a lie was confirmed, or a true root was late: the last moves."""


class Search:
    """One search, on one table, from a posted batch on."""

    def __init__(self, table: Table, rules: Rules, lies: Sequence[Lie], *, stop_at_loss: bool = True) -> None:
        """Post the batch and stand at the end of its block."""
        self.ground, self.rules, self.stop_at_loss = table.ground, rules, stop_at_loss
        library = table.libraries[0]
        self.histories: tuple[History, ...] = (library.truth, *map(library.tell, lies))
        self.lies = tuple(replace(lie, salt=0) for lie in lies)
        watch = Watch(rules.window)
        names = [HONEST, *(b"liar" + number.to_bytes(16, "big") for number in range(1, len(lies) + 1))]
        self.players = [Player(name, (history,), watch, rules.bond) for name, history in zip(names, self.histories, strict=True)]
        self.read = reader(self.ground)
        self.found, self.seen = Found(), set[object]()
        self.ground.open_block()
        receipt = self.ground.call(self.ground.genesis.roles.poster, library.line.batches[0].call, "inbox")
        assert receipt is not None
        assert receipt.success, receipt.reason
        self.ground.close_block()
        self.start = self.ground.number
        genesis = self.ground.look("assertions", "latestConfirmed")[0]
        assert isinstance(genesis, bytes)
        self.genesis, self.root = genesis, table.truth.genesis_root
        self.posted = tuple(self.read(self.start, receipt.logs))
        for player in self.players:
            self.ground.world.put("balances", player.address, FUNDS_WEI)
        self.marks: list[int] = []
        self.folded: tuple[tuple[Event, ...], Game] | None = None
        self.labels = self.name_nodes()
        claims = [history.runs[0].claim for history in self.histories]
        self.assertions = [assertion_id(genesis, claim.accumulator, claim.trace_root, claim.end_root) for claim in claims]
        self.renamings = list(self.orders())

    def run(self) -> Found:
        """Search everything, from inside the block that brings the batch: a lie may be told there, before the truth can be."""
        self.explore(Position(self.start, self.posted, (), self.rules.censored), ())
        return self.found

    def explore(self, position: Position, path: tuple[str, ...]) -> None:
        """Visit a position and all that follow from it."""
        key = self.key(position)
        if key in self.seen or (self.found.lost and self.stop_at_loss):
            return
        self.seen.add(key)
        self.found.positions += 1
        game = self.game(position)
        if self.is_end(position, game, path):
            return
        world = self.ground.world
        for name, following in self.options(position, game):
            self.explore(following, (*path[-40:], f"{position.number}: {name}"))
            world.undo(self.marks.pop())

    def is_end(self, position: Position, game: Game, path: tuple[str, ...]) -> bool:
        """Whether a game is over here: the truth is confirmed, or too late."""
        truth, delay = game.assertions.get(self.assertions[TRUE]), position.number - self.start
        if truth is not None and truth.status == Status.CONFIRMED:
            self.found.games += 1
            self.found.delay_blocks_max = max(self.found.delay_blocks_max, truth.confirmed_at - self.start)
            return True
        if delay > self.rules.bound() + 1:
            self.found.lost.append("; ".join((*path, f"after {delay} blocks the truth is not confirmed")))
            return True
        return False

    def options(self, position: Position, game: Game) -> Iterator[tuple[str, Position]]:
        """Yield every way to go on. The caller takes each back before it asks for the next."""
        for number, player in enumerate(self.players):
            for move in self.legal(number, game):
                yield from self.made(position, game, player, move)
            if number != TRUE:
                self.try_to_win(position, game, number)
        for waiting in position.waiting:
            yield from self.included(position, waiting)
        due = [waiting for waiting in position.waiting if waiting.waited >= self.rules.delay]
        if due and position.budget:
            self.mark()
            kept = replace(position, budget=position.budget - 1)
            yield "censor", self.looked(kept)
        self.mark()
        for waiting in due:
            position = self.landed(position, waiting)
        aged = tuple(replace(waiting, waited=waiting.waited + 1) for waiting in position.waiting)
        yield "end", self.looked(replace(position, waiting=aged))

    def legal(self, number: int, game: Game) -> Iterator[Move]:
        """Yield the moves on one history's nodes that would change something: anybody may make them, whoever is right."""
        history = self.histories[number]
        run = history.runs[0]
        claim, trace = run.claim, run.trace
        if self.assertions[number] not in game.assertions:
            if number != TRUE:
                yield Propose(self.genesis, 0, claim.accumulator, claim.trace_root, claim.end_root, claim.last_leaf_proof)
            return
        for identity, (height, index) in self.labels[number].items():
            standing = game.nodes.get(identity)
            if standing is None or standing.children is not None or standing.proved or not self.is_first(number, identity):
                continue
            if height and game.rivaled(standing):
                yield Bisect(identity, trace.span(height - 1, 2 * index), trace.span(height - 1, 2 * index + 1))
            elif height == 0 and (history.lie is None or history.lie.leaf != index):
                yield Prove(identity, 0, index)

    def is_first(self, number: int, identity: bytes) -> bool:
        """Whether no history before this one shares the node: a shared node is moved on once."""
        return not any(identity in self.labels[other] for other in range(number))

    def try_to_win(self, position: Position, game: Game, number: int) -> None:
        """Carry a lie's timers up and confirm it, if they have reached the window: then the game is lost."""
        lie = game.assertions.get(self.assertions[number])
        if lie is None or game.timer(lie.root, position.number) < self.rules.window:
            return
        world = self.ground.world
        mark = world.mark()
        for node in game.below(lie.root):
            self.send(position.number, self.players[number], Update(node), game)
        won = self.send(position.number, self.players[number], Confirm(lie.id), game)
        world.undo(mark)
        assert won is not None, "a timer that is long enough did not confirm"
        self.found.lost.append(f"block {position.number}: liar {number} is confirmed; {len(position.events)} events before")

    def made(self, position: Position, game: Game, player: Player, move: Move) -> Iterator[tuple[str, Position]]:
        """Yield the position after an adversary's move, if L1 takes it."""
        mark = self.ground.world.mark()
        events = self.send(position.number, player, move, game)
        if events:
            self.marks.append(mark)
            yield f"{player.address!r} {type(move).__name__}", replace(position, events=(*position.events, *events))

    def included(self, position: Position, waiting: Waiting) -> Iterator[tuple[str, Position]]:
        """Yield the position after an honest transaction was let in."""
        self.mark()
        yield f"let in {type(waiting.move).__name__}", self.landed(position, waiting)

    def landed(self, position: Position, waiting: Waiting) -> Position:
        """Execute an honest transaction, whatever comes of it."""
        events = self.send(position.number, self.players[TRUE], waiting.move, self.game(position)) or ()
        rest = tuple(each for each in position.waiting if each is not waiting)
        return replace(position, events=(*position.events, *events), waiting=rest)

    def looked(self, position: Position) -> Position:
        """End the block: the honest player sees it and sends what it wants; the next block begins."""
        wanted = self.players[TRUE].wanted(self.game(position), position.number)
        known = {waiting.move for waiting in position.waiting}
        sent = tuple(Waiting(move) for move in wanted if move not in known and not isinstance(move, Reject))
        return replace(position, number=position.number + 1, waiting=(*position.waiting, *sent))

    def send(self, number: int, player: Player, move: Move, game: Game) -> tuple[Event, ...] | None:
        """Execute a move in a block; return its events, or None where it reverts."""
        call: MoveCall = player.call(move, game)
        data = INTERFACES["assertions"].functions[call.function].encode_call(call.arguments)
        genesis, to = self.ground.genesis, self.ground.addresses["assertions"]
        time_s = genesis.chain.time_s + genesis.dispute.block_time_s * number
        block = Block(number, time_s, GAS_PRICE, genesis.chain.l1_chain_id, COINBASE)
        self.found.moves += 1
        outcome = execute(self.ground.world, self.ground.contracts, block, Message(player.address, to, data, call.value, CALL_GAS))
        return tuple(self.read(number, outcome.logs)) if outcome.success else None

    def mark(self) -> None:
        """Remember the world for the caller to come back to."""
        self.marks.append(self.ground.world.mark())

    def game(self, position: Position) -> Game:
        """Fold the events so far; the last game is kept, since it is asked for again and again."""
        if self.folded is None or self.folded[0] is not position.events:
            game = Game(self.genesis, self.root, 1)
            game.feed(position.events)
            self.folded = position.events, game
        return self.folded[1]

    def name_nodes(self) -> list[Mapping[bytes, tuple[int, int]]]:
        """Return, for each history, height and index of every node that it can come to have, by identity."""
        named: list[Mapping[bytes, tuple[int, int]]] = []
        for history in self.histories:
            trace, acc = history.runs[0].trace, history.runs[0].claim.accumulator
            base = first_base(self.genesis, acc, trace.before)
            places = [(height, index) for height in range(trace.height, -1, -1) for index in range(1 << (trace.height - height))]
            named.append({node_of(trace, self.genesis, base, height=h, index=i).id: (h, i) for h, i in places})
        return named

    def key(self, position: Position) -> object:
        """Return what is the same for positions that differ only by the names of liars who tell the same lie."""
        game = self.game(position)
        return min(self.key_as(position, game, order) for order in self.renamings)

    def orders(self) -> Iterator[tuple[int, ...]]:
        """Yield every renaming of the histories that leaves each lie what it is."""
        for order in permutations(range(len(self.lies))):
            if all(self.lies[place] == self.lies[other] for place, other in enumerate(order)):
                yield (TRUE, *(1 + other for other in order))

    def key_as(self, position: Position, game: Game, order: tuple[int, ...]) -> tuple[object, ...]:
        """Return a position's key under one renaming."""
        owners = {identity: self.owners(identity, order) for identity in game.nodes}
        nodes = sorted(
            (owners[name], each.created_at, each.children is not None, each.proved, self.timer_of(name, each.timer))
            for name, each in game.nodes.items()
        )
        made = sorted(self.place(each, order) for each in game.assertions.values() if each.batch >= 0)
        waiting = sorted((type(each.move).__name__, getattr(each.move, "node", b""), each.waited) for each in position.waiting)
        return position.number, position.budget, tuple(nodes), tuple(made), tuple(waiting)

    def owners(self, identity: bytes, order: tuple[int, ...]) -> tuple[object, ...]:
        """Return where a node lies and in whose histories."""
        owning = [number for number, nodes in enumerate(self.labels) if identity in nodes]
        place = self.labels[owning[0]][identity]
        return (*place, *sorted(order[number] for number in owning))

    def timer_of(self, identity: bytes, timer: int) -> int:
        """Return a true node's stored timer; a false one's is carried up when that wins."""
        return timer if identity in self.labels[TRUE] else 0

    def place(self, assertion: Assertion, order: tuple[int, ...]) -> tuple[int, int, int]:
        """Return whose an assertion is, when it was made and how it stands."""
        number = self.assertions.index(assertion.id)
        return order[number], assertion.created_at, int(assertion.status)
