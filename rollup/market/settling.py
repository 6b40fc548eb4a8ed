"""Settlement of holders: each position of an expiry whose price is fixed is closed against its instrument's pool.

Money passes through the pool, which is negative while longs are ahead of shorts; each holder's cash is rounded against him, and what that
leaves in the pool when the last one is settled goes to the insurance fund.
"""

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down, gross
from rollup.market.insurance import insure
from rollup.market.marks import payoff
from rollup.market.positions import close_place, count_of, page_of
from rollup.market.settlement_window import settlement_of
from rollup.market.terms import LIVE, SETTLED
from rollup.market.verdict import Verdict
from rollup.state.layout import State
from rollup.state.limits import ACCOUNT_GROSS_MAX, CASH_MAX, PAGE_POSITIONS, SETTLED_AT_ONCE
from rollup.state.table import read, write


@kernel
def pay_holder(state: State, account_id: int, place: int) -> tuple[int, int, int]:
    """Close a position whose expiry's price is fixed: a verdict, what was held, and what its holder was paid, 1e-8 USD.

    |quantity · pay-off| is under 2^60 after `gross`; OVERFLOW, and nothing is done, where a sum would leave its bound.
    """
    page = page_of(state, account_id, place)
    instrument_id, quantity = page.instrument[place % PAGE_POSITIONS], page.quantity_e6[place % PAGE_POSITIONS]
    instrument = read(state.instruments, instrument_id)
    value = payoff(instrument, settlement_of(state, instrument))
    if gross(quantity, value) >= ACCOUNT_GROSS_MAX:
        return Verdict.OVERFLOW, 0, 0
    cash = cost_down(quantity, value)
    if abs(read(state.accounts, account_id).cash_e8 + cash) >= CASH_MAX or abs(instrument.pool_e8 - cash) >= CASH_MAX:
        return Verdict.OVERFLOW, 0, 0
    close_place(state, account_id, place)
    write(state.accounts, account_id).cash_e8 += cash
    instrument = write(state.instruments, instrument_id)
    instrument.pool_e8 -= cash
    instrument.open_interest_e6 -= max(quantity, 0)
    instrument.shorts_e6 -= max(-quantity, 0)
    if is_empty(state, instrument_id):
        mark_settled(state, instrument_id)
    return Verdict.PASS, quantity, cash


@kernel
def is_empty(state: State, instrument_id: int) -> bool:
    """Does nobody hold an instrument?"""
    instrument = read(state.instruments, instrument_id)
    return bool(instrument.open_interest_e6 == 0 and instrument.shorts_e6 == 0)


@kernel
def mark_settled(state: State, instrument_id: int) -> None:
    """Say that an instrument that nobody holds any more is settled, and give its pool's dust to the insurance fund."""
    instrument = write(state.instruments, instrument_id)
    insure(state, instrument.pool_e8)
    instrument.pool_e8 = 0
    instrument.status = SETTLED


@kernel
def settle_touched(state: State, account_id: int) -> None:
    """Settle up to SETTLED_AT_ONCE positions of an account that is about to act, from the last place to the first.

    Costs one comparison until something that the account holds has expired. Closing a position moves none that is still to be looked at.
    """
    expiry_s = read(state.accounts, account_id).expiry_s
    if not 0 < expiry_s <= read(state.system, 0).time_s:
        return
    count, settled, first_s = count_of(state, account_id), 0, 0
    for done in range(count):
        place = count - 1 - done
        instrument = read(state.instruments, page_of(state, account_id, place).instrument[place % PAGE_POSITIONS])
        if settled < SETTLED_AT_ONCE and instrument.status == LIVE and settlement_of(state, instrument) != 0:
            verdict, _, _ = pay_holder(state, account_id, place)
            if verdict == Verdict.PASS:
                settled += 1
                continue
        if instrument.expiry_s != 0 and (first_s == 0 or instrument.expiry_s < first_s):
            first_s = instrument.expiry_s
    write(state.accounts, account_id).expiry_s = first_s
