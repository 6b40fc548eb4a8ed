"""The money of the dispute as L1's events tell it: who committed, who may claim, who moved, and what is left of slashed bonds.

One rule: like the game, this is a fold over events; it decides nothing and asks nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast


class BountyClaim(NamedTuple):
    """Who is owed the bounty for some work, as it stands."""

    claimant: bytes
    rank: int
    """Block of the claimant's commitment, or of the work itself."""


@dataclass(slots=True)
class Treasury:
    """What is owed for moves, and out of what."""

    commitments: dict[bytes, int] = field(default_factory=dict)
    """The block that each commitment came in."""
    claims: dict[bytes, BountyClaim] = field(default_factory=dict)
    """The best claim so far, by subject."""
    noted: dict[bytes, BountyClaim] = field(default_factory=dict)
    """The claim that a pool's rest will go to, by pool."""
    movers: dict[bytes, bytes] = field(default_factory=dict)
    """Who halved or proved a node and has not been paid back, by node."""
    pools: dict[bytes, int] = field(default_factory=dict)
    """Wei left of the bonds slashed over the successor of an assertion, by that assertion."""

    def feed(self, name: str, arguments: Mapping[str, object], block: int) -> None:
        """Take an event; names without a handler are ignored."""
        handler = HANDLERS.get(name)
        if handler is not None:
            handler(self, arguments, block)


def _on_committed(treasury: Treasury, arguments: Mapping[str, object], block: int) -> None:
    treasury.commitments[cast("bytes", arguments["commitment"])] = block


def _on_claimed(treasury: Treasury, arguments: Mapping[str, object], _block: int) -> None:
    claim = BountyClaim(cast("bytes", arguments["claimant"]), cast("int", arguments["rank"]))
    treasury.claims[cast("bytes", arguments["subject"])] = claim


def _on_noted(treasury: Treasury, arguments: Mapping[str, object], _block: int) -> None:
    claim = BountyClaim(cast("bytes", arguments["claimant"]), cast("int", arguments["rank"]))
    treasury.noted[cast("bytes", arguments["pool"])] = claim


def _on_moved(treasury: Treasury, arguments: Mapping[str, object], _block: int) -> None:
    treasury.movers[cast("bytes", arguments["node"])] = cast("bytes", arguments["mover"])


def _on_slashed(treasury: Treasury, arguments: Mapping[str, object], _block: int) -> None:
    pool = cast("bytes", arguments["pool"])
    treasury.pools[pool] = treasury.pools.get(pool, 0) + cast("int", arguments["amount"])


def _on_refunded(treasury: Treasury, arguments: Mapping[str, object], _block: int) -> None:
    treasury.movers.pop(cast("bytes", arguments["node"]), None)
    pool = cast("bytes", arguments["pool"])
    treasury.pools[pool] = treasury.pools.get(pool, 0) - cast("int", arguments["amount"])


def _on_swept(treasury: Treasury, arguments: Mapping[str, object], _block: int) -> None:
    treasury.pools.pop(cast("bytes", arguments["pool"]), None)


HANDLERS: Mapping[str, Callable[[Treasury, Mapping[str, object], int], None]] = {
    "Committed": _on_committed,
    "Claimed": _on_claimed,
    "BountyNoted": _on_noted,
    "Bisected": _on_moved,
    "Proved": _on_moved,
    "Slashed": _on_slashed,
    "Refunded": _on_refunded,
    "Swept": _on_swept,
}
"""What each event does to the treasury."""
