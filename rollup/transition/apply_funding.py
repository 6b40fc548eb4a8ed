"""APPLY_FUNDING: let one holder of a perpetual pay or get the funding that is due, by anybody's order."""

from rollup.core.instrument_names import PERPETUAL
from rollup.core.kernel import kernel
from rollup.market.positions import find_position, fits, funding_due, pay_funding
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_funding(state: State, tx: Record, receipt: Record) -> int:
    """Settle the funding of `counterparty`'s position in the perpetual `instrument`; `cost_e8` of the receipt is what it paid.

    Never paused. Statuses: UNKNOWN_INSTRUMENT, UNKNOWN_COUNTERPARTY, NO_POSITION, OVERFLOW.
    """
    system = read(state.system, 0)
    if not 0 < tx.instrument <= system.instruments or read(state.instruments, tx.instrument).option_type != PERPETUAL:
        return Status.UNKNOWN_INSTRUMENT
    if not 0 < tx.counterparty <= system.accounts:
        return Status.UNKNOWN_COUNTERPARTY
    place = find_position(state, tx.counterparty, tx.instrument)
    if place < 0:
        return Status.NO_POSITION
    verdict = fits(state, tx.counterparty, tx.instrument, 0, 0)
    if verdict != Verdict.PASS:
        return BY_VERDICT[verdict]
    receipt.cost_e8 = -funding_due(state, tx.counterparty, tx.instrument)
    pay_funding(state, tx.counterparty, place)
    return Status.OK
