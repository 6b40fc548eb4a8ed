"""The trading floor of a market drill: accounts with money, prices that the drill sets, and what the sequencer must answer.

One rule: every expectation is a verdict of its own, by name, so that a drill says what did not hold; a surprise never ends it early.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import cast

from rollup.core.development import development_secret
from rollup.core.instrument_names import CALL
from rollup.devnet.drills.customer import Acknowledgement
from rollup.devnet.drills.desk import E8, VOL_E9, Account, Signed
from rollup.devnet.drills.director import end_day, settle
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import PAUSE_S, REPORT_AGE_S, Exchange, Trader, exchange
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

SPOT = 100_000
"""Price of the underlying at first, USD."""

FOLLOW_S = 60.0
"""How long nodes are given to follow L1 after a leap of time."""


async def status_of(told: Awaitable[Acknowledgement]) -> Status:
    """Return the status alone of what was told."""
    return (await told).status


NOTICE_S = 300
"""How long before its effect a parameter is changed."""


@dataclass
class Floor:
    """An open market whose every step the drill decides."""

    scene: Scene
    market: Exchange

    @property
    def traders(self) -> list[Trader]:
        """The traders, in the order of their accounts."""
        return self.market.traders

    async def submit(self, signed: Signed) -> Acknowledgement:
        """Send a transaction; what became of it."""
        told = await self.market.courier.submit(signed)
        assert told is not None
        return told

    async def act(self, trader: Trader, kind: Kind, **fields: int | bytes) -> Status:
        """Send any transaction of one account; its status."""
        return (await self.submit(self.scene.desk.act(kind, trader.account, **fields))).status

    async def order(self, trader: Trader, side: int, price: int, quantity_e6: int, **fields: int) -> Status:
        """Send an order for the desk's option; its status."""
        return (await self.submit(self.scene.desk.order(trader.account, side, price, quantity_e6, **fields))).status

    async def deal(self, buyer: Trader, seller: Trader, price: int, quantity_e6: int, instrument: int = 0) -> Status:
        """Let two accounts trade the desk's option, or another instrument; the status."""
        return (await self.submit(self.scene.desk.trade(buyer.account, seller.account, price, quantity_e6, instrument))).status

    async def expect(self, name: str, wanted: Status, answer: Awaitable[Status]) -> None:
        """Note whether an answer is the one that was to be expected."""
        found = await answer
        self.note(name, holds=found == wanted)
        if found != wanted:
            self.scene.say(f"{name}: {found.name} instead of {wanted.name}")

    def note(self, name: str, *, holds: bool) -> None:
        """Note a verdict; one that failed once has failed."""
        self.scene.verdicts[name] = self.scene.verdicts.get(name, True) and holds

    async def prices(self, spot: int, vol_e9: int = VOL_E9) -> None:
        """Report every feed, the spot price as given (USD), once the time has come for it."""
        market = self.market
        while True:
            time_s = await self.now_s() - REPORT_AGE_S
            if time_s > max(market.reported_s, self.scene.genesis.chain.time_s):
                break
            await market.reporters.sleep(PAUSE_S)
        market.reported_s = time_s
        told = [await self.submit(signed) for signed in self.scene.desk.reports(spot, time_s, vol_e9)]
        self.note("prices_accepted", holds=all(each.status == Status.OK for each in told))

    async def pass_time(self, seconds: int) -> None:
        """Let time pass on L1, once everything is posted, and let the nodes follow."""
        await end_day(self.scene)
        await self.scene.mine(-(-seconds // self.scene.genesis.dispute.block_time_s))
        await self.market.reporters.sleep(FOLLOW_S)

    async def now_s(self) -> int:
        """L1's time, which the next batch will have at most."""
        return (await self.scene.chronicle.client.head()).time_s

    async def govern(self, governor: Trader, parameter: int, number: int) -> None:
        """Change a parameter, and wait until it is in force."""
        effective_s = await self.now_s() + NOTICE_S
        await self.expect(
            "governed", Status.OK, self.act(governor, Kind.SET_PARAMETER, order=parameter, number=number, timestamp_s=effective_s)
        )
        await self.pass_time(2 * NOTICE_S)

    async def look(self, trader: Trader) -> dict[str, int]:
        """Return the sequencer's view of an account."""
        return cast("dict[str, int]", await self.scene.ask("sequencer", "optroll_getAccount", trader.account.number))

    async def holding(self, trader: Trader) -> int:
        """Return an account's position in the desk's option, 1e-6 contracts."""
        name = self.scene.genesis.instruments[self.scene.desk.instrument - 1].name
        positions = cast("list[dict[str, object]]", (await self.look(trader))["positions"])
        return sum(cast("int", each["quantity_e6"]) for each in positions if each["instrument"] == name)

    async def settle(self) -> None:
        """Wait until all is confirmed."""
        await settle(self.scene)


async def open_floor(scene: Scene, traders: int = 3) -> Floor:
    """Return a floor with so many funded accounts, at the first prices."""
    floor = Floor(scene, exchange(scene, traders))
    await floor.market.open()
    await floor.prices(SPOT)
    return floor


async def open_governor(scene: Scene) -> Trader:
    """Return the governor with an account of its own."""
    governor = Trader(scene, Account("governor", development_secret("governor")))
    await governor.fund()
    return governor


def instrument_of(scene: Scene, strike: int, option_type: int = CALL, expiry: int = 0) -> int:
    """Return the id of a BTC option by its strike (USD), type, and which expiry."""
    wanted = (1, strike * E8, scene.genesis.markets[0].expiries_s[expiry], option_type)
    terms = [(each.market, each.strike_e8, each.expiry_s, each.option_type) for each in scene.genesis.instruments]
    return terms.index(wanted) + 1
