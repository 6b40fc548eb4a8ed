"""A sequencer that comes back whenever it has died."""

import trio


async def revive(scene):
    """Restart the sequencer five seconds after each of its deaths, and count them."""
    while True:
        await scene.world.nodes["sequencer"].ended.wait()
        scene.figures["crashes"] = scene.figures.get("crashes", 0) + 1
        await trio.sleep(5)
        await scene.world.restart("sequencer")
