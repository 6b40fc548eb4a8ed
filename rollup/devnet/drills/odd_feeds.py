"""Feeds go mad after a silence: a price near nothing, then near the bound, and a volatility of 1,500 % (Derive audit DRV-03)."""

from rollup.devnet.drills.desk import E9, VOL_E9
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.liquidation import PRICE, start
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

QUANTITY_E6 = 20_000_000

ODD = ((1, 15 * E9), (1_300_000, 15 * E9), (1_300_000, E9 // 100_000), (7, VOL_E9))
"""Prices (USD) and volatilities, each after a silence in which every band ends."""


async def play(scene: Scene) -> None:
    """At each of them the account can be valued, and put up for sale if it has to be."""
    floor = await open_floor(scene)
    debtor, buyer, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, debtor, PRICE, QUANTITY_E6))
    for spot, vol_e9 in ODD:
        await floor.pass_time(scene.genesis.parameters.heartbeat_s + 120)
        await floor.prices(spot, vol_e9)
        view = await floor.look(debtor)
        wanted = Status.OK if view["maintenance_health_e8"] < 0 else Status.NOT_LIQUIDATABLE
        floor.note("margin_is_total", holds=view["initial_health_e8"] <= view["maintenance_health_e8"])
        if not await is_for_sale(floor, debtor, other):
            await floor.expect("liquidatable_iff_under_water", wanted, start(floor, other, debtor))
    await floor.settle()


async def is_for_sale(floor: Floor, debtor: Trader, other: Trader) -> bool:
    """Whether an account is in an auction that cannot be ended; one that can is."""
    ended = await floor.act(other, Kind.END_AUCTION, counterparty=debtor.account.number)
    floor.note("auctions_end_or_live", holds=ended in (Status.OK, Status.NO_AUCTION, Status.AUCTION_LIVE))
    return ended == Status.AUCTION_LIVE


DRILL = Drill(
    fault="a spot price of 1 USD, then of 1.3 million, and volatilities of 1,500 % and next to nothing",
    expectation="margin never fails: every account can be valued, and put up for sale exactly where its maintenance margin is missing",
    play=play,
    covers=("B3",),
)
