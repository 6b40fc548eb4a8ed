"""The simulated network: who can reach whom, and how slowly.

One rule: a network may delay, cut and reset; within one stream it neither reorders nor loses, as TCP does not. Calls over RPC may vanish on
their way there (never executed) or back (executed, and nobody told): the caller sees a timeout either way.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

import trio

from rollup.devnet.simulation.postman import Action, Postman
from rollup.devnet.simulation.trace import Trace
from rollup.environment import AddressInUse
from rollup.net.addresses import Endpoint, parse_address

FIRST_FREE_PORT = 20_000
"""Port 0 means this one, then the next."""


@dataclass(frozen=True, slots=True)
class Link:
    """How two nodes are connected. Times in seconds, the rest chances."""

    delay_s: float = 0.005
    """Least time from one node to the other."""
    jitter_s: float = 0.005
    """Uniformly more than that."""
    reset: float = 0.0
    """That a frame sent resets its connection instead."""
    lost_call: float = 0.0
    """That an RPC request vanishes."""
    lost_answer: float = 0.0
    """That an RPC response vanishes, after the call was executed."""


class Listener(Protocol):
    """Something bound to an address."""

    @property
    def owner(self) -> str:
        """The node that listens."""
        ...


class Network:
    """Addresses, links and partitions of a world."""

    def __init__(self, random: Random, trace: Trace, postman: Postman, now: Callable[[], float]) -> None:
        self.link = Link()
        self.random = random
        self.connections = 0
        self._links: dict[tuple[str, str], Link] = {}
        self._cuts: set[tuple[str, str]] = set()
        self._isolated: set[str] = set()
        self._held: deque[tuple[str, str, Action]] = deque()
        self._listeners: dict[str, Listener] = {}
        self._next_port = FIRST_FREE_PORT
        self._trace = trace
        self._postman = postman
        self._now = now

    def connect(self, a: str, b: str, link: Link) -> None:
        """Give two nodes a link of their own."""
        self._links[_pair(a, b)] = link

    def link_between(self, a: str, b: str) -> Link:
        """Return how two nodes are connected."""
        return self._links.get(_pair(a, b), self.link)

    def cut(self, a: str, b: str) -> None:
        """Let nothing pass between two nodes. Streams wait, calls vanish, dialling fails."""
        self.record("network_cut", *_pair(a, b))
        self._cuts.add(_pair(a, b))

    def isolate(self, name: str) -> None:
        """Cut a node off from everybody, the newly started too."""
        self.record("network_isolate", name)
        self._isolated.add(name)

    def heal(self, a: str, b: str) -> None:
        """Undo `cut`."""
        self.record("network_heal", *_pair(a, b))
        self._cuts.discard(_pair(a, b))
        self._release()

    def rejoin(self, name: str) -> None:
        """Undo `isolate`."""
        self.record("network_rejoin", name)
        self._isolated.discard(name)
        self._release()

    def heal_all(self) -> None:
        """Undo every cut and isolation."""
        self.record("network_heal_all")
        self._cuts.clear()
        self._isolated.clear()
        self._release()

    def is_cut(self, a: str, b: str) -> bool:
        """Whether nothing passes between two nodes now."""
        return a != b and (a in self._isolated or b in self._isolated or _pair(a, b) in self._cuts)

    def chance(self, probability: float) -> bool:
        """Draw from the network's own dice."""
        return probability > 0 and self.random.random() < probability

    def travel_s(self, a: str, b: str) -> float:
        """Draw how long one message takes."""
        link = self.link_between(a, b)
        return link.delay_s + link.jitter_s * self.random.random()

    def post(self, a: str, b: str, action: Action) -> None:
        """Deliver a message that vanishes where the nodes are cut off from each other on its arrival."""
        self._postman.post(self.travel_s(a, b), lambda: None if self.is_cut(a, b) else action())

    def post_in_order(self, a: str, b: str, not_before: float, action: Action) -> float:
        """Deliver a message of a stream, after the one before it; it waits where the nodes are cut off. Return its time."""
        time_s = max(not_before, trio.current_time() + self.travel_s(a, b))
        self._postman.post_at(time_s, lambda: self._deliver(a, b, action))
        return time_s

    def bind(self, address: str, listener: Listener) -> str:
        """Give a listener an address, any free one for port 0. Raises AddressInUse, AddressRefused."""
        wanted = parse_address(address)
        host = "127.0.0.1" if wanted.host == "localhost" else wanted.host
        if wanted.port == 0:
            self._next_port += 1
        bound = str(Endpoint(host, wanted.port or self._next_port))
        if bound in self._listeners:
            raise AddressInUse(f"{bound} is in use by another process; choose another port, or 0 for any free one")
        self._listeners[bound] = listener
        return bound

    def unbind(self, bound: str) -> None:
        """Free an address."""
        del self._listeners[bound]

    def listener(self, endpoint: Endpoint) -> Listener | None:
        """Return who listens at an endpoint."""
        host = "127.0.0.1" if endpoint.host == "localhost" else endpoint.host
        return self._listeners.get(str(Endpoint(host, endpoint.port)))

    def record(self, kind: str, *details: object) -> None:
        """Add to the trace."""
        self._trace.record(self._now(), kind, *details)

    def _deliver(self, a: str, b: str, action: Action) -> None:
        # What waits goes first: a message never overtakes one of its own stream.
        if self.is_cut(a, b):
            self._held.append((a, b, action))
        else:
            action()

    def _release(self) -> None:
        still_held = [held for held in self._held if self.is_cut(held[0], held[1])]
        free = [held for held in self._held if not self.is_cut(held[0], held[1])]
        self._held = deque(still_held)
        for _, _, action in free:
            action()


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
