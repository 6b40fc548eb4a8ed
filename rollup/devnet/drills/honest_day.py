"""Nobody does anything wrong: trading, deposits, and a withdrawal that is paid on L1 after the window."""

from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.director import end_day, pass_window
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange
from rollup.devnet.drills.withdrawal import balance, finalize, is_refused, prove

AMOUNT_E8 = 5_000 * E8
RECIPIENT = b"withdrawn to here..."


async def play(scene: Scene) -> None:
    """Trade, withdraw, prove at once, and be paid when the window and the delays have passed."""
    market = exchange(scene)
    await market.open()
    await market.trade(12)
    told = await market.traders[0].withdraw(AMOUNT_E8, RECIPIENT)
    await end_day(scene)
    assertion = await prove(scene, told)
    scene.verdicts["not_paid_early"] = await is_refused(scene, assertion, told.message)
    await pass_window(scene)
    scene.verdicts["airgap_kept"] = await is_refused(scene, assertion, told.message)
    await scene.mine(scene.genesis.withdrawals.airgap_blocks)
    await finalize(scene, assertion, told.message)
    scene.verdicts["paid_once"] = await is_refused(scene, assertion, told.message) and await balance(scene, RECIPIENT) == AMOUNT_E8


DRILL = Drill(
    fault="none: traders trade, and one of them withdraws to L1",
    expectation="every batch is confirmed, and the withdrawal is paid once, after the window and not before",
    play=play,
    parties=Cast(honest=3, attest_every=2),
)
