"""A world: nodes, their disks, the network between them, and one clock.

One rule: whatever happens in a world follows from its seed and from what `main` does to it. `run_world(seed, main)` is the only way
to make one.

    async def main(world):
        l1 = await world.start("l1", l1_mock.node.run, configuration)
        sequencer = await world.start("sequencer", sequencer.node.run, configuration)
        await trio.sleep(60)
        world.crash("sequencer")                 # the machine's power fails: unsynced writes are lost, torn or kept
        await world.restart("sequencer")         # same disk, same arguments
        world.network.isolate("verifier-1")

A node is `async def run(environment, *arguments, task_status)`, the same function that the devnet runs as a process.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import trio

from rollup.devnet.simulation.disk import SimulatedDisk
from rollup.devnet.simulation.environment import SimulatedEnvironment
from rollup.devnet.simulation.network import Network
from rollup.devnet.simulation.postman import Postman
from rollup.devnet.simulation.trace import Trace
from rollup.environment import NodeDead

Exits = tuple[type[Exception], ...]
"""Exceptions by which a node may end its process without ending the world."""


class NodeStatus:
    """A `trio.TaskStatus` whose value outlives the start."""

    def __init__(self) -> None:
        self.value: object = None
        self.settled = trio.Event()

    def started(self, value: object = None) -> None:
        """Note that the node is up."""
        self.value = value
        self.settled.set()


@dataclass(slots=True, eq=False)
class Node:
    """A node's process: one life of it."""

    environment: SimulatedEnvironment
    run: Callable[..., Awaitable[None]]
    arguments: tuple[object, ...]
    exits: Exits
    status: NodeStatus = field(default_factory=NodeStatus)
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)
    failure: Exception | None = None
    """What ended it, where it was one of `exits`."""

    @property
    def value(self) -> object:
        """What it passed to `task_status.started`."""
        return self.status.value

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self.ended.is_set() and not self.environment.is_dead


class World:
    """Nodes on one clock. Made by `run_world`."""

    def __init__(self, seed: int, nursery: trio.Nursery, *, start_s: float, entries_kept: int | None) -> None:
        self.seed = seed
        self.random = Random(f"{seed}/world")
        """For `main`'s own choices."""
        self.trace = Trace(entries_kept)
        self.nodes: dict[str, Node] = {}
        self._disks: dict[str, SimulatedDisk] = {}
        self._lives: dict[str, int] = {}
        self._nursery = nursery
        self._offset_s = start_s - trio.current_time()
        postman = Postman()
        nursery.start_soon(postman.run)
        self.network = Network(Random(f"{seed}/network"), self.trace, postman, self.now)

    def now(self) -> float:
        """Return the world's Unix time in seconds."""
        return self._offset_s + trio.current_time()

    def record(self, kind: str, *details: object, **fields: object) -> None:
        """Add to the trace. Raises NotTraceable."""
        self.trace.record(self.now(), kind, *details, **fields)

    def disk(self, name: str) -> SimulatedDisk:
        """Return a node's disk, which outlives the node."""
        if name not in self._disks:
            self._disks[name] = SimulatedDisk(name, Random(f"{self.seed}/disk/{name}"), self.trace, self.now)
        return self._disks[name]

    def environment(self, name: str) -> SimulatedEnvironment:
        """Return a new environment by that name: for a node's next life, or for `main` to act as a client."""
        life = self._lives[name] = self._lives.get(name, 0) + 1
        random = Random(f"{self.seed}/node/{name}/{life}")
        return SimulatedEnvironment(name, random=random, network=self.network, disk=self.disk(name), now=self.now)

    async def start(self, name: str, run: Callable[..., Awaitable[None]], *arguments: object, exits: Exits = ()) -> Node:
        """Start a node, and return once it is up, or has died trying.

        `exits` are exceptions by which its process may end, such as StoreError; any other ends the world.
        """
        assert name not in self.nodes or not self.nodes[name].is_alive, f"{name} is running"
        node = Node(self.environment(name), run, arguments, exits)
        self.nodes[name] = node
        self.disk(name).kill = lambda: self.crash(name)
        self.record("node_start", name)
        self._nursery.start_soon(self._live, node)
        await node.status.settled.wait()
        return node

    def crash(self, name: str) -> None:
        """Cut the power of a node's machine: it does nothing more, and what it had written without sync is at the disk's mercy."""
        self.kill(name)
        self.disk(name).crash()

    def kill(self, name: str) -> None:
        """End a node's process with kill -9: it does nothing more; what it had written stays written."""
        node = self.nodes[name]
        if node.is_alive:
            self.record("node_killed", name)
            self._bury(node)
            node.scope.cancel()

    async def restart(self, name: str) -> Node:
        """Start a dead node again, on the same disk and with the same arguments."""
        node = self.nodes[name]
        await node.ended.wait()
        return await self.start(name, node.run, *node.arguments, exits=node.exits)

    async def _live(self, node: Node) -> None:
        try:
            with node.scope:
                await node.run(node.environment, *node.arguments, task_status=node.status)
        except (Exception, BaseExceptionGroup, NodeDead) as error:  # noqa: BLE001 - `_excuse` raises what it does not know
            self._excuse(node, error)
        finally:
            self._bury(node)
            node.ended.set()
            node.status.settled.set()

    def _excuse(self, node: Node, error: BaseException) -> None:
        """Swallow what a dead node raises and what a node may end by; raise the rest."""
        leaves = list(_leaves(error))
        if any(isinstance(leaf, KeyboardInterrupt | SystemExit) for leaf in leaves):
            raise error
        if node.environment.is_dead:
            return
        for leaf in leaves:
            if isinstance(leaf, trio.Cancelled):
                continue
            if not isinstance(leaf, node.exits):
                raise error
            node.failure = node.failure or leaf
        self.record("node_exit", node.environment.name, type(node.failure).__name__)

    def _bury(self, node: Node) -> None:
        if not node.environment.is_dead:
            node.environment.die()
            self.disk(node.environment.name).open_paths.clear()


def _leaves(error: BaseException) -> Iterator[BaseException]:
    todo = [error]
    while todo:
        error = todo.pop()
        if isinstance(error, BaseExceptionGroup):
            todo.extend(reversed(error.exceptions))
        else:
            yield error
