"""An answer that arrives later, once, or never."""

from typing import Generic, TypeVar

import trio

Value = TypeVar("Value")


class Promise(Generic[Value]):
    """What a node waits for while its message is under way."""

    def __init__(self) -> None:
        self._settled = trio.Event()
        self._values: list[Value] = []
        self._error: Exception | None = None

    def resolve(self, value: Value) -> None:
        """Answer, unless that has happened."""
        if not self._settled.is_set():
            self._values.append(value)
            self._settled.set()

    def fail(self, error: Exception) -> None:
        """Answer with an error, unless that has happened."""
        if not self._settled.is_set():
            self._error = error
            self._settled.set()

    async def wait(self, timeout_s: float, late: Exception) -> Value:
        """Return the answer. Raises the error it was failed with, or `late` when the time is over."""
        with trio.move_on_after(timeout_s):
            await self._settled.wait()
        if self._error is not None:
            raise self._error
        if not self._values:
            raise late
        return self._values[0]
