"""Liquidation auctions: their prices against exact fractions, their end, and what nobody can do to them (MARKET, liquidation)."""

from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.audit import check_all
from rollup.market.auction import buffered, share_for_sale, standing
from rollup.market.margin import health, mark_to_market
from rollup.market.terms import INSOLVENT, LIVE, SOLVENT
from rollup.state.limits import HOPELESS_E8
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.parameters import Parameter
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import ALL, INSOLVENT_CASH, auction, end, offer, refresh, set_cash, set_fund, sink, start
from tests.unit.transition.opened_market import E6, E8, INSTRUMENTS, RICH_E8, START_S, Desk, forward_feed, perpetual, spot_feed, vol_feed
from tests.unit.transition.status_cases import ATM, ask, bid, deposit, expire, govern, hold, settle, wait

BUFFER, FEE = Fraction(15, 100), Fraction(1, 10)
HOUR = 3600


def stands(desk: Desk, account: int = 2) -> tuple[int, int]:
    """Maintenance health and mark-to-market of an account."""
    maintenance, mark, _ = standing(desk.state, account)
    commit(desk.state)
    return maintenance, mark


def asked(elapsed: int) -> Fraction:
    """Share of the mark-to-market that MARKET's solvent auction asks after some seconds."""
    if elapsed < 900:
        return Fraction(95, 100) - Fraction(25, 100) * elapsed / 900
    return Fraction(70, 100) * (1 - Fraction(elapsed - 900, 12 * HOUR))


def exact(desk: Desk, elapsed: int, wanted: Fraction, reserved: int = 0) -> tuple[Fraction, Fraction]:
    """Share and cost of a solvent bid, word for word from MARKET."""
    maintenance, mark = stands(desk)
    buffer = maintenance + BUFFER * (maintenance - mark)
    d = asked(elapsed)
    share = min(wanted, buffer / (buffer - mark * d - reserved * (1 - d)))
    return share, (mark - reserved) * d * share


def test_starting_costs_the_fee_of_what_could_be_sold_at_once():
    desk = Desk()
    sink(desk)
    maintenance, mark = stands(desk)
    buffer = maintenance + BUFFER * (maintenance - mark)
    fee = FEE * mark * buffer / (buffer - mark)
    cash, fund = desk.row("accounts", 2).cash_e8, desk.row("system", 0).insurance_e8
    receipt = desk.run(start(desk))
    assert abs(receipt.fee_e8 - fee) <= 2
    assert desk.row("accounts", 2).cash_e8 == cash - receipt.fee_e8
    assert desk.row("system", 0).insurance_e8 == fund + receipt.fee_e8
    check_all(desk.state)


def test_starting_cancels_all_orders():
    desk = Desk()
    hold(desk)
    for price in range(2100, 2132):
        assert desk.status(ask(desk, price=price, quantity=0.1)) == Status.OK
    assert desk.row("accounts", 2).open_orders == 32
    set_cash(desk, 2, 5000)
    receipt = desk.run(start(desk))
    assert (receipt.status, receipt.cancelled, desk.row("accounts", 2).open_orders) == (Status.OK, 32, 0)
    check_all(desk.state)


@pytest.mark.parametrize("elapsed", [0, 1, 450, 899, 900, 901, 20_000, 44_099])
@pytest.mark.parametrize("wanted", [ALL, ALL // 10, 1])
def test_price_and_share_fall_as_market_says(elapsed, wanted):
    desk = Desk()
    auction(desk)
    refresh(desk, START_S + elapsed)
    share, cost = exact(desk, elapsed, Fraction(wanted, ALL))
    cash, short = desk.row("accounts", 2).cash_e8, -E6
    receipt = desk.run(offer(desk, wanted))
    assert receipt.status == Status.OK
    assert 0 <= receipt.cost_e8 - cost <= 3
    assert abs(receipt.filled_e6 - share * E6) <= 1
    kept = desk.row("holdings", 2 * 8).quantity_e6[0]
    assert 0 <= kept - short * (1 - share) <= 1
    assert abs(desk.row("accounts", 2).cash_e8 - (cash * (1 - share) + receipt.cost_e8)) <= 2
    check_all(desk.state)


def test_what_bidders_have_paid_is_not_sold_again():
    desk = Desk()
    auction(desk)
    refresh(desk, START_S + 300)
    first = desk.run(offer(desk, ALL // 10)).cost_e8
    assert desk.row("auctions", 2).reserved_e8 == first
    ninth = -(-ALL // 9)
    share, cost = exact(desk, 300, Fraction(ninth, ALL), first)
    cash = desk.row("accounts", 2).cash_e8
    receipt = desk.run(offer(desk, ninth, by=4))
    assert receipt.status == Status.OK
    assert 0 <= receipt.cost_e8 - cost <= 3
    assert abs(receipt.cost_e8 - first) < E8 // 10**5, "the same tenth of the original account costs the same"
    assert abs(desk.row("accounts", 2).cash_e8 - (cash - (cash - first) * share + cost)) <= 3


def test_a_bid_for_all_that_is_for_sale_restores_the_buffer_and_ends_the_auction():
    desk = Desk()
    auction(desk)
    assert desk.status(offer(desk)) == Status.OK
    assert (desk.row("auctions", 2).kind, desk.row("accounts", 2).status) == (0, LIVE)
    maintenance, mark = stands(desk)
    assert maintenance > 0
    assert 0 <= maintenance + BUFFER * (maintenance - mark) < 8_000 * E8 // E6, "but for one unit of quantity"
    assert desk.status(bid(desk, account=2, price=1800, quantity=0.01)) == Status.OK


def test_deposits_go_on_and_may_end_it():
    desk = Desk()
    auction(desk)
    assert desk.status(deposit(2, 1_000 * E8)) == Status.OK
    assert desk.status(end(desk)) == Status.AUCTION_LIVE
    assert desk.status(deposit(2, 20_000 * E8)) == Status.OK
    assert desk.status(offer(desk)) == Status.AUCTION_OVER
    assert desk.status(end(desk)) == Status.OK
    check_all(desk.state)


def test_nobody_can_dust_a_bid_away():
    """What comes into the account, or to the bidder, does not change what the bid binds to."""
    desk = Desk()
    auction(desk)
    seen = desk.row("auctions", 2).sequence
    for account in (2, 3):
        assert desk.status(desk.signed(Kind.TRANSFER, 4, counterparty=account, amount_e8=1)) == Status.OK
    assert desk.status(deposit(2, 1)) == Status.OK
    assert desk.status(offer(desk, ALL // 10, sequence=seen)) == Status.OK


def test_no_sequence_comes_back():
    desk = Desk()
    seen = []
    for _ in range(3):
        auction(desk)
        seen.append(desk.row("auctions", 2).sequence)
        set_cash(desk, 2, 100_000)
        assert desk.status(end(desk)) == Status.OK
    assert seen == sorted(set(seen))


def test_owner_may_cancel_revoke_and_settle_while_in_auction():
    desk = Desk()
    auction(desk)
    assert desk.status(desk.signed(Kind.CANCEL_ALL, 2)) == Status.OK
    assert desk.status(start(desk, account=1, by=2)) == Status.NOT_LIQUIDATABLE


# Insolvency.


def test_insolvent_auction_pays_from_the_debt_to_all_missing_margin():
    desk = Desk()
    auction(desk, INSOLVENT_CASH)
    assert desk.row("auctions", 2).kind == INSOLVENT
    for elapsed in (0, 1, 1200, 3599, 3600, 100_000):
        refresh(desk, START_S + elapsed)
        set_fund(desk, 100_000)
        maintenance, mark = stands(desk)
        expected = (mark + Fraction(maintenance - mark) * min(elapsed, 3600) / 3600) / 100
        receipt = desk.run(offer(desk, ALL // 100, INSOLVENT, amount_e8=0))
        assert receipt.status == Status.OK
        assert 0 <= receipt.cost_e8 - expected <= 2
        assert desk.row("system", 0).insurance_e8 == 100_000 * E8 + receipt.cost_e8
        check_all(desk.state)
    assert desk.status(offer(desk, ALL, INSOLVENT)) == Status.OK
    assert (desk.row("accounts", 2).cash_e8, desk.row("accounts", 2).positions, desk.row("auctions", 2).kind) == (0, 0, 0)


def test_solvent_auction_that_nobody_wanted_turns_insolvent():
    desk = Desk()
    auction(desk)
    assert desk.status(offer(desk, ALL // 10)) == Status.OK
    before = desk.row("auctions", 2).sequence
    refresh(desk, START_S + 900 + 12 * HOUR - 1)
    assert desk.status(end(desk)) == Status.AUCTION_LIVE
    refresh(desk, START_S + 900 + 12 * HOUR)
    assert desk.status(end(desk)) == Status.OK
    row = desk.row("auctions", 2)
    assert (row.kind, row.started_s, row.reserved_e8, row.sequence) == (INSOLVENT, START_S + 900 + 12 * HOUR, 0, before + 1)
    assert desk.row("accounts", 2).open_orders == 0
    check_all(desk.state)


def sold_away(desk: Desk, usd: int) -> None:
    """Sell a tenth of a solvent account, then let BTC rise, so that the rest of its portfolio is worth less than nothing."""
    auction(desk)
    assert desk.status(offer(desk, ALL // 10)) == Status.OK
    assert desk.row("auctions", 2).reserved_e8 > 0
    for feed in (spot_feed(1), forward_feed(1, 0)):
        desk.edit("feeds", feed, number=usd * E8)
    assert stands(desk)[1] < desk.row("auctions", 2).reserved_e8


def test_solvent_auction_of_what_has_lost_its_worth_turns_insolvent():
    desk = Desk()
    sold_away(desk, 66_000)
    assert stands(desk)[1] < 0
    assert desk.status(offer(desk)) == Status.AUCTION_OVER
    assert desk.status(end(desk)) == Status.OK
    assert desk.row("auctions", 2).kind == INSOLVENT


def test_what_bidders_have_paid_is_for_sale_once_it_is_all_that_the_account_is_worth():
    """An insolvent auction would hand it to the next bidder for nothing, and have the fund pay him besides."""
    desk = Desk()
    sold_away(desk, 64_300)
    set_fund(desk, 100_000)
    assert stands(desk)[1] > 0, "all its worth is what has been paid"
    refresh(desk, START_S + 300)
    assert desk.status(offer(desk)) == Status.AUCTION_OVER
    sequence = desk.row("auctions", 2).sequence
    assert desk.status(end(desk)) == Status.OK
    row = desk.row("auctions", 2)
    assert (row.kind, row.started_s, row.reserved_e8, row.sequence) == (SOLVENT, START_S + 300, 0, sequence + 1)
    assert desk.status(end(desk)) == Status.AUCTION_LIVE, "anew once, not for ever"
    share, cost = exact(desk, 0, Fraction(1))
    fund = desk.row("system", 0).insurance_e8
    receipt = desk.run(offer(desk, by=4))
    assert receipt.status == Status.OK
    assert cost > 0 <= receipt.cost_e8 - cost <= 3
    assert abs(receipt.filled_e6 - share * E6) <= 1
    assert desk.row("system", 0).insurance_e8 == fund
    check_all(desk.state)


def test_nobody_begins_an_auction_anew_whose_time_is_over():
    desk = Desk()
    sold_away(desk, 64_300)
    refresh(desk, START_S + 900 + 12 * HOUR)
    assert desk.status(end(desk)) == Status.OK
    assert desk.row("auctions", 2).kind == INSOLVENT


def test_a_bid_takes_no_more_than_the_fund_can_pay_for():
    desk = Desk()
    auction(desk, INSOLVENT_CASH)
    set_fund(desk, -stands(desk)[1] / E8 / 4)
    receipt = desk.run(offer(desk, ALL, INSOLVENT))
    assert receipt.status == Status.OK
    assert abs(receipt.filled_e6 - E6 // 4) <= 1
    assert 0 <= desk.row("system", 0).insurance_e8 <= 2
    assert desk.row("system", 0).deficit_e8 == 0
    check_all(desk.state)


def test_once_the_payout_has_reached_its_end_all_accounts_share_what_the_fund_lacks():
    desk = Desk()
    auction(desk, INSOLVENT_CASH)
    set_fund(desk, 1_000)
    refresh(desk, START_S + 3600)
    maintenance, _ = stands(desk)
    receipt = desk.run(offer(desk, ALL, INSOLVENT))
    assert (receipt.status, receipt.cost_e8) == (Status.OK, maintenance)
    system = desk.row("system", 0)
    assert (system.insurance_e8, system.deficit_e8) == (0, -maintenance - 1_000 * E8)
    check_all(desk.state)


def bankrupt(desk: Desk, debt: float, fund: float) -> None:
    """Let account 2 owe a sum and hold nothing, in an insolvent auction."""
    auction(desk, INSOLVENT_CASH)
    expire(desk)
    for holder in (1, 2):
        assert desk.status(settle(desk, holder=holder)) == Status.OK
    set_cash(desk, 2, -debt)
    set_fund(desk, fund)


def test_debt_of_who_has_nothing_left_is_paid_by_the_fund():
    desk = Desk()
    bankrupt(desk, debt=300, fund=1_000)
    receipt = desk.run(end(desk))
    assert (receipt.status, receipt.cost_e8) == (Status.OK, -300 * E8)
    assert (desk.row("system", 0).insurance_e8, desk.row("system", 0).deficit_e8) == (700 * E8, 0)
    assert (desk.row("accounts", 2).cash_e8, desk.row("accounts", 2).status) == (0, LIVE)
    check_all(desk.state)


def test_loss_is_socialised_once_and_the_haircut_ends_with_it():
    desk = Desk()
    bankrupt(desk, debt=900, fund=500)
    for account in (1, 3, 4):
        set_cash(desk, account, 1_000 * account)
    assert desk.status(end(desk)) == Status.OK
    assert desk.row("system", 0).deficit_e8 == 400 * E8
    assert desk.status(end(desk)) == Status.NO_AUCTION
    assert desk.status(start(desk)) == Status.NOT_LIQUIDATABLE
    check_all(desk.state)
    paid = []
    for account in (1, 3, 4):
        cash, system = desk.row("accounts", account).cash_e8, desk.row("system", 0)
        vault, deficit = system.vault_e8, system.deficit_e8
        receipt = desk.run(desk.signed(Kind.WITHDRAW, account, amount_e8=cash, address=(1, 2, 3), max_fee_e8=cash))
        assert receipt.status == Status.OK
        sent = desk.row("messages", receipt.message).amount_e8
        assert 0 <= Fraction(cash * vault, vault + deficit) - sent < 1, "rounded against who withdraws"
        paid.append(Fraction(sent, cash))
        check_all(desk.state)
    assert max(paid) - min(paid) < Fraction(1, 10**9), "everybody gets the same part"
    assert desk.row("system", 0).deficit_e8 == desk.row("system", 0).vault_e8 == 0
    assert desk.status(deposit(1, 100 * E8)) == Status.OK
    message = desk.run(desk.signed(Kind.WITHDRAW, 1, amount_e8=100 * E8, address=(1, 2, 3))).message
    assert desk.row("messages", message).amount_e8 == 100 * E8, "no haircut without a deficit"


def test_fees_cover_the_deficit_before_they_fill_the_fund():
    desk = Desk()
    bankrupt(desk, debt=3, fund=0)
    assert desk.status(end(desk)) == Status.OK
    deficit = desk.row("system", 0).deficit_e8
    refresh(desk, START_S + 8 * 86_400)
    for price in (100, 100, 100):
        assert desk.status(ask(desk, account=1, price=price, quantity=1, instrument=ATM + 10)) == Status.OK
        assert desk.status(bid(desk, account=3, price=price, quantity=1, instrument=ATM + 10)) in (Status.OK, Status.PRICE_BAND)
        check_all(desk.state)
    assert deficit > desk.row("system", 0).deficit_e8 >= 0


# What nobody can do.


def test_lowering_a_cap_below_live_usage_freezes_nobody():
    """B11: the owner reduces; a bidder takes what he may; the rest waits for other bidders."""
    desk = Desk()
    sink(desk)
    assert desk.status(govern(desk, Parameter.POSITION_MAX_E6, 100_000)) == Status.OK
    refresh(desk, START_S + 100)
    assert desk.status(bid(desk, account=2, price=1900, quantity=0.2)) == Status.OK, "a reduction rests"
    assert desk.status(start(desk)) == Status.OK
    assert desk.status(offer(desk)) == Status.POSITION_CAP
    assert [desk.status(offer(desk, ALL // 10, by=by)) for by in (3, 4)] == [Status.OK, Status.OK]
    check_all(desk.state)


def test_stale_feeds_make_liquidations_wait_and_reductions_go_on():
    """B26."""
    desk = Desk()
    sink(desk, 3_000)
    assert desk.status(ask(desk, account=1, price=1990, quantity=0.5)) == Status.OK
    wait(desk, START_S + 601)
    assert desk.status(start(desk)) == Status.STALE_ORACLE
    assert desk.status(bid(desk, account=2, price=1990, quantity=0.5)) == Status.OK
    refresh(desk, START_S + 602)
    assert desk.status(start(desk)) == Status.OK
    wait(desk, START_S + 1300)
    assert desk.status(offer(desk)) == desk.status(end(desk)) == Status.STALE_ORACLE


PORTFOLIOS = st.dictionaries(st.integers(1, INSTRUMENTS), st.integers(-20 * E6, 20 * E6).filter(bool), min_size=1, max_size=20)
PRICES = st.integers(E8, 1 << 46)
VOLS = st.integers(1, (1 << 34) - 1)


def disturb(desk: Desk, data: st.DataObject) -> None:
    """Let feeds say anything."""
    for market in (1, 2):
        desk.edit("feeds", spot_feed(market), number=data.draw(PRICES))
        for expiry in (0, 1):
            desk.edit("feeds", forward_feed(market, expiry), number=data.draw(PRICES))
            desk.set_vol(vol_feed(market, expiry), data.draw(VOLS))


def oppose(desk: Desk, portfolio: dict[int, int]) -> None:
    """Give account 2 a portfolio, and account 1 the other side of it."""
    desk.hold(2, portfolio)
    desk.hold(1, {i: -q for i, q in portfolio.items()})
    for i, q in portfolio.items():
        desk.edit("instruments", i, open_interest_e6=abs(q), shorts_e6=abs(q))


@settings(max_examples=120)
@given(PORTFOLIOS, st.integers(-10_000_000, 10_000_000), st.data())
def test_whoever_lacks_maintenance_margin_can_be_liquidated(portfolio, usd, data):
    """Invariant 4, and B3: whatever feeds say, margin has a number, and what is below 0 can be put up for sale."""
    desk = Desk()
    oppose(desk, portfolio)
    disturb(desk, data)
    set_cash(desk, 2, usd)
    maintenance, mark = stands(desk)
    assert desk.status(start(desk)) == (Status.OK if maintenance < 0 else Status.NOT_LIQUIDATABLE)
    if maintenance < 0:
        assert desk.row("auctions", 2).kind == (SOLVENT if mark > 0 else INSOLVENT)
    check_all(desk.state)


@settings(max_examples=80)
@given(PORTFOLIOS, st.floats(0.01, 1.2), st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, ALL)), max_size=6), st.integers(0, 10**6))
def test_every_auction_ends(portfolio, part, bids, fund):
    """B5, B4, B16: bids at any time keep all invariants, and whoever ends the auction when nobody bids any more can always do so."""
    desk = Desk(accounts=5, cash_e8=RICH_E8 * 100)
    oppose(desk, portfolio)
    maintenance, mark = stands(desk)
    cash = desk.row("accounts", 2).cash_e8
    # Somewhere between where the margin is just enough and where nothing is left, and beyond.
    set_cash(desk, 2, (cash - maintenance - part * (mark - maintenance) - 1) / E8)
    if desk.status(start(desk)) != Status.OK:
        return
    set_fund(desk, fund)
    time_s = START_S
    for pause, share in bids:
        time_s += pause
        refresh(desk, time_s)
        before = stands(desk)
        kind = desk.row("auctions", 2).kind
        if kind == 0:
            break
        status = desk.status(offer(desk, share, kind))
        assert status in {Status.OK, Status.AUCTION_OVER, Status.INSURANCE_SHORT}
        if status == Status.OK:
            assert stands(desk)[0] >= before[0] - 3 * len(portfolio), "a bid never hurts the margin of what is left"
        check_all(desk.state)
    finish(desk, time_s)


def finish(desk: Desk, time_s: int) -> None:
    """Let the auction run out; then end it, taking all that nobody wanted: three steps always suffice."""
    for step in count():
        if desk.row("auctions", 2).kind == 0:
            break
        assert step < 3
        time_s += 900 + 12 * HOUR
        refresh(desk, time_s)
        status = desk.status(end(desk))
        if status == Status.AUCTION_LIVE:
            status = desk.status(offer(desk, ALL, INSOLVENT, by=5))
        assert status == Status.OK
        check_all(desk.state)


@settings(max_examples=60)
@given(PORTFOLIOS, st.integers(1, ALL), st.integers(0, 44_000))
def test_a_full_bid_is_a_full_end(portfolio, share, elapsed):
    """B5: no off-by-one leaves an auction with a bid for all and no end, whether it comes at once or in two."""
    desk = Desk(accounts=4, cash_e8=RICH_E8 * 100)
    oppose(desk, portfolio)
    maintenance, mark = stands(desk)
    set_cash(desk, 2, (desk.row("accounts", 2).cash_e8 - maintenance - (mark - maintenance) // 4) / E8)
    if stands(desk)[1] <= 0 or desk.status(start(desk)) != Status.OK:
        return
    refresh(desk, START_S + elapsed)
    assert desk.status(offer(desk, share)) == Status.OK
    if desk.row("auctions", 2).kind != 0:
        assert desk.status(offer(desk)) == Status.OK
    assert desk.row("auctions", 2).kind == 0
    check_all(desk.state)


@settings(max_examples=40)
@given(PORTFOLIOS, st.integers(1, ALL), st.booleans())
def test_rounding_never_pays_the_bidder(portfolio, share, tiny):
    """What the bidder holds at marks after a bid without a discount is no more than before, but for what the marks' own rounding moves."""
    desk = Desk(accounts=4, cash_e8=RICH_E8 * 100)
    oppose(desk, portfolio)
    maintenance, mark = stands(desk)
    set_cash(desk, 2, (desk.row("accounts", 2).cash_e8 - maintenance - (mark - maintenance) // 4) / E8)
    if stands(desk)[1] <= 0 or desk.status(start(desk)) != Status.OK:
        return
    desk.edit("parameters", 0, discount_start_e9=10**9, discount_cutoff_e9=10**9)
    before = worth(desk, 3)
    assert desk.status(offer(desk, 1 + share // 10**8 if tiny else share)) == Status.OK
    assert worth(desk, 3) - before <= 2 * len(portfolio) + 2


@pytest.mark.parametrize("each", [-700, 700])
def test_what_is_owed_for_the_past_is_shared_with_the_cash(each):
    """Funding that a perpetual has not paid yet is in the price of a bid; so the bidder bears, or gets, his part of it."""
    desk = Desk(cash_e8=RICH_E8 * 100)
    market = perpetual(1)
    desk.hold(2, {market: 2 * E6, ATM: -E6})
    desk.hold(1, {market: -2 * E6, ATM: E6})
    for instrument in (market, ATM):
        quantity = 2 * E6 if instrument == market else E6
        desk.edit("instruments", instrument, open_interest_e6=quantity, shorts_e6=quantity)
    desk.edit("instruments", market, funding_e8=each * E8, funding_s=START_S)
    maintenance, mark = stands(desk)
    set_cash(desk, 2, (desk.row("accounts", 2).cash_e8 - maintenance - (mark - maintenance) // 4) / E8)
    desk.edit("parameters", 0, discount_start_e9=10**9, discount_cutoff_e9=10**9)
    assert desk.status(start(desk)) == Status.OK
    before, sold = worth(desk, 3), worth(desk, 2)
    receipt = desk.run(offer(desk, ALL // 3))
    assert receipt.status == Status.OK
    assert 0 <= receipt.cost_e8 - Fraction(sold * (ALL // 3), ALL) <= 2
    # A unit of quantity of either instrument, and of its funding, is all that rounding can take.
    assert 0 <= before - worth(desk, 3) <= 70_000 * E8 // E6
    check_all(desk.state)


def worth(desk: Desk, account: int) -> int:
    value, _ = mark_to_market(desk.state, account)
    commit(desk.state)
    return value


def test_hopeless_account_is_frozen_and_no_share_of_it_is_sold():
    desk = Desk()
    desk.hold(2, {ATM - 4: -(1 << 39)})
    assert worth(desk, 2) == HOPELESS_E8
    assert desk.status(start(desk)) == Status.OK
    assert desk.row("auctions", 2).kind == INSOLVENT
    assert desk.status(offer(desk, ALL, INSOLVENT)) == Status.OVERFLOW
    assert desk.status(end(desk)) == Status.AUCTION_LIVE


def test_health_and_mark_agree_on_cash():
    desk = Desk()
    assert (health(desk.state, 1, 0, 0, 0)[1], worth(desk, 1)) == (RICH_E8, RICH_E8)
    assert buffered(desk.state, (5, 5, 0)) == 5


def test_what_a_bidders_open_orders_reserve_is_not_there_for_the_bid():
    desk = Desk()
    auction(desk)
    set_cash(desk, 3, 10_000)
    assert desk.status(ask(desk, account=3, price=2_100, quantity=1)) == Status.OK
    assert desk.row("accounts", 3).reserved_e8 > 0
    assert desk.status(offer(desk)) == Status.INITIAL_MARGIN
    assert desk.status(desk.signed(Kind.CANCEL_ALL, 3)) == Status.OK
    assert desk.status(offer(desk)) == Status.OK
    check_all(desk.state)


def test_maintenance_margin_alone_does_not_end_a_solvent_auction():
    desk = Desk()
    auction(desk)
    maintenance, mark = stands(desk)
    need = (BUFFER * (mark - maintenance) - maintenance) / E8
    cash = desk.row("accounts", 2).cash_e8 / E8
    set_cash(desk, 2, cash + float(need) * 0.99)
    assert stands(desk)[0] > 0
    assert desk.status(end(desk)) == Status.AUCTION_LIVE
    assert desk.status(offer(desk, ALL // 10**6)) == Status.OK
    assert desk.row("auctions", 2).kind == SOLVENT
    set_cash(desk, 2, cash + float(need) + 1)
    assert desk.status(end(desk)) == Status.OK


def test_something_is_for_sale_however_little_is_missing():
    """Else an account short of its buffer by one unit could neither be bid for nor ended."""
    desk = Desk()
    auction(desk)
    assert share_for_sale(desk.state, 2, (0, 1 << 59, 0)) > 0
    maintenance = (1 << 59) * 15 // 115
    assert buffered(desk.state, (maintenance, 1 << 59, 0)) < 0
    assert share_for_sale(desk.state, 2, (maintenance, 1 << 59, 0)) > 0
    commit(desk.state)
