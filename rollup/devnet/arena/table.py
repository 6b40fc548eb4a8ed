"""Every adversary by its name. A new one is one file and one line here."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from rollup.devnet.arena.adversaries.flood import Flood
from rollup.devnet.arena.adversaries.greedy import Greedy
from rollup.devnet.arena.adversaries.randomised import Randomised
from rollup.devnet.arena.adversaries.thief import Thief
from rollup.devnet.arena.match import Adversary, Match

ADVERSARIES: Mapping[str, Callable[[Match, Random, int], Adversary]] = MappingProxyType(
    {
        "greedy": Greedy,
        "randomised": Randomised,
        "thief": Thief,
        "flood": Flood,
    }
)
"""How each is made for a game, with dice of its own and so many liars, or as many as it likes where that is 0."""

SHARES = (8, 12, 2, 1)
"""How often each is played."""
