"""A second reckoning of the dispute's clocks, from the definition: how long each claim stood alone, exact at every block.

One rule: nothing here is lazy and nothing is stored on L1's terms. A claim is a place in a trace, what it builds on, and a span; whoever is
first in a place gathers time until somebody else claims another span there. L1's own timers, carried up call by call, may lag behind
these and never be ahead of them.
"""

from dataclasses import dataclass, field

from rollup.dispute.trace import right_base

NEVER = 1 << 64
"""A block that does not come, and the time of what is proved."""

Context = tuple[bytes, int, int, bytes]
"""Origin, height, index and base: what rivals share."""


@dataclass(slots=True, eq=False)
class Piece:
    """A claim about a span."""

    context: Context
    span: bytes
    created: int
    stood_until: int
    """Block in which a rival came: NEVER while none has, its own where one was there before it."""
    halves: "tuple[Piece, Piece] | None" = None
    proved: bool = False


@dataclass(slots=True)
class Clockwork:
    """All claims so far."""

    places: dict[Context, dict[bytes, Piece]] = field(default_factory=dict)

    def claim(self, context: Context, span: bytes, block: int) -> Piece:
        """Take note of a claim made in a block, unless it was made before."""
        place = self.places.setdefault(context, {})
        if span not in place:
            if len(place) == 1:
                next(iter(place.values())).stood_until = block
            place[span] = Piece(context, span, block, block if place else NEVER)
        return place[span]

    def halve(self, piece: Piece, left: bytes, right: bytes, block: int) -> tuple[Piece, Piece]:
        """Take note of a claim's two halves."""
        origin, height, index, base = piece.context
        piece.halves = (
            self.claim((origin, height - 1, 2 * index, base), left, block),
            self.claim((origin, height - 1, 2 * index + 1, right_base(base, left)), right, block),
        )
        return piece.halves

    @staticmethod
    def alone(piece: Piece, now: int) -> int:
        """Return the blocks for which a claim stood alone."""
        return min(now, piece.stood_until) - piece.created

    def gathered(self, piece: Piece, now: int, known: dict[Piece, int]) -> int:
        """Return a claim's own time and the lesser of its halves'; `known` keeps what was found for this block."""
        if piece.proved:
            return NEVER
        found = known.get(piece)
        if found is None:
            found = self.alone(piece, now)
            if piece.halves:
                found += min(self.gathered(half, now, known) for half in piece.halves)
            known[piece] = found
        return found
