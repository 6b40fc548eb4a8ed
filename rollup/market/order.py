"""An order on its way: what somebody wants, whether he has just signed it or it has waited in the state."""

from typing import NamedTuple

from rollup.core.kernel import kernel
from rollup.market.terms import BY_MARK, FORCE_SHIFT, OPTIONS_ALL, TRIGGER
from rollup.state.layout import Record


class Order(NamedTuple):
    """The terms of an order. Integers only, so that a kernel hands it on by value."""

    account: int
    instrument: int
    side: int
    price_e8: int
    """Limit."""
    quantity_e6: int
    time_in_force: int
    options: int
    """Bits of `rollup.market.terms`."""
    max_fee_e8: int
    """For one contract, as maker or taker."""
    expiry_s: int
    """Last second of its life, 0 for no end."""
    nonce: int
    trigger_e8: int
    """Price that a stop-loss or take-profit waits for, 0 for other orders."""


@kernel
def signed_order(tx: Record, instrument_id: int, side: int) -> Order:
    """The order that a transaction places, on an instrument and side that it names itself or by another order."""
    return Order(
        tx.account,
        instrument_id,
        side,
        tx.price_e8,
        tx.quantity_e6,
        tx.time_in_force,
        tx.options,
        tx.max_fee_e8,
        tx.timestamp_s,
        tx.nonce,
        tx.trigger_e8,
    )


@kernel
def with_terms(order: Order, price_e8: int, quantity_e6: int) -> Order:
    """The same order at another price, for another quantity."""
    return Order(
        order.account,
        order.instrument,
        order.side,
        price_e8,
        quantity_e6,
        order.time_in_force,
        order.options,
        order.max_fee_e8,
        order.expiry_s,
        order.nonce,
        order.trigger_e8,
    )


@kernel
def fired_order(row: Record) -> Order:
    """The order that a waiting one becomes."""
    return Order(
        row.account,
        row.instrument,
        row.side,
        row.price_e8,
        row.quantity_e6,
        row.options >> FORCE_SHIFT,
        row.options & OPTIONS_ALL & ~(TRIGGER | BY_MARK),
        row.max_fee_e8,
        row.expiry_s,
        row.nonce,
        0,
    )
