"""What befalls a node: power cuts, kills, and kills in the middle of a write; and what befalls L1: reorganisations."""

import trio

from rollup.devnet.drills.scene import Scene
from rollup.devnet.simulation.disk import Moment

OPERATIONS_AHEAD = 12
"""A planned crash comes within this many writes and syncs."""

PLAN_S = 90.0
"""How long a planned crash is waited for, before the power is cut instead."""

DOWN_S = 30.0
"""Longest time that a node is down."""


async def crash_and_restart(scene: Scene, name: str) -> None:
    """End a node in one of three ways, and start it again a little later, on what its disk has kept."""
    world = scene.world
    how = world.random.choice(("power cut", "kill -9", "mid-write", "mid-write"))
    await trio.sleep(DOWN_S * world.random.random())
    if how == "mid-write":
        await crash_at_write(scene, name)
    elif how == "kill -9":
        world.kill(name)
    else:
        world.crash(name)
    scene.say(f"{name} is down: {how}")
    scene.figures["crashes"] = scene.figures.get("crashes", 0) + 1
    await trio.sleep(DOWN_S * world.random.random())
    await world.restart(name)
    scene.say(f"{name} is back")


async def crash_at_write(scene: Scene, name: str) -> None:
    """Cut the power just before or after one of the node's next writes or syncs."""
    world, disk, node = scene.world, scene.world.disk(name), scene.world.nodes[name]
    moment = world.random.choice((Moment.BEFORE, Moment.AFTER))
    disk.faults.crash = (disk.operations + world.random.randrange(1, OPERATIONS_AHEAD), moment)
    with trio.move_on_after(PLAN_S):
        await node.ended.wait()
    disk.faults.crash = None
    world.crash(name)


async def reorganise(scene: Scene, depth: int, contract: str) -> None:
    """Replace L1's last blocks; of the transactions to a contract in them, about half do not come back. The others do."""
    head = await scene.chronicle.read()
    address = scene.chronicle.client.address_of(contract)
    found = {log.transaction for log in scene.chronicle.logs if log.block > head.number - depth and log.address == address}
    dropped = [f"0x{transaction.hex()}" for transaction in sorted(found) if scene.world.random.random() < 0.5]
    scene.world.record("director", "reorg", depth, dropped)
    await scene.cheat("anvil_reorg", {"depth": hex(depth), "dropped": [*dropped]})
    scene.say(f"L1 replaces its last {depth} blocks; {len(dropped)} of {len(found)} transactions to the {contract} are gone")
