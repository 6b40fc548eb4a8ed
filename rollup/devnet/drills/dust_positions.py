"""B9: an account is filled with positions of the least size, to make every check of it as dear as can be (Derive audit DRV-12)."""

from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, PUT
from rollup.core.signing import SignatureChecker
from rollup.devnet.drills.desk import E8, VOL_E9
from rollup.devnet.drills.director import end_day
from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import REPORT_AGE_S, Trader
from rollup.devnet.surfaces import flat
from rollup.l1.action import authenticate
from rollup.market.terms import BUY
from rollup.state.witness import encode_witness
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

LEAST_E6 = 10_000
"""The least that may be traded."""

ROW_BYTES = 1_700
"""What a position may add to the witness of a check: its instrument's row, its part of a page, and the hashes beside them."""


async def play(scene: Scene) -> None:
    """Fill an account with dust; then compare what a check of it costs with that of an account with one position."""
    floor = await open_floor(scene)
    hoarder, maker, plain = floor.traders
    await report_all(floor)
    options = [number for number, each in enumerate(scene.genesis.instruments, 1) if each.market == 1 and each.option_type in (CALL, PUT)]
    await floor.expect("less_than_the_least_refused", Status.LOT, floor.deal(hoarder, maker, 5, LEAST_E6 // 2, options[0]))
    for number in options:
        price = max(int(scene.genesis.instruments[number - 1].tick_e8 // E8), 5)
        await floor.expect("dust_bought", Status.OK, floor.deal(hoarder, maker, price, LEAST_E6, number))
    floor.note("positions_are_counted", holds=len((await floor.look(hoarder))["positions"]) == len(options))  # type: ignore[arg-type]
    gift = {"counterparty": plain.account.number, "instrument": options[0], "quantity_e6": LEAST_E6}
    await floor.expect("dust_is_not_given_to_others", Status.NOT_OWN, floor.act(hoarder, Kind.TRANSFER_POSITION, **gift))
    full, empty = await cost_of_order(floor, hoarder), await cost_of_order(floor, plain)
    scene.figures |= {"positions": len(options), "witness_bytes_full": full, "witness_bytes_empty": empty}
    floor.note("a_check_grows_by_a_bounded_part_a_position", holds=0 < full - empty <= ROW_BYTES * len(options))
    await floor.settle()


async def report_all(floor: Floor) -> None:
    """Report the forwards and volatilities of the expiries behind the first."""
    genesis, time_s = floor.scene.genesis, await floor.now_s() - REPORT_AGE_S
    for expiry_s in genesis.markets[0].expiries_s[1:]:
        feeds = [genesis.feed_id(kind, 1, expiry_s) for kind in (FeedKind.FORWARD, FeedKind.SURFACE)]
        forward_e8 = SPOT * E8
        for signed in (
            floor.scene.desk.report(feeds[0], time_s, number=forward_e8),
            floor.scene.desk.report(feeds[1], time_s, secrets=(), **flat(VOL_E9, forward_e8)),
        ):
            floor.note("prices_accepted", holds=(await floor.submit(signed)).status == Status.OK)


async def cost_of_order(floor: Floor, trader: Trader) -> int:
    """Place an order that rests, and return the bytes of the witness of its step."""
    scene = floor.scene
    told = await floor.submit(scene.desk.order(trader.account, BUY, 500, 1_000_000))
    floor.note("order_rests", holds=told.status == Status.OK)
    await end_day(scene)
    await scene.chronicle.read()
    oracle, batch = Oracle(scene.genesis), scene.chronicle.batches[told.batch]
    oracle.replay({index: scene.chronicle.batches[index] for index in range(told.batch)})
    authenticate(batch.records, batch.signatures, scene.genesis, SignatureChecker())
    oracle.machine.execute(batch.records, 0, told.step)
    oracle.machine.root()
    return len(encode_witness(oracle.machine.witness(batch.records, told.step)))


DRILL = Drill(
    fault="one account is filled with positions of the least size in every option that there is",
    expectation="nothing smaller trades, nobody is given dust, and a check's witness grows by a bounded part for each position",
    play=play,
    covers=("B9",),
)
