"""Random flow keeps every invariant, and nothing that a record may hold makes a step fail to have a status."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollup.market.margin import health
from rollup.state.layout import RECEIPT, TX
from rollup.state.plain import plain_records, plain_row
from rollup.state.table import commit
from rollup.transition.apply import apply
from rollup.transition.kinds import Kind
from rollup.transition.machine import packed
from rollup.transition.status import REJECTED_FIRST, Status
from tests.unit.transition.invariants import check_all, snapshot
from tests.unit.transition.opened_market import Desk
from tests.unit.transition.workload import Workload

CASH_E8 = 200_000 * 10**8
"""Little enough that margin is often short."""
SIZES = (1, 3, 40, 16, 2)
SIGNED = [kind for kind in Kind if kind >= Kind.REGISTER_KEY]


def run(seed: int, batches: int, steps: int, **options: object) -> set[int]:
    """Play a workload step by step, checking everything after each; the statuses met."""
    workload = Workload(seed, accounts=8, cash_e8=CASH_E8, **options)
    desk = Desk(opened=workload.rows())
    statuses = set()
    for _ in range(batches):
        records = plain_records(workload.batch(steps))
        receipts = [plain_row(RECEIPT) for _ in records]
        for index, receipt in enumerate(receipts):
            nonces = [desk.row("accounts", n).nonce for n in range(1, 9)]
            healths = [initial_health(desk, n) for n in range(1, 9)]
            apply(desk.state, records, index, receipt)
            commit(desk.state)
            check_step(desk, records[index], receipt, nonces)
            check_margins(desk, records[index], receipt, healths)
            statuses.add(receipt.status)
        workload.learn(packed(receipts, RECEIPT))
        check_all(desk.state)
    return statuses


def check_step(desk, record, receipt, nonces):
    """Nonces only rise, filled is never more than wanted, and the receipt adds up."""
    assert receipt.status in set(Status) - {Status.NONE, Status.FAULT}
    after = [desk.row("accounts", n).nonce for n in range(1, 9)]
    assert all(old <= new for old, new in zip(nonces, after, strict=True))
    if receipt.status == Status.OK and record.kind == Kind.PLACE_ORDER:
        assert receipt.filled_e6 == sum(receipt.fill_quantity_e6) <= record.quantity_e6
        assert receipt.fee_e8 >= 0
        limit = record.price_e8
        for price, quantity in zip(receipt.fill_price_e8, receipt.fill_quantity_e6, strict=True):
            assert quantity == 0 or limit == 0 or (price <= limit if record.side == 0 else price >= limit)


def initial_health(desk, account):
    health_e8 = health(desk.state, account, 0, 0, 0)[0]
    commit(desk.state)
    return health_e8


def check_margins(desk, record, receipt, healths):
    """Whoever took risk has his initial margin, or is no worse off than before."""
    moved = {Kind.PLACE_ORDER, Kind.REPLACE, Kind.TRIGGER, Kind.EXECUTE_BLOCK, Kind.TRANSFER, Kind.WITHDRAW}
    if receipt.status == Status.OK and record.kind in moved:
        for account in {receipt.account, *receipt.fill_account} - {0}:
            after = initial_health(desk, account)
            assert after >= 0 or after >= healths[account - 1], f"account {account}"


@pytest.mark.parametrize("seed", range(6))
def test_random_flow_keeps_every_invariant(seed):
    statuses = run(seed, batches=8, steps=60, hurry=0.05)
    assert len(statuses) > 15


def test_invariants_after_every_single_step():
    workload = Workload(77, accounts=4, cash_e8=CASH_E8, garbage=0.05)
    desk = Desk(opened=workload.rows())
    for _ in range(3):
        records = plain_records(workload.batch(60))
        for index in range(len(records)):
            apply(desk.state, records, index, plain_row(RECEIPT))
            commit(desk.state)
            check_all(desk.state)


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
