"""Throughput, end to end: client process → sequencer over TCP → durable acknowledgement; then the verifier's replay of the same batches.

One rule: every ratio is of two figures taken in turn in the same run. (PERFORMANCE, definitions.)
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import numpy.typing as npt
import trio

from bench.bare import BareNode, verify_rate
from bench.client import Outcome, send
from bench.posted import Posted, read_posted
from bench.process import Settings
from bench.rig import Rig, fund, node, rig
from bench.workload import Trader, feed_reports, orders, signed, traders
from rollup.acceleration import Acceleration, load
from rollup.core.development import REPORTERS, development_genesis, development_secret
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak_many
from rollup.environment import Environment, RpcClient
from rollup.l1.action import digests
from rollup.l1.forced import encode_deposit, record_of_entry
from rollup.l1.records import begin_record, concatenated
from rollup.state.genesis import genesis_rows
from rollup.store import LevelStore
from rollup.transition.machine import Machine, PlainMachine
from rollup.transition.status import Status

Records = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
Say = Callable[[str], None]

ROUNDS = 4
"""Times that each side of a ratio is measured, in turn."""

SIGNERS_MAX = 256
"""Accounts that trade; further ones only exist."""

WARM_UP = 1_024
"""Records sent before anything is measured: keys become known, caches warm."""

CAUGHT_UP_WITHIN_S = 300
"""How long L1 or a verifier may take to have everything."""

POLL_S = 0.02
"""How often progress is asked for, in seconds."""

SIGNATURE_BYTES = 64
"""The floor of a transaction's bytes on L1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    accounts: int = 256
    transactions: int = 40_000
    batch: int = 4_000
    mode: str = "compiled"
    cache: Path = Path(".optroll/cache")


@dataclass
class Run:
    """One run of the sequencer: its figures by round, and what it left on L1."""

    rates: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    resident_mb: float = 0.0
    replay: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """The median of the paired ratios."""
        return median(ours / bare for ours, bare in zip(self.rates, self.bare, strict=True))


class BenchFailed(Exception):
    """A measurement that did not do what it should have: its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a run takes place: genesis, accounts, time."""

    environment: Environment
    genesis: Genesis
    ring: list[Trader]
    time_s: int
    plan: Plan
    say: Say


async def measure(environment: Environment, plan: Plan, say: Say, *, with_signatures: bool) -> dict[str, object]:
    """Measure everything; `say` takes lines of progress. Raises BenchFailed."""
    time_s = int(environment.now()) - 60
    genesis = development_genesis(time_s=time_s, verifiers=1)
    ring = traders(plan.accounts)
    field_ = Field(environment, genesis, ring, time_s, plan, say)
    code = None
    if plan.mode != "plain":
        code = await trio.to_thread.run_sync(load, plan.cache, say)
    full = await run_signed(field_, code) if with_signatures else None
    trusting = await run_trusting(field_, code)
    return figures(plan, full, trusting)


async def run_signed(field_: Field, code: Acceleration | None) -> Run:
    """Measure with every signature checked, against the bare library; then post, and replay on a verifier."""
    run = Run()
    with TemporaryDirectory(prefix="optroll-bench-") as place:
        settings = settings_of(field_, place)
        async with rig(settings) as started:
            start_s = await prepare(field_, started)
            work = make_work(field_, code, start_s)
            field_.say("measuring: signatures checked, in turn with bare libsecp256k1")
            for part in range(ROUNDS):
                records, signatures = chunk(work, part)
                run.bare.append(await trio.to_thread.run_sync(bare_signatures, field_, records, signatures))
                await one_round(field_, started, run, (records, signatures))
            await finish(field_, started, run)
            for name, traced in (("traced", True), ("untraced", False)):
                field_.say(f"measuring: a verifier's replay, {name}")
                run.replay[name] = await replay(field_, started, replace(settings, traced=traced, directory=f"{place}/{name}"), run)
    return run


async def run_trusting(field_: Field, code: Acceleration | None) -> Run:
    """Measure with signatures taken on trust, against the bare kernels."""
    run = Run()
    with TemporaryDirectory(prefix="optroll-bench-") as place:
        async with rig(replace(settings_of(field_, place), trusting=True)) as started:
            start_s = await prepare(field_, started)
            records = orders(field_.genesis, active(field_), field_.plan.transactions + WARM_UP, 0, start_s)
            work = records, np.zeros((len(records), 65), np.uint8)
            bare = await trio.to_thread.run_sync(bare_node, field_, code, start_s, place)
            field_.say("measuring: signatures taken on trust, in turn with the bare kernels")
            for part in range(ROUNDS):
                taken = chunk(work, part)
                run.bare.append(await trio.to_thread.run_sync(bare.rate, authentic(taken[0]), field_.plan.batch))
                await one_round(field_, started, run, taken)
            await finish(field_, started, run)
    return run


def settings_of(field_: Field, place: str) -> Settings:
    """Return what the nodes of a run are told."""
    plan = field_.plan
    return Settings(time_s=field_.time_s, directory=place, cache=str(plan.cache.resolve()), mode=plan.mode, batch=plan.batch)


def active(field_: Field) -> list[Trader]:
    """Return the accounts that trade."""
    return field_.ring[:SIGNERS_MAX]


async def fund_all(environment: Environment, genesis: Genesis, started: Rig, ring: list[Trader]) -> int:
    """Fund every account through the bridge, and wait until the rollup has the last of them; return L1's time."""
    await fund(environment, genesis, started, ring)
    rpc = environment.rpc_client(started.sequencer)
    with trio.fail_after(CAUGHT_UP_WITHIN_S):
        while True:
            if await rpc.call("optroll_getAccount", [len(ring)]) is not None:
                break
            await trio.sleep(POLL_S)
    status = cast("dict[str, dict[str, int]]", await rpc.call("optimism_syncStatus"))
    await rpc.aclose()
    return status["head_l1"]["timestamp"]


async def prepare(field_: Field, started: Rig) -> int:
    """Fund every account and report every feed; return the rollup's time."""
    field_.say(f"funding {len(field_.ring)} accounts through the bridge")
    time_s = await fund_all(field_.environment, field_.genesis, started, field_.ring)
    secrets = [development_secret(f"reporter-{number}") for number in range(1, REPORTERS + 1)]
    expect_ok(await send(field_.environment, started.ingest, *feed_reports(field_.genesis, secrets, time_s), in_flight=1))
    return time_s


def make_work(field_: Field, code: Acceleration | None, time_s: int) -> tuple[Records, Bytes]:
    """Make and sign the orders: a warm-up, and what is measured."""
    count = field_.plan.transactions + WARM_UP
    field_.say(f"signing {count} orders")
    records = orders(field_.genesis, active(field_), count, 0, time_s)
    return records, signed(field_.genesis, active(field_), records, code.hash_many if code else keccak_many)


def chunk(work: tuple[Records, Bytes], part: int) -> tuple[Records, Bytes]:
    """Return one round's share of the work; the first has the warm-up in front."""
    size = (len(work[0]) - WARM_UP) // ROUNDS // 2 * 2
    first = 0 if part == 0 else WARM_UP + part * size
    return work[0][first : WARM_UP + (part + 1) * size], work[1][first : WARM_UP + (part + 1) * size]


async def one_round(field_: Field, started: Rig, run: Run, work: tuple[Records, Bytes]) -> None:
    """Send some orders, all of which must succeed."""
    outcome = await send(field_.environment, started.ingest, *work)
    expect_ok(outcome)
    run.rates.append(outcome.records / outcome.seconds)
    run.latencies_s += outcome.latencies_s
    field_.say(f"  {run.rates[-1]:,.0f} transactions a second")


def expect_ok(outcome: Outcome) -> None:
    """Raise BenchFailed unless every record was executed with success."""
    failed = {Status(status).name: count for status, count in outcome.statuses.items() if status not in (Status.OK, Status.CONTINUED)}
    if failed or outcome.errors:
        raise BenchFailed(f"the bench's own transactions failed: {failed or dict(outcome.errors)}")


async def finish(field_: Field, started: Rig, run: Run) -> None:
    """Wait until L1 has everything; note stages, bytes and memory.

    This L1 makes blocks for transactions alone, and its time stands still without; a batch that is dated ahead of it would wait for ever.
    """
    field_.say("waiting for the batches to be posted")
    rpc, l1 = field_.environment.rpc_client(started.sequencer), field_.environment.rpc_client(started.l1)
    with trio.fail_after(CAUGHT_UP_WITHIN_S):
        while True:
            status = cast("dict[str, dict[str, int]]", await rpc.call("optimism_syncStatus"))
            if status["safe_l2"]["number"] == status["unsafe_l2"]["number"]:
                break
            await l1.call("evm_mine")
            await trio.sleep(POLL_S)
    await l1.aclose()
    totals = cast("dict[str, list[int]]", await rpc.call("optroll_stages"))
    run.stages = {name: spent / count / 1000 for name, (spent, count) in totals.items() if count}
    run.resident_mb = started.resident_mb()
    run.posted = await read_posted(field_.environment, field_.genesis, started.l1)
    await rpc.aclose()


async def replay(field_: Field, started: Rig, settings: Settings, run: Run) -> float:
    """Return how many steps a second a fresh verifier executes, from its first full batch to the last."""
    full = [posted for posted in run.posted if posted.records >= field_.plan.batch // 2]
    if len(full) < 2:
        raise BenchFailed(f"a replay is measured between two full batches; there are {len(full)}: ask for more transactions")
    async with node("verifier", replace(settings, l1_url=started.l1)) as running:
        rpc = field_.environment.rpc_client(f"http://{running.addresses['rpc']}")
        start = await reached(rpc, full[0].index)
        end = await reached(rpc, full[-1].index)
        await rpc.aclose()
    return sum(posted.records for posted in full[1:]) / (end - start)


async def reached(rpc: RpcClient, batch: int) -> float:
    """Return the moment when a verifier has executed a batch, in trio's seconds."""
    with trio.fail_after(CAUGHT_UP_WITHIN_S):
        while True:
            status = cast("dict[str, dict[str, int]]", await rpc.call("optimism_syncStatus"))
            if status["safe_l2"]["number"] >= batch:
                return trio.current_time()
            await trio.sleep(POLL_S)


def bare_signatures(field_: Field, records: Records, signatures: Bytes) -> float:
    """Return the bare library's rate on some of a round's own signatures."""
    count = min(len(records), 4_096)
    points = {trader.account: trader.point for trader in active(field_)}
    hashes = digests(records[:count], field_.genesis)
    return verify_rate(hashes, signatures[:count, :64], [points[account] for account in records["account"][:count].tolist()])


def bare_node(field_: Field, code: Acceleration | None, time_s: int, place: str) -> BareNode:
    """Return the bare kernels, at the state where the workload begins."""
    machine: Machine = PlainMachine()
    machine.load(genesis_rows(field_.genesis))
    deposits = [record_of_entry(encode_deposit(0, 10**15, trader.address))[0] for trader in active(field_)]
    secrets = [development_secret(f"reporter-{number}") for number in range(1, REPORTERS + 1)]
    opening = concatenated([begin_record(0, time_s, len(deposits)), *deposits, authentic(feed_reports(field_.genesis, secrets, time_s)[0])])
    machine.execute(opening, 0, len(opening))
    machine.close_batch()
    if code is not None:
        machine = code.change_over(machine)
    return BareNode(field_.genesis, machine, LevelStore(Path(place, "bare")), code.hash_many if code else keccak_many)


def authentic(records: Records) -> Records:
    """Return records as if their signatures had been checked."""
    copy = records.copy()
    copy["authentic"] = 1
    return copy


def figures(plan: Plan, full: Run | None, trusting: Run) -> dict[str, object]:
    """Return what was found, by the names of PERFORMANCE."""
    run = full or trusting
    rate = median(run.rates)
    records, size = sum(posted.records for posted in run.posted), sum(posted.size for posted in run.posted)
    biggest = max(run.posted, key=lambda posted: posted.records)
    return {
        "tx_per_s": round(rate, 1),
        "r_sig": round(full.ratio, 3) if full else None,
        "r_rest": round(trusting.ratio, 3),
        "r_verify": round(full.replay["traced"] / rate, 3) if full else None,
        "r_verify_untraced": round(full.replay["untraced"] / rate, 3) if full else None,
        "l1_bytes_per_tx": round(biggest.size / biggest.records, 2),
        "l1_bytes_per_tx_all": round(size / records, 2),
        "r_bytes": round(biggest.size / biggest.records / SIGNATURE_BYTES, 3),
        "signers_per_batch": biggest.signers,
        "batch": biggest.records,
        "ack_ms_p50": round(float(np.percentile(run.latencies_s, 50)) * 1000, 1),
        "ack_ms_p99": round(float(np.percentile(run.latencies_s, 99)) * 1000, 1),
        "stages": {name: round(spent, 2) for name, spent in run.stages.items()},
        "mode": plan.mode,
        "accounts": plan.accounts,
        "transactions": plan.transactions,
        "bare_signatures_per_s": round(median(full.bare), 1) if full else None,
        "bare_kernels_per_s": round(median(trusting.bare), 1),
        "tx_per_s_without_signatures": round(median(trusting.rates), 1),
        "sequencer_resident_mb": round(run.resident_mb, 1),
    }
