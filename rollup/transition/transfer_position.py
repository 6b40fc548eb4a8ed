"""TRANSFER_POSITION: an owner moves a part of a position from one of his accounts to another."""

from rollup.core.kernel import kernel
from rollup.market.cash import note_paid_in
from rollup.market.feeds import is_stale
from rollup.market.portfolio_share import hand_contracts
from rollup.market.positions import position_of, sign
from rollup.market.risk import free_health, judge_since
from rollup.market.terms import IN_AUCTION
from rollup.market.valuation import marked_part, worth_each
from rollup.market.verdict import Verdict
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.table import read
from rollup.transition.authorise import OWNER, scope_in
from rollup.transition.kinds import SCOPE_TRANSFER
from rollup.transition.status import BY_VERDICT, Status
from rollup.transition.tradable import check_live


@kernel
def apply_transfer_position(state: State, tx: Record, receipt: Record) -> int:
    """Move `quantity_e6` of what the account holds of `instrument`, long or short, to `counterparty`; no money changes hands.

    Both accounts' initial margins are checked after the whole step. A session key needs the scope in both, since what is short takes value
    out of who receives it.
    """
    status = check_accounts(state, tx)
    if status == Status.OK:
        status = check_position(state, tx)
    if status != Status.OK:
        return status
    giver, taker = free_health(state, tx.account), free_health(state, tx.counterparty)
    quantity = sign(position_of(state, tx.account, tx.instrument)) * tx.quantity_e6
    value = sign(quantity) * marked_part(state, tx.instrument, tx.quantity_e6)
    verdict = hand_contracts(state, tx.account, tx.counterparty, tx.instrument, quantity)
    if verdict == Verdict.PASS:
        verdict = judge_since(state, tx.account, giver, -value)
    if verdict == Verdict.PASS:
        verdict = judge_since(state, tx.counterparty, taker, value)
    note_paid_in(state, tx.account, -value)
    note_paid_in(state, tx.counterparty, value)
    receipt.filled_e6, receipt.cost_e8 = tx.quantity_e6, value
    return BY_VERDICT[verdict]


@kernel
def check_accounts(state: State, tx: Record) -> int:
    """Is the other account the same owner's, open to transfers, and the signer trusted with it too?"""
    system = read(state.system, 0)
    if not 0 < tx.counterparty <= system.accounts or tx.counterparty == tx.account:
        return Status.UNKNOWN_COUNTERPARTY
    if system.time_s < system.paused_until_s:
        return Status.PAUSED
    if not same_address(read(state.accounts, tx.counterparty).owner, tx.owner):
        return Status.NOT_OWN
    scope = scope_in(state, tx, tx.counterparty)
    if scope != OWNER and scope & SCOPE_TRANSFER == 0:
        return Status.KEY_SCOPE
    if read(state.accounts, tx.counterparty).status == IN_AUCTION:
        return Status.IN_AUCTION
    return Status.OK


@kernel
def check_position(state: State, tx: Record) -> int:
    """Does the account hold that much of a live instrument, whose mark is known?

    What is moved counts as paid in at its mark, and who receives it rests on its feeds: a silent one would keep him from being liquidated.
    """
    status = check_live(state, tx.instrument)
    if status != Status.OK:
        return status
    held = position_of(state, tx.account, tx.instrument)
    if held == 0:
        return Status.NO_POSITION
    if not 0 < tx.quantity_e6 <= abs(held):
        return Status.OUT_OF_RANGE
    _, oldest = worth_each(state, read(state.instruments, tx.instrument))
    return Status.STALE_ORACLE if is_stale(state, oldest) else Status.OK
