"""SETTLE: pay out one holder of an expired option, by anybody's order. The first one fixes the price."""

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down, gross
from rollup.market.feeds import has_expired, settlement_price
from rollup.market.insurance import insure
from rollup.market.marks import payoff
from rollup.market.positions import close_place, find_position, page_of
from rollup.market.terms import LIVE, SETTLED
from rollup.state.layout import Record, State
from rollup.state.limits import ACCOUNT_GROSS_MAX, CASH_MAX, PAGE_POSITIONS
from rollup.state.table import read, write
from rollup.transition.status import Status


@kernel
def apply_settle(state: State, tx: Record, receipt: Record) -> int:
    """Settle the position of `counterparty` in `instrument`: cash changes by pay-off times quantity, rounded against the holder.

    Money passes through the instrument's pool, which is negative while longs are ahead of shorts; what rounding leaves in it when the
    last holder is settled goes to the insurance fund.
    """
    system = read(state.system, 0)
    if not 0 < tx.instrument <= system.instruments:
        return Status.UNKNOWN_INSTRUMENT
    instrument = read(state.instruments, tx.instrument)
    if instrument.status not in (LIVE, SETTLED):
        return Status.UNKNOWN_INSTRUMENT
    if not has_expired(state, instrument):
        return Status.INSTRUMENT_LIVE
    if not 0 < tx.counterparty <= system.accounts:
        return Status.UNKNOWN_COUNTERPARTY
    place = find_position(state, tx.counterparty, tx.instrument)
    if place < 0:
        return Status.NO_POSITION
    if instrument.settlement_e8 == 0 and not fix_price(state, tx.instrument):
        return Status.STALE_ORACLE
    return pay_holder(state, tx, place, receipt)


@kernel
def fix_price(state: State, instrument_id: int) -> bool:
    """Fix the settlement price, once; false while it cannot be known."""
    instrument = write(state.instruments, instrument_id)
    instrument.settlement_e8 = settlement_price(state, instrument)
    instrument.shorts_e6 = instrument.open_interest_e6
    return bool(instrument.settlement_e8 > 0)


@kernel
def pay_holder(state: State, tx: Record, place: int, receipt: Record) -> int:
    """Close the position against the pool. |quantity · pay-off| is under 2^60 after `gross`; OVERFLOW where a sum would leave its bound."""
    instrument = write(state.instruments, tx.instrument)
    account = write(state.accounts, tx.counterparty)
    value = payoff(instrument, instrument.settlement_e8)
    quantity = page_of(state, tx.counterparty, place).quantity_e6[place % PAGE_POSITIONS]
    if gross(quantity, value) >= ACCOUNT_GROSS_MAX:
        return Status.OVERFLOW
    cash = cost_down(quantity, value)
    if abs(account.cash_e8 + cash) >= CASH_MAX or abs(instrument.pool_e8 - cash) >= CASH_MAX:
        return Status.OVERFLOW
    account.cash_e8 += cash
    instrument.pool_e8 -= cash
    close_place(state, tx.counterparty, place)
    instrument.open_interest_e6 -= max(quantity, 0)
    instrument.shorts_e6 -= max(-quantity, 0)
    if instrument.open_interest_e6 == 0 and instrument.shorts_e6 == 0:
        insure(state, instrument.pool_e8)
        instrument.pool_e8 = 0
        instrument.status = SETTLED
    receipt.filled_e6 = abs(quantity)
    receipt.cost_e8 = -cash
    return Status.OK
