"""Subaccounts, session keys and withdrawals: what an owner can do with accounts, and what nobody else can (MARKET, transactions)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.margin import health, mark_to_market
from rollup.state.table import commit
from rollup.transition.kinds import SCOPE_TRADE, SCOPE_TRANSFER, Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import set_cash, set_fund
from tests.unit.transition.opened_market import E6, E8, RICH_E8, START_S, Desk, owner
from tests.unit.transition.status_cases import ATM, bid, deposit, hold, register, revoke, second_account, shift, wait

KEY = (9, 9, 9)
TO = (1, 2, 3)


def profit(desk: Desk, account: int) -> int:
    value, _ = mark_to_market(desk.state, account)
    commit(desk.state)
    return value - desk.row("accounts", account).paid_in_e8


def position(desk: Desk, account: int) -> list[tuple[int, int]]:
    page = desk.row("holdings", account * 8)
    return list(zip(page.instrument, page.quantity_e6, strict=True))[: desk.row("accounts", account).positions]


# Keys.


def test_a_revoked_key_signs_nothing_any_more():
    """B7, also for what it had signed before, and for every account that it was not revoked in it goes on."""
    desk = Desk()
    for account in (1, 2):
        assert desk.status(register(desk, account=account)) == Status.OK
    signed_before = bid(desk, signer=KEY)
    later = {**bid(desk, signer=KEY), "nonce": 1_000}
    assert desk.status(signed_before) == Status.OK
    assert desk.status({**revoke(desk), "nonce": 500}) == Status.OK
    assert desk.status(later) == Status.INVALID_SIGNER
    assert not any(word for slot in range(4) for word in desk.row("keys", 4 + slot).words())
    assert desk.status(bid(desk, account=2, signer=KEY)) == Status.OK


def test_a_revoked_key_leaves_its_slot_to_another():
    desk = Desk()
    for key in range(4):
        assert desk.status(register(desk, key=20 + key)) == Status.OK
    assert desk.status(register(desk)) == Status.KEYS_FULL
    assert desk.status(revoke(desk, key=22)) == Status.OK
    assert desk.status(register(desk)) == Status.OK


@pytest.mark.parametrize("kind", [Kind.START_AUCTION, Kind.END_AUCTION, Kind.BID, Kind.DELEVERAGE])
def test_liquidating_needs_the_scope_to_trade(kind):
    desk = Desk()
    assert desk.status(register(desk, scope=SCOPE_TRANSFER)) == Status.OK
    assert desk.status(desk.signed(kind, 1, signer=KEY)) == Status.KEY_SCOPE
    assert desk.status(register(desk, scope=SCOPE_TRADE)) == Status.OK
    assert desk.status(desk.signed(kind, 1, signer=KEY)) not in {Status.KEY_SCOPE, Status.INVALID_SIGNER}


def test_a_key_with_the_scope_in_both_accounts_moves_positions():
    desk = Desk()
    hold(desk)
    target = second_account(desk)
    for account in (2, target):
        own = {**register(desk, account=account, scope=SCOPE_TRANSFER), "owner": owner(2), "signer": owner(2)}
        assert desk.status(own) == Status.OK
    assert desk.status(shift(desk, target, signer=KEY)) == Status.OK
    wait(desk, START_S + 101)
    assert desk.status(shift(desk, target, signer=KEY)) == Status.INVALID_SIGNER


# Subaccounts.


def test_a_transfer_opens_an_account_of_the_same_owner():
    desk = Desk()
    receipt = desk.run(desk.signed(Kind.TRANSFER, 2, counterparty=0, amount_e8=700 * E8))
    assert (receipt.status, receipt.account, receipt.opened) == (Status.OK, 2, 5)
    row = desk.row("accounts", 5)
    assert (tuple(row.owner), row.cash_e8, row.paid_in_e8, row.status, row.nonce) == (owner(2), 700 * E8, 700 * E8, 1, 0)
    assert desk.row("accounts", 2).cash_e8 == RICH_E8 - 700 * E8
    own = {**desk.signed(Kind.TRANSFER, 5, counterparty=2, amount_e8=700 * E8), "owner": owner(2), "signer": owner(2)}
    assert desk.status(own) == Status.OK
    check_all(desk.state)


def test_a_refused_transfer_opens_nothing():
    desk = Desk()
    set_cash(desk, 1, 5)
    assert desk.status(desk.signed(Kind.TRANSFER, 1, counterparty=0, amount_e8=10 * E8)) == Status.INSUFFICIENT_CASH
    assert desk.row("system", 0).accounts == 4
    assert not any(desk.row("accounts", 5).words())


@pytest.mark.parametrize("account", [1, 2])
@pytest.mark.parametrize("quantity", [1, E6 // 3, E6])
def test_a_position_moves_as_it_is(account, quantity):
    """Long and short; profit stays where it was made, since no money changes hands."""
    desk = Desk()
    hold(desk)
    target = int(desk.run(desk.signed(Kind.TRANSFER, account, counterparty=0, amount_e8=50_000 * E8)).opened)
    before, interest = profit(desk, account), desk.row("instruments", ATM).open_interest_e6
    receipt = desk.run(shift(desk, target, account=account, quantity=quantity))
    sign = 1 if account == 1 else -1
    assert (receipt.status, receipt.filled_e6) == (Status.OK, quantity)
    assert position(desk, account) == ([(ATM, sign * (E6 - quantity))] if quantity < E6 else [])
    assert position(desk, target) == [(ATM, sign * quantity)]
    assert desk.row("instruments", ATM).open_interest_e6 == interest
    assert abs(profit(desk, account) - before) <= 1
    assert abs(profit(desk, target)) <= 1
    check_all(desk.state)


def test_opposite_positions_meet_and_close():
    desk = Desk()
    hold(desk)
    target = second_account(desk)
    own = {**desk.signed(Kind.CANCEL_ALL, target), "owner": owner(2), "signer": owner(2)}
    assert desk.status(own) == Status.OK
    desk.hold(target, {ATM: E6 // 2})
    desk.hold(1, {ATM: E6 // 2})
    receipt = desk.run(shift(desk, target))
    assert receipt.status == Status.OK
    assert position(desk, target) == [(ATM, -E6 // 2)]
    assert desk.row("instruments", ATM).open_interest_e6 == E6 // 2
    check_all(desk.state)


def test_margin_of_both_is_checked_after_the_whole_step():
    """B1: there is no moment between the two halves of a transfer at which somebody else could act on one of them."""
    desk = Desk()
    hold(desk)
    target = second_account(desk, 8_000)
    before = [health(desk.state, account, 0, 0, 0)[0] for account in (2, target)]
    commit(desk.state)
    assert desk.status(shift(desk, target)) == Status.INITIAL_MARGIN
    assert [health(desk.state, account, 0, 0, 0)[0] for account in (2, target)] == before
    commit(desk.state)
    assert desk.status(shift(desk, target, quantity=E6 // 2)) == Status.OK
    check_all(desk.state)


def test_what_relieves_an_account_below_margin_may_be_moved():
    desk = Desk()
    hold(desk)
    target = second_account(desk)
    set_cash(desk, 2, 3_000)
    assert health(desk.state, 2, 0, 0, 0)[1] < 0
    commit(desk.state)
    assert desk.status(shift(desk, target, quantity=E6 // 2)) == Status.OK
    check_all(desk.state)


# Withdrawals.


@pytest.mark.parametrize("signer", [owner(1), KEY])
def test_nobody_else_starts_a_withdrawal(signer):
    """B14."""
    desk = Desk()
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=TO, signer=signer)) == Status.INVALID_SIGNER
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=TO, owner=signer, signer=signer)) == Status.INVALID_SIGNER


def test_a_withdrawal_keeps_initial_margin():
    """B22."""
    desk = Desk()
    hold(desk)
    initial, _, _ = health(desk.state, 2, 0, 0, 0)
    commit(desk.state)
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=initial + 1, address=TO)) == Status.INITIAL_MARGIN
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=initial, address=TO)) == Status.OK
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=10 * E8, address=TO)) == Status.INITIAL_MARGIN


def test_the_fee_goes_to_the_fund():
    desk = Desk()
    desk.edit("parameters", 0, withdrawal_fee_e8=3 * E8)
    receipt = desk.run(desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=TO, max_fee_e8=3 * E8))
    assert (receipt.status, receipt.fee_e8) == (Status.OK, 3 * E8)
    assert desk.row("messages", receipt.message).amount_e8 == 47 * E8
    assert desk.row("system", 0).insurance_e8 == 3 * E8
    check_all(desk.state)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(10 * E8, 10**13)), max_size=12), st.integers(0, 1 << 50), st.integers(0, 5 * E8))
def test_withdrawals_share_the_deficit_and_end_it(withdrawals, deficit, fee):
    """B15, B17, B24: each is rounded by less than a unit against who withdraws, and no order of them gives anybody a better part."""
    desk = Desk()
    system = desk.row("system", 0)
    deficit = min(deficit, system.vault_e8 - 1)
    desk.edit("system", 0, vault_e8=system.vault_e8 - deficit, deficit_e8=deficit)
    desk.edit("parameters", 0, withdrawal_fee_e8=fee)
    for account, amount in withdrawals:
        vault, owed = desk.row("system", 0).vault_e8, desk.row("system", 0).deficit_e8
        receipt = desk.run(desk.signed(Kind.WITHDRAW, account, amount_e8=amount, address=TO, max_fee_e8=1 << 60))
        if receipt.status == Status.OK:
            owed -= min(owed, fee)
            exact = Fraction((amount - fee) * vault, vault + owed)
            assert 0 <= exact - desk.row("messages", receipt.message).amount_e8 < 1
        else:
            assert receipt.status == Status.INSUFFICIENT_CASH
        check_all(desk.state)


def test_deposits_during_a_deficit_keep_the_books():
    desk = Desk()
    set_fund(desk, 0)
    system = desk.row("system", 0)
    desk.edit("system", 0, vault_e8=system.vault_e8 - 900 * E8, deficit_e8=900 * E8)
    assert desk.status(deposit(1, 500 * E8)) == Status.OK
    check_all(desk.state)
