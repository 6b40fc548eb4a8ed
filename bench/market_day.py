"""The market day, measured: mass quotes and takers end to end over TCP, the check of a full account, growth with the accounts.

One rule: every ratio is of two figures taken in turn in the same run, and records are counted as the throughput counts them: a mass quote
is as many as it has signatures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import trio

import bench.margin
from bench.bare import verify_rate
from bench.client import send
from bench.day_workload import CYCLE, Chain, People, addresses_of, cycles, opening, takers_in_turn
from bench.growth import growth
from bench.process import Settings
from bench.rig import Rig, rig
from bench.throughput import ROUNDS, Bytes, Run, expect_ok, fund_all
from bench.workload import Trader, signed_by, traders
from rollup.acceleration import Acceleration, load
from rollup.core.development import REPORTERS, development_secret
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak_many
from rollup.devnet.market_day.chain import chain_genesis
from rollup.environment import Environment
from rollup.l1.action import digests
from rollup.l1.records import Records

Say = Callable[[str], None]

R_SIG_LEAST, APPLY_ROOT_MOST_US, SCRATCH_MOST_US, KEPT_MOST_US, GROWTH_MOST = 0.6, 25.0, 3_000.0, 20.0, 1.5
"""What is aimed at."""

SIGNERS, MAKERS = 256, 32
"""Accounts that trade, and those of them that quote."""

SMALLEST = 1_000
"""Accounts of the smallest state whose growth is measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    transactions: int = 40_000
    batch: int = 4_000
    mode: str = "compiled"
    largest: int = 1_000_000
    signers: int = SIGNERS
    cache: Path = Path(".optroll/cache")
    growth_rounds: int = 9
    growth_records: int = 8_000
    margin: bench.margin.Plan | None = None


@dataclass
class Day:
    """Where the run takes place."""

    environment: Environment
    genesis: Genesis
    plan: Plan
    ring: list[Trader]
    say: Say
    chain: Chain = field(init=False)

    def open_at(self, time_s: int) -> None:
        """Take the prices of the moment."""
        self.chain = Chain(self.genesis, time_s)

    @property
    def people(self) -> People:
        """Who trades: makers first."""
        addresses = addresses_of([trader.secret for trader in self.ring])
        makers = min(MAKERS, len(self.ring) // 2)
        return People(np.array([trader.account for trader in self.ring]), addresses, makers)


async def measure(environment: Environment, plan: Plan, say: Say) -> dict[str, object]:
    """Measure everything; `say` takes lines of progress. Raises BenchFailed, GrowthFailed, HealthDiffers."""
    time_s = int(environment.now()) - 60
    genesis = chain_genesis(time_s=time_s, verifiers=1)
    code = None
    if plan.mode != "plain":
        code = await trio.to_thread.run_sync(load, plan.cache, say)
    run = await run_day(Day(environment, genesis, plan, traders(plan.signers), say), time_s, code)
    say("measuring: the portfolio check of a full account")
    checked = await trio.to_thread.run_sync(bench.margin.measure, plan.margin or bench.margin.Plan(plan.cache), say)
    sizes = (SMALLEST, plan.largest) if plan.largest > SMALLEST else (plan.largest // 2, plan.largest)
    say(f"measuring: the same orders on states of {sizes[0]:,} and {sizes[1]:,} accounts, in turn")
    grown = await trio.to_thread.run_sync(growth, genesis, sizes, code, plan.growth_rounds, plan.growth_records)
    return figures(plan, run, checked, grown)


async def run_day(day: Day, time_s: int, code: Acceleration | None) -> Run:
    """Measure the sequencer with every signature checked, in turn with the bare library."""
    run, plan = Run(), day.plan
    with TemporaryDirectory(prefix="optroll-bench-") as place:
        settings = Settings(
            time_s=time_s, directory=place, cache=str(plan.cache.resolve()), mode=plan.mode, batch=plan.batch, full_chain=True
        )
        async with rig(settings) as started:
            work = await prepare(day, started, code)
            day.say("measuring: signatures checked, in turn with bare libsecp256k1")
            for records, signatures in work:
                run.bare.append(await trio.to_thread.run_sync(bare_signatures, day, records, signatures))
                outcome = await send(day.environment, started.ingest, records, signatures)
                expect_ok(outcome)
                run.rates.append(outcome.records / outcome.seconds)
                run.latencies_s += outcome.latencies_s
                day.say(f"  {run.rates[-1]:,.0f} records a second, {run.rates[-1] / run.bare[-1]:.3f} of bare signatures")
            rpc = day.environment.rpc_client(started.sequencer)
            totals = cast("dict[str, list[int]]", await rpc.call("optroll_stages"))
            run.stages = {name: spent / count / 1000 for name, (spent, count) in totals.items() if count}
            run.resident_mb = started.resident_mb()
            await rpc.aclose()
    return run


async def prepare(day: Day, started: Rig, code: Acceleration | None) -> list[tuple[Records, Bytes]]:
    """Fund every account, report every feed, give makers their portfolios and warm up; return the work of each round, signed."""
    day.say(f"funding {len(day.ring)} accounts through the bridge; {len(day.genesis.instruments)} instruments")
    day.open_at(await fund_all(day.environment, day.genesis, started, day.ring))
    hash_many = code.hash_many if code else keccak_many
    secrets = {tuple(words): trader.secret for trader, words in zip(day.ring, day.people.addresses.tolist(), strict=True)}
    reporters = [development_secret(f"reporter-{number}") for number in range(1, REPORTERS + 1)]
    secrets |= {tuple(words): secret for secret, words in zip(reporters, addresses_of(reporters).tolist(), strict=True)}
    each = max(day.plan.transactions // ROUNDS // CYCLE, 1)
    first = 2 * day.people.makers
    day.say(f"signing {CYCLE * (each * ROUNDS + first)} records")
    begun = [day.chain.reports(reporters), opening(day.chain, day.people), taken_in_turn(day, 0, first)]
    for records in begun:
        expect_ok(await send(day.environment, started.ingest, records, signed_by(day.genesis, secrets, records, hash_many), in_flight=1))
    parts = [taken_in_turn(day, first + each * part, each) for part in range(ROUNDS)]
    return [(records, signed_by(day.genesis, secrets, records, hash_many)) for records in parts]


def taken_in_turn(day: Day, first: int, count: int) -> Records:
    """Return cycles whose takers are everybody in turn."""
    return cycles(day.chain, day.people, first, count, takers_in_turn(day.people, first, count))


def bare_signatures(day: Day, records: Records, signatures: Bytes) -> float:
    """Return the bare library's rate on some of a round's own signatures."""
    count = min(len(records), 4_096)
    points = {trader.account: trader.point for trader in day.ring}
    hashes = digests(records[:count], day.genesis)
    return verify_rate(hashes, signatures[:count, :64], [points[account] for account in records["account"][:count].tolist()])


def figures(plan: Plan, run: Run, checked: dict[str, object], grown: dict[str, object]) -> dict[str, object]:
    """Return what was found, and whether it is what is aimed at."""
    kept, scratch = (cast("dict[str, float]", checked[name]) for name in ("kept_us", "scratch_us"))
    apply_root = run.stages.get("apply", 0.0) + run.stages.get("root", 0.0)
    found: dict[str, object] = {
        "r_sig": round(run.ratio, 3),
        "apply_root_us": round(apply_root, 2),
        "check_scratch_us": round(max(scratch.values()), 1),
        "check_kept_us": round(max(kept.values()), 2),
        **grown,
    }
    targets = {
        "r_sig": run.ratio >= R_SIG_LEAST,
        "apply_root_us": apply_root <= APPLY_ROOT_MOST_US,
        "check_scratch_us": max(scratch.values()) < SCRATCH_MOST_US,
        "check_kept_us": max(kept.values()) < KEPT_MOST_US,
        "growth": cast("float", grown["growth"]) <= GROWTH_MOST,
    }
    return {
        **found,
        "met": targets,
        "records_per_s": round(median(run.rates), 1),
        "bare_signatures_per_s": round(median(run.bare), 1),
        "quotes_per_s": round(median(run.rates) / CYCLE * 32, 1),
        "ack_ms_p50": round(float(np.percentile(run.latencies_s, 50)) * 1000, 1),
        "ack_ms_p99": round(float(np.percentile(run.latencies_s, 99)) * 1000, 1),
        "stages": {name: round(spent, 2) for name, spent in run.stages.items()},
        "check_by_expiries": {"kept_us": kept, "scratch_us": scratch},
        "mode": plan.mode,
        "signers": plan.signers,
        "batch": plan.batch,
        "records": plan.transactions,
        "sequencer_resident_mb": round(run.resident_mb, 1),
    }
