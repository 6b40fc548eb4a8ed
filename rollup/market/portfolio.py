"""Portfolio margin: the worst loss of each market over the scenarios, and contingencies (MARKET, portfolio margin; Derive's PMRM_2).

    maintenance = cash + marks + maintenance_loss·L − MMc
    initial     = cash + marks + (initial_loss + depeg)·L − MMc − IMc
    L   = Σ over markets of the worst of basis and scenarios       depeg = peg_factor·max(0, peg_threshold − price of cash)
    MMc = spot·(perpetual share·|outrights| + naked share·Σ over strikes of max(0, −(calls + puts))) + haircut·collateral
    IMc = the like, and (1 − confidence)·factor·notional where confidence is low

Markets do not offset one another. Marks are discounted; an outright, which was paid for in full, is worth its mark. A settled position
is worth what it pays. Initial health is never above maintenance health, because the bounds of the parameters keep the initial share of the
loss at one or more and maintenance's at one or less.

One rule: total. A number that leaves its bounds (`rollup.market.scenario_gains`) makes the account hopeless, whatever the others are.
"""

from rollup.core.fixed import mul_div_down, mul_div_up
from rollup.core.instrument_names import FUTURE, PERPETUAL
from rollup.core.kernel import kernel
from rollup.core.margin_parameters import PortfolioNumber as Number
from rollup.market.amounts import cost_down, cost_up
from rollup.market.assets import confidence_of, held_of, unsure, value_in_cash
from rollup.market.feeds import CASH_PRICE_ONE, NEVER_S, cash_price, forward_parts, observe_prices
from rollup.market.marks import payoff
from rollup.market.positions import Plan, count_of, funding_due, leg, plan_purchase
from rollup.market.scenario_gains import GAIN_MAX, add_expiry, bounded, clear_gains, find_worst
from rollup.market.scenario_prices import add_prices, clear_sums
from rollup.market.scenarios import current_grid, prices_of, terms_of
from rollup.market.settlement_window import settlement_of
from rollup.market.standard import end_of_expiry
from rollup.state.layout import Record, State
from rollup.state.limits import ASSETS, HOPELESS_E8, POSITIONS, QUANTITY_MAX, RATIO_ONE
from rollup.state.table import read


@kernel
def portfolio_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, and the time of the oldest observation used, as if `bought_e6` had been bought for `-cash_e8`."""
    plan = plan_purchase(state, account_id, instrument_id, bought_e6)
    size = count_of(state, account_id) + plan[2]
    grid = current_grid(state)
    total = state.gains.rows[0]
    for market_id in range(ASSETS):
        clear_gains(state.gains.rows[market_id], grid.columns)
    price, seen = cash_price(state)
    total.mark_e8 = bounded(total, read(state.accounts, account_id).cash_e8 + cash_e8)
    end, oldest = 0, NEVER_S
    for _ in range(POSITIONS + 1):
        if end >= size:
            break
        first, end = end, end_of_expiry(state, plan, end, size)
        oldest = min(oldest, weigh_expiry(state, grid, total, plan, first, end))
    assets_seen = weigh_assets(state, grid, total, account_id)
    for market_id in range(1, min(read(state.system, 0).markets + 1, ASSETS)):
        close_market(state, market_id, grid, total)
    initial, maintenance = balance(grid, total, price)
    # Losses and collateral rest on the price of cash, cash alone does not.
    if total.worst_e8 != 0 or assets_seen != NEVER_S:
        oldest = min(oldest, seen, assets_seen)
    return initial, maintenance, oldest


@kernel
def weigh_expiry(state: State, grid: Record, total: Record, plan: Plan, first: int, end: int) -> int:
    """Weigh the positions of one market and expiry, and tell when the oldest observation used was made."""
    last_id, held = leg(state, plan, end - 1)
    last = read(state.instruments, last_id)
    settlement = settlement_of(state, last)
    if settlement != 0:
        weigh_settled(state, total, plan, first, end, settlement)
        return NEVER_S
    spot, forward, confidence, oldest = observe_prices(state, last)
    gains = state.gains.rows[last.market % ASSETS]
    # A market's perpetual comes first, and what is doubtful about it makes the market's other positions doubtful.
    gains.confidence_e9 = min(gains.confidence_e9, confidence) if last.option_type == PERPETUAL else gains.confidence_e9
    if last.option_type == PERPETUAL:
        worth = cost_down(held, forward)
        total.mark_e8 = bounded(total, total.mark_e8 + worth + funding_due(state, plan[0], last_id))
        gains.linear_e8 = bounded(gains, gains.linear_e8 + worth)
        gains.outright_e6 += abs(held)
        add_doubt(grid, gains, confidence, held, spot)
        return int(oldest)
    rate = read(state.feeds, last.rate_feed)
    weigh_dated(state, grid, total, plan, first, end, min(confidence, rate.confidence_e9, gains.confidence_e9))
    return int(min(oldest, rate.timestamp_s))


@kernel
def weigh_settled(state: State, total: Record, plan: Plan, first: int, end: int, settlement_e8: int) -> None:
    """Add what settled positions pay."""
    for place in range(first, end):
        position_id, held = leg(state, plan, place)
        value = cost_down(held, payoff(read(state.instruments, position_id), settlement_e8))
        total.mark_e8 = bounded(total, total.mark_e8 + value)


@kernel
def weigh_dated(state: State, grid: Record, total: Record, plan: Plan, first: int, end: int, confidence_e9: int) -> None:
    """Weigh an expiry's options and future."""
    last_id, _ = leg(state, plan, end - 1)
    last = read(state.instruments, last_id)
    spot = read(state.feeds, read(state.markets, last.market).spot_feed).number
    terms, sums, gains = terms_of(state, grid, last), state.sums.rows[0], state.gains.rows[last.market % ASSETS]
    clear_sums(sums, grid.columns)
    options, naked, net, strike, futures = 0, 0, 0, -1, 0
    for place in range(first, end):
        position_id, held = leg(state, plan, place)
        instrument = read(state.instruments, position_id)
        if abs(held) >= QUANTITY_MAX:
            gains.overflow = 1
        elif instrument.option_type == FUTURE:
            futures = held
        else:
            add_prices(sums, prices_of(state, grid, terms, position_id, instrument), held, grid.columns)
            options += abs(held)
            if instrument.strike_e8 != strike:
                naked += max(-net, 0)
                net, strike = 0, instrument.strike_e8
            net += held
    gains.naked_e6 += naked + max(-net, 0)
    gains.outright_e6 += abs(futures)
    worth = 0
    if futures != 0:
        moving, fixed = forward_parts(state, last)
        total.mark_e8 = bounded(total, total.mark_e8 + cost_down(futures, moving + fixed))
        worth = cost_down(futures, moving)
    add_expiry(gains, sums, terms, grid, worth)
    add_doubt(grid, gains, confidence_e9, options + abs(futures), spot)


@kernel
def add_doubt(grid: Record, gains: Record, confidence_e9: int, quantity_e6: int, spot_e8: int) -> None:
    """Add what is asked initially for low confidence in the prices of a quantity."""
    if confidence_e9 < grid.portfolio[Number.CONFIDENCE_THRESHOLD_E9]:
        add_contingency(gains, 0, doubt(grid, confidence_e9, notional(gains, quantity_e6, spot_e8)))


@kernel
def notional(gains: Record, quantity_e6: int, spot_e8: int) -> int:
    """A quantity's worth at spot, 1e-8 USD, rounded up; 0, and the overflow, where that leaves its bound."""
    return bounded(gains, cost_up(abs(quantity_e6), max(spot_e8, 0)))


@kernel
def share_of(amount_e8: int, share_e9: int) -> int:
    """A share of an amount, rounded up."""
    return mul_div_up(amount_e8, share_e9, RATIO_ONE)


@kernel
def add_contingency(gains: Record, maintenance_e8: int, initial_e8: int) -> None:
    """Ask for more: always, and initially."""
    gains.maintenance_e8 = bounded(gains, gains.maintenance_e8 + maintenance_e8)
    gains.initial_e8 = bounded(gains, gains.initial_e8 + initial_e8)


@kernel
def doubt(grid: Record, confidence_e9: int, notional_e8: int) -> int:
    """What is asked initially for low confidence."""
    numbers = grid.portfolio
    return unsure(confidence_e9, numbers[Number.CONFIDENCE_THRESHOLD_E9], numbers[Number.CONFIDENCE_FACTOR_E9], notional_e8)


@kernel
def weigh_assets(state: State, grid: Record, total: Record, account_id: int) -> int:
    """Weigh the collateral beside cash."""
    oldest = NEVER_S
    for market_id in range(1, min(read(state.system, 0).markets + 1, ASSETS)):
        held = held_of(state, account_id, market_id)
        if held != 0:
            market = read(state.markets, market_id)
            value = bounded(total, value_in_cash(state, market_id, held))
            total.mark_e8 = bounded(total, total.mark_e8 + value)
            add_contingency(total, share_of(value, market.maintenance_haircut_e9), share_of(value, market.initial_haircut_e9))
            add_contingency(total, 0, doubt(grid, confidence_of(state, market), value))
            if market.cancels != 0 and market.asset_market != 0:
                gains = state.gains.rows[market.asset_market % ASSETS]
                gains.linear_e8 = bounded(gains, gains.linear_e8 + value)
            oldest = min(oldest, read(state.feeds, market.spot_feed).timestamp_s)
    return int(oldest)


@kernel
def close_market(state: State, market_id: int, grid: Record, total: Record) -> None:
    """Find a market's worst, and add it and the contingencies to those of the others."""
    gains = state.gains.rows[market_id % ASSETS]
    find_worst(gains, grid)
    if gains.naked_e6 != 0 or gains.outright_e6 != 0:
        add_shares(gains, grid, read(state.feeds, read(state.markets, market_id).spot_feed).number)
    total.mark_e8 = bounded(total, total.mark_e8 + gains.mark_e8)
    # A worst is above −2^62, as saturated; the sum stays at −2^60.
    total.worst_e8 = max(total.worst_e8 + max(gains.worst_e8, -GAIN_MAX), -GAIN_MAX)
    add_contingency(total, gains.maintenance_e8, gains.initial_e8)
    if gains.overflow != 0 or total.worst_e8 <= -GAIN_MAX:
        total.overflow = 1


@kernel
def add_shares(gains: Record, grid: Record, spot_e8: int) -> None:
    """Ask for shares of what a market's naked shorts and its outrights are worth at spot."""
    numbers, naked, outright = grid.portfolio, notional(gains, gains.naked_e6, spot_e8), notional(gains, gains.outright_e6, spot_e8)
    maintenance = share_of(naked, numbers[Number.NAKED_MAINTENANCE_E9]) + share_of(outright, numbers[Number.PERPETUAL_MAINTENANCE_E9])
    add_contingency(
        gains, maintenance, share_of(naked, numbers[Number.NAKED_INITIAL_E9]) + share_of(outright, numbers[Number.PERPETUAL_INITIAL_E9])
    )


@kernel
def balance(grid: Record, total: Record, cash_price_e8: int) -> tuple[int, int]:
    """Initial and maintenance health of what was weighed.

    Widths: marks and contingencies are under 2^60; losses are at most 2^62, where they stop, and both parts of the initial one 2^61: sums
    are under 2^60 + 2^60 + 2^62 + 2^60 < 2^63.
    """
    if total.overflow != 0:
        return HOPELESS_E8, HOPELESS_E8
    maintenance, initial, depegged = losses(grid, total, cash_price_e8)
    held = total.mark_e8 - total.maintenance_e8
    return max(held + initial + depegged - total.initial_e8, HOPELESS_E8), max(held + maintenance, HOPELESS_E8)


@kernel
def losses(grid: Record, total: Record, cash_price_e8: int) -> tuple[int, int, int]:
    """What counts of the worst loss for maintenance, initially, and initially where cash is worth less than it should be; none positive."""
    numbers = grid.portfolio
    # A price of 1e-8 USD is 10 of the threshold's units.
    missing = max(numbers[Number.PEG_THRESHOLD_E9] - cash_price_e8 * (RATIO_ONE // CASH_PRICE_ONE), 0)
    depegged = mul_div_down(mul_div_down(total.worst_e8, missing, RATIO_ONE), numbers[Number.PEG_FACTOR_E9], RATIO_ONE)
    initial = mul_div_down(total.worst_e8, numbers[Number.INITIAL_LOSS_E9], RATIO_ONE)
    maintenance = mul_div_down(total.worst_e8, numbers[Number.MAINTENANCE_LOSS_E9], RATIO_ONE)
    return maintenance, max(initial, HOPELESS_E8), max(depegged, HOPELESS_E8)
