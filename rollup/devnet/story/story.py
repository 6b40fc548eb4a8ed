"""A drill's story: who took part, who did what and when, what each claim came to, and where a lie parted from the truth.

One rule: it holds plain values that were found already; drawing it decides nothing. Times are L1 blocks, money is wei.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.divergence import Finding

HONEST, ATTACK, NEUTRAL, GOOD, BAD = "honest", "attack", "neutral", "safe", "stolen"
"""Tones of what is drawn."""


@dataclass(frozen=True, slots=True)
class Party:
    """One lane."""

    name: str
    tone: str = NEUTRAL


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that somebody did."""

    block: int
    party: str
    text: str
    tone: str = NEUTRAL


@dataclass(frozen=True, slots=True)
class Claim:
    """An assertion: how long it stood, and how its clock ran."""

    label: str
    batch: int
    is_true: bool
    created: int
    settled: int
    """Block in which it was confirmed or rejected; 0 where it was not."""
    status: str
    timers: tuple[tuple[int, int], ...] = ()
    """Block, and what its timer was then."""


@dataclass(frozen=True, slots=True)
class Halving:
    """One level of a bisection: the run of leaves that is in dispute, and what was done about it."""

    first: int
    last: int
    """Exclusive."""
    text: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a dispute came down to the one transaction that is wrong."""

    label: str
    batch: int
    leaves: int
    halvings: tuple[Halving, ...]
    verdict: str
    finding: Finding | None
    """What is known of the leaf; None where it did not come down to one."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What the assertions contract held and had given away after a block."""

    block: int
    escrow: int
    paid: int
    burned: int


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a report draws."""

    parties: tuple[Party, ...]
    marks: tuple[Mark, ...]
    claims: tuple[Claim, ...]
    narrowings: tuple[Narrowing, ...]
    balances: tuple[Balance, ...]
    window: int
    head: int
    block_time_s: int
    activity: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """How many transactions of each kind came to which status."""
    asserted: int = 0
    """How many assertions there were, of which `claims` are some."""
    disputed: tuple[int, int] = (0, 0)
    """Blocks of the first assertion and of the last one's settlement; 0 where there was none."""
