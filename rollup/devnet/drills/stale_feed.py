"""The oracles fall silent after a jump: nobody is liquidated on an old price, and nobody is kept from reducing."""

from rollup.devnet.drills.floor import open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.liquidation import JUMP, PRICE, QUANTITY_E6, start
from rollup.devnet.drills.scene import Scene
from rollup.market.terms import SELL
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

LOT_E6 = 100_000


async def play(scene: Scene) -> None:
    """Let an account fall under water, the feeds grow old, and everybody try what they may."""
    floor = await open_floor(scene)
    debtor, buyer, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, debtor, PRICE, QUANTITY_E6))
    await floor.prices(JUMP)
    await floor.pass_time(scene.genesis.parameters.heartbeat_s + 120)
    await floor.expect("liquidation_waits", Status.STALE_ORACLE, start(floor, other, debtor))
    await floor.expect("new_risk_waits", Status.STALE_ORACLE, floor.order(other, SELL, 6 * PRICE, LOT_E6))
    leave: dict[str, int | bytes] = {"amount_e8": (await floor.look(debtor))["cash_e8"], "address": debtor.account.address}
    await floor.expect("withdrawal_waits", Status.STALE_ORACLE, floor.act(debtor, Kind.WITHDRAW, **leave))
    await floor.expect("reduction_goes_on", Status.OK, floor.deal(debtor, buyer, 6 * PRICE, LOT_E6))
    await floor.expect("cancel_goes_on", Status.OK, floor.act(debtor, Kind.CANCEL_ALL))
    await floor.prices(JUMP)
    await floor.expect("liquidation_goes_on", Status.OK, start(floor, other, debtor))
    await floor.settle()


DRILL = Drill(
    fault="every oracle is silent for longer than its heartbeat, while an account is under water",
    expectation="liquidations, new risk and withdrawals against margin wait; reductions and cancels go on",
    play=play,
    covers=("B26",),
)
