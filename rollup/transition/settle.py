"""SETTLE: pay out one holder of an instrument whose expiry's price is fixed, by anybody's order."""

from rollup.core.kernel import kernel
from rollup.market.feeds import has_expired
from rollup.market.positions import find_position
from rollup.market.settlement_window import settlement_of
from rollup.market.settling import is_empty, mark_settled, pay_holder
from rollup.market.terms import LIVE, SETTLED
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_settle(state: State, tx: Record, receipt: Record) -> int:
    """Settle the position of `counterparty` in `instrument`; of nobody (0): mark it as settled where nobody holds it.

    Statuses: UNKNOWN_INSTRUMENT, INSTRUMENT_LIVE, NOT_FIXED, UNKNOWN_COUNTERPARTY, NO_POSITION, OVERFLOW.
    """
    system = read(state.system, 0)
    if not 0 < tx.instrument <= system.instruments:
        return Status.UNKNOWN_INSTRUMENT
    instrument = read(state.instruments, tx.instrument)
    if instrument.status not in (LIVE, SETTLED):
        return Status.UNKNOWN_INSTRUMENT
    if not has_expired(state, instrument):
        return Status.INSTRUMENT_LIVE
    if settlement_of(state, instrument) == 0:
        return Status.NOT_FIXED
    if tx.counterparty == 0 and instrument.status == LIVE and is_empty(state, tx.instrument):
        mark_settled(state, tx.instrument)
        return Status.OK
    if not 0 < tx.counterparty <= system.accounts:
        return Status.UNKNOWN_COUNTERPARTY
    place = find_position(state, tx.counterparty, tx.instrument)
    if place < 0:
        return Status.NO_POSITION
    verdict, quantity, cash = pay_holder(state, tx.counterparty, place)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    receipt.filled_e6 = abs(quantity)
    receipt.cost_e8 = -cash
    return Status.OK
