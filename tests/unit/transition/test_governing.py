"""Parameters, pauses, session keys and deposits over time."""

from dataclasses import fields

import pytest

from rollup.audit.whole.audit import check_all
from rollup.core.margin_parameters import (
    AevoNumber,
    AevoParameters,
    DeribitNumber,
    DeribitParameters,
    PortfolioNumber,
    PortfolioParameters,
)
from rollup.state.layout import PARAMETERS
from rollup.state.limits import CASH_MAX
from rollup.transition.kinds import SCOPE_TRADE, SCOPE_TRANSFER, SCOPE_WITHDRAW, SCOPES_ALL, Kind
from rollup.transition.model_parameters import AEVO_FIRST, DERIBIT_FIRST, PORTFOLIO_FIRST
from rollup.transition.parameters import BOUNDS, HIGHEST, LOWEST, SETTABLE_LAST, Parameter
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, START_S, Desk, owner
from tests.unit.transition.opened_market import PARAMETERS as NUMBERS
from tests.unit.transition.status_cases import begin, bid, deposit, govern, hold, pair, pause, register, wait

KEY = (9, 9, 9)


def test_parameters_are_the_fields_of_their_row():
    names = [name for name in PARAMETERS.names if name not in {"version", "effective_s", "spare"}]
    assert sorted(parameter.name.lower() for parameter in Parameter if parameter != Parameter.PAUSE) == sorted(names)


MODEL_NUMBERS = [
    (first + place, model, number)
    for first, model, numbers in (
        (PORTFOLIO_FIRST, "portfolio", PortfolioNumber),
        (DERIBIT_FIRST, "deribit", DeribitNumber),
        (AEVO_FIRST, "aevo", AevoNumber),
    )
    for place, number in enumerate(numbers)
]
"""What SET_PARAMETER calls a number of a margin model, the array that it is in, and its place there."""
SETTABLE = sorted([*Parameter, *(name for name, _, _ in MODEL_NUMBERS)])


def test_numbers_of_models_are_their_parameters_in_order():
    for numbers, model in ((PortfolioNumber, PortfolioParameters), (DeribitNumber, DeribitParameters), (AevoNumber, AevoParameters)):
        assert [number.name.lower() for number in numbers] == [each.name for each in fields(model) if each.name != "scenarios"]
        assert [*numbers] == [*range(len(numbers))]


def test_every_parameter_has_bounds_and_no_other_number_has():
    assert len(LOWEST) == len(HIGHEST) == SETTABLE_LAST + 1
    bounded = [number for number, (low, high) in enumerate(zip(LOWEST, HIGHEST, strict=True)) if low <= high]
    assert bounded == SETTABLE
    assert sorted(BOUNDS) == sorted(Parameter)


def test_numbers_between_parameters_are_nobodys():
    desk = Desk()
    for number in {*range(-1, SETTABLE_LAST + 2)} - {*map(int, SETTABLE)}:
        assert desk.status(govern(desk, number, 1)) == Status.UNKNOWN_PARAMETER


def test_numbers_of_the_opened_market_are_within_bounds():
    assert all(LOWEST[Parameter[name.upper()]] <= number <= HIGHEST[Parameter[name.upper()]] for name, number in NUMBERS.items())


@pytest.mark.parametrize("parameter", [p for p in Parameter if p != Parameter.PAUSE])
def test_each_parameter_comes_into_force_at_its_time(parameter):
    desk = Desk()
    name = parameter.name.lower()
    assert desk.status(govern(desk, parameter, HIGHEST[parameter], effective=START_S + 50)) == Status.OK
    wait(desk, START_S + 49)
    assert getattr(desk.row("parameters", 0), name) == NUMBERS[name]
    wait(desk, START_S + 50)
    row = desk.row("parameters", 0)
    assert {field: getattr(row, field) for field in NUMBERS} == {**NUMBERS, name: HIGHEST[parameter]}
    assert (row.version, row.effective_s) == (1, START_S + 50)
    assert not any(desk.row("parameters", 1).words())


@pytest.mark.parametrize("number", MODEL_NUMBERS, ids=[f"{model}-{number.name.lower()}" for _, model, number in MODEL_NUMBERS])
@pytest.mark.parametrize("bounds", [LOWEST, HIGHEST], ids=["lowest", "highest"])
def test_each_number_of_a_model_comes_into_force_at_its_time(number, bounds):
    """… with the parameters that wait, and no other number changes."""
    desk = Desk()
    name, model, place = number
    words = {each: list(getattr(desk.row("models", 0), each)) for each in ("portfolio", "deribit", "aevo")}
    assert desk.status(govern(desk, name, bounds[name], effective=START_S + 50)) == Status.OK
    assert desk.status(govern(desk, name, bounds[name] + (1 if bounds is HIGHEST else -1))) == Status.OUT_OF_RANGE
    wait(desk, START_S + 49)
    assert {each: list(getattr(desk.row("models", 0), each)) for each in words} == words
    wait(desk, START_S + 50)
    words[model][place] = bounds[name]
    assert {each: list(getattr(desk.row("models", 0), each)) for each in words} == words
    assert {each: getattr(desk.row("parameters", 0), each) for each in NUMBERS} == NUMBERS
    assert not any(desk.row("models", 1).words())


def test_numbers_of_models_and_parameters_wait_together():
    desk = Desk()
    desk.run(govern(desk, PORTFOLIO_FIRST, 2 * 10**9, effective=START_S + 50))
    desk.run(govern(desk, Parameter.HEARTBEAT_S, 60, effective=START_S + 90))
    wait(desk, START_S + 60)
    assert (desk.row("models", 0).portfolio[0], desk.row("parameters", 0).heartbeat_s) == (10**9, NUMBERS["heartbeat_s"])
    wait(desk, START_S + 90)
    assert (desk.row("models", 0).portfolio[0], desk.row("parameters", 0).heartbeat_s) == (2 * 10**9, 60)


def test_changes_that_wait_come_together_at_the_latest_time():
    desk = Desk()
    desk.run(govern(desk, Parameter.HEARTBEAT_S, 60, effective=START_S + 90))
    desk.run(govern(desk, Parameter.DEVIATION_E9, 7, effective=START_S + 50))
    wait(desk, START_S + 60)
    assert desk.row("parameters", 0).deviation_e9 == NUMBERS["deviation_e9"]
    wait(desk, START_S + 90)
    row = desk.row("parameters", 0)
    assert (row.heartbeat_s, row.deviation_e9, row.version) == (60, 7, 1)


def test_pause_ends_by_itself_and_never_stops_an_exit():
    desk = Desk()
    hold(desk)
    order = desk.run(bid(desk, price=1900)).order
    pause(desk)
    assert desk.status(desk.signed(Kind.CANCEL, 1, order=order)) == Status.OK
    assert desk.status(desk.signed(Kind.WITHDRAW, 2, amount_e8=50 * E8, address=(1, 2, 3))) == Status.OK
    assert desk.status(deposit()) == Status.OK
    assert desk.status(bid(desk)) == Status.PAUSED
    assert desk.status(*pair(desk)) == Status.PAUSED
    wait(desk, START_S + 599)
    desk.edit("system", 0, paused_until_s=START_S + 599)
    assert desk.status(bid(desk)) == Status.OK


def test_governor_ends_a_pause():
    desk = Desk()
    pause(desk)
    assert desk.status(govern(desk, Parameter.PAUSE, 0)) == Status.OK
    assert desk.status(bid(desk)) == Status.OK


@pytest.mark.parametrize("scope", range(1, SCOPES_ALL + 1))
def test_session_key_does_what_its_scope_says(scope):
    desk = Desk()
    assert desk.status(register(desk, scope=scope)) == Status.OK
    attempts = {
        SCOPE_TRADE: bid(desk, signer=KEY),
        SCOPE_TRANSFER: desk.signed(Kind.TRANSFER, 1, signer=KEY, counterparty=2, amount_e8=E8),
        SCOPE_WITHDRAW: desk.signed(Kind.WITHDRAW, 1, signer=KEY, amount_e8=50 * E8, address=(1, 2, 3)),
    }
    for needed, transaction in attempts.items():
        assert desk.status(transaction) == (Status.OK if scope & needed else Status.KEY_SCOPE)


def test_key_lives_through_its_last_second_and_its_slot_is_free_after_it():
    desk = Desk()
    for key in range(4):
        desk.run(register(desk, key=20 + key, until=START_S + 10))
    wait(desk, START_S + 10)
    assert desk.status(bid(desk, signer=(20, 20, 20))) == Status.OK
    assert desk.status(register(desk)) == Status.KEYS_FULL
    wait(desk, START_S + 11)
    assert desk.status(bid(desk, signer=(20, 20, 20))) == Status.INVALID_SIGNER
    assert desk.status(register(desk)) == Status.OK


def test_registering_a_key_again_replaces_its_powers():
    desk = Desk()
    desk.run(register(desk, scope=SCOPE_TRADE))
    desk.run(register(desk, scope=SCOPE_WITHDRAW))
    assert desk.status(bid(desk, signer=KEY)) == Status.KEY_SCOPE
    assert sum(desk.row("keys", 4 + slot).scope != 0 for slot in range(4)) == 1


@pytest.mark.parametrize("account,fields", [(0, {}), (99, {}), (2, {"owner": owner(1)}), (3, {})])
def test_deposit_that_cannot_go_where_it_says_opens_an_account(account, fields):
    desk = Desk()
    if account == 3:
        desk.edit("accounts", 3, cash_e8=CASH_MAX - 1)
        desk.edit("system", 0, vault_e8=3 * 10_000_000 * E8 + CASH_MAX - 1)
    receipt = desk.run({**deposit(account=account), **fields})
    assert (receipt.status, receipt.account) == (Status.OK, 5)
    row = desk.row("accounts", 5)
    assert (tuple(row.owner), row.cash_e8, row.status) == (fields.get("owner", owner(account)), 100 * E8, 1)
    check_all(desk.state)


def test_withdrawal_writes_its_message():
    desk = Desk()
    receipt = desk.run(desk.signed(Kind.WITHDRAW, 1, amount_e8=50 * E8, address=(1, 2, 3)))
    message = desk.row("messages", receipt.message)
    assert (list(message.recipient), message.amount_e8, message.account, message.batch) == ([1, 2, 3], 50 * E8, 1, 0)
    check_all(desk.state)


def test_all_that_there_is_may_leave_even_if_it_is_little():
    desk = Desk(cash_e8=3 * E8)
    assert desk.status(desk.signed(Kind.WITHDRAW, 1, amount_e8=2 * E8, address=(1, 2, 3))) == Status.OUT_OF_RANGE
    assert desk.status(desk.signed(Kind.WITHDRAW, 1, amount_e8=3 * E8, address=(1, 2, 3))) == Status.OK


def test_forced_transactions_are_ordinary_ones():
    desk = Desk()
    assert desk.status(bid(desk, source=1)) == Status.OK
    assert desk.status(bid(desk, source=1, nonce=1)) == Status.INVALID_NONCE


def test_begin_batch_counts_batches_and_queue():
    desk = Desk()
    assert desk.status(begin(desk, START_S, number=7)) == Status.OK
    row = desk.row("system", 0)
    assert (row.batch, row.queue_next, row.time_s) == (2, 7, START_S)


def test_both_nonces_of_a_refused_trade_are_used():
    desk = Desk()
    off_tick = 1990 * E8 + 1
    head, part = pair(desk, {"price_e8": off_tick}, price_e8=off_tick)
    assert desk.status(head, part) == Status.TICK
    assert [desk.row("accounts", n).nonce for n in (1, 2)] == [head["nonce"], part["nonce"]]


def test_a_strangers_head_uses_up_nobodys_nonce():
    desk = Desk()
    head, part = pair(desk, price_e8=1991 * E8)
    before = [desk.row("accounts", n).nonce for n in (1, 2)]
    assert desk.status(head, part) == Status.INVALID_TERMS
    assert [desk.row("accounts", n).nonce for n in (1, 2)] == before
