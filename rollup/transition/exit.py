"""EXIT: the owner of an account asks for all that is free of it, cash and collateral, on L1 itself, without a signature of the rollup's."""

from rollup.core.fixed import mul_div_down
from rollup.core.kernel import kernel
from rollup.market.assets import held_of, value_in_cash
from rollup.market.book import cancel_orders
from rollup.market.cash import pay_in
from rollup.market.collateral import add_collateral
from rollup.market.feeds import is_stale
from rollup.market.margin import health
from rollup.market.positions import count_of
from rollup.market.risk import free_health, judge_since
from rollup.market.settling import settle_touched
from rollup.market.terms import IN_AUCTION
from rollup.market.verdict import Verdict
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import AMOUNT_MAX, ASSETS
from rollup.state.table import read, write
from rollup.transition.outgoing import pay_out, send_collateral
from rollup.transition.status import Status


@kernel
def apply_exit(state: State, tx: Record, receipt: Record) -> int:
    """Cancel the account's orders and send `address` what its initial margin leaves: cash, then each underlying in the markets' order.

    A message each, one after another; the receipt names the last. Never paused, and no least amount. Collateral leaves by the rule of
    WITHDRAW_COLLATERAL. OK also where nothing is free: the orders are gone then. Statuses: INVALID_ACCOUNT, INVALID_SIGNER (not the owner),
    OUT_OF_RANGE (nobody's address), IN_AUCTION, INSUFFICIENT_CASH (and there is no collateral that could leave without it).
    """
    if not 0 < tx.account <= read(state.system, 0).accounts:
        return Status.INVALID_ACCOUNT
    account = read(state.accounts, tx.account)
    if not same_address(account.owner, tx.owner):
        return Status.INVALID_SIGNER
    if tx.address[0] == 0 and tx.address[1] == 0 and tx.address[2] == 0:
        return Status.OUT_OF_RANGE
    if account.status == IN_AUCTION:
        return Status.IN_AUCTION
    receipt.account = tx.account
    receipt.cancelled = cancel_orders(state, tx.account)
    settle_touched(state, tx.account)
    status = send_cash(state, tx, receipt)
    for market_id in range(1, min(read(state.system, 0).markets + 1, ASSETS)):
        quantity = take_free(state, tx.account, market_id)
        if quantity > 0:
            write(state.markets, market_id).vault_e6 -= quantity
            send_collateral(state, tx.account, tx.address, market_id, quantity, receipt)
            status = int(Status.OK)
    return status


@kernel
def send_cash(state: State, tx: Record, receipt: Record) -> int:
    """Send all free cash; INSUFFICIENT_CASH, and nothing is done, where the vault does not hold it."""
    amount = free_cash(state, tx.account)
    if amount <= 0:
        return int(Status.OK)
    status = pay_out(state, tx.account, tx.address, amount, amount, receipt)
    if status == Status.OK:
        pay_in(state, tx.account, -amount)
    return int(status)


@kernel
def take_free(state: State, account_id: int, market_id: int) -> int:
    """Take from an account what it can do without of an underlying; return how much, 1e-6 pieces.

    All of it where nothing is at risk, whatever its price. Else all of it, or a part in proportion to what free health there is: health is
    concave in what is held, the least over scenarios of what is linear, so a part that the straight line allows passes. Rounded down; the
    line's ends are within 2^62.1, so their halves are subtracted.
    """
    held = held_of(state, account_id, market_id)
    if held == 0:
        return 0
    if count_of(state, account_id) == 0 and read(state.accounts, account_id).cash_e8 >= 0:
        add_collateral(state, account_id, market_id, -held)
        return held
    before = free_health(state, account_id)
    if takes(state, account_id, market_id, held, before):
        return held
    add_collateral(state, account_id, market_id, -held)
    after = free_health(state, account_id)
    add_collateral(state, account_id, market_id, held)
    fall = (before[0] >> 1) - (after[0] >> 1)
    if before[0] <= 1 or fall <= before[0] >> 1:
        return 0
    part = mul_div_down(held, before[0] >> 1, fall)
    if part > 0 and takes(state, account_id, market_id, part, before):
        return part
    return 0


@kernel
def takes(state: State, account_id: int, market_id: int, quantity_e6: int, before: tuple[int, int]) -> bool:
    """Take a quantity of an underlying if the account's margin allows it, whose health is `before`; else leave it."""
    add_collateral(state, account_id, market_id, -quantity_e6)
    if judge_since(state, account_id, before, -value_in_cash(state, market_id, quantity_e6)) == Verdict.PASS:
        return True
    add_collateral(state, account_id, market_id, quantity_e6)
    return False


@kernel
def free_cash(state: State, account_id: int) -> int:
    """Cash that an account can do without, 1e-8 USD; none while its positions cannot be judged, all where it has none."""
    cash = read(state.accounts, account_id).cash_e8
    if count_of(state, account_id) == 0:
        return int(min(cash, AMOUNT_MAX - 1))
    initial, _, oldest = health(state, account_id, 0, 0, 0)
    if is_stale(state, oldest):
        return 0
    amount = min(cash, initial, AMOUNT_MAX - 1)
    after, _, _ = health(state, account_id, 0, 0, -amount)
    if after < 0:
        return 0
    return int(amount)
