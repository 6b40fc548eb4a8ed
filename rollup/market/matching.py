"""Matching: an order meets the other side's orders, best price first and oldest first, a bounded number of them."""

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_down, cost_up
from rollup.market.book import reduce_order, remove_order
from rollup.market.fees import fee_each
from rollup.market.insurance import insure
from rollup.market.levels import best_level, level_key
from rollup.market.positions import buy, count_of, fits
from rollup.market.risk import judge_planned
from rollup.market.terms import BUY, POST_ONLY
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import FILLS, POSITIONS_WEIGHED
from rollup.state.table import read


@kernel
def match(state: State, tx: Record, spot_e8: int, receipt: Record) -> tuple[int, int]:
    """Fill an order as far as it goes: the quantity left, and a verdict.

    Meets at most FILLS orders, those that it removes included, of accounts with at most POSITIONS_WEIGHED positions together with its own.
    """
    left, weighed = tx.quantity_e6, count_of(state, tx.account)
    for _ in range(FILLS):
        maker_id = crossing_order(state, tx)
        if left == 0 or maker_id == 0:
            break
        weighed += count_of(state, read(state.orders, maker_id).account)
        if weighed > POSITIONS_WEIGHED:
            break
        filled, verdict = meet(state, tx, maker_id, left, spot_e8, receipt)
        if verdict != Verdict.PASS:
            return left, verdict
        left -= filled
    return left, Verdict.PASS


@kernel
def crossing_order(state: State, tx: Record) -> int:
    """The oldest order at the other side's best price, if that is as good as the limit, else 0."""
    other = 1 - tx.side
    level_id = best_level(state, tx.instrument, other)
    if level_id == 0:
        return 0
    level = read(state.levels, level_id)
    ticks = tx.price_e8 // read(state.instruments, tx.instrument).tick_e8
    if level.key > level_key(other, ticks):
        return 0
    return int(level.oldest)


@kernel
def meet(state: State, tx: Record, maker_id: int, left_e6: int, spot_e8: int, receipt: Record) -> tuple[int, int]:
    """Trade with one resting order, or remove it: the quantity filled, and a verdict on the taker.

    An order of the taker's own account, an expired one, and one whose owner cannot pay for this fill are removed.
    """
    maker = read(state.orders, maker_id)
    quantity = min(left_e6, maker.quantity_e6)
    own = maker.account == tx.account
    late = maker.expiry_s != 0 and maker.expiry_s < read(state.system, 0).time_s
    resting = tx.options & POST_ONLY != 0
    if own or late or (not resting and not maker_pays(state, maker, quantity, spot_e8)):
        remove_order(state, maker_id)
        receipt.cancelled += 1
        return 0, Verdict.PASS
    if resting:
        return 0, Verdict.CROSSED
    return quantity, fill(state, tx, maker_id, quantity, spot_e8, receipt)


@kernel
def cash_change(side: int, quantity_e6: int, price_e8: int, each_e8: int) -> int:
    """What a fill does to cash: the price, rounded against the trader, and the fee, rounded up. Price and fee are under 2^56 each."""
    fee = cost_up(quantity_e6, each_e8)
    if side == BUY:
        return -cost_up(quantity_e6, price_e8) - fee
    return cost_down(quantity_e6, price_e8) - fee


@kernel
def signed_quantity(side: int, quantity_e6: int) -> int:
    """A quantity as what is bought: negative if sold."""
    if side == BUY:
        return quantity_e6
    return -quantity_e6


@kernel
def maker_pays(state: State, maker: Record, quantity_e6: int, spot_e8: int) -> bool:
    """Can a resting order's owner take this fill: slot, caps, signed fee and initial margin?"""
    each = fee_each(state, spot_e8, maker.price_e8, read(state.parameters, 0).maker_fee_e9)
    if each > maker.max_fee_e8:
        return False
    bought = signed_quantity(maker.side, quantity_e6)
    cash = cash_change(maker.side, quantity_e6, maker.price_e8, each)
    if fits(state, maker.account, maker.instrument, bought, cash) != Verdict.PASS:
        return False
    return judge_planned(state, maker.account, maker.instrument, bought, cash) == Verdict.PASS


@kernel
def fill(state: State, tx: Record, maker_id: int, quantity_e6: int, spot_e8: int, receipt: Record) -> int:
    """Exchange a quantity at the maker's price, after `maker_pays`: a verdict on the taker. Fees and dust go to the insurance fund."""
    maker = read(state.orders, maker_id)
    maker_account, price, side = maker.account, maker.price_e8, maker.side
    parameters = read(state.parameters, 0)
    each = fee_each(state, spot_e8, price, parameters.taker_fee_e9)
    if each > tx.max_fee_e8:
        return Verdict.FEE
    bought = signed_quantity(tx.side, quantity_e6)
    cash = cash_change(tx.side, quantity_e6, price, each)
    verdict = fits(state, tx.account, tx.instrument, bought, cash)
    if verdict != Verdict.PASS:
        return verdict
    maker_cash = cash_change(side, quantity_e6, price, fee_each(state, spot_e8, price, parameters.maker_fee_e9))
    interest = read(state.instruments, tx.instrument).open_interest_e6
    buy(state, tx.account, tx.instrument, bought, cash)
    buy(state, maker_account, tx.instrument, -bought, maker_cash)
    insure(state, -(cash + maker_cash))
    reduce_order(state, maker_id, quantity_e6)
    note_fill(receipt, maker_id, maker_account, quantity_e6, price, cash, cost_up(quantity_e6, each))
    if interest < read(state.instruments, tx.instrument).open_interest_e6 > parameters.open_interest_max_e6:
        return Verdict.INTEREST
    return Verdict.PASS


@kernel
def note_fill(receipt: Record, maker_id: int, account_id: int, quantity_e6: int, price_e8: int, cash_e8: int, fee_e8: int) -> None:
    """Write one fill into the receipt; `cost_e8` is what the taker paid, negative if it was paid, without fees."""
    place = receipt.fills
    receipt.fill_order[place] = maker_id
    receipt.fill_account[place] = account_id
    receipt.fill_quantity_e6[place] = quantity_e6
    receipt.fill_price_e8[place] = price_e8
    receipt.fills = place + 1
    receipt.filled_e6 += quantity_e6
    receipt.cost_e8 -= cash_e8 + fee_e8
    receipt.fee_e8 += fee_e8
