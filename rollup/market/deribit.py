"""Deribit's segregated standard margin, S:SM: each position by itself, options held and collateral worth nothing.

    short call   initial = max(15 %·S − OTM, 10 %·S) + M                maintenance = 7.5 %·S + M
    short put    initial = max(the same, maintenance)                   maintenance = max(7.5 %·S, 7.5 %·M) + M
    outright     initial = (2 % + size·0.005 %)·notional                maintenance = (1 % + size·0.005 %)·notional

(Deribit, margin documentation: futures and perpetuals begin at 2 % and 1 % and rise by 0.5 % every 100 contracts.) An outright, which was
paid for in full here, is worth its mark.

Proof of width: as `rollup.market.standard`, with shares of at most one, to which size adds five at most: one requirement, with what an
outright owes beside it, is under 2^59.1·7 < 2^61.9 with its funding, and each sum of them is held above −2^62.
"""

from rollup.core.fixed import mul_div_up
from rollup.core.instrument_names import CALL
from rollup.core.kernel import kernel
from rollup.core.margin_parameters import DeribitNumber as Number
from rollup.market.amounts import cost_down, cost_up, gross, gross_of_cash
from rollup.market.feeds import NEVER_S, observe
from rollup.market.marks import is_outright, mark_price
from rollup.market.positions import count_of, funding_due, leg, plan_purchase
from rollup.market.settlement_window import settlement_of
from rollup.market.standard import settled_health
from rollup.state.layout import Record, State
from rollup.state.limits import ACCOUNT_GROSS_MAX, HOPELESS_E8, POSITIONS, QUANTITY_ONE, RATIO_ONE
from rollup.state.table import read

SHARE_ONE = RATIO_ONE * QUANTITY_ONE
"""One, as a share of notional to which size has added: 1e-9 for each 1e-6 contracts."""

SIZE_SHARE_MAX = 5 * SHARE_ONE
"""Most that a position's size can add."""


@kernel
def deribit_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, and the time of the oldest observation used, as if `bought_e6` had been bought for `-cash_e8`."""
    plan = plan_purchase(state, account_id, instrument_id, bought_e6)
    size = count_of(state, account_id) + plan[2]
    initial = maintenance = read(state.accounts, account_id).cash_e8 + cash_e8
    weight, oldest = 0, NEVER_S
    for place in range(min(size, POSITIONS + 1)):
        position_id, held = leg(state, plan, place)
        instrument = read(state.instruments, position_id)
        settlement = settlement_of(state, instrument)
        if settlement != 0:
            one, other, share, _, seen = settled_health(state, plan, place, place + 1, settlement)
        else:
            one, other, share, seen = position_health(state, instrument, held, funding_due(state, account_id, position_id))
        initial = max(initial + one, 2 * HOPELESS_E8)
        maintenance = max(maintenance + other, 2 * HOPELESS_E8)
        weight += min(share, ACCOUNT_GROSS_MAX)
        oldest = min(oldest, seen)
    if weight >= ACCOUNT_GROSS_MAX:
        return HOPELESS_E8, HOPELESS_E8, oldest
    return max(min(initial, maintenance), HOPELESS_E8), max(maintenance, HOPELESS_E8), oldest


@kernel
def position_health(state: State, instrument: Record, held_e6: int, due_e8: int) -> tuple[int, int, int, int]:
    """What a position and its funding add to initial and maintenance health, their share of the account's gross, the oldest observation."""
    outright = is_outright(instrument)
    if held_e6 >= 0 and not outright:
        return 0, 0, 0, NEVER_S
    spot, forward, vol, _, oldest = observe(state, instrument)
    share = gross(held_e6, max(spot, forward, instrument.strike_e8)) + gross_of_cash(due_e8)
    if share >= ACCOUNT_GROSS_MAX:
        return 0, 0, share, oldest
    models = read(state.models, 0)
    if outright:
        initial, maintenance = outright_margin(models, held_e6, forward)
    else:
        initial, maintenance = short_margin(models, instrument, -held_e6, mark_price(state, instrument, forward, vol), spot)
    return due_e8 - initial, due_e8 - maintenance, share, oldest


@kernel
def outright_margin(models: Record, held_e6: int, mark_e8: int) -> tuple[int, int]:
    """Initial and maintenance requirement of a future or perpetual, rounded up, less what it is worth.

    What size adds is under 2^40·2^20 before it stops.
    """
    worth, notional = cost_down(held_e6, mark_e8), cost_up(abs(held_e6), mark_e8)
    size = min(abs(held_e6) * models.deribit[Number.PERPETUAL_SIZE_E9], SIZE_SHARE_MAX)
    return (
        mul_div_up(notional, models.deribit[Number.PERPETUAL_INITIAL_E9] * QUANTITY_ONE + size, SHARE_ONE) - worth,
        mul_div_up(notional, models.deribit[Number.PERPETUAL_MAINTENANCE_E9] * QUANTITY_ONE + size, SHARE_ONE) - worth,
    )


@kernel
def short_margin(models: Record, option: Record, quantity_e6: int, mark_e8: int, spot_e8: int) -> tuple[int, int]:
    """Initial and maintenance requirement of options sold, rounded up."""
    value, notional = cost_up(quantity_e6, mark_e8), cost_up(quantity_e6, spot_e8)
    away = option.strike_e8 - spot_e8 if option.option_type == CALL else spot_e8 - option.strike_e8
    shock = max(
        mul_div_up(notional, models.deribit[Number.INITIAL_SPOT_MAX_E9], RATIO_ONE) - cost_down(quantity_e6, max(away, 0)),
        mul_div_up(notional, models.deribit[Number.INITIAL_SPOT_MIN_E9], RATIO_ONE),
    )
    share = models.deribit[Number.MAINTENANCE_E9]
    maintenance = value + mul_div_up(notional, share, RATIO_ONE)
    if option.option_type == CALL:
        return value + shock, maintenance
    maintenance = max(maintenance, value + mul_div_up(value, share, RATIO_ONE))
    return max(value + shock, maintenance), maintenance
