"""EXECUTE_BLOCK: a trade in up to LEGS instruments at once, signed by both sides: a block trade, or what a request for quotes led to.

    records = taker's leg 1 … n ‖ maker's leg 1 … n        the first one is the head; each side signs each of its legs

Both sides' legs are mirrored (`rollup.transition.parts`), all of them are executed or none, and margins are judged before the first and
after the last.

Fees are Deribit's for combos: each side's fees on what it buys and on what it sells are summed apart, and the lesser sum is waived. So a
spread costs one leg's fee, and legs in one direction cost all of theirs.
"""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_up
from rollup.market.fees import cash_change, fee_each
from rollup.market.insurance import insure
from rollup.market.matching import note_fill
from rollup.market.order import Order
from rollup.market.positions import buy, fits, signed_quantity
from rollup.market.risk import free_health, judge_made, judge_since, worth_of
from rollup.market.settling import settle_touched
from rollup.market.terms import BUY, FILL_OR_KILL
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import LEGS, MONEY_MAX
from rollup.state.table import read
from rollup.transition.status import BY_VERDICT, Status
from rollup.transition.tradable import check_contract, check_fees, check_price, spot_of


@kernel
def apply_execute_block(state: State, records: Sequence[Record], index: int, receipt: Record) -> int:
    """Exchange all legs between the head's account, which pays taker's fees, and the other one, which pays maker's.

    The receipt has a fill a leg, and the taker's cost and fees. Statuses: SELF_TRADE, those of an order's terms for each leg and side,
    caps, INITIAL_MARGIN.
    """
    taker, maker = records[index], records[index + records[index].number]
    if taker.account == maker.account:
        return Status.SELF_TRADE
    status = check_legs(state, records, index)
    if status != Status.OK:
        return status
    settle_touched(state, taker.account)
    settle_touched(state, maker.account)
    before, maker_before = (0, 0), (0, 0)
    if taker.number > 1:
        before, maker_before = free_health(state, taker.account), free_health(state, maker.account)
    status = exchange(state, records, index, receipt)
    if status != Status.OK:
        return status
    if read(state.system, 0).insurance_e8 >= MONEY_MAX:
        return Status.OVERFLOW
    parameters = read(state.parameters, 0)
    status = judge_side(state, records, index, parameters.taker_fee_e9, before)
    if status == Status.OK:
        status = judge_side(state, records, index + maker.number, parameters.maker_fee_e9, maker_before)
    return status


@kernel
def leg_of(tx: Record) -> Order:
    """A side's part in one leg, as an order."""
    return Order(tx.account, tx.instrument, tx.side, tx.price_e8, tx.quantity_e6, int(FILL_OR_KILL), 0, tx.max_fee_e8, 0, tx.nonce, 0)


@kernel
def check_legs(state: State, records: Sequence[Record], index: int) -> int:
    """What holds for any order's contract and fee, for each leg of each side."""
    parameters, legs = read(state.parameters, 0), records[index].number
    for place in range(index, index + min(legs, LEGS)):
        status = check_contract(state, leg_of(records[place]))
        if status == Status.OK:
            status = check_fees(state, leg_of(records[place]), parameters.taker_fee_e9)
        if status == Status.OK:
            status = check_fees(state, leg_of(records[place + legs]), parameters.maker_fee_e9)
        if status != Status.OK:
            return status
    return Status.OK


@kernel
def exchange(state: State, records: Sequence[Record], index: int, receipt: Record) -> int:
    """Trade leg by leg, the price of each judged by the positions that those before it have left; fees are paid with the first."""
    parameters, legs = read(state.parameters, 0), records[index].number
    fee = fee_of(state, records, index, parameters.taker_fee_e9)
    maker_fee = fee_of(state, records, index + legs, parameters.maker_fee_e9)
    for place in range(index, index + min(legs, LEGS)):
        tx, part = records[place], records[place + legs]
        status = check_price(state, leg_of(tx))
        if status == Status.OK:
            status = check_price(state, leg_of(part))
        if status != Status.OK:
            return status
        interest = read(state.instruments, tx.instrument).open_interest_e6
        cash = cash_change(tx.side, tx.quantity_e6, tx.price_e8, 0) - fee
        verdict = move(state, tx, part, cash, cash_change(part.side, tx.quantity_e6, tx.price_e8, 0) - maker_fee)
        if verdict != Verdict.PASS:
            return BY_VERDICT[verdict]
        note_fill(receipt, 0, part.account, tx.quantity_e6, tx.price_e8, cash, fee)
        if interest < read(state.instruments, tx.instrument).open_interest_e6 > parameters.open_interest_max_e6:
            return Status.OPEN_INTEREST_CAP
        fee, maker_fee = 0, 0
    return Status.OK


@kernel
def fee_of(state: State, records: Sequence[Record], first: int, rate_e9: int) -> int:
    """What a side pays for its legs, 1e-8 USD, each leg's fee rounded up: for all that it buys or all that it sells, whichever is more."""
    bought, sold = 0, 0
    for place in range(first, first + min(records[first].number, LEGS)):
        tx = records[place]
        fee = cost_up(tx.quantity_e6, fee_each(state, spot_of(state, tx.instrument), tx.price_e8, rate_e9))
        if tx.side == BUY:
            bought += fee
        else:
            sold += fee
    return max(bought, sold)


@kernel
def move(state: State, tx: Record, part: Record, cash_e8: int, part_cash_e8: int) -> int:
    """Move position and cash of both sides: a verdict. Fees and dust go to the insurance fund."""
    bought = signed_quantity(tx.side, tx.quantity_e6)
    verdict = fits(state, tx.account, tx.instrument, bought, cash_e8)
    if verdict == Verdict.PASS:
        verdict = fits(state, part.account, tx.instrument, -bought, part_cash_e8)
    if verdict == Verdict.PASS:
        buy(state, tx.account, tx.instrument, bought, cash_e8)
        buy(state, part.account, tx.instrument, -bought, part_cash_e8)
        insure(state, -(cash_e8 + part_cash_e8))
    return verdict


@kernel
def judge_side(state: State, records: Sequence[Record], first: int, rate_e9: int, before: tuple[int, int]) -> int:
    """The status of a side's initial margin after its legs; `before`, its health before them, counts where there are several."""
    tx, fee = records[first], fee_of(state, records, first, rate_e9)
    if tx.number > 1:
        return BY_VERDICT[judge_since(state, tx.account, before, worth_of_legs(state, records, first) - fee)]
    cash = cash_change(tx.side, tx.quantity_e6, tx.price_e8, 0) - fee
    return BY_VERDICT[judge_made(state, tx.account, tx.instrument, signed_quantity(tx.side, tx.quantity_e6), cash, 0)]


@kernel
def worth_of_legs(state: State, records: Sequence[Record], first: int) -> int:
    """What a side's legs add to what its account is worth at marks, 1e-8 USD, before fees."""
    worth = 0
    for place in range(first, first + min(records[first].number, LEGS)):
        tx = records[place]
        cash = cash_change(tx.side, tx.quantity_e6, tx.price_e8, 0)
        worth += worth_of(state, tx.instrument, signed_quantity(tx.side, tx.quantity_e6), cash)
    return worth
