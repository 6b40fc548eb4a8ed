"""What one market gains or loses in each scenario, and which of them is the worst (MARKET, portfolio margin).

    gain(scenario) = dampener·(Σ over expiries of discounted(value shocked) − value + futures + linear·(spot − 1))
    basis          = Σ over expiries of min(0, up − mark, down − mark)·(basis_add + basis_scale·T)
    worst          = min(basis, all gains)

One rule: a number that leaves its bounds sets `overflow`, and then none of the others counts: the account is hopeless.

Widths: an expiry's value is under 2^58 (`VALUE_MAX`), its futures and a market's linear part under 2^56 (`LINEAR_MAX`), the sums that are
kept under 2^60 (`GAIN_MAX`): so one step of a sum is under 2^60 + 4·2^58 + 2^58 + 31·2^56 < 2^62.2, and a market's gain with its
linear part under 2^60 + 31·2^56 < 2^62.
"""

from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.core.margin_parameters import VolShock
from rollup.core.mathematics.wide import multiply_q62
from rollup.market.scenario_prices import OVERFLOW, value_of
from rollup.state.derived import BASIS_DOWN, BASIS_UP, COLUMNS, FIRST_SCENARIO, MARK
from rollup.state.layout import Record
from rollup.state.limits import RATIO_MAX, RATIO_ONE

LINEAR_MAX = 1 << 56
"""Exclusive bound of what moves in proportion to a spot price, 1e-8 USD: 720 million USD."""

GAIN_MAX = 1 << 60
"""Exclusive bound of a market's gain or loss in a scenario, 1e-8 USD: 11.5 billion USD."""


@kernel
def clear_gains(gains: Record, columns: int) -> None:
    """Begin a market."""
    gains.mark_e8, gains.linear_e8, gains.basis_e8, gains.worst_e8, gains.worst_column = 0, 0, 0, 0, 0
    gains.maintenance_e8, gains.initial_e8, gains.overflow = 0, 0, 0
    gains.confidence_e9 = RATIO_MAX
    for column in range(min(columns, COLUMNS)):
        gains.gain_e8[column] = 0


@kernel
def add_expiry(gains: Record, sums: Record, terms: Record, grid: Record, futures_e8: int) -> None:
    """Add an expiry: its options' sums, and the worth of its futures at the part of the forward that still moves."""
    value = checked_value(gains, sums, MARK)
    mark = discounted(value, terms.discount_q60)
    gains.mark_e8 += mark
    futures = futures_e8
    if not -LINEAR_MAX < futures < LINEAR_MAX:
        gains.overflow, futures = 1, 0
    lowest = 0
    for column in range(BASIS_UP, BASIS_DOWN + 1):
        moved = discounted(checked_value(gains, sums, column), terms.discount_q60) - mark
        lowest = min(lowest, moved + shifted(futures, grid.spot_e9[column]))
    gains.basis_e8 = bounded(gains, gains.basis_e8 + mul_div_down(lowest, terms.basis_q50, 1 << 50))
    for column in range(FIRST_SCENARIO, min(grid.columns, COLUMNS)):
        value = checked_value(gains, sums, column)
        gain = discounted(value, terms.long_q60 if value >= 0 else terms.short_q60) - mark
        if grid.vol[column] == VolShock.LINEAR or grid.vol[column] == VolShock.ABSOLUTE:
            gain = -abs(gain)
        gains.gain_e8[column] = bounded(gains, gains.gain_e8[column] + gain + shifted(futures, grid.spot_e9[column]))


@kernel
def checked_value(gains: Record, sums: Record, column: int) -> int:
    """What an expiry's options are worth in a column; 0, and the overflow, where that is beyond its bound."""
    value = value_of(sums, column)
    if abs(value) >= OVERFLOW:
        gains.overflow = 1
        return 0
    return value


@kernel
def discounted(value_e8: int, factor_q60: int) -> int:
    """Value times a factor of at most 4, rounded down; for a value under 2^59."""
    return multiply_q62(value_e8 << 2, factor_q60)


@kernel
def shifted(value_e8: int, spot_e9: int) -> int:
    """What a value gains that moves with spot, rounded down; for a value under 2^56 and a factor of at most 32."""
    return mul_div_down(value_e8, max(0, min(spot_e9, 32 * RATIO_ONE)) - RATIO_ONE, RATIO_ONE)


@kernel
def bounded(gains: Record, total_e8: int) -> int:
    """A sum within its bound; 0, and the overflow, where it is not."""
    if -GAIN_MAX < total_e8 < GAIN_MAX:
        return total_e8
    gains.overflow = 1
    return 0


@kernel
def find_worst(gains: Record, grid: Record) -> None:
    """Add what moves with spot, dampen, and find the worst column: MARK stands for the basis."""
    linear = gains.linear_e8
    if not -LINEAR_MAX < linear < LINEAR_MAX:
        gains.overflow, linear = 1, 0
    gains.worst_e8, gains.worst_column = gains.basis_e8, MARK
    for column in range(FIRST_SCENARIO, min(grid.columns, COLUMNS)):
        total = gains.gain_e8[column] + shifted(linear, grid.spot_e9[column])
        gains.gain_e8[column] = mul_div_down(total, max(0, min(grid.dampener_e9[column], 32 * RATIO_ONE)), RATIO_ONE)
        if gains.gain_e8[column] < gains.worst_e8:
            gains.worst_e8, gains.worst_column = gains.gain_e8[column], column
