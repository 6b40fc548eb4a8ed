"""The dispatch table: one line a transaction type."""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.state.layout import Record, State
from rollup.transition.apply_funding import apply_funding
from rollup.transition.begin_batch import apply_begin_batch
from rollup.transition.bid import apply_bid
from rollup.transition.cancel import apply_cancel
from rollup.transition.cancel_all import apply_cancel_all
from rollup.transition.deleverage import apply_deleverage
from rollup.transition.delist import apply_delist
from rollup.transition.deposit import apply_deposit
from rollup.transition.deposit_collateral import apply_deposit_collateral
from rollup.transition.end_auction import apply_end_auction
from rollup.transition.execute_block import apply_execute_block
from rollup.transition.exit import apply_exit
from rollup.transition.fix_settlement import apply_fix_settlement
from rollup.transition.kinds import Kind
from rollup.transition.list_instrument import apply_list_instrument
from rollup.transition.mass_quote import apply_mass_quote
from rollup.transition.oracle_update import apply_oracle_update
from rollup.transition.place_order import apply_place_order
from rollup.transition.posted import apply_posted
from rollup.transition.register_key import apply_register_key
from rollup.transition.replace import apply_replace
from rollup.transition.revoke_key import apply_revoke_key
from rollup.transition.set_margin_model import apply_set_margin_model
from rollup.transition.set_parameter import apply_set_parameter
from rollup.transition.set_protection import apply_set_protection
from rollup.transition.set_scenario import apply_set_scenario
from rollup.transition.settle import apply_settle
from rollup.transition.start_auction import apply_start_auction
from rollup.transition.status import Status
from rollup.transition.surface_update import apply_surface_update
from rollup.transition.transfer import apply_transfer
from rollup.transition.transfer_collateral import apply_transfer_collateral
from rollup.transition.transfer_position import apply_transfer_position
from rollup.transition.trigger import apply_trigger
from rollup.transition.withdraw import apply_withdraw
from rollup.transition.withdraw_collateral import apply_withdraw_collateral


@kernel
def dispatch(state: State, records: Sequence[Record], index: int, receipt: Record) -> int:  # noqa: C901, PLR0912 -- a table: one branch a kind
    """Execute an authorised step: its status. Anything but OK is undone by the caller."""
    tx = records[index]
    if tx.kind == Kind.PLACE_ORDER:
        return apply_place_order(state, tx, receipt)
    if tx.kind == Kind.CANCEL:
        return apply_cancel(state, tx, receipt)
    if tx.kind == Kind.CANCEL_ALL:
        return apply_cancel_all(state, tx, receipt)
    if tx.kind == Kind.REPLACE:
        return apply_replace(state, tx, receipt)
    if tx.kind == Kind.MASS_QUOTE:
        return apply_mass_quote(state, records, index, receipt)
    if tx.kind == Kind.TRIGGER:
        return apply_trigger(state, tx, receipt)
    if tx.kind == Kind.SET_PROTECTION:
        return apply_set_protection(state, tx)
    if tx.kind == Kind.EXECUTE_BLOCK:
        return apply_execute_block(state, records, index, receipt)
    if tx.kind == Kind.ORACLE_UPDATE:
        return apply_oracle_update(state, records, index)
    if tx.kind == Kind.SURFACE_UPDATE:
        return apply_surface_update(state, records, index)
    if tx.kind == Kind.TRANSFER:
        return apply_transfer(state, tx, receipt)
    if tx.kind == Kind.WITHDRAW:
        return apply_withdraw(state, tx, receipt)
    if tx.kind == Kind.SETTLE:
        return apply_settle(state, tx, receipt)
    if tx.kind == Kind.APPLY_FUNDING:
        return apply_funding(state, tx, receipt)
    if tx.kind == Kind.FIX_SETTLEMENT:
        return apply_fix_settlement(state, tx)
    if tx.kind == Kind.LIST_INSTRUMENT:
        return apply_list_instrument(state, tx, receipt)
    if tx.kind == Kind.DELIST:
        return apply_delist(state, tx, receipt)
    if tx.kind == Kind.REGISTER_KEY:
        return apply_register_key(state, tx)
    if tx.kind == Kind.REVOKE_KEY:
        return apply_revoke_key(state, tx)
    if tx.kind == Kind.TRANSFER_POSITION:
        return apply_transfer_position(state, tx, receipt)
    if tx.kind == Kind.SET_PARAMETER:
        return apply_set_parameter(state, tx)
    if tx.kind == Kind.START_AUCTION:
        return apply_start_auction(state, tx, receipt)
    if tx.kind == Kind.BID:
        return apply_bid(state, tx, receipt)
    if tx.kind == Kind.END_AUCTION:
        return apply_end_auction(state, tx, receipt)
    if tx.kind == Kind.DELEVERAGE:
        return apply_deleverage(state, tx, receipt)
    if tx.kind == Kind.SET_MARGIN_MODEL:
        return apply_set_margin_model(state, tx)
    if tx.kind == Kind.SET_SCENARIO:
        return apply_set_scenario(state, tx)
    if tx.kind == Kind.WITHDRAW_COLLATERAL:
        return apply_withdraw_collateral(state, tx, receipt)
    if tx.kind == Kind.TRANSFER_COLLATERAL:
        return apply_transfer_collateral(state, tx)
    return dispatch_unsigned(state, tx, receipt)


@kernel
def dispatch_unsigned(state: State, tx: Record, receipt: Record) -> int:
    """Execute a step of a kind that nobody signs: its status."""
    if tx.kind == Kind.DEPOSIT_COLLATERAL:
        return apply_deposit_collateral(state, tx, receipt)
    if tx.kind == Kind.DEPOSIT:
        return apply_deposit(state, tx, receipt)
    if tx.kind == Kind.EXIT:
        return apply_exit(state, tx, receipt)
    if tx.kind == Kind.POSTED:
        return apply_posted(state, tx)
    if tx.kind == Kind.BEGIN_BATCH:
        return apply_begin_batch(state, tx)
    return Status.INVALID_KIND
