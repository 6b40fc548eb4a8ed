"""The parameters of the margin models: what a genesis sets and a governor may change.

One rule: a model's numbers are data. What a model computes with them is in `rollup.market`, what they may be in
`rollup.transition.model_parameters`. In the state they are one row with an array a model, in the order of `PortfolioNumber` and its like.
"""

from dataclasses import dataclass, field
from enum import IntEnum

SCENARIOS_MAX = 64
"""Scenarios that the portfolio model may have."""


class VolShock(IntEnum):
    """What a scenario does to volatilities."""

    NONE = 0
    UP = 1
    DOWN = 2
    LINEAR = 3
    """One wing up, the other down; at the spot price as it is."""
    ABSOLUTE = 4
    """Both wings up; at the spot price as it is."""


@dataclass(frozen=True, slots=True)
class StandardParameters:
    """Standard margin (MARKET, standard margin)."""

    initial_spot_max_e9: int = 150_000_000
    initial_spot_min_e9: int = 130_000_000
    maintenance_call_e9: int = 90_000_000
    maintenance_put_e9: int = 90_000_000
    maintenance_put_mark_e9: int = 90_000_000
    unpaired_initial_e9: int = 1_200_000_000
    unpaired_maintenance_e9: int = 1_100_000_000
    put_offset_e9: int = 1_050_000_000
    outright_initial_e9: int = 100_000_000
    outright_maintenance_e9: int = 65_000_000
    confidence_threshold_e9: int = 550_000_000
    confidence_factor_e9: int = 1_000_000_000
    peg_threshold_e9: int = 990_000_000
    peg_factor_e9: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to spot price and volatilities, and how much of the loss counts."""

    spot_e9: int
    """The spot price is multiplied with it."""
    vol: VolShock = VolShock.NONE
    dampener_e9: int = 1_000_000_000


def _shocks() -> tuple[Scenario, ...]:
    """Return Derive's 33 scenarios: 23 usual ones, eight tails, two skews."""
    usual = [Scenario(1_180_000_000, VolShock.UP), Scenario(820_000_000, VolShock.UP)]
    for spot in (1_135_000_000, 1_090_000_000, 1_045_000_000, 1_000_000_000, 955_000_000, 910_000_000, 865_000_000):
        usual += [Scenario(spot, vol) for vol in (VolShock.UP, VolShock.NONE, VolShock.DOWN)]
    tails = (
        (340_000_000, 210_000_000), (670_000_000, 420_000_000), (1_500_000_000, 277_200_000), (2_000_000_000, 138_600_000),
        (3_000_000_000, 69_300_000), (4_000_000_000, 46_200_000), (5_000_000_000, 34_650_000), (6_000_000_000, 27_720_000),
    )  # fmt: skip
    skews = [Scenario(1_000_000_000, vol) for vol in (VolShock.LINEAR, VolShock.ABSOLUTE)]
    return (*usual, *(Scenario(spot, VolShock.UP, dampener) for spot, dampener in tails), *skews)


@dataclass(frozen=True, slots=True)
class PortfolioParameters:
    """Portfolio margin (MARKET, portfolio margin); names in brackets are Derive's PMRM_2's."""

    initial_loss_e9: int = 1_000_000_000
    """Share of the worst loss that counts initially (imFactor)."""
    maintenance_loss_e9: int = 800_000_000
    """Share of it that counts for maintenance (mmFactor)."""
    vol_up_e9: int = 500_000_000
    """Rise of a 30-day volatility (volRangeUp)."""
    vol_down_e9: int = 300_000_000
    """Fall of a 30-day volatility (volRangeDown)."""
    vol_floor_e9: int = 400_000_000
    """Least volatility once it has risen (minVolUpShock)."""
    short_power_e9: int = 300_000_000
    """How the shock grows as the tenor shrinks, up to 30 days (shortTermPower)."""
    long_power_e9: int = 130_000_000
    """As `short_power_e9`, for longer tenors (longTermPower)."""
    tenor_floor_s: int = 86_400
    """Tenor below which the shock grows no more (dteFloor)."""
    linear_cap_e9: int = 250_000_000
    """LINEAR skew: greatest change of a volatility at the shortest tenor (linearBaseCap)."""
    linear_slope_e9: int = -100_000_000
    """… and how it changes with the root of the tenor in years (linearCBase)."""
    absolute_cap_e9: int = 250_000_000
    """ABSOLUTE skew (absBaseCap)."""
    absolute_slope_e9: int = -100_000_000
    """(absCBase)."""
    wing_floor_e9: int = 10_000_000
    """Least distance, in ln(strike / forward), at which the skew is full (minKStar)."""
    wing_scale_e9: int = 4_000_000_000
    """That distance in deviations (widthScale) …"""
    wing_vol_e9: int = 600_000_000
    """… of this volatility (volParamStatic) …"""
    wing_slope_e9: int = 0
    """… and how it changes with the root of the tenor (volParamScale)."""
    long_discount_e9: int = 950_000_000
    """Share that counts of an expiry that is worth something (longBaseStaticDiscount)."""
    long_rate_scale_e9: int = 1_000_000_000
    """Rate by which it is discounted: this times the feed's (longRateMultScale) …"""
    long_rate_add_e9: int = 80_000_000
    """… plus this (longRateAddScale)."""
    short_discount_e9: int = 1_040_000_000
    """What a debt counts as (shortBaseStaticDiscount)."""
    short_rate_scale_e9: int = 500_000_000
    """Rate by which it grows (shortRateMultScale, shortRateAddScale)."""
    short_rate_add_e9: int = 80_000_000
    basis_up_e9: int = 1_045_000_000
    """Basis: the spot price is multiplied with this (scenarioSpotUp) …"""
    basis_down_e9: int = 955_000_000
    """… or this, each expiry by itself (scenarioSpotDown)."""
    basis_add_e9: int = 500_000_000
    """Share of that loss that counts (basisContAddFactor) …"""
    basis_scale_e9: int = 2_000_000_000
    """… and what is added a year of tenor (basisContMultFactor)."""
    perpetual_maintenance_e9: int = 30_000_000
    """Contingency for a perpetual, of its notional (MMPerpPercent)."""
    perpetual_initial_e9: int = 10_000_000
    """What is added initially (IMPerpPercent)."""
    naked_maintenance_e9: int = 3_000_000
    """Contingency for a naked short option, of spot (MMOptionPercent)."""
    naked_initial_e9: int = 2_000_000
    """What is added initially (IMOptionPercent)."""
    confidence_threshold_e9: int = 550_000_000
    """Confidence below which more is asked initially (confThreshold)."""
    confidence_factor_e9: int = 1_000_000_000
    """How much more, of the notional, for all confidence lost (confMargin)."""
    peg_threshold_e9: int = 990_000_000
    """Price of cash below which the loss counts for more initially (pegLossThreshold)."""
    peg_factor_e9: int = 2_000_000_000
    """How much more, of the loss, for each USD below it (pegLossFactor)."""
    scenarios: tuple[Scenario, ...] = field(default_factory=_shocks)


@dataclass(frozen=True, slots=True)
class DeribitParameters:
    """Deribit's segregated standard margin, S:SM (MARKET, others to reproduce)."""

    initial_spot_max_e9: int = 150_000_000
    initial_spot_min_e9: int = 100_000_000
    maintenance_e9: int = 75_000_000
    """Share of spot, for a put also of its mark where that is more."""
    perpetual_initial_e9: int = 20_000_000
    """Share of the notional of perpetuals and futures …"""
    perpetual_maintenance_e9: int = 10_000_000
    perpetual_size_e9: int = 50_000
    """… and what each contract held adds to both shares."""


@dataclass(frozen=True, slots=True)
class AevoParameters:
    """Aevo's portfolio margin (MARKET, others to reproduce): 15 scenarios, and a floor."""

    spot_up_e9: int = 200_000_000
    """Greatest rise of spot; half of it is a scenario too."""
    spot_down_e9: int = 200_000_000
    vol_up_e9: int = 500_000_000
    """What is added to volatilities."""
    vol_down_e9: int = 250_000_000
    """What is taken from them; none falls below 0."""
    floor_e9: int = 10_000_000
    """Least requirement, of spot, for each contract that is short and for each perpetual or future. Its size is not published."""
    maintenance_e9: int = 800_000_000
    """Share of the initial requirement that maintenance asks for. Not published."""


class PortfolioNumber(IntEnum):
    """Places of `PortfolioParameters` in the row of models. They are signed, within SET_PARAMETER, so none is ever given away."""

    INITIAL_LOSS_E9 = 0
    MAINTENANCE_LOSS_E9 = 1
    VOL_UP_E9 = 2
    VOL_DOWN_E9 = 3
    VOL_FLOOR_E9 = 4
    SHORT_POWER_E9 = 5
    LONG_POWER_E9 = 6
    TENOR_FLOOR_S = 7
    LINEAR_CAP_E9 = 8
    LINEAR_SLOPE_E9 = 9
    ABSOLUTE_CAP_E9 = 10
    ABSOLUTE_SLOPE_E9 = 11
    WING_FLOOR_E9 = 12
    WING_SCALE_E9 = 13
    WING_VOL_E9 = 14
    WING_SLOPE_E9 = 15
    LONG_DISCOUNT_E9 = 16
    LONG_RATE_SCALE_E9 = 17
    LONG_RATE_ADD_E9 = 18
    SHORT_DISCOUNT_E9 = 19
    SHORT_RATE_SCALE_E9 = 20
    SHORT_RATE_ADD_E9 = 21
    BASIS_UP_E9 = 22
    BASIS_DOWN_E9 = 23
    BASIS_ADD_E9 = 24
    BASIS_SCALE_E9 = 25
    PERPETUAL_MAINTENANCE_E9 = 26
    PERPETUAL_INITIAL_E9 = 27
    NAKED_MAINTENANCE_E9 = 28
    NAKED_INITIAL_E9 = 29
    CONFIDENCE_THRESHOLD_E9 = 30
    CONFIDENCE_FACTOR_E9 = 31
    PEG_THRESHOLD_E9 = 32
    PEG_FACTOR_E9 = 33


class DeribitNumber(IntEnum):
    """Places of `DeribitParameters`."""

    INITIAL_SPOT_MAX_E9 = 0
    INITIAL_SPOT_MIN_E9 = 1
    MAINTENANCE_E9 = 2
    PERPETUAL_INITIAL_E9 = 3
    PERPETUAL_MAINTENANCE_E9 = 4
    PERPETUAL_SIZE_E9 = 5


class AevoNumber(IntEnum):
    """Places of `AevoParameters`."""

    SPOT_UP_E9 = 0
    SPOT_DOWN_E9 = 1
    VOL_UP_E9 = 2
    VOL_DOWN_E9 = 3
    FLOOR_E9 = 4
    MAINTENANCE_E9 = 5


MODEL_WORDS = (len(PortfolioNumber), len(DeribitNumber), len(AevoNumber))
"""Numbers of each model."""

ModelParameters = PortfolioParameters | DeribitParameters | AevoParameters
"""Parameters that are in the row of models."""
