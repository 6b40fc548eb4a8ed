"""Liars: verifiers whose execution is a lie, and who play it by the honest strategy, at once and without being delayed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random

from rollup.devnet.arena.histories import KINDS, REWRITES, TWISTS, History, Library, Lie
from rollup.devnet.arena.match import Match, Turn
from rollup.devnet.arena.player import HONEST, Player
from verifier.strategy import Abstain, Confirm, Move, Prove, Refute, Retrace, Update

POOL = 16
"""Liars of a game that may lead to real states, of which few are made, each once; the others make roots up on the spot."""

Willing = Callable[[Player, Move], bool]
"""Whether a liar makes a move that its strategy wants, now."""


class Gang:
    """Some liars, and what they have tried in vain."""

    def __init__(self, match: Match, lies: Iterable[Lie]) -> None:
        """Let one liar tell each lie; where it turns out to be true, roots of no state instead."""
        self.match = match
        self.liars: list[Player] = []
        self.futile: set[tuple[bytes, Move]] = set()
        rules = match.rules
        for number, lie in enumerate(crowd(list(lies), match.powers.sybils), 1):
            # Whatever batches are posted, also after a reorganisation, they are lied about.
            histories = tuple(lied(library, lie) for library in match.libraries)
            # Every third wants the bounty, if there is one, and its gas back.
            patience = rules.delay + 1 if number % 3 == 0 else 0
            self.liars.append(Player(b"liar" + number.to_bytes(16, "big"), histories, match.watch, rules.bond, patience=patience))

    def wants(self, turn: Turn, liar: Player) -> Iterator[Move]:
        """Yield the moves that a liar's strategy wants in this block, but for those that failed before."""
        if not turn.game.batches:
            return
        for move in liar.moves(turn.game, turn.number):
            if isinstance(move, Abstain | Retrace) or (liar.address, move) in self.futile:
                continue
            if not isinstance(move, Refute) or turn.game.assertions[move.assertion].staker == HONEST:
                yield move

    def act(self, turn: Turn, willing: Willing = lambda _liar, _move: True) -> int:
        """Let every liar make its moves, each once more as long as that leads to others; return how many were made."""
        made = 0
        for liar in self.liars:
            for _ in range(len(turn.match.rules.heights) + turn.match.rules.height):
                moves = [move for move in self.wants(turn, liar) if willing(liar, move)]
                if not moves:
                    break
                made += sum(self.make(turn, liar, move) for move in moves)
                if all(isinstance(move, Update | Confirm) for move in moves):
                    break
        return made

    def make(self, turn: Turn, liar: Player, move: Move) -> bool:
        """Make one move."""
        receipt = turn.send(liar.address, liar.call(move, turn.game))
        if isinstance(move, Prove | Refute) and receipt is not None and not receipt.success:
            self.futile.add((liar.address, move))
        return receipt is not None


def crowd(lies: list[Lie], sybils: int) -> list[Lie]:
    """Return so many lies: of those that are there, and then others at the same places, of no state; all of them where 0 are asked for."""
    more = [replace(lies[number % len(lies)], kind="garbled", salt=POOL + number) for number in range(len(lies), sybils)]
    return [*lies[: sybils or None], *more]


def lied(library: Library, lie: Lie) -> History:
    """Return a lie's history; where the lie turns out to be true, that of roots of no state instead."""
    history, true = library.tell(lie), library.truth.runs[lie.batch].claim.trace_root
    return history if history.runs[lie.batch].claim.trace_root != true else library.tell(replace(lie, kind="garbled"))


def some_lie(match: Match, dice: Random, salt: int) -> Lie:
    """Return a lie by chance: of any kind, at any leaf of any batch; with a salt beyond the pool's of real states, of no state."""
    batch = dice.randrange(match.count)
    run = match.libraries[0].truth.runs[batch]
    kind = dice.choice(KINDS if salt < POOL else list(REWRITES))
    direct = match.rules.published_leaves
    leaves = len(run.proofs) if kind in TWISTS or direct else len(run.trace.roots)
    return Lie(batch, dice.randrange(leaves), kind, salt % 2 if kind in TWISTS else salt, direct)
