"""Listeners of the simulated network: framed streams and JSON-RPC, and how other nodes reach them.

One rule: a call crosses the network as the bytes that it would be on the wire, through the same codec and dispatcher as over HTTP.
"""

from itertools import count

import trio

from rollup.core.transport import ConnectionFailed, Parameters
from rollup.devnet.simulation.network import Network
from rollup.devnet.simulation.promise import Promise
from rollup.devnet.simulation.streams import SimulatedStream, StreamGate
from rollup.environment import StreamClosed, StreamHandler, StreamLimits, TransportError
from rollup.net.callers import nothing_refused
from rollup.net.dispatch import Dispatcher, Report
from rollup.net.listeners import Admission

NO_ANSWER = b""
"""The response to notifications alone."""


class Tasks:
    """The nursery of a listener, open while it listens."""

    def __init__(self) -> None:
        self._nursery: trio.Nursery | None = None

    async def run(self, bound: str, task_status: trio.TaskStatus[str]) -> None:
        """Take connections until cancelled; starts with the bound address."""
        async with trio.open_nursery() as self._nursery:
            task_status.started(bound)
            await trio.sleep_forever()

    @property
    def nursery(self) -> trio.Nursery:
        """The nursery; there is one as long as the network knows of the listener."""
        assert self._nursery is not None
        return self._nursery


class StreamListener(Tasks):
    """Accepts streams for one node."""

    def __init__(self, owner: str, handler: StreamHandler, limits: StreamLimits, *, gate: StreamGate, report: Report) -> None:
        super().__init__()
        self.owner = owner
        self.limits = limits
        self.gate = gate
        self._handler = handler
        self._report = report
        self._admission = Admission(limits.connections, limits.connections_per_address)

    def accept(self, stream: SimulatedStream, host: str) -> bool:
        """Serve a stream, or turn it away."""
        if not self._admission.admit(host):
            return False
        self.nursery.start_soon(self._serve, stream, host)
        return True

    async def _serve(self, stream: SimulatedStream, host: str) -> None:
        try:
            await self._handler(stream)
        except TransportError as error:
            self._report("stream_ended", peer=stream.peer, reason=str(error))
        finally:
            self._admission.leave(host)
            stream.hang_up("closed by the peer")


class SimulatedCaller:
    """A `rollup.environment.RpcContext` for one request of a simulated node, and the promise of its response."""

    can_notify = False

    def __init__(self, peer: str, connection: int) -> None:
        self.peer = peer
        self.connection = connection
        self.closed = trio.Event()
        self.response: Promise[bytes] = Promise()

    def notify(self, method: str, params: Parameters) -> None:
        """Raise StreamClosed."""
        raise StreamClosed(f"{method} with {len(params)} params: a simulated caller takes no notifications; use a stream")


class RpcListener(Tasks):
    """Answers calls for one node."""

    def __init__(self, owner: str, dispatcher: Dispatcher, *, network: Network) -> None:
        super().__init__()
        self.owner = owner
        self._dispatcher = dispatcher
        self._network = network
        self._open: dict[int, SimulatedCaller] = {}
        self._numbers = count(1)

    def accept(self, body: bytes, caller: SimulatedCaller) -> None:
        """Answer a request body, when the handler is done."""
        self._network.record("rpc_request", caller.peer, self.owner, body)
        if len(body) > self._dispatcher.limits.body_bytes:
            self._fail(caller, f"{self.owner} answered HTTP 413")
            return
        number = next(self._numbers)
        self._open[number] = caller
        self.nursery.start_soon(self._answer, number, body, caller)

    async def run(self, bound: str, task_status: trio.TaskStatus[str]) -> None:
        """Take calls until cancelled, then fail those under way."""
        try:
            await super().run(bound, task_status)
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        for caller in self._open.values():
            self._fail(caller, f"{self.owner} has gone")
        self._open.clear()

    async def _answer(self, number: int, body: bytes, caller: SimulatedCaller) -> None:
        answer = await self._dispatcher.answer(body, caller, nothing_refused)
        if self._open.pop(number, None) is None:
            return
        self._network.record("rpc_response", self.owner, caller.peer, answer)
        if not self._network.chance(self._network.link_between(self.owner, caller.peer).lost_answer):
            self._network.post(self.owner, caller.peer, lambda: caller.response.resolve(answer or NO_ANSWER))

    def _fail(self, caller: SimulatedCaller, reason: str) -> None:
        self._network.post(self.owner, caller.peer, lambda: caller.response.fail(ConnectionFailed(reason)))
