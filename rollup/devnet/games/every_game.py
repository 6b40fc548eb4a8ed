"""A4: every game there is on a small trace: each legal move of a liar, in each order. None is lost at T; at the reach of a lie some are."""

from dataclasses import dataclass
from hashlib import sha256

from rollup.devnet.arena.exhaustive import Found, Search
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.series import set_table
from rollup.devnet.drills.scenario import Lane, Outcome, Say, Scenario, Ticket
from rollup.devnet.story.story import Story

CENSORED, DELAY, HEIGHT = 0, 0, 1
"""C, δ and k: small, as positions grow fast with each."""

FULL = 1_000
"""A window in full, in thousandths."""


@dataclass(frozen=True, kw_only=True)
class EveryGame(Scenario):
    """A search instead of a game."""

    @property
    def deadline_s(self) -> float:
        """When the last game must be over: at the bound."""
        return 12.0 * Rules(CENSORED, DELAY, (HEIGHT,)).bound()

    def perform(self, ticket: Ticket, say: Say) -> Outcome:
        """Search every position at T, and, as a control, at the window that a lie can just reach."""
        if ticket.lane == Lane.DIRECT:
            say("where leaves are published a lie dies by one move, and there is nothing to search: this is the other lane")
        rules = Rules(CENSORED, DELAY, (HEIGHT,))
        found = search(rules)
        say(f"{found.positions} positions, {found.games} games that end with the truth")
        short = search(Rules(CENSORED, DELAY, (HEIGHT,), FULL * rules.reach // rules.window_full))
        say(f"at a window of {rules.reach} blocks a lie wins: {bool(short.lost)}")
        invariants = {
            "no_game_is_lost": not found.lost,
            "all_end_by_the_bound": found.delay_blocks_max <= rules.bound(),
            "a_shorter_window_loses": bool(short.lost),
        }
        figures = {
            "positions": found.positions,
            "transactions": found.moves,
            "games": found.games,
            "window_blocks": rules.window,
            "reach_blocks": rules.reach,
            "delay_blocks": found.delay_blocks_max,
            "bound_blocks": rules.bound(),
        }
        digest = sha256(repr((figures, found.lost, short.lost)).encode()).hexdigest()
        return Outcome(invariants, figures, "; ".join(found.lost[:1]), 12 * found.delay_blocks_max, digest, lambda: untold(rules))


def untold(rules: Rules) -> Story:
    """Return a story of nobody: thousands of games have none in common."""
    return Story((), (), (), (), (), rules.window, rules.bound(), 12)


def search(rules: Rules) -> Found:
    """Search every position of games about the last leaf."""
    return Search(set_table(rules), rules, [Lie(0, (1 << HEIGHT) - 1, "garbled")]).run()


DRILL = EveryGame(
    fault="a liar makes every legal move there is, in every order, also for the honest player's transactions",
    expectation="no position leads to a lost game, nor past the bound; at the longest window that a lie can reach, some do",
    covers=("A4",),
)
