"""A devnet's oracle: reporters that sign what a random walk says of each feed, so that there is something to trade against.

One rule: it is nothing but a client; its reports go through the same intake as everybody's transactions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import cast

import numpy as np
import trio

from rollup.core.development import REPORTERS, development_secret
from rollup.core.genesis import Feed, FeedKind, Genesis
from rollup.core.signing import address_of, sign
from rollup.core.transport import JSON, RpcClient, TransportError
from rollup.devnet.intake_client import IntakeClient, connected
from rollup.devnet.surfaces import smile
from rollup.environment import Environment
from rollup.l1.action import digests
from rollup.l1.records import Records, joined, make_report
from rollup.state.limits import RATIO_ONE
from rollup.transition.status import Status

REFRESH_S = 5.0
"""How often every feed is reported."""

ANSWER_WITHIN_S = 60.0
"""How long a report waits for its answer: a sequencer that is full takes nothing until L1 has taken its batches."""

BEHIND_S = 5
"""Reports are as old as this, seconds: the open batch, whose time they must not pass, may be a little older than L1's head."""

AGAIN_S = 30
"""How old the report of an expiry's feed is before there is another one, seconds."""

YEAR_S = 31_536_000
"""A year of 365 days."""

SPOTS = {"BTC": 100_000 * 10**8, "ETH": 3_500 * 10**8}
"""First spot price of each market, 1e-8 USD."""

SPOT_ELSE = 100 * 10**8
"""First spot price of any other market."""

VOLS = {"BTC": 550_000_000, "ETH": 650_000_000}
"""Implied volatility of each market, 1e-9 a year."""

STABLE_E8 = 10**8
"""Price of the token that cash is a claim on, 1e-8 USD."""

RATE_E9 = 40_000_000
"""Interest rate, 1e-9 a year."""

STEP_E9 = 400_000
"""Standard deviation of one step of the walk, 1e-9."""


@dataclass
class Walk:
    """The world's prices, as the reporters see them."""

    genesis: Genesis
    random: Random
    spots_e8: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Start at the first prices."""
        self.spots_e8 = [SPOTS.get(market.symbol, SPOT_ELSE) for market in self.genesis.markets]

    def step(self) -> None:
        """Move every spot price a little."""
        self.spots_e8 = [spot + spot * round(self.random.gauss(0, STEP_E9)) // RATIO_ONE for spot in self.spots_e8]

    def observe(self, feed: Feed, now_s: int) -> int:
        """Return the price or rate that a feed is about, of a surface its forward: the spot price with the interest on it."""
        if feed.kind == FeedKind.STABLE:
            return STABLE_E8
        spot = self.spots_e8[feed.market - 1]
        if feed.kind in (FeedKind.SPOT, FeedKind.PERPETUAL):
            return spot
        if feed.kind == FeedKind.RATE:
            return RATE_E9
        return spot + spot * (RATE_E9 * max(feed.expiry_s - now_s, 0) // YEAR_S) // RATIO_ONE

    def fields(self, feed: Feed, now_s: int) -> dict[str, int]:
        """Return the signed fields of a report that say what a feed observes."""
        if feed.kind == FeedKind.SURFACE:
            vol_e9 = VOLS.get(self.genesis.markets[feed.market - 1].symbol, VOLS["BTC"])
            return smile(vol_e9, self.observe(feed, now_s), feed.expiry_s - now_s)
        return {"number": self.observe(feed, now_s)}


class Reporters:
    """As many of the devnet's reporters as must agree."""

    def __init__(self, genesis: Genesis) -> None:
        """Take their well-known keys."""
        secrets = [development_secret(f"reporter-{number}") for number in range(1, REPORTERS + 1)]
        self.genesis = genesis
        self.secrets = secrets[: genesis.parameters.reporters_required]

    def report(self, walk: Walk, feeds: Mapping[int, Feed], time_s: int) -> tuple[Records, np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
        """Return updates of feeds, given by their ids, as of `time_s`, and their signatures (n, 65)."""
        updates = [joined(*self.update(number, walk.fields(feed, time_s), time_s)) for number, feed in feeds.items()]
        records = np.concatenate(updates)
        hashes = digests(records, self.genesis)
        secrets = self.secrets * len(updates)
        signatures = b"".join(sign(digest.tobytes(), secret) for digest, secret in zip(hashes, secrets, strict=True))
        return records, np.frombuffer(signatures, np.uint8).reshape(-1, 65)

    def update(self, feed: int, observed: dict[str, int], time_s: int) -> list[Records]:
        """Return each reporter's report of one feed."""
        return [make_report(feed, time_s, address_of(secret), **observed) for secret in self.secrets]


async def keep_reporting(environment: Environment, genesis: Genesis, sequencer: RpcClient, intake: str) -> None:
    """Report every feed every few seconds, for ever; what fails is said, and tried again."""
    walk, reporters = Walk(genesis, environment.random()), Reporters(genesis)
    while True:
        try:
            async with connected(environment, intake) as client:
                while not client.is_broken:
                    await environment.sleep(REFRESH_S)
                    walk.step()
                    await report_once(sequencer, client, reporters, walk)
        except* (TransportError, trio.TooSlowError) as errors:
            environment.log("feeds not reported", reason=str(errors.exceptions[0]) or f"no answer within {ANSWER_WITHIN_S:g} s")
        await environment.sleep(REFRESH_S / 5)


async def report_once(sequencer: RpcClient, client: IntakeClient, reporters: Reporters, walk: Walk) -> int:
    """Report every feed that is due; return how many updates were taken. Raises TransportError, TooSlowError."""
    status = cast("dict[str, dict[str, int]]", await sequencer.call("optimism_syncStatus"))
    time_s = status["head_l1"]["timestamp"] - BEHIND_S
    listed = cast("list[dict[str, JSON]]", await sequencer.call("optroll_getFeeds"))
    feeds = due(listed, [market.symbol for market in walk.genesis.markets], time_s)
    if not feeds:
        return 0
    records, signatures = reporters.report(walk, feeds, time_s)
    with trio.fail_after(ANSWER_WITHIN_S):
        results = await client.submit(records, signatures)
    return int((results["status"] == Status.OK).sum())


def due(listed: Sequence[Mapping[str, JSON]], symbols: Sequence[str], time_s: int) -> dict[int, Feed]:
    """Return the feeds, of those that a sequencer has shown, that are to be reported as of `time_s`, by their ids.

    Prices of what does not expire always, those of an expiry now and then, until it has come.
    """
    found: dict[int, Feed] = {}
    for each in listed:
        number, expiry_s, timestamp_s = (cast("int", each[name]) for name in ("feed", "expiry_s", "timestamp_s"))
        if timestamp_s < time_s and (expiry_s == 0 or (expiry_s > time_s and timestamp_s + AGAIN_S <= time_s)):
            market = symbols.index(str(each["market"])) + 1 if each["market"] else 0
            found[number] = Feed(FeedKind[str(each["kind"]).upper()], market, expiry_s)
    return found
