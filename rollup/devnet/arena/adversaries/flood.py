"""The flood: as many liars as there are, all at once, each answered late by what a full block may cost, and not a block censored.

What it can delay does not grow with their number: they share the clock of whoever they argue with.
"""

from rollup.devnet.arena.adversaries.greedy import Greedy
from rollup.devnet.arena.match import Turn


class Flood(Greedy):
    """The greedy one without censorship."""

    def spends(self, turn: Turn) -> bool:
        """Spend nothing."""
        del turn
        return False
