"""Money and collateral through the bridge: the vault is what deposits brought, less what messages take to L1 (invariant 1)."""

from collections.abc import Sequence

from rollup.audit.rows import Written
from rollup.audit.violation import MONEY, ensure
from rollup.state.layout import Record
from rollup.transition.kinds import Kind
from rollup.transition.status import Status


def check_flow(changes: Sequence[Written], record: Record, receipt: Record) -> None:
    """Check that a step has changed the vaults by its deposit and its messages, and by nothing else. Raises Violation."""
    money_e8, assets_e6 = 0, dict[int, int]()
    if receipt.status == Status.OK and record.kind == Kind.DEPOSIT and receipt.message == 0:
        money_e8 = record.amount_e8
    if receipt.status == Status.OK and record.kind == Kind.DEPOSIT_COLLATERAL and receipt.message == 0:
        assets_e6[record.number] = record.quantity_e6
    returned = record.kind in {Kind.DEPOSIT, Kind.DEPOSIT_COLLATERAL}
    for change in changes:
        if change.section == "messages" and not returned:
            money_e8 -= change.after.amount_e8
            if change.after.market:
                assets_e6[change.after.market] = assets_e6.get(change.after.market, 0) - change.after.quantity_e6
    for change in changes:
        if change.section == "system":
            money_e8 -= change.after.vault_e8 - change.before.vault_e8
        elif change.section == "markets":
            assets_e6[change.index] = assets_e6.get(change.index, 0) - (change.after.vault_e6 - change.before.vault_e6)
    ensure(money_e8 == 0, MONEY, f"{money_e8} beside the bridge")
    ensure(not any(assets_e6.values()), MONEY, f"collateral beside the bridge: {assets_e6}")
