"""What an audit finds: an invariant, by its number in MARKET, and in words how it is broken."""

from types import MappingProxyType

MONEY = 1
POSITIONS = 2
MARGIN = 3
LIQUIDATION = 4
AUCTIONS = 5
BOOK = 6
NONCES = 7
DUST = 8
HEALTH = 9
REPLAY = 10
EXITS = 11

TITLES = MappingProxyType(
    {
        MONEY: "all cash, insurance and pools, less the deficit, are the vault",
        POSITIONS: "longs and shorts of an instrument are what is held, and the same until it is settled",
        MARGIN: "who has taken risk has initial margin, or lacks no more than before",
        LIQUIDATION: "an account without maintenance margin can be put up for sale",
        AUCTIONS: "in auction means an auction's row, and no open orders",
        BOOK: "no book is crossed, levels sum their orders, trees, links and slots are true",
        NONCES: "nonces rise, and no more is filled than was wanted",
        DUST: "a pool has what is owed from it, and dust bounded by the payments",
        HEALTH: "margin is total, and initial health is never above maintenance health",
        REPLAY: "replay from L1 alone gives the same roots",
        EXITS: "a forced exit completes in time, or anybody may close the rollup",
    }
)
"""Every invariant in words, by its number."""


class Violation(Exception):
    """An invariant does not hold: our own mistake, or a state that was tampered with."""

    def __init__(self, invariant: int, text: str) -> None:
        """Say which one, and how."""
        super().__init__(f"invariant {invariant} ({TITLES[invariant]}): {text}")
        self.invariant = invariant


def ensure(holds: bool, invariant: int, text: str) -> None:  # noqa: FBT001
    """Raise Violation unless something holds."""
    if not holds:
        raise Violation(invariant, text)
