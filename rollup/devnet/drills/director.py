"""The director: waits for what must happen, and lets L1's days pass once nothing more is going to.

One rule: time is only ever bent while everybody is waiting for it: no transaction under way, no move due. What is awaited has a deadline,
in L1 blocks, and missing it is the drill's verdict, not an accident.
"""

from collections.abc import Awaitable, Callable
from typing import cast

import trio

from rollup.core.transport import TransportError
from rollup.devnet.drills.scene import Scene
from rollup.dispute.game import Status

Condition = Callable[[], Awaitable[bool]]

QUIET_BLOCKS = 3
"""Blocks without any event that make a quiet L1: nodes look twice a block, and answer what they see."""

SETTLING_BLOCKS = 200
"""Longest that posting, executing and asserting may take when nothing is wrong any more: under an hour."""

DAY_S = 86_400
"""Seconds of a day."""

STRIDES = 4
"""In how many leaps a window passes."""


class DeadlineMissed(Exception):
    """Something that had to happen has not."""


async def until(scene: Scene, what: str, condition: Condition, *, blocks: int = SETTLING_BLOCKS) -> None:
    """Wait for a condition, at most so many L1 blocks. Raises DeadlineMissed."""
    interval_s = scene.genesis.dispute.block_time_s
    for _ in range(2 * blocks):
        if await holds(condition):
            scene.say(what)
            return
        await trio.sleep(interval_s / 2)
    raise DeadlineMissed(f"not within {blocks} blocks: {what}")


async def holds(condition: Condition) -> bool:
    """Evaluate a condition; a node that cannot be asked does not fulfil it."""
    try:
        return await condition()
    except TransportError:
        return False


async def settle(scene: Scene) -> None:
    """Wait until all is posted, executed, asserted and, after the window, confirmed. Raises DeadlineMissed."""
    await end_day(scene)
    await pass_window(scene)


async def end_day(scene: Scene) -> None:
    """Wait until all is posted, executed and asserted, and nobody has a move to make. Raises DeadlineMissed."""
    await until(scene, "everything is posted on L1", lambda: is_posted(scene))
    await until(scene, "every honest verifier has executed it", lambda: agree(scene))
    await quiet(scene)


async def quiet(scene: Scene) -> None:
    """Wait until L1 has seen no event for some blocks, from now on, and nothing waits for one. Raises DeadlineMissed."""
    start = await scene.chronicle.read()

    async def is_quiet() -> bool:
        head = await scene.chronicle.read()
        last = max(start.number, scene.chronicle.logs[-1].block if scene.chronicle.logs else 0)
        status = cast("dict[str, str]", await scene.ask("l1", "txpool_status"))
        return head.number >= last + QUIET_BLOCKS and status["pending"] == "0x0"

    await until(scene, "L1 is quiet", is_quiet)


async def pass_window(scene: Scene) -> None:
    """Let the window pass in leaps, with time for the nodes to act in between, until the last batch is confirmed. Raises DeadlineMissed."""
    last = max(scene.chronicle.batches, default=-1)
    limit = scene.chronicle.head.number + 2 * scene.genesis.dispute.window_blocks
    while confirmed(scene) < last:
        if scene.chronicle.head.number > limit:
            raise DeadlineMissed(f"not confirmed within two windows: batch {last}")
        await leap(scene)
        await quiet(scene)
    scene.say(f"batch {last} is confirmed")


async def leap(scene: Scene) -> None:
    """Let a part of the window pass: not beyond the block in which the next timer runs out."""
    game, now, window = scene.chronicle.game, scene.chronicle.head.number, scene.genesis.dispute.window_blocks
    unsettled = [item for item in game.assertions.values() if item.status == Status.OPEN and not game.assertions[item.parent].successor]
    left = [window - game.timer(item.root, now) for item in unsettled]
    blocks = min([window // STRIDES, *(each for each in left if each > 0)])
    await scene.mine(blocks)
    scene.say(f"{blocks * scene.genesis.dispute.block_time_s / DAY_S:.2f} days pass on L1")


async def is_posted(scene: Scene) -> bool:
    """Whether L1 has everything that the sequencer has executed."""
    status = cast("dict[str, dict[str, int] | int]", await scene.ask("sequencer", "optimism_syncStatus"))
    heads = [cast("dict[str, int]", status[name])["number"] for name in ("unsafe_l2", "sealed_l2", "safe_l2")]
    return status["unposted"] == 0 and len(set(heads)) == 1


async def agree(scene: Scene) -> bool:
    """Whether every honest verifier has executed the last batch on L1, to the same root."""
    await scene.chronicle.read()
    last = max(scene.chronicle.batches, default=-1)
    outputs = [await scene.ask(name, "optimism_outputAtBlock", last) for name in scene.honest]
    return all(output == outputs[0] and (output is not None or last < 0) for output in outputs)


def confirmed(scene: Scene) -> int:
    """Return the last confirmed batch, -1 for none, as of the last look at L1."""
    game = scene.chronicle.game
    at = game.genesis
    while game.assertions[at].successor:
        at = game.assertions[at].successor
    return game.assertions[at].batch
