"""Matching: an order meets the other side's orders, best price first and oldest first, a bounded number of them."""

from rollup.core.kernel import kernel
from rollup.market.amounts import cost_up
from rollup.market.book import reduce_order, remove_order
from rollup.market.fees import cash_change, fee_each
from rollup.market.insurance import insure
from rollup.market.levels import best_level, level_key
from rollup.market.order import Order
from rollup.market.positions import buy, count_of, fits, signed_quantity
from rollup.market.protection import is_dead, note_protected_fill
from rollup.market.reserve import reducible
from rollup.market.risk import judge_planned
from rollup.market.terms import CANCEL_BOTH, DECREMENT_BOTH, OWNER_WIDE, POST_ONLY, PROTECTED, REDUCE_ONLY, REJECT_TAKER, SELF_TRADE
from rollup.market.verdict import Verdict
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import FILLS, POSITIONS_WEIGHED
from rollup.state.table import read, write


@kernel
def match(state: State, order: Order, spot_e8: int, receipt: Record) -> tuple[int, int]:
    """Fill an order as far as it goes: the quantity left to work on, and a verdict.

    Meets at most FILLS orders, those that it removes included, of accounts with at most POSITIONS_WEIGHED positions together with its own.
    """
    left, weighed = order.quantity_e6, count_of(state, order.account)
    for _ in range(FILLS):
        maker_id = crossing_order(state, order)
        if left == 0 or maker_id == 0:
            break
        weighed += count_of(state, read(state.orders, maker_id).account)
        if weighed > POSITIONS_WEIGHED:
            break
        used, verdict = meet(state, order, maker_id, left, spot_e8, receipt)
        if verdict != Verdict.PASS:
            return left, verdict
        left -= used
    return left, Verdict.PASS


@kernel
def crossing_order(state: State, order: Order) -> int:
    """The oldest order at the other side's best price, if that is as good as the limit, else 0."""
    other = 1 - order.side
    level_id = best_level(state, order.instrument, other)
    if level_id == 0:
        return 0
    level = read(state.levels, level_id)
    ticks = order.price_e8 // read(state.instruments, order.instrument).tick_e8
    if level.key > level_key(other, ticks):
        return 0
    return int(level.oldest)


@kernel
def meet(state: State, order: Order, maker_id: int, left_e6: int, spot_e8: int, receipt: Record) -> tuple[int, int]:
    """Trade with one resting order, or remove it: what this uses up of the quantity left, and a verdict on the taker.

    An order that is over, one that may only reduce a position which is gone, and one whose owner cannot pay for this fill are removed.
    """
    maker = read(state.orders, maker_id)
    if is_over(state, maker):
        return end_maker(state, maker_id, receipt)
    if is_own(state, order, maker):
        return meet_own(state, order, maker_id, left_e6, receipt)
    quantity = min(left_e6, maker.quantity_e6)
    if maker.options & REDUCE_ONLY != 0:
        quantity = min(quantity, reducible(state, maker.account, maker.instrument, maker.side))
    if quantity == 0:
        return end_maker(state, maker_id, receipt)
    if order.options & POST_ONLY != 0:
        return 0, Verdict.CROSSED
    if not maker_pays(state, maker, quantity, spot_e8):
        return end_maker(state, maker_id, receipt)
    return quantity, fill(state, order, maker_id, quantity, spot_e8, receipt)


@kernel
def is_over(state: State, maker: Record) -> bool:
    """Has the order's own life ended, or has protection struck?"""
    return bool(maker.expiry_s != 0 and maker.expiry_s < read(state.system, 0).time_s) or is_dead(state, maker)


@kernel
def end_maker(state: State, maker_id: int, receipt: Record) -> tuple[int, int]:
    """Remove an order that cannot be traded with, so that the next one is met."""
    remove_order(state, maker_id)
    receipt.cancelled += 1
    return 0, Verdict.PASS


@kernel
def is_own(state: State, order: Order, maker: Record) -> bool:
    """Would the order trade with its own account or, where both orders say so, with another one of the same owner?

    An account cannot trade with itself. Accounts of one owner may: they are separate pools of margin, and moving a position between them
    at a market's price is fair use; so that is a choice, as at Deribit. Both orders must have made it, or a session key of one account
    could take away another's orders.
    """
    if maker.account == order.account:
        return True
    if order.options & maker.options & OWNER_WIDE == 0:
        return False
    one, other = read(state.accounts, order.account).owner, read(state.accounts, maker.account).owner
    return same_address(one, other)


@kernel
def meet_own(state: State, order: Order, maker_id: int, left_e6: int, receipt: Record) -> tuple[int, int]:
    """Do what the order's self-trade mode says: what this uses up of the quantity left, and a verdict."""
    mode = order.options & SELF_TRADE
    if mode == REJECT_TAKER:
        return 0, Verdict.OWN
    resting = read(state.orders, maker_id).quantity_e6
    if mode == DECREMENT_BOTH and left_e6 < resting:
        reduce_order(state, maker_id, left_e6)
        return left_e6, Verdict.PASS
    end_maker(state, maker_id, receipt)
    if mode == DECREMENT_BOTH:
        return int(resting), Verdict.PASS
    if mode == CANCEL_BOTH:
        return left_e6, Verdict.PASS
    return 0, Verdict.PASS


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
def fill(state: State, order: Order, maker_id: int, quantity_e6: int, spot_e8: int, receipt: Record) -> int:
    """Exchange a quantity at the maker's price, after `maker_pays`: a verdict on the taker. Fees and dust go to the insurance fund."""
    maker = write(state.orders, maker_id)
    maker_account, price, side = maker.account, maker.price_e8, maker.side
    parameters = read(state.parameters, 0)
    each = fee_each(state, spot_e8, price, parameters.taker_fee_e9)
    if each > order.max_fee_e8:
        return Verdict.FEE
    bought = signed_quantity(order.side, quantity_e6)
    cash = cash_change(order.side, quantity_e6, price, each)
    verdict = fits(state, order.account, order.instrument, bought, cash)
    if verdict != Verdict.PASS:
        return verdict
    maker_cash = cash_change(side, quantity_e6, price, fee_each(state, spot_e8, price, parameters.maker_fee_e9))
    interest = read(state.instruments, order.instrument).open_interest_e6
    buy(state, order.account, order.instrument, bought, cash)
    buy(state, maker_account, order.instrument, -bought, maker_cash)
    insure(state, -(cash + maker_cash))
    if maker.options & PROTECTED != 0:
        note_protected_fill(state, maker_account, order.instrument, -bought)
    maker.filled_e6 += quantity_e6
    reduce_order(state, maker_id, quantity_e6)
    note_fill(receipt, maker_id, maker_account, quantity_e6, price, cash, cost_up(quantity_e6, each))
    if interest < read(state.instruments, order.instrument).open_interest_e6 > parameters.open_interest_max_e6:
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
