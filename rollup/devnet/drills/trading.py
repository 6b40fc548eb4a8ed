"""Traders and the oracle's reporters: what a drill's world is busy with while something goes wrong.

One rule: what a trader does next follows from the world's seed and from what it was told, never from the clock alone.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import trio

from rollup.core.development import TRADER_SECRETS
from rollup.core.transport import TransportError
from rollup.devnet.drills.customer import Acknowledgement, Customer
from rollup.devnet.drills.desk import E8, Account, Desk, Signed
from rollup.devnet.drills.director import settle
from rollup.devnet.drills.scene import INGEST, Scene
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, SELL
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

DEPOSIT_E8 = 900_000 * E8
"""What every account opens with."""

DEPOSIT_GAS = 500_000
"""Gas of one L1 transaction of a depositor: the later ones cannot be estimated before the earlier ones are in a block."""

PAUSE_S = 4.0
"""Longest pause of a trader between two transactions."""

REPORT_S = 30.0
"""Time between two reports."""

REPORT_AGE_S = 60
"""How old a report is: never newer than the batch that is open."""

MID = 2_100
"""Price around which the option trades, USD."""


@dataclass
class Trader:
    """One account that trades on its own."""

    scene: Scene
    account: Account
    resting: list[int] = field(default_factory=list)
    """Its orders that rest in the book, as far as it was told."""
    deposit_e8: int = DEPOSIT_E8
    """What it opens with."""

    def __post_init__(self) -> None:
        """Connect to the intake."""
        environment = self.scene.world.environment(self.account.name)
        self.environment = environment
        self.customer = Customer(environment, INGEST, self.scene.books)
        self.random: Random = environment.random()

    async def fund(self) -> None:
        """Mint, approve and deposit on L1, and wait until the account is open."""
        client, address = self.scene.client(self.account.name, self.account.secret), self.account.address
        await client.send("token", "mint", address, self.deposit_e8, gas=DEPOSIT_GAS)
        await client.send("token", "approve", client.address_of("bridge"), self.deposit_e8, gas=DEPOSIT_GAS)
        await client.send("bridge", "deposit", 0, self.deposit_e8, gas=DEPOSIT_GAS)
        while not self.account.number:
            await self.environment.sleep(PAUSE_S)
            with suppress(TransportError):
                found = await self.scene.ask("sequencer", "optroll_getAccountsOf", "0x" + address.hex())
                self.account.number = found[0] if isinstance(found, list) and found and isinstance(found[0], int) else 0

    async def withdraw(self, amount_e8: int, recipient: bytes) -> Acknowledgement:
        """Withdraw to an address on L1."""
        told = await self.customer.submit(self.scene.desk.withdrawal(self.account, amount_e8, recipient))
        assert told is not None
        return told

    async def trade(self, rounds: int) -> None:
        """Make so many transactions."""
        for _ in range(rounds):
            action = self.random.choice(ACTIONS)
            told = await self.customer.submit(action(self.scene.desk, self))
            if told is not None and told.status == Status.OK and told.order:
                self.resting.append(told.order)
            await self.environment.sleep(PAUSE_S * self.random.random())


def rest(desk: Desk, trader: Trader) -> Signed:
    """Offer or bid near the middle."""
    side = trader.random.choice((BUY, SELL))
    away = trader.random.randrange(1, 12) * 10
    return desk.order(trader.account, side, MID + (away if side == SELL else -away), trader.random.randrange(1, 6) * 100_000)


def take(desk: Desk, trader: Trader) -> Signed:
    """Take what is there, at a price that crosses."""
    side = trader.random.choice((BUY, SELL))
    price, quantity_e6 = MID + (100 if side == BUY else -100), trader.random.randrange(1, 4) * 100_000
    return desk.order(trader.account, side, price, quantity_e6, time_in_force=IMMEDIATE_OR_CANCEL)


def cancel(desk: Desk, trader: Trader) -> Signed:
    """Cancel the last order, which may be gone already; or all."""
    if trader.resting:
        return desk.act(Kind.CANCEL, trader.account, order=trader.resting.pop())
    return desk.act(Kind.CANCEL_ALL, trader.account)


def transfer(desk: Desk, trader: Trader) -> Signed:
    """Give the first account a little."""
    return desk.act(Kind.TRANSFER, trader.account, counterparty=1, amount_e8=trader.random.randrange(1, 100) * E8)


ACTIONS: tuple[Callable[[Desk, Trader], Signed], ...] = (rest, rest, rest, take, take, cancel, transfer)
"""What a trader does, as often as it stands here."""


@dataclass
class Exchange:
    """All traders of a scene, and its reporters."""

    scene: Scene
    traders: list[Trader]
    reported_s: int = 0

    def __post_init__(self) -> None:
        """Let the reporters connect."""
        self.reporters = self.scene.world.environment("reporters")
        self.courier = Customer(self.reporters, INGEST, self.scene.books)

    async def open(self) -> None:
        """Fund every account, one after another so that their numbers are the order here, and report the first prices."""
        async with trio.open_nursery() as nursery:
            for trader in self.traders:
                nursery.start_soon(trader.fund)
        self.scene.say(f"{len(self.traders)} accounts are funded from L1")
        while not await self.report():
            await self.reporters.sleep(PAUSE_S)

    async def report(self) -> list[Acknowledgement | None]:
        """Report every feed once, where time has moved on."""
        head = await self.scene.chronicle.client.head()
        time_s = head.time_s - REPORT_AGE_S
        if time_s <= max(self.reported_s, self.scene.genesis.chain.time_s):
            return []
        self.reported_s = time_s
        spot = 100_000 + self.reporters.random().randrange(-200, 200)
        return [await self.courier.submit(signed) for signed in self.scene.desk.reports(spot, time_s)]

    async def trade(self, rounds: int) -> None:
        """Let every trader make so many transactions, while prices are reported."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_reporting)
            async with trio.open_nursery() as busy:
                for trader in self.traders:
                    busy.start_soon(trader.trade, rounds)
            nursery.cancel_scope.cancel()

    async def _keep_reporting(self) -> None:
        while True:
            with suppress(TransportError):
                await self.report()
            await self.reporters.sleep(REPORT_S)


def exchange(scene: Scene, traders: int = 3) -> Exchange:
    """Return an exchange with so many traders, on the well-known keys."""
    accounts = [Account(f"trader-{number}", bytes.fromhex(secret)) for number, secret in enumerate(TRADER_SECRETS[:traders], 1)]
    return Exchange(scene, [Trader(scene, account) for account in accounts])


async def trade_and_settle(scene: Scene) -> None:
    """Trade as on any day, and wait for the end of it: what goes wrong comes from one of the parties."""
    market = exchange(scene)
    await market.open()
    await market.trade(12)
    await settle(scene)
