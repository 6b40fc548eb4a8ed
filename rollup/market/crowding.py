"""Crowding: the nearer an instrument's open interest is to its cap, the more initial margin its positions ask for (MARKET).

    asked = Σ over shorts and outrights of answer(open interest)·spot·|quantity|
    answer(x) = most·(x − start·cap) / (cap − start·cap), nothing up to start·cap, and `most` from the cap on

Theory: a position as large as a market cannot be closed in it, and profit on it that is not yet taken must not buy ever more of it (dYdX,
YFI, November 2023; its v4 lets initial margin rise with open interest, as here). A long option was paid for in full and asks for nothing.
A purchase counts with the open interest that it would make; what reduces a position makes none.

Why initial health alone: nobody's margin call may hang on what others open.

Widths: what one position asks for counts as at most 2^60, all together as at most 2^61; initial health is at least −2^61, and stays there.
"""

from rollup.core.fixed import mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.market.amounts import cost_up
from rollup.market.feeds import has_expired
from rollup.market.marks import is_outright
from rollup.market.positions import count_of, leg, plan_purchase, position_of
from rollup.market.strain import answer
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8, POSITIONS, RATIO_ONE
from rollup.state.table import read

ASKED_MAX = 1 << 60
"""Most that one position asks for, 1e-8 USD."""


@kernel
def crowded(state: State, account_id: int, instrument_id: int, bought_e6: int, initial_e8: int) -> int:
    """Initial health less what crowded positions ask for, as if `bought_e6` of the instrument had been bought too; rounded down."""
    parameters = read(state.parameters, 0)
    most, cap = parameters.crowding_most_e9, parameters.open_interest_max_e6
    if most == 0:
        return initial_e8
    start = mul_div_down(cap, parameters.crowding_start_e9, RATIO_ONE)
    plan = plan_purchase(state, account_id, instrument_id, bought_e6)
    added = 0
    if bought_e6 != 0:
        held = position_of(state, account_id, instrument_id)
        added = max(abs(held + bought_e6) - abs(held), 0)
    asked = 0
    for place in range(min(count_of(state, account_id) + plan[2], POSITIONS + 1)):
        position_id, quantity = leg(state, plan, place)
        open_interest = read(state.instruments, position_id).open_interest_e6
        if position_id == instrument_id:
            open_interest += added
        if open_interest > start:
            asked = min(asked + asked_of(state, position_id, quantity, answer(open_interest, start, cap, most)), 2 * ASKED_MAX)
    return max(initial_e8 - asked, HOPELESS_E8)


@kernel
def asked_of(state: State, instrument_id: int, quantity_e6: int, share_e9: int) -> int:
    """A share of what a short or an outright is worth at spot, 1e-8 USD, rounded up; nothing for long options and what has expired."""
    instrument = read(state.instruments, instrument_id)
    if (quantity_e6 >= 0 and not is_outright(instrument)) or has_expired(state, instrument):
        return 0
    spot = max(read(state.feeds, read(state.markets, instrument.market).spot_feed).number, 0)
    return min(mul_div_up(min(cost_up(abs(quantity_e6), spot), ASKED_MAX), share_e9, RATIO_ONE), ASKED_MAX)
