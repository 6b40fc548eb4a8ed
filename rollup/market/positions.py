"""Positions: what an account holds, in which order, and what buying and selling does to it.

One rule: positions are sorted by market, expiry, strike, type and id (a perpetual expires at 0, so it leads its market). So what
belongs together in a margin lies together, its strikes ascend, and a portfolio has one spelling however it came about.
"""

from typing import TypeAlias

from rollup.core.instrument_names import PERPETUAL
from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down
from rollup.market.funding import accrued_index, owed_each
from rollup.market.insurance import insure
from rollup.market.terms import BUY
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import CASH_MAX, PAGE_POSITIONS, PAGES, POSITIONS, QUANTITY_MAX
from rollup.state.table import read, write

Plan: TypeAlias = tuple[int, int, int, int, int]
"""A portfolio as it would be after one purchase: account, place, 1 if the purchase opens that place, instrument, what is bought."""


@kernel
def count_of(state: State, account_id: int) -> int:
    """How many positions an account holds."""
    return int(min(read(state.accounts, account_id).positions, POSITIONS))


@kernel
def find_position(state: State, account_id: int, instrument_id: int) -> int:
    """Place of an instrument among an account's positions, or -1."""
    count = count_of(state, account_id)
    for page in range((count + PAGE_POSITIONS - 1) // PAGE_POSITIONS):
        row = read(state.holdings, account_id * PAGES + page)
        for slot in range(min(PAGE_POSITIONS, count - page * PAGE_POSITIONS)):
            if row.instrument[slot] == instrument_id:
                return page * PAGE_POSITIONS + slot
    return -1


@kernel
def position_of(state: State, account_id: int, instrument_id: int) -> int:
    """Quantity held, 1e-6 contracts, negative if short; 0 if none."""
    place = find_position(state, account_id, instrument_id)
    if place < 0:
        return 0
    return int(page_of(state, account_id, place).quantity_e6[place % PAGE_POSITIONS])


@kernel
def page_of(state: State, account_id: int, place: int) -> Record:
    """The page on which a position is, to be looked at only; its slot there is `place % PAGE_POSITIONS`."""
    return read(state.holdings, account_id * PAGES + place // PAGE_POSITIONS)


@kernel
def precedes(state: State, one_id: int, other_id: int) -> bool:
    """Does an instrument come before another among positions?"""
    one, other = read(state.instruments, one_id), read(state.instruments, other_id)
    if one.market != other.market:
        return bool(one.market < other.market)
    if one.expiry_s != other.expiry_s:
        return bool(one.expiry_s < other.expiry_s)
    if one.strike_e8 != other.strike_e8:
        return bool(one.strike_e8 < other.strike_e8)
    if one.option_type != other.option_type:
        return bool(one.option_type < other.option_type)
    return one_id < other_id


@kernel
def place_for(state: State, account_id: int, instrument_id: int) -> int:
    """The place that a new position takes among an account's, by halving."""
    low, high = 0, count_of(state, account_id)
    while low < high:
        middle = (low + high) // 2
        if precedes(state, page_of(state, account_id, middle).instrument[middle % PAGE_POSITIONS], instrument_id):
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def plan_purchase(state: State, account_id: int, instrument_id: int, bought_e6: int) -> Plan:
    """The portfolio after a purchase; as it is where nothing is bought."""
    if bought_e6 == 0:
        return account_id, -1, 0, instrument_id, 0
    place = find_position(state, account_id, instrument_id)
    if place < 0:
        return account_id, place_for(state, account_id, instrument_id), 1, instrument_id, bought_e6
    return account_id, place, 0, instrument_id, bought_e6


@kernel
def leg(state: State, plan: Plan, place: int) -> tuple[int, int]:
    """Instrument and quantity in a place of a planned portfolio."""
    account_id, planned, opens, instrument_id, bought = plan
    if opens == 1:
        if place == planned:
            return instrument_id, bought
        if place > planned:
            place -= 1
    page = page_of(state, account_id, place)
    quantity = page.quantity_e6[place % PAGE_POSITIONS]
    if opens == 0 and place == planned:
        quantity += bought
    return page.instrument[place % PAGE_POSITIONS], quantity


@kernel
def is_reduction(held_e6: int, bought_e6: int) -> bool:
    """Does buying (selling, if negative) only take from what is held?"""
    return held_e6 * sign(bought_e6) < 0 and abs(bought_e6) <= abs(held_e6)


@kernel
def sign(x: int) -> int:
    """-1, 0 or 1."""
    if x < 0:
        return -1
    return 1 if x > 0 else 0


@kernel
def signed_quantity(side: int, quantity_e6: int) -> int:
    """A quantity as what is bought: negative if sold."""
    if side == BUY:
        return quantity_e6
    return -quantity_e6


@kernel
def fits(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> int:
    """Is there a place, and room under the caps, for a purchase that changes cash by `cash_e8`: a verdict. Reductions fit under any cap."""
    held = position_of(state, account_id, instrument_id)
    account = read(state.accounts, account_id)
    wanted, due = held + bought_e6, funding_due(state, account_id, instrument_id)
    if abs(wanted) >= QUANTITY_MAX or abs(account.cash_e8 + cash_e8 + due) >= CASH_MAX:
        return Verdict.OVERFLOW
    if abs(read(state.instruments, instrument_id).pool_e8 - due) >= CASH_MAX:
        return Verdict.OVERFLOW
    if held == 0 and account.positions >= POSITIONS:
        return Verdict.SLOTS
    if abs(wanted) > abs(held) and abs(wanted) > read(state.parameters, 0).position_max_e6:
        return Verdict.POSITION
    return Verdict.PASS


@kernel
def buy(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> None:
    """Add to a position (take from it, if negative) and to cash, after `fits`; the instrument's longs and shorts follow.

    The position pays its funding first.

    Open interest is under 2^60: there are at most 2^20 accounts of less than 2^40 each.
    """
    write(state.accounts, account_id).cash_e8 += cash_e8
    place = find_position(state, account_id, instrument_id)
    if place < 0:
        place = open_place(state, account_id, instrument_id)
    pay_funding(state, account_id, place)
    page = write(state.holdings, account_id * PAGES + place // PAGE_POSITIONS)
    held = page.quantity_e6[place % PAGE_POSITIONS]
    wanted = held + bought_e6
    page.quantity_e6[place % PAGE_POSITIONS] = wanted
    if wanted == 0:
        close_place(state, account_id, place)
    if bought_e6 != 0:
        instrument = write(state.instruments, instrument_id)
        instrument.open_interest_e6 += max(wanted, 0) - max(held, 0)
        instrument.shorts_e6 += max(-wanted, 0) - max(-held, 0)
        if instrument.option_type == PERPETUAL and instrument.open_interest_e6 == 0 and instrument.shorts_e6 == 0:
            insure(state, instrument.pool_e8)
            instrument.pool_e8 = 0


@kernel
def funding_due(state: State, account_id: int, instrument_id: int) -> int:
    """What funding adds to the cash of a position's holder now, 1e-8 USD, rounded down; 0 where nothing is held or owed."""
    perpetual = read(state.instruments, instrument_id)
    if perpetual.option_type != PERPETUAL:
        return 0
    place = find_position(state, account_id, instrument_id)
    if place < 0:
        return 0
    page = page_of(state, account_id, place)
    each = owed_each(state, perpetual, page.funding_e8[place % PAGE_POSITIONS])
    return cost_down(-page.quantity_e6[place % PAGE_POSITIONS], each)


@kernel
def pay_funding(state: State, account_id: int, place: int) -> None:
    """Let a position pay its funding, or get it, after `fits`; money goes through the instrument's pool."""
    page = page_of(state, account_id, place)
    instrument_id = page.instrument[place % PAGE_POSITIONS]
    perpetual = read(state.instruments, instrument_id)
    if perpetual.option_type != PERPETUAL:
        return
    paid = page.funding_e8[place % PAGE_POSITIONS]
    due, each = funding_due(state, account_id, instrument_id), owed_each(state, perpetual, paid)
    write(state.accounts, account_id).cash_e8 += due
    write(state.instruments, instrument_id).pool_e8 -= due
    write(state.holdings, account_id * PAGES + place // PAGE_POSITIONS).funding_e8[place % PAGE_POSITIONS] = paid + each


@kernel
def open_place(state: State, account_id: int, instrument_id: int) -> int:
    """Make a place for a new position, of no quantity yet, by moving those behind it: the place."""
    place = place_for(state, account_id, instrument_id)
    account = write(state.accounts, account_id)
    count = account.positions
    account.positions = count + 1
    expiry_s = read(state.instruments, instrument_id).expiry_s
    if expiry_s != 0 and (account.expiry_s == 0 or expiry_s < account.expiry_s):
        account.expiry_s = expiry_s
    for steps in range(min(count, POSITIONS - 1) - place):
        move_position(state, account_id, count - steps - 1, count - steps)
    page = write(state.holdings, account_id * PAGES + place // PAGE_POSITIONS)
    slot = place % PAGE_POSITIONS
    page.instrument[slot], page.quantity_e6[slot], page.funding_e8[slot] = instrument_id, 0, 0
    instrument = read(state.instruments, instrument_id)
    if instrument.option_type == PERPETUAL:
        page.funding_e8[slot], _ = accrued_index(state, instrument)
    return place


@kernel
def close_place(state: State, account_id: int, place: int) -> None:
    """Give up a place by moving those behind it."""
    account = write(state.accounts, account_id)
    last = account.positions - 1
    for steps in range(last - place):
        move_position(state, account_id, place + steps + 1, place + steps)
    page = write(state.holdings, account_id * PAGES + last // PAGE_POSITIONS)
    slot = last % PAGE_POSITIONS
    page.instrument[slot], page.quantity_e6[slot], page.funding_e8[slot] = 0, 0, 0
    account.positions = last


@kernel
def move_position(state: State, account_id: int, source: int, target: int) -> None:
    """Copy a position from one place to another."""
    old = read(state.holdings, account_id * PAGES + source // PAGE_POSITIONS)
    new = write(state.holdings, account_id * PAGES + target // PAGE_POSITIONS)
    here, there = source % PAGE_POSITIONS, target % PAGE_POSITIONS
    new.instrument[there], new.quantity_e6[there] = old.instrument[here], old.quantity_e6[here]
    new.funding_e8[there] = old.funding_e8[here]
