"""L1 reorganises under the poster, under the verifier, and in the middle of a dispute."""

import trio

from rollup.devnet.drills.director import settle, until
from rollup.devnet.drills.faults import reorganise
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_middle, lying
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange


async def play(scene: Scene) -> None:
    """Reorganise again and again, at depths of the seed."""

    async def has_begun() -> bool:
        await scene.chronicle.read()
        halvings, refutations = (len(list(scene.chronicle.events("assertions", name))) for name in ("Bisected", "Refuted"))
        return halvings >= 3 or refutations > 0

    market = exchange(scene)
    await market.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(market.trade, 24)
        for _ in range(3):
            await trio.sleep(30 * scene.world.random.random())
            await reorganise(scene, scene.world.random.randrange(1, 5), "inbox")
    await until(scene, "the dispute has begun", has_begun)
    for _ in range(3):
        await reorganise(scene, scene.world.random.randrange(1, 7), "assertions")
        await trio.sleep(60 * scene.world.random.random())
    await settle(scene)


DRILL = Drill(
    fault="L1 replaces its newest blocks six times, and half of the batches or moves in them are lost",
    expectation="everybody comes to agree again, what was acknowledged stays, and an honest move acts as meant or not at all",
    play=play,
    parties=Cast(honest=2, attackers={"attacker": lying(1, at_middle)}),
    covers=("A20", "A21"),
)
