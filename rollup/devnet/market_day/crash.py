"""The crash: the price falls by 30 % in steps; accounts are put up for sale, bid for, paid for by insurance, and deleveraged."""

from collections.abc import Sequence
from typing import cast

from rollup.core.instrument_names import PERPETUAL, PUT
from rollup.core.transport import JSON
from rollup.devnet.drills.trading import Trader
from rollup.devnet.market_day.day import Day
from rollup.devnet.market_day.orders import FEE_MAX_E8
from rollup.devnet.market_day.weather import E8, E9
from rollup.keeper import Keeper
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, INSOLVENT, MARKET, REDUCE_ONLY, SELL, SOLVENT, STOP_LOSS
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

STRIKE_E8 = 100_000 * E8
"""Strike of the puts that gamblers sell: at the money when the day begins."""

SOLD_E6 = (30_000_000, 40_000_000, 55_000_000)
"""What each gambler sells: the first is sold off with something left, the others owe more than they have."""

STEPS = ((900_000_000, 700_000_000), (840_000_000, 800_000_000), (770_000_000, 900_000_000), (700_000_000, 950_000_000))
"""How spot and volatility move in the crash: shares of the morning's price, and volatilities, 1e-9."""

STEP_S = 420
"""Time between two of these."""

SOLD_OFF_S = 3_700
"""After which an insolvent auction pays all that is missing."""

ANY_E8 = 10**15
"""A price limit that says nothing."""

STOP_SHARE_E9 = 950_000_000
"""Where stop-losses wait: below the morning's spot price."""


async def gamble(day: Day) -> None:
    """Let gamblers sell puts to the fund, and takers buy perpetuals that a stop-loss guards."""
    put = put_of(day)
    for gambler, sold in zip(day.people.gamblers, SOLD_E6, strict=True):
        await day.floor.expect("puts_sold", Status.OK, day.deal(day.people.fund, gambler, [put], [BUY], sold))
    perpetual = next(number for number, each in enumerate(day.scene.genesis.instruments, 1) if each.option_type == PERPETUAL)
    for taker in day.people.takers:
        await day.floor.expect("perpetuals_bought", Status.OK, day.deal(taker, day.people.makers[0], [perpetual], [BUY], 2_000_000))
        terms = {"instrument": perpetual, "side": SELL, "quantity_e6": 2_000_000, "max_fee_e8": FEE_MAX_E8}
        waiting = {"options": STOP_LOSS | MARKET | REDUCE_ONLY, "time_in_force": IMMEDIATE_OR_CANCEL}
        trigger = {"trigger_e8": day.weather.spot(1) * STOP_SHARE_E9 // E9}
        await day.floor.expect("stops_wait", Status.OK, day.floor.act(taker, Kind.PLACE_ORDER, **terms, **waiting, **trigger))
    await day.quote(day.people.makers[1], [perpetual])


def put_of(day: Day) -> int:
    """Return the put that gamblers sell: of the first market's third expiry."""
    wanted = (1, STRIKE_E8, day.scene.genesis.markets[0].expiries_s[3], PUT)
    terms = [(each.market, each.strike_e8, each.expiry_s, each.option_type) for each in day.scene.genesis.instruments]
    return terms.index(wanted) + 1


async def crash(day: Day) -> None:
    """Let the price fall, with a keeper and a liquidator at work, and trading going on."""
    for change_e9, vol_e9 in STEPS:
        await day.pass_time(await day.floor.now_s() + STEP_S)
        await day.report(change_e9, vol_e9)
        day.scene.say(f"spot is {day.weather.spot(1) // E8:,} USD")
        await keep(day)
        await bid_all(day, SOLVENT, spared=day.people.gamblers[1:])
        await day.trade()
        await day.sweep()
    await keep(day)
    for gambler in (await in_auction(day, INSOLVENT))[:1]:
        await deleverage(day, gambler, day.people.fund, put_of(day))
    await day.pass_time(await day.floor.now_s() + SOLD_OFF_S)
    await day.report(*STEPS[-1])
    await keep(day)
    await bid_all(day, SOLVENT)
    await bid_all(day, INSOLVENT)
    await keep(day)
    left = [trader for kind in (SOLVENT, INSOLVENT) for trader in await in_auction(day, kind)]
    day.floor.note("auctions_end", holds=not left)
    day.floor.note("somebody_was_insolvent", holds=day.counted["insolvent_bids"] > 0)


async def keep(day: Day) -> None:
    """Let the keeper do what anybody may."""
    account = day.people.keeper.account
    keeper = Keeper(day.scene.genesis, day.scene.clients["sequencer"], account.number, account.secret)
    for deed in await keeper.round():
        day.scene.say(f"the keeper's {deed.kind.name} about {deed.about}: {deed.status}")


async def in_auction(day: Day, kind: int) -> list[Trader]:
    """Return the accounts whose auction is of a kind."""
    name = {SOLVENT: "solvent", INSOLVENT: "insolvent"}[kind]
    found = cast("dict[str, list[dict[str, JSON]]]", await day.scene.ask("sequencer", "optroll_getLiquidations", 1))
    numbers = {each["account"] for each in found["auctions"] if each["kind"] == name}
    return [trader for trader in day.people.all if trader.account.number in numbers]


async def bid_all(day: Day, kind: int, spared: Sequence[Trader] = ()) -> None:
    """Let the liquidator bid for all of every account whose auction is of a kind, but for those that nobody wants."""
    for debtor in await in_auction(day, kind):
        if debtor in spared:
            continue
        terms = {"counterparty": debtor.account.number, "number": E9, "amount_e8": ANY_E8, "side": kind, "sequence": 0}
        told = await day.send(day.people.liquidator, "bids", day.scene.desk.act(Kind.BID, day.people.liquidator.account, **terms))
        day.counted["insolvent_bids"] += told.status == Status.OK and kind == INSOLVENT


async def deleverage(day: Day, debtor: Trader, winner: Trader, instrument: int) -> None:
    """Close some of a debtor's puts against the fund, which has profited."""
    terms = {"counterparty": debtor.account.number, "number": winner.account.number, "quantity_e6": 5_000_000, "instrument": instrument}
    await day.send(winner, "deleverages", day.scene.desk.act(Kind.DELEVERAGE, winner.account, **terms))
