"""The day of a full option chain: every invariant after every step, every kind of event seen, and one history a seed in any process."""

import json
import os
import subprocess
import sys

import pytest

from rollup.audit.violation import DUST, TITLES, Violation
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import FUTURE, PERPETUAL
from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.market_day import market_day
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.market_day.auditor import NAMES, SEEN, Auditor
from rollup.devnet.market_day.chain import INSTRUMENTS_LEAST, chain_genesis
from rollup.devnet.market_day.day import SMALL
from rollup.devnet.market_day.orders import QUOTED, legs, live, quotes, windows
from rollup.devnet.market_day.weather import E8, E9, Weather
from rollup.market.terms import BUY, SELL
from tests.drills.reports import report_of

PLAY = """
import json
from rollup.devnet.drills.market_day import market_day
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.market_day.day import SMALL
print(json.dumps(run_drill("market-day", market_day(SMALL), 1).fields()))
"""


def small_day():
    return report_of("market-day", 1)


def test_a_day_ends_safe_with_every_invariant_held_after_every_step():
    report, told = small_day()
    assert report.is_safe, [name for name, holds in report.invariants.items() if not holds]
    assert not report.missed
    assert report.figures["instruments"] >= INSTRUMENTS_LEAST
    assert {f"invariant_{number}_{NAMES[number]}" for number in TITLES} <= report.invariants.keys()
    assert {f"seen_{kind.name.lower()}" for kind in SEEN} <= report.invariants.keys()
    assert report.figures["batches_audited"] == report.figures["batches"] == report.figures["confirmed"]
    assert report.figures["steps_audited"] > report.figures["transactions"]
    assert report.figures["protection_struck"] > 0
    assert report.replay == "optroll drill run market-day --seed 1"
    assert any("steps audited, 0 violations" in line for line in told)
    assert any("spot is 70,000 USD" in line for line in told)


def test_the_command_plays_the_full_scale_of_the_same_day():
    assert load("market-day").fault == market_day(SMALL).fault


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_the_full_day_ends_safe(seed):
    report = run_drill("market-day", load("market-day"), seed)
    assert report.is_safe, [name for name, holds in report.invariants.items() if not holds]
    assert report.figures["steps_audited"] > small_day()[0].figures["steps_audited"]


def test_one_seed_has_one_history_in_any_process(root):
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", PLAY], cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=900)
    report = json.loads(done.stdout)
    assert report["trace_digest"] == small_day()[0].trace_digest
    assert report["figures"] == small_day()[0].figures


class Watched:
    """As much of a scene as an auditor needs to give its verdicts."""

    def __init__(self):
        self.genesis = chain_genesis(verifiers=1)
        self.verdicts, self.figures = {}, {}
        self.chronicle = self
        self.follower = self.derivation = self
        self.batches = {}

    @staticmethod
    def pending():
        return []


def test_a_violation_is_a_verdict_and_so_is_a_day_on_which_nothing_happened():
    scene = Watched()
    auditor = Auditor(scene)
    auditor.finish()
    assert all(scene.verdicts[f"invariant_{number}_{name}"] for number, name in NAMES.items())
    assert not any(scene.verdicts[f"seen_{kind.name.lower()}"] for kind in SEEN)
    auditor.replay.machine.violations.append(Violation(DUST, "planted"))
    auditor.finish()
    assert [name for name, holds in scene.verdicts.items() if not holds and "invariant" in name] == ["invariant_8_dust"]


@pytest.fixture(scope="module")
def weather():
    genesis = chain_genesis(verifiers=1)
    return Weather(genesis, genesis.chain.time_s)


def test_the_chain_has_everything_that_is_traded(weather):
    types = [each.option_type for each in weather.genesis.instruments]
    assert len(types) >= INSTRUMENTS_LEAST
    assert {types.count(PERPETUAL), types.count(FUTURE)} == {2, 7}
    assert len(weather.genesis.markets[0].expiries_s) >= 5
    assert weather.genesis.markets[0].expiries_s[0] - weather.genesis.chain.time_s < 86_400


def test_prices_fit_together(weather):
    """Futures are their forwards; a call less a put is the forward less the strike; quotes enclose the mark, on ticks."""
    for number, each in enumerate(weather.genesis.instruments, 1):
        mark = weather.mark(each)
        if each.option_type in {PERPETUAL, FUTURE}:
            assert mark == weather.forward(each.market, each.expiry_s)
        (quote,) = quotes(weather, [number], E9 // 25, 1_000_000)
        assert quote["price_e8"] <= max(mark, each.tick_e8) < quote["amount_e8"]
        assert quote["price_e8"] % each.tick_e8 == quote["amount_e8"] % each.tick_e8 == quote["quantity_e6"] % each.lot_e6 == 0
        assert min(quote["price_e8"], quote["quantity_e6"]) > 0
    calls = [each for each in weather.genesis.instruments if each.name.endswith("-C")]
    for call in calls[::17]:
        put = next(each for each in weather.genesis.instruments if each.name == call.name[:-1] + "P")
        assert weather.mark(call) - weather.mark(put) == weather.forward(call.market, call.expiry_s) - call.strike_e8


def test_prices_move_as_the_weather_does(weather):
    moved = Weather(weather.genesis, weather.time_s)
    before = moved.spot(1), moved.surface(1, moved.genesis.markets[0].expiries_s[2])
    moved.move(weather.time_s + 60, E9 * 7 // 10, E9)
    assert moved.spot(1) == before[0] * 7 // 10 == 70_000 * E8
    assert moved.surface(1, moved.genesis.markets[0].expiries_s[2]) != before[1]
    kinds = {feed.kind for feed in moved.genesis.feeds}
    assert {FeedKind.SPOT, FeedKind.RATE, FeedKind.FORWARD, FeedKind.SURFACE, FeedKind.PERPETUAL} <= kinds
    assert all(moved.observed(number) for number in range(1, len(moved.genesis.feeds) + 1))


def test_makers_come_round_the_whole_chain(weather):
    ids = live(weather.genesis, weather.time_s)
    assert ids == list(range(1, len(weather.genesis.instruments) + 1))
    turns, seen = windows(ids, 3), set()
    for _ in range(-(-len(ids) // (3 * QUOTED))):
        own = next(turns)
        assert [len(each) for each in own] == [QUOTED] * 3
        assert len(set().union(*own)) == 3 * QUOTED
        seen |= set().union(*own)
    assert seen == set(ids)
    late = weather.genesis.markets[0].expiries_s[0]
    assert len(live(weather.genesis, late)) < len(ids)


def test_the_two_sides_of_a_block_mirror_each_other(weather):
    taken, given = legs(weather, [5, 9], (BUY, SELL), 400_000)
    assert [leg["side"] for leg in taken] == [BUY, SELL]
    assert [leg["side"] for leg in given] == [SELL, BUY]
    assert [{**leg, "side": 0} for leg in taken] == [{**leg, "side": 0} for leg in given]
