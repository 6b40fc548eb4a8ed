"""What a receipt says beside what was asked for (invariant 7)."""

from rollup.audit.violation import NONCES, ensure
from rollup.market.terms import SELL
from rollup.state.layout import Record
from rollup.transition.kinds import Kind
from rollup.transition.status import Status


def check_receipt(record: Record, receipt: Record) -> None:
    """Check that no more was filled than was wanted, and at no worse a price than was signed. Raises Violation."""
    if receipt.status != Status.OK or record.kind != Kind.PLACE_ORDER:
        return
    filled = sum(receipt.fill_quantity_e6)
    ensure(receipt.filled_e6 == filled <= record.quantity_e6, NONCES, f"{filled} filled of {record.quantity_e6}")
    limit = record.price_e8
    for price, quantity in zip(receipt.fill_price_e8, receipt.fill_quantity_e6, strict=True):
        kept = quantity == 0 or limit == 0 or (price >= limit if record.side == SELL else price <= limit)
        ensure(kept, NONCES, f"filled at {price}, signed for {limit}")
