"""What every drill is, whoever plays it: nodes on virtual time, or players on L1 alone. One way to run it, and one report.

One rule: a scenario plays and judges; the verdict over all that was judged, and the line that plays it again, are made here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from time import perf_counter

from rollup.devnet.story.story import Story

Say = Callable[[str], None]
"""Tells people how far it is."""


class Lane(StrEnum):
    """How a rollup's disputes are decided: what its genesis says."""

    BISECTION = "bisection"
    """By halving, down to one leaf."""
    DIRECT = "direct"
    """By refuting one of the leaves that every assertion publishes."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One run of a scenario: all that its history depends on."""

    name: str
    seed: int
    lane: Lane = Lane.BISECTION

    @property
    def replay(self) -> str:
        """The command that runs it again."""
        return f"optroll drill run {self.name} --seed {self.seed}" + (f" --lane {self.lane}" if self.lane != Lane.BISECTION else "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario came to."""

    invariants: Mapping[str, bool]
    figures: Mapping[str, int]
    missed: str
    """What did not come about in time, or which rule was broken how; empty where everything was well."""
    virtual_seconds: int
    """Time that passed on L1."""
    trace_digest: str
    """Hash over everything that happened."""
    tell: Callable[[], Story]
    """Tells what happened, for a report that draws it."""


@dataclass(frozen=True, kw_only=True)
class Scenario(ABC):
    """What goes wrong, what must come of it, and by when."""

    fault: str
    """What goes wrong, in a sentence."""
    expectation: str
    """What must come of it."""
    covers: tuple[str, ...] = ()
    """Numbers of the catalogue of attacks that it plays: A for disputes, B for the market, C for nodes, network and disk."""

    @property
    @abstractmethod
    def deadline_s(self) -> float:
        """When all must be over, on L1's clock, in seconds from genesis."""

    @abstractmethod
    def perform(self, ticket: Ticket, say: Say) -> Outcome:
        """Play it and judge it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a drill, as `optroll drill run --format json` prints it."""

    drill: str
    seed: int
    lane: str
    verdict: str
    invariants: dict[str, bool]
    figures: dict[str, int]
    missed: str
    virtual_seconds: int
    wall_seconds: float
    trace_digest: str
    replay: str

    @property
    def is_safe(self) -> bool:
        """Whether every invariant held."""
        return self.verdict == "safe"

    def fields(self) -> dict[str, object]:
        """Return the report as JSON's object."""
        return asdict(self)


def silent(_text: str) -> None:
    """Say nothing."""


def run_drill(name: str, scenario: Scenario, seed: int, say: Say = silent, lane: Lane = Lane.BISECTION) -> Report:
    """Run a drill in a world of its own, on either lane, and judge it."""
    return run_told(scenario, Ticket(name, seed, lane), say)[0]


def run_told(scenario: Scenario, ticket: Ticket, say: Say) -> tuple[Report, Callable[[], Story]]:
    """Run a drill as `run_drill` does; return its report, and what tells its story."""
    started = perf_counter()
    outcome = scenario.perform(ticket, say)
    return report_of(ticket, outcome, perf_counter() - started), outcome.tell


def report_of(ticket: Ticket, outcome: Outcome, wall_s: float) -> Report:
    """Return the report of a drill that is over: safe only where every invariant held."""
    return Report(
        drill=ticket.name,
        seed=ticket.seed,
        lane=ticket.lane.value,
        verdict="safe" if all(outcome.invariants.values()) else "unsafe",
        invariants=dict(outcome.invariants),
        figures=dict(outcome.figures),
        missed=outcome.missed,
        virtual_seconds=outcome.virtual_seconds,
        wall_seconds=round(wall_s, 3),
        trace_digest=outcome.trace_digest,
        replay=ticket.replay,
    )
