"""The sequencer will not hear of one user, at its door or in L1's queue; the user goes past it."""

from rollup.devnet.drills.censorship import WITHDRAWN_E8, censoring, force, victim
from rollup.devnet.drills.director import settle
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange


async def play(scene: Scene) -> None:
    """Try the door, then the queue, then force it; others trade meanwhile."""
    market, user = exchange(scene, 2), victim(scene)
    await market.open()
    await user.fund()
    exit_ = scene.desk.withdrawal(user.account, WITHDRAWN_E8, user.account.address)
    scene.demanded.append(exit_.digest)
    scene.verdicts["censored"] = await user.customer.submit(exit_, attempts_max=3) is None
    await market.trade(4)
    scene.figures["blocks_to_inclusion"] = waited = await force(scene, exit_, market)
    scene.verdicts["included_in_time"] = waited <= scene.genesis.inbox.forced_delay_blocks + 5
    await market.trade(4)
    await settle(scene)


DRILL = Drill(
    fault="the sequencer censors one user, at its door and in L1's queue",
    expectation="the user's exit is forced within the delay bound; the sequencer follows, and loses nothing that it had acknowledged",
    play=play,
    parties=Cast(sequencer=censoring()),
    covers=("A31",),
)
