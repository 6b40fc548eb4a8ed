"""One of two shorts asks for his funding whenever the premium is at its peak, and never while he owes (Derive audit DRV-10)."""

from rollup.core.genesis import FeedKind
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.director import DAY_S
from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

QUANTITY_E6 = 1_000_000

PEAKS = (1, -1, 1, -1, 1)
"""Premium of the perpetual's mark, per cent of spot, for HOLD_S each."""

HOLD_S = 1_200

DUST = 2 * len(PEAKS) + 6
"""What roundings may take from anybody, 1e-8 USD: a unit a payment."""


async def play(scene: Scene) -> None:
    """Sell the same perpetual to one buyer twice, let the premium swing, and compare what the two sellers got."""
    floor = await open_floor(scene)
    buyer, patient, greedy = floor.traders
    scene.desk.instrument = scene.genesis.instrument_id("BTC-PERPETUAL")
    await mark(floor, 0)
    for seller in (patient, greedy):
        await floor.expect("sold", Status.OK, floor.deal(buyer, seller, SPOT, QUANTITY_E6))
    before = [(await floor.look(trader))["cash_e8"] for trader in floor.traders]
    for premium in PEAKS:
        await mark(floor, premium)
        await floor.pass_time(HOLD_S)
        if premium > 0:
            await floor.expect("funding_applied", Status.OK, apply(floor, greedy, greedy))
    await mark(floor, 0)
    for trader in floor.traders:
        await floor.expect("funding_applied", Status.OK, apply(floor, patient, trader))
    gained = [(await floor.look(trader))["cash_e8"] - cash for trader, cash in zip(floor.traders, before, strict=True)]
    scene.figures |= {"paid_e8": -gained[0], "patient_e8": gained[1], "greedy_e8": gained[2]}
    floor.note("asking_gains_nothing", holds=0 <= gained[1] - gained[2] <= DUST)
    floor.note("what_one_pays_the_others_get", holds=0 <= -sum(gained) <= DUST)
    floor.note("somebody_paid", holds=gained[1] > E8)
    await floor.settle()


async def mark(floor: Floor, premium: int) -> None:
    """Report all prices, and the perpetual's mark at a premium in per cent."""
    await floor.prices(SPOT)
    feed = floor.scene.genesis.feed_id(FeedKind.PERPETUAL, 1)
    told = await floor.submit(floor.scene.desk.report(feed, floor.market.reported_s, number=SPOT * (100 + premium) * E8 // 100))
    floor.note("prices_accepted", holds=told.status == Status.OK)


async def apply(floor: Floor, caller: Trader, holder: Trader) -> Status:
    """Apply a holder's funding."""
    return await floor.act(caller, Kind.APPLY_FUNDING, instrument=floor.scene.desk.instrument, counterparty=holder.account.number)


DRILL = Drill(
    fault="a short has his funding applied at every peak of the premium, over long gaps",
    expectation="it accrues by index: he gets what another short gets who asks once, and the long pays what both get",
    play=play,
    deadline_s=30 * DAY_S,
    covers=("B8",),
)
