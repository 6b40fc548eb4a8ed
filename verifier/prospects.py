"""What becomes of every assertion if nobody makes another move but those that carry timers up and confirm. Pure.

One rule: it knows nothing of right and wrong. It reckons with the clocks as L1's events tell them: a node with a rival gathers nothing, one
without gathers a block a block, and whoever reaches the window first is confirmed, and its siblings with all that stands on them are not.
"""

from dataclasses import dataclass

from rollup.dispute.clock import NEVER
from rollup.dispute.game import Assertion, Game, Status

CONFIRMED, REJECTED, OPEN = "confirmed", "rejected", "open"
"""What may become of an assertion; open: nothing, for ever."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """One assertion's."""

    outcome: str
    block: int
    """In which it is confirmed at the earliest; NEVER where it is not."""

    @property
    def ahead(self) -> str:
        """Who is ahead: the defender of the assertion, or its challenger."""
        return "defender" if self.outcome == CONFIRMED else "challenger"


def prospects(game: Game, now: int, window: int) -> dict[bytes, Prospect]:
    """Return the prospect of every assertion but the genesis one; `now` is L1's head and `window` T, in blocks."""
    found: dict[bytes, Prospect] = {game.genesis: Prospect(CONFIRMED, 0)}
    for identity, item in sorted(game.assertions.items(), key=lambda each: each[1].batch):
        if item.children:
            judge(game, identity, (now, window), found)
    del found[game.genesis]
    return found


def judge(game: Game, parent: bytes, clock: tuple[int, int], found: dict[bytes, Prospect]) -> None:
    """Add the prospects of a parent's children, whose own is known."""
    above, children = found[parent], [game.assertions[child] for child in game.assertions[parent].children]
    if above.outcome != CONFIRMED or game.closed_at != NEVER:
        fate = REJECTED if above.outcome == REJECTED else OPEN
        found |= {child.id: settled(child) or Prospect(fate, NEVER) for child in children}
        return
    blocks = {child.id: due(game, child, clock, above.block) for child in children}
    first = min(blocks, key=lambda identity: (blocks[identity], game.assertions[identity].created_at))
    for child in children:
        wins = child.id == first and blocks[first] != NEVER
        fate = CONFIRMED if wins else OPEN if blocks[first] == NEVER else REJECTED
        found[child.id] = settled(child) or Prospect(fate, blocks[first] if wins else NEVER)


def settled(item: Assertion) -> Prospect | None:
    """Return what is no forecast any more."""
    if item.status == Status.CONFIRMED:
        return Prospect(CONFIRMED, item.confirmed_at)
    return Prospect(REJECTED, NEVER) if item.status == Status.REJECTED else None


def due(game: Game, item: Assertion, clock: tuple[int, int], above: int) -> int:
    """Return the block in which an assertion is confirmed at the earliest, its parent being confirmed in block `above`; or NEVER."""
    known = settled(item)
    return known.block if known is not None else max(reaches(game, item.root, *clock), above)


def reaches(game: Game, root: bytes, now: int, window: int) -> int:
    """Return the first block from `now` on in which a node's timer has the window; NEVER where it stands still before that."""
    low, high = now - 1, now + window
    if game.timer(root, high) < window:
        return NEVER
    while high - low > 1:
        middle = (low + high) // 2
        if game.timer(root, middle) >= window:
            high = middle
        else:
            low = middle
    return high
