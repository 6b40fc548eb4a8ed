"""What came of one game, and what many came to. Adding up does not depend on the order of the games."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType

from rollup.devnet.arena.match import Match
from rollup.devnet.arena.rules import RATIO

INVARIANTS: Mapping[str, str] = MappingProxyType(
    {
        "S1": "what is confirmed is what the oracle's replay finds",
        "S2": "at most one confirmed child a parent",
        "S3": "a step proved on L1 is the oracle's step, and no wrong one was proved",
        "S4": "no wrong root gathers the window, and L1's timers are never ahead of the time that passed",
        "S5": "an honest move acts as meant or not at all, whatever L1 replaces",
        "S6": "every withdrawal that was paid is the oracle's, once",
        "S7": "deposits = escrow + paid + burned, and no honest bond is lost",
        "L1": "confirmed by the bound",
        "L4": "a crash anywhere gives the same moves",
        "E1": "honest moves ≤ N(k + 1)",
        "E2": "what an attack stakes and burns is ρ times what its defence costs",
        "E3": "no honest player asserts or defends a falsehood",
    }
)
"""The invariants of a game, by DISPUTE's names. L2 is about series of games, L3 about the queue: `queue_games`."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        **INVARIANTS,
        "L2": "without censorship, no later than the moves of one dispute explain, however many rivals there are",
        "L3": "no batch leaves out a queue entry that is overdue",
    }
)
"""All invariants of DISPUTE that a drill may be held to, by its names."""


@dataclass(frozen=True, slots=True)
class Result:
    """One game."""

    game: int
    adversary: str
    profile: str
    lost: bool
    """A wrong root was confirmed."""
    past_bound: bool
    """A true root was not confirmed in time."""
    honest_bonds_lost: int
    delay: int
    """Blocks from a batch's arrival on L1 to its confirmation, of the batch that came closest to its bound."""
    bound: int
    window: int
    height: int
    sybils: int
    """Wrong assertions beside right ones."""
    honest_moves: int
    attack_wei: int
    """What the adversary has put at stake and spent on gas."""
    defence_wei: int
    """What the honest side has spent on the gas of its answers."""
    transactions: int
    blocks: int
    censored: int
    reorganisations: int
    violations: Mapping[str, str]

    @property
    def is_safe(self) -> bool:
        """Whether every invariant held."""
        return not self.violations


def result_of(match: Match, game: int, adversary: str, profile: str) -> Result:
    """Judge a game that is over."""
    referee, rules = match.referee, match.rules
    now = match.ground.number
    waits = [(delay, rules.bound(batch)) for batch, delay in enumerate(delays(match))]
    delay, bound = min(waits, key=lambda each: each[1] - each[0])
    lost = "S1" in referee.violations
    past = not lost and delay > bound
    sybils, moves = referee.sybils, referee.honest_moves
    referee.hold("L1", not past, now, f"a batch took {delay} blocks, the bound is {bound}")
    referee.hold("E1", lost or moves <= sybils * (rules.height + 1), now, f"{moves} honest moves against {sybils} Sybils")
    stake = sum(not bet.is_true for bet in referee.bets.values()) * rules.bond
    attack, defence = stake + referee.attack_gas, referee.honest_gas
    # Only one account's own order is certain; with several, the order in a block can make some of their updates come too early.
    free = lost or not moves or not match.is_ordered
    referee.hold("E2", free or attack >= RATIO * defence, now, f"{attack} wei against {defence}")
    return Result(
        game,
        adversary,
        profile,
        lost,
        past,
        referee.honest_bonds_lost,
        delay,
        bound,
        rules.window,
        rules.height,
        sybils,
        moves,
        attack,
        defence,
        len(referee.seen),
        now - match.first,
        match.budget_full - match.budget,
        match.reorganisations,
        dict(referee.violations),
    )


def delays(match: Match) -> list[int]:
    """Return for each batch the blocks from its arrival to its confirmation, or to the game's end."""
    referee, now = match.referee, match.ground.number
    confirmed = {bet.batch: bet.confirmed for bet in referee.bets.values() if bet.is_true and bet.confirmed}
    return [confirmed.get(index, now) - block for index, (_, _, block) in sorted(referee.batches.items())]


@dataclass(slots=True)
class Clock:
    """The games of one profile."""

    games: int = 0
    lost: int = 0
    delay_blocks_max: int = 0
    bound_blocks: int = 0
    window_blocks: int = 0

    def add(self, result: Result) -> None:
        """Count a game."""
        self.games += 1
        self.lost += result.lost
        if not result.lost:
            self.delay_blocks_max = max(self.delay_blocks_max, result.delay)
        self.bound_blocks, self.window_blocks = max(self.bound_blocks, result.bound), result.window


@dataclass(slots=True)
class Side:
    """The games of one adversary."""

    games: int = 0
    lost: int = 0


@dataclass(slots=True)
class Totals:
    """What many games came to."""

    games: int = 0
    lost: int = 0
    past_bound: int = 0
    honest_bond_lost: int = 0
    false_challenges: int = 0
    moves_per_sybil_max: float = 0.0
    moves_per_sybil_bound: int = 0
    """K + 1 of the game in which it was reached."""
    margin_blocks_min: int = 1 << 40
    """The least that was left of a bound."""
    capital_ratio_min: float = 0.0
    sybils_max: int = 0
    transactions: int = 0
    blocks: int = 0
    censored_blocks: int = 0
    reorganisations: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    """Games that broke an invariant, by its name."""
    examples: dict[str, tuple[int, str]] = field(default_factory=dict)
    """The first game of each of those, and what happened."""
    adversaries: dict[str, Side] = field(default_factory=dict)
    profiles: dict[str, Clock] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Count a game."""
        self.games += 1
        self.lost += result.lost
        self.past_bound += result.past_bound
        self.honest_bond_lost += result.honest_bonds_lost
        self.transactions += result.transactions
        self.blocks += result.blocks
        self.censored_blocks += result.censored
        self.reorganisations += result.reorganisations
        self.sybils_max = max(self.sybils_max, result.sybils)
        side = self.adversaries.setdefault(result.adversary, Side())
        side.games, side.lost = side.games + 1, side.lost + result.lost
        self.profiles.setdefault(result.profile, Clock()).add(result)
        if not result.lost:
            self.margin_blocks_min = min(self.margin_blocks_min, result.bound - result.delay)
            self._add_costs(result)
        for name, what in result.violations.items():
            self.broken[name] = self.broken.get(name, 0) + 1
            self.false_challenges += name == "E3"
            self.examples[name] = min(self.examples.get(name, (result.game, what)), (result.game, what))

    def _add_costs(self, result: Result) -> None:
        if result.sybils:
            each = (result.honest_moves / result.sybils, result.height + 1)
            self.moves_per_sybil_max, self.moves_per_sybil_bound = max((self.moves_per_sybil_max, self.moves_per_sybil_bound), each)
        if result.honest_moves and result.defence_wei:
            ratio = result.attack_wei / result.defence_wei
            self.capital_ratio_min = min(self.capital_ratio_min or ratio, ratio)

    def fields(self) -> dict[str, object]:
        """Return everything as JSON's object."""
        slowest = max(self.profiles.values(), key=lambda clock: clock.delay_blocks_max, default=Clock())
        return {
            "games": self.games,
            "lost": self.lost,
            "past_bound": self.past_bound,
            "honest_bond_lost": self.honest_bond_lost,
            "false_challenges": self.false_challenges,
            "moves_per_sybil_max": round(self.moves_per_sybil_max, 3),
            "moves_per_sybil_bound": self.moves_per_sybil_bound,
            "delay_blocks_max": slowest.delay_blocks_max,
            "bound_blocks": slowest.bound_blocks,
            "margin_blocks_min": self.margin_blocks_min,
            "capital_ratio_min": round(self.capital_ratio_min, 2),
            "sybils_max": self.sybils_max,
            "transactions": self.transactions,
            "blocks": self.blocks,
            "censored_blocks": self.censored_blocks,
            "reorganisations": self.reorganisations,
            "invariants": {name: name not in self.broken for name in INVARIANTS},
            "adversaries": {name: asdict(side) for name, side in sorted(self.adversaries.items())},
            "profiles": {name: asdict(clock) for name, clock in sorted(self.profiles.items())},
        }


def total(results: Iterable[Result]) -> Totals:
    """Add up games."""
    totals = Totals()
    for result in results:
        totals.add(result)
    return totals
