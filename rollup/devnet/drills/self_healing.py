"""Feeds grow old, batches do not come to L1, prices jump: margins rise by themselves, and fall again, and nobody is sold for it."""

from typing import cast

from rollup.devnet.drills.director import end_day
from rollup.devnet.drills.floor import FOLLOW_S, SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.liquidation import start
from rollup.devnet.drills.margin_withdrawal import PRICE, QUANTITY_E6, take
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import Trader
from rollup.market.terms import SELL
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

LOT_E6 = 100_000

NOTE_AFTER_S = 12.0
"""How old a batch is before the sequencer has L1 tell the state of it."""

JUMPS = (102, 100)
"""Spot prices while the market is volatile, in percent of the first; in the end it is what it was."""

LULL_S = 800
"""Between two reports, seconds: short enough to be neither a silence nor a lag."""

SILENCE_S = 2_000
"""How long feeds are silent, seconds: within their heartbeat."""

CALM_REPORTS = 16
"""Reports of an unmoved price in which it is forgotten, at most."""


async def play(scene: Scene) -> None:
    """Let an account be short with hardly more than its initial margin, and strain the market in three ways."""
    floor = await open_floor(scene)
    seller, buyer, other = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(buyer, seller, PRICE, QUANTITY_E6))
    await leave_little(floor, seller)
    await healthy(floor, "at_first", floor.traders)
    await silence(floor)
    await strained(floor, "silence", floor.traders)
    await forget(floor, "silence", seller)
    await lag(floor, other)
    await strained(floor, "lag", floor.traders)
    await scene.ask("sequencer", "admin_startBatcher")
    await end_day(scene)
    await forget(floor, "lag", seller)
    for percent in JUMPS:
        await floor.pass_time(LULL_S // 2)
        await floor.prices(SPOT * percent // 100)
    await strained(floor, "volatility", floor.traders)
    await forget(floor, "volatility", seller)
    await healthy(floor, "in_the_end", floor.traders)
    await end_day(scene)
    await floor.market.reporters.sleep(2 * FOLLOW_S)  # The last batch is noted, in a batch of its own.
    await floor.settle()


async def leave_little(floor: Floor, seller: Trader) -> None:
    """Take out of an account all but a quarter of its initial buffer."""
    view = await floor.look(seller)
    spare_e8 = (view["maintenance_health_e8"] - view["initial_health_e8"]) // 4
    await floor.expect("withdrawn", Status.OK, take(floor, seller, view["initial_health_e8"] - spare_e8))


async def silence(floor: Floor) -> None:
    """Let all feeds be silent for a while."""
    await floor.pass_time(SILENCE_S)


async def lag(floor: Floor, trader: Trader) -> None:
    """Let nothing be posted for half an hour, in which feeds are fed."""
    await floor.scene.ask("sequencer", "admin_stopBatcher")
    await floor.expect("begun", Status.OK, floor.act(trader, Kind.CANCEL_ALL))
    for _ in range(2):
        await floor.scene.mine(LULL_S // floor.scene.genesis.dispute.block_time_s)
        await floor.market.reporters.sleep(FOLLOW_S)
        await floor.prices(SPOT)


async def strained(floor: Floor, why: str, traders: list[Trader]) -> None:
    """Under strain: the initial margin alone rises, new risk waits, what reduces it goes on, and nobody is liquidated."""
    seller, buyer, other = traders
    await floor.expect(f"{why}_refuses_risk", Status.INITIAL_MARGIN, floor.order(seller, SELL, 6 * PRICE, LOT_E6))
    await floor.expect(f"{why}_keeps_margin_in", Status.INITIAL_MARGIN, take(floor, seller, 10**8))
    await floor.expect(f"{why}_sells_nobody", Status.NOT_LIQUIDATABLE, start(floor, other, seller))
    strain, view = await strain_of(floor, seller), await floor.look(seller)
    floor.note(f"{why}_raises_initial_margin", holds=strain[why] > 0 and view["initial_health_e8"] < 0 < view["maintenance_health_e8"])
    floor.note(f"{why}_alone", holds=sum(strain.values()) == strain[why])
    floor.scene.figures[f"{why}_strain_e9"] = strain[why]
    await floor.expect(f"{why}_lets_reduce", Status.OK, floor.deal(seller, buyer, PRICE, LOT_E6))
    await floor.expect(f"{why}_lets_cancel", Status.OK, floor.act(seller, Kind.CANCEL_ALL))


async def forget(floor: Floor, why: str, seller: Trader) -> None:
    """Feed all feeds as if nothing had been, until the strain is gone: it never rises on the way, and is gone in time."""
    last = (await strain_of(floor, seller))[why]
    for _ in range(CALM_REPORTS):
        await floor.prices(SPOT)
        now = (await strain_of(floor, seller))[why]
        floor.note(f"{why}_falls", holds=now <= last)
        last = now
        if now == 0:
            break
        await floor.pass_time(LULL_S)
    floor.note(f"{why}_is_forgotten", holds=last == 0)


async def healthy(floor: Floor, when: str, traders: list[Trader]) -> None:
    """Without strain the same account takes the same risk."""
    strain = await strain_of(floor, traders[0])
    floor.note(f"calm_{when}", holds=sum(strain.values()) == 0)
    await floor.expect(f"risk_taken_{when}", Status.OK, floor.order(traders[0], SELL, 6 * PRICE, LOT_E6))
    await floor.expect(f"risk_withdrawn_{when}", Status.OK, floor.act(traders[0], Kind.CANCEL_ALL))


async def strain_of(floor: Floor, trader: Trader) -> dict[str, int]:
    """Return what raises an account's initial margin, 1e-9 of its buffer."""
    view = cast("dict[str, dict[str, int]]", await floor.scene.ask("sequencer", "optroll_getAccount", trader.account.number))
    return {name.removesuffix("_e9"): share for name, share in view["strain"].items()}


DRILL = Drill(
    fault="feeds are silent for half an hour; then nothing is posted for half an hour; then prices jump by two percent",
    expectation="initial margin rises with each and falls again; new risk waits, reductions go on, and nobody is liquidated for it",
    play=play,
    parties=Cast(note_after_s=NOTE_AFTER_S),
)
