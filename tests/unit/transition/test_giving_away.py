"""Who lacks initial margin gives nothing away: neither by moving what his model does not count, nor by trading it for less than its worth.

An account's worth at marks is more than its margin models count, and what they do not count is sold in its auction like all else. So it
must not leave before, or the insurance fund pays for what the account still had when it came to lack margin.
"""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.core.instrument_names import CALL
from rollup.market.auction import standing
from rollup.market.margin import Model, health
from rollup.market.terms import BUY, INSOLVENT, SELL, SOLVENT
from rollup.state.table import commit
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import refresh, set_cash, start
from tests.unit.transition.collateral_scenes import ETH, lodge, pass_on, take
from tests.unit.transition.opened_market import E6, E8, START_S, Desk, instrument, owner, spot_feed, vol_feed
from tests.unit.transition.status_cases import ATM, block, mark_e8, pair, second_account, shift

LATER = 15
"""The at-the-money call of the second expiry on BTC: it covers no call of the first one, and is worth about 4,440 USD."""
RICH, POOR = 100_000, 5_000
"""Cash with which account 2 has its initial margin, and has it not though it is worth something, USD."""


def scene(desk: Desk, usd: float) -> int:
    """Let account 2 be short an ATM call, and long what no margin counts; its owner's other account's number."""
    for traded in (ATM, LATER):
        assert desk.status(*block(desk, (traded, BUY if traded == ATM else SELL))) == Status.OK
    other = second_account(desk)
    set_cash(desk, 2, usd)
    return other


def stands(desk: Desk, account: int = 2) -> tuple[int, int, int]:
    """Initial and maintenance health and worth of an account."""
    initial, maintenance, _ = health(desk.state, account, 0, 0, 0)
    _, mark, _ = standing(desk.state, account)
    commit(desk.state)
    return initial, maintenance, mark


def sale(desk: Desk, price: float, traded: int = LATER, side: int = SELL) -> tuple[dict[str, object], ...]:
    """A block of one leg, account 2 with account 1, at a price."""
    tick = desk.row("instruments", traded).tick_e8
    terms = {"instrument": traded, "price_e8": round(price * E8) // tick * tick}
    return pair(desk, {**terms, "side": 1 - side}, **{**terms, "side": side})


@pytest.mark.parametrize(("usd", "status"), [(RICH, Status.OK), (POOR, Status.INITIAL_MARGIN)])
def test_an_option_that_margin_does_not_count_is_moved_only_with_margin(usd, status):
    desk = Desk()
    other = scene(desk, usd)
    initial, _, worth = stands(desk)
    assert desk.status(shift(desk, other, instrument=LATER)) == status
    if status == Status.OK:
        assert stands(desk)[0] == initial, "standard margin did not count it"
        assert stands(desk)[2] < worth - 4_000 * E8
    check_all(desk.state)


def test_what_could_be_moved_away_is_what_keeps_an_auction_solvent():
    """The option alone decides whether bidders pay the account or the fund pays the bidders."""
    desk = Desk()
    other = scene(desk, 1_000)
    assert desk.status(shift(desk, other, instrument=LATER)) == Status.INITIAL_MARGIN
    assert desk.status(start(desk)) == Status.OK
    assert desk.row("auctions", 2).kind == SOLVENT
    bare = Desk()
    scene(bare, 1_000)
    bare.hold(2, {ATM: -E6})
    assert bare.status(start(bare)) == Status.OK
    assert bare.row("auctions", 2).kind == INSOLVENT


def test_below_margin_no_debt_is_taken_over_though_it_is_covered():
    """A short call that a long one covers asks for nothing in standard margin, and takes its mark out of what the account is worth."""
    desk = Desk()
    other = scene(desk, POOR)
    desk.hold(1, {ATM: E6})
    desk.hold(2, {ATM: -E6, LATER: E6})
    desk.hold(other, {LATER + 2: -E6})
    desk.hold(3, {LATER + 2: E6, LATER: -E6})
    for traded in (LATER, LATER + 2):
        desk.edit("instruments", traded, open_interest_e6=E6, shorts_e6=E6)
    initial, _, _ = stands(desk)
    assert initial < 0
    over = {**shift(desk, 2, account=other, instrument=LATER + 2), "owner": owner(2), "signer": owner(2)}
    assert desk.status(over) == Status.INITIAL_MARGIN
    set_cash(desk, 2, RICH)
    spare = stands(desk)[0]
    assert desk.status({**over, "nonce": 10_000}) == Status.OK
    assert stands(desk)[0] == spare, "the margin was no matter"
    check_all(desk.state)


@pytest.mark.parametrize("model", [Model.DERIBIT_STANDARD, Model.AEVO_PORTFOLIO])
@pytest.mark.parametrize(("move", "usd", "status"), [(take, RICH, 0), (pass_on, RICH, 0), (take, POOR, 1), (pass_on, POOR, 1)])
def test_collateral_that_margin_does_not_count_leaves_only_with_margin(model, move, usd, status):
    desk = Desk()
    scene(desk, usd)
    lodge(desk, ETH, E6, account=2)
    desk.edit("accounts", 2, margin_model=model)
    if model == Model.AEVO_PORTFOLIO:
        set_cash(desk, 2, usd - 8_000)
    initial, _, worth = stands(desk)
    fields = {"counterparty": 1} if move == pass_on else {}
    assert (initial < 0) == (status == 1)
    assert desk.status(move(desk, 2, number=ETH, **fields)) == (Status.INITIAL_MARGIN if status else Status.OK)
    if not status:
        assert (stands(desk)[0], stands(desk)[2]) == (initial, worth - 3_000 * E8)
    check_all(desk.state)


@pytest.mark.parametrize(
    ("price", "status"), [(4_440, Status.OK), (3_000, Status.OK), (2_100, Status.INITIAL_MARGIN), (1, Status.INITIAL_MARGIN)]
)
def test_below_margin_nothing_is_sold_for_less_than_half(price, status):
    """What is lost at the mark has to be gained as margin: an option that margin did not count is all gained at its price."""
    desk = Desk()
    scene(desk, POOR)
    desk.edit("parameters", 0, price_band_e9=10**9, taker_fee_e9=0, maker_fee_e9=0)
    assert desk.status(*sale(desk, price)) == status
    check_all(desk.state)


@pytest.mark.parametrize(("price", "status"), [(4_440, Status.OK), (1, Status.INITIAL_MARGIN)])
def test_the_same_of_a_block_of_several_legs(price, status):
    desk = Desk()
    scene(desk, RICH)
    assert desk.status(*block(desk, (LATER + 2, SELL))) == Status.OK
    set_cash(desk, 2, POOR)
    desk.edit("parameters", 0, price_band_e9=10**9)
    whole = block(desk, (LATER, BUY), (LATER + 2, BUY))
    tick = desk.row("instruments", LATER).tick_e8
    whole = tuple({**tx, "price_e8": round(price * E8) // tick * tick} if tx["instrument"] == LATER else tx for tx in whole)
    assert desk.status(*whole) == status, "what the other leg brings is less than what is lost"
    check_all(desk.state)


@pytest.mark.parametrize(("more", "status"), [(9, Status.INITIAL_MARGIN), (15, Status.OK)])
def test_the_fee_of_a_block_is_a_part_of_what_is_lost(more, status):
    """Twelve dollars for both sales: they lessen what is gained, and are lost as well."""
    desk = Desk()
    scene(desk, RICH)
    assert desk.status(*block(desk, (LATER + 2, SELL))) == Status.OK
    set_cash(desk, 2, POOR)
    desk.edit("parameters", 0, price_band_e9=10**9)
    price = ((mark_e8(desk, LATER) - mark_e8(desk, LATER + 2)) // 2 // E8 + more) * E8
    whole = block(desk, (LATER, BUY), (LATER + 2, BUY))
    assert desk.status(*({**tx, "price_e8": price} if tx["instrument"] == LATER else tx for tx in whole)) == status


@pytest.mark.parametrize(("price", "filled"), [(4_440, E6), (1, 0)])
def test_a_resting_order_of_who_lacks_margin_gives_nothing_away_either(price, filled):
    desk = Desk()
    scene(desk, RICH)
    desk.edit("parameters", 0, price_band_e9=10**9)
    assert desk.status(desk.order(2, SELL, price, 1, instrument=LATER)) == Status.OK
    set_cash(desk, 2, POOR)
    receipt = desk.run(desk.order(1, BUY, price, 1, instrument=LATER, time_in_force=1))
    assert (receipt.status, receipt.filled_e6, receipt.cancelled) == (Status.OK, filled, 0 if filled else 1)
    check_all(desk.state)


@pytest.mark.parametrize(("price", "status"), [(1, Status.INITIAL_MARGIN), (4_440, Status.OK)])
def test_an_order_of_who_lacks_margin_gives_nothing_away(price, status):
    desk = Desk()
    scene(desk, POOR)
    desk.edit("parameters", 0, price_band_e9=10**9)
    assert desk.status(desk.order(1, BUY, price, 1, instrument=LATER)) == Status.OK
    assert desk.status(desk.order(2, SELL, price, 1, instrument=LATER, time_in_force=2)) == status
    check_all(desk.state)


@pytest.mark.parametrize(
    ("usd", "price", "status"), [(2_100, 2_050, Status.OK), (2_000, 2_050, Status.INITIAL_MARGIN), (1_900, 1_985, Status.OK)]
)
def test_who_is_worth_nothing_closes_at_the_mark_or_better(usd, price, status):
    """The call is worth 1,988 USD. Whatever else is paid for it by who has no more than that is paid by the fund."""
    desk = Desk()
    assert desk.status(*pair(desk)) == Status.OK
    desk.edit("parameters", 0, taker_fee_e9=0, maker_fee_e9=0)
    set_cash(desk, 2, usd)
    assert desk.status(*sale(desk, price, ATM, BUY)) == status
    check_all(desk.state)


@pytest.mark.parametrize(("usd", "filled"), [(2_100, E6), (2_000, 0)])
def test_a_resting_order_leaves_no_less_than_nothing_either(usd, filled):
    desk = Desk()
    assert desk.status(*pair(desk)) == Status.OK
    desk.edit("parameters", 0, taker_fee_e9=0, maker_fee_e9=0)
    assert desk.status(desk.order(2, BUY, 2_050, 1, instrument=ATM)) == Status.OK
    set_cash(desk, 2, usd)
    assert stands(desk)[2] > 0
    assert desk.run(desk.order(1, SELL, 2_050, 1, instrument=ATM, time_in_force=1)).filled_e6 == filled


def test_collateral_is_worth_something_though_margin_does_not_count_it():
    desk = Desk()
    assert desk.status(*pair(desk)) == Status.OK
    desk.edit("accounts", 2, margin_model=Model.DERIBIT_STANDARD)
    set_cash(desk, 2, 2_000)
    assert desk.status(*sale(desk, 2_050, ATM, BUY)) == Status.INITIAL_MARGIN
    lodge(desk, ETH, E6, account=2)
    assert desk.status(*sale(desk, 2_050, ATM, BUY)) == Status.OK


def test_below_margin_an_old_price_is_no_reason_to_pay_too_much():
    """What an ageing feed asks of the whole account is gone with the last lot that rests on it."""
    desk = Desk()
    dust = instrument(2, 0, 2, CALL)
    assert desk.status(*block(desk, (ATM, BUY), (dust, BUY))) == Status.OK
    desk.edit("parameters", 0, silence_start_s=60, silence_full_s=120, silence_most_e9=4 * 10**9, price_band_e9=10**9)
    refresh(desk, START_S + 300)
    desk.edit("feeds", spot_feed(2), timestamp_s=START_S)
    set_cash(desk, 2, 9_000)
    initial, maintenance, _ = stands(desk)
    assert initial < 0 < maintenance
    assert desk.status(*sale(desk, 1_000, dust, BUY)) == Status.INITIAL_MARGIN
    assert desk.status(*sale(desk, mark_e8(desk, dust) / E8, dust, BUY)) == Status.OK
    assert stands(desk)[0] > initial + 5_000 * E8


def test_with_margin_left_anybody_trades_at_any_price_of_the_band():
    desk = Desk()
    scene(desk, RICH)
    desk.edit("parameters", 0, price_band_e9=10**9)
    assert desk.status(*sale(desk, 1)) == Status.OK
    check_all(desk.state)


def test_what_is_reserved_by_orders_is_no_lack_of_margin():
    """Orders that could be cancelled stand in the way of new risk only."""
    desk = Desk()
    scene(desk, RICH)
    desk.edit("parameters", 0, price_band_e9=10**9)
    initial, _, _ = stands(desk)
    desk.edit("accounts", 2, reserved_e8=initial + E8)
    assert desk.status(*sale(desk, 1)) == Status.OK


def test_below_margin_leaving_a_strained_market_is_no_reason_to_risk_more_in_another():
    """What a strained market asks of the whole account is gone with the last lot there; maintenance margin knows no strain."""
    desk = Desk()
    dust, more = instrument(2, 0, 2, CALL), instrument(1, 1, 4, CALL)
    assert desk.status(*block(desk, (ATM, BUY), (dust, BUY))) == Status.OK
    assert desk.status(*block(desk, (dust, SELL))) == Status.OK
    assert desk.status(desk.order(2, SELL, 100, 0.01, instrument=dust)) == Status.OK
    assert desk.status(desk.order(1, BUY, 100, 0.01, instrument=dust)) == Status.OK
    desk.edit("parameters", 0, volatility_start_e9=0, volatility_full_e9=10**9, volatility_most_e9=4 * 10**9)
    desk.edit("feeds", spot_feed(2), variance_e12=4 * 10**12)
    set_cash(desk, 2, 9_000)
    initial, maintenance, _ = stands(desk)
    assert initial < 0 < maintenance
    whole = [{**tx, "quantity_e6": 10_000} if tx["instrument"] == dust else tx for tx in block(desk, (dust, SELL), (more, BUY))]
    assert desk.status(*whole) == Status.INITIAL_MARGIN
    alone = [{**tx, "quantity_e6": 10_000} for tx in block(desk, (dust, SELL))]
    assert desk.status(*alone) == Status.OK
    assert stands(desk)[0] > initial + 5_000 * E8


# Silent feeds: nobody is liquidated while one is silent that his account rests on, so nobody brings one into an account that it was not in.


def silence(desk: Desk, feed: int) -> None:
    """Let ten minutes pass in which one feed says nothing."""
    refresh(desk, START_S + 601)
    desk.edit("feeds", feed, timestamp_s=START_S)


def test_nobody_blinds_an_account_with_dust_whose_price_is_unknown():
    desk = Desk()
    lodge(desk, ETH, 1, account=3)
    assert desk.status(*pair(desk)) == Status.OK
    set_cash(desk, 2, POOR)
    silence(desk, spot_feed(2))
    dust = {"number": ETH, "quantity_e6": 1}
    assert desk.status(pass_on(desk, 3, **dust)) == Status.STALE_ORACLE
    assert desk.status(start(desk, by=4)) == Status.OK
    assert desk.status(take(desk, 3, **dust)) == Status.OK, "it may leave"
    refresh(desk, START_S + 602)
    lodge(desk, ETH, 1, account=3)
    assert desk.status(pass_on(desk, 3, **dust)) == Status.OK
    check_all(desk.state)


def test_nobody_moves_a_position_whose_mark_is_unknown():
    desk = Desk()
    other = scene(desk, RICH)
    silence(desk, vol_feed(1, 1))
    assert desk.status(shift(desk, other, instrument=LATER, quantity=1)) == Status.STALE_ORACLE
    assert desk.status(shift(desk, other, instrument=ATM, quantity=1)) == Status.OK
    refresh(desk, START_S + 602)
    assert desk.status(shift(desk, other, instrument=LATER, quantity=1)) == Status.OK


def test_nobody_hides_in_a_model_that_rests_on_a_silent_feed():
    """Portfolio margin needs the rate, which standard margin does without; and an account in it is not liquidated while that is silent."""
    desk = Desk()
    scene(desk, POOR)
    silence(desk, spot_feed(1) + 1)
    assert stands(desk)[1] < 0
    assert desk.status(desk.signed(Kind.SET_MARGIN_MODEL, 2, number=Model.PORTFOLIO)) == Status.STALE_ORACLE
    assert desk.status(start(desk)) == Status.OK
