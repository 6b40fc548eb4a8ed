"""Random flow keeps every invariant, and nothing that a record may hold makes a step fail to have a status."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollup.audit.machine import AuditedMachine
from rollup.audit.rows import snapshot
from rollup.audit.whole.audit import check_all
from rollup.state.layout import RECEIPT, TX
from rollup.state.plain import plain_records, plain_row
from rollup.state.table import commit
from rollup.transition.apply import apply
from rollup.transition.kinds import Kind
from rollup.transition.status import REJECTED_FIRST, Status
from tests.unit.transition.opened_market import Desk
from tests.unit.transition.workload import Workload

CASH_E8 = 200_000 * 10**8
"""Little enough that margin is often short."""
SIZES = (1, 3, 40, 16, 2)
SIGNED = [kind for kind in Kind if kind >= Kind.REGISTER_KEY]


def run(seed: int, batches: int, steps: int, *, thorough: bool = False, **options: object) -> set[int]:
    """Play a workload, auditing each step by what it wrote and each batch in full; the statuses met."""
    workload = Workload(seed, **{"accounts": 8, "cash_e8": CASH_E8, **options})
    machine, statuses = AuditedMachine(thorough=thorough), set()
    machine.load(workload.rows())
    for _ in range(batches):
        records = workload.batch(steps)
        receipts = machine.execute(records, 0, len(records))
        workload.learn(receipts)
        machine.close_batch()
        statuses |= set(receipts["status"].tolist())
        assert not machine.violations, [str(each) for each in machine.violations]
    assert statuses <= set(Status) - {Status.NONE, Status.FAULT}
    return statuses


@pytest.mark.parametrize("seed", range(6))
def test_random_flow_keeps_every_invariant(seed):
    statuses = run(seed, batches=8, steps=60, hurry=0.05)
    assert len(statuses) > 15


def test_invariants_after_every_single_step():
    run(77, batches=3, steps=60, thorough=True, accounts=4, garbage=0.05)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_garbage_has_a_status_and_changes_nothing_or_a_nonce(data):
    """Any int64 in any field, behind a valid signature or not."""
    word = st.one_of(st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from([0, 1, 2, -1, 1 << 40, 1 << 47, 1 << 62]), st.integers(0, 50))
    fields = data.draw(st.dictionaries(st.sampled_from(sorted(TX.names)), word, max_size=12))
    kind = data.draw(st.one_of(st.sampled_from(list(Kind)), word))
    desk = Desk(accounts=3)
    base = desk.signed(Kind(data.draw(st.sampled_from(SIGNED))), data.draw(st.integers(1, 3)))
    records = np.zeros(2, TX)
    for name, value in {**base, **({"kind": kind} if data.draw(st.booleans()) else {}), **fields}.items():
        records[0][name] = value
    records[1] = records[0]
    before = snapshot(desk.state)
    receipt = plain_row(RECEIPT)
    apply(desk.state, plain_records(records), 0, receipt)
    commit(desk.state)
    assert receipt.status in set(Status) - {Status.NONE, Status.FAULT}
    check_all(desk.state)
    if receipt.status < REJECTED_FIRST and receipt.status != Status.OK:
        assert snapshot(desk.state) == before


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 32), st.sampled_from(SIZES))
def test_any_seed(seed, steps):
    run(seed, batches=2, steps=steps, hurry=0.2, garbage=0.3)
