"""The only honest verifier dies in the middle of a dispute, comes back two days later, and still wins."""

from rollup.devnet.drills.director import quiet, settle, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_middle, lying
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange

DAYS_DOWN_BLOCKS = 2 * 7_200
"""Blocks of two days."""


async def play(scene: Scene) -> None:
    """Crash the verifier once it has begun to answer, and again soon after it is back."""

    async def has_come(halvings: int, other: str) -> bool:
        await scene.chronicle.read()
        found = {name: len(list(scene.chronicle.events("assertions", name))) for name in ("Bisected", other)}
        return found["Bisected"] >= halvings or found[other] > 0

    market = exchange(scene)
    await market.open()
    await market.trade(12)
    await until(scene, "the dispute has begun", lambda: has_come(2, "Committed"))
    scene.world.crash("verifier-1")
    await quiet(scene)
    await scene.mine(DAYS_DOWN_BLOCKS)
    await scene.world.restart("verifier-1")
    await until(scene, "the verifier goes on after two days", lambda: has_come(5, "Refuted"))
    scene.world.kill("verifier-1")
    await scene.world.restart("verifier-1")
    await settle(scene)


DRILL = Drill(
    fault="an attacker lies, and the only honest verifier crashes twice in the dispute, once for two days",
    expectation="it resumes from its disk and from L1, and wins",
    play=play,
    parties=Cast(attackers={"attacker": lying(1, at_middle)}),
    deadline_s=12 * 86_400,
    hindered_blocks=DAYS_DOWN_BLOCKS,
    covers=("A34",),
)
