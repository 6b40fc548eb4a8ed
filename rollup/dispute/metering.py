"""What checking a proof costs: told to whoever asked for the check, while it goes on."""

from typing import Protocol


class Meter(Protocol):
    """Takes note of work before it is done; may refuse to go on by raising."""

    def hashes(self, count: int, length: int) -> None:
        """`count` hashes of `length` bytes each."""

    def recoveries(self, count: int) -> None:
        """`count` signatures checked."""


class Unmetered:
    """A meter that takes no note: for those who check at their own expense."""

    def hashes(self, count: int, length: int) -> None:
        """See `Meter`."""

    def recoveries(self, count: int) -> None:
        """See `Meter`."""
