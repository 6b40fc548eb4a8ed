"""When L1 should be asked to tell the state what it has (`rollup.transition.posted`).

One rule: it is asked about a batch that the state waits for, once that is on L1 and old enough; so a busy rollup pays for one note in a
while, and an idle one for one at the end. What the note says is L1's own, and anybody may ask for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sequencer.naming import Fields, scalar

LOOK_S = 10
"""How often the state is looked at, seconds."""

AGAIN_S = 600
"""A note that did not come into the state for so long is asked for again, seconds."""


@dataclass
class Notes:
    """Decides for one sequencer."""

    system: Callable[[], Awaitable[Fields]]
    """The system's row of the state now."""
    after_s: float
    """How old a batch must be; 0 for never."""
    fee_wei: int
    now: Callable[[], float]
    """The node's clock; a batch's age is reckoned by L1's, as its time is."""
    asked: tuple[int, float] = field(default=(-1, 0.0))
    """What was last asked about, as `awaited` has it, and when."""
    looked_s: float = field(init=False)
    """When the state was last looked at."""

    def __post_init__(self) -> None:
        """Ask for nothing until the node has been there for as long as a batch must be."""
        self.looked_s = self.now() + self.after_s - LOOK_S

    async def is_due(self, batches: int, l1_time_s: int) -> bool:
        """Say whether to ask now, where L1 has so many batches, and take it as asked."""
        now_s = self.now()
        if self.after_s == 0 or batches == 0 or now_s < self.looked_s + LOOK_S:
            return False
        self.looked_s = now_s
        row = await self.system()
        awaited, begun_s = scalar(row, "awaited"), scalar(row, "awaited_s")
        never = scalar(row, "posted") == 0
        if not never and (awaited == 0 or awaited > batches or l1_time_s < begun_s + self.after_s):
            return False
        about, asked_s = self.asked
        if about == awaited and now_s < asked_s + AGAIN_S:
            return False
        self.asked = (awaited, now_s)
        return True
