"""One attack on both lanes, side by side: what it delayed, what gas it cost, and what was at stake."""

from collections.abc import Iterator
from dataclasses import dataclass

from rollup.devnet.drills.scenario import Lane, Report, Say, Scenario, run_drill, silent

GWEI = 10**9
"""Wei: the unit of stakes among figures."""

COMPARED = (
    "window_blocks",
    "delay_blocks",
    "blocks_to_slash",
    "defence_gas",
    "attack_gas",
    "defence_stake_gwei",
    "attack_stake_gwei",
)
"""Figures that drills report and that are compared: the window; the longest that a batch waited for its confirmation, and that a lie
stood; gas of the answers, and of all that attackers did; wei that came with assertions."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one drill on each lane."""

    drill: str
    seed: int
    reports: tuple[Report, ...]
    """One a lane."""

    @property
    def is_safe(self) -> bool:
        """Whether it ended safe on every lane."""
        return all(report.is_safe for report in self.reports)

    @property
    def compared(self) -> tuple[str, ...]:
        """The figures that are compared: a search through all games has no costs."""
        return tuple(name for name in COMPARED if all(name in report.figures for report in self.reports))

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the table: verdicts, delay beyond the window, the figures that are compared, and the time that it took."""
        yield "verdict", *(report.verdict for report in self.reports)
        for name in self.compared:
            yield name.replace("_", " "), *(f"{report.figures[name]:,}" for report in self.reports)
        yield "blocks beyond the window", *(f"{beyond(report):,}" for report in self.reports)
        yield "wall seconds", *(f"{report.wall_seconds:.1f}" for report in self.reports)

    def fields(self) -> dict[str, object]:
        """Return it as JSON's object: what is compared by lane, and the whole reports."""
        compared = {report.lane: {name: report.figures[name] for name in self.compared} for report in self.reports}
        lanes = {report.lane: report.fields() for report in self.reports}
        return {"drill": self.drill, "seed": self.seed, "safe": self.is_safe, "compared": compared, "lanes": lanes}


def beyond(report: Report) -> int:
    """Return the blocks that the slowest batch took beyond the window."""
    return report.figures["delay_blocks"] - report.figures["window_blocks"]


def run_on_both(name: str, scenario: Scenario, seed: int, say: Say = silent) -> Comparison:
    """Run a drill on one lane after the other, with the same seed."""
    return Comparison(name, seed, tuple(run_drill(name, scenario, seed, say, lane) for lane in Lane))
