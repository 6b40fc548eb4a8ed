"""Expiries roll: keepers list what the rule asks for and take away what is over, and nobody lists anything else."""

from typing import cast

from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S
from rollup.devnet.drills.desk import E8, VOL_E9, Account
from rollup.devnet.drills.floor import SPOT, Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import SEQUENCER_URL, Scene
from rollup.devnet.drills.trading import REPORT_AGE_S, Trader
from rollup.devnet.surfaces import flat
from rollup.keeper import Keeper
from rollup.market.terms import BUY, SELL
from rollup.rolling import roll
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

PRICE = 400
"""What the option of the day is traded at, USD."""

QUANTITY_E6 = 5_000_000

ABOVE = SPOT + 2_000
"""Price of the underlying at the expiry, USD."""

SPAM = 20
"""How often what is listed is listed again."""

Instrument = dict[str, int | str]


async def play(scene: Scene) -> None:
    """List all, trade what expires today, let it expire, settle and be taken away, and trade what has come in its place."""
    floor = await open_floor(scene)
    buyer, seller, keeper_trader = floor.traders
    keeper = keeper_of(scene, keeper_trader.account)
    today_s = scene.genesis.chain.time_s // DAY_S * DAY_S + EXPIRY_HOUR_S
    before = await instruments(scene)
    await roll_all(floor, keeper)
    await break_the_rule(floor, today_s)
    call = await pick(scene, today_s)
    await floor.expect("new_option_waits_for_its_feeds", Status.STALE_ORACLE, deal(floor, call, buyer, seller))
    await report_expiry(floor, call, SPOT)
    await floor.expect("new_option_trades", Status.OK, deal(floor, call, buyer, seller))
    await floor.expect("order_rests", Status.OK, floor.order(buyer, BUY, PRICE // 2, QUANTITY_E6))
    await expire(floor, today_s)
    await roll_over(floor, keeper, call)
    listed = await instruments(scene)
    floor.note("nothing_expired_is_left", holds=not any(0 < int(each["expiry_s"]) <= today_s for each in listed))
    floor.note("genesis_is_not_all", holds=len(listed) > len(before))
    await try_what_is_gone(floor, call, today_s)
    newest = max(int(each["instrument"]) for each in listed)
    floor.note("ids_are_given_once", holds=newest > int(call["instrument"]) and all(each["name"] != call["name"] for each in listed))
    following = await pick(scene, today_s + DAY_S)
    await report_expiry(floor, following, ABOVE)
    await floor.expect("next_option_trades", Status.OK, deal(floor, following, seller, buyer))
    await floor.settle()


def keeper_of(scene: Scene, account: Account) -> Keeper:
    """Return a keeper with an account of its own, on a machine of its own."""
    rpc = scene.world.environment("keeper").rpc_client(SEQUENCER_URL, timeout_s=60)
    return Keeper(scene.genesis, rpc, account.number, account.secret)


async def instruments(scene: Scene) -> list[Instrument]:
    """Return what is listed."""
    return cast("list[Instrument]", await scene.ask("sequencer", "optroll_getInstruments"))


async def roll_all(floor: Floor, keeper: Keeper) -> None:
    """Let the keeper do all that there is to do."""
    deeds = await roll(keeper)
    floor.note("keeper_is_never_refused", holds=all(deed.status == "OK" for deed in deeds))
    name = "listed" if not floor.scene.figures.get("listed") else "rolled"
    floor.scene.figures[name] = sum(deed.kind == Kind.LIST_INSTRUMENT for deed in deeds)
    floor.scene.figures["delisted"] = sum(deed.kind == Kind.DELIST for deed in deeds)
    left = cast("dict[str, list[object]]", await floor.scene.ask("sequencer", "optroll_getListings"))
    floor.note("nothing_is_left_to_do", holds=not left["listable"] and not left["fixable"] and not left["over"])


async def break_the_rule(floor: Floor, today_s: int) -> None:
    """List what the rule does not allow, and what is listed again and again."""
    trader = floor.traders[0]
    listed = len(await instruments(floor.scene))
    for name, wanted, expiry_s, strike in (
        ("odd_hour_refused", Status.OFF_SCHEDULE, today_s + 3_600, SPOT),
        ("odd_day_refused", Status.OFF_SCHEDULE, today_s + 6 * DAY_S, SPOT),
        ("past_refused", Status.OFF_SCHEDULE, today_s - DAY_S, SPOT),
        ("far_strike_refused", Status.STRIKE_BAND, today_s, 3 * SPOT),
        ("odd_strike_refused", Status.STRIKE_STEP, today_s, SPOT + 1),
        ("fine_strike_far_off_refused", Status.STRIKE_STEP, today_s, SPOT + 9_000),
        ("future_of_no_friday_refused", Status.OFF_SCHEDULE, today_s, 0),
    ):
        await floor.expect(name, wanted, enlist(floor, trader, expiry_s, strike))
    for _ in range(SPAM):
        await floor.expect("listed_once", Status.ALREADY_LISTED, enlist(floor, trader, today_s, SPOT))
    feed = int((await pick(floor.scene, today_s))["forward_feed"])
    await floor.expect("living_expiry_stays", Status.INSTRUMENT_LIVE, floor.act(trader, Kind.DELIST, feed=feed))
    floor.note("spam_lists_nothing", holds=len(await instruments(floor.scene)) == listed)


async def enlist(floor: Floor, trader: Trader, expiry_s: int, strike: int) -> Status:
    """Try to list a strike on BTC, in USD."""
    return await floor.act(trader, Kind.LIST_INSTRUMENT, number=1, timestamp_s=expiry_s, price_e8=strike * E8)


async def pick(scene: Scene, expiry_s: int) -> Instrument:
    """Return the BTC call at the first price that expires at a time."""
    wanted = {"expiry_s": expiry_s, "strike_e8": SPOT * E8, "option_type": "call", "market": "BTC"}
    return next(each for each in await instruments(scene) if wanted.items() <= each.items())


async def deal(floor: Floor, call: Instrument, buyer: Trader, seller: Trader) -> Status:
    """Let two accounts trade an option; from now on it is the desk's."""
    floor.scene.desk.instrument = int(call["instrument"])
    return await floor.deal(buyer, seller, PRICE, QUANTITY_E6)


async def report_expiry(floor: Floor, call: Instrument, spot: int) -> None:
    """Report the forward and the surface of an option's expiry."""
    desk, time_s = floor.scene.desk, await floor.now_s() - REPORT_AGE_S
    forward, surface = int(call["forward_feed"]), int(call["vol_feed"])
    reports = [desk.report(forward, time_s, number=spot * E8), desk.report(surface, time_s, secrets=(), **flat(VOL_E9, spot * E8))]
    told = [await floor.submit(each) for each in reports]
    floor.note("prices_accepted", holds=all(each.status == Status.OK for each in told))


async def expire(floor: Floor, expiry_s: int) -> None:
    """Let the expiry pass, with prices reported through its window."""
    await floor.pass_time(expiry_s - await floor.now_s() - 3_000)
    for _ in range(3):
        await floor.prices(ABOVE)
        await floor.pass_time(1_500)
    await floor.prices(ABOVE)


async def roll_over(floor: Floor, keeper: Keeper, call: Instrument) -> None:
    """Let the keeper settle and take away what has expired; both sides are paid, and whose order rested there has his margin back."""
    buyer, seller, _ = floor.traders
    before = [(await floor.look(trader))["cash_e8"] for trader in (buyer, seller)]
    await roll_all(floor, keeper)
    after = [await floor.look(trader) for trader in (buyer, seller)]
    paid, owed = after[0]["cash_e8"] - before[0], before[1] - after[1]["cash_e8"]
    floor.note("pay_off_is_the_average", holds=0 < paid <= owed <= paid + 1 and abs(paid - 5 * (ABOVE - SPOT) * E8) < 10**10)
    floor.note("nobody_reserves_for_what_is_gone", holds=after[0]["reserved_e8"] == 0 and not after[0]["orders"])
    floor.note("strikes_were_taken_away", holds=floor.scene.figures["delisted"] > 1)
    floor.scene.figures["expired"] = int(call["instrument"])


async def try_what_is_gone(floor: Floor, call: Instrument, today_s: int) -> None:
    """Trade, report, list and delist what is over."""
    trader, feed = floor.traders[0], int(call["forward_feed"])
    floor.scene.desk.instrument = int(call["instrument"])
    await floor.expect("gone_option_does_not_trade", Status.UNKNOWN_INSTRUMENT, floor.order(trader, SELL, PRICE, QUANTITY_E6))
    told = await floor.submit(floor.scene.desk.report(feed, await floor.now_s() - REPORT_AGE_S, number=SPOT * E8))
    floor.note("gone_feed_is_deaf", holds=told.status == Status.UNKNOWN_FEED)
    await floor.expect("gone_expiry_is_not_listed_again", Status.OFF_SCHEDULE, enlist(floor, trader, today_s, SPOT))
    await floor.expect("gone_expiry_is_not_delisted_again", Status.UNKNOWN_FEED, floor.act(trader, Kind.DELIST, feed=feed))


DRILL = Drill(
    fault="strangers list what the rule does not allow, list twice, and go on with what is over",
    expectation="a keeper alone lists what the rule asks for, and after 08:00 UTC settles, takes away and lists anew",
    covers=("B10",),
    play=play,
    deadline_s=30 * DAY_S,
)
