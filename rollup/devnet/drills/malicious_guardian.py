"""A41: the guardian helps a liar: it pauses at the worst moment, and as often as it may, tries to confirm the lie, and freezes."""

from rollup.core.development import SAFETY, development_secret
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.director import confirmed, end_day, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_last, lying
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange
from rollup.devnet.drills.withdrawal import balance, finalize, prove
from rollup.dispute.game import Status
from rollup.l1.client import L1Client, L1Refused, L1Reverted

AMOUNT_E8 = 5_000 * E8
"""What each of two traders withdraws."""

LIE = 1
"""The batch that is lied about."""

DURING, AFTER = b"paid during a pause.", b"paid after a freeze."
"""To whom."""

EDGE = 6
"""Blocks before the first timer runs out in which the guardian pauses."""


async def play(scene: Scene) -> None:
    """Let the guardian do all that it can against two withdrawals."""
    market, guardian = exchange(scene), scene.client("guardian", development_secret("guardian"))
    await market.open()
    await market.trade(8)
    told = [await trader.withdraw(AMOUNT_E8, to) for trader, to in zip(market.traders, (DURING, AFTER), strict=False)]
    await end_day(scene)
    proven = [await prove(scene, each) for each in told]
    lie = await wrong(scene)
    tried = [await does(scene, guardian, "confirm", lie)]
    await scene.mine(await left(scene) - EDGE)
    tried.append(await does(scene, guardian, "confirm", lie))
    scene.verdicts["guardian_may_pause"] = await does(scene, guardian, "pause")
    rules = scene.genesis.safety
    await scene.mine(rules.pause_blocks - EDGE)
    held = await standing(scene)
    tried.append(await does(scene, guardian, "confirm", lie))
    again = await does(scene, guardian, "pause")
    scene.verdicts |= {"pause_holds_up_confirmations": held < 0, "no_second_pause": not again}
    await until(scene, "all is confirmed as soon as the pause is over", lambda: is_confirmed(scene))
    await scene.mine(rules.pause_rest_blocks)
    scene.verdicts["guardian_may_pause_after_a_rest"] = await does(scene, guardian, "pause")
    await finalize(scene, proven[0], told[0].message)
    tried.append(await does(scene, guardian, "confirm", lie))
    scene.verdicts["guardian_may_freeze"] = await does(scene, guardian, "freeze")
    await finalize(scene, proven[1], told[1].message)
    tried.append(await does(scene, guardian, "confirm", lie))
    paid = [await balance(scene, to) for to in (DURING, AFTER)]
    scene.verdicts |= {"guardian_confirms_nothing": not any(tried), "exits_go_on": paid == [AMOUNT_E8, AMOUNT_E8]}
    window = scene.genesis.dispute.window_blocks
    found = [item for item in scene.chronicle.game.assertions.values() if item.status == Status.CONFIRMED and item.batch >= 0]
    scene.figures["longest_freeze_blocks"] = max(item.confirmed_at - item.created_at - window for item in found)
    scene.verdicts["freeze_is_bounded"] = scene.figures["longest_freeze_blocks"] <= rules.pause_blocks + 10 * EDGE


async def does(scene: Scene, guardian: L1Client, function: str, *arguments: object) -> bool:
    """Whether L1 takes a call of the guardian's."""
    guardian.forget_nonce()
    try:
        pending = await guardian.send("assertions", function, *arguments)
    except (L1Reverted, L1Refused):
        return False

    async def is_mined() -> bool:
        return await guardian.receipt(pending.hash) is not None

    await until(scene, f"the guardian calls {function}", is_mined)
    receipt = await guardian.receipt(pending.hash)
    return receipt is not None and receipt.succeeded


async def wrong(scene: Scene) -> bytes:
    """Return the assertion that lies."""
    await scene.chronicle.read()
    liars = {key.address for key in scene.genesis.verifiers[scene.parties.honest :]}
    return next(item.id for item in scene.chronicle.game.assertions.values() if item.staker in liars and item.batch == LIE)


async def left(scene: Scene) -> int:
    """Return how many blocks the first timer still has to run."""
    head, game = await scene.chronicle.read(), scene.chronicle.game
    window = scene.genesis.dispute.window_blocks
    return min(window - game.timer(item.root, head.number) for item in game.assertions.values() if item.status == Status.OPEN)


async def standing(scene: Scene) -> int:
    """Return the last confirmed batch."""
    await scene.chronicle.read()
    return confirmed(scene)


async def is_confirmed(scene: Scene) -> bool:
    """Whether everything is confirmed."""
    return await standing(scene) == max(scene.chronicle.batches)


DRILL = Drill(
    fault="the guardian helps a liar: it pauses at the worst moment, again as soon as it may, and freezes the rollup in the end",
    expectation="it holds up confirmations for one pause and no longer, confirms nothing by its word, and stops no exit",
    play=play,
    parties=Cast(attackers={"attacker": lying(LIE, at_last)}),
    deadline_s=18 * 86_400,
    hindered_blocks=SAFETY["pause_blocks"],
    covers=("A41",),
)
