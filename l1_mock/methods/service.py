"""What every method works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from l1_mock.chain import Chain
from l1_mock.filters import Caller, Feeds
from l1_mock.parameters import Arguments
from rollup.core.transport import JSON


@dataclass(frozen=True, slots=True)
class Service:
    """A chain, its feeds, and what time it is for the call at hand."""

    chain: Chain
    feeds: Feeds
    clock: Callable[[], int]
    """Returns Unix time in milliseconds."""
    log_range_max: int
    """Blocks that one search for logs may span."""
    logs_max: int
    """Logs that one search may find."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of one method."""

    service: Service
    arguments: Arguments
    caller: Caller | None
    """The connection; None where a notification could not be sent."""

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.service.chain

    @property
    def now(self) -> int:
        """Unix time in milliseconds."""
        return self.service.clock()


Method = Callable[[Request], JSON]
"""Answers a call or raises RpcError."""
Methods = Mapping[str, Method]
"""Methods by name."""
