"""When blocks are due and what time they carry.

Two clocks, both in milliseconds of Unix time: `now` is the caller's, given to every function, and the chain's is `now + offset`, which a
developer may put forward. Slots follow the caller's clock, blocks' times the chain's, so a jump in time leaves a gap between two blocks
and no blocks in it. A header's timestamp is the block's time in whole seconds, rounded down; several blocks may share one.
"""

from dataclasses import dataclass

SECOND = 1_000
"""Milliseconds of a second."""


@dataclass(slots=True)
class Timing:
    """The chain's clock and schedule, in milliseconds."""

    slot: int
    """From slot to slot; 0 where there are none."""
    next_slot: int
    """When the next slot is due, by the caller's clock."""
    offset: int = 0
    """Of the chain's clock from the caller's."""
    fixed: int | None = None
    """The time that the next block must carry, if a developer said so."""

    def due(self, now: int) -> int:
        """Return how many slots are due and not yet used."""
        if not self.slot or now < self.next_slot:
            return 0
        return (now - self.next_slot) // self.slot + 1

    def use(self, slots: int) -> int:
        """Mark slots as used and return when the first was due."""
        first = self.next_slot
        self.next_slot += slots * self.slot
        return first

    def block_time(self, now: int, head: int, interval: int = 0) -> int:
        """Return the time of a block made now on a head with this timestamp, in seconds: at least `interval` after it."""
        return max(head * SECOND + interval, now + self.offset) if self.fixed is None else self.fixed

    def made(self, now: int, time: int) -> None:
        """Note that a block with this time was made: a fixed time moves the chain's clock, once."""
        if self.fixed is not None:
            self.offset = time - now
            self.fixed = None

    def catch_up(self, now: int, head: int) -> None:
        """Put the chain's clock forward to the head's timestamp, in seconds, if it is behind."""
        self.offset = max(self.offset, head * SECOND - now)
