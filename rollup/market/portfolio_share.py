"""Handing positions from one account to another, without a price: a share of all, or some contracts of one."""

from rollup.core.fixed import mul_div_down
from rollup.core.instrument_names import PERPETUAL
from rollup.core.kernel import kernel
from rollup.market.auction_terms import ONE_Q60
from rollup.market.positions import buy, count_of, fits, page_of, pay_funding
from rollup.market.verdict import Verdict
from rollup.state.layout import State
from rollup.state.limits import PAGE_POSITIONS
from rollup.state.table import read


@kernel
def settle_funding(state: State, account_id: int) -> int:
    """Let every perpetual that an account holds pay its funding, or get it, into its cash: a verdict.

    Before a share of the account changes hands: what is owed for the past is a part of the cash that is shared.
    """
    for place in range(count_of(state, account_id)):
        instrument_id = page_of(state, account_id, place).instrument[place % PAGE_POSITIONS]
        if read(state.instruments, instrument_id).option_type == PERPETUAL:
            verdict = fits(state, account_id, instrument_id, 0, 0)
            if verdict != Verdict.PASS:
                return verdict
            pay_funding(state, account_id, place)
    return Verdict.PASS


@kernel
def hand_share(state: State, giver_id: int, taker_id: int, share_q60: int) -> int:
    """Hand over a share of every position, rounded down: a verdict on the taker.

    So rounding never favours the taker, who gets less of what is held long, and more of what is short. At most POSITIONS positions,
    from the last to the first: closing one moves none that is still to come.
    """
    count = count_of(state, giver_id)
    for done in range(count):
        place = count - 1 - done
        page = page_of(state, giver_id, place)
        quantity = mul_div_down(page.quantity_e6[place % PAGE_POSITIONS], share_q60, ONE_Q60)
        verdict = hand_contracts(state, giver_id, taker_id, page.instrument[place % PAGE_POSITIONS], quantity)
        if verdict != Verdict.PASS:
            return verdict
    return Verdict.PASS


@kernel
def hand_contracts(state: State, giver_id: int, taker_id: int, instrument_id: int, quantity_e6: int) -> int:
    """Hand over a part of a position (short, if negative): a verdict on the taker. What one gives the other gets, so sizes sum to 0."""
    if quantity_e6 == 0:
        return Verdict.PASS
    verdict = fits(state, taker_id, instrument_id, quantity_e6, 0)
    if verdict == Verdict.PASS:
        buy(state, taker_id, instrument_id, quantity_e6, 0)
        buy(state, giver_id, instrument_id, -quantity_e6, 0)
    return verdict
