"""What keepers and people are told of instruments: all that the rule allows and nothing else, and names that follow the state."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.core.calendar import DAY_S, expiry_on
from rollup.core.instrument_names import FUTURE, InstrumentName, format_instrument_alias, parse_instrument_name
from rollup.core.transport import RpcError
from rollup.market.listing_rule import classes_of
from rollup.state.limits import ACCOUNT_BITS
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status
from sequencer import listings
from sequencer.listings import MOST, listings_view, unsettled_view
from sequencer.looking import account_view, book_view, feeds_view, instruments_view
from sequencer.naming import find_instrument, instruments_of_expiry, listed, name_of
from tests.unit.transition.listing_scenes import FRIDAY_S, delisting, listing
from tests.unit.transition.opened_market import E8, EXPIRIES_S, INSTRUMENTS, START_S, Desk, forward_feed, future, market_rows, perpetual
from tests.unit.transition.status_cases import expire, fix, hold, report_spot, settle, stop, wait


def opened() -> tuple[PlainMachine, Desk]:
    """A machine of the opened market, and a desk that acts on its state."""
    machine, desk = PlainMachine(), Desk()
    machine.load(market_rows())
    desk.state = machine.state
    return machine, desk


def list_all(machine: PlainMachine, desk: Desk) -> list[tuple[int, int, int]]:
    """List whatever the view tells, until it tells nothing."""
    found: list[tuple[int, int, int]] = []
    while told := listings_view(machine)["listable"]:
        assert len(told) <= MOST
        for each in told:
            assert each["symbol"] == ("BTC", "ETH")[each["market"] - 1]
            found.append((each["market"], each["expiry_s"], each["strike_e8"]))
            terms = {"number": each["market"], "timestamp_s": each["expiry_s"], "price_e8": each["strike_e8"]}
            assert desk.status({**listing(), **terms}) == Status.OK
    return found


def test_what_is_told_can_be_listed_and_nothing_else_can():
    machine, desk = opened()
    found = list_all(machine, desk)
    assert len(set(found)) == len(found) > MOST
    check_all(desk.state)
    parameters = desk.row("parameters", 0)
    for day in range(START_S // DAY_S - 1, START_S // DAY_S + 500):
        expiry_s = expiry_on(day)
        for strike in (0, *range(20_000, 100_000, 500)) if classes_of(parameters, expiry_s, START_S) else (0, 60_000):
            assert desk.status(listing(strike, expiry_s)) != Status.OK
            assert desk.status(listing(strike / 20, expiry_s, market=2)) != Status.OK
    assert {market for market, _, _ in found} == {1, 2}
    assert len([strike for market, expiry_s, strike in found if (market, expiry_s) == (1, FRIDAY_S)]) == 10


def test_nearest_strikes_come_first():
    machine, _ = opened()
    told = listings_view(machine)["listable"]
    first = [each["strike_e8"] // E8 for each in told if each["expiry_s"] == FRIDAY_S and each["market"] == 1]
    assert first == [0, 60_000, 59_000, 61_000, 58_000, 62_000, 56_000, 64_000, 48_000, 72_000]


def test_more_is_told_as_spot_moves_and_days_pass():
    machine, desk = opened()
    list_all(machine, desk)
    report_spot(desk, START_S + 60, 63_000 * E8)
    moved = listings_view(machine)["listable"]
    assert {each["strike_e8"] // E8 for each in moved if each["expiry_s"] == FRIDAY_S} == {63_000, 66_000, 68_000}
    wait(desk, START_S + 601 + 60)
    assert listings_view(machine)["listable"] == [], "spot is silent"


def test_a_view_does_nothing_to_the_state():
    machine, desk = opened()
    before = machine.root()
    listings_view(machine)
    unsettled_view(machine)
    assert machine.root() == before
    assert desk.row("system", 0).instruments == INSTRUMENTS


def test_an_expiry_is_fixed_settled_and_taken_away_by_what_is_told():
    machine, desk = opened()
    hold(desk)
    waiting = stop(desk, account=3, price=60_000, instrument=future(1, 0), trigger=70_000)
    order = desk.run(waiting).order
    assert order > 0
    feed = forward_feed(1, 0)
    assert (listings_view(machine)["fixable"], listings_view(machine)["over"]) == ([], [])
    report_spot(desk, EXPIRIES_S[0] - 2000, 61_000 * E8)
    report_spot(desk, EXPIRIES_S[0] + 10, 61_000 * E8)
    assert listings_view(machine)["fixable"] == [feed]
    assert unsettled_view(machine) == {"positions": [], "next": None}
    assert desk.status(fix(desk)) == Status.OK
    told = listings_view(machine)
    assert (told["fixable"], told["over"]) == ([], [{"feed": feed, "strikes": 6, "held": True}])
    positions = unsettled_view(machine)["positions"]
    assert positions == [{"account": 1, "instrument": 5}, {"account": 2, "instrument": 5}]
    for each in positions:
        assert desk.status(settle(desk, each["account"], instrument=each["instrument"])) == Status.OK
    assert unsettled_view(machine)["positions"] == []
    name = name_of(machine, future(1, 0))
    for left in range(6, 0, -1):
        assert listings_view(machine)["over"] == [{"feed": feed, "strikes": left, "held": False}]
        assert desk.status(delisting(feed)) == Status.OK
    assert listings_view(machine)["over"] == []
    assert name_of(machine, future(1, 0)) is None
    assert find_instrument(machine, name) == 0
    assert instruments_of_expiry(machine, parse_instrument_name(name)) == []
    assert future(1, 0) not in [each["instrument"] for each in instruments_view(machine)]
    assert feed not in [each["feed"] for each in feeds_view(machine)]
    (left_over,) = account_view(machine, 3)["orders"]
    assert (left_over["order"], left_over["instrument"]) == (order, None)
    with pytest.raises(RpcError, match="no instrument"):
        book_view(machine, future(1, 0))


def test_holders_are_told_in_portions(monkeypatch):
    machine, desk = opened()
    hold(desk)
    expire(desk)
    monkeypatch.setattr(listings, "ACCOUNTS_SCANNED", 1)
    found, first, looks = [], 1, 0
    while first is not None:
        told = unsettled_view(machine, first)
        found += told["positions"]
        first, looks = told["next"], looks + 1
    assert [each["account"] for each in found] == [1, 2]
    assert looks == 4
    for first in (0, -1, 1 << ACCOUNT_BITS):
        with pytest.raises(RpcError):
            unsettled_view(machine, first)


def test_names_follow_the_state():
    machine, desk = opened()
    list_all(machine, desk)
    numbers = listed(machine)
    assert len(numbers) == desk.row("system", 0).instruments > INSTRUMENTS
    for number in range(INSTRUMENTS + 1, numbers[-1] + 1):
        name, row = name_of(machine, number), desk.row("instruments", number)
        parsed = parse_instrument_name(name)
        assert (row.strike_e8, row.option_type, row.expiry_s) == (parsed.strike_e8, parsed.option_type, parsed.expiry_s)
        assert find_instrument(machine, name) == find_instrument(machine, format_instrument_alias(parsed)) == number
    assert find_instrument(machine, "ETH-PERPETUAL") == perpetual(2)
    friday = instruments_of_expiry(machine, InstrumentName("BTC", FRIDAY_S, 0, FUTURE))
    assert friday == sorted(friday)
    assert {desk.row("instruments", number).expiry_s for number in friday} == {FRIDAY_S}
    assert len(friday) == 2 * 9 + 1
    for unknown in ("BTC-20231117-60500-C", "XRP-PERPETUAL", "BTC-20231116", "nonsense", "ETH-20231117-60000-P"):
        assert find_instrument(machine, unknown) == 0
