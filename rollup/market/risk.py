"""Whether an account may do something, by its initial margin before and after.

One rule: who lacks initial margin may do what makes him lack no more of it, nor of maintenance margin, but gives nothing away by it.

No model counts all that an account is worth (an option held long is worth nothing in standard margin, collateral nothing in others'), and
what none counts could else be moved or sold for nothing to a friend before the rest is liquidated, at the insurance fund's cost. And of
initial margin alone a strained market asks for more (`rollup.market.strain`): to leave it is no reason to risk more in another.
"""

from rollup.core.fixed import clamp
from rollup.core.kernel import kernel
from rollup.market.assets import assets_worth
from rollup.market.feeds import is_stale
from rollup.market.margin import health, mark_to_market
from rollup.market.valuation import marked_part
from rollup.market.verdict import Verdict
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8
from rollup.state.table import read

WORTH_MAX = 1 << 59
"""What the contracts of one purchase count as at most, 1e-8 USD: eight times more is what all legs of a block trade can change."""


@kernel
def judge_planned(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> int:
    """Verdict on a purchase that a resting order would make: PASS, MARGIN or STALE. What other orders reserve does not count."""
    return judge(state, account_id, instrument_id, bought_e6, cash_e8, 0, 0, 0, 0)


@kernel
def judge_made(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int, reserved_e8: int) -> int:
    """Verdict on a purchase that has been made and `reserved_e8` that has been reserved: PASS, MARGIN or STALE."""
    reserved = read(state.accounts, account_id).reserved_e8
    return judge(state, account_id, instrument_id, 0, 0, -bought_e6, -cash_e8, reserved, reserved - reserved_e8)


@kernel
def free_health(state: State, account_id: int) -> tuple[int, int]:
    """Initial health less what open orders reserve, and maintenance health, 1e-8 USD: what `judge_since` has to know."""
    initial, maintenance, _ = health(state, account_id, 0, 0, 0)
    return int(initial - read(state.accounts, account_id).reserved_e8), maintenance


@kernel
def reservable(state: State, account_id: int) -> int:
    """What new orders may reserve, 1e-8 USD: free health, or nothing while a feed that it rests on is silent."""
    initial, _, oldest = health(state, account_id, 0, 0, 0)
    if is_stale(state, oldest):
        return 0
    return int(max(initial - read(state.accounts, account_id).reserved_e8, 0))


@kernel
def judge_since(state: State, account_id: int, before: tuple[int, int], change_e8: int) -> int:
    """Verdict on whatever has been done since free and maintenance health were `before`: PASS, MARGIN or STALE.

    `change_e8` is what that has added to the account's worth at marks, 1e-8 USD; no order that rests is another one since.
    """
    after, maintenance, oldest = health(state, account_id, 0, 0, 0)
    free = after - read(state.accounts, account_id).reserved_e8
    stale = is_stale(state, oldest)
    if free >= 0 and not stale:
        return Verdict.PASS
    lacks_no_more = after > HOPELESS_E8 and free >= before[0]
    if lacks_no_more and after < 0:
        lacks_no_more = maintenance >= before[1] and keeps_worth(state, account_id, free - before[0], change_e8, 0)
    if lacks_no_more:
        return Verdict.PASS
    return Verdict.STALE if stale else Verdict.MARGIN


@kernel
def judge(
    state: State,
    account_id: int,
    instrument_id: int,
    bought_after_e6: int,
    cash_after_e8: int,
    bought_before_e6: int,
    cash_before_e8: int,
    reserved_after_e8: int,
    reserved_before_e8: int,
) -> int:
    """Initial health may not be below what is reserved, unless it lacks no more than before; with a silent feed it may not lack more.

    Where it lacks at all, nothing may be given away, and reserves that are released are no margin: they come back to where orders could
    have been filled only with margin. Of an account that is hopeless nothing is known, so nothing passes; settling its positions does not
    ask. Health is above -2^62.1 and reserves are under 2^61.
    """
    after, maintenance, oldest = health(state, account_id, instrument_id, bought_after_e6, cash_after_e8)
    stale = is_stale(state, oldest)
    if after >= reserved_after_e8 and not stale:
        return Verdict.PASS
    if after > HOPELESS_E8:
        before, least, _ = health(state, account_id, instrument_id, bought_before_e6, cash_before_e8)
        pending = worth_of(state, instrument_id, bought_after_e6, cash_after_e8)
        change = pending - worth_of(state, instrument_id, bought_before_e6, cash_before_e8)
        lacks_no_more = after >= before
        if lacks_no_more and after < 0:
            lacks_no_more = maintenance >= least and keeps_worth(state, account_id, after - before, change, pending)
        if after - reserved_after_e8 >= before - reserved_before_e8 and (lacks_no_more or (after >= 0 and not stale)):
            return Verdict.PASS
    if stale:
        return Verdict.STALE
    return Verdict.MARGIN


@kernel
def worth_of(state: State, instrument_id: int, bought_e6: int, cash_e8: int) -> int:
    """What a purchase adds to an account's worth at marks, 1e-8 USD, rounded down; contracts count as within ±WORTH_MAX."""
    if bought_e6 == 0:
        return cash_e8
    return clamp(marked_part(state, instrument_id, bought_e6), -WORTH_MAX, WORTH_MAX) + cash_e8


@kernel
def keeps_worth(state: State, account_id: int, gained_e8: int, change_e8: int, pending_e8: int) -> bool:
    """Does what adds `change_e8` to an account's worth at marks, and `gained_e8` to its initial health, give nothing away?

    A loss has to bring as much initial health as it costs, and leave the account worth something: any further loss would be the fund's.
    `pending_e8` is the change where it has not been made yet, else 0. Marks are the last known, silent feeds' too. Widths: the account's
    worth is within 2^61.6, a negative change above −2^62.2.
    """
    if change_e8 >= 0:
        return True
    mark, _ = mark_to_market(state, account_id)
    if mark <= HOPELESS_E8 or gained_e8 < -change_e8:
        return False
    return bool(mark + assets_worth(state, account_id) + pending_e8 >= 0)
