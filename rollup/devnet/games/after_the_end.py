"""Every move is made again after the dispute is over. Terminal states absorb: nothing changes any more."""

from collections.abc import Hashable, Mapping
from random import Random

from rollup.devnet.arena.match import Adversary, Match, Turn
from rollup.devnet.arena.player import Waiting
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts
from rollup.devnet.games.prompt import Prompt
from verifier.calls import MoveCall

GHOST = b"comes when it's over"
"""Who moves after the end."""


class Ghost(Prompt):
    """A liar, and a ghost that remembers every call."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Remember nothing yet."""
        super().__init__(match, dice)
        self.calls: list[MoveCall] = []

    def let_in(self, turn: Turn, waiting: Waiting) -> None:
        """Remember an honest call."""
        self.calls.append(waiting.call)
        super().let_in(turn, waiting)


def settled(storage: Mapping[Hashable, object]) -> dict[Hashable, object]:
    """Return all that is stored but for timers, which say nothing any more."""
    return {place: value for place, value in storage.items() if not (isinstance(place, tuple) and place[1][0] == "timer")}


def judge(match: Match, _result: Result, adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Make every move of the game once more, and every liar's, and look for what changed."""
    assert isinstance(adversary, Ghost)
    ground, storage = match.ground, match.ground.world.tables["storage"]
    before, events = settled(storage), 0
    liars = [MoveCall("update", (name,)) for name in match.game.nodes]
    liars += [MoveCall(function, (name,)) for name in match.game.assertions for function in ("confirm", "reject")]
    ground.open_block()
    for call in (*adversary.calls, *liars):
        receipt = ground.call(GHOST, call)
        named = match.read(ground.number, receipt.logs) if receipt is not None else []
        events += sum(event.name != "Updated" for event in named)
    ground.close_block()
    return {"nothing_changes": settled(storage) == before and not events}, {"moves_after_the_end": len(adversary.calls) + len(liars)}


DRILL = GameDrill(
    fault="every move of the dispute is made again after it is settled",
    expectation="settled states absorb: no storage changes, no event is written",
    adversary=Ghost,
    judge=judge,
    covers=("A22",),
)
