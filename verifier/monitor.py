"""What a verifier says about each dispute, as a row of a list: how it stands, and what is going to become of it. Pure.

One rule: it only looks, at L1's events and at what was executed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rollup.dispute.game import Assertion, Game, Status
from verifier.prospects import Prospect, prospects
from verifier.view import Claim


@dataclass(frozen=True, slots=True)
class GameRow:
    """One assertion, as a row of `optroll game list`."""

    id: bytes
    batch: int
    staker: bytes
    root: bytes
    status: str
    agrees: bool | None
    """Whether it says what was found here; None for a batch that was not executed here."""
    rivals: int
    """Other assertions with the same parent."""
    created_at: int
    timer: int
    """Blocks that it has stood unrivaled, if every timer were carried up now."""
    window: int
    moves: int
    """Nodes below it."""
    forecast: str
    """In words, if the honest side goes on as it should."""
    ahead: str
    """Who would have won if nobody made another move: its defender or its challenger."""
    outlook: str
    """What would become of it then: confirmed, rejected, or open for ever."""


def rows_of(game: Game, claims: dict[int, Claim], now: int, window: int) -> list[GameRow]:
    """Return every assertion but the genesis one, by batch."""
    found, outlook = [item for item in game.assertions.values() if item.batch >= 0], prospects(game, now, window)
    ordered = sorted(found, key=lambda item: (item.batch, item.created_at))
    return [row_of(game, claims, item, (now, window), outlook[item.id]) for item in ordered]


def agreement(claims: Mapping[int, Claim], assertion: Assertion) -> bool | None:
    """Say whether an assertion is what was found here; None for a batch that was not executed here."""
    claim = claims.get(assertion.batch)
    return None if claim is None else (claim.trace_root, claim.end_root) == (assertion.trace_root, assertion.end_root)


def row_of(game: Game, claims: Mapping[int, Claim], assertion: Assertion, clock: tuple[int, int], prospect: Prospect) -> GameRow:
    """Return one assertion's row; `clock` is L1's block number and the window in blocks."""
    now, window = clock
    agrees = agreement(claims, assertion)
    timer = min(game.timer(assertion.root, now), window)
    return GameRow(
        assertion.id,
        assertion.batch,
        assertion.staker,
        assertion.end_root,
        assertion.status.name.lower(),
        agrees,
        len(game.assertions[assertion.parent].children) - 1,
        assertion.created_at,
        timer,
        window,
        len(game.below(assertion.root)) - 1,
        forecast(assertion, agrees, timer, window),
        prospect.ahead,
        prospect.outcome,
    )


def forecast(assertion: Assertion, agrees: bool | None, timer: int, window: int) -> str:  # noqa: FBT001  # three-valued
    """Say in words what is going to become of an assertion."""
    if assertion.status != Status.OPEN:
        return assertion.status.name.lower()
    if agrees is None:
        return "not executed here yet"
    if agrees:
        return "can be confirmed" if timer >= window else f"will be confirmed after {window - timer} more unrivaled blocks"
    return "WRONG, and its timer has run out" if timer >= window else "wrong; will be rejected"
