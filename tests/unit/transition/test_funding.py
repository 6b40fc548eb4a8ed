"""Funding of perpetuals: the index, who pays whom, and that nothing is gained by when one asks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.funding import accrued_index, funding_rate
from rollup.market.margin import health, mark_to_market
from rollup.market.terms import BUY, SELL
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, perpetual, perpetual_feed, spot_feed
from tests.unit.transition.status_cases import govern, reports, wait

PERPETUAL = perpetual(1)
HOUR_S = 3_600
ONE_PERCENT_FOR_300_S = 60_000 * E8 * 300 // (800 * HOUR_S)
"""What a premium of one per cent accrues in 300 seconds, 1e-8 USD: 1/800 of the spot price an hour."""


def exchange(desk: Desk, buyer: int, seller: int, quantity: float = 1, price: float = 60_000) -> None:
    assert desk.status(desk.order(seller, SELL, price, quantity, instrument=PERPETUAL)) == Status.OK
    assert desk.run(desk.order(buyer, BUY, price, quantity, instrument=PERPETUAL)).fills == 1


def report(desk: Desk, time_s: int, mark: int, spot: int = 60_000) -> None:
    """Let both feeds be observed; mark and spot in USD."""
    wait(desk, time_s)
    for feed, number in ((perpetual_feed(1), mark), (spot_feed(1), spot)):
        assert desk.status(*reports(desk, number * E8, number * E8, feed=feed)) == Status.OK


def fund(desk: Desk, account: int):
    return desk.run(desk.signed(Kind.APPLY_FUNDING, 4, instrument=PERPETUAL, counterparty=account))


def index(desk: Desk) -> int:
    whole, _ = accrued_index(desk.state, desk.row("instruments", PERPETUAL))
    commit(desk.state)
    return whole


def cash(desk: Desk, account: int) -> int:
    value: int = desk.row("accounts", account).cash_e8
    return value


@pytest.fixture
def desk():
    made = Desk()
    made.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0)
    return made


@pytest.mark.parametrize(
    "mark, interest, rate",
    [
        (60_000, 0, 0),
        (60_600, 0, 1_250_000),
        (59_400, 0, -1_250_000),
        (60_600, 100_000, 1_350_000),
        (59_400, 100_000, -1_150_000),
        (70_000, 0, 4_000_000),
        (50_000, 0, -4_000_000),
        (0, 100_000, 0),
    ],
)
def test_rate_is_the_premium_over_its_period_and_interest_within_the_clamp(desk, mark, interest, rate):
    desk.edit("parameters", 0, funding_interest_e9=interest)
    assert funding_rate(desk.state, 60_000 * E8, mark * E8) == rate
    commit(desk.state)


def test_long_pays_the_short_while_the_mark_is_above(desk):
    """One per cent of premium is paid in eight hours, so an hour costs 1/800 of the spot price."""
    exchange(desk, 1, 2)
    before = [cash(desk, n) for n in (1, 2)]
    report(desk, START_S + 1, 60_600)
    wait(desk, START_S + 1 + 600)
    receipts = [fund(desk, n) for n in (1, 2)]
    expected = 60_000 * E8 // 800 * 600 // HOUR_S
    assert [abs(receipt.cost_e8 - sign * expected) <= 1 for receipt, sign in zip(receipts, (1, -1), strict=True)] == [True, True]
    assert [cash(desk, n) - old for n, old in zip((1, 2), before, strict=True)] == [-receipts[0].cost_e8, -receipts[1].cost_e8]
    assert desk.row("instruments", PERPETUAL).pool_e8 in (0, 1)
    check_all(desk.state)


def test_what_is_due_counts_in_health_before_it_is_paid(desk):
    exchange(desk, 1, 2)
    report(desk, START_S + 1, 60_600)
    wait(desk, START_S + 601)
    seen = [(health(desk.state, n, 0, 0, 0)[:2], mark_to_market(desk.state, n)[0]) for n in (1, 2)]
    commit(desk.state)
    costs = [fund(desk, n).cost_e8 for n in (1, 2)]
    assert costs[0] > 0 > costs[1]
    after = [(health(desk.state, n, 0, 0, 0)[:2], mark_to_market(desk.state, n)[0]) for n in (1, 2)]
    commit(desk.state)
    assert seen == after


def test_nothing_accrues_on_silent_feeds(desk):
    exchange(desk, 1, 2)
    report(desk, START_S + 1, 60_600)
    wait(desk, START_S + 601)
    fresh = index(desk)
    wait(desk, START_S + 50_000)
    assert index(desk) == fresh > 0
    report(desk, START_S + 50_001, 60_600)
    assert index(desk) == fresh
    wait(desk, START_S + 50_601)
    assert abs(index(desk) - 2 * fresh) <= 1


def test_numbers_count_until_they_change(desk):
    exchange(desk, 1, 2)
    report(desk, START_S + 100, 60_600)
    report(desk, START_S + 400, 59_400)
    assert abs(index(desk) - ONE_PERCENT_FOR_300_S) <= 1
    report(desk, START_S + 700, 60_000)
    assert abs(index(desk)) <= 1
    wait(desk, START_S + 900)
    assert abs(index(desk)) <= 1


def test_new_parameters_do_not_count_for_the_past(desk):
    exchange(desk, 1, 2)
    report(desk, START_S + 1, 60_600)
    for parameter, number in ((Parameter.FUNDING_RATE_MAX_E9, 0), (Parameter.HEARTBEAT_S, 1)):
        assert desk.status(govern(desk, parameter, number, effective=START_S + 301)) == Status.OK
    wait(desk, START_S + 301)
    assert abs(index(desk) - ONE_PERCENT_FOR_300_S) <= 1
    wait(desk, START_S + 500)
    assert abs(index(desk) - ONE_PERCENT_FOR_300_S) <= 1


MOVES = st.lists(st.tuples(st.integers(1, 500), st.integers(57_000, 63_000), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(MOVES, st.lists(st.integers(0, 4_000), max_size=12), st.integers(1, 300))
def test_asking_at_peaks_gains_nothing(moves, asked, lots):
    """B8: whoever has his funding applied whenever he likes pays, but for a unit each time against him, what he pays who never asks."""
    quantity = lots / 100
    ends = []
    for asks in ([], sorted(START_S + second for second in asked)):
        desk = Desk()
        desk.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0)
        exchange(desk, 1, 2, quantity)
        time_s, waiting = START_S, list(asks)
        for seconds, mark, _ in moves:
            time_s += seconds
            while waiting and waiting[0] < time_s:
                wait(desk, waiting.pop(0))
                fund(desk, 1)
            report(desk, time_s, mark)
        wait(desk, time_s + 60)
        fund(desk, 1)
        fund(desk, 2)
        check_all(desk.state)
        ends.append((cash(desk, 1), index(desk)))
    assert ends[0][1] == ends[1][1]
    assert 0 <= ends[0][0] - ends[1][0] <= len(asked)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 300), st.integers(58_000, 62_000)), min_size=1, max_size=10))
def test_funding_paid_is_funding_got_and_dust(trades):
    """Trades at the spot price among four accounts: what all have together changes by less than a unit a payment."""
    desk = Desk()
    desk.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0)
    total = sum(cash(desk, n) for n in range(1, 5))
    time_s = START_S
    for buyer, seller, lots, mark in trades:
        time_s += 300
        report(desk, time_s, mark)
        if buyer != seller:
            exchange(desk, buyer, seller, lots / 100)
        check_all(desk.state)
    wait(desk, time_s + 60)
    for account in range(1, 5):
        fund(desk, account)
    pool = desk.row("instruments", PERPETUAL).pool_e8
    insured = desk.row("system", 0).insurance_e8
    assert sum(cash(desk, n) for n in range(1, 5)) + pool + insured == total
    assert 0 <= pool + insured <= 2 * len(trades) + 4


def test_dust_goes_to_the_insurance_fund_with_the_last_position(desk):
    exchange(desk, 1, 2, quantity=0.03)
    report(desk, START_S + 1, 60_600)
    wait(desk, START_S + 8)
    fund(desk, 1)
    fund(desk, 2)
    wait(desk, START_S + 15)
    assert desk.row("system", 0).insurance_e8 == 0
    dust = desk.row("instruments", PERPETUAL).pool_e8
    exchange(desk, 2, 1, quantity=0.03)
    row = desk.row("instruments", PERPETUAL)
    assert (row.open_interest_e6, row.pool_e8) == (0, 0)
    assert dust <= desk.row("system", 0).insurance_e8 <= dust + 2
    check_all(desk.state)


def test_new_position_owes_nothing_and_a_changed_one_has_paid(desk):
    exchange(desk, 1, 2)
    report(desk, START_S + 1, 60_600)
    wait(desk, START_S + 301)
    before = cash(desk, 1)
    exchange(desk, 1, 3)
    assert abs(before - cash(desk, 1) - 60_000 * E8 - ONE_PERCENT_FOR_300_S) <= 1
    assert [fund(desk, n).cost_e8 for n in (1, 3)] == [0, 0]
    assert abs(fund(desk, 2).cost_e8 + ONE_PERCENT_FOR_300_S) <= 1
    assert desk.row("holdings", 8).quantity_e6[0] == 2 * E6
    check_all(desk.state)
