"""The bench's own orders: valid, flat, and signed as anybody would."""

from collections import Counter

import numpy as np
import pytest

from bench.bare import parsed, verify_all, verify_rate
from bench.posted import Posted
from bench.report import ratio_rows, stage_rows
from bench.throughput import ROUNDS, WARM_UP, Plan, Run, authentic, chunk, figures
from bench.workload import REST_EVERY, feed_reports, orders, signed, traders
from rollup.core.address import addresses_from_rows
from rollup.core.development import development_genesis, development_secret
from rollup.core.keccak import keccak_many
from rollup.core.signing import SignatureChecker
from rollup.l1.action import digests
from rollup.l1.forced import encode_deposit, record_of_entry
from rollup.l1.records import begin_record
from rollup.state.genesis import genesis_rows
from rollup.state.limits import PAGE_POSITIONS
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status

START_S = 1_795_000_000
RING = 8


@pytest.fixture(scope="module")
def genesis():
    return development_genesis(time_s=START_S, verifiers=1)


@pytest.fixture(scope="module")
def ring():
    return traders(RING)


@pytest.fixture
def machine(genesis, ring):
    found = PlainMachine()
    found.load(genesis_rows(genesis))
    deposits = [record_of_entry(encode_deposit(0, 10**15, trader.address))[0] for trader in ring]
    secrets = [development_secret(f"reporter-{number}") for number in range(1, 6)]
    reports, _ = feed_reports(genesis, secrets, START_S + 10)
    opening = np.concatenate([begin_record(0, START_S + 10, RING), *deposits, authentic(reports)])
    assert set(found.execute(opening, 0, len(opening))["status"].tolist()) <= {Status.OK, Status.CONTINUED}
    return found


def test_every_order_succeeds_and_a_whole_cycle_leaves_everybody_flat(genesis, ring, machine):
    turns = RING * REST_EVERY
    records = authentic(orders(genesis, ring, 2 * turns * REST_EVERY // (REST_EVERY - 1) // 2 * 2, 0, START_S + 10))
    receipts = machine.execute(records, 0, len(records))
    assert Counter(receipts["status"].tolist()) == {Status.OK: len(records)}
    held = [words for _, words in machine.rows("holdings")]
    assert all(abs(quantity) <= 1_000_000 for words in held for quantity in words[PAGE_POSITIONS : 2 * PAGE_POSITIONS])


def test_a_run_made_in_parts_is_the_run(genesis, ring):
    whole = orders(genesis, ring, 400, 0, START_S)
    parts = [orders(genesis, ring, 200, start, START_S) for start in (0, 100)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert Counter(whole["kind"].tolist()) == {Kind.PLACE_ORDER: 380, Kind.CANCEL_ALL: 20}


def test_signatures_are_valid_for_their_signers_and_for_the_bare_library(genesis, ring):
    records = orders(genesis, ring, 64, 0, START_S)
    signatures = signed(genesis, ring, records, keccak_many)
    hashes = digests(records, genesis)
    assert SignatureChecker().check_many(hashes, signatures, addresses_from_rows(records["signer"])).all()
    points = [next(trader.point for trader in ring if trader.account == account) for account in records["account"].tolist()]
    assert verify_rate(hashes, signatures[:, :64], points) > 0
    row = parsed(hashes[1].tobytes(), signatures[0, :64].tobytes(), points[0])
    assert verify_all([row]) == 0


def test_the_bare_rate_refuses_a_signature_that_does_not_verify(genesis, ring):
    records = orders(genesis, ring, 4, 0, START_S)
    signatures = signed(genesis, ring, records, keccak_many)[::-1]
    points = [ring[0].point] * 4
    with pytest.raises(ValueError, match="do not verify"):
        verify_rate(digests(records, genesis), signatures[:, :64], points)


def test_rounds_cover_the_work_once():
    work = np.arange(WARM_UP + 4_003), np.arange(WARM_UP + 4_003)
    covered = np.concatenate([chunk(work, part)[0] for part in range(ROUNDS)])
    assert np.array_equal(covered, work[0][: WARM_UP + 4_000])


def test_figures_are_ratios_of_paired_rounds():
    run = Run(rates=[50.0, 90.0, 60.0], bare=[100.0, 100.0, 100.0], latencies_s=[0.1], stages={"apply": 2.0, "root": 1.0})
    run.posted = [Posted(0, 10, 800, 3), Posted(1, 100, 7_000, 7)]
    run.replay = {"traced": 30.0, "untraced": 60.0}
    found = figures(Plan(), run, run)
    assert (found["r_sig"], found["r_verify"], found["r_verify_untraced"]) == (0.6, 0.5, 1.0)
    assert (found["batch"], found["l1_bytes_per_tx"], found["signers_per_batch"]) == (100, 70.0, 7)
    assert [name for name, *_ in ratio_rows(found)] == ["r_sig", "r_rest", "r_verify", "r_verify_untraced", "r_bytes"]
    assert [len(bar) for _, _, bar in stage_rows(found)] == [32, 16]
