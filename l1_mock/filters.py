"""Who wants to hear of what: filters that are polled, and subscriptions that are told.

Both watch the chain as its listener. What waits for a poll is bounded, and a filter that nobody polls is forgotten, as in geth.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from l1_mock.blocks import FullBlock, Item
from l1_mock.chain import Chain
from l1_mock.log_query import LogQuery
from l1_mock.shapes import header_shape, hexadecimal, log_shape
from l1_mock.transactions import Transaction
from rollup.core.transport import JSON, Parameters, TransportError

LIFETIME_MS = 300_000
"""A filter that is not polled for so many milliseconds is forgotten (geth's)."""
FILTERS_MAX = 256
"""Filters at most; the one polled longest ago makes room."""
WAITING_MAX = 10_000
"""Entries that wait for a poll; a filter that overflows is forgotten."""
SUBSCRIPTIONS_MAX = 1_024
"""Subscriptions at most."""
HEADS_MAX = 128
"""Heads told of when many blocks come at once: the newest ones."""


class Caller(Protocol):
    """The connection that a call came by."""

    @property
    def connection(self) -> int:
        """What tells it from others."""

    @property
    def can_notify(self) -> bool:
        """Whether it takes notifications."""

    def notify(self, method: str, params: Parameters) -> None:
        """Send one. Raises TransportError when the connection is gone."""


Sink = Callable[[list[JSON]], None]
"""Takes what a watcher has seen."""


@dataclass(slots=True)
class Watcher:
    """What somebody wants to hear of. `kind` is blocks, heads, pending or logs."""

    kind: str
    query: LogQuery = field(default_factory=LogQuery)


@dataclass(slots=True)
class Filter:
    """A watcher that is polled."""

    watcher: Watcher
    polled: int
    """When, in milliseconds."""
    criteria: dict[str, JSON] = field(default_factory=dict)
    """The filter object of a logs filter, as given."""
    waiting: list[JSON] = field(default_factory=list)


@dataclass(slots=True)
class Subscription:
    """A watcher that is told."""

    watcher: Watcher
    caller: Caller


class Feeds:
    """All filters and subscriptions of a chain."""

    def __init__(self, chain: Chain) -> None:
        """Listen to the chain."""
        self._chain = chain
        self._next = 1
        self.filters: dict[str, Filter] = {}
        self.subscriptions: dict[str, Subscription] = {}
        chain.listeners.append(self)

    def install(self, watcher: Watcher, now: int, criteria: dict[str, JSON] | None = None) -> str:
        """Make a filter and return its id."""
        self._expire(now)
        if len(self.filters) >= FILTERS_MAX:
            del self.filters[min(self.filters, key=lambda name: self.filters[name].polled)]
        name = self._name()
        self.filters[name] = Filter(watcher, now, criteria or {})
        return name

    def poll(self, name: str, now: int) -> list[JSON] | None:
        """Take what waits in a filter; None where there is no such filter."""
        self._expire(now)
        found = self.filters.get(name)
        if found is None:
            return None
        found.polled = now
        waiting, found.waiting = found.waiting, []
        return waiting

    def subscribe(self, watcher: Watcher, caller: Caller) -> str | None:
        """Make a subscription and return its id; None where there are too many."""
        if len(self.subscriptions) >= SUBSCRIPTIONS_MAX:
            return None
        name = self._name()
        self.subscriptions[name] = Subscription(watcher, caller)
        return name

    def unsubscribe(self, name: str, caller: Caller) -> bool:
        """End a subscription of this connection's; False where it has none by this id."""
        found = self.subscriptions.get(name)
        if found is None or found.caller.connection != caller.connection:
            return False
        del self.subscriptions[name]
        return True

    def forget(self, connection: int) -> None:
        """End all subscriptions of a connection."""
        ended = [name for name, found in self.subscriptions.items() if found.caller.connection == connection]
        for name in ended:
            del self.subscriptions[name]

    def added(self, first: int, last: int) -> None:
        """Tell of blocks first..last."""
        self._tell_all("blocks", lambda: self._hashes(first, last))
        self._tell_all("heads", lambda: self._heads(first, last))
        self._tell("logs", lambda query: self._logs(self._chain.history.full_blocks(first, last), query))

    def removed(self, items: Sequence[Item]) -> None:
        """Tell of the logs of removed blocks."""
        blocks = [item for item in items if isinstance(item, FullBlock)]
        self._tell("logs", lambda query: self._logs(blocks, query, removed=True))

    def pending(self, transaction: Transaction) -> None:
        """Tell of a transaction that waits."""
        self._tell_all("pending", lambda: [hexadecimal(transaction.hash)])

    def _tell_all(self, kind: str, make: Callable[[], list[JSON]]) -> None:
        """Tell all watchers of a kind the same, made once, and only if there are any."""
        watchers = [each.watcher for each in self.filters.values()] + [each.watcher for each in self.subscriptions.values()]
        if any(watcher.kind == kind for watcher in watchers):
            entries = make()
            self._tell(kind, lambda _: entries)

    def _tell(self, kind: str, entries: Callable[[LogQuery], list[JSON]]) -> None:
        for name, found in list(self.filters.items()):
            if found.watcher.kind == kind:
                found.waiting += entries(found.watcher.query)
                if len(found.waiting) > WAITING_MAX:
                    del self.filters[name]
        for name, subscription in list(self.subscriptions.items()):
            if subscription.watcher.kind == kind:
                self._notify(name, subscription, entries(subscription.watcher.query))

    def _notify(self, name: str, subscription: Subscription, entries: list[JSON]) -> None:
        try:
            for entry in entries:
                subscription.caller.notify("eth_subscription", {"subscription": name, "result": entry})
        except TransportError:
            self.subscriptions.pop(name, None)

    def _hashes(self, first: int, last: int) -> list[JSON]:
        numbers = range(max(first, last - WAITING_MAX + 1), last + 1)
        places = (self._chain.history.at(number) for number in numbers)
        return [hexadecimal(place.hash) for place in places if place is not None]

    def _heads(self, first: int, last: int) -> list[JSON]:
        numbers = range(max(first, last - HEADS_MAX + 1), last + 1)
        places = (self._chain.history.at(number) for number in numbers)
        return [{**header_shape(place.header), "hash": hexadecimal(place.hash)} for place in places if place is not None]

    @staticmethod
    def _logs(blocks: Iterable[FullBlock], query: LogQuery, *, removed: bool = False) -> list[JSON]:
        return [log_shape(placed) for block in blocks for placed in query.search(block, removed=removed)]

    def _expire(self, now: int) -> None:
        idle = [name for name, found in self.filters.items() if now - found.polled > LIFETIME_MS]
        for name in idle:
            del self.filters[name]

    def _name(self) -> str:
        name = hex(self._next)
        self._next += 1
        return name
