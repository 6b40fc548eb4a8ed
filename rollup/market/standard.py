"""The standard margin model (MARKET, standard margin): isolated requirements, or an expiry's worst pay-off, whichever is less.

Health is signed: cash less requirements, in 1e-8 USD; negative is missing. Initial health is never above maintenance health.
Long options are worth nothing by themselves; they count in their expiry's worst pay-off. An outright, which was paid for in full, is
worth its mark and requires a share of it; a dated one is a call struck at 0 in its expiry's worst pay-off. Each requirement is rounded up.

Proof of width: the sum of |quantity| times the highest of spot, forward and strikes is under 2^59.1 for all positions together
(`ACCOUNT_GROSS_MAX`), else the account is hopeless. Parameters' bounds make a position's requirement at most four times its share (a put:
2 · (mark + spot)), a contingency at most twice; so all requirements together are under 2^61.7, and with cash under 2^62.1. What outrights
are worth is at most their share, with the funding that is due. Collateral and the price of cash come after: `with_assets`.
"""

from rollup.core.fixed import clamp, mul_div_down, mul_div_up
from rollup.core.instrument_names import CALL, PERPETUAL, PUT
from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down, cost_up, gross, gross_of_cash
from rollup.market.assets import asset_value, confidence_of, held_of, unsure
from rollup.market.feeds import CASH_PRICE_ONE, NEVER_S, cash_price, observe, volatility
from rollup.market.marks import is_outright, mark_price, payoff
from rollup.market.positions import Plan, count_of, funding_due, leg, plan_purchase
from rollup.market.settlement_window import settlement_of
from rollup.state.layout import Record, State
from rollup.state.limits import ACCOUNT_GROSS_MAX, ASSETS, HOPELESS_E8, POSITIONS, RATIO_ONE
from rollup.state.table import read


@kernel
def standard_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, and the time of the oldest observation used, as if `bought_e6` had been bought for `-cash_e8`."""
    return health_of_runs(state, account_id, instrument_id, bought_e6, cash_e8, 0)


@kernel
def health_of_runs(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int, alone: int) -> tuple[int, int, int]:
    """Health by runs of positions that help one another: those of an expiry, or each alone if `alone` is 1."""
    plan = plan_purchase(state, account_id, instrument_id, bought_e6)
    size = count_of(state, account_id) + plan[2]
    initial = maintenance = read(state.accounts, account_id).cash_e8 + cash_e8
    weight, exposed, end, oldest = 0, 0, 0, NEVER_S
    for _ in range(POSITIONS + 1):
        if end >= size:
            break
        first = end
        end = first + 1 if alone == 1 else end_of_expiry(state, plan, first, size)
        one, other, share, at_risk, seen = expiry_health(state, plan, first, end)
        initial += one
        maintenance += other
        weight += min(share, ACCOUNT_GROSS_MAX)
        exposed += at_risk
        oldest = min(oldest, seen)
    if weight >= ACCOUNT_GROSS_MAX:
        return HOPELESS_E8, HOPELESS_E8, oldest
    return with_assets(state, account_id, max(initial, HOPELESS_E8), max(maintenance, HOPELESS_E8), exposed, oldest)


@kernel
def with_assets(
    state: State, account_id: int, initial_e8: int, maintenance_e8: int, exposed_e8: int, oldest_s: int
) -> tuple[int, int, int]:
    """Health once collateral assets count, and what the price of cash asks for: (threshold − price)·factor of what is exposed.

    The price of cash counts as an observation where risk or collateral rests on it: cash alone needs no price.

    Widths: health begins at −2^61 at least. What is exposed is under 2^59.1, and what is asked for it at most six times that: under
    2^61.7. All assets together are under 2^61, and what is asked for doubt at most twice that.
    """
    parameters = read(state.parameters, 0)
    price, seen = cash_price(state)
    missing = max(parameters.peg_threshold_e9 - price * (RATIO_ONE // CASH_PRICE_ONE), 0)
    asked = mul_div_up(mul_div_up(exposed_e8, missing, RATIO_ONE), parameters.peg_factor_e9, RATIO_ONE)
    oldest, initial, maintenance = oldest_s, max(initial_e8 - asked, 2 * HOPELESS_E8), maintenance_e8
    if exposed_e8 != 0:
        oldest = min(oldest, seen)
    for market_id in range(1, min(read(state.system, 0).markets + 1, ASSETS)):
        held = held_of(state, account_id, market_id)
        if held != 0:
            market = read(state.markets, market_id)
            value = asset_value(state, market_id, held)
            counted = mul_div_down(value, clamp(market.factor_e9, 0, RATIO_ONE), RATIO_ONE)
            maintenance += counted
            initial += mul_div_down(counted, clamp(market.initial_scale_e9, 0, RATIO_ONE), RATIO_ONE)
            initial -= contingency(parameters, confidence_of(state, market), value)
            oldest = min(oldest, seen, read(state.feeds, market.spot_feed).timestamp_s)
    return max(min(initial, maintenance), HOPELESS_E8), maintenance, int(oldest)


@kernel
def end_of_expiry(state: State, plan: Plan, first: int, size: int) -> int:
    """Place behind the last position that shares market and expiry with that in place `first`."""
    leader_id, _ = leg(state, plan, first)
    leader = read(state.instruments, leader_id)
    for place in range(first + 1, size):
        other_id, _ = leg(state, plan, place)
        other = read(state.instruments, other_id)
        if other.market != leader.market or other.expiry_s != leader.expiry_s:
            return place
    return size


@kernel
def expiry_health(state: State, plan: Plan, first: int, end: int) -> tuple[int, int, int, int, int]:
    """What one expiry adds to initial and maintenance health, its share of the account's gross, what it exposes, its oldest observation.

    requirement = min(Σ isolated, worst loss over P in {0, strikes} + u · forward · naked calls), of a perpetual the isolated one. The feeds
    are those of the last position, since a future comes first and needs no volatility. What is exposed is worth its spot price.
    """
    last_id, _ = leg(state, plan, end - 1)
    last = read(state.instruments, last_id)
    settlement = settlement_of(state, last)
    if settlement != 0:
        return settled_health(state, plan, first, end, settlement)
    quantity, exposed, net_calls, strike = expiry_totals(state, plan, first, end)
    due = funding_due(state, plan[0], last_id)
    if exposed == 0 and due == 0:
        return 0, 0, 0, 0, NEVER_S
    spot, forward, _, confidence, oldest = observe(state, last)
    share = gross(quantity, max(spot, forward, strike)) + gross_of_cash(due)
    if share >= ACCOUNT_GROSS_MAX:
        return 0, 0, share, 0, oldest
    parameters = read(state.parameters, 0)
    initial, maintenance = isolated_sum(state, plan, first, end, spot, forward)
    if last.option_type != PERPETUAL:
        naked = cost_up(max(-net_calls, 0), forward)
        loss = worst_loss(state, plan, first, end)
        initial = min(initial, loss + mul_div_up(naked, parameters.unpaired_initial_e9, RATIO_ONE))
        maintenance = min(maintenance, loss + mul_div_up(naked, parameters.unpaired_maintenance_e9, RATIO_ONE))
    at_risk = cost_up(exposed, spot)
    initial = max(initial, maintenance) + contingency(parameters, confidence, at_risk)
    return due - initial, due - maintenance, share, at_risk, oldest


@kernel
def expiry_totals(state: State, plan: Plan, first: int, end: int) -> tuple[int, int, int, int]:
    """Σ|quantity|, how much of it can lose (short options, outrights), net calls with outrights among them, and highest strike."""
    quantity, exposed, net_calls, strike = 0, 0, 0, 0
    for place in range(first, end):
        instrument_id, held = leg(state, plan, place)
        instrument = read(state.instruments, instrument_id)
        quantity += abs(held)
        strike = max(strike, instrument.strike_e8)
        if held < 0 or is_outright(instrument):
            exposed += abs(held)
        if instrument.option_type == CALL or is_outright(instrument):
            net_calls += held
    return quantity, exposed, net_calls, strike


@kernel
def settled_health(state: State, plan: Plan, first: int, end: int, settlement_e8: int) -> tuple[int, int, int, int, int]:
    """Settled positions are worth what they pay, to the unit that settling them will give."""
    worth, share = 0, 0
    for place in range(first, end):
        instrument_id, held = leg(state, plan, place)
        value = payoff(read(state.instruments, instrument_id), settlement_e8)
        share += gross(held, value)
        if share >= ACCOUNT_GROSS_MAX:
            return 0, 0, share, 0, NEVER_S
        worth += cost_down(held, value)
    return worth, worth, share, 0, NEVER_S


@kernel
def isolated_sum(state: State, plan: Plan, first: int, end: int, spot_e8: int, forward_e8: int) -> tuple[int, int]:
    """Sum of the initial and maintenance requirements of an expiry's shorts and outrights, each by itself."""
    initial, maintenance = 0, 0
    for place in range(first, end):
        instrument_id, held = leg(state, plan, place)
        instrument = read(state.instruments, instrument_id)
        one, other = 0, 0
        if is_outright(instrument):
            one, other = outright(read(state.parameters, 0), held, forward_e8)
        elif held < 0:
            mark = mark_price(state, instrument, forward_e8, volatility(state, instrument))
            one, other = isolated(read(state.parameters, 0), instrument, -held, mark, spot_e8)
        initial += one
        maintenance += other
    return initial, maintenance


@kernel
def outright(parameters: Record, held_e6: int, mark_e8: int) -> tuple[int, int]:
    """Initial and maintenance requirement of a future or perpetual, rounded up: a share of its price, less what it is worth."""
    worth, notional = cost_down(held_e6, mark_e8), cost_up(abs(held_e6), mark_e8)
    return (
        mul_div_up(notional, parameters.outright_initial_e9, RATIO_ONE) - worth,
        mul_div_up(notional, parameters.outright_maintenance_e9, RATIO_ONE) - worth,
    )


@kernel
def isolated(parameters: Record, option: Record, quantity_e6: int, mark_e8: int, spot_e8: int) -> tuple[int, int]:
    """Initial and maintenance requirement of one short option (MARKET, standard margin), rounded up."""
    value = cost_up(quantity_e6, mark_e8)
    notional = cost_up(quantity_e6, spot_e8)
    away = option.strike_e8 - spot_e8 if option.option_type == CALL else spot_e8 - option.strike_e8
    shock = max(
        mul_div_up(notional, parameters.initial_spot_max_e9, RATIO_ONE) - cost_down(quantity_e6, max(away, 0)),
        mul_div_up(notional, parameters.initial_spot_min_e9, RATIO_ONE),
    )
    if option.option_type == CALL:
        return value + shock, value + mul_div_up(notional, parameters.maintenance_call_e9, RATIO_ONE)
    maintenance = value + max(
        mul_div_up(notional, parameters.maintenance_put_e9, RATIO_ONE),
        mul_div_up(value, parameters.maintenance_put_mark_e9, RATIO_ONE),
    )
    return max(value + shock, mul_div_up(maintenance, parameters.put_offset_e9, RATIO_ONE)), maintenance


@kernel
def worst_loss(state: State, plan: Plan, first: int, end: int) -> int:
    """Largest loss of an expiry's positions over the prices 0 and all strikes, where its pay-off has its kinks; never negative.

    The pay-off is carried from strike to strike: between two of them its slope is the calls below less the puts above, and at each strike
    it grows by what is held there, call or put; a future is a call struck at 0. Each of the at most 2·POSITIONS + 1 pieces is rounded down.
    """
    payoff_e8, slope = 0, 0
    for place in range(first, end):
        option_id, held = leg(state, plan, place)
        option = read(state.instruments, option_id)
        if option.option_type == PUT:
            payoff_e8 += cost_down(held, option.strike_e8)
            slope -= held
    worst, price = min(payoff_e8, 0), 0
    for place in range(first, end):
        option_id, held = leg(state, plan, place)
        strike = read(state.instruments, option_id).strike_e8
        payoff_e8 += cost_down(slope, strike - price)
        worst = min(worst, payoff_e8)
        slope += held
        price = strike
    return -worst


@kernel
def contingency(parameters: Record, confidence_e9: int, exposed_e8: int) -> int:
    """Extra initial requirement while the oracles are unsure: (1 − confidence) · factor · (spot · shorts and outrights, or collateral)."""
    return unsure(confidence_e9, parameters.confidence_threshold_e9, parameters.confidence_factor_e9, exposed_e8)
