"""Whether an account may do something, by its initial margin before and after."""

from rollup.core.kernel import kernel
from rollup.market.feeds import is_stale
from rollup.market.margin import health
from rollup.market.verdict import Verdict
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8


@kernel
def judge_planned(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> int:
    """Verdict on a purchase that has not been made: PASS, MARGIN or STALE."""
    return judge(state, account_id, instrument_id, bought_e6, cash_e8, 0, 0)


@kernel
def judge_made(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> int:
    """Verdict on a purchase that has been made: PASS, MARGIN or STALE."""
    return judge(state, account_id, instrument_id, 0, 0, -bought_e6, -cash_e8)


@kernel
def judge(
    state: State, account_id: int, instrument_id: int, bought_after_e6: int, cash_after_e8: int, bought_before_e6: int, cash_before_e8: int
) -> int:
    """Initial health may not be negative, unless it is no lower than before; with a silent feed it may not be lower than before.

    Of an account that is hopeless nothing is known, so nothing passes; settling its positions does not ask.
    """
    after, _, oldest = health(state, account_id, instrument_id, bought_after_e6, cash_after_e8)
    stale = is_stale(state, oldest)
    if after >= 0 and not stale:
        return Verdict.PASS
    if after > HOPELESS_E8:
        before, _, _ = health(state, account_id, instrument_id, bought_before_e6, cash_before_e8)
        if after >= before:
            return Verdict.PASS
    if stale:
        return Verdict.STALE
    return Verdict.MARGIN
