"""Matching against a simple model of a price-time book, and the cases that the model leaves out."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.margin import health
from rollup.market.positions import position_of
from rollup.market.terms import (
    BUY,
    CANCEL_BOTH,
    CANCEL_MAKER,
    DECREMENT_BOTH,
    FILL_OR_KILL,
    GOOD_TILL_CANCEL,
    IMMEDIATE_OR_CANCEL,
    OWNER_WIDE,
    POST_ONLY,
    REDUCE_ONLY,
    REJECT_TAKER,
    SELF_TRADE,
    SELL,
)
from rollup.state.limits import FILLS, OPEN_ORDERS, PAGES
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, owner
from tests.unit.transition.status_cases import ATM, ask, bid, mark_e8, pair, wait

ACCOUNTS = 4
OWNERS = (0, 1, 2, 3, 3)
"""Whose account it is, by number: 3 and 4 have the same owner."""


@dataclass
class Resting:
    account: int
    side: int
    price: int
    quantity: int
    nonce: int
    options: int


class Model:
    """A book as a list in order of age, and what everybody holds."""

    def __init__(self):
        self.orders: list[Resting] = []
        self.held = [0] * (ACCOUNTS + 1)

    def best(self, side, limit):
        """The best and oldest order of the other side that meets the limit."""
        found = [o for o in self.orders if o.side != side and (o.price <= limit if side == BUY else o.price >= limit)]
        return min(found, key=lambda o: (o.price if side == BUY else -o.price, self.orders.index(o)), default=None)

    def closable(self, account, side):
        return max(-self.held[account] if side == BUY else self.held[account], 0)

    def place(self, account, side, price, quantity, nonce, force, options):
        """Fills as (account, price, quantity), or None where the order is rejected."""
        kept = [Resting(**vars(o)) for o in self.orders], [*self.held]
        if options & REDUCE_ONLY:
            quantity = min(quantity, self.closable(account, side))
        fills, left = self.work(account, side, price, quantity, options)
        rests = fills is not None and left > 0 and force == GOOD_TILL_CANCEL and self.best(side, price) is None
        mine = sum(o.account == account for o in self.orders)
        filled = sum(quantity for *_, quantity in fills or ())
        if not quantity or fills is None or (filled < quantity and force == FILL_OR_KILL) or (rests and mine == OPEN_ORDERS):
            self.orders, self.held = kept
            return None
        if rests:
            self.orders.append(Resting(account, side, price, left, nonce, options))
        return fills

    def work(self, account, side, price, left, options):
        """Fills, or None where the order is rejected, and the quantity left."""
        fills = []
        for _ in range(FILLS):
            maker = self.best(side, price)
            if left == 0 or maker is None:
                break
            wide = options & maker.options & OWNER_WIDE and OWNERS[maker.account] == OWNERS[account]
            if maker.account == account or wide:
                mode = options & SELF_TRADE
                if mode == REJECT_TAKER:
                    return None, 0
                both = min(left, maker.quantity)
                maker.quantity -= both if mode == DECREMENT_BOTH else maker.quantity
                left -= {DECREMENT_BOTH: both, CANCEL_BOTH: left}.get(mode, 0)
            else:
                most = self.closable(maker.account, maker.side) if maker.options & REDUCE_ONLY else left
                traded = min(left, maker.quantity, most)
                if traded and options & POST_ONLY:
                    return None, 0
                if traded:
                    fills.append((maker.account, maker.price, traded))
                self.held[account] += traded if side == BUY else -traded
                self.held[maker.account] -= traded if side == BUY else -traded
                maker.quantity -= traded or maker.quantity
                left -= traded
            if maker.quantity == 0:
                self.orders.remove(maker)
        return fills, left


ORDERS = st.tuples(
    st.integers(1, ACCOUNTS),
    st.sampled_from([BUY, SELL]),
    st.integers(1980, 1999),
    st.integers(1, 9),
    st.sampled_from([GOOD_TILL_CANCEL] * 8 + [IMMEDIATE_OR_CANCEL, FILL_OR_KILL]),
    st.sampled_from([0, 0, 0, POST_ONLY]),
    st.sampled_from([0, 0, REDUCE_ONLY]),
    st.sampled_from([CANCEL_MAKER, REJECT_TAKER, CANCEL_BOTH, DECREMENT_BOTH]),
    st.sampled_from([0, OWNER_WIDE]),
)


def family():
    """A desk whose account 4 has the owner of account 3."""
    desk = Desk(ACCOUNTS)
    desk.row("accounts", 4).set_words([*owner(3), *desk.row("accounts", 4).words()[3:]])
    return desk


def signer_of(account):
    return {"owner": owner(OWNERS[account]), "signer": owner(OWNERS[account])}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(ORDERS, ORDERS, ORDERS, st.integers(0, 1 << 30)), min_size=10, max_size=80))
def test_fills_are_those_of_a_price_time_book(actions):
    """An integer cancels one of the orders that rest."""
    desk, model = family(), Model()
    ids: dict[int, int] = {}
    for action in actions:
        if isinstance(action, int):
            cancel_one(desk, model, ids, action)
            continue
        account, side, price, lots, force, *bits = action
        options = sum(bits)
        if options & POST_ONLY and force != GOOD_TILL_CANCEL:
            continue
        terms = {"instrument": ATM, "time_in_force": force, "options": options, **signer_of(account)}
        receipt = desk.run(desk.order(account, side, price, lots, **terms))
        fills = model.place(account, side, price * E8, lots * E6, desk.nonce, force, options)
        assert (receipt.status == Status.OK) == (fills is not None)
        assert receipt.fills == len(fills or ())
        made = list(zip(receipt.fill_account, receipt.fill_price_e8, receipt.fill_quantity_e6, strict=True))[: receipt.fills]
        assert made == (fills or [])
        if receipt.order:
            ids[desk.nonce] = receipt.order
    resting = [desk.row("orders", ids[o.nonce]) for o in model.orders]
    assert [(o.account, o.price_e8, o.quantity_e6) for o in resting] == [(o.account, o.price, o.quantity) for o in model.orders]
    assert [position_of(desk.state, account, ATM) for account in range(1, ACCOUNTS + 1)] == model.held[1:]
    commit(desk.state)
    check_all(desk.state)


def cancel_one(desk, model, ids, choice):
    if model.orders:
        order = model.orders.pop(choice % len(model.orders))
        fields = {"order": ids[order.nonce], "number": order.nonce, **signer_of(order.account)}
        assert desk.status(desk.signed(Kind.CANCEL, order.account, **fields)) == Status.OK


def test_taker_pays_the_makers_price_and_both_pay_fees():
    desk = Desk()
    desk.run(ask(desk, price=1985))
    receipt = desk.run(bid(desk, price=1990))
    # 0.03 % of 60,000 USD; the cap of 12.5 % of the price is far away.
    assert (receipt.cost_e8, receipt.fee_e8) == (1985 * E8, 18 * E8)
    cash = [desk.row("accounts", n).cash_e8 - 10_000_000 * E8 for n in (1, 2)]
    assert cash == [-(1985 + 18) * E8, (1985 - 6) * E8]
    assert desk.row("system", 0).insurance_e8 == 24 * E8


def test_fee_is_capped_by_a_share_of_the_price():
    desk = Desk()
    desk.run(ask(desk, instrument=9, price=20))
    assert desk.run(bid(desk, instrument=9, price=20)).fee_e8 == 20 * E8 // 8


def test_a_fraction_of_a_unit_is_lost_by_both_sides():
    desk = Desk()
    desk.edit("parameters", 0, maker_fee_e9=0, taker_fee_e9=0, quantity_min_e6=1)
    desk.edit("instruments", ATM, tick_e8=1, lot_e6=1)
    desk.run(ask(desk, price_e8=1_234_567, quantity_e6=7))
    desk.run(bid(desk, price_e8=1_234_567, quantity_e6=7))
    # 1,234,567 · 7 / 10^6 = 8.64: one side pays 9, the other gets 8.
    cash = [desk.row("accounts", n).cash_e8 - 10_000_000 * E8 for n in (1, 2)]
    assert cash == [-9, 8]
    assert desk.row("system", 0).insurance_e8 == 1


def test_maker_who_cannot_pay_any_more_is_removed_and_the_next_one_is_met():
    desk = Desk()
    desk.run(ask(desk, account=2, price=1985))
    desk.run(ask(desk, account=3, price=1986))
    desk.edit("accounts", 2, cash_e8=100 * E8)
    receipt = desk.run(bid(desk))
    assert (receipt.fills, receipt.cancelled, receipt.fill_account[0]) == (1, 1, 3)
    assert desk.row("accounts", 2).open_orders == 0


def test_maker_below_margin_may_still_close():
    """What does not worsen initial health passes: the maker buys back what it is short of."""
    desk = Desk()
    desk.run(ask(desk, account=2))
    assert desk.status(bid(desk)) == Status.OK
    desk.edit("accounts", 2, cash_e8=5_000 * E8)
    assert desk.status(bid(desk, account=2, price=1900)) == Status.OK
    desk.run(ask(desk, account=1, price=1900))
    assert desk.row("accounts", 2).positions == 0


def test_expired_and_own_orders_make_way():
    desk = Desk()
    desk.run(ask(desk, account=3, price=1984, timestamp_s=START_S + 10))
    desk.run(ask(desk, account=1, price=1985))
    desk.run(ask(desk, account=2, price=1986))
    wait(desk, START_S + 11)
    receipt = desk.run(bid(desk, account=1))
    assert (receipt.fills, receipt.cancelled, receipt.fill_account[0]) == (1, 2, 2)


def test_order_lives_through_its_last_second():
    desk = Desk()
    desk.run(ask(desk, timestamp_s=START_S + 10))
    wait(desk, START_S + 10)
    assert desk.run(bid(desk)).fills == 1


def test_post_only_rests_where_only_expired_orders_are_in_the_way():
    desk = Desk()
    desk.run(ask(desk, timestamp_s=START_S))
    wait(desk, START_S + 1)
    receipt = desk.run(bid(desk, options=POST_ONLY))
    assert receipt.status == Status.OK
    assert receipt.order != 0


@pytest.mark.parametrize("force", [GOOD_TILL_CANCEL, IMMEDIATE_OR_CANCEL])
def test_no_more_than_the_bound_of_makers(force):
    desk = Desk()
    for number in range(FILLS + 2):
        desk.run(ask(desk, account=2 + number % 2, quantity=1))
    receipt = desk.run(bid(desk, quantity=FILLS + 1, time_in_force=force))
    assert (receipt.fills, receipt.filled_e6, receipt.order) == (FILLS, FILLS * E6, 0)
    check_all(desk.state)


def test_rest_of_an_order_is_younger_than_what_was_there():
    desk = Desk()
    desk.run(bid(desk, account=2, price=1980))
    desk.run(ask(desk, account=3, price=1985))
    desk.run(bid(desk, account=1, price=1985, quantity=2))
    assert desk.row("orders", 3).account == 0
    receipt = desk.run(ask(desk, account=4, price=1980, quantity=2))
    assert receipt.fill_account[:2] == [1, 2]


def test_reduction_goes_on_while_paused_or_while_feeds_are_silent():
    desk = Desk()
    desk.run(ask(desk))
    desk.run(bid(desk))
    desk.run(bid(desk, account=3, price=1950))
    wait(desk, START_S + 601)
    desk.edit("system", 0, paused_until_s=START_S + 9999)
    assert desk.status(ask(desk, account=1, price=1950, quantity=0.5)) == Status.OK
    assert desk.status(ask(desk, account=1, price=1950, quantity=1)) == Status.PAUSED
    assert desk.row("holdings", PAGES).quantity_e6[0] == E6 // 2


def test_lower_cap_does_not_stop_reductions():
    desk = Desk()
    desk.run(ask(desk, quantity=2))
    desk.run(bid(desk, quantity=2))
    desk.edit("parameters", 0, position_max_e6=E6 // 2, open_interest_max_e6=1)
    desk.run(bid(desk, account=2, price=1950, quantity=1))
    assert desk.run(ask(desk, account=1, price=1950, quantity=1)).fills == 1
    check_all(desk.state)


def test_fee_counts_in_whether_a_purchase_makes_things_worse():
    """Below its margin, an account buys back at a price that frees less than it loses with the fee, though more without."""
    desk = Desk()
    desk.edit("parameters", 0, price_band_e9=10**9)
    assert desk.status(*pair(desk, {"quantity_e6": 2 * E6}, quantity_e6=2 * E6)) == Status.OK
    freed = health(desk.state, 2, ATM, E6, 0)[0] - health(desk.state, 2, 0, 0, 0)[0]
    commit(desk.state)
    desk.edit("accounts", 2, cash_e8=13_000 * E8)
    # What is lost, price less mark, may be half of what is freed less the mark.
    price = (freed + mark_e8(desk, ATM)) // 2 // E8 - 9
    assert desk.status(ask(desk, account=1, price=price)) == Status.OK
    assert desk.status(bid(desk, account=2, price=price)) == Status.INITIAL_MARGIN
    assert desk.status(ask(desk, account=3, price=price - 20)) == Status.OK
    assert desk.status(bid(desk, account=2, price=price)) == Status.OK
