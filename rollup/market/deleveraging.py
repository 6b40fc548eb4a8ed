"""Closing positions of an insolvent account against those who profit from them, when the insurance fund cannot pay for a sale.

One rule: bounded by the shortfall, and by the profit. What the account lacks beyond the fund is spread over its positions by their value;
who is on the other side of one gives up that part of it, at most his own profit, and of what he holds long no more than it is worth. So
nobody is worse off than before he traded, and all of them together give no more than what is missing (MARKET, liquidation).
"""

from rollup.core.fixed import clamp, mul_div_down
from rollup.core.kernel import kernel
from rollup.market.amounts import cost_up
from rollup.market.auction import Standing, elapsed_s, is_hopeless, payout
from rollup.market.margin import mark_to_market
from rollup.market.positions import count_of, page_of
from rollup.market.valuation import worth_each
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8, PAGE_POSITIONS
from rollup.state.table import read


@kernel
def is_uninsured(state: State, account_id: int, stands: Standing) -> bool:
    """Can the insurance fund not pay for an insolvent account now, or did nobody take it for all that its margin lacks?"""
    late = elapsed_s(state, account_id) >= read(state.parameters, 0).insolvent_auction_s
    return bool(late or payout(state, account_id, stands) > read(state.system, 0).insurance_e8)


@kernel
def profit_of(state: State, account_id: int) -> tuple[int, int]:
    """What an account is worth at its marks above what was paid into it, 1e-8 USD, and the time of the oldest observation used."""
    mark, oldest = mark_to_market(state, account_id)
    if mark <= HOPELESS_E8:
        return 0, oldest
    return mark - read(state.accounts, account_id).paid_in_e8, oldest


@kernel
def concession(state: State, account_id: int, stands: Standing, value_e8: int) -> int:
    """What closing positions worth `value_e8` has to bring an insolvent account beyond that: its part of the shortfall, rounded down."""
    if is_hopeless(stands):
        return 0
    shortfall = -stands[1] - read(state.system, 0).insurance_e8
    whole = marked_gross(state, account_id)
    if shortfall <= 0 or whole <= 0:
        return 0
    return mul_div_down(shortfall, clamp(value_e8, 0, whole), whole)


@kernel
def marked_gross(state: State, account_id: int) -> int:
    """All positions of an account at their marks, long or short, 1e-8 USD, each rounded up; for one that is not hopeless under 2^60."""
    total = 0
    for place in range(count_of(state, account_id)):
        page = page_of(state, account_id, place)
        price, _ = worth_each(state, read(state.instruments, page.instrument[place % PAGE_POSITIONS]))
        total += cost_up(abs(page.quantity_e6[place % PAGE_POSITIONS]), price)
    return total
