"""What happens on the market: reports, quotes, trades, blocks, and what is counted of them. Every number follows from the world's seed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import trio

from rollup.devnet.drills.customer import Acknowledgement
from rollup.devnet.drills.desk import Signed
from rollup.devnet.drills.floor import Floor
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import PAUSE_S, REPORT_AGE_S, Exchange, Trader
from rollup.devnet.market_day.auditor import Auditor
from rollup.devnet.market_day.cast import People, people
from rollup.devnet.market_day.orders import FEE_MAX_E8, QUOTED, Fields, legs, live, quotes, windows
from rollup.devnet.market_day.weather import E9, Weather
from rollup.l1.records import joined
from rollup.market.margin import Model
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, QUOTES_ONLY, SELL
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

HALF_SPREAD_E9 = E9 // 25
"""How far a maker's prices are from the mark."""

QUOTE_E6 = 1_000_000
"""Size of a quote, 1e-6 contracts."""

INTERVAL_S, FREEZE_S, LIMIT_E6 = 300, 120, 2_500_000
"""Market-maker protection: no more than so much may be filled within the interval, or the maker's quotes are dead for a while."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much happens."""

    rounds: int
    """Rounds of quotes and trades between two leaps of time."""
    takes: int
    """What each taker takes in a round."""
    morning: int
    """Leaps of time before the crash, and before the expiry."""
    evening: int
    """Leaps of time after the expiry."""


FULL = Scale(rounds=3, takes=4, morning=4, evening=6)
"""What the command plays."""

SMALL = Scale(rounds=1, takes=2, morning=1, evening=1)
"""What a quick test plays: the same chain and the same events, and less between them."""


@dataclass
class Day:
    """One day and all that take part in it."""

    floor: Floor
    people: People
    weather: Weather
    auditor: Auditor
    scale: Scale
    turns: Iterator[list[list[int]]]
    board: list[Fields] = field(default_factory=list)
    """The quotes of this round."""
    counted: Counter[str] = field(default_factory=Counter)

    @property
    def scene(self) -> Scene:
        """What it plays on."""
        return self.floor.scene

    @property
    def random(self) -> Random:
        """The reporters' generator: it decides what nobody else does."""
        return self.floor.market.reporters.random()

    async def open(self) -> None:
        """Fund everybody, report the first prices, choose margin models and set protection."""
        async with trio.open_nursery() as nursery:
            for trader in self.people.all:
                nursery.start_soon(trader.fund)
        self.scene.say(f"{len(self.people.all)} accounts are funded from L1; {len(self.scene.genesis.instruments)} instruments")
        await self.report(E9, self.weather.vol_e9)
        for rich in (*self.people.makers, self.people.fund, self.people.liquidator):
            await self.floor.expect("models_chosen", Status.OK, self.floor.act(rich, Kind.SET_MARGIN_MODEL, number=Model.PORTFOLIO))
        for maker in self.people.makers:
            await self.protect(maker)

    async def protect(self, maker: Trader) -> None:
        """Set a maker's protection, which also ends a freeze."""
        terms = {"number": INTERVAL_S, "timestamp_s": FREEZE_S, "quantity_e6": LIMIT_E6, "expected_e6": 0}
        told = await self.send(maker, "protections", self.scene.desk.act(Kind.SET_PROTECTION, maker.account, **terms))
        self.floor.note("protection_set", holds=told.status == Status.OK)

    async def report(self, change_e9: int, vol_e9: int) -> None:
        """Report every feed that speaks of something to come, once there is a new second for it."""
        market = self.floor.market
        while (time_s := await self.floor.now_s() - REPORT_AGE_S) <= max(market.reported_s, self.scene.genesis.chain.time_s):
            await market.reporters.sleep(PAUSE_S)
        market.reported_s = time_s
        self.weather.move(time_s, change_e9, vol_e9)
        feeds = enumerate(self.scene.genesis.feeds, 1)
        wanted = [number for number, feed in feeds if feed.expiry_s == 0 or feed.expiry_s > time_s]
        for feed_id in wanted:
            signed = self.scene.desk.report(feed_id, time_s, secrets=(), **self.weather.observed(feed_id))
            told = await self.floor.submit(signed)
            self.count("reports", told)
            self.floor.note("prices_accepted", holds=told.status == Status.OK)

    async def trade(self) -> None:
        """Let makers quote, takers take and somebody ask for a block, as often as the scale says."""
        for _ in range(self.scale.rounds):
            self.board.clear()
            async with trio.open_nursery() as nursery:
                for maker, ids in zip(self.people.makers, next(self.turns), strict=True):
                    nursery.start_soon(self.quote, maker, ids)
            async with trio.open_nursery() as nursery:
                for taker in self.people.takers:
                    nursery.start_soon(self.take, taker, self.scale.takes)
            await self.block(self.random.choice(self.people.takers), self.random.choice(self.people.makers))

    async def quote(self, maker: Trader, ids: Sequence[int]) -> None:
        """Replace all of a maker's quotes by new ones; set protection again where it has struck."""
        now = self.weather.time_s + REPORT_AGE_S
        still = [number for number in ids if number in set(live(self.scene.genesis, now))]
        await self.send(maker, "cancels", self.scene.desk.act(Kind.CANCEL_ALL, maker.account, options=QUOTES_ONLY))
        made = quotes(self.weather, still, HALF_SPREAD_E9, QUOTE_E6)
        told = await self.send(maker, "mass_quotes", self.signed(Kind.MASS_QUOTE, [(maker, made)]))
        if told.status == Status.MMP_FROZEN:
            self.counted["protection_struck"] += 1
            await self.protect(maker)
            told = await self.send(maker, "mass_quotes", self.signed(Kind.MASS_QUOTE, [(maker, made)]))
        self.board += made if told.status == Status.OK else []

    async def take(self, taker: Trader, times: int) -> None:
        """Take some of what is quoted, at the maker's price."""
        for _ in range(times):
            if not self.board:
                return
            quote, side = taker.random.choice(self.board), taker.random.choice((BUY, SELL))
            price = quote["amount_e8"] if side == BUY else quote["price_e8"]
            terms = {"instrument": quote["instrument"], "side": side, "price_e8": price, "quantity_e6": quote["quantity_e6"]}
            order = self.scene.desk.act(Kind.PLACE_ORDER, taker.account, **terms, max_fee_e8=FEE_MAX_E8, time_in_force=IMMEDIATE_OR_CANCEL)
            await self.send(taker, "orders", order)

    async def sweep(self) -> None:
        """Let the fund sell to all that one maker bids for, one quote after another, until the maker's protection has struck."""
        taker, maker = self.people.fund, self.people.makers[2]
        ids = live(self.scene.genesis, self.weather.time_s + REPORT_AGE_S)[-QUOTED:]
        self.board.clear()
        await self.quote(maker, ids)
        for quote in self.board[:4]:
            terms = {name: quote[name] for name in ("instrument", "price_e8", "quantity_e6", "max_fee_e8")}
            order = self.scene.desk.act(Kind.PLACE_ORDER, taker.account, **terms, side=SELL, time_in_force=IMMEDIATE_OR_CANCEL)
            await self.send(taker, "orders", order)
        await self.quote(maker, ids)

    async def block(self, taker: Trader, maker: Trader) -> None:
        """Let a taker buy one option and sell another in one block, as a maker has agreed by a request for quotes."""
        ids = self.random.sample([quote["instrument"] for quote in self.board] or live(self.scene.genesis, self.weather.time_s)[-8:], 2)
        await self.deal(taker, maker, ids, (BUY, SELL), self.random.randrange(1, 4) * 200_000)

    async def deal(self, one: Trader, other: Trader, ids: Sequence[int], sides: Sequence[int], quantity_e6: int) -> Status:
        """Let two accounts trade at the marks; the status."""
        taken, given = legs(self.weather, ids, sides, quantity_e6)
        ends = [
            (one, [{**leg, "counterparty": other.account.number} for leg in taken]),
            (other, [{**leg, "counterparty": one.account.number} for leg in given]),
        ]
        return (await self.send(one, "blocks", self.signed(Kind.EXECUTE_BLOCK, ends))).status

    def signed(self, kind: Kind, parts: Sequence[tuple[Trader, Sequence[Fields]]]) -> Signed:
        """Return a transaction of several records; all of one account have one nonce."""
        desk, records, secrets = self.scene.desk, [], []
        for trader, fields in parts:
            account = trader.account
            nonce = account.nonce + 1
            for each in fields:
                account.nonce = nonce - 1
                records.append(desk.record(kind, account, **each))
                secrets.append(account.secret)
        return desk.sign(joined(records[0], *records[1:]), secrets)

    async def send(self, trader: Trader, what: str, transaction: Signed) -> Acknowledgement:
        """Send a transaction by its sender's own connection; what became of it."""
        told = await trader.customer.submit(transaction)
        assert told is not None
        self.count(what, told)
        return told

    def count(self, what: str, told: Acknowledgement) -> None:
        """Count a transaction, and whether it was refused."""
        self.counted[what] += 1
        self.counted[f"{what}_refused"] += told.status != Status.OK

    async def pass_time(self, until_s: int) -> None:
        """Let time pass until a moment of the day, once all is posted; audit what was."""
        await self.floor.pass_time(max(until_s - await self.floor.now_s(), 1))
        await self.auditor.follow()
        clock = (await self.floor.now_s()) % 86_400
        audited = self.auditor.replay.machine.steps
        self.scene.say(f"{clock // 3600:02d}:{clock // 60 % 60:02d}  {audited} steps audited, {self.auditor.told} violations")


def new_day(scene: Scene, scale: Scale) -> Day:
    """Return a day that has not begun."""
    everybody = people(scene)
    floor = Floor(scene, Exchange(scene, everybody.all))
    ids = live(scene.genesis, scene.genesis.chain.time_s)
    # A step that is coprime to the number of instruments lets a window reach over all of the chain.
    spread = [ids[place * 37 % len(ids)] for place in range(len(ids))]
    turns = windows(spread, len(everybody.makers))
    assert QUOTED * len(everybody.makers) <= len(ids)
    return Day(floor, everybody, Weather(scene.genesis, scene.genesis.chain.time_s), Auditor(scene), scale, turns)
