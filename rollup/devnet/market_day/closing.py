"""The day's expiry, and the ways out: a settlement window with reports in it, one price, every holder settled; withdrawals, an exit."""

from typing import cast

from rollup.core.genesis import FeedKind
from rollup.core.transport import JSON
from rollup.devnet.drills.director import until
from rollup.devnet.drills.trading import DEPOSIT_GAS
from rollup.devnet.market_day.day import Day
from rollup.devnet.market_day.weather import E8
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

REPORTS_IN_WINDOW = 3
"""Reports within the settlement window."""

LEFT_E8 = 10_000 * E8
"""What some withdraw."""


async def expire(day: Day, change_e9: int, vol_e9: int) -> None:
    """Let the first expiry come: prices reported through its window, fixed once, and everybody settled."""
    genesis = day.scene.genesis
    expiry_s, window_s = genesis.markets[0].expiries_s[0], genesis.parameters.settlement_window_s
    await day.pass_time(expiry_s - window_s - 600)
    for step in range(REPORTS_IN_WINDOW + 1):
        await day.report(change_e9, vol_e9)
        await day.trade()
        await day.pass_time(expiry_s - window_s + window_s * step // REPORTS_IN_WINDOW + 120)
    await day.report(change_e9, vol_e9)
    for market in range(1, len(genesis.markets) + 1):
        feed = genesis.feed_id(FeedKind.FORWARD, market, expiry_s)
        await day.floor.expect("price_fixed", Status.OK, day.floor.act(day.people.takers[0], Kind.FIX_SETTLEMENT, feed=feed))
    for holder in day.people.all:
        view = cast("dict[str, list[dict[str, JSON]]]", await day.floor.look(holder))
        for position in view["positions"]:
            number = genesis.instrument_id(str(position["instrument"]))
            if number and genesis.instruments[number - 1].expiry_s == expiry_s:
                told = await day.floor.act(day.people.takers[0], Kind.SETTLE, instrument=number, counterparty=holder.account.number)
                day.floor.note("holders_settled", holds=told in {Status.OK, Status.NO_POSITION})


async def leave(day: Day) -> None:
    """Let some withdraw, and one leave through L1's queue."""
    for trader in (day.people.fund, day.people.makers[0]):
        address = trader.account.address
        withdrawal: dict[str, int | bytes] = {"amount_e8": LEFT_E8, "max_fee_e8": LEFT_E8, "address": address}
        await day.floor.expect("withdrawn", Status.OK, day.floor.act(trader, Kind.WITHDRAW, **withdrawal))
    leaver = day.people.takers[-1]
    client = day.scene.client(leaver.account.name, leaver.account.secret)
    fee, before = day.scene.genesis.inbox.queue_fee_wei, (await day.floor.look(leaver))["cash_e8"]
    await client.send("bridge", "forceExit", leaver.account.number, leaver.account.address, gas=DEPOSIT_GAS, value=fee)

    async def has_left() -> bool:
        return (await day.floor.look(leaver))["cash_e8"] < before

    await until(day.scene, f"{leaver.account.name} has left through L1's queue", has_left)
    day.floor.note("exit_done", holds=True)
