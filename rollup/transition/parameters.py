"""The parameters that the governor may set: their numbers, bounds, and how a row of them is written.

One rule: the bounds are those that the arithmetic's proofs of width rest on, and they keep initial requirements above maintenance.

A new parameter is a member and a line of bounds here, a branch of the function that sets its group, and a field of the row and of the
genesis by the same name. Numbers may have gaps: they are signed, so none is ever given to another parameter.
"""

from enum import IntEnum
from types import MappingProxyType

from rollup.core.kernel import kernel
from rollup.state.layout import Record
from rollup.state.limits import (
    AMOUNT_MAX,
    AUCTION_MAX_S,
    LISTING_MAX,
    PARTS,
    QUANTITY_MAX,
    RATIO_ONE,
    STRAIN_MAX_E9,
    STRAIN_MAX_S,
    WINDOW_MAX_S,
)
from rollup.transition.model_parameters import MODEL_BOUNDS


class Parameter(IntEnum):
    """What `order` of a SET_PARAMETER may be; each but PAUSE is the field of the same name in the row of parameters."""

    PAUSE = 0
    """Pause until a time, at once; 0 ends a pause."""
    INITIAL_SPOT_MAX_E9 = 1
    INITIAL_SPOT_MIN_E9 = 2
    MAINTENANCE_CALL_E9 = 3
    MAINTENANCE_PUT_E9 = 4
    MAINTENANCE_PUT_MARK_E9 = 5
    UNPAIRED_INITIAL_E9 = 6
    UNPAIRED_MAINTENANCE_E9 = 7
    PUT_OFFSET_E9 = 8
    CONFIDENCE_THRESHOLD_E9 = 9
    CONFIDENCE_FACTOR_E9 = 10
    REPORTERS_REQUIRED = 11
    HEARTBEAT_S = 12
    DEVIATION_E9 = 13
    SETTLEMENT_WINDOW_S = 14
    MAKER_FEE_E9 = 15
    TAKER_FEE_E9 = 16
    FEE_CAP_E9 = 17
    PRICE_BAND_E9 = 18
    QUANTITY_MIN_E6 = 19
    QUANTITY_MAX_E6 = 20
    POSITION_MAX_E6 = 21
    OPEN_INTEREST_MAX_E6 = 22
    WITHDRAWAL_MIN_E8 = 23

    OUTRIGHT_INITIAL_E9 = 30
    OUTRIGHT_MAINTENANCE_E9 = 31
    FUNDING_PERIOD_S = 32
    """Time over which a perpetual's premium is paid."""
    FUNDING_INTEREST_E9 = 33
    """An hour."""
    FUNDING_RATE_MAX_E9 = 34
    """An hour."""

    LISTING_DAYS = 35
    """Days ahead for which options may be listed: none for 0, as with the next three (`rollup.market.listing_rule`)."""
    LISTING_WEEKS = 36
    """Fridays ahead."""
    LISTING_MONTHS = 37
    """Last Fridays of a month ahead."""
    LISTING_QUARTERS = 38
    """Last Fridays of a quarter ahead."""
    LISTING_BAND_E9 = 39
    """How far from spot a strike may be listed, as a share of it."""

    BUFFER_E9 = 40
    """Share of maintenance health less mark-to-market that an auction aims above maintenance health."""
    LIQUIDATION_FEE_E9 = 41
    """Share of the mark-to-market of what could be sold at once that starting an auction costs its account."""
    DISCOUNT_START_E9 = 42
    """Share of the mark-to-market that a solvent auction asks at first."""
    DISCOUNT_CUTOFF_E9 = 43
    """Share of the mark-to-market at which it becomes slow; counts as no more than the first."""
    FAST_AUCTION_S = 44
    SLOW_AUCTION_S = 45
    INSOLVENT_AUCTION_S = 46
    """Seconds in which the pay-out of an insolvent auction rises to all that is missing."""

    SILENCE_START_S = 55
    """Age of an account's oldest feed from which its initial margin rises."""
    SILENCE_FULL_S = 56
    """Age at which it has risen as far as it does."""
    SILENCE_MOST_E9 = 57
    """What is added to the initial buffer then, as a share of it; likewise of the other two."""
    SILENCE_DECAY_E9 = 58
    """Seconds of silence that are forgotten in a second."""
    LAG_START_S = 59
    """How long a batch may wait for L1 before everybody's initial margin rises."""
    LAG_FULL_S = 60
    LAG_MOST_E9 = 61
    LAG_DECAY_E9 = 62
    VOLATILITY_START_E9 = 63
    """Realised volatility of a market, a year, from which its accounts' initial margin rises."""
    VOLATILITY_FULL_E9 = 64
    VOLATILITY_MOST_E9 = 65
    VOLATILITY_MEMORY_S = 66
    """Time over which it is averaged, and so how long it takes to be forgotten."""

    WITHDRAWAL_FEE_E8 = 70
    ACCOUNT_MIN_E8 = 71
    """Least amount that a transfer can open an account with."""

    PEG_THRESHOLD_E9 = 80
    """Price of cash below which what is exposed asks for more initially."""
    PEG_FACTOR_E9 = 81
    """How much more, of spot, for each USD below it."""

    CROWDING_START_E9 = 82
    """Share of the cap of open interest from which an instrument's positions ask for more initially."""
    CROWDING_MOST_E9 = 83
    """How much more at the cap, as a share of spot."""


BOUNDS: MappingProxyType[Parameter, tuple[int, int]] = MappingProxyType(
    {
        Parameter.PAUSE: (0, 0),
        Parameter.INITIAL_SPOT_MAX_E9: (0, RATIO_ONE),
        Parameter.INITIAL_SPOT_MIN_E9: (0, RATIO_ONE),
        Parameter.MAINTENANCE_CALL_E9: (0, RATIO_ONE),
        Parameter.MAINTENANCE_PUT_E9: (0, RATIO_ONE),
        Parameter.MAINTENANCE_PUT_MARK_E9: (0, RATIO_ONE),
        Parameter.UNPAIRED_INITIAL_E9: (RATIO_ONE, 2 * RATIO_ONE),
        Parameter.UNPAIRED_MAINTENANCE_E9: (RATIO_ONE, 2 * RATIO_ONE),
        Parameter.PUT_OFFSET_E9: (RATIO_ONE, 2 * RATIO_ONE),
        Parameter.CONFIDENCE_THRESHOLD_E9: (0, RATIO_ONE),
        Parameter.CONFIDENCE_FACTOR_E9: (0, 2 * RATIO_ONE),
        Parameter.REPORTERS_REQUIRED: (1, PARTS),
        Parameter.HEARTBEAT_S: (1, 86_400),
        Parameter.DEVIATION_E9: (0, RATIO_ONE),
        Parameter.SETTLEMENT_WINDOW_S: (1, WINDOW_MAX_S),
        Parameter.MAKER_FEE_E9: (0, RATIO_ONE // 100),
        Parameter.TAKER_FEE_E9: (0, RATIO_ONE // 100),
        Parameter.FEE_CAP_E9: (0, RATIO_ONE),
        Parameter.PRICE_BAND_E9: (0, RATIO_ONE),
        Parameter.QUANTITY_MIN_E6: (1, QUANTITY_MAX - 1),
        Parameter.QUANTITY_MAX_E6: (1, QUANTITY_MAX - 1),
        Parameter.POSITION_MAX_E6: (0, QUANTITY_MAX - 1),
        Parameter.OPEN_INTEREST_MAX_E6: (0, (1 << 60) - 1),
        Parameter.WITHDRAWAL_MIN_E8: (0, AMOUNT_MAX - 1),
        Parameter.OUTRIGHT_INITIAL_E9: (0, RATIO_ONE),
        Parameter.OUTRIGHT_MAINTENANCE_E9: (0, RATIO_ONE),
        Parameter.FUNDING_PERIOD_S: (60, 7 * 86_400),
        Parameter.FUNDING_INTEREST_E9: (0, RATIO_ONE // 1_000),
        Parameter.FUNDING_RATE_MAX_E9: (0, RATIO_ONE // 100),
        Parameter.LISTING_DAYS: (0, LISTING_MAX),
        Parameter.LISTING_WEEKS: (0, LISTING_MAX),
        Parameter.LISTING_MONTHS: (0, LISTING_MAX),
        Parameter.LISTING_QUARTERS: (0, LISTING_MAX),
        Parameter.LISTING_BAND_E9: (0, 4 * RATIO_ONE),
        Parameter.BUFFER_E9: (RATIO_ONE // 100, RATIO_ONE),
        Parameter.LIQUIDATION_FEE_E9: (0, RATIO_ONE // 10),
        Parameter.DISCOUNT_START_E9: (0, RATIO_ONE),
        Parameter.DISCOUNT_CUTOFF_E9: (0, RATIO_ONE),
        Parameter.FAST_AUCTION_S: (1, AUCTION_MAX_S),
        Parameter.SLOW_AUCTION_S: (1, AUCTION_MAX_S),
        Parameter.INSOLVENT_AUCTION_S: (1, AUCTION_MAX_S),
        Parameter.SILENCE_START_S: (0, STRAIN_MAX_S),
        Parameter.SILENCE_FULL_S: (0, STRAIN_MAX_S),
        Parameter.SILENCE_MOST_E9: (0, STRAIN_MAX_E9),
        Parameter.SILENCE_DECAY_E9: (RATIO_ONE // 100, 10 * RATIO_ONE),
        Parameter.LAG_START_S: (0, STRAIN_MAX_S),
        Parameter.LAG_FULL_S: (0, STRAIN_MAX_S),
        Parameter.LAG_MOST_E9: (0, STRAIN_MAX_E9),
        Parameter.LAG_DECAY_E9: (RATIO_ONE // 100, 10 * RATIO_ONE),
        Parameter.VOLATILITY_START_E9: (0, 16 * RATIO_ONE),
        Parameter.VOLATILITY_FULL_E9: (0, 16 * RATIO_ONE),
        Parameter.VOLATILITY_MOST_E9: (0, STRAIN_MAX_E9),
        Parameter.VOLATILITY_MEMORY_S: (60, STRAIN_MAX_S),
        Parameter.WITHDRAWAL_FEE_E8: (0, AMOUNT_MAX - 1),
        Parameter.ACCOUNT_MIN_E8: (0, AMOUNT_MAX - 1),
        Parameter.PEG_THRESHOLD_E9: (0, 2 * RATIO_ONE),
        Parameter.PEG_FACTOR_E9: (0, 3 * RATIO_ONE),
        Parameter.CROWDING_START_E9: (0, RATIO_ONE),
        Parameter.CROWDING_MOST_E9: (0, RATIO_ONE),
    }
)
"""Inclusive bounds of each parameter."""

PARAMETER_LAST = int(max(Parameter))
"""Highest number of a parameter of this row."""

SETTABLE_LAST = max(MODEL_BOUNDS)
"""Highest number that SET_PARAMETER may mean."""

NONE = (1, 0)
"""Bounds that no number is within: of the numbers that are no parameter's."""

ALL_BOUNDS: dict[int, tuple[int, int]] = {int(parameter): bounds for parameter, bounds in BOUNDS.items()} | dict(MODEL_BOUNDS)
"""Bounds of all numbers that SET_PARAMETER may mean."""

LOWEST = tuple(ALL_BOUNDS.get(number, NONE)[0] for number in range(SETTABLE_LAST + 1))
"""Inclusive lower bound by number; above the upper one where there is no such parameter."""

HIGHEST = tuple(ALL_BOUNDS.get(number, NONE)[1] for number in range(SETTABLE_LAST + 1))
"""Inclusive upper bound by number."""


@kernel
def clear_parameters(row: Record) -> None:
    """Forget a row of parameters that waited."""
    row.version, row.effective_s = 0, 0
    for parameter in range(1, PARAMETER_LAST + 1):
        set_parameter(row, parameter, 0)


@kernel
def set_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one parameter of a row; nothing where there is no such parameter."""
    if parameter <= Parameter.CONFIDENCE_FACTOR_E9:
        set_margin_parameter(row, parameter, number)
    elif parameter <= Parameter.SETTLEMENT_WINDOW_S:
        set_oracle_parameter(row, parameter, number)
    elif parameter <= Parameter.WITHDRAWAL_MIN_E8:
        set_trading_parameter(row, parameter, number)
    elif parameter <= Parameter.FUNDING_RATE_MAX_E9:
        set_outright_parameter(row, parameter, number)
    elif parameter <= Parameter.LISTING_BAND_E9:
        set_listing_parameter(row, parameter, number)
    elif parameter <= Parameter.INSOLVENT_AUCTION_S:
        set_auction_parameter(row, parameter, number)
    elif parameter <= Parameter.LAG_DECAY_E9:
        set_strain_parameter(row, parameter, number)
    elif parameter <= Parameter.VOLATILITY_MEMORY_S:
        set_volatility_parameter(row, parameter, number)
    elif parameter <= Parameter.PEG_FACTOR_E9:
        set_cash_parameter(row, parameter, number)
    elif parameter == Parameter.CROWDING_START_E9:
        row.crowding_start_e9 = number
    elif parameter == Parameter.CROWDING_MOST_E9:
        row.crowding_most_e9 = number


@kernel
def set_cash_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters of cash: what moves it, and what it is worth."""
    if parameter == Parameter.WITHDRAWAL_FEE_E8:
        row.withdrawal_fee_e8 = number
    elif parameter == Parameter.ACCOUNT_MIN_E8:
        row.account_min_e8 = number
    elif parameter == Parameter.PEG_THRESHOLD_E9:
        row.peg_threshold_e9 = number
    elif parameter == Parameter.PEG_FACTOR_E9:
        row.peg_factor_e9 = number


@kernel
def set_margin_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the margin's parameters."""
    if parameter == Parameter.INITIAL_SPOT_MAX_E9:
        row.initial_spot_max_e9 = number
    elif parameter == Parameter.INITIAL_SPOT_MIN_E9:
        row.initial_spot_min_e9 = number
    elif parameter == Parameter.MAINTENANCE_CALL_E9:
        row.maintenance_call_e9 = number
    elif parameter == Parameter.MAINTENANCE_PUT_E9:
        row.maintenance_put_e9 = number
    elif parameter == Parameter.MAINTENANCE_PUT_MARK_E9:
        row.maintenance_put_mark_e9 = number
    elif parameter == Parameter.UNPAIRED_INITIAL_E9:
        row.unpaired_initial_e9 = number
    elif parameter == Parameter.UNPAIRED_MAINTENANCE_E9:
        row.unpaired_maintenance_e9 = number
    elif parameter == Parameter.PUT_OFFSET_E9:
        row.put_offset_e9 = number
    elif parameter == Parameter.CONFIDENCE_THRESHOLD_E9:
        row.confidence_threshold_e9 = number
    elif parameter == Parameter.CONFIDENCE_FACTOR_E9:
        row.confidence_factor_e9 = number


@kernel
def set_oracle_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the oracles' parameters."""
    if parameter == Parameter.REPORTERS_REQUIRED:
        row.reporters_required = number
    elif parameter == Parameter.HEARTBEAT_S:
        row.heartbeat_s = number
    elif parameter == Parameter.DEVIATION_E9:
        row.deviation_e9 = number
    elif parameter == Parameter.SETTLEMENT_WINDOW_S:
        row.settlement_window_s = number


@kernel
def set_trading_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters of fees, caps and withdrawals."""
    if parameter == Parameter.MAKER_FEE_E9:
        row.maker_fee_e9 = number
    elif parameter == Parameter.TAKER_FEE_E9:
        row.taker_fee_e9 = number
    elif parameter == Parameter.FEE_CAP_E9:
        row.fee_cap_e9 = number
    elif parameter == Parameter.PRICE_BAND_E9:
        row.price_band_e9 = number
    elif parameter == Parameter.QUANTITY_MIN_E6:
        row.quantity_min_e6 = number
    elif parameter == Parameter.QUANTITY_MAX_E6:
        row.quantity_max_e6 = number
    elif parameter == Parameter.POSITION_MAX_E6:
        row.position_max_e6 = number
    elif parameter == Parameter.OPEN_INTEREST_MAX_E6:
        row.open_interest_max_e6 = number
    elif parameter == Parameter.WITHDRAWAL_MIN_E8:
        row.withdrawal_min_e8 = number


@kernel
def set_outright_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters of futures and perpetuals."""
    if parameter == Parameter.OUTRIGHT_INITIAL_E9:
        row.outright_initial_e9 = number
    elif parameter == Parameter.OUTRIGHT_MAINTENANCE_E9:
        row.outright_maintenance_e9 = number
    elif parameter == Parameter.FUNDING_PERIOD_S:
        row.funding_period_s = number
    elif parameter == Parameter.FUNDING_INTEREST_E9:
        row.funding_interest_e9 = number
    elif parameter == Parameter.FUNDING_RATE_MAX_E9:
        row.funding_rate_max_e9 = number


@kernel
def set_listing_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters of what may be listed."""
    if parameter == Parameter.LISTING_DAYS:
        row.listing_days = number
    elif parameter == Parameter.LISTING_WEEKS:
        row.listing_weeks = number
    elif parameter == Parameter.LISTING_MONTHS:
        row.listing_months = number
    elif parameter == Parameter.LISTING_QUARTERS:
        row.listing_quarters = number
    elif parameter == Parameter.LISTING_BAND_E9:
        row.listing_band_e9 = number


@kernel
def set_auction_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters of liquidation auctions."""
    if parameter == Parameter.BUFFER_E9:
        row.buffer_e9 = number
    elif parameter == Parameter.LIQUIDATION_FEE_E9:
        row.liquidation_fee_e9 = number
    elif parameter == Parameter.DISCOUNT_START_E9:
        row.discount_start_e9 = number
    elif parameter == Parameter.DISCOUNT_CUTOFF_E9:
        row.discount_cutoff_e9 = number
    elif parameter == Parameter.FAST_AUCTION_S:
        row.fast_auction_s = number
    elif parameter == Parameter.SLOW_AUCTION_S:
        row.slow_auction_s = number
    elif parameter == Parameter.INSOLVENT_AUCTION_S:
        row.insolvent_auction_s = number


@kernel
def set_strain_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters by which initial margin answers to silence and lag."""
    if parameter == Parameter.SILENCE_START_S:
        row.silence_start_s = number
    elif parameter == Parameter.SILENCE_FULL_S:
        row.silence_full_s = number
    elif parameter == Parameter.SILENCE_MOST_E9:
        row.silence_most_e9 = number
    elif parameter == Parameter.SILENCE_DECAY_E9:
        row.silence_decay_e9 = number
    elif parameter == Parameter.LAG_START_S:
        row.lag_start_s = number
    elif parameter == Parameter.LAG_FULL_S:
        row.lag_full_s = number
    elif parameter == Parameter.LAG_MOST_E9:
        row.lag_most_e9 = number
    elif parameter == Parameter.LAG_DECAY_E9:
        row.lag_decay_e9 = number


@kernel
def set_volatility_parameter(row: Record, parameter: int, number: int) -> None:
    """Write one of the parameters by which initial margin answers to realised volatility."""
    if parameter == Parameter.VOLATILITY_START_E9:
        row.volatility_start_e9 = number
    elif parameter == Parameter.VOLATILITY_FULL_E9:
        row.volatility_full_e9 = number
    elif parameter == Parameter.VOLATILITY_MOST_E9:
        row.volatility_most_e9 = number
    elif parameter == Parameter.VOLATILITY_MEMORY_S:
        row.volatility_memory_s = number
