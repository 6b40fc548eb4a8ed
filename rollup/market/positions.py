"""Positions: what an account holds, and what buying and selling does to it."""

from rollup.core.kernel import kernel
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import CASH_MAX, POSITIONS, QUANTITY_MAX
from rollup.state.table import read, write


@kernel
def find_position(holdings: Record, count: int, instrument_id: int) -> int:
    """Slot of an instrument among the first `count` of an account's holdings, or -1."""
    for slot in range(min(count, POSITIONS)):
        if holdings.instrument[slot] == instrument_id:
            return slot
    return -1


@kernel
def position_of(state: State, account_id: int, instrument_id: int) -> int:
    """Quantity held, 1e-6 contracts, negative if short; 0 if none."""
    holdings = read(state.holdings, account_id)
    slot = find_position(holdings, read(state.accounts, account_id).positions, instrument_id)
    if slot < 0:
        return 0
    return int(holdings.quantity_e6[slot])


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
def fits(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> int:
    """Is there a slot, and room under the caps, for a purchase that changes cash by `cash_e8`: a verdict. Reductions fit under any cap."""
    held = position_of(state, account_id, instrument_id)
    account = read(state.accounts, account_id)
    wanted = held + bought_e6
    if abs(wanted) >= QUANTITY_MAX or abs(account.cash_e8 + cash_e8) >= CASH_MAX:
        return Verdict.OVERFLOW
    if held == 0 and account.positions >= POSITIONS:
        return Verdict.SLOTS
    if abs(wanted) > abs(held) and abs(wanted) > read(state.parameters, 0).position_max_e6:
        return Verdict.POSITION
    return Verdict.PASS


@kernel
def buy(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> None:
    """Add to a position (take from it, if negative) and to cash, after `fits`; open interest follows.

    Open interest is under 2^60: there are at most 2^20 accounts of less than 2^40 each.
    """
    account = write(state.accounts, account_id)
    holdings = write(state.holdings, account_id)
    account.cash_e8 += cash_e8
    slot = find_position(holdings, account.positions, instrument_id)
    if slot < 0:
        slot = account.positions
        account.positions += 1
        holdings.instrument[slot] = instrument_id
    held = holdings.quantity_e6[slot]
    wanted = held + bought_e6
    holdings.quantity_e6[slot] = wanted
    if wanted == 0:
        close_slot(account, holdings, slot)
    longer = max(wanted, 0) - max(held, 0)
    if longer != 0:
        write(state.instruments, instrument_id).open_interest_e6 += longer


@kernel
def close_slot(account: Record, holdings: Record, slot: int) -> None:
    """Free a slot by moving the last position into it."""
    last = account.positions - 1
    holdings.instrument[slot] = holdings.instrument[last]
    holdings.quantity_e6[slot] = holdings.quantity_e6[last]
    holdings.instrument[last] = 0
    holdings.quantity_e6[last] = 0
    account.positions = last
