"""The calling side of the simulated network: dialling a stream, and the JSON-RPC client.

One rule: whether the other side exists is found out on arrival, not before: a message may meet a node that has died or come back meanwhile.
"""

from rollup.core.transport import JSON, ConnectionFailed, RpcError, RpcTimeout
from rollup.devnet.simulation.listeners import RpcListener, SimulatedCaller, StreamListener
from rollup.devnet.simulation.network import Network
from rollup.devnet.simulation.promise import Promise
from rollup.devnet.simulation.streams import Pipe, SimulatedStream, StreamGate
from rollup.environment import AddressRefused, StreamLimits
from rollup.net.addresses import Endpoint, endpoint_of_url, parse_address
from rollup.net.calling import Calling
from rollup.net.jsonrpc import decode_responses

DIAL_S = 10.0
"""Longest that connecting may take."""

NOBODY = ""
"""The owner of an address at which nobody listens; the way there takes as long as any."""


async def dial(name: str, address: str, *, network: Network, gate: StreamGate, limits: StreamLimits) -> SimulatedStream:
    """Connect a node to a framed listener. Raises ConnectionFailed."""
    await gate.pass_through()
    try:
        endpoint = parse_address(address)
    except AddressRefused as error:
        raise ConnectionFailed(str(error)) from error
    owner = owner_of(network, endpoint)
    promise: Promise[SimulatedStream] = Promise()

    def arrive() -> None:
        listener = network.listener(endpoint)
        if isinstance(listener, StreamListener) and (stream := _connect(name, listener, network, gate, limits)):
            network.post(owner, name, lambda: promise.resolve(stream))
        else:
            network.post(owner, name, lambda: promise.fail(ConnectionFailed(f"cannot connect to {address}: connection refused")))

    network.post(name, owner, arrive)
    stream = await promise.wait(DIAL_S, ConnectionFailed(f"cannot connect to {address}: it does not answer"))
    gate.check()
    return stream


def _connect(name: str, listener: StreamListener, network: Network, gate: StreamGate, limits: StreamLimits) -> SimulatedStream | None:
    network.connections += 1
    label = f"#{network.connections}"
    there = Pipe(network, label, name, listener.owner)
    back = Pipe(network, label, listener.owner, name)
    accepted = SimulatedStream(there, back, peer=f"{name}{label}", limits=listener.limits, gate=listener.gate)
    if not listener.accept(accepted, name):
        accepted.hang_up("turned away: too many connections")
        return None
    network.record("stream_open", label, name, listener.owner)
    return SimulatedStream(back, there, peer=f"{listener.owner}{label}", limits=limits, gate=gate)


class SimulatedRpcClient(Calling):
    """A `rollup.core.transport.RpcClient` over the simulated network."""

    def __init__(self, name: str, url: str, *, network: Network, gate: StreamGate, timeout_s: float) -> None:
        """Keep the URL. Raises AddressRefused where it is malformed."""
        self._name = name
        self._url = url
        self._endpoint = endpoint_of_url(url)
        self._network = network
        self._gate = gate
        self._timeout_s = timeout_s
        self._is_closed = False
        network.connections += 1
        self._connection = network.connections

    async def aclose(self) -> None:
        """Refuse later calls."""
        self._is_closed = True

    async def _exchange(self, body: bytes, count: int) -> list[JSON | RpcError]:
        await self._gate.pass_through()
        if self._is_closed:
            raise ConnectionFailed(f"{self._url}: the client has been closed")
        caller = SimulatedCaller(self._name, self._connection)
        owner = owner_of(self._network, self._endpoint)
        if not self._network.chance(self._network.link_between(self._name, owner).lost_call):
            self._network.post(self._name, owner, lambda: self._arrive(body, caller, owner))
        answer = await caller.response.wait(self._timeout_s, RpcTimeout(f"{self._url} did not answer within {self._timeout_s:g} s"))
        self._gate.check()
        return decode_responses(answer, count)

    def _arrive(self, body: bytes, caller: SimulatedCaller, owner: str) -> None:
        listener = self._network.listener(self._endpoint)
        if isinstance(listener, RpcListener):
            listener.accept(body, caller)
        else:
            refusal = ConnectionFailed(f"{self._url}: connection refused")
            self._network.post(owner, self._name, lambda: caller.response.fail(refusal))


def owner_of(network: Network, endpoint: Endpoint) -> str:
    """Return the node that listens at an endpoint, as far as a caller's packets know."""
    listener = network.listener(endpoint)
    return NOBODY if listener is None else listener.owner
