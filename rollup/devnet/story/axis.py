"""The axis of time: blocks in which something happens stand apart, and the days between them are drawn by their logarithm.

One rule: the order is exact and the distances are not; so every place says its block and its time.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import log2

LEFT, WIDTH, MARGIN = 176.0, 790.0, 156.0
"""Where the axis begins, how long it is, and what is left free behind it, in pixels."""

LABEL_WIDTH = 74.0
"""Least distance of two labels."""

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Axis:
    """Where each block is."""

    blocks: tuple[int, ...]
    places: tuple[float, ...]
    block_time_s: int

    def x(self, block: int) -> float:
        """Return a block's place, between those that are known in proportion."""
        after = bisect_right(self.blocks, block)
        if after == 0:
            return self.places[0]
        if after == len(self.blocks):
            return self.places[-1]
        low, high = self.blocks[after - 1], self.blocks[after]
        share = (block - low) / (high - low)
        return round(self.places[after - 1] + share * (self.places[after] - self.places[after - 1]), 2)

    def labels(self) -> list[dict[str, object]]:
        """Return where to write which time."""
        found: list[dict[str, object]] = []
        free = 0.0
        for block, place in zip(self.blocks, self.places, strict=True):
            text = lasted((block - self.blocks[0]) * self.block_time_s)
            if place >= free and (not found or found[-1]["text"] != text):
                found.append({"x": place, "text": text, "block": block})
                free = place + LABEL_WIDTH
        return found


def axis_of(blocks: Iterable[int], block_time_s: int) -> Axis:
    """Return the axis on which these blocks stand apart."""
    known = sorted({*blocks, 0})
    gaps = [1.0 + log2(1 + later - block) for block, later in pairwise(known)]
    scale, places, at = WIDTH / (sum(gaps) or 1.0), [LEFT], LEFT
    for gap in gaps:
        at += gap * scale
        places.append(round(at, 2))
    return Axis(tuple(known), tuple(places), block_time_s)


def lasted(seconds: int) -> str:
    """Return a time as people say it."""
    for unit, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.2f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{seconds} s"
