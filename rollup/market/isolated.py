"""Isolated margin: standard margin of each position by itself, so that none's hedge helps another."""

from rollup.core.kernel import kernel
from rollup.market.standard import health_of_runs
from rollup.state.layout import State


@kernel
def isolated_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, and the time of the oldest observation used, as if `bought_e6` had been bought for `-cash_e8`."""
    return health_of_runs(state, account_id, instrument_id, bought_e6, cash_e8, 1)
