"""Records that are no part of the state: what a host keeps beside it because computing it again would be slow, and where sums are formed.

One rule: everything here follows from the state, so no root, journal or witness knows of it, and losing it costs time alone.
"""

import numpy as np

from rollup.core.margin_parameters import MODEL_WORDS, SCENARIOS_MAX
from rollup.state.layout import record
from rollup.state.limits import MARKET_BITS

MARK = 0
"""Column of prices as they are."""

BASIS_UP = 1
"""Column of prices after the basis's rise of spot."""

BASIS_DOWN = 2
"""Column of prices after its fall."""

FIRST_SCENARIO = 3
"""Column of the first scenario."""

COLUMNS = FIRST_SCENARIO + SCENARIOS_MAX
"""Columns: everything that an option is priced at."""

TERMS_SLOTS = 1 << 10
"""Expiries whose terms are kept."""

PRICES_SLOTS = 1 << 12
"""Options whose prices are kept."""

KEY_WORDS = 12
"""Words of what terms were computed of."""

# fmt: off
GRID = record("version", "made", "columns", ("spot_e9", COLUMNS), ("vol", COLUMNS), ("dampener_e9", COLUMNS), ("portfolio", MODEL_WORDS[0]))
"""What happens in each column, and the numbers of the model. Columns in use come first; the dampeners of the first three are 1.

`version` is raised by any change of it; `made` counts the terms that were computed. Both count within one host, and mean nothing beyond it.
"""

TERMS = record(
    "version", ("key", KEY_WORDS),
    "seconds", "tenor_q56", "root_q56", "up_q44", "down_q44", "floor_q56", "discount_q62", "long_q62", "short_q62", "basis_q50",
    "linear_cap_q56", "absolute_cap_q56", "wing_q50", ("forward", COLUMNS), ("logarithm_q56", COLUMNS),
)
"""What the scenarios do to one expiry: shocks of its volatilities, its discounts (for values in grains, `rollup.market.scenario_prices`),
and its forward and that one's logarithm by column; and what they were computed of."""

PRICES = record("version", "instrument", "strike_e8", "option_type", ("price", COLUMNS))
"""Prices of one option by column, and what they are prices of: terms of a version, and an instrument of a strike and type."""

SUMS = record(
    "narrow_e6", "wide", ("first", COLUMNS), ("second", COLUMNS), ("third", COLUMNS), ("fourth", COLUMNS), ("value", COLUMNS),
)
"""Σ quantity · price by column, exactly, in four sums of products of digits; and the values that they make in the end.

`narrow_e6` is how much was added by the first two sums alone, `wide` 1 where the others are in use."""

GAINS = record(
    "mark_e8", "linear_e8", "confidence_e9", "basis_e8", "worst_e8", "worst_column", "naked_e6", "outright_e6", "maintenance_e8",
    "initial_e8", "overflow", ("gain_e8", COLUMNS),
)
"""One market: mark-to-market of its options; what moves with its spot price; how sure its perpetual is; what basis and worst scenario lose;
naked shorts and outrights, long or short; contingencies; and what is gained by column. `overflow` is 1 where a number has left its bounds.
Row 0 is of the whole account.
"""

DERIVED: tuple[tuple[str, np.dtype[np.void], int], ...] = (
    ("grid", GRID, 1),
    ("terms", TERMS, TERMS_SLOTS),
    ("prices", PRICES, PRICES_SLOTS),
    ("sums", SUMS, 1),
    ("gains", GAINS, 1 << MARKET_BITS),
)
"""Name, record and number of rows of each table."""
# fmt: on
