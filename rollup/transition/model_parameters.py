"""The numbers of the margin models that the governor may set: how SET_PARAMETER means one, and its bounds.

One rule: the bounds are Derive's own where Derive has some (PMRM_2), and lie inside of those that `rollup.market.shocks` and
`rollup.market.scenario_gains` count with; so what a governor may set is never clamped. Those of the two shares of a loss meet at one, which
keeps initial health below maintenance health.

A new number is a field of its model's parameters and a place of its row, both in `rollup.core.margin_parameters`, and a line here.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from rollup.core.kernel import kernel
from rollup.core.margin_parameters import MODEL_WORDS, AevoNumber, DeribitNumber, PortfolioNumber, VolShock
from rollup.state.layout import Record
from rollup.state.limits import RATIO_ONE

Bounds = tuple[int, int]
"""Least and greatest value."""

SCENARIO_FACTOR_MAX = 16 * RATIO_ONE
"""Greatest factor of spot, and greatest dampener, of a scenario."""

SKEWS = (VolShock.LINEAR, VolShock.ABSOLUTE)
"""Shocks that look at volatilities alone: their factor of spot is one."""

PORTFOLIO_FIRST = 90
"""What SET_PARAMETER calls the first number of portfolio margin."""

DERIBIT_FIRST = 130
"""What it calls the first number of Deribit's model."""

AEVO_FIRST = 140
"""What it calls the first number of Aevo's model."""

PORTFOLIO_BOUNDS: Mapping[IntEnum, Bounds] = MappingProxyType(
    {
        PortfolioNumber.INITIAL_LOSS_E9: (RATIO_ONE, 10 * RATIO_ONE),
        PortfolioNumber.MAINTENANCE_LOSS_E9: (RATIO_ONE // 2, RATIO_ONE),
        PortfolioNumber.VOL_UP_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.VOL_DOWN_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.VOL_FLOOR_E9: (0, 16 * RATIO_ONE),
        PortfolioNumber.SHORT_POWER_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.LONG_POWER_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.TENOR_FLOOR_S: (0, 400 * 86_400),
        PortfolioNumber.LINEAR_CAP_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.LINEAR_SLOPE_E9: (-10 * RATIO_ONE, 10 * RATIO_ONE),
        PortfolioNumber.ABSOLUTE_CAP_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.ABSOLUTE_SLOPE_E9: (-10 * RATIO_ONE, 10 * RATIO_ONE),
        PortfolioNumber.WING_FLOOR_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.WING_SCALE_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.WING_VOL_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.WING_SLOPE_E9: (-20 * RATIO_ONE, 20 * RATIO_ONE),
        PortfolioNumber.LONG_DISCOUNT_E9: (0, 4 * RATIO_ONE),
        PortfolioNumber.LONG_RATE_SCALE_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.LONG_RATE_ADD_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.SHORT_DISCOUNT_E9: (0, 4 * RATIO_ONE),
        PortfolioNumber.SHORT_RATE_SCALE_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.SHORT_RATE_ADD_E9: (0, 10 * RATIO_ONE),
        PortfolioNumber.BASIS_UP_E9: (RATIO_ONE, 3 * RATIO_ONE),
        PortfolioNumber.BASIS_DOWN_E9: (0, RATIO_ONE),
        PortfolioNumber.BASIS_ADD_E9: (0, 20 * RATIO_ONE),
        PortfolioNumber.BASIS_SCALE_E9: (0, 20 * RATIO_ONE),
        PortfolioNumber.PERPETUAL_MAINTENANCE_E9: (0, 3 * RATIO_ONE),
        PortfolioNumber.PERPETUAL_INITIAL_E9: (0, 3 * RATIO_ONE),
        PortfolioNumber.NAKED_MAINTENANCE_E9: (0, 2 * RATIO_ONE),
        PortfolioNumber.NAKED_INITIAL_E9: (0, 2 * RATIO_ONE),
        PortfolioNumber.CONFIDENCE_THRESHOLD_E9: (0, RATIO_ONE),
        PortfolioNumber.CONFIDENCE_FACTOR_E9: (0, 20 * RATIO_ONE),
        PortfolioNumber.PEG_THRESHOLD_E9: (0, 2 * RATIO_ONE),
        PortfolioNumber.PEG_FACTOR_E9: (0, 10 * RATIO_ONE),
    }
)
"""Inclusive bounds of portfolio margin's numbers."""

DERIBIT_BOUNDS: Mapping[IntEnum, Bounds] = MappingProxyType(
    {
        DeribitNumber.INITIAL_SPOT_MAX_E9: (0, RATIO_ONE),
        DeribitNumber.INITIAL_SPOT_MIN_E9: (0, RATIO_ONE),
        DeribitNumber.MAINTENANCE_E9: (0, RATIO_ONE),
        DeribitNumber.PERPETUAL_INITIAL_E9: (0, RATIO_ONE),
        DeribitNumber.PERPETUAL_MAINTENANCE_E9: (0, RATIO_ONE),
        DeribitNumber.PERPETUAL_SIZE_E9: (0, RATIO_ONE // 1000),
    }
)
"""Inclusive bounds of those of Deribit's model."""

AEVO_BOUNDS: Mapping[IntEnum, Bounds] = MappingProxyType(
    {
        AevoNumber.SPOT_UP_E9: (0, 5 * RATIO_ONE),
        AevoNumber.SPOT_DOWN_E9: (0, RATIO_ONE),
        AevoNumber.VOL_UP_E9: (0, 10 * RATIO_ONE),
        AevoNumber.VOL_DOWN_E9: (0, 10 * RATIO_ONE),
        AevoNumber.FLOOR_E9: (0, RATIO_ONE),
        AevoNumber.MAINTENANCE_E9: (0, RATIO_ONE),
    }
)
"""Inclusive bounds of those of Aevo's model."""

MODEL_BOUNDS: MappingProxyType[int, Bounds] = MappingProxyType(
    {PORTFOLIO_FIRST + number: bounds for number, bounds in PORTFOLIO_BOUNDS.items()}
    | {DERIBIT_FIRST + number: bounds for number, bounds in DERIBIT_BOUNDS.items()}
    | {AEVO_FIRST + number: bounds for number, bounds in AEVO_BOUNDS.items()}
)
"""Inclusive bounds by what SET_PARAMETER calls a number."""


@kernel
def set_model_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one number of a row of models, by what SET_PARAMETER calls it; for those that have bounds."""
    if parameter < DERIBIT_FIRST:
        row.portfolio[parameter - PORTFOLIO_FIRST] = number
    elif parameter < AEVO_FIRST:
        row.deribit[parameter - DERIBIT_FIRST] = number
    else:
        row.aevo[parameter - AEVO_FIRST] = number


@kernel
def clear_models(row: Record) -> None:
    """Forget a row of numbers that waited."""
    for place in range(MODEL_WORDS[0]):
        row.portfolio[place] = 0
    for place in range(MODEL_WORDS[1]):
        row.deribit[place] = 0
    for place in range(MODEL_WORDS[2]):
        row.aevo[place] = 0
