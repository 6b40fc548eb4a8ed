"""The figures of the disputes, from L1's events and what was executed here: those of OP Stack's dispute monitor, by its names. Pure.

One rule: they are counted anew whenever somebody asks, so a reorganisation leaves no wrong one behind. An assertion is what the OP Stack
calls a game, a dispute node what it calls a claim, which is resolved when its dispute is. (op-dispute-mon, `metrics.go`.)
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import cast

from rollup.core.genesis import Dispute
from rollup.dispute.game import Assertion, Event, Game, Status
from rollup.dispute.schedule import confirmed_by
from rollup.net.metrics import Figure
from verifier.monitor import agreement
from verifier.prospects import prospects
from verifier.view import Claim

ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Watched:
    """What is counted."""

    game: Game
    claims: Mapping[int, Claim]
    own: bytes
    """This verifier's L1 address."""
    now: int
    dispute: Dispute

    @property
    def window(self) -> int:
        """T, in blocks."""
        return self.dispute.window_blocks

    @property
    def games(self) -> list[Assertion]:
        """Every assertion but the genesis one."""
        return [item for item in self.game.assertions.values() if item.batch >= 0]

    @property
    def judged(self) -> list[tuple[Assertion, bool]]:
        """Those whose batch was executed here, and whether they say what was found."""
        found = ((item, agreement(self.claims, item)) for item in self.games)
        return [(item, agrees) for item, agrees in found if agrees is not None]


def figures(watched: Watched) -> dict[str, int]:
    """Return the figures that a person looks at first."""
    games, judged = watched.games, watched.judged
    agreeing = [item for item, agrees in judged if agrees]
    outlook = prospects(watched.game, watched.now, watched.window)
    unsettled = [(item, agrees) for item, agrees in judged if item.status == Status.OPEN]
    return {
        "games_open": sum(item.status == Status.OPEN for item in games),
        "games_agreement": len(agreeing),
        "games_disagreement": len(judged) - len(agreeing),
        "games_ignored": len(games) - len(judged),
        "games_open_disagreement": sum(not agrees for _, agrees in unsettled),
        "games_forecast_incorrect": sum(agrees is not (outlook[item.id].ahead == "defender") for item, agrees in unsettled),
        "honest_actor_bonds": sum(item.staker == watched.own and item.status == Status.OPEN for item in games),
        "claims": len(watched.game.nodes),
        "latest_valid_proposal": max((item.batch for item in agreeing), default=-1),
        "wrong_confirmed": sum(item.status == Status.CONFIRMED and item not in agreeing for item, _ in judged),
    }


def series(watched: Watched) -> dict[Figure, float]:
    """Return the figures of a dispute monitor, each for all values of its labels."""
    return {
        **agreement_series(watched),
        **resolution_series(watched),
        **claim_series(watched),
        **honest_series(watched),
        **proposal_series(watched),
        ("monitor_ignored_games", ()): float(len(watched.games) - len(watched.judged)),
        ("monitor_bond_collateral_required", ()): required(watched) / ETHER,
    }


def agreement_series(watched: Watched) -> dict[Figure, float]:
    """Count games by whether they are settled, and whether who is ahead, or has won, ought to be."""
    outlook = prospects(watched.game, watched.now, watched.window)
    found: Counter[tuple[bool, bool, bool]] = Counter()
    for item, agrees in watched.judged:
        found[item.status == Status.OPEN, agrees, outlook[item.id].ahead == "defender"] += 1
    named: dict[Figure, float] = {}
    for is_open, agrees, defended in product((True, False), repeat=3):
        side = "defender" if defended else "challenger"
        labels = (
            ("status", f"{'agree' if agrees else 'disagree'}_{side}_{'ahead' if is_open else 'wins'}"),
            ("completion", "in_progress" if is_open else "complete"),
            ("result_correctness", "correct" if agrees is defended else "incorrect"),
            ("root_agreement", "agree" if agrees else "disagree"),
        )
        named["monitor_games_agreement", labels] = float(found[is_open, agrees, defended])
    return named


def resolution_series(watched: Watched) -> dict[Figure, float]:
    """Count games by whether they are settled, could be, or cannot be yet, and by whether they are older than the bound allows."""
    dispute, game, now = watched.dispute, watched.game, watched.now
    found: Counter[tuple[str, bool]] = Counter()
    for item in watched.games:
        bound = confirmed_by(watched.window, dispute.censorship_max_blocks, dispute.delay_blocks, game.height(item.batch))
        is_due = item.status == Status.OPEN and game.timer(item.root, now) >= watched.window
        completion = "complete" if item.status != Status.OPEN else "resolvable" if is_due else "in_progress"
        found[completion, now - item.created_at > bound] += 1
    return {
        ("monitor_resolution_status", (("completion", name), ("max_duration", "max_duration" if old else "before_max_duration"))): float(
            found[name, old]
        )
        for name, old in product(("complete", "resolvable", "in_progress"), (True, False))
    }


def claim_series(watched: Watched) -> dict[Figure, float]:
    """Count nodes by whether the dispute that they belong to is settled, and whether their clocks have run out."""
    game, found = watched.game, Counter[tuple[bool, bool]]()
    for identity, standing in game.nodes.items():
        origin = game.assertions[standing.node.origin]
        is_settled = origin.status != Status.OPEN if game.published_leaves else bool(origin.successor) or origin.status == Status.REJECTED
        found[is_settled, standing.proved or game.timer(identity, watched.now) >= watched.window] += 1
    return {
        ("monitor_claims", (("resolved", "resolved" if done else "unresolved"), ("clock", "expired" if late else "not_expired"))): float(
            found[done, late]
        )
        for done, late in product((True, False), repeat=2)
    }


def honest_series(watched: Watched) -> dict[Figure, float]:
    """Count this verifier's own assertions, and the ether that it has at stake, has lost and has won."""
    own = [item for item in watched.games if item.staker == watched.own]
    count = Counter(item.status for item in own)
    bond = watched.dispute.bond_wei
    won = sum(won_by(watched.own, event) for event in watched.game.events)
    claims = {"pending": count[Status.OPEN], "valid": count[Status.CONFIRMED], "invalid": count[Status.REJECTED]}
    bonds = {"pending": bond * len(staked(watched, own)), "lost": bond * count[Status.REJECTED], "won": won}
    return {
        **{("monitor_honest_actor_claims", (("state", state),)): float(number) for state, number in claims.items()},
        **{("monitor_honest_actor_bonds", (("state", state),)): wei / ETHER for state, wei in bonds.items()},
    }


def won_by(own: bytes, event: Event) -> int:
    """Return the wei that an event gives somebody out of slashed bonds."""
    given = {"Refunded": "mover", "Swept": "to"}.get(event.name)
    return cast("int", event.arguments["amount"]) if given is not None and event.arguments[given] == own else 0


def proposal_series(watched: Watched) -> dict[Figure, float]:
    """Return the batches of the newest assertions that are right and wrong, -1 for none."""
    newest = {truth: max((item.batch for item, agrees in watched.judged if agrees is truth), default=-1) for truth in (True, False)}
    named = {True: "agree", False: "disagree"}
    return {("monitor_latest_proposal", (("root_agreement", named[truth]),)): float(batch) for truth, batch in newest.items()}


def required(watched: Watched) -> int:
    """Return the wei that the contract must hold: a bond behind every open branch, and what is left of slashed ones."""
    return watched.dispute.bond_wei * len(staked(watched, watched.games)) + sum(watched.game.treasury.pools.values())


def staked(watched: Watched, games: list[Assertion]) -> list[Assertion]:
    """Return the open assertions that a bond stands behind now: one's own bond moves up from the parent to the newest of a branch."""
    assertions = watched.game.assertions
    moved = {
        item.id
        for item in games
        for child in item.children
        if item.status == Status.OPEN and assertions[child].staker == item.staker and assertions[child].status == Status.OPEN
    }
    return [item for item in games if item.status == Status.OPEN and item.id not in moved]
