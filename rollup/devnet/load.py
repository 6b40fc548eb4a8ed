"""Load on a devnet: so many signed orders a second from many accounts, and figures of what becomes of them.

One rule: what is not answered yet is bounded; a sequencer that falls behind is waited for, and the figures show it.
"""

import json
import sys
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from typing import cast

import numpy as np
import numpy.typing as npt
import trio

from rollup.configuration import load_genesis
from rollup.core.genesis import Genesis
from rollup.core.signing import address_of
from rollup.core.transport import JSON, RpcClient, TransportError
from rollup.devnet.funding import Deposit, deposit, give_ether, subaccounts, together
from rollup.devnet.intake_client import IntakeClient, SubmissionRefused, connected
from rollup.devnet.nodes import stop_at_signal, stop_with_stdin
from rollup.devnet.record import DevnetError, Record, read
from rollup.devnet.traders import Feeds, Priced, Traders, chosen, contracts_of, mark, secrets_of
from rollup.environment import Environment
from rollup.l1.records import Records
from rollup.l1.rpc_values import data_text
from rollup.net.real import RealEnvironment
from rollup.state.limits import STEPS
from rollup.transition.status import REJECTED_FIRST, Status

TICK_S = 0.1
"""Orders are sent in portions, this often."""

PORTION = 1_024
"""Orders of one portion, at most: what a submission may hold."""

UNANSWERED = 4 * STEPS
"""Orders on their way, at most."""

DEPOSIT_E8 = 1_000_000 * 10**8
"""What each trading account is given, 1e-8 USD."""

DEPOSITS_AT_ONCE = 40
"""Accounts that are funded together: their transactions fit into a block."""

CONFIRMATIONS = 8
"""Blocks that are made upon a deposit: more than a sequencer is configured to wait for."""

REPRICE_S = 2.0
"""How often the traders look at the feeds."""

TELL_S = 1.0
"""How often the figures are told."""

LATENCIES_KEPT = 4_096
"""Answers that the latency figures are about."""

RECONNECT_S = 60.0
"""How long a sequencer that went away is waited for."""


@dataclass
class Figures:
    """What has become of the load so far."""

    sent: int = 0
    acknowledged: int = 0
    filled: int = 0
    """Orders that were filled at once, at least in part."""
    refused: int = 0
    """Not let in: the sequencer was busy."""
    lost: int = 0
    """Not answered: the connection broke."""
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))

    @property
    def unanswered(self) -> int:
        """How many are on their way."""
        return self.sent - self.acknowledged - self.refused - self.lost

    def shown(self, per_s: float) -> dict[str, object]:
        """Return the figures as a JSON object."""
        ordered = sorted(self.latencies_s) or [0.0]
        rejected = {Status(status).name: count for status, count in self.statuses.items() if status >= REJECTED_FIRST}
        invalid = {Status(status).name: count for status, count in self.statuses.items() if Status.OK < status < REJECTED_FIRST}
        return {
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "per_s": round(per_s, 1),
            "filled": self.filled,
            "rejected": rejected,
            "invalid": invalid,
            "refused": self.refused,
            "lost": self.lost,
            "ack_ms_p50": round(ordered[len(ordered) // 2] * 1e3, 1),
            "ack_ms_p99": round(ordered[len(ordered) * 99 // 100] * 1e3, 1),
        }


@dataclass
class Load:
    """A load that runs."""

    environment: Environment
    genesis: Genesis
    record: Record
    rate: int
    """Orders a second."""
    figures: Figures = field(default_factory=Figures)
    marks: dict[int, Priced] = field(default_factory=dict)

    async def run(self, accounts: int, tell: Callable[[dict[str, object]], None]) -> None:
        """Fund the accounts that are not yet, then trade until cancelled. Raises TransportError, DevnetError."""
        sequencer = self.environment.rpc_client(self.record.node("sequencer").url)
        traders = await self.traders(sequencer, accounts)
        await self.reprice(sequencer)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.keep_repricing, sequencer)
            nursery.start_soon(self.keep_telling, tell)
            while True:
                intake = self.record.node("sequencer").ingest
                async with connected(self.environment, intake, patience_s=RECONNECT_S) as client, trio.open_nursery() as connection:
                    await self.trade(client, traders, connection)

    async def traders(self, sequencer: RpcClient, count: int) -> Traders:
        """Return the traders, each with money on a subaccount of its own."""
        secrets = secrets_of(count)
        owners = await together(sequencer, [("optroll_getAccountsOf", [data_text(address_of(secret))]) for secret in secrets])
        wanting = [Deposit(secret, DEPOSIT_E8) for secret, found in zip(secrets, owners, strict=True) if not found]
        l1 = self.environment.rpc_client(self.record.node("l1").url)
        for first in range(0, len(wanting), DEPOSITS_AT_ONCE):
            portion = wanting[first : first + DEPOSITS_AT_ONCE]
            await give_ether(l1, [each.owner for each in portion])
            await deposit(l1, self.genesis, portion, confirmations=CONFIRMATIONS)
        await l1.aclose()
        numbers = await subaccounts(self.environment, sequencer, [Deposit(secret, 0) for secret in secrets])
        accounts = await together(sequencer, [("optroll_getAccount", [number]) for number in numbers])
        nonces = [cast("dict[str, int]", account)["nonce"] for account in accounts]
        return Traders(self.genesis, secrets, numbers, nonces, Random())

    async def trade(self, client: IntakeClient, traders: Traders, connection: trio.Nursery) -> None:
        """Send a portion at every tick for as long as the connection holds."""
        began, sent = trio.current_time(), 0
        while not client.is_broken:
            due = int((trio.current_time() - began) * self.rate) - sent
            count = max(0, min(due, PORTION, UNANSWERED - self.figures.unanswered))
            if count:
                sent += count
                records, signatures = await self.environment.in_thread(traders.act, count, dict(self.marks))
                connection.start_soon(self.submit, client, records, signatures)
            if due > PORTION and count:
                continue
            # What could not be sent in its time is not sent later in a burst.
            if due - count > self.rate:
                began, sent = trio.current_time(), 0
            await self.environment.sleep(TICK_S)

    async def submit(self, client: IntakeClient, records: Records, signatures: npt.NDArray[np.uint8]) -> None:
        """Send a portion, and count what becomes of it."""
        figures, sent_at = self.figures, trio.current_time()
        figures.sent += len(records)
        try:
            results = await client.submit(records, signatures)
        except SubmissionRefused:
            figures.refused += len(records)
        except TransportError:
            figures.lost += len(records)
        else:
            figures.acknowledged += len(results)
            figures.filled += int((results["filled_e6"] > 0).sum())
            figures.statuses.update(Counter(results["status"].tolist()))
            figures.latencies_s.append(trio.current_time() - sent_at)

    async def keep_repricing(self, sequencer: RpcClient) -> None:
        """Look at the feeds for ever."""
        while True:
            await self.environment.sleep(REPRICE_S)
            try:
                await self.reprice(sequencer)
            except TransportError as error:
                self.environment.log("feeds not read", reason=str(error))

    async def reprice(self, sequencer: RpcClient) -> None:
        """Compute the marks of what is listed now from the feeds as they are."""
        feeds = cast("list[dict[str, int]]", await sequencer.call("optroll_getFeeds"))
        shown = contracts_of(cast("list[dict[str, JSON]]", await sequencer.call("optroll_getInstruments")))
        numbers = {each["feed"]: each["number"] for each in feeds}
        spots = {str(each["market"]): each["number"] / 1e8 for each in feeds if str(each["kind"]) == "spot" and each["market"]}
        marks: dict[int, Priced] = {}
        for each in chosen(shown, spots, self.environment.now()):
            found = Feeds(numbers[each.forward_feed] / 1e8, numbers.get(each.vol_feed, 0) / 1e9)
            if found.forward > 0 and (found.vol > 0 or each.vol_feed == 0):
                marks[each.instrument] = Priced(mark(each, found, self.environment.now()), each.tick_e8, each.lot_e6)
        self.marks = marks

    async def keep_telling(self, tell: Callable[[dict[str, object]], None]) -> None:
        """Tell the figures for ever."""
        before = 0
        while True:
            await self.environment.sleep(TELL_S)
            tell(self.figures.shown((self.figures.acknowledged - before) / TELL_S))
            before = self.figures.acknowledged


async def ready_record(environment: Environment, directory: Path) -> Record:
    """Wait until a devnet is ready."""
    while True:
        try:
            found = read(directory)
        except DevnetError:
            found = None
        if found is not None and found.is_ready:
            return found
        await environment.sleep(TICK_S)


def run_load(directory: Path, rate: int, accounts: int, *, with_stdin: bool, seconds: float = inf) -> None:
    """Load the devnet in a directory once it is ready, until a signal or for so long; figures go to stdout, a line of JSON each.

    Raises TransportError, DevnetError.
    """
    trio.run(partial(live, RealEnvironment("load"), directory, rate, accounts, with_stdin=with_stdin, seconds=seconds))


async def live(environment: Environment, directory: Path, rate: int, accounts: int, *, with_stdin: bool, seconds: float) -> None:
    """See `run_load`."""
    async with trio.open_nursery() as nursery:
        await nursery.start(stop_at_signal, environment, nursery.cancel_scope)
        if with_stdin:
            nursery.start_soon(stop_with_stdin, environment, nursery.cancel_scope)
        found = await ready_record(environment, directory)
        load = Load(environment, load_genesis(Path(found.genesis)), found, rate)
        with trio.move_on_after(seconds):
            await load.run(accounts, tell_line)
        nursery.cancel_scope.cancel()


def tell_line(figures: dict[str, object]) -> None:
    """Write figures to stdout as one line of JSON."""
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
