"""The invariants: kept by random flow, found by both audits where they are broken; and running sums are those of a fresh start."""

from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rollup.audit.running.risk
import rollup.audit.sale
import rollup.audit.whole.accounts
from rollup.audit.machine import AuditedMachine
from rollup.audit.running.audit import RunningAudit
from rollup.audit.violation import TITLES
from rollup.audit.whole.audit import audit_state
from rollup.market.margin import health
from rollup.state.layout import TX
from rollup.state.table import write
from rollup.transition.apply import apply, apply_batch
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine, Transition
from rollup.transition.status import Status
from tests.unit.audit.tampering import FAULTS
from tests.unit.transition.workload import Workload

CASH_E8 = 200_000 * 10**8
SUMS = ("total_e8", "collateral_e6", "longs_e6", "shorts_e6", "held", "paid", "reserved_e8", "level_e6", "open", "named", "forwards")


def played(machine, seed, batches=4, steps=60, **options):
    """A machine that a workload was played on, and the workload."""
    workload = Workload(seed, **{"accounts": 8, "cash_e8": CASH_E8, "hurry": 0.05, **options})
    machine.load(workload.rows())
    for _ in range(batches):
        play(machine, workload, steps)
    return machine, workload


def play(machine, workload, steps):
    records = workload.batch(steps)
    receipts = machine.execute(records, 0, len(records))
    workload.learn(receipts)
    machine.close_batch()


def sums(audit):
    """Everything that running checks keep, without what is zero."""
    found = [(type(check).__name__, name, getattr(check, name)) for check in audit.checks for name in SUMS if name in vars(check)]
    cleared = [(owner, name, {k: v for k, v in held.items() if v} if isinstance(held, dict) else held) for owner, name, held in found]
    holders = next(check.holders for check in audit.checks if type(check).__name__ == "Trees")
    slots = next(check.slots for check in audit.checks if type(check).__name__ == "Orders")
    trees = {node: held for node, held in holders.items() if held and node}
    return cleared, trees, {order: +held for order, held in slots.items() if +held}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32), st.sampled_from((0.0, 0.1, 0.3)), st.sampled_from((0.02, 0.3)))
def test_running_sums_are_those_of_a_fresh_start(seed, garbage, hurry):
    machine, _ = played(AuditedMachine(), seed, garbage=garbage, hurry=hurry)
    assert not machine.violations, machine.violations
    assert not audit_state(machine.state)
    fresh = RunningAudit(machine.state)
    assert sums(fresh) == sums(machine._running)
    assert not fresh.verify()


@pytest.mark.parametrize("seed", range(3))
def test_auditing_changes_no_byte(seed):
    one, _ = played(AuditedMachine(), seed)
    other, _ = played(PlainMachine(), seed)
    assert one.root() == other.root()
    assert (one.steps >= 240, one.batches) == (True, 4)


def test_a_trace_is_audited_too():
    machine, workload = played(AuditedMachine(), 1, batches=1)
    records = workload.batch(60)
    plain, other = played(PlainMachine(), 1, batches=1)
    assert machine.trace(records, 0, len(records), 7)[1] == plain.trace(other.batch(60), 0, len(records), 7)[1]
    assert machine.steps >= 120
    assert not machine.violations


@pytest.mark.parametrize("seed", [77])
def test_thorough_audits_of_every_step_find_nothing(seed):
    machine, _ = played(AuditedMachine(thorough=True), seed, batches=2, accounts=5)
    assert not machine.violations, machine.violations


@cache
def rows_of(seed):
    """The rows of a state that a workload has led to."""
    return played(PlainMachine(), seed)[0].snapshot()


def busy_rows(name):
    """The rows of a state that has what a fault needs."""
    for seed in range(100, 140):
        machine = PlainMachine()
        machine.load(rows_of(seed))
        with suppress(IndexError, ValueError, StopIteration):
            FAULTS[name].plant(machine.state)
            return rows_of(seed)
    raise AssertionError(f"no workload has anything for {name}")


def faulty(plant, at):
    """A transition that plants a fault behind one step, which is step `at` counted over all batches."""
    count = 0

    def apply_and_plant(state, records, index, receipt):
        nonlocal count
        apply(state, records, index, receipt)
        count += 1
        if count == at:
            plant(state)

    return Transition(apply_and_plant, apply_batch)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("thorough", [False, True])
def test_a_planted_fault_is_found_in_its_step(name, thorough):
    """By the running audit alone, from what the step wrote; and by looking at everything."""
    machine = AuditedMachine(faulty(FAULTS[name].plant, 1), thorough=thorough)
    machine.load(busy_rows(name))
    machine.execute(np.zeros(1, TX), 0, 1)
    assert FAULTS[name].invariant in {each.invariant for each in machine.violations}, machine.violations
    assert FAULTS[name].invariant in {each.invariant for each in audit_state(machine.state)} or name == "forget_a_nonce"


def stepped(kind, plant):
    """What a running machine and a thorough one find, with a fault behind the first accepted step of a kind that it can be put behind."""
    return [found_behind(kind, plant, thorough=thorough) for thorough in (False, True)]


def found_behind(kind, plant, *, thorough):
    planted = []

    def apply_and_plant(state, records, index, receipt):
        apply(state, records, index, receipt)
        if receipt.status == Status.OK and records[index].kind == kind and not planted and plant(state, records[index]):
            planted.append(index)

    for seed in range(40):
        machine = AuditedMachine(Transition(apply_and_plant, apply_batch), thorough=thorough)
        _, workload = played(machine, seed, batches=0)
        for _ in range(10):
            play(machine, workload, 20)
            if planted:
                return {each.invariant for each in machine.violations}
    raise AssertionError(f"no workload has a step of kind {kind.name} to put the fault behind")


def take_margin_out(state, record):
    """Let a transfer take all the cash, and more, and not only what is free."""
    account = write(state.accounts, record.account)
    taken = abs(account.cash_e8) + 10**14
    account.cash_e8 -= taken
    write(state.accounts, 1 if record.account != 1 else 2).cash_e8 += taken
    return True


def test_margin_that_was_taken_out_is_found_by_both():
    for found in stepped(Kind.TRANSFER, take_margin_out):
        assert found == {3}


def reserve_too_much(state, record):
    """Let a resting order, if there is one, reserve what there is not."""
    orders = [n for n in state.resting.rows[record.account].order if n]
    for order in orders[-1:]:
        write(state.orders, order).reserved_e8 += 10**15
        write(state.accounts, record.account).reserved_e8 += 10**15
    return bool(orders)


def test_reserves_beyond_margin_are_found_by_both():
    for found in stepped(Kind.MASS_QUOTE, reserve_too_much):
        assert 3 in found


def test_an_account_that_cannot_be_sold_is_found_by_both(monkeypatch):
    monkeypatch.setattr(rollup.audit.sale, "apply_start_auction", lambda *_: Status.NOT_LIQUIDATABLE)
    machine, _ = played(AuditedMachine(), 2, batches=1)
    assert {each.invariant for each in machine.violations} == {4}
    assert {each.invariant for each in audit_state(machine.state)} == {4}


def give_a_little(state):
    write(state.accounts, 5).cash_e8 -= 1
    write(state.accounts, 2).cash_e8 += 1


def test_initial_margin_below_maintenance_is_found_by_both(monkeypatch):
    def swapped(state, *arguments):
        initial, maintenance, oldest = health(state, *arguments)
        return maintenance + 1, initial, oldest

    for module in (rollup.audit.running.risk, rollup.audit.whole.accounts):
        monkeypatch.setattr(module, "health", swapped)
    machine = AuditedMachine(faulty(give_a_little, 1))
    machine.load(rows_of(100))
    machine.execute(np.zeros(1, TX), 0, 1)
    assert 9 in {each.invariant for each in machine.violations}
    assert 9 in {each.invariant for each in audit_state(machine.state)}


def test_every_invariant_of_the_state_has_a_fault():
    assert {fault.invariant for fault in FAULTS.values()} | {3, 4, 9, 10, 11} == set(TITLES)


def test_an_audit_leaves_no_trace():
    machine, _ = played(PlainMachine(), 9)
    before = machine.snapshot()
    assert not audit_state(machine.state)
    after = machine.snapshot()
    assert all((before[section][1] == after[section][1]).all() for section in before)
