"""Market-maker protection: what was filled of an account's protected orders in a while, and what happens when that is too much.

Theory: a maker who quotes many instruments at once may be met in all of them before he can move one. He says how much may be filled
within an interval, as a quantity over all instruments and as net delta. The fill that goes beyond a limit is the last: all his protected
orders that are open then are dead, and new ones are refused until the freeze is over or he sets his protection again.

The interval begins with the first fill after the last one is over. Only fills of resting orders count (as at Deribit, Bybit, Derive).
Dead orders are told by their nonces, since nonces only rise: an order that is placed later has a higher one. So nothing has to be looked
for when protection strikes; a dead order is removed when it is met.

Bounds: only what has a limit is counted, and counting ends above it; so both counts stay under 2^41.
"""

from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.market.feeds import observe
from rollup.market.greeks import DISCOUNT_ONE, greeks
from rollup.market.marks import is_outright
from rollup.market.terms import PROTECTED
from rollup.state.layout import Record, State
from rollup.state.limits import RATIO_ONE, TIME_MAX
from rollup.state.table import read, write


@kernel
def is_frozen(state: State, account_id: int) -> bool:
    """Are new protected orders of an account refused?"""
    return bool(read(state.system, 0).time_s < read(state.protections, account_id).frozen_until_s)


@kernel
def is_dead(state: State, order: Record) -> bool:
    """Has protection struck since a protected order was placed?"""
    return order.options & PROTECTED != 0 and bool(order.nonce <= read(state.protections, order.account).dead_nonce)


@kernel
def note_protected_fill(state: State, account_id: int, instrument_id: int, bought_e6: int) -> None:
    """Count a fill of a protected order, and strike if it goes beyond a limit."""
    protection, now = write(state.protections, account_id), read(state.system, 0).time_s
    if protection.interval_s == 0:
        return
    if now >= protection.window_s + protection.interval_s:
        protection.window_s, protection.filled_e6, protection.delta_e6 = now, 0, 0
    if protection.quantity_limit_e6 > 0:
        protection.filled_e6 += abs(bought_e6)
    if protection.delta_limit_e6 > 0:
        protection.delta_e6 += mul_div_down(bought_e6, delta_of(state, instrument_id), RATIO_ONE)
    if protection.filled_e6 > protection.quantity_limit_e6 or abs(protection.delta_e6) > protection.delta_limit_e6:
        protection.window_s, protection.filled_e6, protection.delta_e6 = 0, 0, 0
        protection.dead_nonce = read(state.accounts, account_id).nonce
        protection.frozen_until_s = now + protection.freeze_s if protection.freeze_s > 0 else TIME_MAX


@kernel
def delta_of(state: State, instrument_id: int) -> int:
    """What one contract is worth more when its forward is, 1e-9; 0 after its expiry."""
    instrument = read(state.instruments, instrument_id)
    if is_outright(instrument):
        return RATIO_ONE
    _, forward, vol, _, _ = observe(state, instrument)
    remaining = max(instrument.expiry_s - read(state.system, 0).time_s, 0)
    _, delta, _, _, _ = greeks(forward, instrument.strike_e8, vol, remaining, instrument.option_type, DISCOUNT_ONE)
    return delta
