"""The ways out: exits that L1 asks for, deposits that find no room, and the ring of messages that never fills up."""

import pytest

from rollup.audit.rows import snapshot
from rollup.audit.whole.audit import check_all
from rollup.market.margin import health
from rollup.state.limits import ACCOUNT_BITS, MESSAGE_BITS, MONEY_MAX
from rollup.state.table import revert
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import set_cash
from tests.unit.transition.collateral_scenes import BTC, ETH, held, lodge, take
from tests.unit.transition.opened_market import E6, E8, RICH_E8, START_S, Desk, owner
from tests.unit.transition.status_cases import bid, deposit, hold, leave, pause, wait
from tests.unit.transition.test_collateral import accept

RING = 1 << MESSAGE_BITS


def initial(desk: Desk, account: int) -> int:
    found = health(desk.state, account, 0, 0, 0)[0]
    revert(desk.state)
    return found


def message(desk: Desk, number: int) -> tuple[object, ...]:
    row = desk.row("messages", number % RING)
    return row.number, tuple(row.recipient), row.amount_e8, row.account


def test_an_exit_takes_all_cash_and_every_order():
    desk = Desk()
    for price in (1_900, 1_910, 1_920):
        assert desk.status(bid(desk, price=price)) == Status.OK
    receipt = desk.run(leave())
    assert (receipt.status, receipt.account, receipt.cancelled, receipt.message) == (Status.OK, 1, 3, 1)
    assert message(desk, 1) == (1, (7, 8, 9), RICH_E8, 1)
    assert (desk.row("accounts", 1).cash_e8, desk.row("accounts", 1).open_orders) == (0, 0)
    check_all(desk.state)
    again = desk.run(leave())
    assert (again.status, again.message) == (Status.OK, 0)
    assert desk.row("system", 0).messages == 1


def test_an_exit_with_positions_leaves_their_initial_margin():
    desk = Desk()
    hold(desk)
    for account in (1, 2):
        free = min(initial(desk, account), desk.row("accounts", account).cash_e8)
        receipt = desk.run(leave(account))
        assert message(desk, receipt.message) == (receipt.message, (7, 8, 9), free, account)
        assert 0 <= initial(desk, account) < E8
        check_all(desk.state)
    assert desk.row("accounts", 2).cash_e8 > 0
    more = desk.signed(Kind.WITHDRAW, 2, amount_e8=E8, address=(1, 2, 3))
    assert desk.status(more) in {Status.OUT_OF_RANGE, Status.INITIAL_MARGIN}


def test_while_positions_cannot_be_judged_an_exit_takes_the_orders_alone():
    desk = Desk()
    hold(desk)
    assert desk.status(bid(desk, account=2, price=1_900)) == Status.OK
    wait(desk, START_S + 700)
    receipt = desk.run(leave(2))
    assert (receipt.status, receipt.cancelled, receipt.message) == (Status.OK, 1, 0)
    assert desk.row("accounts", 2).open_orders == 0


def test_nobody_stops_an_exit():
    desk = Desk()
    pause(desk)
    assert desk.run(leave(3)).message == 1


def collateral_of(desk: Desk, number: int) -> tuple[int, int, int]:
    row = desk.row("messages", number)
    return row.market, row.quantity_e6, row.amount_e8


@pytest.mark.parametrize("silent", [False, True])
def test_an_exit_takes_the_collateral_too(silent):
    """Without positions all of it, whether or not anybody says what it is worth."""
    desk = Desk()
    lodge(desk, BTC, 2 * E6)
    lodge(desk, ETH, 3 * E6)
    if silent:
        wait(desk, START_S + 700)
    receipt = desk.run(leave())
    assert (receipt.status, receipt.message) == (Status.OK, 3)
    assert [collateral_of(desk, number) for number in (1, 2, 3)] == [(0, 0, RICH_E8), (BTC, 2 * E6, 0), (ETH, 3 * E6, 0)]
    assert [list(desk.row("messages", number).recipient) for number in (2, 3)] == [[7, 8, 9]] * 2
    assert [desk.row("markets", market).vault_e6 for market in (BTC, ETH)] == [0, 0]
    assert not any(desk.row("collateral", 1).quantity_e6)
    check_all(desk.state)
    assert desk.run(leave()).message == 0


@pytest.mark.parametrize("model", range(5))
def test_an_exit_leaves_the_collateral_that_margin_needs(model):
    """What goes is within a ten-thousandth of all that a withdrawal could take; no more goes afterwards."""
    desk = Desk()
    accept(desk)
    lodge(desk, BTC, E6, account=2)
    lodge(desk, ETH, 5 * E6, account=2)
    hold(desk)
    set_cash(desk, 2, 0)
    desk.edit("accounts", 2, margin_model=model)
    before = initial(desk, 2)
    receipt = desk.run(leave(2))
    assert receipt.status == Status.OK
    assert initial(desk, 2) >= min(before, 0)
    kept = held(desk, 2, BTC)
    assert (kept < E6) is (before > 0)
    if before > 0:
        assert desk.status(take(desk, account=2, quantity_e6=E6 // 10_000)) == Status.INITIAL_MARGIN
        assert held(desk, 2, ETH) > 5 * E6 * 99 // 100
    check_all(desk.state)


def test_while_prices_are_silent_no_collateral_of_a_holder_leaves():
    desk = Desk()
    accept(desk)
    lodge(desk, account=2)
    hold(desk)
    wait(desk, START_S + 700)
    assert desk.run(leave(2)).message == 0
    assert held(desk, 2) == E6


def test_who_owes_cash_does_not_leave_with_the_collateral():
    """Not even without a position: it is what the debt is paid from."""
    desk = Desk()
    accept(desk)
    lodge(desk, account=2)
    set_cash(desk, 2, -50_000)
    assert desk.run(leave(2)).message == 0
    assert held(desk, 2) == E6


def test_where_the_vault_cannot_pay_the_collateral_leaves_all_the_same():
    desk = Desk()
    lodge(desk)
    desk.edit("system", 0, vault_e8=0, deficit_e8=desk.row("system", 0).vault_e8)
    assert desk.run(leave(3)).status == Status.INSUFFICIENT_CASH
    before = desk.row("accounts", 1)
    receipt = desk.run(leave(1))
    assert (receipt.status, collateral_of(desk, receipt.message)) == (Status.OK, (BTC, E6, 0))
    assert (desk.row("accounts", 1).cash_e8, desk.row("accounts", 1).paid_in_e8) == (before.cash_e8, before.paid_in_e8)


def test_an_exit_needs_no_nonce_and_uses_none():
    desk = Desk()
    before = desk.row("accounts", 3).nonce
    desk.run(leave(3))
    assert desk.row("accounts", 3).nonce == before


@pytest.mark.parametrize(
    "full", [{"accounts": (1 << ACCOUNT_BITS) - 1}, {"vault_e8": MONEY_MAX - 1}], ids=["no room for an account", "no room in the vault"]
)
@pytest.mark.parametrize("account", [0, 1, 77])
def test_what_no_account_can_take_goes_back(full, account):
    desk = Desk()
    desk.edit("system", 0, **full)
    if account == 1 and "accounts" in full:
        assert desk.run(deposit(account=1)).account == 1
        return
    before = snapshot(desk.state)
    receipt = desk.run(deposit(account=account, owner=owner(3)))
    assert (receipt.status, receipt.account, receipt.message) == (Status.OK, 0, 1)
    assert message(desk, 1) == (1, owner(3), 100 * E8, 0)
    after = snapshot(desk.state)
    assert after["accounts"] == before["accounts"]
    assert desk.row("system", 0).vault_e8 == full.get("vault_e8", desk.row("system", 0).vault_e8)


def test_the_ring_of_messages_turns():
    """As many messages as there are rows, and more: each is found by its number, and the oldest make room."""
    desk = Desk()
    for number in (RING - 2, RING - 1, RING, RING + 1, 3 * RING + 7):
        desk.edit("system", 0, messages=number - 1)
        receipt = desk.run(desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(number, 2, 3)))
        assert (receipt.status, receipt.message) == (Status.OK, number)
        assert message(desk, number) == (number, (number, 2, 3), 50 * E8, 1)
        assert desk.row("system", 0).messages == number
        check_all(desk.state)
    assert message(desk, RING - 1)[0] == RING - 1
    assert desk.row("messages", 1).number == RING + 1
    assert desk.row("messages", 0).number == RING
