"""Orders that wait for their price: which of them are due. Pure: a machine in."""

from rollup.core.transport import JSON
from rollup.market.matching import is_over
from rollup.market.trigger import is_too_late, judge_trigger
from rollup.market.verdict import Verdict
from rollup.state.table import commit, read
from rollup.transition.machine import Machine
from sequencer.naming import scalar

MOST = 64
"""Orders that are told, or fired, at a time; the others follow after these."""

Waiter = tuple[int, int, int]
"""Id, nonce and account of an order that waits."""


def due_orders(machine: Machine) -> list[Waiter]:
    """Return the waiting orders whose price has come, or whose time has passed: those that TRIGGER would fire or end."""
    waiting = machine.where("orders", "trigger_e8", scalar(machine.row("system", 0), "orders"))
    if not waiting:
        return []
    state, due = machine.fork(()).state, list[Waiter]()
    for order_id in waiting:
        order = read(state.orders, order_id)
        if is_over(state, order) or is_too_late(state, order) or judge_trigger(state, order) == Verdict.PASS:
            due.append((order_id, order.nonce, order.account))
        commit(state)
    return due


def due_view(machine: Machine) -> JSON:
    """Return some of the due orders: what a TRIGGER names, and whose they are."""
    return [dict(zip(("order", "nonce", "account"), waiter, strict=True)) for waiter in due_orders(machine)[:MOST]]
