"""Isolated margin: standard margin of each position by itself, so that none's hedge helps another."""

from rollup.core.kernel import kernel
from rollup.market.feeds import NEVER_S
from rollup.market.positions import count_of, plan_purchase
from rollup.market.standard import expiry_health, with_assets
from rollup.state.layout import State
from rollup.state.limits import ACCOUNT_GROSS_MAX, HOPELESS_E8, POSITIONS
from rollup.state.table import read


@kernel
def isolated_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, and the time of the oldest observation used, as if `bought_e6` had been bought for `-cash_e8`.

    Widths are those of `rollup.market.standard`.
    """
    plan = plan_purchase(state, account_id, instrument_id, bought_e6)
    size = count_of(state, account_id) + plan[2]
    initial = maintenance = read(state.accounts, account_id).cash_e8 + cash_e8
    weight, exposed, oldest = 0, 0, NEVER_S
    for place in range(min(size, POSITIONS + 1)):
        one, other, share, at_risk, seen = expiry_health(state, plan, place, place + 1)
        initial += one
        maintenance += other
        weight += min(share, ACCOUNT_GROSS_MAX)
        exposed += at_risk
        oldest = min(oldest, seen)
    if weight >= ACCOUNT_GROSS_MAX:
        return HOPELESS_E8, HOPELESS_E8, oldest
    return with_assets(state, account_id, max(initial, HOPELESS_E8), max(maintenance, HOPELESS_E8), exposed, oldest)
