"""What an account's portfolio is worth at its marks, whatever margin it needs: what a liquidation sells."""

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down, gross, gross_of_cash
from rollup.market.feeds import NEVER_S, observe
from rollup.market.marks import mark_price, payoff
from rollup.market.positions import count_of, funding_due, page_of
from rollup.market.settlement_window import settlement_of
from rollup.state.layout import Record, State
from rollup.state.limits import ACCOUNT_GROSS_MAX, HOPELESS_E8, PAGE_POSITIONS
from rollup.state.table import read


@kernel
def marked_value(state: State, account_id: int) -> tuple[int, int]:
    """Cash and all positions at their marks, 1e-8 USD, each rounded down, and the time of the oldest observation used.

    Hopeless where the positions are too large to be valued. All positions together are under 2^59.1 (`ACCOUNT_GROSS_MAX`), cash is under
    2^60.
    """
    worth, weight, oldest = read(state.accounts, account_id).cash_e8, 0, NEVER_S
    for place in range(count_of(state, account_id)):
        page = page_of(state, account_id, place)
        quantity = page.quantity_e6[place % PAGE_POSITIONS]
        price, seen = worth_each(state, read(state.instruments, page.instrument[place % PAGE_POSITIONS]))
        due = funding_due(state, account_id, page.instrument[place % PAGE_POSITIONS])
        weight += gross(quantity, price) + gross_of_cash(due)
        oldest = min(oldest, seen)
        if weight >= ACCOUNT_GROSS_MAX:
            return HOPELESS_E8, oldest
        worth += cost_down(quantity, price) + due
    return int(worth), oldest


@kernel
def worth_each(state: State, instrument: Record) -> tuple[int, int]:
    """Mark of one contract, 1e-8 USD, or what it pays once that is fixed, and the time of the oldest observation used."""
    settlement = settlement_of(state, instrument)
    if settlement != 0:
        return payoff(instrument, settlement), NEVER_S
    _, forward, vol, _, oldest = observe(state, instrument)
    return mark_price(state, instrument, forward, vol), oldest


@kernel
def marked_part(state: State, instrument_id: int, quantity_e6: int) -> int:
    """What some contracts of an instrument are worth at its mark, 1e-8 USD, rounded down."""
    price, _ = worth_each(state, read(state.instruments, instrument_id))
    return cost_down(quantity_e6, price)
