"""Stop-loss and take-profit orders: when they are fired, what they become, and what they are until then."""

import pytest

from rollup.audit.rows import snapshot
from rollup.audit.whole.audit import check_all
from rollup.market.positions import position_of
from rollup.market.terms import (
    BUY,
    BY_MARK,
    FILL_OR_KILL,
    IMMEDIATE_OR_CANCEL,
    MARKET,
    OPTIONS_ALL,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP_LOSS,
    TAKE_PROFIT,
)
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, EXPIRIES_S, START_S, Desk, future
from tests.unit.transition.status_cases import ATM, ask, bid, fire, hold, mark_e8, move_spot, pause, replace, stop, wait

PUT = ATM + 1
SIDES = {"buy": BUY, "sell": SELL}


def waiting(desk, **fields):
    """A stop-loss that waits: its id and nonce."""
    order = desk.run(stop(desk, **fields)).order
    assert order
    return order, desk.nonce


def held(desk, account, instrument=ATM):
    found = position_of(desk.state, account, instrument)
    commit(desk.state)
    return found


@pytest.mark.parametrize(
    ("instrument", "side", "kind", "fires_at"),
    [
        (ATM, "buy", STOP_LOSS, "61,000 and above"),
        (ATM, "sell", STOP_LOSS, "59,000 and below"),
        (ATM, "buy", TAKE_PROFIT, "59,000 and below"),
        (ATM, "sell", TAKE_PROFIT, "61,000 and above"),
        (PUT, "buy", STOP_LOSS, "59,000 and below"),
        (PUT, "sell", STOP_LOSS, "61,000 and above"),
        (PUT, "buy", TAKE_PROFIT, "61,000 and above"),
        (PUT, "sell", TAKE_PROFIT, "59,000 and below"),
        (future(1, 0), "buy", STOP_LOSS, "61,000 and above"),
        (future(1, 0), "sell", STOP_LOSS, "59,000 and below"),
    ],
)
def test_a_stop_loss_fires_where_the_position_loses_and_a_take_profit_where_it_gains(instrument, side, kind, fires_at):
    price = int(fires_at[:6].replace(",", ""))
    above = fires_at.endswith("above")
    for offset in (-1, 0, 1):
        desk = Desk()
        order = desk.order(1, SIDES[side], 0, 1, instrument=instrument, options=kind | MARKET, time_in_force=1, trigger_e8=price * E8)
        order_id = desk.run(order).order
        nonce = desk.nonce
        move_spot(desk, price + offset)
        fired = offset >= 0 if above else offset <= 0
        assert desk.status(fire(order_id, nonce)) == (Status.OK if fired else Status.NOT_TRIGGERED)


@pytest.mark.parametrize(("instrument", "moves"), [(ATM, 1), (PUT, -1)])
@pytest.mark.parametrize(("side", "kind"), [(BUY, STOP_LOSS), (SELL, STOP_LOSS), (BUY, TAKE_PROFIT), (SELL, TAKE_PROFIT)])
def test_by_the_mark_a_price_of_the_instrument_is_waited_for(instrument, moves, side, kind):
    desk = Desk()
    mark = mark_e8(desk, instrument)
    up = (side == BUY) == (kind == STOP_LOSS)
    trigger = mark * 11 // 10 if up else mark * 9 // 10
    order = desk.order(1, side, mark // E8, 1, instrument=instrument, options=kind | BY_MARK, trigger_e8=trigger)
    order_id = desk.run(order).order
    nonce = desk.nonce
    for spot, status in ((60_000, Status.NOT_TRIGGERED), (60_000 + (1500 if up else -1500) * moves, Status.OK)):
        move_spot(desk, spot)
        assert desk.status(fire(order_id, nonce)) == status
    assert desk.row("orders", order_id).level != 0


def test_a_waiting_order_is_open_outside_the_book_and_reserves_nothing():
    desk = Desk()
    order, _ = waiting(desk)
    row = desk.row("orders", order)
    assert (row.level, row.reserved_e8, row.trigger_e8) == (0, 0, 61_000 * E8)
    assert desk.row("accounts", 1).open_orders == 1
    assert desk.run(ask(desk, price=1900)).fills == 0
    check_all(desk.state)


def test_a_fired_limit_order_takes_what_it_can_and_rests_under_its_id():
    desk = Desk()
    desk.run(ask(desk, price=1985, quantity=1))
    order, nonce = waiting(desk, quantity=3)
    move_spot(desk, 61_000)
    receipt = desk.run(fire(order, nonce))
    assert (receipt.status, receipt.filled_e6, receipt.order) == (Status.OK, E6, order)
    assert (receipt.account, receipt.nonce) == (1, nonce)
    row = desk.row("orders", order)
    assert (row.quantity_e6, row.filled_e6, row.options, row.trigger_e8, row.nonce) == (2 * E6, E6, 0, 0, nonce)
    assert row.reserved_e8 == desk.row("accounts", 1).reserved_e8 > 0
    check_all(desk.state)


@pytest.mark.parametrize("options", [STOP_LOSS | MARKET, STOP_LOSS | MARKET | REDUCE_ONLY])
def test_a_fired_market_order_never_rests(options):
    desk = Desk()
    hold(desk)
    order, nonce = waiting(desk, account=2, price=0, options=options, time_in_force=IMMEDIATE_OR_CANCEL)
    desk.run(ask(desk, account=3, price=2500))
    move_spot(desk, 61_000)
    receipt = desk.run(fire(order, nonce))
    assert (receipt.filled_e6, receipt.order, receipt.fill_price_e8[0]) == (E6, 0, 2500 * E8)
    assert held(desk, 2) == 0
    assert desk.row("accounts", 2).open_orders == 0
    check_all(desk.state)


def test_who_fires_needs_no_account_and_uses_no_nonce():
    desk = Desk()
    order, nonce = waiting(desk)
    before = snapshot(desk.state)["accounts"]
    move_spot(desk, 60_500)
    assert desk.status(fire(order, nonce)) == Status.NOT_TRIGGERED
    assert snapshot(desk.state)["accounts"] == before


def test_an_order_is_fired_once():
    desk = Desk()
    order, nonce = waiting(desk)
    move_spot(desk, 61_000)
    assert desk.status(fire(order, nonce)) == Status.OK
    assert desk.status(fire(order, nonce)) == Status.UNKNOWN_ORDER


def test_what_is_refused_as_an_order_goes_on_waiting():
    desk = Desk()
    order, nonce = waiting(desk, quantity=2, time_in_force=FILL_OR_KILL)
    desk.run(ask(desk, price=1985))
    move_spot(desk, 61_000)
    before = snapshot(desk.state)
    assert desk.status(fire(order, nonce)) == Status.FOK_UNFILLED
    assert snapshot(desk.state) == before
    desk.run(ask(desk, price=1985))
    assert desk.run(fire(order, nonce)).fills == 2


def test_a_post_only_order_that_is_fired_into_the_other_side_goes_on_waiting():
    desk = Desk()
    order, nonce = waiting(desk, options=STOP_LOSS | POST_ONLY)
    crossing = desk.run(ask(desk, price=1985)).order
    move_spot(desk, 61_000)
    assert desk.status(fire(order, nonce)) == Status.WOULD_CROSS
    desk.run(desk.signed(Kind.CANCEL, 2, order=crossing))
    assert desk.run(fire(order, nonce)).order == order


def test_reduce_only_is_clipped_when_it_is_fired():
    desk = Desk()
    hold(desk)
    order, nonce = waiting(desk, account=2, quantity=5, options=STOP_LOSS | REDUCE_ONLY)
    assert desk.row("orders", order).quantity_e6 == 5 * E6
    move_spot(desk, 61_000)
    assert desk.row("orders", desk.run(fire(order, nonce)).order).quantity_e6 == E6


def test_reduce_only_with_nothing_to_reduce_waits_until_its_price_comes_and_then_ends():
    desk = Desk()
    order, nonce = waiting(desk, options=STOP_LOSS | REDUCE_ONLY)
    assert desk.status(fire(order, nonce)) == Status.NOT_TRIGGERED
    move_spot(desk, 61_000)
    receipt = desk.run(fire(order, nonce))
    assert (receipt.status, receipt.cancelled, receipt.order) == (Status.OK, 1, 0)
    assert desk.row("accounts", 1).open_orders == 0


def test_a_stop_loss_goes_on_while_paused():
    desk = Desk()
    hold(desk)
    order, nonce = waiting(desk, account=2, options=STOP_LOSS | REDUCE_ONLY)
    another, later = waiting(desk, account=3)
    pause(desk)
    move_spot(desk, 61_000)
    assert desk.status(fire(order, nonce)) == Status.OK
    assert desk.status(fire(another, later)) == Status.PAUSED


@pytest.mark.parametrize("late", ["order", "instrument"])
def test_an_order_whose_time_has_come_ends_unfired(late):
    desk = Desk()
    order, nonce = waiting(desk, timestamp_s=START_S + 5 if late == "order" else 0)
    wait(desk, START_S + 6 if late == "order" else EXPIRIES_S[0])
    receipt = desk.run(fire(order, nonce))
    assert (receipt.status, receipt.cancelled) == (Status.OK, 1)
    check_all(desk.state)


def test_waiting_orders_are_cancelled_as_others_are():
    desk = Desk()
    order, nonce = waiting(desk)
    assert desk.status(desk.signed(Kind.CANCEL, 1, order=order, number=nonce)) == Status.OK
    for _ in range(3):
        waiting(desk)
    assert desk.run(desk.signed(Kind.CANCEL_ALL, 1, instrument=ATM)).cancelled == 3
    check_all(desk.state)


def test_a_waiting_order_may_be_replaced_by_one_that_waits_or_by_one_that_does_not():
    desk = Desk()
    order, nonce = waiting(desk)
    changed = replace(desk, order, nonce, price=1980, quantity=2, options=STOP_LOSS | BY_MARK, trigger_e8=2500 * E8)
    assert desk.status(changed) == Status.OK
    row = desk.row("orders", order)
    assert (row.trigger_e8, row.options & OPTIONS_ALL, row.level, row.nonce) == (2500 * E8, STOP_LOSS | BY_MARK, 0, desk.nonce)
    assert desk.status(replace(desk, order, desk.nonce, price=1980)) == Status.OK
    assert desk.row("orders", order).level != 0
    assert desk.status(replace(desk, order, desk.nonce, price=1980, options=TAKE_PROFIT, trigger_e8=59_000 * E8)) == Status.OK
    assert (desk.row("orders", order).level, desk.row("accounts", 1).reserved_e8) == (0, 0)
    check_all(desk.state)


def test_what_waits_covers_nothing_of_a_position():
    """A stop-loss beside a closing order: the closing one still reserves nothing."""
    desk = Desk()
    hold(desk)
    desk.run(desk.order(1, SELL, 1800, 1, instrument=ATM, options=STOP_LOSS, trigger_e8=59_000 * E8))
    desk.run(ask(desk, account=1, price=1995))
    assert desk.row("accounts", 1).reserved_e8 == 0


def test_an_order_may_be_fired_at_once_where_its_price_has_come_already():
    desk = Desk()
    order, nonce = waiting(desk, trigger=50_000)
    assert desk.status(fire(order, nonce)) == Status.OK


def test_a_fired_order_meets_its_own_as_it_says():
    desk = Desk()
    desk.run(ask(desk, account=1, price=1985))
    order, nonce = waiting(desk)
    move_spot(desk, 61_000)
    receipt = desk.run(fire(order, nonce))
    assert (receipt.cancelled, receipt.order) == (1, order)
    desk.run(bid(desk, account=3, price=1970))
    check_all(desk.state)
