"""A node's view of the simulated world.

One rule: a dead node does nothing. Cancellation runs `finally:` blocks and kill -9 does not, so from the moment of its death every
effect of the node's environment raises NodeDead, and its log is silent.
"""

from collections.abc import Callable
from random import Random
from typing import TypeVar, TypeVarTuple

import trio

from rollup.core.transport import RpcClient
from rollup.devnet.simulation.callers import SimulatedRpcClient, dial
from rollup.devnet.simulation.disk import SimulatedDisk
from rollup.devnet.simulation.listeners import RpcListener, StreamListener
from rollup.devnet.simulation.network import Network
from rollup.devnet.simulation.storage import SimulatedFile, SimulatedStore
from rollup.devnet.simulation.streams import StreamGate
from rollup.environment import (
    DIALLED,
    LISTENING,
    RPC_DEFAULTS,
    Marker,
    NodeDead,
    RpcHandler,
    RpcOptions,
    Store,
    Stream,
    StreamHandler,
    StreamLimits,
)
from rollup.marker import SlotMarker
from rollup.net.dispatch import Dispatcher

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

THREAD_S = 0.001
"""Longest that a hand-off to a thread takes, each way: others run in between, as they would."""


class SimulatedEnvironment:
    """A `rollup.environment.Environment` in a world. One lives as long as its process: a restarted node gets a new one."""

    def __init__(self, name: str, *, random: Random, network: Network, disk: SimulatedDisk, now: Callable[[], float]) -> None:
        self.skew_s = 0.0
        """How far this node's clock is ahead of the world's."""
        self.is_dead = False
        self._name = name
        self._random = random
        self._network = network
        self._disk = disk
        self._now = now
        self._gate = StreamGate(self.check_alive)

    @property
    def name(self) -> str:
        """The node's name."""
        return self._name

    def now(self) -> float:
        """Return the world's time, as this node's clock shows it."""
        return self._now() + self.skew_s

    async def sleep(self, seconds: float) -> None:
        """Wait. Raises NodeDead."""
        await trio.sleep(seconds)
        self.check_alive()

    def random(self) -> Random:
        """Return the node's generator, from the world's seed, the node's name and how often it has started."""
        return self._random

    def log(self, event: str, /, **fields: object) -> None:
        """Add to the trace. Raises NotTraceable for values without one spelling."""
        if not self.is_dead:
            self._network.record("log", self._name, event, list(fields.items()))

    async def in_thread(self, function: Callable[[*Arguments], Result], /, *arguments: *Arguments) -> Result:
        """Run a function inline, a little later, and return a little later than that. Raises NodeDead."""
        await trio.lowlevel.checkpoint_if_cancelled()
        with trio.CancelScope(shield=True):
            await trio.sleep(THREAD_S * self._random.random())
            self.check_alive()
            result = function(*arguments)
            await trio.sleep(THREAD_S * self._random.random())
        self.check_alive()
        return result

    async def dial(self, address: str, *, limits: StreamLimits = DIALLED) -> Stream:
        """Connect to another node. Raises ConnectionFailed, NodeDead."""
        return await dial(self._name, address, network=self._network, gate=self._gate, limits=limits)

    async def serve(
        self,
        address: str,
        handler: StreamHandler,
        *,
        limits: StreamLimits = LISTENING,
        task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen for other nodes. Raises AddressInUse, AddressRefused, NodeDead, and whatever a handler raises but TransportError."""
        await self._gate.pass_through()
        listener = StreamListener(self._name, handler, limits, gate=self._gate, report=self.log)
        bound = self._network.bind(address, listener)
        try:
            await listener.run(bound, task_status)
        finally:
            self._network.unbind(bound)

    def rpc_client(self, url: str, *, timeout_s: float = 10.0) -> RpcClient:
        """Return a client of another node. Raises AddressRefused, NodeDead."""
        self.check_alive()
        return SimulatedRpcClient(self._name, url, network=self._network, gate=self._gate, timeout_s=timeout_s)

    async def serve_rpc(
        self,
        address: str,
        handler: RpcHandler,
        *,
        options: RpcOptions = RPC_DEFAULTS,
        task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Answer other nodes' calls. Raises as `serve`; an unexpected exception of the handler is raised here, not answered."""
        await self._gate.pass_through()
        dispatcher = Dispatcher(handler, options.limits, self.log, raises_bugs=True)
        listener = RpcListener(self._name, dispatcher, network=self._network)
        bound = self._network.bind(address, listener)
        try:
            await listener.run(bound, task_status)
        finally:
            self._network.unbind(bound)

    def open_store(self, path: str) -> Store:
        """Open a store on the node's disk. Raises StoreLocked, StoreCorrupt, NodeDead."""
        self.check_alive()
        return SimulatedStore(self._disk, path, self.check_alive)

    def open_marker(self, path: str) -> Marker:
        """Open a marker on the node's disk. Raises StoreCorrupt, NodeDead."""
        self.check_alive()
        return SlotMarker(SimulatedFile(self._disk, path, self.check_alive), path)

    def die(self) -> None:
        """Refuse every effect from now on, and let the peers know."""
        self.is_dead = True
        self._gate.reset_all()

    def check_alive(self) -> None:
        """Raise NodeDead where this node is."""
        if self.is_dead:
            raise NodeDead(f"{self._name} is dead")
