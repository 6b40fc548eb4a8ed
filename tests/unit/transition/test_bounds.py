"""No step can touch or write more rows than a table has room for: by formula for every kind, and by the worst steps that we can build."""

import pytest

from rollup.audit.whole.audit import check_all
from rollup.core.keccak import HASH_BYTES
from rollup.core.margin_parameters import SCENARIOS_MAX
from rollup.dispute.one_step import WITNESS_MAX
from rollup.market.auction import standing
from rollup.market.margin import Model
from rollup.market.terms import BUY, SELL
from rollup.state.layout import ACCOUNTS, RECEIPT
from rollup.state.limits import (
    EXPIRIES,
    FILLS,
    LEGS,
    LEVEL_BITS,
    MARKETS,
    OPEN_ORDERS,
    PAGE_POSITIONS,
    PAGES,
    PARTS,
    POSITIONS,
    POSITIONS_WEIGHED,
    QUOTE_ROWS,
    SAVES,
    SESSION_KEY_BITS,
    SESSION_KEYS,
    SETTLED_AT_ONCE,
    STRIKES,
    SWEPT,
    TOUCHES,
)
from rollup.state.plain import Rows, plain_records, plain_row, plain_table
from rollup.state.rows import DEPTHS, WIDTHS
from rollup.state.table import LOGGED, SAVED, commit
from rollup.transition.apply import apply
from rollup.transition.kinds import Kind
from rollup.transition.oracle_update import REPORTERS
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import deleverage, offer, set_cash, start
from tests.unit.transition.listing_scenes import delisting, listing
from tests.unit.transition.opened_market import (
    E6,
    E8,
    INSTRUMENTS,
    MONEYNESS,
    OPTIONS,
    Desk,
    forward_feed,
    make_records,
    order_key,
    spot_feed,
)
from tests.unit.transition.status_cases import bid, block, expire, quotes, second_account, shift

PATH = LEVEL_BITS + 1
"""Rows on the way from the root of a side's tree to a level."""
TRADERS = 1 + FILLS
RECORDS = PARTS + 1
"""Records of a mass quote: as many instruments."""
INSTRUMENTS_WEIGHED = POSITIONS_WEIGHED + TRADERS
"""Instruments that the margins of one order rest on: what its traders hold, and what they trade."""
BESIDE = 33
"""Feeds that margin rests on beside those of expiries: a spot price and a rate a market, and the price of cash."""

TOUCHED = {
    # An order meets FILLS makers, looks once more, and rests: a path each, and a level, a branch and what they hang from.
    # What it reserves is asked of the null account, and of its account's other orders.
    "place_order": {
        "accounts": TRADERS + 1,
        "holdings": POSITIONS_WEIGHED // PAGE_POSITIONS + TRADERS,
        "resting": TRADERS,
        "keys": SESSION_KEYS,
        "orders": 2 * FILLS + 2 + OPEN_ORDERS,
        "levels": (FILLS + 1) * PATH + PATH + 2,
        "instruments": INSTRUMENTS_WEIGHED + 1,
        "feeds": 2 * INSTRUMENTS_WEIGHED + 2 + BESIDE,
        "markets": 16,
        "collateral": TRADERS + 1,
        "scenarios": SCENARIOS_MAX,
    },
    # Each order has a path of its own, and two neighbours.
    "cancel_all": {"resting": 1, "orders": 3 * OPEN_ORDERS, "levels": OPEN_ORDERS * PATH, "instruments": OPEN_ORDERS},
    "execute_block": {
        "accounts": 2,
        "holdings": 2 * PAGES,
        "keys": 2 * SESSION_KEYS,
        "instruments": 2 * POSITIONS + LEGS,
        "feeds": 4 * POSITIONS + 2 * LEGS + BESIDE,
        "markets": 16,
        "scenarios": SCENARIOS_MAX,
    },
    # All quotes go; each new one looks at the other side and rests, two paths and a bit, for as long as QUOTE_ROWS lasts.
    "mass_quote": {
        "accounts": 2,
        "holdings": PAGES,
        "keys": SESSION_KEYS,
        "orders": 3 * OPEN_ORDERS + 2 * OPEN_ORDERS + 3 * FILLS,
        "levels": max(OPEN_ORDERS * PATH, QUOTE_ROWS + 2 * PATH + 2),
        "instruments": POSITIONS + OPEN_ORDERS + RECORDS,
        "feeds": 2 * (POSITIONS + RECORDS) + 2 + 16,
        "markets": 16,
    },
    "oracle_update": {"reporters": REPORTERS, "feeds": 3 + EXPIRIES, "markets": 1},
    # The orders of an account with as many positions as it may have are cancelled.
    "start_auction": {
        "accounts": 2,
        "auctions": 2,
        "holdings": PAGES,
        "keys": SESSION_KEYS,
        "resting": 1,
        "orders": 3 * OPEN_ORDERS,
        "levels": OPEN_ORDERS * PATH,
        "instruments": OPEN_ORDERS + POSITIONS,
        "feeds": 2 * POSITIONS + 2 + BESIDE,
        "markets": 16,
        "scenarios": SCENARIOS_MAX,
    },
    "bid": {
        "accounts": 2,
        "auctions": 2,
        "holdings": 2 * PAGES,
        "keys": SESSION_KEYS,
        "instruments": 2 * POSITIONS,
        "feeds": 4 * POSITIONS + 2 + BESIDE,
        "markets": 16,
        "scenarios": SCENARIOS_MAX,
    },
    "surface_update": {"reporters": REPORTERS, "feeds": 2, "markets": 1},
    "withdraw_collateral": {
        "accounts": 2,
        "holdings": PAGES,
        "keys": SESSION_KEYS,
        "instruments": POSITIONS,
        "feeds": 2 * POSITIONS + 2 + BESIDE,
        "markets": 16,
        "scenarios": SCENARIOS_MAX,
    },
    "transfer_position": {
        "accounts": 2,
        "holdings": 2 * PAGES,
        "keys": 2 * SESSION_KEYS,
        "instruments": 2 * POSITIONS,
        "feeds": 4 * POSITIONS + 18,
        "markets": 16,
    },
    "deleverage": {
        "accounts": 3,
        "auctions": 3,
        "holdings": 2 * PAGES,
        "keys": SESSION_KEYS,
        "instruments": 2 * POSITIONS,
        "feeds": 4 * POSITIONS + 18,
        "markets": 16,
    },
    "apply_funding": {"accounts": 2, "holdings": PAGES, "keys": SESSION_KEYS, "instruments": 1, "feeds": 2, "markets": 1},
    "begin_batch": {"instruments": MARKETS, "markets": MARKETS, "feeds": 2 * MARKETS},
    # The market's expiries, the spot price and the new one's feeds; an expiry's strikes and the new one.
    "list_instrument": {"instruments": STRIKES + 2, "feeds": EXPIRIES + 3},
    # Each order that rests there has a path of its own, two neighbours and an account.
    "delist": {"accounts": SWEPT, "resting": SWEPT, "orders": 3 * SWEPT, "levels": SWEPT * PATH, "feeds": 2},
    "fix_settlement": {"keys": SESSION_KEYS, "feeds": 1},
    "set_margin_model": {
        "holdings": PAGES,
        "keys": SESSION_KEYS,
        "instruments": POSITIONS,
        "feeds": 2 * POSITIONS + BESIDE,
        "markets": 16,
        "scenarios": SCENARIOS_MAX,
    },
}
TOUCHED["trigger"] = TOUCHED["replace"] = TOUCHED["place_order"]
WRITTEN = {
    "place_order": {
        "accounts": TRADERS,
        "holdings": POSITIONS_WEIGHED // PAGE_POSITIONS + TRADERS,
        "resting": TRADERS,
        "orders": 2 * FILLS + 2,
        "levels": 3 * FILLS + 3,
        "instruments": 1 + SETTLED_AT_ONCE,
    },
    "cancel_all": {"orders": 3 * OPEN_ORDERS, "levels": 3 * OPEN_ORDERS, "instruments": OPEN_ORDERS},
    "execute_block": {"accounts": 2, "holdings": 2 * PAGES, "instruments": LEGS + 2 * SETTLED_AT_ONCE},
    # An account's orders go, with two neighbours each, and come, behind one; FILLS others make way.
    "mass_quote": {
        "holdings": PAGES,
        "orders": 3 * OPEN_ORDERS + 2 * OPEN_ORDERS + 3 * FILLS,
        "levels": 3 * OPEN_ORDERS + 3 * OPEN_ORDERS + 3 * FILLS,
        "instruments": OPEN_ORDERS + RECORDS + SETTLED_AT_ONCE,
    },
    # Its own row or its market's spot feed's too, and those of the windows that begin or end with it.
    "oracle_update": {"feeds": 2 + EXPIRIES, "markets": 1},
    "start_auction": {"accounts": 2, "orders": 3 * OPEN_ORDERS, "levels": 3 * OPEN_ORDERS, "instruments": OPEN_ORDERS},
    "bid": {"accounts": 2, "holdings": 2 * PAGES, "instruments": POSITIONS},
    "surface_update": {"feeds": 2},
    "begin_batch": {"instruments": MARKETS},
    "deleverage": {"accounts": 3, "holdings": 2 * PAGES},
    "transfer_position": {"accounts": 2, "holdings": 2 * PAGES},
    "set_margin_model": {},
    "list_instrument": {"instruments": 2, "feeds": 3},
    "delist": {"accounts": SWEPT, "resting": SWEPT, "orders": 3 * SWEPT, "levels": 3 * SWEPT, "instruments": 2, "feeds": 2},
}


ALONE = {
    "cancel_all": {"orders": OPEN_ORDERS},
    "start_auction": {"orders": OPEN_ORDERS},
    "mass_quote": {"orders": OPEN_ORDERS},
    "delist": {"orders": SWEPT},
}
"""An order that leaves its level to others has neighbours, and one that was alone there a path: no order has both, and a path is more.

Where a mass quote has taken so many quotes away that the bound of its rows is theirs, it lets no new ones rest.
"""


def test_tables_have_room_for_every_kind():
    for bounds, room in ((TOUCHED, TOUCHES), (WRITTEN, SAVES)):
        assert max(bound for sections in bounds.values() for bound in sections.values()) <= room


def witness_bytes(rows: dict[str, int]) -> int:
    """The longest witness of so many rows a section: each on a path of its own below where the paths must meet."""
    total = 0
    for section, depth in DEPTHS.items():
        count = min(rows.get(section, 2), 1 << depth)
        meet = (count - 1).bit_length()
        siblings = count * (depth - meet) + (1 << meet) - count
        total += 2 + count * (4 + 8 * WIDTHS[section]) + HASH_BYTES * siblings
    return total


def test_the_witness_of_every_kind_can_be_posted():
    """However a trader has spread the orders that a step touches over the rows: what could not be proven could be lied about."""
    longest = {kind: witness_bytes(bounds | ALONE.get(kind, {})) for kind, bounds in TOUCHED.items()}
    longest["mass_quote that quotes"] = witness_bytes(TOUCHED["mass_quote"] | {"levels": QUOTE_ROWS + 2 * PATH + 2})
    assert max(longest.values()) <= WITNESS_MAX, longest


def test_bounds_that_other_bounds_are_named_for():
    assert SESSION_KEYS == 1 << SESSION_KEY_BITS
    assert 1 << DEPTHS["reporters"] == REPORTERS + 1
    assert PARTS + 1 >= REPORTERS


def step(desk: Desk, *transaction: dict[str, object]):
    """Run one transaction: its receipt, and the rows touched and written by section."""
    receipt = plain_row(RECEIPT)
    apply(desk.state, plain_records(make_records(*transaction)), 0, receipt)
    counts = {name: (getattr(desk.state, name).log[LOGGED], getattr(desk.state, name).log[SAVED]) for name in DEPTHS}
    commit(desk.state)
    return receipt, counts


def check_counts(kind: str, counts: dict[str, tuple[int, int]]):
    for section, (touched, written) in counts.items():
        assert touched <= TOUCHED[kind].get(section, 2), section
        assert written <= WRITTEN[kind].get(section, 1), section


def deepest(desk: Desk, option: int, side: int, accounts: range) -> list[int]:
    """Rest one lot at every power of two ticks, so that each order's path is as long as it can be; who rests where, best price first."""
    desk.edit("parameters", 0, price_band_e9=10**9, quantity_min_e6=1, fee_cap_e9=0)
    for feed in (spot_feed(2), forward_feed(2, 0), forward_feed(2, 1)):
        desk.edit("feeds", feed, number=20_000 * E8)
    desk.edit("instruments", option, tick_e8=E8 // 1000)
    owners = []
    for bit in range(LEVEL_BITS):
        account = accounts[bit % len(accounts)]
        key = (1 << bit) if side == SELL else (1 << LEVEL_BITS) - 1 - (1 << bit)
        order = desk.order(account, side, 0, 1, instrument=option, price_e8=key * (E8 // 1000), quantity_e6=10_000)
        assert desk.status(order) == Status.OK
        owners.append(account)
    return owners


def short_everything(desk: Desk, accounts: range, count: int) -> None:
    """Give each account `count` short positions of its own, all expiries and underlyings among them; the traded one is new to them."""
    for number, account in enumerate(accounts):
        ids = range(INSTRUMENTS + 1 + number * count, INSTRUMENTS + 1 + (number + 1) * count)
        for i in ids:
            desk.row("instruments", i).set_words(desk.row("instruments", 1 + i % (INSTRUMENTS - 1)).words())
        desk.hold(account, dict.fromkeys(ids, -1000))


@pytest.mark.parametrize("model", [Model.STANDARD, Model.PORTFOLIO])
@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("held, fills", [(POSITIONS_WEIGHED // TRADERS, FILLS), (POSITIONS - 1, 2)])
def test_order_that_meets_as_many_makers_as_it_may(side, held, fills, model):
    desk = Desk(accounts=10, cash_e8=1 << 50)
    for account in range(1, 11):
        desk.edit("accounts", account, margin_model=model)
    option = OPTIONS
    deepest(desk, option, 1 - side, range(2, 10))
    short_everything(desk, range(1, 11), held)
    price = 8_388_607 if side == BUY else 1
    order = desk.order(1, side, 0, 1, instrument=option, price_e8=price * (E8 // 1000), quantity_e6=FILLS * 10_000)
    receipt, counts = step(desk, order)
    assert (receipt.status, receipt.fills) == (Status.OK, fills)
    check_counts("place_order", counts)
    if fills == FILLS:
        assert counts["levels"][0] == LEVEL_BITS + FILLS - 1


def test_block_of_as_many_legs_and_positions_as_there_may_be():
    desk = Desk(accounts=2, cash_e8=1 << 50)
    short_everything(desk, range(1, 3), POSITIONS - LEGS)
    receipt, counts = step(desk, *block(desk, *((1 + number, BUY if number % 3 else SELL) for number in range(LEGS))))
    assert (receipt.status, receipt.fills) == (Status.OK, LEGS)
    check_counts("execute_block", counts)
    assert counts["holdings"][1] == 2 * PAGES


def test_mass_quote_in_the_deepest_books():
    """Every quote is alone on a path that is as long as it can be, and each that comes in its place on another one in the same tree."""
    desk = Desk(accounts=26, cash_e8=1 << 50)
    options = [OPTIONS - number for number in range(RECORDS)]
    for option in options:
        deepest(desk, option, SELL, range(2, 26))
        for bit in range(LEVEL_BITS - 1):
            price = ((1 << 23) + (1 << bit)) * (E8 // 1000)
            assert desk.status(desk.order(2 + bit, SELL, 0, 1, instrument=option, price_e8=price, quantity_e6=10_000)) == Status.OK
    for ticks in (3, (1 << 23) + 3, 3):
        asks = [{"instrument": option, "side": SELL, "expected_e6": 10_000, "amount_e8": ticks * (E8 // 1000)} for option in options]
        receipt, counts = step(desk, *quotes(desk, *asks))
        assert receipt.status == Status.OK
        check_counts("mass_quote", counts)
        if receipt.cancelled == RECORDS:
            assert counts["levels"][0] >= QUOTE_ROWS
            assert 0 < receipt.dropped.bit_count() < RECORDS
    check_all(desk.state)


def test_cancel_of_everything_in_the_deepest_books():
    desk = Desk(accounts=6, cash_e8=1 << 50)
    for number in range(OPEN_ORDERS // 4):
        for other in (2, 3, 4, 5):
            desk.run(desk.signed(Kind.CANCEL_ALL, other))
        option = OPTIONS - number
        deepest(desk, option, SELL, range(2, 6))
        for place in range(4):
            order = desk.order(1, SELL, 0, 1, instrument=option, price_e8=(3 << place) * (E8 // 1000), quantity_e6=10_000)
            assert desk.status(order) == Status.OK
    receipt, counts = step(desk, desk.signed(Kind.CANCEL_ALL, 1))
    assert (receipt.status, receipt.cancelled) == (Status.OK, OPEN_ORDERS)
    check_counts("cancel_all", counts)


def list_more(desk: Desk, count: int) -> range:
    """List more instruments like those that there are, all expiries and underlyings among them: their ids."""
    ids = range(INSTRUMENTS + 1, INSTRUMENTS + 1 + count)
    for i in ids:
        desk.row("instruments", i).set_words(desk.row("instruments", 1 + i % INSTRUMENTS).words())
    desk.edit("system", 0, instruments=INSTRUMENTS + count)
    return ids


def sink_with_many(desk: Desk, ids: range) -> None:
    """Let account 2 be short a little of many instruments, and account 4 long, with all that the auction asks still to pay."""
    quantity = 10_000
    desk.hold(2, dict.fromkeys(ids, -quantity))
    desk.hold(4, dict.fromkeys(ids, quantity))
    for i in ids:
        desk.edit("instruments", i, open_interest_e6=quantity, shorts_e6=quantity)
    maintenance, mark, _ = standing(desk.state, 2)
    commit(desk.state)
    set_cash(desk, 2, (desk.row("accounts", 2).cash_e8 - maintenance - (mark - maintenance) // 4) / E8)


def test_auction_of_an_account_with_all_positions_and_orders():
    desk = Desk(cash_e8=1 << 50)
    ids = list_more(desk, POSITIONS)
    for i in ids[:OPEN_ORDERS]:
        assert desk.status(desk.order(2, BUY, 1, 0.01, instrument=i)) == Status.OK
    sink_with_many(desk, ids)
    receipt, counts = step(desk, start(desk))
    assert (receipt.status, receipt.cancelled) == (Status.OK, OPEN_ORDERS)
    check_counts("start_auction", counts)


@pytest.mark.parametrize("by", [3, 4])
def test_bid_for_as_many_positions_as_there_may_be(by):
    """Account 3 holds nothing; account 4 the other side of every position."""
    desk = Desk(cash_e8=1 << 50)
    sink_with_many(desk, list_more(desk, POSITIONS))
    assert desk.status(start(desk)) == Status.OK
    receipt, counts = step(desk, offer(desk, by=by))
    assert (receipt.status, desk.row("accounts", by).positions) == (Status.OK, POSITIONS)
    check_counts("bid", counts)
    assert counts["holdings"][1] == 2 * PAGES
    assert counts["instruments"][1] == POSITIONS
    check_all(desk.state, is_listed=False)


def test_deleveraging_between_accounts_with_all_positions():
    """Both lose the position that leads all others."""
    desk = Desk(cash_e8=1 << 50)
    ids = list_more(desk, 2 * POSITIONS - 1)
    first = min(ids, key=lambda i: order_key(desk.state, i))
    others = [i for i in ids if i != first]
    desk.hold(2, dict.fromkeys((first, *others[: POSITIONS - 1]), -10_000))
    desk.hold(4, dict.fromkeys((first, *others[POSITIONS - 1 :]), 10_000))
    maintenance, mark, _ = standing(desk.state, 2)
    commit(desk.state)
    set_cash(desk, 2, (desk.row("accounts", 2).cash_e8 - mark - E8) / E8)
    desk.edit("accounts", 4, paid_in_e8=0)
    desk.edit("instruments", first, open_interest_e6=10_000)
    assert (maintenance < mark, desk.status(start(desk))) == (True, Status.OK)
    receipt, counts = step(desk, deleverage(desk, other=4, instrument=first, quantity=10_000))
    assert (receipt.status, desk.row("accounts", 2).positions, desk.row("accounts", 4).positions) == (
        Status.OK,
        POSITIONS - 1,
        POSITIONS - 1,
    )
    check_counts("deleverage", counts)
    assert counts["holdings"] == (2 * PAGES, 2 * PAGES)


def test_transfer_of_the_first_position_between_accounts_with_all_they_may_have():
    desk = Desk(cash_e8=1 << 50)
    target = second_account(desk, 1_000_000)
    ids = list_more(desk, 2 * POSITIONS - 1)
    first = min(ids, key=lambda i: order_key(desk.state, i))
    others = [i for i in ids if i != first]
    desk.hold(2, dict.fromkeys((first, *others[: POSITIONS - 1]), -10_000))
    desk.hold(target, dict.fromkeys(others[POSITIONS - 1 :], 10_000))
    receipt, counts = step(desk, shift(desk, target, instrument=first, quantity=10_000))
    assert receipt.status == Status.OK
    assert (desk.row("accounts", 2).positions, desk.row("accounts", target).positions) == (POSITIONS - 1, POSITIONS)
    check_counts("transfer_position", counts)
    assert counts["holdings"] == (2 * PAGES, 2 * PAGES)


def test_model_of_an_account_with_all_positions():
    desk = Desk(cash_e8=1 << 50)
    short_everything(desk, range(1, 2), POSITIONS)
    receipt, counts = step(desk, desk.signed(Kind.SET_MARGIN_MODEL, 1, number=Model.PORTFOLIO))
    assert receipt.status == Status.OK
    check_counts("set_margin_model", counts)
    assert counts["instruments"][0] == POSITIONS


def test_listing_of_the_last_strike_of_the_last_expiry():
    desk = Desk()
    last = desk.run(listing()).opened
    forward = desk.row("instruments", last).forward_feed
    for strike in range(1, STRIKES - 1):
        desk.edit("system", 0, instruments=last + 2 * strike + 1)
        desk.row("instruments", last + 2 * strike).set_words(desk.row("instruments", last).words())
        desk.edit("instruments", last + 2 * strike, strike_e8=strike, listed_before=last + 2 * strike - 2)
    desk.edit("feeds", forward, strikes=STRIKES - 1, last_listed=last + 2 * STRIKES - 4)
    feeds = desk.row("system", 0).feeds
    for number in range(EXPIRIES - 3):
        desk.edit("feeds", feeds + 1 + number, expiry_s=1 + number, later=feeds + 2 + number)
    desk.edit("feeds", feeds + EXPIRIES - 3, later=forward)
    desk.edit("markets", 1, expiring=feeds + 1, expiries=EXPIRIES)
    receipt, counts = step(desk, listing(61_000))
    assert receipt.status == Status.OK
    check_counts("list_instrument", counts)
    assert counts["instruments"][0] == STRIKES + 1


def test_delisting_with_the_deepest_books():
    desk = Desk(accounts=26, cash_e8=1 << 50)
    option = 2 * len(MONEYNESS) - 1
    for market in (1, 2):
        desk.edit("feeds", spot_feed(market), number=60_000 * E8)
    desk.edit("feeds", forward_feed(1, 0), last_listed=option, strikes=len(MONEYNESS))
    desk.edit("parameters", 0, price_band_e9=10**9, quantity_min_e6=1, fee_cap_e9=0)
    for side in (SELL, BUY):
        desk.edit("instruments", option + side, tick_e8=E8 // 1000)
        for bit in range(LEVEL_BITS):
            key = (1 << bit) if side == SELL else (1 << LEVEL_BITS) - 1 - (1 << bit)
            terms = {"instrument": option + side, "price_e8": key * (E8 // 1000), "quantity_e6": 10_000}
            assert desk.status(desk.order(2 + bit, side, 0, 1, **terms)) == Status.OK
    expire(desk)
    receipt, counts = step(desk, delisting())
    assert (receipt.status, receipt.cancelled) == (Status.OK, SWEPT)
    check_counts("delist", counts)
    receipt, counts = step(desk, delisting())
    assert (receipt.status, receipt.cancelled) == (Status.OK, 2 * LEVEL_BITS - SWEPT)
    check_counts("delist", counts)
    assert desk.row("feeds", forward_feed(1, 0)).strikes == len(MONEYNESS) - 1


def test_step_without_its_rows_is_a_fault_and_changes_nothing():
    desk = Desk()
    whole = desk.state.accounts
    desk.state = desk.state._replace(accounts=plain_table(Rows(ACCOUNTS, 1), keys=(2,)))
    receipt = desk.run(bid(desk))
    assert receipt.status == Status.FAULT
    assert not any(word for name in ("account", "nonce", "order") for word in [getattr(receipt, name)])
    desk.state = desk.state._replace(accounts=whole)
    assert desk.status(bid(desk)) == Status.OK
    assert desk.row("orders", 1).quantity_e6 == E6
