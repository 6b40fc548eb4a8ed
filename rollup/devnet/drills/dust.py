"""Many odd little trades and withdrawals: rounding must never favour a trader, dust must stay small (Balancer 2025, DRV-12, DRV2-03)."""

from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader
from rollup.market.terms import BUY
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

LOT_E6 = 10_000
"""The least that may be traded, which is also the market's lot."""

ODD_E8 = 123_456_789
"""A withdrawal of no round sum, 1e-8 USD."""

ROUNDS = 24


async def play(scene: Scene) -> None:
    """Trade the least lot to and fro at the same price, and try less than that."""
    floor = await open_floor(scene)
    one, other, _ = floor.traders
    await floor.expect("less_than_a_lot_refused", Status.LOT, floor.order(one, BUY, 2_105, LOT_E6 // 2))
    await floor.expect("odd_tick_refused", Status.TICK, floor.order(one, BUY, 2_103, LOT_E6))
    before_e8 = await total(floor, (one, other))
    for turn in range(ROUNDS):
        buyer, seller = (one, other) if turn % 2 == 0 else (other, one)
        await floor.expect("traded", Status.OK, floor.deal(buyer, seller, 2_105, LOT_E6))
    lost_e8 = before_e8 - await total(floor, (one, other))
    rates = scene.genesis.parameters.maker_fee_e9 + scene.genesis.parameters.taker_fee_e9
    fees_e8 = ROUNDS * 100_000 * 10**8 * rates // 10**9 * LOT_E6 // 10**6
    scene.figures |= {"fees_e8": fees_e8, "dust_e8": lost_e8 - fees_e8}
    floor.note("rounding_favours_nobody", holds=0 <= lost_e8 - fees_e8 <= 4 * ROUNDS)
    for odd_e8 in (ODD_E8, ODD_E8 + 1, 3 * ODD_E8 + 7):
        await floor.expect("odd_withdrawal", Status.OK, floor.act(one, Kind.WITHDRAW, amount_e8=odd_e8, address=one.account.address))
    floor.note("withdrawals_take_what_they_say", holds=before_e8 - lost_e8 - await total(floor, (one, other)) == 5 * ODD_E8 + 8)
    floor.note("flat_again", holds=await floor.holding(one) == 0 == await floor.holding(other))
    await floor.settle()


async def total(floor: Floor, traders: tuple[Trader, ...]) -> int:
    """What accounts have together, 1e-8 USD."""
    return sum([(await floor.look(trader))["cash_e8"] for trader in traders])


DRILL = Drill(
    fault=f"{ROUNDS} trades of the least lot go to and fro, smaller ones are tried, and odd sums are withdrawn",
    expectation="traders lose the fees and at most four units of dust a trade, withdrawals are to the unit, and nobody gains anything",
    play=play,
    covers=("B15", "B24"),
)
