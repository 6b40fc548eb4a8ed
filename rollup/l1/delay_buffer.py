"""The delay buffer: how long the sequencer may leave a queue entry waiting, which is the less the more often it was late. Pure.

    bound = threshold + left            left ≤ max - threshold

A sequencer that takes every entry within the threshold keeps the whole bound. Each block for which an entry waits beyond the threshold,
once however many wait, takes a block off `left`; every `recovery` blocks give one back. So who is late again and again is held to the
threshold, and one bad day is forgiven. (DISPUTE "Safety net"; after the delay buffer of Arbitrum's BoLD.)

One rule: L1 and whoever follows it compute this from the same numbers, so a sequencer knows what L1 will refuse.
"""

from dataclasses import dataclass

from rollup.core.genesis import Genesis


@dataclass(frozen=True, slots=True)
class DelayRules:
    """Blocks that a queue entry may wait."""

    most: int
    """While the buffer is full."""
    threshold: int
    """Always: what waits no longer costs nothing."""
    recovery: int
    """Blocks that give one block of the buffer back."""


@dataclass(frozen=True, slots=True)
class DelayBuffer:
    """How the buffer stood when a batch last took queue entries."""

    left: int
    """Blocks left beyond the threshold."""
    since: int
    """Block from which on recovery counts."""
    counted_to: int
    """Last block whose lateness was counted."""

    def bound(self, rules: DelayRules, now: int) -> int:
        """Return the blocks that an entry may wait, at block `now`, before it is overdue."""
        return rules.threshold + self.filled(rules, now)

    def filled(self, rules: DelayRules, now: int) -> int:
        """Return the blocks left beyond the threshold at block `now`."""
        return min(rules.most - rules.threshold, self.left + max(0, now - self.since) // rules.recovery)

    def after(self, rules: DelayRules, oldest: int, now: int) -> "DelayBuffer":
        """Return how the buffer stands once a batch of block `now` has taken entries, the oldest of which came in block `oldest`."""
        left = self.filled(rules, now)
        regained = left - self.left
        since = now if left == rules.most - rules.threshold else self.since + regained * rules.recovery
        late = max(0, now - max(oldest + rules.threshold, self.counted_to))
        return DelayBuffer(max(0, left - late), since, now if late else self.counted_to)


def delay_rules(genesis: Genesis) -> DelayRules:
    """Return a rollup's rules."""
    inbox = genesis.inbox
    return DelayRules(inbox.forced_delay_blocks, inbox.delay_threshold_blocks, inbox.delay_recovery_blocks)


def full(rules: DelayRules) -> DelayBuffer:
    """Return the buffer of a sequencer that was never late."""
    return DelayBuffer(rules.most - rules.threshold, 0, 0)
