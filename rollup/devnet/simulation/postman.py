"""The postman: everything that happens later, in one order.

One rule: whatever is due runs in order of time, then of posting, in one task; so the order never depends on the scheduler.
"""

from collections.abc import Callable
from heapq import heappop, heappush

import trio

Action = Callable[[], None]


class Postman:
    """A heap of actions on the simulation's clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Action]] = []
        self._posted = 0
        self._earlier = trio.Event()

    def post(self, delay_s: float, action: Action) -> None:
        """Run an action after a delay."""
        self.post_at(trio.current_time() + delay_s, action)

    def post_at(self, time_s: float, action: Action) -> None:
        """Run an action at a time of trio's clock."""
        self._posted += 1
        heappush(self._heap, (time_s, self._posted, action))
        if self._heap[0][1] == self._posted:
            self._earlier.set()

    async def run(self) -> None:
        """Deliver, until cancelled."""
        while True:
            self._earlier = trio.Event()
            with trio.move_on_at(self._heap[0][0] if self._heap else float("inf")):
                await self._earlier.wait()
            while self._heap and self._heap[0][0] <= trio.current_time():
                heappop(self._heap)[2]()
