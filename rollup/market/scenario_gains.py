"""What one market gains or loses in each scenario, and which of them is the worst (MARKET, portfolio margin).

    gain(scenario) = dampener·(Σ over expiries of discounted(value shocked) − value + linear·(spot − 1))     linear: futures, perpetual, …
    basis          = Σ over expiries of min(0, up − mark, down − mark)·(basis_add + basis_scale·T)
    worst          = min(basis, all gains)

One rule: a number that leaves its bounds sets `overflow`, and then none of the others counts: the account is hopeless.

Widths: an expiry's discounted value is under 2^62·2^-1.9 < 2^60.1, its futures under 2^56 (`LINEAR_MAX`), what is summed is kept under 2^60
(`GAIN_MAX`): so a step of a sum is under 2^60 + 2·2^60.1 < 2^62. What moves with spot counts as at most 2^62, and 2^60 + 2^62 < 2^63.
"""

from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.core.margin_parameters import VolShock
from rollup.core.mathematics.wide import multiply_q62
from rollup.market.scenario_prices import gather_values
from rollup.state.derived import BASIS_DOWN, BASIS_UP, COLUMNS, FIRST_SCENARIO, MARK
from rollup.state.layout import Record
from rollup.state.limits import RATIO_MAX, RATIO_ONE

LINEAR_MAX = 1 << 56
"""Exclusive bound of what an expiry's futures are worth, 1e-8 USD: 720 million USD."""

GAIN_MAX = 1 << 60
"""Exclusive bound of a market's gain or loss in a scenario, 1e-8 USD: 11.5 billion USD."""


@kernel
def clear_gains(gains: Record, columns: int) -> None:
    """Begin a market."""
    gains.mark_e8, gains.linear_e8, gains.basis_e8, gains.worst_e8, gains.worst_column = 0, 0, 0, 0, 0
    gains.naked_e6, gains.outright_e6, gains.maintenance_e8, gains.initial_e8, gains.overflow = 0, 0, 0, 0, 0
    gains.confidence_e9 = RATIO_MAX
    for column in range(min(columns, COLUMNS)):
        gains.gain_e8[column] = 0


@kernel
def add_expiry(gains: Record, sums: Record, terms: Record, grid: Record, futures_e8: int) -> None:
    """Add an expiry: its options' sums, and the worth of its futures at the part of the forward that still moves."""
    gains.overflow |= gather_values(sums, grid.columns)
    mark = multiply_q62(sums.value[MARK], terms.discount_q62)
    gains.mark_e8 = bounded(gains, gains.mark_e8 + mark)
    add_basis(gains, sums, terms, grid, mark, futures_e8)
    largest = 0
    for column in range(FIRST_SCENARIO, min(grid.columns, COLUMNS)):
        value = sums.value[column]
        gain = multiply_q62(value, terms.long_q62 if value >= 0 else terms.short_q62) - mark
        if grid.vol[column] == VolShock.LINEAR or grid.vol[column] == VolShock.ABSOLUTE:
            gain = -abs(gain)
        total = gains.gain_e8[column] + gain
        largest = max(largest, abs(total))
        gains.gain_e8[column] = total
    if largest >= GAIN_MAX:
        gains.overflow = 1
        for column in range(FIRST_SCENARIO, min(grid.columns, COLUMNS)):
            gains.gain_e8[column] = 0


@kernel
def add_basis(gains: Record, sums: Record, terms: Record, grid: Record, mark_e8: int, futures_e8: int) -> None:
    """Add what an expiry loses by the basis, and its futures to what moves with spot.

    The futures gain under 31·2^56, so the lowest is above −2^62.
    """
    futures = futures_e8
    if not -LINEAR_MAX < futures < LINEAR_MAX:
        gains.overflow, futures = 1, 0
    lowest = 0
    for column in range(BASIS_UP, BASIS_DOWN + 1):
        moved = multiply_q62(sums.value[column], terms.discount_q62) - mark_e8
        lowest = min(lowest, moved + shifted(futures, grid.spot_e9[column]) if futures != 0 else moved)
    if lowest != 0:
        gains.basis_e8 = bounded(gains, gains.basis_e8 + mul_div_down(lowest, terms.basis_q50, 1 << 50))
    gains.linear_e8 = bounded(gains, gains.linear_e8 + futures)


@kernel
def shifted(value_e8: int, spot_e9: int) -> int:
    """What a value gains that moves with spot, rounded down, ±2^62 at most; for a value under 2^62. The factor counts as at most 32."""
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
    gains.worst_e8, gains.worst_column = gains.basis_e8, MARK
    for column in range(FIRST_SCENARIO, min(grid.columns, COLUMNS)):
        gain = gains.gain_e8[column]
        if gains.linear_e8 != 0:
            gain = bounded(gains, gain + shifted(gains.linear_e8, grid.spot_e9[column]))
        if gain != 0 and grid.dampener_e9[column] != RATIO_ONE:
            gain = mul_div_down(gain, max(0, min(grid.dampener_e9[column], 32 * RATIO_ONE)), RATIO_ONE)
        gains.gain_e8[column] = gain
        if gain < gains.worst_e8:
            gains.worst_e8, gains.worst_column = gain, column
