"""B1: a portfolio is moved in pieces, and liquidated in the middle, before the rest has arrived (Derive audit DRV-01)."""

from typing import cast

from rollup.devnet.drills.desk import E8, Account
from rollup.devnet.drills.floor import Floor, instrument_of, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.liquidation import start
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

PRICE, QUANTITY_E6 = 2_100, 40_000_000
HEDGE_STRIKE, HEDGE_PRICE = 120_000, 200
SMALL_E6 = 2_000_000
"""What the second account's money is enough for."""


async def play(scene: Scene) -> None:
    """Hold a hedged short, and try to move one half of it, or the money, to an account of one's own."""
    floor = await open_floor(scene)
    owner, buyer, keeper = floor.traders
    hedge = instrument_of(scene, HEDGE_STRIKE)
    await floor.expect("hedge_bought", Status.OK, floor.deal(owner, buyer, HEDGE_PRICE, QUANTITY_E6 // 10, hedge))
    await floor.expect("sold", Status.OK, floor.deal(buyer, owner, PRICE, QUANTITY_E6))
    await floor.expect("second_account", Status.OK, floor.act(owner, Kind.TRANSFER, counterparty=0, amount_e8=60_000 * E8))
    second = await second_account(floor, owner)
    short = {"counterparty": second.account.number, "instrument": scene.desk.instrument}
    before = [await floor.look(trader) for trader in (owner, second)]
    whole = floor.act(owner, Kind.TRANSFER_POSITION, **short, quantity_e6=QUANTITY_E6)
    await floor.expect("whole_short_refused", Status.INITIAL_MARGIN, whole)
    away = {"counterparty": second.account.number, "amount_e8": 800_000 * E8}
    await floor.expect("all_money_refused", Status.INITIAL_MARGIN, floor.act(owner, Kind.TRANSFER, **away))
    after = [await floor.look(trader) for trader in (owner, second)]
    floor.note("what_is_refused_moves_nothing", holds=[held(each) for each in before] == [held(each) for each in after])
    part = floor.act(owner, Kind.TRANSFER_POSITION, **short, quantity_e6=SMALL_E6)
    await floor.expect("a_part_that_both_can_bear", Status.OK, part)
    for name, trader in (("giver", owner), ("taker", second)):
        await floor.expect(f"{name}_is_not_liquidatable", Status.NOT_LIQUIDATABLE, start(floor, keeper, trader))
        floor.note(f"{name}_has_its_margin", holds=(await floor.look(trader))["initial_health_e8"] >= 0)
    floor.note("nothing_is_lost", holds=await floor.holding(owner) + await floor.holding(second) == -QUANTITY_E6)
    await floor.settle()


async def second_account(floor: Floor, owner: Trader) -> Trader:
    """Return the account that an owner has opened beside his first."""
    found = cast("list[int]", await floor.scene.ask("sequencer", "optroll_getAccountsOf", "0x" + owner.account.address.hex()))
    number = next(each for each in found if each != owner.account.number)
    return Trader(floor.scene, Account("second", owner.account.secret, number))


def held(view: dict[str, int]) -> tuple[int, ...]:
    """Return what an account has, as far as time does not change it."""
    return view["cash_e8"], view["paid_in_e8"], len(str(view["positions"]))


DRILL = Drill(
    fault="positions and money are moved between two accounts of one owner, and either is to be liquidated in between",
    expectation="a transfer is one step that both sides can bear, or nothing; there is no between in which to liquidate anybody",
    play=play,
    covers=("B1",),
)
