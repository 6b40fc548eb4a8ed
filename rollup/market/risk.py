"""Whether an account may do something, by its initial margin before and after."""

from rollup.core.kernel import kernel
from rollup.market.feeds import is_stale
from rollup.market.margin import health
from rollup.market.verdict import Verdict
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8
from rollup.state.table import read


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
def free_health(state: State, account_id: int) -> int:
    """Initial health less what open orders reserve, 1e-8 USD."""
    initial, _, _ = health(state, account_id, 0, 0, 0)
    return int(initial - read(state.accounts, account_id).reserved_e8)


@kernel
def reservable(state: State, account_id: int) -> int:
    """What new orders may reserve, 1e-8 USD: free health, or nothing while a feed that it rests on is silent."""
    initial, _, oldest = health(state, account_id, 0, 0, 0)
    if is_stale(state, oldest):
        return 0
    return int(max(initial - read(state.accounts, account_id).reserved_e8, 0))


@kernel
def judge_since(state: State, account_id: int, before_e8: int) -> int:
    """Verdict on whatever has been done since free health was `before_e8`: PASS, MARGIN or STALE."""
    after, _, oldest = health(state, account_id, 0, 0, 0)
    free = after - read(state.accounts, account_id).reserved_e8
    stale = is_stale(state, oldest)
    if (free >= 0 and not stale) or (after > HOPELESS_E8 and free >= before_e8):
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

    Of an account that is hopeless nothing is known, so nothing passes; settling its positions does not ask. Health is above -2^62.1 and
    reserves are under 2^61.
    """
    after, _, oldest = health(state, account_id, instrument_id, bought_after_e6, cash_after_e8)
    stale = is_stale(state, oldest)
    if after >= reserved_after_e8 and not stale:
        return Verdict.PASS
    if after > HOPELESS_E8:
        before, _, _ = health(state, account_id, instrument_id, bought_before_e6, cash_before_e8)
        if after - reserved_after_e8 >= before - reserved_before_e8:
            return Verdict.PASS
    if stale:
        return Verdict.STALE
    return Verdict.MARGIN
