"""Deleveraging: bounded by the shortfall and by the profits of the chosen, and the end of insolvencies (MARKET, liquidation)."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.auction import standing
from rollup.market.margin import health, mark_to_market
from rollup.market.terms import INSOLVENT
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import (
    ALL,
    deleverage,
    end,
    offer,
    rally,
    refresh,
    set_cash,
    set_fund,
    start,
    uninsured,
)
from tests.unit.transition.opened_market import E6, E8, INSTRUMENTS, START_S, Desk, perpetual
from tests.unit.transition.status_cases import ATM, deposit, expire, settle


def worth(desk: Desk, account: int) -> int:
    value, _ = mark_to_market(desk.state, account)
    commit(desk.state)
    return value


def profit(desk: Desk, account: int) -> int:
    return worth(desk, account) - desk.row("accounts", account).paid_in_e8


def test_the_winner_gives_up_all_that_is_missing():
    desk = Desk()
    uninsured(desk)
    missing, gain = -worth(desk, 2), profit(desk, 1)
    assert 0 < missing < gain
    receipt = desk.run(deleverage(desk))
    assert (receipt.status, receipt.filled_e6, receipt.fee_e8) == (Status.OK, E6, missing)
    assert (worth(desk, 2), desk.row("accounts", 2).positions, desk.row("accounts", 1).positions) == (0, 0, 0)
    assert profit(desk, 1) == gain - missing
    assert desk.status(end(desk)) == Status.OK
    assert desk.row("system", 0).deficit_e8 == 0
    check_all(desk.state)


def test_the_fund_pays_first():
    desk = Desk()
    uninsured(desk)
    missing = -worth(desk, 2)
    set_fund(desk, missing / E8 / 3)
    fund = desk.row("system", 0).insurance_e8
    receipt = desk.run(deleverage(desk))
    assert (receipt.status, receipt.fee_e8) == (Status.OK, missing - fund)
    assert desk.run(end(desk)).cost_e8 == -fund
    assert (desk.row("system", 0).insurance_e8, desk.row("system", 0).deficit_e8) == (0, 0)
    check_all(desk.state)


def test_a_half_gives_up_a_half():
    desk = Desk()
    uninsured(desk)
    missing = -worth(desk, 2)
    first = desk.run(deleverage(desk, quantity=E6 // 2)).fee_e8
    second = desk.run(deleverage(desk, quantity=E6 // 2)).fee_e8
    assert abs(first - missing // 2) <= 1
    assert 0 <= missing - first - second <= 1
    check_all(desk.state)


def test_nobody_gives_up_more_than_his_profit_and_all_accounts_share_the_rest():
    desk = Desk()
    uninsured(desk)
    missing = -worth(desk, 2)
    desk.edit("accounts", 1, paid_in_e8=worth(desk, 1) - 10 * E8)
    assert desk.run(deleverage(desk)).fee_e8 == 10 * E8
    assert profit(desk, 1) == 0
    assert desk.status(end(desk)) == Status.OK
    assert desk.row("system", 0).deficit_e8 == missing - 10 * E8
    check_all(desk.state)


def test_a_long_gives_up_no_more_than_it_is_worth():
    desk = Desk()
    uninsured(desk)
    set_cash(desk, 2, -100_000)
    desk.edit("accounts", 1, paid_in_e8=0)
    value = worth(desk, 2) + 100_000 * E8
    receipt = desk.run(deleverage(desk))
    assert (receipt.fee_e8, receipt.cost_e8) == (-value, value)
    assert desk.row("accounts", 2).cash_e8 == -100_000 * E8
    check_all(desk.state)


def test_short_of_a_perpetual_pays_the_concession_on_top():
    """A long that fell is closed against who went short: he pays the mark and gives up a part of what he has won."""
    desk = Desk()
    market = perpetual(1)
    desk.hold(2, {market: E6})
    desk.hold(1, {market: -E6})
    desk.edit("instruments", market, open_interest_e6=E6, shorts_e6=E6)
    mark = worth(desk, 2) - desk.row("accounts", 2).cash_e8
    set_cash(desk, 2, -mark / E8 - 700)
    set_fund(desk, 0)
    assert desk.status(start(desk)) == Status.OK
    desk.edit("accounts", 1, paid_in_e8=worth(desk, 1) - 1_000 * E8)
    receipt = desk.run(deleverage(desk, instrument=market))
    assert (receipt.status, receipt.cost_e8, receipt.fee_e8) == (Status.OK, mark, 700 * E8)
    assert (worth(desk, 2), profit(desk, 1)) == (0, 300 * E8)
    check_all(desk.state)


def test_profit_is_measured_against_what_was_paid_in():
    desk = Desk()
    before = [profit(desk, account) for account in (1, 2)]
    assert desk.status(deposit(1, 70 * E8)) == Status.OK
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=2, amount_e8=50 * E8)) == Status.OK
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=30 * E8, address=(1, 2, 3))) == Status.OK
    assert [profit(desk, account) for account in (1, 2)] == before
    uninsured(desk)
    assert profit(desk, 1) > before[0]


PORTFOLIOS = st.dictionaries(st.integers(1, INSTRUMENTS), st.integers(-20 * E6, 20 * E6).filter(bool), min_size=1, max_size=12)

GAINS = st.integers(-200_000, 200_000)


@settings(max_examples=60)
@given(PORTFOLIOS, st.integers(1, 2_000_000), st.integers(0, 5_000), st.tuples(GAINS, GAINS), st.data())
def test_deleveraging_never_overshoots(portfolio, debt, fund, profits, data):
    """B23, B16: what the chosen give up and the fund and the deficit bear is what was missing, whatever is closed in whatever order."""
    desk = Desk(accounts=5)
    parts = {i: data.draw(st.integers(0, abs(q))) for i, q in portfolio.items()}
    desk.hold(2, portfolio)
    sides = {1: {}, 4: {}}
    for i, q in portfolio.items():
        for account, size in ((1, parts[i]), (4, abs(q) - parts[i])):
            if size:
                sides[account][i] = -size if q > 0 else size
        desk.edit("instruments", i, open_interest_e6=abs(q), shorts_e6=abs(q))
    for account, gain in zip((1, 4), profits, strict=True):
        desk.hold(account, sides[account])
        desk.edit("accounts", account, paid_in_e8=worth(desk, account) - gain * E8)
    set_cash(desk, 2, (desk.row("accounts", 2).cash_e8 - worth(desk, 2)) / E8 - debt)
    if desk.status(start(desk)) != Status.OK:
        return
    set_fund(desk, fund)
    missing = -worth(desk, 2)
    given_up = {1: 0, 4: 0}
    for account, positions in sides.items():
        for i, q in positions.items():
            before = worth(desk, 2), profit(desk, account)
            receipt = desk.run(deleverage(desk, other=account, instrument=i, quantity=abs(q)))
            if receipt.status == Status.OK:
                given_up[account] += receipt.fee_e8
                assert 0 <= receipt.fee_e8 <= min(missing, before[1])
                assert abs(worth(desk, 2) - before[0] - receipt.fee_e8) <= 1
                assert profit(desk, account) >= -1
            else:
                assert receipt.status in {Status.INSURED, Status.NOT_PROFITABLE, Status.AUCTION_OVER, Status.MAINTENANCE_MARGIN}
            check_all(desk.state)
    # Closing a part of a position may move the rounding of its mark by a unit, and what is missing with it.
    assert sum(given_up.values()) <= max(missing - fund * E8, 0) + 2 * len(portfolio)
    if desk.row("accounts", 2).positions == 0:
        cash = desk.row("accounts", 2).cash_e8
        assert desk.status(end(desk)) == Status.OK
        system = desk.row("system", 0)
        borne = fund * E8 - system.insurance_e8 + system.deficit_e8
        assert borne == max(-cash, 0)
        assert abs(missing - sum(given_up.values()) - borne) <= 2 * len(portfolio)
        check_all(desk.state)


def test_fund_and_chosen_and_all_in_one_story():
    """Bids while the fund lasts, deleveraging when it does not, a haircut for the rest; then everything is as before."""
    desk = Desk()
    uninsured(desk)
    set_fund(desk, 500)
    assert desk.status(offer(desk, ALL // 100, INSOLVENT, amount_e8=0)) == Status.OK
    refresh(desk, START_S + 1_800)
    assert desk.status(offer(desk, ALL, INSOLVENT, amount_e8=0)) == Status.OK
    assert desk.row("system", 0).insurance_e8 <= 1
    assert desk.status(offer(desk, ALL, INSOLVENT, amount_e8=0)) in {Status.INSURANCE_SHORT, Status.OK}
    desk.edit("accounts", 1, paid_in_e8=worth(desk, 1) - 100 * E8)
    held = -desk.row("holdings", 2 * 8).quantity_e6[0]
    assert desk.status(deleverage(desk, quantity=held // 2)) == Status.OK
    assert profit(desk, 1) <= 1
    refresh(desk, START_S + 3_600)
    assert desk.status(offer(desk, ALL, INSOLVENT)) == Status.OK
    assert desk.row("auctions", 2).kind == 0
    deficit = desk.row("system", 0).deficit_e8
    assert deficit > 0
    check_all(desk.state)
    paid = desk.run(desk.signed(Kind.WITHDRAW, 4, amount_e8=E8 * 1_000_000, address=(1, 2, 3), max_fee_e8=E8 * 1_000_000)).message
    vault = Fraction(desk.row("system", 0).vault_e8)
    assert desk.row("messages", paid).amount_e8 < E8 * 1_000_000
    assert vault > 0
    check_all(desk.state)


def test_margin_of_the_chosen_is_kept():
    desk = Desk()
    uninsured(desk)
    desk.hold(1, {ATM: E6, ATM + 2: -E6})
    set_cash(desk, 1, 100)
    desk.edit("accounts", 1, paid_in_e8=0)
    _, before, _ = health(desk.state, 1, 0, 0, 0)
    commit(desk.state)
    assert before >= 0
    assert desk.status(deleverage(desk)) == Status.MAINTENANCE_MARGIN
    assert (desk.row("accounts", 1).positions, health(desk.state, 1, 0, 0, 0)[1]) == (2, before)


def test_expired_positions_are_settled_not_deleveraged():
    desk = Desk()
    uninsured(desk)
    expire(desk)
    assert desk.status(deleverage(desk)) == Status.INSTRUMENT_EXPIRED
    for holder in (1, 2):
        assert desk.status(settle(desk, holder=holder)) == Status.OK
    assert desk.status(end(desk)) == Status.OK
    check_all(desk.state)


def test_the_hopeless_are_closed_at_the_mark():
    """What cannot be valued as a whole can still be made smaller, position by position."""
    desk = Desk()
    quantity = 1 << 39
    desk.hold(2, {ATM - 4: -quantity})
    desk.hold(1, {ATM - 4: quantity})
    desk.edit("instruments", ATM - 4, open_interest_e6=quantity, shorts_e6=quantity)
    rally(desk)
    assert desk.status(start(desk)) == Status.OK
    desk.edit("accounts", 1, paid_in_e8=-(1 << 58))
    assert standing(desk.state, 2)[1] < -(1 << 60)
    commit(desk.state)
    receipt = desk.run(deleverage(desk, instrument=ATM - 4, quantity=quantity // 4))
    assert receipt.status in {Status.OK, Status.NOT_PROFITABLE}
    check_all(desk.state)
