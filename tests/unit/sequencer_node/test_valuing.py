"""Greeks as the sequencer tells them: marks as margin has them, sums as arithmetic has them, and a sentence for what names nothing."""

import json

import pytest

from rollup.bulk_greeks import PLAIN
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT, parse_instrument_name
from rollup.core.transport import RpcError
from rollup.market.feeds import observe
from rollup.market.greeks import greeks, implied_vol
from rollup.market.marks import mark_price, payoff
from rollup.market.terms import BUY, SELL
from rollup.state.rows import pack_rows
from rollup.state.table import read
from rollup.transition.status import Status
from sequencer.looking import INVALID_PARAMS
from sequencer.valuing import EXPECTED, take_reading, valued
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import E6, E8, GENESIS, TIME_S, checked, new_desk, opened_producer

ONE = 10**9
EXPIRY = next(each.name for each in GENESIS.instruments if each.option_type == FUTURE and each.name.startswith("BTC"))
ETHER_ID = next(number for number, each in enumerate(GENESIS.instruments, 1) if each.name == "ETH-PERPETUAL")
PERPETUAL_ID = next(number for number, each in enumerate(GENESIS.instruments, 1) if each.option_type == PERPETUAL)


def reports(desk):
    """A report of every BTC feed, each with numbers of its own, and of ETH's prices."""
    yield desk.report(GENESIS.feed_id(FeedKind.STABLE, 0), TIME_S, number=E8)
    numbers = {FeedKind.SPOT: 100_000 * E8, FeedKind.RATE: 40_000_000, FeedKind.PERPETUAL: 100_100 * E8}
    for number, feed in enumerate(GENESIS.feeds, 1):
        days = (feed.expiry_s - TIME_S) // 86_400
        if feed.market == 2:
            if feed.kind in {FeedKind.SPOT, FeedKind.PERPETUAL}:
                yield desk.report(number, TIME_S, number=4_000 * E8)
        elif feed.market == 1 and feed.kind == FeedKind.SURFACE:
            yield desk.report(number, TIME_S, **skewed(days, (100_200 + days) * E8))
        elif feed.market == 1:
            yield desk.report(number, TIME_S, number=(100_200 + days) * E8 if feed.kind == FeedKind.FORWARD else numbers[feed.kind])


def skewed(days, forward_e8):
    """A surface of 50 % at the money, and more below it, fitted today."""
    variance_e12 = days * 250_000_000_000 // 365
    return {
        "surface_a": variance_e12 // 2, "surface_b": variance_e12, "surface_rho": -300_000_000_000, "surface_m": 0,
        "surface_sigma": 500_000_000_000, "price_e8": forward_e8, "number": days * 86_400_000_000,
    }  # fmt: skip


@pytest.fixture(name="desk", scope="module")
def desk_fixture():
    return new_desk()


@pytest.fixture(name="machine", scope="module")
def machine_fixture(desk):
    """Trader 0 holds a call, a future and a perpetual, trader 1 the other side, and the call's book has a bid and an offer.

    Trader 3 holds perpetuals of both markets, trader 2 the other side.
    """
    producer = opened_producer()
    future = GENESIS.instrument_id(EXPIRY)
    signed = [
        *reports(desk),
        desk.order(1, SELL, 2_100, 150_000),
        desk.order(0, BUY, 2_100, 150_000),
        *(order for traded in (future, PERPETUAL_ID) for order in outright_trade(desk, traded)),
        *(order for traded in (ETHER_ID, PERPETUAL_ID) for order in outright_trade(desk, traded, seller=2, buyer=3)),
        desk.order(1, SELL, 2_300, 100_000),
        desk.order(1, SELL, 2_250, 100_000),
        desk.order(2, BUY, 1_990, 200_000),
        desk.order(2, BUY, 2_000, 200_000),
    ]
    statuses = producer.add(*checked(signed)).submitted["status"].tolist()
    assert set(statuses) <= {Status.OK, Status.CONTINUED}
    return producer.machine


def outright_trade(desk, instrument, seller=1, buyer=0):
    price, quantity_e6 = (4_000, 100_000) if instrument == ETHER_ID else (100_000, 20_000)
    yield desk.order(seller, SELL, price, quantity_e6, instrument=instrument)
    yield desk.order(buyer, BUY, price, quantity_e6, instrument=instrument)


def asked(machine, selection):
    return valued(take_reading(machine, selection), PLAIN)


def by_name(found):
    return {each["instrument"]: each for each in found["instruments"]}


def test_every_mark_is_the_one_that_margin_is_made_of(machine):
    state = machine.fork(()).state
    for number, each in enumerate(GENESIS.instruments, 1):
        if each.market == 1:
            (row,) = asked(machine, {"instrument": each.name})["instruments"]
            instrument = read(state.instruments, number)
            _, forward, vol, _, _ = observe(state, instrument)
            assert row["mark_e8"] == mark_price(state, instrument, forward, vol), each.name
            assert row["mark_e8"] > 0 or each.strike_e8 < 80_000 * E8
            assert (row["forward_e8"], row["vol_e9"], row["stale"]) == (forward, vol or None, False)


def test_options_have_the_kernels_greeks_and_outrights_move_with_their_forward(machine):
    for row in asked(machine, {"expiry": EXPIRY})["instruments"]:
        name = parse_instrument_name(row["instrument"])
        told = tuple(row[each] for each in ("mark_e8", "delta_e9", "gamma_e12", "vega_e8", "theta_e8"))
        if name.option_type == FUTURE:
            assert told == (row["forward_e8"], ONE, 0, 0, 0)
        else:
            assert told == greeks(row["forward_e8"], name.strike_e8, row["vol_e9"], name.expiry_s - TIME_S, name.option_type, ONE)
            assert row["seconds"] == name.expiry_s - TIME_S
    (perpetual,) = asked(machine, {"instrument": PERPETUAL_ID})["instruments"]
    assert (perpetual["mark_e8"], perpetual["delta_e9"], perpetual["vega_e8"], perpetual["seconds"]) == (100_100 * E8, ONE, 0, 0)


def test_each_strike_has_the_volatility_of_its_surface(machine):
    vols = {parse_instrument_name(row["instrument"]).strike_e8: row["vol_e9"] for row in asked(machine, {"expiry": EXPIRY})["instruments"]}
    assert vols.pop(0) is None
    assert len(set(vols.values())) == len(vols)
    assert vols[60_000 * E8] > vols[90_000 * E8] > vols[100_000 * E8] > 495_000_000


def test_an_expiry_is_its_options_and_its_future(machine):
    names = [each.name for each in GENESIS.instruments if each.name.startswith(EXPIRY)]
    assert {parse_instrument_name(name).option_type for name in names} == {CALL, PUT, FUTURE}
    assert [row["instrument"] for row in asked(machine, {"expiry": EXPIRY})["instruments"]] == names


def test_the_book_s_best_prices_imply_volatilities(machine, desk):
    (row,) = asked(machine, {"instrument": desk.instrument})["instruments"]
    assert (row["bid_e8"], row["ask_e8"]) == (2_000 * E8, 2_250 * E8)
    name = parse_instrument_name(row["instrument"])
    for price, vol in ((row["bid_e8"], row["bid_vol_e9"]), (row["ask_e8"], row["ask_vol_e9"])):
        assert vol == implied_vol(price, row["forward_e8"], name.strike_e8, row["seconds"], name.option_type) > 0
    assert row["bid_vol_e9"] < row["ask_vol_e9"]
    others = [each for each in asked(machine, {"expiry": row["instrument"][:12]})["instruments"] if each["instrument"] != row["instrument"]]
    assert {(each["bid_e8"], each["ask_e8"], each["bid_vol_e9"], each["ask_vol_e9"]) for each in others} == {(None, None, None, None)}


def test_an_account_s_totals_are_the_sums_of_its_positions(machine, desk):
    found = asked(machine, {"account": 1})
    rows = found["instruments"]
    assert [row["quantity_e6"] for row in rows] == [20_000, 150_000, 20_000]
    totals = found["totals"]["markets"]["BTC"]
    for name, total in (("mark_e8", "value_e8"), *((each, each) for each in ("delta_e9", "gamma_e12", "vega_e8", "theta_e8"))):
        exact = sum(row["quantity_e6"] * row[name] for row in rows)
        assert abs(totals[total] * E6 - exact) <= E6 // 2
    other = asked(machine, {"account": 2})["totals"]["markets"]["BTC"]
    assert abs(other["delta_e9"] + totals["delta_e9"]) <= 1
    assert (list(found["totals"]["markets"]), found["totals"]["unvalued"]) == (["BTC"], [])
    assert json.loads(json.dumps(found)) == found


def test_totals_are_kept_apart_by_market(machine):
    markets = asked(machine, {"account": 4})["totals"]["markets"]
    assert {name: (each["delta_e9"], each["value_e8"]) for name, each in markets.items()} == {
        "BTC": (ONE // 50, 100_100 * E8 // 50),
        "ETH": (ONE // 10, 4_000 * E8 // 10),
    }


def test_an_account_without_positions_has_none_and_an_account_that_there_is_not_is_nothing(machine):
    assert asked(opened_producer().machine, {"account": 4}) == {
        "time_s": TIME_S,
        "instruments": [],
        "totals": {"markets": {}, "unvalued": []},
    }
    for number in (0, -1, len(TRADERS) + 1, 1 << 70):
        assert take_reading(machine, {"account": number}) is None


def test_before_any_report_nothing_is_valued(desk):
    machine = opened_producer().machine
    for row in asked(machine, {"expiry": EXPIRY})["instruments"]:
        assert {row[each] for each in ("mark_e8", "delta_e9", "gamma_e12", "vega_e8", "theta_e8", "vol_e9", "forward_e8")} == {None}
        assert row["stale"]


def test_positions_that_cannot_be_valued_are_named(machine, desk):
    fork = machine.fork(())
    row = fork.words("feeds", GENESIS.feed_id(FeedKind.PERPETUAL, 1, 0))
    row[3] = 0
    fork.load({"feeds": pack_rows("feeds", {GENESIS.feed_id(FeedKind.PERPETUAL, 1, 0): row})})
    found = asked(fork, {"account": 1})
    assert found["totals"]["unvalued"] == [GENESIS.instruments[PERPETUAL_ID - 1].name]
    assert by_name(found)[GENESIS.instruments[PERPETUAL_ID - 1].name]["mark_e8"] is None


def test_what_is_settled_is_worth_its_pay_off_and_moves_no_more(machine, desk):
    fork = machine.fork(())
    feed = GENESIS.instruments[desk.instrument - 1].forward_feed
    named = fork.row("feeds", feed) | {"settlement_e8": 101_234 * E8}
    words = [word for value in named.values() for word in (value if isinstance(value, list) else [value])]
    fork.load({"feeds": pack_rows("feeds", {feed: words})})
    (row,) = asked(fork, {"instrument": desk.instrument})["instruments"]
    assert row["mark_e8"] == payoff(read(fork.state.instruments, desk.instrument), 101_234 * E8) == 1_234 * E8
    assert (row["delta_e9"], row["gamma_e12"], row["vega_e8"], row["theta_e8"], row["vol_e9"], row["bid_vol_e9"]) == (
        0,
        0,
        0,
        0,
        None,
        None,
    )


def test_looking_changes_nothing(machine):
    root = machine.root()
    for selection in ({"account": 1}, {"expiry": EXPIRY}, {"instrument": 1}):
        asked(machine, selection)
    assert machine.root() == root


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        ({}, EXPECTED),
        ({"account": 1, "expiry": EXPIRY}, EXPECTED),
        ({"market": "BTC"}, EXPECTED),
        ([], EXPECTED),
        ({"account": "1"}, "an account is a number, not '1'"),
        ({"account": True}, "an account is a number, not True"),
        ({"account": None}, "an account is a number, not None"),
        ({"instrument": "BTC-20991225-1-C"}, "there is no instrument 'BTC-20991225-1-C'"),
        ({"instrument": 0}, "there is no instrument 0"),
        ({"instrument": -1}, "there is no instrument -1"),
        ({"instrument": True}, "there is no instrument True"),
        ({"instrument": [1]}, r"there is no instrument \[1\]"),
        ({"instrument": len(GENESIS.instruments) + 1}, "there is no instrument"),
        ({"expiry": "tomorrow"}, "an expiry is named as BTC-20261225, not 'tomorrow'"),
        ({"expiry": "BTC-20261399"}, "an expiry is named as"),
        ({"expiry": 20261225}, "an expiry is named as"),
        ({"expiry": "BTC-PERPETUAL"}, "BTC-PERPETUAL is an instrument; its expiry"),
        ({"expiry": "DOGE-20261225"}, "nothing expires at DOGE-20261225"),
    ],
)
def test_what_names_nothing_is_a_sentence(machine, selection, sentence):
    with pytest.raises(RpcError, match=sentence) as error:
        take_reading(machine, selection)
    assert error.value.code == INVALID_PARAMS


def test_a_short_account_s_numbers_have_the_other_sign(machine, desk):
    long, short = (by_name(asked(machine, {"account": account})) for account in (1, 2))
    assert {name: row["quantity_e6"] for name, row in long.items()} == {name: -row["quantity_e6"] for name, row in short.items()}
