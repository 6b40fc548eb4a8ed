"""The market day's measurement: orders that all succeed and leave takers flat, the same on any state, and figures of the right shape."""

from collections import Counter

import numpy as np
import pytest
import trio

import bench.growth
from bench import market_day
from bench.client import FRAME, frames_of
from bench.day_workload import CYCLE, TAKEN, Chain, cycles, opening, takers_in_turn
from bench.growth import Field, GrowthFailed, crowd, growth
from bench.market_day import Plan, Run, figures, measure
from bench.report import DAY_AIMS, day_rows
from rollup.audit.whole.audit import audit_state
from rollup.core.codec import Limits, decode
from rollup.devnet.market_day.chain import chain_genesis
from rollup.l1.envelope import decode_bulk
from rollup.market.margin import Model
from rollup.net.real import RealEnvironment
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

START_S = 1_790_000_000


@pytest.fixture(scope="module")
def genesis():
    return chain_genesis(time_s=START_S, verifiers=1)


@pytest.fixture(scope="module", autouse=True)
def few_makers():
    """In the plain mode a maker's margin takes a millisecond."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.growth, "MAKERS", 4)
        patch.setattr(market_day, "MAKERS", 4)
        yield


@pytest.fixture(scope="module")
def field(genesis):
    return Field(genesis, 24, None)


def test_every_cycle_succeeds_and_leaves_its_takers_flat(field):
    before = {n: field.machine.row("accounts", n)["positions"] for n in range(1, 25)}
    records = field.next_cycles(2 * field.people.makers)
    records["authentic"] = 1
    receipts = field.machine.execute(records, 0, len(records))
    field.machine.close_batch()
    assert Counter(receipts["status"].tolist()) == {
        Status.OK: len(records) // CYCLE * (1 + 2 * TAKEN),
        Status.CONTINUED: len(records) // CYCLE * (CYCLE - 1 - 2 * TAKEN),
    }
    orders = records["kind"] == Kind.PLACE_ORDER
    assert (receipts["filled_e6"][orders] == records["quantity_e6"][orders]).all()
    quotes = records["kind"] == Kind.MASS_QUOTE
    assert not receipts["dropped"][quotes].any()
    assert (receipts["cancelled"][quotes] > 0).all()
    after = {n: field.machine.row("accounts", n)["positions"] for n in range(1, 25)}
    makers = set(field.people.accounts[: field.people.makers].tolist())
    assert all(after[n] == before[n] for n in after if n not in makers)
    assert all(after[n] == 0 for n in after if n not in makers)
    assert not audit_state(field.machine.state)


def test_makers_have_portfolios_and_portfolio_margin(field):
    for account in field.people.accounts[: field.people.makers].tolist():
        row = field.machine.row("accounts", account)
        assert row["margin_model"] == Model.PORTFOLIO
        assert row["positions"] > 8
        assert row["open_orders"] == 32


def test_refused_orders_are_no_measurement(genesis):
    field = Field(genesis, 16, None)
    records = field.next_cycles(1)
    records["nonce"] = 1
    with pytest.raises(GrowthFailed, match="INVALID_NONCE"):
        field.run([records])


def test_states_of_different_size_are_measured_in_turn(genesis):
    found = growth(genesis, (16, 40), None, rounds=1, records=CYCLE)
    assert found["growth_us"].keys() == {"16", "40"}
    assert found["growth_accounts"] == [16, 40]
    assert found["growth"] > 0


def test_a_crowd_is_everybody_once_with_makers_spread(genesis):
    people = crowd(1_000, 10)
    assert sorted(people.accounts.tolist()) == list(range(1, 1_001))
    assert np.diff(people.accounts[:10]).tolist() == [100] * 9
    assert len({tuple(words) for words in people.addresses.tolist()}) == 1_000


def test_frames_are_whole_transactions(genesis):
    people = crowd(64, 8)
    chain = Chain(genesis, START_S + 1)
    records = np.concatenate([opening(chain, people), cycles(chain, people, 0, 80, takers_in_turn(people, 0, 80))])
    signatures = np.arange(len(records) * 65, dtype=np.uint64).astype(np.uint8).reshape(-1, 65)
    parts = [decode_bulk(decode(frame, Limits(size=1 << 24, depth=6))["bulk"]) for frame in frames_of(records, signatures)]
    assert len(parts) == -(-len(records) // FRAME) or len(parts) == -(-len(records) // FRAME) + 1
    assert all(part["kind"][0] != Kind.CONTINUATION and len(part) <= FRAME for part, _ in parts)
    assert np.concatenate([part for part, _ in parts])["nonce"].tolist() == records["nonce"].tolist()
    assert np.concatenate([rest for _, rest in parts]).tobytes() == signatures[:, :64].tobytes()


def test_what_is_aimed_at_is_said_beside_what_was_found():
    run = Run(rates=[500.0, 700.0], bare=[1_000.0, 1_000.0], latencies_s=[0.1], stages={"apply": 20.0, "root": 6.0})
    checked = {"kept_us": {"1": 9.0, "32": 14.0}, "scratch_us": {"1": 390.0}}
    found = figures(Plan(), run, checked, {"growth": 1.4, "growth_us": {"1000": 5.0}, "growth_accounts": [1000]})
    assert found["met"] == {"r_sig": True, "apply_root_us": False, "check_scratch_us": True, "check_kept_us": True, "growth": True}
    assert (found["r_sig"], found["apply_root_us"], found["check_kept_us"]) == (0.6, 26.0, 14.0)
    rows = {row[0]: row for row in day_rows(found)}
    assert rows.keys() == {name for name, _, _ in DAY_AIMS}
    assert (rows["r_sig"][3], rows["apply_root_us"][3]) == ("yes", "no")


@pytest.mark.process
def test_the_whole_measurement_runs_in_small(monkeypatch):
    """Real processes and sockets, in the plain mode; no figure decides anything."""
    monkeypatch.setattr(market_day, "SMALLEST", 16)
    checked = {"kept_us": {"1": 1.0}, "scratch_us": {"1": 2.0}}
    monkeypatch.setattr(market_day.bench.margin, "measure", lambda *_: checked)
    plan = Plan(transactions=4 * CYCLE, batch=512, mode="plain", largest=32, signers=12, growth_rounds=1, growth_records=CYCLE)
    said = []
    found = trio.run(lambda: measure(RealEnvironment("bench"), plan, said.append))
    assert found["met"].keys() == {"r_sig", "apply_root_us", "check_scratch_us", "check_kept_us", "growth"}
    assert found["r_sig"] > 0
    assert found["growth_accounts"] == [16, 32]
    assert found["stages"]["apply"] > 0
    assert any("records a second" in line for line in said)
