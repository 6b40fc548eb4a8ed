"""Aevo's portfolio margin: the worst of 15 scenarios, or a floor where that is more, market by market.

    scenarios    spot +20, +10, 0, −10, −20 %  ×  volatility +50, 0, −25 points, which fall no lower than 0
    asked        max(−worst gain, floor·spot·(short options + outrights))          initial = cash + marks − asked
    maintenance  = cash + marks − 80 %·asked

(Aevo, "Portfolio margin"; the sizes of floor and of maintenance are not published.) Marks are undiscounted; an outright, which was paid
for in full here, is worth its mark. Collateral is worth nothing.

One rule: total. A number that leaves its bounds makes the account hopeless. Widths: a mark is under 2^47·(1 + 5) < 2^50, so what a position
is worth under 2^(40 + 50 − 19.9) < 2^71 and so at most 2^62, where it stops; sums are kept under 2^60 by `bounded`.
"""

from rollup.core.fixed import mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.core.margin_parameters import AevoNumber as Number
from rollup.market.amounts import cost_down, cost_up
from rollup.market.feeds import NEVER_S, forward_parts, observe, volatility
from rollup.market.marks import is_outright, payoff
from rollup.market.positions import count_of, funding_due, leg, plan_purchase
from rollup.market.pricing import black76
from rollup.market.scenario_gains import bounded, clear_gains
from rollup.market.settlement_window import settlement_of
from rollup.state.layout import Record, State
from rollup.state.limits import ASSETS, HOPELESS_E8, POSITIONS, QUANTITY_MAX, RATIO_ONE
from rollup.state.table import read

SPOTS = 5
"""Moves of spot."""

VOLS = 3
"""Shifts of volatility."""

SCENARIOS = SPOTS * VOLS


@kernel
def aevo_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, and the time of the oldest observation used, as if `bought_e6` had been bought for `-cash_e8`."""
    plan = plan_purchase(state, account_id, instrument_id, bought_e6)
    size = count_of(state, account_id) + plan[2]
    total, oldest = state.gains.rows[0], NEVER_S
    for market_id in range(ASSETS):
        clear_gains(state.gains.rows[market_id], SCENARIOS)
    total.mark_e8 = bounded(total, read(state.accounts, account_id).cash_e8 + cash_e8)
    for place in range(min(size, POSITIONS + 1)):
        position_id, held = leg(state, plan, place)
        instrument = read(state.instruments, position_id)
        settlement = settlement_of(state, instrument)
        if settlement != 0:
            total.mark_e8 = bounded(total, total.mark_e8 + cost_down(held, payoff(instrument, settlement)))
        else:
            total.mark_e8 = bounded(total, total.mark_e8 + funding_due(state, account_id, position_id))
            oldest = min(oldest, weigh_position(state, state.gains.rows[instrument.market % ASSETS], total, instrument, held))
    asked = 0
    for market_id in range(1, min(read(state.system, 0).markets + 1, ASSETS)):
        asked = bounded(total, asked + asked_of(state.gains.rows[market_id], total))
    if total.overflow != 0:
        return HOPELESS_E8, HOPELESS_E8, oldest
    share = read(state.models, 0).aevo[Number.MAINTENANCE_E9]
    return total.mark_e8 - asked, total.mark_e8 - mul_div_up(asked, share, RATIO_ONE), oldest


@kernel
def weigh_position(state: State, gains: Record, total: Record, instrument: Record, held_e6: int) -> int:
    """Add what a position gains in each scenario, its floor and its mark; tell when the oldest observation used was made."""
    if abs(held_e6) >= QUANTITY_MAX:
        gains.overflow = 1
        return NEVER_S
    models = read(state.models, 0)
    spot, _, _, _, oldest = observe(state, instrument)
    moving, fixed = forward_parts(state, instrument)
    outright = is_outright(instrument)
    vol = 0 if outright else volatility(state, instrument)
    mark = worth(state, instrument, held_e6, moving + fixed, vol)
    total.mark_e8 = bounded(total, total.mark_e8 + mark)
    for scenario in range(SCENARIOS):
        moved = moving + mul_div_down(moving, spot_move(models, scenario // VOLS), RATIO_ONE)
        shifted = max(vol + vol_shift(models, scenario % VOLS), 0)
        gain = bounded(gains, worth(state, instrument, held_e6, moved + fixed, shifted) - mark)
        gains.gain_e8[scenario] = bounded(gains, gains.gain_e8[scenario] + gain)
    if outright or held_e6 < 0:
        floor = mul_div_up(bounded(gains, cost_up(abs(held_e6), max(spot, 0))), models.aevo[Number.FLOOR_E9], RATIO_ONE)
        gains.initial_e8 = bounded(gains, gains.initial_e8 + floor)
    return int(oldest)


@kernel
def worth(state: State, instrument: Record, held_e6: int, forward_e8: int, vol_e9: int) -> int:
    """What a position is worth at a forward and a volatility, 1e-8 USD, rounded down."""
    if is_outright(instrument):
        return cost_down(held_e6, max(forward_e8, 0))
    seconds = max(instrument.expiry_s - read(state.system, 0).time_s, 0)
    return cost_down(held_e6, black76(forward_e8, instrument.strike_e8, vol_e9, seconds, instrument.option_type))


@kernel
def spot_move(models: Record, place: int) -> int:
    """The move of spot, 1e-9: up, half up, none, half down, down."""
    if place < 2:
        return int(models.aevo[Number.SPOT_UP_E9] // (1 + place))
    if place == 2:
        return 0
    return int(-models.aevo[Number.SPOT_DOWN_E9] // (5 - place))


@kernel
def vol_shift(models: Record, place: int) -> int:
    """The shift of volatility, 1e-9: up, none, down."""
    if place == 0:
        return int(models.aevo[Number.VOL_UP_E9])
    if place == 1:
        return 0
    return int(-models.aevo[Number.VOL_DOWN_E9])


@kernel
def asked_of(gains: Record, total: Record) -> int:
    """What a market asks for: its worst loss, or its floor."""
    if gains.overflow != 0:
        total.overflow = 1
    asked = gains.initial_e8
    for scenario in range(SCENARIOS):
        asked = max(asked, -gains.gain_e8[scenario])
    return int(asked)
