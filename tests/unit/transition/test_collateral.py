"""Collateral: margin by it, what leaves with margin kept, and its part in an auction; of each underlying all of it is always somewhere."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.auction import standing
from rollup.market.margin import health
from rollup.market.terms import INSOLVENT, SOLVENT
from rollup.state.limits import QUANTITY_MAX
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import ALL, end, offer, refresh, set_cash, set_fund, start
from tests.unit.transition.collateral_scenes import BTC, ETH, bring, held, lodge, pass_on, take
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, owner, spot_feed
from tests.unit.transition.status_cases import ATM, bid, hold


def healths(desk: Desk, account: int) -> tuple[int, int]:
    initial, maintenance, _ = health(desk.state, account, 0, 0, 0)
    commit(desk.state)
    return initial, maintenance


def worth(desk: Desk, account: int) -> int:
    """What is for sale of an account, at its marks."""
    _, mark, _ = standing(desk.state, account)
    commit(desk.state)
    return mark


def accept(desk: Desk, factor: int = 800_000_000, scale: int = 900_000_000) -> None:
    """Let both markets' underlyings count for margin by these shares."""
    for market in (BTC, ETH):
        desk.edit("markets", market, factor_e9=factor, initial_scale_e9=scale)


def test_collateral_counts_by_its_factors():
    desk = Desk()
    accept(desk)
    before, mark = healths(desk, 1), worth(desk, 1)
    lodge(desk, ETH, 2 * E6)
    assert worth(desk, 1) - mark == 6_000 * E8
    assert [one - other for one, other in zip(healths(desk, 1), before, strict=True)] == [4_320 * E8, 4_800 * E8]
    check_all(desk.state)


def test_collateral_carries_a_short_without_cash():
    desk = Desk()
    accept(desk)
    lodge(desk, account=2)
    hold(desk)
    set_cash(desk, 2, 0)
    assert healths(desk, 2)[0] > 0
    assert desk.status(bid(desk, account=2, price=1900, quantity=0.1)) == Status.OK
    spare = healths(desk, 2)[0] - desk.row("accounts", 2).reserved_e8
    free = spare * 10**18 // (60_000 * E8 * 800_000_000 * 900_000_000 // E6)
    assert desk.status(take(desk, account=2, quantity_e6=free + 2)) == Status.INITIAL_MARGIN
    assert desk.status(take(desk, account=2, quantity_e6=free - 2)) == Status.OK
    check_all(desk.state)


def test_a_withdrawal_of_collateral_writes_its_message_and_leaves_the_vault():
    desk = Desk()
    lodge(desk, quantity=3 * E6)
    receipt = desk.run(take(desk))
    row = desk.row("messages", receipt.message)
    assert (row.market, row.quantity_e6, row.amount_e8, row.account, list(row.recipient)) == (BTC, E6, 0, 1, [1, 2, 3])
    assert (held(desk, 1), desk.row("markets", BTC).vault_e6) == (2 * E6, 2 * E6)
    check_all(desk.state)


def test_a_message_of_cash_in_the_row_of_one_of_collateral_says_nothing_of_it(monkeypatch):
    monkeypatch.setattr("rollup.transition.outgoing.MESSAGES", 1)
    desk = Desk()
    lodge(desk)
    assert desk.status(take(desk)) == Status.OK
    assert desk.status(desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3))) == Status.OK
    row = desk.row("messages", 0)
    assert (row.amount_e8, row.market, row.quantity_e6, row.number) == (50 * E8, 0, 0, 2)


def test_no_haircut_takes_collateral():
    desk = Desk()
    lodge(desk)
    system = desk.row("system", 0)
    desk.edit("system", 0, vault_e8=system.vault_e8 // 2, deficit_e8=system.vault_e8 - system.vault_e8 // 2)
    receipt = desk.run(take(desk))
    assert (receipt.status, desk.row("messages", receipt.message).quantity_e6) == (Status.OK, E6)


@pytest.mark.parametrize(("account", "fields"), [(0, {}), (99, {}), (2, {"owner": owner(1)})])
def test_collateral_that_cannot_go_where_it_says_opens_an_account(account, fields):
    desk = Desk()
    receipt = desk.run(bring(account=account, **fields))
    assert (receipt.status, receipt.account) == (Status.OK, 5)
    assert (held(desk, 5), tuple(desk.row("accounts", 5).owner)) == (E6, fields.get("owner", owner(account)))
    check_all(desk.state)


def test_collateral_that_no_account_can_take_goes_back():
    desk = Desk()
    desk.edit("markets", BTC, vault_e6=(1 << 61) - 1)
    receipt = desk.run(bring())
    row = desk.row("messages", receipt.message)
    assert (receipt.status, row.market, row.quantity_e6, row.account, tuple(row.recipient)) == (Status.OK, BTC, E6, 0, owner(1))
    assert desk.row("markets", BTC).vault_e6 == (1 << 61) - 1


def test_an_account_without_room_gets_a_second_one():
    desk = Desk()
    lodge(desk, quantity=QUANTITY_MAX - 1)
    receipt = desk.run(bring())
    assert (receipt.account, held(desk, 5), held(desk, 1)) == (5, E6, QUANTITY_MAX - 1)
    check_all(desk.state)


def test_transfers_move_it_whole():
    desk = Desk()
    lodge(desk, ETH, 5 * E6)
    assert desk.status(pass_on(desk, number=ETH, quantity_e6=2 * E6)) == Status.OK
    assert (held(desk, 1, ETH), held(desk, 2, ETH), held(desk, 2)) == (3 * E6, 2 * E6, 0)
    check_all(desk.state)


# Auctions.


def sunk(desk: Desk, usd: float, eth: int) -> None:
    """Let account 2 be short an ATM call, with some ether and little cash, below its maintenance margin; and put it up for sale."""
    accept(desk)
    hold(desk)
    if eth:
        lodge(desk, ETH, eth, account=2)
    set_cash(desk, 2, usd)
    assert desk.status(start(desk)) == Status.OK


def test_a_bidder_takes_his_share_of_the_collateral_too():
    desk = Desk()
    sunk(desk, 3_000, E6 // 2)
    assert desk.row("auctions", 2).kind == SOLVENT
    before = worth(desk, 2)
    receipt = desk.run(offer(desk, ALL // 10))
    assert (receipt.status, held(desk, 3, ETH) + held(desk, 2, ETH)) == (Status.OK, E6 // 2)
    assert 0 <= E6 // 20 - held(desk, 3, ETH) <= 1, "rounded against who takes it"
    assert abs(receipt.cost_e8 - Fraction(before * 95, 1000)) <= 3, "collateral is sold at its mark, like all else"
    check_all(desk.state)


def test_collateral_is_sold_before_anybody_is_bankrupt():
    """A debt with ether beside it is no bankruptcy: bidders are paid with the ether first."""
    desk = Desk()
    sunk(desk, 3_000, E6)
    desk.hold(1, {})
    desk.hold(2, {})
    desk.edit("instruments", ATM, open_interest_e6=0, shorts_e6=0)
    set_cash(desk, 2, -4_000)
    refresh(desk, START_S + 10)
    assert desk.status(end(desk)) == Status.OK
    assert desk.row("auctions", 2).kind == INSOLVENT
    assert desk.status(end(desk)) == Status.AUCTION_LIVE
    set_fund(desk, 10_000)
    fund = desk.row("system", 0).insurance_e8
    receipt = desk.run(offer(desk, ALL, INSOLVENT))
    assert (receipt.status, receipt.cost_e8, held(desk, 3, ETH)) == (Status.OK, -1_000 * E8, E6)
    assert fund - desk.row("system", 0).insurance_e8 == 1_000 * E8
    check_all(desk.state)


def test_a_bidder_without_room_for_the_collateral_is_refused():
    desk = Desk()
    sunk(desk, 3_000, E6 // 2)
    lodge(desk, ETH, QUANTITY_MAX - 2, account=3)
    assert desk.status(offer(desk, ALL // 10)) == Status.OVERFLOW


def test_liquidation_waits_for_the_price_of_the_collateral():
    desk = Desk()
    accept(desk)
    hold(desk)
    lodge(desk, ETH, E6 // 2, account=2)
    set_cash(desk, 2, 3_000)
    refresh(desk, START_S + 601)
    desk.edit("feeds", spot_feed(2), timestamp_s=START_S)
    assert desk.status(start(desk)) == Status.STALE_ORACLE


ACCOUNTS, MARKETS = st.integers(1, 4), st.sampled_from([BTC, ETH])
MOVES = st.lists(st.tuples(st.sampled_from(["bring", "take", "pass_on"]), ACCOUNTS, ACCOUNTS, MARKETS, st.integers(1, 9 * E6)), max_size=25)


@settings(max_examples=60)
@given(MOVES)
def test_all_of_it_is_always_somewhere(moves):
    desk = Desk()
    sent = {BTC: 0, ETH: 0}
    for what, one, other, market, quantity in moves:
        if what == "bring":
            desk.run(bring(market, quantity, one))
            sent[market] += quantity
        elif what == "take":
            receipt = desk.run(take(desk, one, number=market, quantity_e6=quantity))
            sent[market] -= quantity if receipt.status == Status.OK else 0
        else:
            desk.run(pass_on(desk, one, number=market, quantity_e6=quantity, counterparty=other))
        check_all(desk.state)
    assert {market: desk.row("markets", market).vault_e6 for market in sent} == sent
