"""Where the time of a transaction goes: nanoseconds and records a stage, for the bench and the metrics page.

One rule: a figure here never decides anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns

STAGES = (
    "decode",
    "digest",
    "signature",
    "apply",
    "root",
    "encode",
    "journal",
    "receipt",
    "acknowledge",
    "seal",
    "post",
)
"""Stages in the order in which a transaction passes them."""


class Stages:
    """Running totals by stage."""

    def __init__(self) -> None:
        """Start from nothing."""
        self.nanoseconds = dict.fromkeys(STAGES, 0)
        self.records = dict.fromkeys(STAGES, 0)

    @contextmanager
    def measure(self, stage: str, records: int) -> Iterator[None]:
        """Add the time of the block, in which `records` records pass the stage."""
        start = perf_counter_ns()
        try:
            yield
        finally:
            self.nanoseconds[stage] += perf_counter_ns() - start
            self.records[stage] += records

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return (nanoseconds, records) by stage."""
        return {stage: (self.nanoseconds[stage], self.records[stage]) for stage in STAGES}
