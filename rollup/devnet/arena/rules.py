"""The rules of a game: what the adversary may do to honest transactions, how long the window is, and what must come of it.

One rule: the adversary is held to its powers and to nothing else. It orders every block, delays every honest transaction by δ blocks,
keeps them out for C blocks in all, replaces blocks at the price of as many, and knows everything.
"""

from dataclasses import dataclass
from types import MappingProxyType

from rollup.devnet.arena.ground import GAS_PRICE
from rollup.dispute.schedule import MoveGas, bond_least, confirmed_by, direct_window, safe_above, window

RATIO = 100
"""ρ: how many times what the defence costs an attacker has to spend."""

GAS = MoveGas(propose=205_000, bisect=290_000, prove=190_000, update=90_000)
"""Gas of each move, as measured: a proposal's least and the others' most."""


@dataclass(frozen=True, slots=True)
class Powers:
    """What is otherwise in a game than its rules suppose: how a sweep goes to where the protocol promises nothing any more, and beyond."""

    censored: int | None = None
    """Blocks that the adversary can really censor in all; None for what the window was made for."""
    absent: int = 0
    """Blocks from the game's first on in which nobody honest is there."""
    sybils: int = 0
    """Liars; 0 for as many as the adversary has."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One profile of the dispute's clock. Times in L1 blocks."""

    censored: int
    """C: blocks that the adversary may censor in all."""
    delay: int
    """δ: blocks that it may delay each honest transaction."""
    heights: tuple[int, ...]
    """Heights of the traces of the batches, in order."""
    scale_e3: int = 1_000
    """Thousandths of the window that L1 uses."""
    published_leaves: bool = False
    """Whether it is the direct lane."""

    @property
    def height(self) -> int:
        """Return k, the largest height."""
        return max(self.heights)

    @property
    def window_full(self) -> int:
        """Return T as the formula has it."""
        if self.published_leaves:
            return direct_window(self.censored, self.delay)
        return window(self.censored, self.delay, self.height)

    @property
    def window(self) -> int:
        """Return the T that L1 uses, rounded down."""
        return self.window_full * self.scale_e3 // 1_000

    @property
    def reach(self) -> int:
        """Return the blocks that a wrong root can gather: it is safe above this."""
        if self.published_leaves:
            return self.censored + 2 * (self.delay + 1)
        return safe_above(self.censored, self.delay, self.height) - (self.delay + 1)

    @property
    def bond(self) -> int:
        """Return the bond, in wei."""
        return bond_least(GAS, ratio=RATIO, height=self.height, gas_price=GAS_PRICE)

    def bound(self, open_ancestors: int = 0) -> int:
        """Return the blocks from a batch's arrival on L1 to its confirmation, at the worst.

        A child is confirmed after its parent: where both are due at once, the order in a block may cost a wait each.
        """
        wait = self.delay + 1
        if self.published_leaves:
            return self.window + self.censored + (2 + open_ancestors) * wait
        return confirmed_by(self.window, self.censored, self.delay, self.height) + open_ancestors * wait


PROFILES = MappingProxyType(
    {
        "swift": (20, 0, (2,)),
        "plain": (40, 1, (3,)),
        "deep": (48, 1, (4,)),
        "slow": (48, 2, (2,)),
        "tall": (32, 0, (5,)),
        "pair": (40, 1, (2, 3)),
        "chain": (24, 0, (2, 2, 2)),
    }
)
"""Clocks and batches of games: C, δ and heights. As in the seven-day profile C outweighs the rest, so 0.8 T is too short a window."""


def profile(name: str, scale_e3: int = 1_000, *, published_leaves: bool = False) -> Rules:
    """Return the rules of a profile, on either lane."""
    censored, delay, heights = PROFILES[name]
    return Rules(censored, delay, heights, scale_e3, published_leaves)


WEIGHTS = (5, 4, 1, 4, 1, 2, 3)
"""How often each profile is played: the tall ones take longest."""
