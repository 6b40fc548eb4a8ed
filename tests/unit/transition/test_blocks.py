"""Block trades: legs are traded together, margins judged once, and the lesser fees waived."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.market.positions import position_of
from rollup.market.terms import BUY, SELL
from rollup.state.layout import TX
from rollup.state.limits import LEGS
from rollup.state.plain import plain_records
from rollup.state.table import commit
from rollup.transition.kinds import FIELDS, SCOPE_WITHDRAW, Kind
from rollup.transition.parts import has_parts
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E6, E8, RICH_E8, START_S, Desk, make_records
from tests.unit.transition.status_cases import ATM, block, mark_e8, pair, pause, wait

TAKER_E8, MAKER_E8 = 18 * E8, 6 * E8
"""Fee of one BTC contract whose price is far above the cap: 0.03 % and 0.01 % of 60,000 USD."""


def held(desk, account, instrument):
    found = position_of(desk.state, account, instrument)
    commit(desk.state)
    return found


@pytest.mark.parametrize(
    ("sides", "fees"),
    [((BUY,), 1), ((SELL,), 1), ((BUY, BUY), 2), ((SELL, SELL), 2), ((BUY, SELL), 1), ((SELL, BUY), 1), ((BUY, SELL, SELL), 2)],
)
def test_fees_of_the_cheaper_direction_are_waived(sides, fees):
    """Deribit's rule for combos: what is bought costs fees or what is sold, whichever is more."""
    desk = Desk()
    legs = [(ATM + number, side) for number, side in enumerate(sides)]
    marks = [mark_e8(desk, instrument) for instrument, _ in legs]
    desk.edit("parameters", 0, fee_cap_e9=10**9)
    assert min(marks) > TAKER_E8
    receipt = desk.run(*block(desk, *legs))
    cost = sum(mark if side == BUY else -mark for mark, (_, side) in zip(marks, legs, strict=True))
    assert (receipt.fills, receipt.fee_e8, receipt.cost_e8) == (len(sides), fees * TAKER_E8, cost)
    assert desk.row("accounts", 1).cash_e8 == RICH_E8 - cost - fees * TAKER_E8
    assert desk.row("accounts", 2).cash_e8 == RICH_E8 + cost - fees * MAKER_E8
    assert desk.row("system", 0).insurance_e8 == fees * (TAKER_E8 + MAKER_E8)
    check_all(desk.state)


def test_each_leg_is_held_by_both_sides_and_told_in_the_receipt():
    desk = Desk()
    legs = [(number, number % 2) for number in range(1, LEGS + 1)]
    receipt = desk.run(*block(desk, *legs))
    for place, (instrument, side) in enumerate(legs):
        bought = E6 if side == BUY else -E6
        assert (held(desk, 1, instrument), held(desk, 2, instrument)) == (bought, -bought)
        assert (receipt.fill_account[place], receipt.fill_price_e8[place]) == (2, mark_e8(desk, instrument))
    assert receipt.filled_e6 == LEGS * E6


def test_margin_is_asked_after_the_last_leg():
    """A sale that the account could not pay for by itself, and the purchase that covers it."""
    desk = Desk()
    desk.edit("accounts", 1, cash_e8=6_000 * E8)
    desk.edit("system", 0, vault_e8=3 * RICH_E8 + 6_000 * E8)
    assert desk.status(*block(desk, (ATM, SELL))) == Status.INITIAL_MARGIN
    assert desk.status(*block(desk, (ATM, SELL), (3, BUY))) == Status.OK
    check_all(desk.state)


@pytest.mark.parametrize("legs", [((ATM, BUY),), ((ATM, BUY), (ATM + 1, BUY))])
def test_below_margin_a_block_that_worsens_nothing_passes(legs):
    desk = Desk()
    assert desk.status(*block(desk, *((instrument, SELL) for instrument, _ in legs))) == Status.OK
    desk.edit("accounts", 1, cash_e8=(1_500 + 2_000 * len(legs)) * E8)
    assert desk.status(*block(desk, (7, SELL), *((8, SELL) for _ in legs[1:]))) == Status.INITIAL_MARGIN
    assert desk.status(*block(desk, *legs)) == Status.OK


def test_a_leg_is_a_reduction_only_by_what_the_legs_before_it_have_left():
    desk = Desk()
    desk.run(*pair(desk))
    pause(desk)
    assert desk.status(*block(desk, (ATM, SELL), (ATM, SELL))) == Status.PAUSED
    assert desk.status(*block(desk, (ATM, SELL))) == Status.OK


def test_what_an_account_reserves_counts_for_a_block_too():
    desk = Desk()
    desk.edit("accounts", 1, cash_e8=4_500 * E8)
    desk.run(desk.order(1, BUY, 1900, 2, instrument=ATM))
    assert desk.status(*pair(desk)) == Status.INITIAL_MARGIN
    desk.run(desk.signed(Kind.CANCEL_ALL, 1))
    assert desk.status(*pair(desk)) == Status.OK


def test_both_sides_of_a_block_may_be_late():
    desk = Desk()
    whole = block(desk, (1, BUY), (2, BUY))
    wait(desk, START_S + 1)
    late = [{**tx, "expiry_s": START_S} if place == 3 else tx for place, tx in enumerate(whole)]
    assert desk.status(*late) == Status.INVALID_EXPIRED
    assert desk.status(*whole) == Status.OK


@pytest.mark.parametrize("name", ["sequence", "number", "account", "nonce", "owner", "signer"])
def test_everything_that_binds_the_records_of_a_side_is_signed_and_asked_for(name):
    whole = make_records(*block(Desk(), (1, BUY), (2, SELL), (3, BUY)))
    assert has_parts(plain_records(whole), 0)
    assert name in {*FIELDS[Kind.EXECUTE_BLOCK], "account", "nonce", "owner", "signer"} & set(TX.names)
    for place in range(len(whole)):
        changed = whole.copy()
        changed[name][place] += 1
        if not (place % 3 == 0 and name in {"account", "nonce", "owner", "signer"}):
            assert not has_parts(plain_records(changed), 0), place


def test_nobody_uses_up_the_nonce_of_who_has_not_signed_the_same_trade():
    """Account 2's legs of a block with account 1, behind those of somebody who is refused: only his own try is lost."""
    desk = Desk()
    whole = pair(desk)
    for spoilt in ({"signer": (9, 9, 9)}, {}):
        assert desk.status(desk.signed(Kind.REGISTER_KEY, 3, address=(9, 9, 9), scope=SCOPE_WITHDRAW, timestamp_s=START_S)) == Status.OK
        stranger = {**desk.signed(Kind.EXECUTE_BLOCK, 3), "counterparty": 2, **spoilt}
        kept = {name: whole[0][name] for name in ("instrument", "price_e8", "quantity_e6", "max_fee_e8", "number", "side", "parts")}
        assert desk.status({**stranger, **kept}, whole[1]) == Status.INVALID_TERMS
    assert desk.row("accounts", 2).nonce == 0
    assert desk.status(*whole) == Status.OK
