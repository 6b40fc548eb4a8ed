"""What the market says to a change, before `rollup.transition.status` puts it into a receipt's words."""

from enum import IntEnum


class Verdict(IntEnum):
    """The reason why something may not happen, or PASS."""

    PASS = 0
    STALE = 1
    """It adds risk, and an oracle feed that its margin rests on is silent."""
    MARGIN = 2
    """Initial margin would be missing, and more of it than before."""
    SLOTS = 3
    """The account holds as many positions as it may."""
    POSITION = 4
    """The position would grow past its cap."""
    INTEREST = 5
    """The instrument's open interest would grow past its cap."""
    FEE = 6
    """The fee is above the signed maximum."""
    CROSSED = 7
    """A post-only order would meet another."""
    OVERFLOW = 8
    """A number would leave its bounds."""
    OWN = 9
    """The order would meet one of its own, and asked to be rejected then."""
    WAITS = 10
    """The price that a waiting order waits for has not come."""
