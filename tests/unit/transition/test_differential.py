"""One transition, three ways to run it: plain, compiled, and backed by the witness of each step, as L1 does it."""

from collections import Counter

import numpy as np
import pytest

from rollup.market.terms import BUY
from rollup.state.layout import RECEIPT
from rollup.state.plain import plain_row
from rollup.state.rows import DTYPES
from rollup.state.witness import decode_witness, encode_witness, root_after, verify_witness
from rollup.transition.kinds import Kind
from rollup.transition.machine import LazyRecords, PlainMachine, packed
from rollup.transition.machine_compiled import CompiledMachine
from rollup.transition.status import REJECTED_FIRST, Status
from tests.unit.transition.listing_scenes import MONTH_S, delisting, listing
from tests.unit.transition.opened_market import E8, EXPIRIES_S, Desk, future, make_records, market_rows
from tests.unit.transition.status_cases import begin, fix, reports
from tests.unit.transition.workload import Workload

WITNESS_BYTES_MAX = 32_000
"""What a one-step proof may carry of the state."""


def same_rows(one, other):
    return all(np.array_equal(a, b) for section in DTYPES for a, b in zip(one[section], other[section], strict=True))


def same_change(one, other):
    return same_rows(one.before, other.before) and same_rows(one.after, other.after)


def machines(program, workload):
    plain, compiled = PlainMachine(), CompiledMachine(program)
    for machine in (plain, compiled):
        machine.load(workload.rows())
    return plain, compiled


@pytest.mark.parametrize(("seed", "accounts", "garbage"), [(1, 16, 0.1), (2, 40, 0.1), (3, 8, 0.5), (4, 200, 0.02)])
def test_plain_is_compiled(program, seed, accounts, garbage):
    run_both(program, seed, Workload(seed, accounts, garbage), 5, 200)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 130))
def test_plain_is_compiled_for_long(program, seed):
    run_both(program, seed, Workload(seed, 4 + seed % 60, (0.02, 0.1, 0.3)[seed % 3], hurry=0.1), 8, 400)


def run_both(program, seed, workload, batches, steps):
    plain, compiled = machines(program, workload)
    for number in range(batches):
        records = workload.batch(steps)
        middle = len(records) // 2
        expected = [plain.execute(records, 0, middle)]
        middle_root = plain.root()
        expected.append(plain.execute(records, middle, len(records)))
        head = compiled.execute(records, 0, middle)
        assert compiled.root() == middle_root, f"seed {seed}, batch {number}"
        tail, roots = compiled.trace(records, middle, len(records), 1 + number % 3)
        for receipts, others in zip(expected, (head, tail), strict=True):
            wrong = np.nonzero(receipts != others)[0]
            assert not len(wrong), f"seed {seed}, batch {number}, step {wrong[0]}: {receipts[wrong[0]]} or {others[wrong[0]]}"
        assert roots[-1] == compiled.root() == plain.root(), f"seed {seed}, batch {number}"
        assert same_change(plain.close_batch(), compiled.close_batch())
    assert same_rows(plain.snapshot(), compiled.snapshot())


def test_every_step_is_proven_by_its_witness(program):
    workload = Workload(5, 24, 0.15)
    plain, compiled = machines(program, workload)
    seen = Counter(status for _ in range(3) for status in prove_each(plain, compiled, workload.batch(200)))
    assert Status.FAULT not in seen
    assert sum(status >= REJECTED_FIRST for status in seen) > 10
    assert seen[Status.OK] > 100


def prove_each(plain, compiled, records):
    """Run a batch step by step in all three ways: what became of each step."""
    for index in range(len(records)):
        witness = compiled.witness(records, index)
        encoded = encode_witness(witness)
        assert len(encoded) < WITNESS_BYTES_MAX
        state, before = verify_witness(decode_witness(encoded))
        assert before == plain.root()
        receipt = plain_row(RECEIPT)
        plain.transition.apply(state, LazyRecords(records), index, receipt)
        receipts = compiled.execute(records, index, index + 1)
        assert np.array_equal(packed([receipt], RECEIPT), receipts)
        assert np.array_equal(plain.execute(records, index, index + 1), receipts)
        assert root_after(witness, state) == compiled.root() == plain.root()
        yield int(receipts["status"][0])


def test_an_expiry_is_listed_and_taken_away_in_all_three_ways(program):
    desk, expiry_s, spot = Desk(), EXPIRIES_S[0], 61_000 * E8
    order = desk.order(1, BUY, 60_000, 1, instrument=future(1, 0))
    days = (
        [*(listing(each) for each in (60_000, 62_000, 0, 60_000)), listing(3_000, market=2), order],
        [begin(desk, expiry_s - 2_000), *reports(desk, spot, spot, timestamp_s=expiry_s - 2_000)],
        [
            {**begin(desk, expiry_s + 10), "amount_e8": 2},
            *reports(desk, spot, spot, timestamp_s=expiry_s + 10),
            fix(desk),
            *[delisting()] * 7,
            listing(60_000, MONTH_S),
        ],
    )
    plain, compiled = PlainMachine(), CompiledMachine(program)
    for machine in (plain, compiled):
        machine.load(market_rows())
    found = [Status(status).name for day in days for status in prove_each(plain, compiled, make_records(*day))]
    assert found == [
        *["OK", "OK", "OK", "ALREADY_LISTED", "OK", "OK"],
        *["OK", "OK", "CONTINUED"],
        *["OK", "OK", "CONTINUED", "OK", *["OK"] * 6, "UNKNOWN_FEED", "OK"],
    ]
    assert same_rows(plain.snapshot(), compiled.snapshot())


def test_a_fork_of_compiled_is_a_replay(program):
    workload = Workload(6, 16)
    plain, compiled = machines(program, workload)
    batches = [workload.batch(120) for _ in range(3)]
    changes, roots = [], []
    for records in batches:
        roots.append(compiled.root())
        compiled.execute(records, 0, len(records))
        changes.append(compiled.close_batch())
    fork = compiled.fork(changes[1:])
    plain.execute(batches[0], 0, len(batches[0]))
    assert fork.root() == roots[1] == plain.root()
    assert same_rows(fork.snapshot(), plain.snapshot())
    assert np.array_equal(fork.execute(batches[1], 0, 50), plain.execute(batches[1], 0, 50))
    assert fork.root() == plain.root() != compiled.root()


def test_the_workload_has_every_kind():
    records = np.concatenate([Workload(seed, 16).batch(400) for seed in range(1, 7)])
    assert set(Kind) - {Kind.NONE} <= set(records["kind"].tolist())
