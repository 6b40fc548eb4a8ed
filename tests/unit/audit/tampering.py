"""States and steps that are put wrong on purpose, one way each, and the invariant that each breaks."""

from collections.abc import Callable
from typing import NamedTuple

from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import PERPETUAL
from rollup.market.levels import BRANCH, LEVEL
from rollup.market.terms import IN_AUCTION
from rollup.state.limits import PAGES
from rollup.state.table import write

E8 = 10**8


class Fault(NamedTuple):
    """One way to break a state; returns false where this state has nothing to break."""

    invariant: int
    plant: Callable


def indices(state, section, wanted):
    """Rows in use that are as wanted."""
    last = {"levels": "levels", "orders": "orders", "instruments": "instruments", "accounts": "accounts", "feeds": "feeds"}[section]
    rows = getattr(state, section).rows
    return [n for n in range(1, getattr(state.system.rows[0], last) + 1) if wanted(rows[n])]


def make_money(state):
    write(state.accounts, 2).cash_e8 += 1


def keep_a_fee(state):
    write(state.system, 0).insurance_e8 += 1


def lose_from_the_vault(state):
    write(state.system, 0).vault_e8 -= 5


def make_collateral(state):
    write(state.collateral, 3).quantity_e6[2] += 1


def make_a_position(state):
    holders = indices(state, "accounts", lambda row: row.positions > 0)
    write(state.holdings, holders[0] * PAGES).quantity_e6[0] += 10_000


def forget_a_short(state):
    write(state.instruments, 5).shorts_e6 += 1


def swap_positions(state):
    n = indices(state, "accounts", lambda row: row.positions > 1)[0]
    page = write(state.holdings, n * PAGES)
    for field in (page.instrument, page.quantity_e6, page.funding_e8):
        field[0], field[1] = field[1], field[0]


def leave_a_position_behind(state):
    n = indices(state, "accounts", lambda row: row.positions > 0)[0]
    write(state.accounts, n).positions -= 1


def forget_an_expiry(state):
    n = indices(state, "accounts", lambda row: row.expiry_s > 0)[0]
    write(state.accounts, n).expiry_s += 400 * 86_400


def pay_from_a_pool_too_early(state):
    i = indices(state, "instruments", lambda row: row.option_type != PERPETUAL and state.feeds.rows[row.forward_feed].settlement_e8 == 0)[0]
    write(state.instruments, i).pool_e8 += 7
    write(state.accounts, 2).cash_e8 -= 7


def fix_another_price(state):
    n = indices(state, "feeds", lambda row: row.kind == FeedKind.FORWARD)[0]
    write(state.feeds, n).settlement_e8 = 12_345


def unlink_an_expiry(state):
    write(state.markets, 1).expiring = 0


def unlist_a_strike(state):
    n = indices(state, "feeds", lambda row: row.strikes > 1)[0]
    feed = write(state.feeds, n)
    feed.last_listed = state.instruments.rows[feed.last_listed].listed_before


def list_another_strike(state):
    i = indices(state, "instruments", lambda row: row.strike_e8 > 0)[0]
    write(state.instruments, i).strike_e8 += E8


def leave_an_instrument_behind(state):
    system = write(state.system, 0)
    system.instruments += 1
    write(state.instruments, system.instruments).strike_e8 = E8


def auction_without_a_row(state):
    write(state.accounts, 4).status = IN_AUCTION


def row_without_an_auction(state):
    write(state.auctions, 4).reserved_e8 = 1


def resting(state):
    return indices(state, "orders", lambda row: row.account != 0 and row.level != 0)


def shrink_an_order(state):
    write(state.orders, resting(state)[0]).quantity_e6 -= 1


def swell_a_level(state):
    write(state.levels, state.orders.rows[resting(state)[0]].level).quantity_e6 += 1


def lose_a_neighbour(state):
    write(state.orders, resting(state)[0]).newer = resting(state)[-1]


def move_a_price(state):
    order = write(state.orders, resting(state)[0])
    order.price_e8 += state.instruments.rows[order.instrument].tick_e8


def cross_the_book(state):
    """Hang a level of a bid under the other side's root as well."""
    i = indices(state, "instruments", lambda row: row.book[0] != 0 and row.book[1] == 0)[0]
    row = write(state.instruments, i)
    row.book[1] = row.book[0]


def drop_a_book(state):
    i = indices(state, "instruments", lambda row: row.book[0] != 0)[0]
    write(state.instruments, i).book[0] = 0


def turn_a_branch(state):
    node = indices(state, "levels", lambda row: row.kind == BRANCH)[0]
    row = write(state.levels, node)
    row.zero, row.one = row.one, row.zero


def lift_a_bit(state):
    node = indices(state, "levels", lambda row: row.kind == BRANCH)[-1]
    write(state.levels, node).bit += 1


def move_a_key(state):
    node = indices(state, "levels", lambda row: row.kind == LEVEL)[0]
    write(state.levels, node).key += 1


def lose_a_slot(state):
    order = state.orders.rows[resting(state)[0]]
    row = write(state.resting, order.account)
    row.order[list(row.order).index(resting(state)[0])] = 0


def reserve_less(state):
    order = write(state.orders, indices(state, "orders", lambda row: row.reserved_e8 > 0)[0])
    order.reserved_e8 -= 1


def count_an_order_too_many(state):
    write(state.accounts, 1).open_orders += 1


def first_free(state, head):
    """The first row of a free list that is not empty."""
    return next(n for n in (getattr(state.system.rows[0], head),) if n)


def lose_a_free_row(state):
    free = first_free(state, "order_free")
    write(state.system, 0).order_free = state.orders.rows[free].newer


def soil_a_free_row(state):
    write(state.levels, first_free(state, "level_free")).quantity_e6 = 3


def share_a_free_row(state):
    free = first_free(state, "level_free")
    write(state.levels, free).zero = free


def future_nonce(state):
    write(state.orders, resting(state)[0]).nonce = 1 << 60


def overfill(state):
    write(state.orders, resting(state)[0]).filled_e6 = -1


def forget_a_nonce(state):
    n = indices(state, "accounts", lambda row: row.nonce > 0 and row.open_orders == 0)[0]
    write(state.protections, n).dead_nonce = 0
    write(state.accounts, n).nonce -= 1


def dead_in_the_future(state):
    write(state.protections, 2).dead_nonce = 1 << 60


def lose_dust(state):
    i = indices(state, "instruments", lambda row: row.option_type == PERPETUAL and row.open_interest_e6 > 0)[0]
    write(state.instruments, i).pool_e8 -= 2
    write(state.accounts, 2).cash_e8 += 2


def gather_dust(state):
    i = indices(state, "instruments", lambda row: row.option_type == PERPETUAL and row.open_interest_e6 > 0)[0]
    write(state.instruments, i).pool_e8 += E8
    write(state.accounts, 2).cash_e8 -= E8


FAULTS = {
    fault.plant.__name__: fault
    for fault in (
        *(Fault(1, plant) for plant in (make_money, keep_a_fee, lose_from_the_vault, make_collateral)),
        *(Fault(2, plant) for plant in (make_a_position, forget_a_short, swap_positions, leave_a_position_behind, forget_an_expiry)),
        *(Fault(2, plant) for plant in (pay_from_a_pool_too_early, fix_another_price, unlink_an_expiry)),
        *(Fault(2, plant) for plant in (unlist_a_strike, list_another_strike, leave_an_instrument_behind)),
        *(Fault(5, plant) for plant in (auction_without_a_row, row_without_an_auction)),
        *(Fault(6, plant) for plant in (shrink_an_order, swell_a_level, lose_a_neighbour, move_a_price, cross_the_book, drop_a_book)),
        *(Fault(6, plant) for plant in (turn_a_branch, lift_a_bit, move_a_key, lose_a_slot, reserve_less, count_an_order_too_many)),
        *(Fault(6, plant) for plant in (lose_a_free_row, soil_a_free_row, share_a_free_row)),
        *(Fault(7, plant) for plant in (future_nonce, overfill, forget_a_nonce, dead_in_the_future)),
        *(Fault(8, plant) for plant in (lose_dust, gather_dust)),
    )
}
"""Every fault that a step can leave in the state."""
