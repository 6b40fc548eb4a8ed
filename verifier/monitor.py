"""What a verifier says about the disputes: figures and forecasts, from L1's events and its own claims. Pure.

One rule: it only looks. The figures are those of OP Stack's dispute monitor: agreement, open games, what is going to win.
"""

from dataclasses import dataclass

from rollup.dispute.game import Assertion, Game, Status
from verifier.strategy import Claim


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


def rows_of(game: Game, claims: dict[int, Claim], now: int, window: int) -> list[GameRow]:
    """Return every assertion but the genesis one, by batch."""
    found = [assertion for assertion in game.assertions.values() if assertion.batch >= 0]
    return [row_of(game, claims, assertion, (now, window)) for assertion in sorted(found, key=lambda item: (item.batch, item.created_at))]


def row_of(game: Game, claims: dict[int, Claim], assertion: Assertion, clock: tuple[int, int]) -> GameRow:
    """Return one assertion's row; `clock` is L1's block number and the window in blocks."""
    now, window = clock
    claim = claims.get(assertion.batch)
    agrees = None if claim is None else (claim.trace_root, claim.end_root) == (assertion.trace_root, assertion.end_root)
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


def figures(game: Game, claims: dict[int, Claim], own: bytes) -> dict[str, int]:
    """Return the monitor's figures; `own` is this verifier's L1 address."""
    found = [assertion for assertion in game.assertions.values() if assertion.batch >= 0]
    judged = [(item, claims[item.batch]) for item in found if item.batch in claims]
    agreeing = [item for item, claim in judged if (claim.trace_root, claim.end_root) == (item.trace_root, item.end_root)]
    return {
        "games_open": sum(item.status == Status.OPEN for item in found),
        "games_agreement": len(agreeing),
        "games_disagreement": len(judged) - len(agreeing),
        "honest_actor_bonds": sum(item.staker == own and item.status == Status.OPEN for item in found),
        "claims": len(game.nodes),
        "latest_valid_proposal": max((item.batch for item in agreeing), default=-1),
        "wrong_confirmed": sum(item.status == Status.CONFIRMED and item not in agreeing for item, _ in judged),
    }
