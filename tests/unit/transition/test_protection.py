"""Market-maker protection: when it strikes, what it ends, and when it lets go."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.market.greeks import DISCOUNT_ONE, greeks
from rollup.market.protection import delta_of
from rollup.market.terms import BUY, POST_ONLY, PROTECTED, SELL
from rollup.state.limits import TIME_MAX
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, future, perpetual
from tests.unit.transition.status_cases import ATM, ask, bid, mark_e8, protect, quotes, replace, two_sided, wait


def quoting(quantity=2 * E6, delta=0, **fields):
    """A desk whose account 1 bids protected for one contract of four instruments, and for five of the last."""
    desk = Desk()
    assert desk.status(protect(desk, quantity=quantity, delta=delta, **fields)) == Status.OK
    for instrument in (1, 2, 3, 4, ATM):
        desk.run(protected(desk, instrument, 5 if instrument == ATM else 1))
    return desk


def protected(desk, instrument, quantity=1, **fields):
    return desk.order(1, BUY, mark_e8(desk, instrument) // E8, quantity, instrument=instrument, options=PROTECTED, **fields)


def sell(desk, instrument, quantity=1):
    """Sell to whoever bids: the receipt."""
    return desk.run(desk.order(2, SELL, max(mark_e8(desk, instrument) // E8, 1), quantity, instrument=instrument, time_in_force=1))


def test_fills_up_to_the_limit_are_fills_and_the_one_beyond_it_is_the_last():
    desk = quoting()
    assert [sell(desk, instrument).fills for instrument in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert desk.row("protections", 1).frozen_until_s == START_S + 60


def test_dead_orders_are_removed_when_they_are_met():
    desk = quoting()
    for instrument in (1, 2, 3):
        sell(desk, instrument)
    receipt = sell(desk, 4)
    assert (receipt.fills, receipt.cancelled) == (0, 1)
    assert desk.row("accounts", 1).open_orders == 1
    check_all(desk.state)


def test_the_rest_of_the_order_that_was_filled_last_is_dead_too():
    desk = quoting()
    receipt = sell(desk, ATM, 3)
    assert receipt.filled_e6 == 3 * E6
    assert sell(desk, ATM).fills == 0


def test_protection_strikes_in_the_middle_of_a_sweep():
    desk = quoting()
    for _ in range(3):
        desk.run(protected(desk, ATM, 2))
    receipt = sell(desk, ATM, 11)
    assert (receipt.filled_e6, receipt.fills, receipt.cancelled) == (5 * E6, 1, 3)


def test_orders_that_are_not_protected_go_on_and_are_not_counted():
    desk = quoting()
    desk.run(bid(desk, quantity=9, price=1995))
    assert sell(desk, ATM, 9).filled_e6 == 9 * E6
    assert desk.row("protections", 1).filled_e6 == 0
    for instrument in (1, 2, 3):
        sell(desk, instrument)
    desk.run(bid(desk, price=1990))
    assert sell(desk, ATM).fills == 1


def test_what_a_protected_order_takes_is_not_counted():
    desk = quoting()
    desk.run(ask(desk, price=1995, quantity=5))
    assert desk.run(bid(desk, price=1995, quantity=5, options=PROTECTED)).fills == 1
    assert desk.row("protections", 1).filled_e6 == 0


def test_a_new_interval_begins_with_the_first_fill_after_the_last_one():
    desk = quoting()
    sell(desk, 1)
    sell(desk, 2)
    wait(desk, START_S + 9)
    assert desk.row("protections", 1).filled_e6 == 2 * E6
    wait(desk, START_S + 10)
    assert [sell(desk, instrument).fills for instrument in (3, 4)] == [1, 1]
    assert (desk.row("protections", 1).window_s, desk.row("protections", 1).frozen_until_s) == (START_S + 10, 0)


def struck(**fields):
    desk = quoting(**fields)
    for instrument in (1, 2, 3):
        sell(desk, instrument)
    return desk


def test_a_freeze_ends_by_itself_and_what_is_dead_stays_dead():
    desk = struck()
    wait(desk, START_S + 59)
    assert desk.status(protected(desk, 1)) == Status.MMP_FROZEN
    wait(desk, START_S + 60)
    assert desk.status(protected(desk, 1)) == Status.OK
    assert [sell(desk, instrument).fills for instrument in (1, 4)] == [1, 0]


def test_setting_protection_again_ends_the_freeze_and_what_is_dead_stays_dead():
    desk = struck()
    assert desk.status(protect(desk)) == Status.OK
    assert desk.status(protected(desk, 1)) == Status.OK
    assert [sell(desk, instrument).fills for instrument in (1, 4)] == [1, 0]


def test_a_freeze_of_no_length_lasts_until_protection_is_set_again():
    desk = struck(freeze=0)
    assert desk.row("protections", 1).frozen_until_s == TIME_MAX
    wait(desk, START_S + 500)
    assert desk.status(protected(desk, 1)) == Status.MMP_FROZEN
    desk.run(protect(desk, interval=0, quantity=0))
    assert desk.status(protected(desk, 1)) == Status.OK


def test_orders_of_other_sorts_are_taken_in_a_freeze():
    desk = struck()
    assert desk.status(bid(desk)) == Status.OK
    assert desk.status(desk.signed(Kind.CANCEL_ALL, 1)) == Status.OK


def test_without_an_interval_nothing_is_counted():
    desk = quoting()
    desk.run(protect(desk, interval=0, quantity=0))
    assert [sell(desk, instrument).fills for instrument in (1, 2, 3, 4)] == [1] * 4


def test_a_dead_order_comes_back_by_no_replacement_that_keeps_its_place():
    desk = struck()
    desk.run(protect(desk))
    order = next(order for order in desk.row("resting", 1).order if order and desk.row("orders", order).instrument == ATM)
    row = desk.row("orders", order)
    older = desk.run(bid(desk, account=3, price=row.price_e8 // E8)).order
    changed = replace(desk, order, row.nonce, price=row.price_e8 // E8, quantity=1, options=PROTECTED)
    assert desk.status(changed) == Status.OK
    assert sell(desk, ATM).fill_order[0] == older
    assert sell(desk, ATM).fill_order[0] == order


def test_quotes_are_protected():
    desk = Desk()
    desk.run(protect(desk))
    desk.run(*quotes(desk, two_sided(), two_sided(1970, 2010)))
    assert desk.run(ask(desk, price=1970, quantity=3)).fills == 2
    assert desk.row("protections", 1).frozen_until_s > 0
    assert desk.status(*quotes(desk, two_sided())) == Status.MMP_FROZEN


def test_a_post_only_order_rests_where_only_dead_orders_are_in_the_way():
    desk = struck()
    mark = mark_e8(desk, 4) // E8
    receipt = desk.run(desk.order(3, SELL, mark, 1, instrument=4, options=POST_ONLY))
    assert (receipt.status, receipt.cancelled) == (Status.OK, 1)


def test_net_delta_is_what_its_limit_counts():
    """A call bought and a put bought: their deltas are 1 apart, so about half a contract's delta each way."""
    desk = quoting(quantity=0, delta=int(1.2 * E6))
    for instrument in (ATM, ATM + 1):
        desk.run(protected(desk, instrument, 9))
    assert all(sell(desk, ATM).fills and sell(desk, ATM + 1).fills for _ in range(4))
    deltas = [delta_of(desk.state, instrument) for instrument in (ATM, ATM + 1)]
    commit(desk.state)
    assert desk.row("protections", 1).delta_e6 == sum(4 * (E6 * delta // 10**9) for delta in deltas)
    assert [sell(desk, ATM).fills for _ in range(4)] == [1, 1, 1, 0]


def test_what_is_bought_and_sold_again_has_no_net_delta():
    desk = quoting(quantity=0, delta=E6)
    desk.run(protected(desk, ATM, 9))
    desk.run(ask(desk, account=1, price=2000, quantity=9, options=PROTECTED))
    for _ in range(5):
        assert sell(desk, ATM).fill_account[0] == 1
        assert desk.run(bid(desk, account=3, price=2000)).fill_account[0] == 1
    assert abs(desk.row("protections", 1).delta_e6) <= 5


def test_a_new_interval_forgets_the_delta_of_the_last_one():
    desk = quoting(quantity=0, delta=E6)
    desk.run(protected(desk, ATM, 9))
    sell(desk, ATM)
    one = desk.row("protections", 1).delta_e6
    wait(desk, START_S + 10)
    assert sell(desk, ATM).fills == 1
    assert 0 < desk.row("protections", 1).delta_e6 < one * 3 // 2


@pytest.mark.parametrize("instrument", [1, 2, ATM, ATM + 1])
def test_delta_of_an_option(instrument):
    desk = Desk()
    row = desk.row("instruments", instrument)
    expected = greeks(60_000 * E8, row.strike_e8, 600_000_000, row.expiry_s - START_S, row.option_type, DISCOUNT_ONE)[1]
    assert delta_of(desk.state, instrument) == expected != 0
    assert (expected > 0) == (row.option_type == 1)


@pytest.mark.parametrize("instrument", [future(1, 0), perpetual(1)])
def test_delta_of_an_outright_is_one(instrument):
    assert delta_of(Desk().state, instrument) == 10**9
