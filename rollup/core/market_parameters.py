"""The market's parameters at genesis: one number each, under the name that it has in the state's row of parameters."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameters:
    """The market's parameters in force from genesis; names and units as in the state's row of parameters."""

    initial_spot_max_e9: int
    initial_spot_min_e9: int
    maintenance_call_e9: int
    maintenance_put_e9: int
    maintenance_put_mark_e9: int
    unpaired_initial_e9: int
    unpaired_maintenance_e9: int
    put_offset_e9: int
    confidence_threshold_e9: int
    confidence_factor_e9: int
    reporters_required: int
    heartbeat_s: int
    deviation_e9: int
    settlement_window_s: int
    maker_fee_e9: int
    taker_fee_e9: int
    fee_cap_e9: int
    price_band_e9: int
    quantity_min_e6: int
    quantity_max_e6: int
    position_max_e6: int
    open_interest_max_e6: int
    withdrawal_min_e8: int
    outright_initial_e9: int
    outright_maintenance_e9: int
    buffer_e9: int
    liquidation_fee_e9: int
    discount_start_e9: int
    discount_cutoff_e9: int
    fast_auction_s: int
    slow_auction_s: int
    insolvent_auction_s: int
    withdrawal_fee_e8: int
    account_min_e8: int
    funding_period_s: int
    funding_interest_e9: int
    funding_rate_max_e9: int
    peg_threshold_e9: int
    peg_factor_e9: int
    listing_days: int
    listing_weeks: int
    listing_months: int
    listing_quarters: int
    listing_band_e9: int
    silence_start_s: int
    silence_full_s: int
    silence_most_e9: int
    silence_decay_e9: int
    lag_start_s: int
    lag_full_s: int
    lag_most_e9: int
    lag_decay_e9: int
    volatility_start_e9: int
    volatility_full_e9: int
    volatility_most_e9: int
    volatility_memory_s: int
    crowding_start_e9: int
    crowding_most_e9: int
